"""Sign-in use cases: browser, device, terminal, client credentials, API key."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from my_app.audit import AuditLog, Event, Result
from my_app.binding import binding_of
from my_app.calls.key import check_url_of, prove
from my_app.carry import run
from my_app.discovery import BothTransports, Discovery, Profiles, check_binding
from my_app.discovery.clients import proof_key
from my_app.errors import LoginNeeded, MyAppError, Refused, ServerRefused, StorageFault, Unsupported
from my_app.issuers.key_sets import KeySets
from my_app.model import Flow, Kind, Profile, Record, TokenSet, kind_of
from my_app.oauth.token import client_credentials
from my_app.ports import Browser, Clock, CredentialStore, Entropy
from my_app.providers import preset
from my_app.signin.attempt import Ask, Attempt, Watch
from my_app.signin.callback import ListenerFactory
from my_app.signin.completion import Arrived, Completion, signed_in
from my_app.signin.flow_choice import Surroundings, choose_flow, surroundings
from my_app.signin.outcome import SignedIn
from my_app.signin.parts import Tools, Wish
from my_app.urls import checked_url
from my_app.vaulting import VaultAdmin
from my_app.words import store_command

__all__ = ["Ask", "Attempt", "Logins", "SignedIn", "Surroundings", "Watch", "choose_flow", "surroundings"]

_INTERACTIVE: Final = frozenset({Flow.BROWSER, Flow.DEVICE, Flow.TERMINAL})


class Logins:
    """Starts sign-ins for stored profiles.

    Constructor: ``Logins(accounts=, store=, vault=, transport=, listener=, browser=, clock=, entropy=, audit=,
    environ=)``, ``listener`` being ``adapters.loopback.Listener``; ``discovery`` and ``key_sets`` may be shared,
    ``leeway`` is asked at each use.
    """

    def __init__(
        self,
        *,
        accounts: Profiles,
        store: CredentialStore,
        vault: VaultAdmin | None = None,
        transport: BothTransports,
        listener: ListenerFactory,
        browser: Browser,
        clock: Clock,
        entropy: Entropy,
        audit: AuditLog,
        environ: Mapping[str, str],
        discovery: Discovery | None = None,
        key_sets: KeySets | None = None,
        leeway: Callable[[], timedelta] = lambda: timedelta(seconds=60),
        pause: Callable[[float], None] = time.sleep,
        apause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        platform: str = sys.platform,
    ) -> None:
        self._accounts = accounts
        self._store = store
        self._transport = transport
        self._browser = browser
        self._clock = clock
        self._entropy = entropy
        self._audit = audit
        self._environ = environ
        self._pause = pause
        self._platform = platform
        self._discovery = discovery or Discovery(transport=transport, clock=clock, entropy=entropy, pause=pause, apause=apause)
        self._completion = Completion(
            store=store,
            transport=transport,
            key_sets=key_sets or KeySets(transport, clock, entropy),
            clock=clock,
            entropy=entropy,
            leeway=leeway,
            clients=self._discovery.clients,
        )
        self._tools = Tools(
            accounts=accounts,
            store=store,
            vault=vault,
            transport=transport,
            listener=listener,
            browser=browser,
            clock=clock,
            entropy=entropy,
            audit=audit,
            discovery=self._discovery,
            completion=self._completion,
            pause=apause,
        )

    def flows(self, profile: str) -> frozenset[Flow]:
        """The flows that make sense for the profile (by preset, endpoints, secrets); no network. A locked vault counts as empty."""
        return self._possible(self._accounts.profile(profile))

    def attempt(
        self,
        profile: str,
        *,
        flow: Flow | None = None,
        watch: Watch,
        ask: Ask,
        open_browser: bool = True,
        scopes: tuple[str, ...] | None = None,
        acr_values: str | None = None,
        max_age: timedelta | None = None,
        timeout: timedelta | None = None,
    ) -> Attempt:
        """A new attempt, not yet started. ``flow`` None: the profile's, else automatic. Raises UnknownProfile, Unsupported.

        ``timeout`` None: five minutes for the browser, ten for the terminal, the code's own life for a device code.
        """
        settled = self._accounts.profile(profile)
        wanted = flow or settled.flow
        possible = self._possible(settled)
        if wanted in _INTERACTIVE:
            # What a person chooses is tried, whatever the preset thinks: metadata is not the truth.
            chosen, reason = wanted, "as chosen"
        else:
            here = surroundings(self._environ, self._platform, Path("/.dockerenv").exists() or Path("/run/.containerenv").exists())
            chosen, reason = choose_flow(wanted, here, can=possible)
        wish = Wish(
            name=profile,
            flow=chosen,
            reason=reason,
            automatic=wanted is Flow.AUTO,
            open_browser=open_browser,
            scopes=scopes,
            acr_values=acr_values,
            max_age=max_age,
            timeout=timeout,
        )
        return Attempt(self._tools, wish, watch=watch, ask=ask, automatic=self.automatic)

    def open_page(self, url: str) -> bool:
        """Shows a page again (login page, device page, provider page); whether a browser was started. Checks ``url`` first (A6).

        Raises BadMetadata.
        """
        return self._browser.open(checked_url(url, what="page"))

    def automatic(self, profile: str) -> SignedIn:
        """Client credentials or API key check: sign-in without a person, sync. Raises Refused, Temporary."""
        settled = self._accounts.profile(profile)
        try:
            record = self._store.load(profile)
            if record is None and settled.client_key and settled.flow is Flow.CLIENT_CREDENTIALS:
                record = Record(name=profile, kind=Kind.CLIENT_CREDENTIALS, binding=binding_of(settled))
            if record is None:
                raise LoginNeeded(
                    f"No secret is stored for “{profile}”.",
                    hint=f"Pipe it into: {store_command(profile, kind_of(settled.flow))}",
                )
            done = self._keyed(settled, record) if record.kind in (Kind.API_KEY, Kind.TOKEN) else self._as_client(settled, record)
        except MyAppError as problem:
            result = Result.DENIED if isinstance(problem, Refused) else Result.FAILED
            self._audit.append(Event.LOGIN, profile=profile, result=result, code=problem.code)
            raise
        self._audit.append(Event.LOGIN, profile=profile, detail=settled.flow.value)
        return done

    def _as_client(self, profile: Profile, record: Record) -> SignedIn:
        if record.client_secret is None and not profile.client_key:
            raise Unsupported(
                f"“{profile.name}” has no client secret, so it cannot sign in without a person.",
                hint="Store one with: my-app profile add NAME ... --client-secret-stdin, or sign in with --flow browser",
            )
        metadata = self._discovery.metadata(profile, record)
        check_binding(profile, record, metadata)
        key = proof_key(profile, record, metadata, self._entropy)
        client = self._discovery.clients.of(profile, record, dpop_key=key)
        asked = profile.scopes or ()

        def tokens(scopes: tuple[str, ...]) -> TokenSet:
            exchange = client_credentials(metadata, client, scopes=scopes, resources=profile.resources, audience=profile.audience)
            return run(exchange, self._transport, clock=self._clock, entropy=self._entropy, pause=self._pause)

        try:
            got = tokens(asked)
        except ServerRefused as refusal:
            # A preset's scopes are for people; a client of its own often may not ask for them.
            fewer = tuple(scope for scope in asked if scope not in ("openid", "profile", "email", "offline_access"))
            if refusal.facts.get("error") != "invalid_scope" or fewer == asked:
                raise
            asked, got = fewer, tokens(fewer)
        arrived = Arrived(
            profile=profile,
            metadata=metadata,
            tokens=got,
            kind=Kind.CLIENT_CREDENTIALS,
            requested_scopes=asked,
            dpop_key=key,
        )
        return self._completion.saved(arrived, None)

    def _keyed(self, profile: Profile, record: Record) -> SignedIn:
        """A key with a check URL is proven there; one without is taken as it is."""
        if record.api_key is None:
            raise LoginNeeded(
                f"No key is stored for “{profile.name}”.", hint=f"Pipe it into: {store_command(profile.name, Kind.API_KEY)}"
            )
        if profile.check_url is not None:
            exchange = prove(profile, record.api_key, check_url_of(profile, record))
            run(exchange, self._transport, clock=self._clock, entropy=self._entropy, pause=self._pause)
        return signed_in(record, self._clock)

    def _possible(self, profile: Profile) -> frozenset[Flow]:
        if profile.flow in (Flow.API_KEY, Flow.TOKEN, Flow.CLIENT_CREDENTIALS):
            return frozenset({profile.flow})
        found = set(preset(profile.provider).flows) & _INTERACTIVE
        named = {**profile.endpoints, "authorization": profile.authorization_url, "device_authorization": profile.device_url}
        for endpoint, flow in (
            ("authorization", Flow.BROWSER),
            ("device_authorization", Flow.DEVICE),
            ("authorization_challenge", Flow.TERMINAL),
        ):
            if named.get(endpoint):
                found.add(flow)
        if profile.direct is not None:
            found.add(Flow.TERMINAL)
        if profile.client_key or self._has_client_secret(profile.name):
            found.add(Flow.CLIENT_CREDENTIALS)
        return frozenset(found | ({profile.flow} & _INTERACTIVE))

    def _has_client_secret(self, name: str) -> bool:
        try:
            record = self._store.load(name)
        except StorageFault:
            return False
        return record is not None and record.client_secret is not None
