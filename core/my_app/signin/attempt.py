"""One sign-in under way: its flow, its time limit, its trail."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final, TypeVar

from my_app.audit import Event, Result
from my_app.carry import Step, arun
from my_app.discovery import check_binding
from my_app.discovery.clients import proof_key
from my_app.errors import (
    LoginTimeout,
    MyAppError,
    Refused,
    ServerRefused,
    StateMismatch,
    Unsupported,
    WrongCredentials,
)
from my_app.events import (
    Approved,
    Asked,
    BrowserPage,
    DevicePage,
    DevicePoll,
    FlowChosen,
    ListenerReady,
    LoginEvent,
    StrayCallback,
)
from my_app.model import Answers, Challenge, Flow, Kind, Profile, Record, TokenSet
from my_app.oauth import challenge, device, direct_auth0, direct_okta
from my_app.oauth.authorize import ENTROPY, begin
from my_app.oauth.exchange import Exchange
from my_app.oauth.metadata import ServerMetadata
from my_app.oauth.par import push
from my_app.oauth.token import exchange_code
from my_app.providers import preset
from my_app.signin.callback import CallbackListener, CallbackWait
from my_app.signin.completion import Arrived
from my_app.signin.outcome import SignedIn
from my_app.signin.parts import Party, Tools, Wish, consent, require_answers, stored_code
from my_app.text import clean
from my_app.urls import same_origin
from my_app.words import flow_words, span

T = TypeVar("T")

Ask = Callable[[Challenge], Awaitable[Answers]]
"""Puts a challenge to the person; raises PromptNeeded or Cancelled."""
Watch = Callable[[LoginEvent], None]

ROUNDS: Final = 20
"""Challenges in one sign-in; a server that asks for ever is left."""
_DIALECTS: Final = {"challenge": challenge, "auth0": direct_auth0, "okta": direct_okta}
_BROWSER_WAIT: Final = timedelta(minutes=5)
_TERMINAL_WAIT: Final = timedelta(minutes=10)
_DEVICE_WAIT: Final = timedelta(hours=1)


class Attempt:
    """One sign-in under way. Await ``run`` in a task; cancelling the task frees the port at once."""

    def __init__(self, tools: Tools, wish: Wish, *, watch: Watch, ask: Ask, automatic: Callable[[str], SignedIn]) -> None:
        self._tools = tools
        self._wish = wish
        self._watch = watch
        self._ask = ask
        self._automatic = automatic
        self._waiting: CallbackWait | None = None
        self._code_given = False

    async def run(self) -> SignedIn:
        """To the saved end. Raises what the tree says; nothing is stored unless it returns."""
        if self._wish.flow not in (Flow.BROWSER, Flow.DEVICE, Flow.TERMINAL):
            return await asyncio.to_thread(self._automatic, self._wish.name)
        limit = self._wish.timeout or {Flow.BROWSER: _BROWSER_WAIT, Flow.TERMINAL: _TERMINAL_WAIT}.get(
            self._wish.flow, _DEVICE_WAIT
        )
        try:
            try:
                async with asyncio.timeout(limit.total_seconds()):
                    done = await self._signed_in(limit)
            except TimeoutError:
                raise LoginTimeout(
                    f"Nobody finished the sign-in within {span(limit)}.",
                    hint="If the browser shows an error page, read it there. Else sign in again, with a longer --timeout.",
                ) from None
        except asyncio.CancelledError:
            self._noted(Result.FAILED, "cancelled")
            raise
        except MyAppError as problem:
            self._noted(Result.DENIED if isinstance(problem, Refused) else Result.FAILED, problem.code)
            raise
        self._noted(Result.OK, "")
        return done

    def paste(self, text: str) -> MyAppError | None:
        """A callback URL pasted by the person; None when it was taken, else why not (A7)."""
        if self._waiting is None:
            return StateMismatch(
                "No sign-in is waiting for an address now.", hint="Start it first, then paste the address it ends on."
            )
        return self._waiting.paste(text)

    def _noted(self, result: Result, code: str) -> None:
        self._tools.audit.append(Event.LOGIN, profile=self._wish.name, result=result, code=code, detail=flow_words(self._wish.flow))

    async def _signed_in(self, limit: timedelta) -> SignedIn:
        tools = self._tools
        profile = tools.accounts.profile(self._wish.name)
        record = await asyncio.to_thread(self._vault_first)
        metadata = await tools.discovery.ametadata(profile, None)
        self._settle_flow(metadata)
        secret = record.client_secret if record is not None else None
        if record is not None and (secret is not None or record.totp_seed is not None):
            check_binding(profile, record, metadata, every=True)
        key = await asyncio.to_thread(proof_key, profile, record, metadata, tools.entropy)
        client = await asyncio.to_thread(tools.discovery.clients.of, profile, record, dpop_key=key)
        party = Party(profile=profile, metadata=metadata, client=client, record=record, dpop_key=key)
        asked = self._wish.scopes if self._wish.scopes is not None else profile.scopes or ()
        try:
            arrived = await self._by_flow(party, asked, limit)
        except ServerRefused as refusal:
            if refusal.facts.get("error") != "invalid_scope" or "offline_access" not in asked:
                raise
            # Some providers do not know this scope and give a refresh token anyway.
            arrived = await self._by_flow(party, tuple(scope for scope in asked if scope != "offline_access"), limit)
        identity = await tools.completion.checked(arrived, self._watch)
        tools.accounts.profile(self._wish.name)
        loop = asyncio.get_running_loop()

        def watch(event: LoginEvent) -> None:
            loop.call_soon_threadsafe(self._watch, event)

        done = await asyncio.to_thread(tools.completion.saved, arrived, identity, watch)
        await asyncio.sleep(0)
        return done

    def _settle_flow(self, metadata: ServerMetadata) -> None:
        """Say the flow; an automatic device code that the provider does not offer becomes the browser."""
        offered = metadata.endpoints
        missing = self._wish.flow is Flow.DEVICE and "device_authorization" not in offered and "authorization" in offered
        if self._wish.automatic and missing:
            reason = "the provider offers no device code: open the address anywhere and paste the one it ends on"
            self._wish = replace(self._wish, flow=Flow.BROWSER, reason=reason)
        self._watch(FlowChosen(flow=self._wish.flow, reason=self._wish.reason))

    def _vault_first(self) -> Record | None:
        """Open the vault before the person is sent anywhere: a sign-in that cannot be saved is not begun."""
        vault, store, name = self._tools.vault, self._tools.store, self._wish.name
        if vault is not None:
            if vault.status().exists:
                vault.open()
            else:
                # The first save makes the vault, with its question; an empty record asks it now.
                store.save(Record(name=name, kind=Kind.OAUTH))
                store.delete(name)
        return store.load(name)

    async def _by_flow(self, party: Party, scopes: tuple[str, ...], limit: timedelta) -> Arrived:
        match self._wish.flow:
            case Flow.BROWSER:
                return await self._browser(party, scopes, limit)
            case Flow.DEVICE:
                return self._arrived(party, await self._device(party, scopes), scopes)
            case _:
                return self._arrived(party, await self._terminal(party, scopes), scopes)

    def _arrived(self, party: Party, tokens: TokenSet, scopes: tuple[str, ...], nonce: str | None = None) -> Arrived:
        return Arrived(
            profile=party.profile,
            metadata=party.metadata,
            tokens=tokens,
            kind=Kind.OAUTH,
            requested_scopes=scopes,
            nonce=nonce,
            dpop_key=party.dpop_key,
            acr_values=tuple((self._wish.acr_values or "").split()),
            max_age=self._wish.max_age,
        )

    async def _carried(self, exchange: Exchange[T], watch: Callable[[Step], None] = lambda step: None) -> T:
        tools = self._tools
        return await arun(exchange, tools.transport, clock=tools.clock, entropy=tools.entropy, pause=tools.pause, watch=watch)

    async def _browser(self, party: Party, scopes: tuple[str, ...], limit: timedelta) -> Arrived:
        profile, tools, base = party.profile, self._tools, preset(party.profile.provider)
        listener, redirect_uri = self._listener(profile)
        try:
            pending = begin(
                party.metadata,
                party.client,
                redirect_uri=redirect_uri,
                scopes=scopes,
                entropy=tools.entropy(ENTROPY),
                resources=profile.resources,
                extra={**consent(profile, scopes), **profile.authorize_params, **self._extra(profile)},
                nonce=None if base.nonce else False,
                scope_parameter=base.scope_parameter,
                scope_separator=base.scope_separator,
            )
            if profile.par or (profile.par is None and party.metadata.par_required):
                await self._carried(push(party.metadata, party.client, pending))
            waiting = CallbackWait(pending, listener, lambda reason: self._watch(StrayCallback(reason=clean(reason))))
        except BaseException:
            if listener is not None:
                listener.close()
            raise
        self._waiting = waiting
        answered = asyncio.ensure_future(waiting.code())
        try:
            if listener is not None:
                self._watch(ListenerReady(redirect_uri=redirect_uri))
            opened = self._wish.open_browser and await asyncio.to_thread(tools.browser.open, pending.url)
            expires_at = tools.clock.now() + limit
            self._watch(BrowserPage(url=pending.url, redirect_uri=redirect_uri, expires_at=expires_at, opened=opened))
            code = await answered
        finally:
            self._waiting = None
            answered.cancel()
            if listener is not None:
                listener.close(gently=answered.done() and not answered.cancelled())
        self._watch(Approved())
        tokens = await self._carried(exchange_code(party.metadata, party.client, code, scopes=scopes, resources=profile.resources))
        return self._arrived(party, tokens, scopes, code.nonce)

    def _listener(self, profile: Profile) -> tuple[CallbackListener | None, str]:
        """A bound listener and the redirect URI; a registered URI that is elsewhere leaves only the pasted address."""
        try:
            listener = self._tools.listener(ports=profile.redirect_ports, redirect_uri=profile.redirect_uri)
        except Unsupported:
            if profile.redirect_uri is None:
                raise
            return None, profile.redirect_uri
        return listener, listener.redirect_uri

    def _extra(self, profile: Profile) -> dict[str, str]:
        extra: dict[str, str] = {}
        if profile.audience:
            extra["audience"] = profile.audience
        if self._wish.acr_values:
            extra["acr_values"] = self._wish.acr_values
        if self._wish.max_age is not None:
            extra["max_age"] = str(int(self._wish.max_age.total_seconds()))
        return extra

    async def _device(self, party: Party, scopes: tuple[str, ...]) -> TokenSet:
        profile, metadata = party.profile, party.metadata
        request = device.start(metadata, party.client, scopes=scopes, resources=profile.resources, extra=self._extra(profile))
        shown = await self._carried(request)
        page = shown.verification_uri
        self._watch(
            DevicePage(
                user_code=shown.user_code,
                verification_uri=page,
                verification_uri_complete=shown.verification_uri_complete,
                expires_at=shown.expires_at,
                interval=shown.interval,
                same_host=metadata.issuer is not None and same_origin(metadata.issuer, page),
            )
        )

        def watch(step: Step) -> None:
            if step.status is None:
                self._watch(DevicePoll(interval=step.wait, next_at=self._tools.clock.now() + step.wait))

        polling = device.poll(metadata, party.client, shown, scopes=scopes, resources=profile.resources)
        tokens = await self._carried(polling, watch)
        self._watch(Approved())
        return tokens

    async def _terminal(self, party: Party, scopes: tuple[str, ...]) -> TokenSet:
        metadata, client = party.metadata, party.client
        direct, audience = _DIALECTS[party.profile.direct or "challenge"], party.profile.audience
        opening = direct.first(metadata, client, scopes=scopes, entropy=self._tools.entropy(32), audience=audience)
        outcome: Challenge | TokenSet = await self._carried(opening)
        for _ in range(ROUNDS):
            if isinstance(outcome, TokenSet):
                self._watch(Approved())
                return outcome
            answers = None if self._code_given else stored_code(outcome, party.record, self._tools.clock.now())
            self._code_given = self._code_given or answers is not None
            if answers is None:
                self._watch(Asked(challenge=outcome))
                answers = await self._ask(outcome)
                require_answers(outcome, answers)
            outcome = await self._carried(direct.answer(metadata, client, outcome, answers, scopes=scopes))
        raise WrongCredentials("The provider asks without end.", hint="Sign in with the browser instead: --flow browser")
