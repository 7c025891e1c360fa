"""One renewal of one profile, run under the profile's lock: marked, requested, saved, then handed out (F1 to F6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from my_app.audit import AuditLog, Event, Result
from my_app.carry import Step, run
from my_app.discovery import BothTransports, Discovery, check_binding, rebound
from my_app.discovery.clients import proof_key
from my_app.errors import (
    DiskFault,
    LockTimeout,
    LoginExpired,
    LoginInterrupted,
    LoginNeeded,
    MyAppError,
    NetworkUnavailable,
    PeerFault,
    RateLimited,
    ServerBusy,
    StaleRecord,
    StorageFault,
    Temporary,
    TokenInvalid,
)
from my_app.model import AccessToken, Kind, Profile, Record, Standing, TokenSet
from my_app.oauth.client_auth import Client
from my_app.oauth.metadata import ServerMetadata
from my_app.ports import Clock, CredentialStore, Entropy
from my_app.secret import Secret
from my_app.signin.identity import same_account

LONGEST_WAIT: Final = timedelta(hours=1)
"""A longer ``not_before`` than was ever written means that the clock was set back; it is ignored."""
SAVES: Final = 3
"""Tries to save tokens that a server has given already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """The collaborators of one renewal; ``unsaved`` outlives it, so tokens that a full disk refused are saved later."""

    name: str
    profile: Profile
    store: CredentialStore
    transport: BothTransports
    discovery: Discovery
    clock: Clock
    entropy: Entropy
    audit: AuditLog
    pause: Callable[[float], None]
    unsaved: dict[str, tuple[Secret, TokenSet]]

    def refreshed(self, record: Record) -> AccessToken:
        """Renew ``record``, which was just read under the lock. The session outlives every error but LoginNeeded."""
        if (late := self._saved_late(record)) is not None:
            return late
        if record.tokens is None and not record.refreshable:
            raise LoginNeeded(f"“{self.name}” is not signed in.", hint=f"Sign in with: my-app login {self.name}")
        if not record.refreshable:
            raise LoginExpired(
                f"“{self.name}” cannot be renewed: the provider gave no refresh token.",
                hint=f"Sign in again with: my-app login {self.name}",
            )
        self._obey(record)
        metadata = self.discovery.metadata(self.profile, record)
        check_binding(self.profile, record, metadata)
        cut_before = record.refresh_in_flight is not None
        key = record.dpop_key or proof_key(self.profile, record, metadata, self.entropy)
        ready = replace(rebound(record, self.profile, metadata), refresh_in_flight=self.clock.now(), dpop_key=key)
        client = self.discovery.clients.of(self.profile, ready, dpop_key=key)
        marked = self.store.save(ready)
        lost: list[bool] = []
        try:
            tokens = self._asked(marked, metadata, client, lost)
            same_account(marked, tokens)
        except LoginExpired as refused:
            return self._refused(marked, refused, cut_before or bool(lost))
        except TokenInvalid as foreign:
            self._ended(marked, foreign.code)
            raise
        except (RateLimited, ServerBusy) as busy:
            self._answered(marked, busy)
            raise
        except NetworkUnavailable as problem:
            # Unless bytes left, the token cannot be spent; else the mark stays and explains what comes next.
            if problem.facts.get("sent") is False:
                self._unmark(marked)
            self._note(problem)
            raise
        except MyAppError as problem:
            if not isinstance(problem, PeerFault):
                self._unmark(marked)
            self._note(problem)
            raise
        return self._saved(marked, tokens)

    def still_alive(self, problem: MyAppError) -> AccessToken:
        """After a failure that ends no session: the token that still lives, with a note; else the failure is raised."""
        if not isinstance(problem, (Temporary, PeerFault, DiskFault)):
            raise problem
        record = self.store.load(self.name)
        tokens = record.tokens if record is not None and record.standing is Standing.ACTIVE else None
        if record is None or tokens is None or (tokens.expires_at is not None and tokens.expires_at <= self.clock.now()):
            raise problem
        return AccessToken(
            profile=self.name,
            value=tokens.access_token,
            token_type=tokens.token_type,
            expires_at=tokens.expires_at,
            scopes=tokens.scopes,
            source="cache",
            note=f"Not renewed: {problem.message}",
        )

    def _asked(self, record: Record, metadata: ServerMetadata, client: Client, lost: list[bool]) -> TokenSet:
        """The request itself; ``lost`` gets a True for each answer that was lost on the wire before another try."""

        def watch(step: Step) -> None:
            if step.status == 0:
                lost.append(True)

        if record.kind is Kind.CLIENT_CREDENTIALS:
            from my_app.oauth.token import client_credentials

            scopes = record.requested_scopes or self.profile.scopes or ()
            exchange = client_credentials(
                metadata, client, scopes=scopes, resources=self.profile.resources, audience=self.profile.audience
            )
        else:
            if record.tokens is None:
                raise LoginExpired(f"“{self.name}” holds no tokens.", hint=f"Sign in with: my-app login {self.name}")
            from my_app.oauth.refresh import refresh

            exchange = refresh(metadata, client, record.tokens, resources=self.profile.resources)
        return run(exchange, self.transport, clock=self.clock, entropy=self.entropy, pause=self.pause, watch=watch)

    def _obey(self, record: Record) -> None:
        """Nobody asks again before the time the server named to any of us."""
        now = self.clock.now()
        if record.not_before is not None and now < record.not_before <= now + LONGEST_WAIT:
            wait = record.not_before - now
            raise RateLimited(
                f"The provider of “{self.name}” asked to wait another {max(1, round(wait.total_seconds()))} seconds.",
                retry_after=wait,
            )

    def _saved(self, record: Record, tokens: TokenSet) -> AccessToken:
        done = self._with(record, tokens)
        for attempt in range(SAVES):
            try:
                self._store_tokens(done)
                break
            except DiskFault:
                if attempt == SAVES - 1:
                    if record.tokens is not None:
                        self.unsaved[self.name] = (record.tokens.access_token, tokens)
                    self._note(DiskFault("The new tokens could not be saved."))
                    raise
                self.pause(0.2)
        return self._token(tokens, "refresh", self._recorded())

    def _store_tokens(self, done: Record) -> None:
        """Save; when somebody changed the record meanwhile (a setting, a rename), lay the tokens over what is there now."""
        try:
            self.store.save(done)
        except StaleRecord:
            now_there = self.store.load(self.name)
            if now_there is None:
                raise LoginNeeded(
                    f"“{self.name}” was signed out while it was renewed.", hint=f"Sign in with: my-app login {self.name}"
                ) from None
            if done.tokens is not None and now_there.refresh_in_flight is not None:
                self.store.save(self._with(now_there, done.tokens))

    def _saved_late(self, record: Record) -> AccessToken | None:
        """Tokens an earlier flight of this process got but could not save."""
        kept = self.unsaved.get(self.name)
        if kept is None:
            return None
        spent, tokens = kept
        if record.tokens is None or record.tokens.access_token != spent:
            self.unsaved.pop(self.name, None)
            return None
        self.store.save(self._with(record, tokens))
        self.unsaved.pop(self.name, None)
        if tokens.expires_at is not None and tokens.expires_at <= self.clock.now():
            return None
        return self._token(tokens, "refresh", self._recorded("saved late"))

    def _recorded(self, detail: str = "") -> str:
        """One line in the trail; a note when it cannot be written, for the new tokens are saved and are handed out."""
        try:
            self.audit.append(Event.REFRESH, profile=self.name, detail=detail)
        except (StorageFault, LockTimeout) as problem:
            return f"Renewed, but not in the audit trail: {problem.message}"
        return ""

    def _refused(self, record: Record, refused: LoginExpired, cut_before: bool) -> AccessToken:
        """Read again: use what another one saved, else remember that a person has to sign in."""
        now_there = self.store.load(self.name)
        if now_there is not None and now_there.tokens is not None and record.tokens is not None:
            other = now_there.tokens
            fresh = other.expires_at is None or other.expires_at > self.clock.now()
            if other.access_token != record.tokens.access_token and fresh:
                return self._token(other, "cache")
        kind = LoginInterrupted if cut_before else LoginExpired
        self._ended(record, kind.code)
        if cut_before:
            message = (
                f"A renewal of “{self.name}” was cut off before its answer could be saved, and its refresh token is spent now."
            )
        else:
            message = refused.message
        raise kind(message, hint=f"Sign in again with: my-app login {self.name}") from None

    def _ended(self, record: Record, code: str) -> None:
        self._try_save(replace(record, standing=Standing.LOGIN_NEEDED, reason=code, refresh_in_flight=None, not_before=None))
        self.audit.append(Event.REFRESH, profile=self.name, result=Result.DENIED, code=code)

    def _answered(self, record: Record, busy: RateLimited | ServerBusy) -> None:
        """The server answered without renewing: no mark, and everybody obeys its Retry-After."""
        wait = busy.facts.get("retry_after")
        until = self.clock.now() + min(wait, LONGEST_WAIT) if isinstance(wait, timedelta) else None
        self._try_save(replace(record, refresh_in_flight=None, not_before=until))
        self._note(busy)

    def _unmark(self, record: Record) -> None:
        self._try_save(replace(record, refresh_in_flight=None))

    def _try_save(self, record: Record) -> None:
        """Save unless somebody saved something newer, which is worth more than our mark."""
        try:
            self.store.save(record)
        except StaleRecord:
            return

    def _note(self, problem: MyAppError) -> None:
        self.audit.append(Event.REFRESH, profile=self.name, result=Result.FAILED, code=problem.code)

    def _with(self, record: Record, tokens: TokenSet) -> Record:
        return replace(
            record,
            tokens=tokens,
            refresh_in_flight=None,
            not_before=None,
            refreshed_at=self.clock.now(),
            standing=Standing.ACTIVE,
            reason="",
        )

    def _token(self, tokens: TokenSet, source: str, note: str = "") -> AccessToken:
        return AccessToken(
            profile=self.name,
            value=tokens.access_token,
            token_type=tokens.token_type,
            expires_at=tokens.expires_at,
            scopes=tokens.scopes,
            source=source,
            note=note,
        )
