"""Use cases with the provider about a login that exists: revoke, sign out, introspect, userinfo."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final, TypeVar

from my_app.audit import AuditLog, Event, Result
from my_app.calls.key import check_url_of, prove
from my_app.carry import run
from my_app.discovery import BothTransports, Discovery, Profiles, may_go
from my_app.errors import (
    BindingChanged,
    LoginExpired,
    LoginNeeded,
    MyAppError,
    PeerFault,
    Refused,
    Temporary,
    Unsupported,
    UsageFault,
)
from my_app.grants.endings import Consequences, Ended, Told, account_call, kinds_of
from my_app.model import Kind, Profile, Record, Standing
from my_app.oauth.end_session import end_session
from my_app.oauth.exchange import Exchange
from my_app.oauth.introspect import introspect
from my_app.oauth.metadata import ServerMetadata
from my_app.oauth.revoke import revoke
from my_app.oauth.userinfo import userinfo
from my_app.ports import Clock, CredentialStore, Entropy
from my_app.providers import preset
from my_app.secret import Secret
from my_app.session import Sessions
from my_app.text import clean, host_of
from my_app.urls import origin, same_origin
from my_app.words import relative

__all__ = ["Consequences", "Ended", "Grants"]

T = TypeVar("T")
_LOCK: Final = timedelta(seconds=60)


class Grants:
    """What can be done with a stored login at its provider. All sync, all bounded in time.

    Constructor: ``Grants(accounts=, sessions=, store=, transport=, clock=, entropy=, audit=)``; ``discovery`` may be shared.
    """

    def __init__(
        self,
        *,
        accounts: Profiles,
        sessions: Sessions,
        store: CredentialStore,
        transport: BothTransports,
        clock: Clock,
        entropy: Entropy,
        audit: AuditLog,
        discovery: Discovery | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._store = store
        self._transport = transport
        self._clock = clock
        self._entropy = entropy
        self._audit = audit
        self._pause = pause
        self._discovery = discovery or Discovery(transport=transport, clock=clock, entropy=entropy, pause=pause)

    def consequences(self, profile: str) -> Consequences:
        """For the confirmation; no network."""
        settled, record = self._accounts.profile(profile), self._record(profile)
        if record.kind in (Kind.API_KEY, Kind.TOKEN):
            return Consequences(
                lines=("A static key cannot be revoked from here: delete it on the provider's page, or rotate it.",),
                can_tell_server=False,
            )
        can = "revocation" in record.endpoints or "revocation" in settled.endpoints
        lines = [f"Programs that use “{profile}” stop getting tokens until somebody signs in again."]
        tokens = record.tokens
        if tokens is not None and tokens.refresh_token is not None:
            lines.append("The refresh token ends: no new access tokens. Some providers end every login of this client with it.")
        if tokens is not None and tokens.expires_at is not None and tokens.expires_at > self._clock.now():
            until = relative(tokens.expires_at, self._clock.now())
            lines.append(f"APIs that look only at the token's signature may take the access token until it expires {until}.")
        if not can:
            lines.append("The provider names no revocation endpoint, so it may not be possible to tell it.")
        return Consequences(lines=tuple(lines), can_tell_server=can)

    def revoke(self, profile: str) -> Ended:
        """Revoke (refresh, then access token); the record stays, marked revoked. Raises Temporary, Refused, Unsupported."""
        settled = self._accounts.profile(profile)
        with self._store.lock(profile, _LOCK):
            record = self._record(profile)
            if record.kind in (Kind.API_KEY, Kind.TOKEN):
                raise Unsupported(
                    f"“{profile}” holds a static key, which cannot be revoked from here.",
                    hint=f"Delete it on the provider's page, or replace it with: my-app rotate {profile}",
                )
            told = self._tell(settled, record)
            if not told.revoked:
                problem = told.problem or LoginNeeded(
                    f"“{profile}” holds no token to revoke.", hint=f"Sign in with: my-app login {profile}"
                )
                self._note(Event.REVOKE, profile, problem)
                raise problem
            kept = record.tokens
            if kept is not None and "refresh_token" in told.revoked:
                kept = replace(kept, refresh_token=None)
            self._store.save(replace(record, tokens=kept, standing=Standing.REVOKED, reason="revoked", refresh_in_flight=None))
        self._note(Event.REVOKE, profile, None, ", ".join(told.revoked))
        return self._ended(record, told, forgotten=False)

    def logout(self, profile: str, *, local: bool = False) -> Ended:
        """Revoke what can be, then forget in any case; offline is no failure (``not_told``).

        A client secret or TOTP seed that a person stored with the profile stays for the next sign-in.
        """
        settled = self._accounts.profile(profile)
        with self._store.lock(profile, _LOCK):
            record = self._store.load(profile)
            if record is None:
                nothing = f"“{profile}” was not signed in."
                return Ended(profile=profile, revoked=(), not_told=(), reason=nothing, still_valid_until=None, forgotten=False)
            told = Told(not_told=kinds_of(record)) if local else self._tell(settled, record)
            if record.kind is Kind.OAUTH and (record.client_secret or record.totp_seed or record.registration):
                self._store.save(
                    Record(
                        name=record.name,
                        generation=record.generation,
                        kind=record.kind,
                        binding=record.binding,
                        client_secret=record.client_secret,
                        totp_seed=record.totp_seed,
                        registration=record.registration,
                    )
                )
            else:
                self._store.delete(profile)
        self._note(Event.LOGOUT, profile, None, "local" if local else ", ".join(told.revoked) or "server not told")
        ended = self._ended(record, told, forgotten=True)
        return replace(ended, reason="The server was not asked.") if local and told.not_told else ended

    def userinfo(self, profile: str) -> Mapping[str, object]:
        """Claims of the userinfo endpoint; ``sub`` must be the signed-in one (U3). Raw values: clean before showing."""
        settled = self._accounts.profile(profile)
        token = self._sessions.token(profile)
        record = self._record(profile)
        if record.kind in (Kind.API_KEY, Kind.TOKEN):
            raise Unsupported(
                f"“{profile}” holds a static key; there is no userinfo for it.", hint=f"Check it with: my-app status {profile}"
            )
        place = preset(settled.provider).userinfo_identity
        metadata = self._discovery.metadata(settled, record)
        if "userinfo" in metadata.endpoints or place is None:
            self._api_only(settled, record, metadata.endpoint("userinfo"))
            sub = record.identity.sub if record.identity else None

            bound = token.token_type == "DPoP"
            prover = self._discovery.clients.prover(record.dpop_key) if bound else None

            def ask(value: Secret) -> Exchange[dict[str, object]]:
                return userinfo(metadata, value, sub=sub, prover=prover)
        else:
            url = place.url

            def ask(value: Secret) -> Exchange[dict[str, object]]:
                return account_call(url, value)

        try:
            return self._carried(ask(token.value))
        except LoginExpired:
            # The provider may have ended the token before its time: one renewal, one more try (F7).
            return self._carried(ask(self._sessions.token(profile, force=True).value))

    def introspect(self, profile: str) -> Mapping[str, object]:
        """The introspection answer for the access token (RFC 7662)."""
        settled, record = self._accounts.profile(profile), self._record(profile)
        if record.tokens is None:
            raise LoginNeeded(f"“{profile}” holds no access token.", hint=f"Sign in with: my-app login {profile}")
        metadata = self._discovery.metadata(settled, record)
        self._secrets_may_go(settled, record, metadata, "introspection")
        client = self._discovery.clients.of(settled, record)
        return self._carried(introspect(metadata, client, record.tokens.access_token))

    def check_api_key(self, profile: str) -> str:
        """GET ``check_url`` with the key: a cleaned word on success. Raises WrongCredentials, Temporary, Unsupported."""
        settled, record = self._accounts.profile(profile), self._record(profile)
        if record.api_key is None:
            raise Unsupported(f"“{profile}” holds no API key.", hint="Store one with: my-app profile add NAME --api-key-stdin")
        return self._carried(prove(settled, record.api_key, check_url_of(settled, record)))

    def _record(self, name: str) -> Record:
        record = self._store.load(name)
        if record is None:
            raise LoginNeeded(f"“{name}” is not signed in.", hint=f"Sign in with: my-app login {name}")
        return record

    def _tell(self, profile: Profile, record: Record) -> Told:
        """Refresh token first, then access token (U5); what fails is told, never hidden."""
        kinds = kinds_of(record)
        if not kinds or record.tokens is None:
            return Told()
        try:
            metadata = self._discovery.metadata(profile, record)
            self._secrets_may_go(profile, record, metadata, "revocation")
            client = self._discovery.clients.of(profile, record)
        except (Temporary, PeerFault, UsageFault) as problem:
            return Told(not_told=kinds, problem=problem)
        revoked: list[str] = []
        not_told: list[str] = []
        first: MyAppError | None = None
        for kind in kinds:
            token = record.tokens.refresh_token if kind == "refresh_token" else record.tokens.access_token
            if token is None or isinstance(first, Temporary):
                not_told.append(kind)
                continue
            try:
                self._carried(revoke(metadata, client, token, hint=kind))
                revoked.append(kind)
            except (Temporary, Refused, PeerFault, Unsupported) as problem:
                first = first or problem
                not_told.append(kind)
        return Told(revoked=tuple(revoked), not_told=tuple(not_told), problem=first)

    def _secrets_may_go(self, profile: Profile, record: Record, metadata: ServerMetadata, name: str) -> None:
        url = metadata.endpoint(name)
        if not may_go(record, url):
            raise BindingChanged(
                f"The {name} endpoint of “{profile.name}” is at {host_of(url)}, which its secrets were not stored for. "
                "Nothing was sent.",
                hint=f"If that is right: my-app profile trust {profile.name}",
                received=host_of(url),
            )

    def _api_only(self, profile: Profile, record: Record, url: str) -> None:
        bound = record.binding
        own = bound.issuer is not None and same_origin(bound.issuer, url)
        if not own and origin(url) not in (*bound.api_origins, *bound.token_hosts):
            raise BindingChanged(
                f"The userinfo endpoint of “{profile.name}” is at {host_of(url)}, which its token was not stored for. "
                "Nothing was sent.",
                hint=f"If that is right: my-app profile trust {profile.name}",
                received=host_of(url),
            )

    def _ended(self, record: Record, told: Told, *, forgotten: bool) -> Ended:
        tokens, until = record.tokens, None
        if (
            tokens is not None
            and "access_token" in told.not_told
            and tokens.expires_at is not None
            and tokens.expires_at > self._clock.now()
        ):
            until = tokens.expires_at
        page = None
        if "end_session" in record.endpoints:
            # Printed, so without the ID token: the page then asks who is meant.
            known = ServerMetadata(issuer=record.binding.issuer, endpoints=record.endpoints)
            page = end_session(known, client_id=record.binding.client_id).url
        return Ended(
            profile=record.name,
            revoked=told.revoked,
            not_told=told.not_told,
            reason=clean(told.problem.message) if told.problem else "",
            still_valid_until=until,
            forgotten=forgotten,
            end_session_url=page if forgotten else None,
        )

    def _note(self, event: Event, profile: str, problem: MyAppError | None, detail: str = "") -> None:
        if problem is None:
            self._audit.append(event, profile=profile, detail=detail)
        else:
            result = Result.DENIED if isinstance(problem, Refused) else Result.FAILED
            self._audit.append(event, profile=profile, result=result, code=problem.code)

    def _carried(self, exchange: Exchange[T]) -> T:
        return run(exchange, self._transport, clock=self._clock, entropy=self._entropy, pause=self._pause)
