"""A token that is always valid: one refresh at a time, saved before it is handed out."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from time import sleep
from typing import TYPE_CHECKING, Final

from my_app.audit import AuditLog
from my_app.discovery import BothTransports, Discovery, Profiles
from my_app.errors import DiskFault, LoginExpired, LoginInterrupted, LoginNeeded, MyAppError
from my_app.model import DEFAULT_MARGIN, AccessToken, Kind, Record, Standing, TokenSet, kind_of
from my_app.oauth.exchange import Tick
from my_app.ports import Clock, CredentialStore, Entropy
from my_app.secret import Secret
from my_app.session.flight import Flight
from my_app.words import span, store_command

if TYPE_CHECKING:
    from my_app.oauth.dpop import Prover

LOCK_DEADLINE: Final = timedelta(seconds=60)
"""How long a flight waits for another process; a flight itself is over well before."""


class Sessions:
    """Tokens of stored profiles; one flight per profile per process, one lock over processes.

    Constructor: ``Sessions(accounts=, store=, transport=, clock=, entropy=, audit=)``; ``discovery`` may be
    shared with the other use cases, ``margin`` is asked at each use (``lambda: accounts.options().margin``).
    """

    def __init__(
        self,
        *,
        accounts: Profiles,
        store: CredentialStore,
        transport: BothTransports,
        clock: Clock,
        entropy: Entropy,
        audit: AuditLog,
        discovery: Discovery | None = None,
        margin: Callable[[], timedelta] = lambda: DEFAULT_MARGIN,
        lock_deadline: timedelta = LOCK_DEADLINE,
        pause: Callable[[float], None] = sleep,
    ) -> None:
        self._accounts = accounts
        self._store = store
        self._transport = transport
        self._clock = clock
        self._entropy = entropy
        self._audit = audit
        self._discovery = discovery or Discovery(transport=transport, clock=clock, entropy=entropy, pause=pause)
        self._margin = margin
        self._lock_deadline = lock_deadline
        self._pause = pause
        self._guard = threading.Lock()
        self._flights: dict[str, Future[AccessToken]] = {}
        self._unsaved: dict[str, tuple[Secret, TokenSet]] = {}

    def token(self, profile: str, *, min_valid: timedelta | None = None, force: bool = False) -> AccessToken:
        """A token with at least ``min_valid`` left (None: the margin of the settings).

        ``force`` refreshes in any case. A ``min_valid`` beyond what the server gives costs one
        refresh and sets ``note``. A temporary failure returns a token that still lives, with a note;
        so does a failing disk, unless ``force`` is set.
        Raises UnknownProfile, LoginNeeded, Temporary, Refused, StorageFault, BindingChanged.
        """
        need = self._margin() if min_valid is None else min_valid
        if not force and (ready := self._at_hand(profile, need)) is not None:
            return ready
        future, joined = self._flight(profile, need, force)
        token = future.result()
        if joined and self._falls_short(token, need):
            token = self._flight(profile, need, force)[0].result()
        return token

    async def atoken(self, profile: str, *, min_valid: timedelta | None = None, force: bool = False) -> AccessToken:
        """The same for asyncio; cancelling the caller does not cancel the flight, and waiting blocks no loop and no pool."""
        need = self._margin() if min_valid is None else min_valid
        future, joined = self._flight(profile, need, force)
        token = await _awaited(future)
        if joined and self._falls_short(token, need):
            token = await _awaited(self._flight(profile, need, force)[0])
        return token

    def proof(self, token: AccessToken, method: str, url: str) -> dict[str, str]:
        """The header that proves the key ``token`` is bound to, for one request (RFC 9449 7); empty for a bearer token."""
        prover = self._prover(token)
        if prover is None:
            return {}
        return {"dpop": prover.proof(Tick(self._clock.now(), self._entropy(64)), method, url, token=token.value)}

    def proof_again(self, token: AccessToken, url: str, status: int, headers: Mapping[str, str]) -> bool:
        """Learn the nonce of an API's answer; whether the request is to be sent once more with it (RFC 9449 9).

        ``headers``: names in lower case, or of any case where the mapping does not care.
        """
        prover = self._prover(token)
        if prover is None:
            return False
        from my_app.oauth.dpop import new_nonce_wanted

        fresh = prover.learn(url, headers.get("dpop-nonce"))
        return fresh and new_nonce_wanted(status, headers.get("www-authenticate", ""))

    def _prover(self, token: AccessToken) -> Prover | None:
        if token.token_type != "DPoP" or token.profile is None:
            return None
        record = self._store.load(token.profile)
        return self._discovery.clients.prover(record.dpop_key if record else None)

    def id_token(self, profile: str) -> Secret:
        """The ID token of the sign-in, as the provider last gave it. Raises LoginNeeded when there is none."""
        record = self._store.load(profile)
        if record is None or record.tokens is None or record.tokens.id_token is None:
            raise LoginNeeded(
                f"There is no ID token for “{profile}”.",
                hint=f"Sign in with the scope openid: my-app login {profile} --scope openid",
            )
        return record.tokens.id_token

    def _at_hand(self, name: str, need: timedelta) -> AccessToken | None:
        record = usable(self._accounts, self._store.load(name), name)
        return handed_out(record, self._clock, need)

    def _falls_short(self, token: AccessToken, need: timedelta) -> bool:
        """A flight begun for somebody with a smaller wish may have found a token that is too short for ours."""
        return (
            token.source == "cache"
            and not token.note
            and token.expires_at is not None
            and token.expires_at - self._clock.now() <= need
        )

    def _flight(self, name: str, need: timedelta, force: bool) -> tuple[Future[AccessToken], bool]:
        """The flight under way, or a new one; and whether it was joined."""
        with self._guard:
            under_way = self._flights.get(name)
            if under_way is not None:
                return under_way, True
            future: Future[AccessToken] = Future()
            future.set_running_or_notify_cancel()
            self._flights[name] = future
        # Not a daemon: an interpreter that ends waits for the save, which is bounded in time.
        threading.Thread(target=self._fly, args=(name, need, force, future), name=f"my-app-refresh-{name}").start()
        return future, False

    def _fly(self, name: str, need: timedelta, force: bool, future: Future[AccessToken]) -> None:
        outcome: AccessToken | BaseException
        try:
            outcome = self._taken(name, need, force)
        except BaseException as error:  # noqa: BLE001 - handed to every waiter, never swallowed
            outcome = error
        with self._guard:
            del self._flights[name]
        if isinstance(outcome, AccessToken):
            future.set_result(outcome)
        else:
            future.set_exception(outcome)

    def _taken(self, name: str, need: timedelta, force: bool) -> AccessToken:
        seen = usable(self._accounts, self._store.load(name), name)
        if not force and (ready := handed_out(seen, self._clock, need)) is not None:
            return ready
        if seen.kind in (Kind.API_KEY, Kind.TOKEN):
            return handed_out(seen, self._clock, timedelta(0)) or _nothing(name)
        flight = Flight(
            name=name,
            profile=self._accounts.profile(name),
            store=self._store,
            transport=self._transport,
            discovery=self._discovery,
            clock=self._clock,
            entropy=self._entropy,
            audit=self._audit,
            pause=self._pause,
            unsaved=self._unsaved,
        )
        try:
            with self._store.lock(name, self._lock_deadline):
                record = usable(self._accounts, self._store.load(name), name)
                moved_on = _access(record) != _access(seen)
                if (not force or moved_on) and (
                    ready := handed_out(record, self._clock, timedelta(0) if moved_on else need)
                ) is not None:
                    return _noted(ready, need, self._clock)
                return _noted(flight.refreshed(record), need, self._clock)
        except (LoginNeeded, KeyboardInterrupt):
            raise
        except DiskFault as problem:
            if force:
                raise
            return flight.still_alive(problem)
        except MyAppError as problem:
            return flight.still_alive(problem)


def usable(accounts: Profiles, record: Record | None, name: str) -> Record:
    """The record when it may be used as it is. Raises UnknownProfile, LoginNeeded naming the reason."""
    if record is None:
        wanted = kind_of(accounts.profile(name).flow)
        if wanted is Kind.OAUTH:
            raise LoginNeeded(f"“{name}” is not signed in.", hint=f"Sign in with: my-app login {name}")
        raise LoginNeeded(f"No secret is stored for “{name}”.", hint=f"Pipe it into: {store_command(name, wanted)}")
    if record.standing is Standing.REVOKED:
        raise LoginNeeded(f"The login of “{name}” was revoked.", hint=f"Sign in again with: my-app login {name}")
    if record.standing is Standing.LOGIN_NEEDED:
        kind = LoginInterrupted if record.reason == LoginInterrupted.code else LoginExpired
        raise kind(said(kind, name), hint=f"Sign in again with: my-app login {name}", remembered=True)
    return record


def said(kind: type[LoginNeeded], name: str) -> str:
    """The sentence of a login that ended."""
    if kind is LoginInterrupted:
        return f"A renewal of “{name}” was cut off before its answer could be saved, so its login has ended."
    return f"The login of “{name}” has expired or was revoked at the provider."


def handed_out(record: Record, clock: Clock, need: timedelta) -> AccessToken | None:
    """The stored token or key when it lives longer than ``need``; None when it has to be renewed.

    A token from the future means that the clock was set back: its expiry says nothing any more.
    """
    if record.kind in (Kind.API_KEY, Kind.TOKEN):
        if record.api_key is None:
            return None
        return AccessToken(
            profile=record.name,
            value=record.api_key,
            token_type="Bearer",
            expires_at=None,
            scopes=record.requested_scopes,
            source="cache",
        )
    tokens = record.tokens
    if tokens is None:
        return None
    now = clock.now()
    if tokens.obtained_at - now > timedelta(minutes=5) and record.refreshable:
        return None
    if tokens.expires_at is not None and tokens.expires_at - now <= need:
        return None
    return access_token(record, tokens, "cache")


def access_token(record: Record, tokens: TokenSet, source: str, note: str = "") -> AccessToken:
    """What a caller gets of a record."""
    return AccessToken(
        profile=record.name,
        value=tokens.access_token,
        token_type=tokens.token_type,
        expires_at=tokens.expires_at,
        scopes=tokens.scopes,
        source=source,
        note=note,
    )


def _access(record: Record) -> Secret | None:
    return record.tokens.access_token if record.tokens else None


def _nothing(name: str) -> AccessToken:
    raise LoginNeeded(f"No key is stored for “{name}”.", hint="Store one with: my-app profile add NAME --api-key-stdin")


def _noted(token: AccessToken, need: timedelta, clock: Clock) -> AccessToken:
    if token.note or token.expires_at is None:
        return token
    left = token.expires_at - clock.now()
    if left > need:
        return token
    note = f"The provider gives tokens that live only {span(left)}; {span(need)} were asked for."
    return replace(token, note=note)


async def _awaited(future: Future[AccessToken]) -> AccessToken:
    waiting = asyncio.wrap_future(future)
    # A cancelled caller leaves nobody to look at a failure, which asyncio would complain about.
    waiting.add_done_callback(lambda done: done.cancelled() or done.exception())
    return await asyncio.shield(waiting)
