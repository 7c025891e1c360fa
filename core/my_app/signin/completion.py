"""The end of every sign-in: check what arrived, know who it is, guard the account, save, then say so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from my_app.carry import arun
from my_app.discovery import BothTransports, bound_to
from my_app.discovery.clients import Clients
from my_app.errors import MyAppError, TokenInvalid
from my_app.events import LoginEvent, Saved, TokensChecked
from my_app.issuers.key_sets import KeySets
from my_app.jose.verify import verify_id_token
from my_app.model import Identity, Kind, Profile, Record, Standing, TokenSet, state_of, summary_of
from my_app.oauth.dpop import Prover
from my_app.oauth.exchange import Exchange, get
from my_app.oauth.metadata import ServerMetadata
from my_app.oauth.userinfo import userinfo
from my_app.ports import Clock, CredentialStore, Entropy
from my_app.providers import UserinfoIdentity, preset
from my_app.secret import Secret
from my_app.signin.identity import check_account, identity_of
from my_app.signin.outcome import SignedIn
from my_app.strict_json import JsonFault, parse_object

SAVE_DEADLINE: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """What a flow brought, not yet checked."""

    profile: Profile
    metadata: ServerMetadata
    tokens: TokenSet
    kind: Kind
    requested_scopes: tuple[str, ...]
    nonce: str | None = None
    """The nonce that was sent, if any (A4)."""
    dpop_key: Secret | None = None
    """The private JWK the tokens are bound to (RFC 9449)."""
    acr_values: tuple[str, ...] = ()
    """Authentication classes that were asked for; the ID token has to name one of them (J10)."""
    max_age: timedelta | None = None
    """How old the sign-in may be; the ID token has to say when it was (J10)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """The collaborators of the last steps."""

    store: CredentialStore
    transport: BothTransports
    key_sets: KeySets
    clock: Clock
    entropy: Entropy
    leeway: Callable[[], timedelta]
    clients: Clients

    async def checked(self, arrived: Arrived, watch: Callable[[LoginEvent], None]) -> Identity | None:
        """Who signed in. Raises TokenInvalid (T8: then nothing of the answer is kept) and WrongAccount."""
        identity = await self._from_id_token(arrived)
        if identity is None or not (identity.username or identity.email):
            identity = await self._from_userinfo(arrived, identity) or identity
        check_account(arrived.profile, identity)
        watch(TokensChecked(identity_known=identity is not None))
        return identity

    def saved(self, arrived: Arrived, identity: Identity | None, watch: Callable[[LoginEvent], None] | None = None) -> SignedIn:
        """The record on disk, with where its secrets may go. Raises StorageFault, LockTimeout."""
        profile, tokens = arrived.profile, arrived.tokens
        with self.store.lock(profile.name, SAVE_DEADLINE):
            before = self.store.load(profile.name) or Record(name=profile.name, kind=arrived.kind)
            record = self.store.save(
                replace(
                    before,
                    kind=arrived.kind,
                    binding=bound_to(profile, arrived.metadata),
                    tokens=tokens,
                    identity=identity,
                    requested_scopes=arrived.requested_scopes,
                    standing=Standing.ACTIVE,
                    reason="",
                    refresh_in_flight=None,
                    not_before=None,
                    signed_in_at=self.clock.now(),
                    refreshed_at=None,
                    endpoints=dict(arrived.metadata.endpoints),
                    dpop_key=arrived.dpop_key,
                )
            )
        if watch is not None:
            watch(Saved(profile=profile.name))
        return signed_in(record, self.clock)

    async def _from_id_token(self, arrived: Arrived) -> Identity | None:
        tokens, issuer = arrived.tokens, arrived.metadata.issuer
        url = arrived.metadata.endpoints.get("jwks")
        if tokens.id_token is None or issuer is None or url is None or arrived.profile.client_id is None:
            return None
        keys = await self.key_sets.aget(url)
        for attempt in (1, 2):
            try:
                verified = verify_id_token(
                    tokens.id_token.reveal(),
                    keys,
                    issuer=issuer,
                    client_id=arrived.profile.client_id,
                    nonce=arrived.nonce,
                    now=self.clock.now(),
                    leeway=self.leeway(),
                    access_token=tokens.access_token.reveal(),
                    acr_values=arrived.acr_values,
                    max_age=arrived.max_age,
                )
            except TokenInvalid as fault:
                if attempt == 2 or not fault.facts.get("stale"):
                    raise
                keys = await self.key_sets.anewer(url, keys)
            else:
                return identity_of(verified.claims)
        return None

    def prover(self, arrived: Arrived) -> Prover | None:
        """What proves the key the tokens are bound to; None for bearer tokens."""
        return self.clients.prover(arrived.dpop_key) if arrived.tokens.token_type == "DPoP" else None

    async def _from_userinfo(self, arrived: Arrived, known: Identity | None) -> Identity | None:
        """Best effort: a provider that will not say who it is leaves the identity as known so far."""
        exchange: Exchange[Identity | None]
        place = preset(arrived.profile.provider).userinfo_identity
        if place is not None:
            exchange = _own_account_call(place, arrived.tokens)
        elif "userinfo" in arrived.metadata.endpoints and "openid" in arrived.tokens.scopes:
            exchange = _userinfo(arrived, known, self.prover(arrived))
        else:
            return None
        try:
            return await arun(exchange, self.transport, clock=self.clock, entropy=self.entropy)
        except TokenInvalid:
            raise
        except MyAppError:
            return None


def signed_in(record: Record, clock: Clock) -> SignedIn:
    """What a front end is told of a record that was just saved."""
    return SignedIn(
        profile=record.name,
        state=state_of(summary_of(record), clock.now()),
        expires_at=record.tokens.expires_at if record.tokens else None,
        scopes=record.tokens.scopes if record.tokens else record.requested_scopes,
        requested_scopes=record.requested_scopes,
        identity=record.identity,
    )


def _userinfo(arrived: Arrived, known: Identity | None, prover: Prover | None) -> Exchange[Identity | None]:
    sub = known.sub if known else None
    claims = yield from userinfo(arrived.metadata, arrived.tokens.access_token, sub=sub, prover=prover)
    return identity_of(claims)


def _own_account_call(place: UserinfoIdentity, tokens: TokenSet) -> Exchange[Identity | None]:
    """A provider without OpenID Connect: its own account call, names by dotted path."""
    response = yield get(place.url, headers={"authorization": f"Bearer {tokens.access_token.reveal()}"}, purpose="userinfo")
    if response.status != 200:
        return None
    try:
        members = parse_object(response.body)
    except JsonFault:
        return None
    return identity_of(
        {"sub": _at(members, place.sub), "preferred_username": _at(members, place.username), "email": members.get("email")}
    )


def _at(members: object, path: str) -> object:
    for name in path.split("."):
        members = members.get(name) if isinstance(members, dict) else None
    return members
