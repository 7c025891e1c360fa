"""For services: whether an incoming access token is good for this service (RFC 6750, 7662, 9068).

::

    validator = TokenValidator(issuer="https://issuer.example", audience="https://api.example")
    claims = validator.validate(token, scopes=["files:write"])

Keys come from the issuer's metadata and are kept (``issuers/key_sets.py``); with keys in memory a check makes no
request. A token that is not valid raises ``TokenInvalid`` (answer 401), one without the scopes
``InsufficientScope`` (answer 403); an issuer that cannot be asked ``Temporary`` (answer 503).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from my_app.errors import InsufficientScope, SettingsFault, TokenInvalid
from my_app.issuers.introspection_cache import DEFAULT_KEEP, AnswerCache
from my_app.issuers.key_sets import BothTransports, KeySets
from my_app.issuers.source import FixedKeys, IssuerSource
from my_app.jose import claims as judge
from my_app.jose import parse, verify
from my_app.jose.claims import Expected
from my_app.jose.keys import KeySet
from my_app.oauth.client_auth import Client
from my_app.ports import Clock, Transport
from my_app.text import clean


class TokenValidator:
    """Verifies access tokens of one issuer for one service; make one and share it, it is thread safe."""

    def __init__(
        self,
        *,
        issuer: str,
        audience: str | Iterable[str],
        jwks_url: str | None = None,
        keys: KeySet | Callable[[], KeySet] | None = None,
        algorithms: Collection[str] | None = None,
        leeway: timedelta = judge.DEFAULT_LEEWAY,
        typ: str | None = None,
        trusted_audiences: Iterable[str] = (),
        introspection: Client | None = None,
        keep: timedelta = DEFAULT_KEEP,
        transport: Transport | BothTransports | None = None,
        key_sets: KeySets | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Only ``issuer`` and ``audience`` are needed; nothing is fetched until a token comes.

        ``audience``: the name, or names, of this service in ``aud``. ``jwks_url`` or ``keys`` (a set, or a function
        that gives the present one) spare the metadata. ``algorithms`` narrows what the issuer's keys may be used with.
        ``typ="at+jwt"`` wants RFC 9068 tokens; otherwise anything goes that is no ID token. ``trusted_audiences`` may
        stand beside ours in ``aud``; the issuer's own userinfo endpoint always may. ``introspection``: the client that asks
        about opaque tokens; answers are reused for ``keep``, which is how late a revocation may be noticed.
        Raises SettingsFault for a leeway above 300 s or an empty issuer or audience.
        """
        audiences = frozenset((audience,) if isinstance(audience, str) else audience)
        if not issuer or not audiences or "" in audiences:
            raise SettingsFault(
                "A token validator needs an issuer and an audience.", hint="Give both exactly as the tokens name them."
            )
        self.issuer = issuer
        self._expected = Expected(
            issuer=issuer,
            audiences=audiences,
            trusted=frozenset(trusted_audiences) | {f"{issuer.rstrip('/')}/userinfo"},
            leeway=verify.checked_leeway(leeway),
        )
        self._typ = typ
        self._algorithms = None if algorithms is None else tuple(algorithms)
        self._clock: Clock = clock or _WallClock()
        self._transport = transport
        self._issuer_source = IssuerSource(issuer, clock=self._clock, jwks_url=jwks_url, transport=self._wire, key_sets=key_sets)
        self._key_source: FixedKeys | IssuerSource = self._issuer_source if keys is None else FixedKeys(keys)
        self._introspection = introspection
        self._answers = AnswerCache(keep)

    def validate(self, token: str, scopes: Iterable[str] = (), *, any_scope: Iterable[str] = ()) -> Mapping[str, object]:
        """The claims of a good token that grants all of ``scopes`` and, when given, at least one of ``any_scope``.

        Raises TokenInvalid, InsufficientScope; Temporary, Refused, PeerFault when the issuer cannot be asked.
        """
        if self._introspection is not None and token.count(".") != 2:
            return self._granted(self._introspected(token, self._introspection), scopes, any_scope)
        unverified = parse.split(token)
        keys = self._key_source.keys()
        try:
            verify.verify_signature(unverified, keys, algorithms=self._algorithms)
        except TokenInvalid as fault:
            newer = self._key_source.newer(keys) if fault.facts.get("stale") else keys
            if newer is keys:
                raise
            verify.verify_signature(unverified, newer, algorithms=self._algorithms)
        return self._granted(self._judged(unverified), scopes, any_scope)

    async def avalidate(self, token: str, scopes: Iterable[str] = (), *, any_scope: Iterable[str] = ()) -> Mapping[str, object]:
        """``validate`` for asyncio; with keys in memory it does not wait."""
        if self._introspection is not None and token.count(".") != 2:
            return self._granted(await self._aintrospected(token, self._introspection), scopes, any_scope)
        unverified = parse.split(token)
        keys = await self._key_source.akeys()
        try:
            verify.verify_signature(unverified, keys, algorithms=self._algorithms)
        except TokenInvalid as fault:
            newer = await self._key_source.anewer(keys) if fault.facts.get("stale") else keys
            if newer is keys:
                raise
            verify.verify_signature(unverified, newer, algorithms=self._algorithms)
        return self._granted(self._judged(unverified), scopes, any_scope)

    def _wire(self) -> Transport | BothTransports:
        if self._transport is None:
            from my_app.wiring import default_transport

            self._transport = default_transport()
        return self._transport

    def _judged(self, token: parse.UnverifiedToken) -> Mapping[str, object]:
        claims = token.claims
        fault = verify.access_token_fault(token.header, claims, self._typ)
        if fault:
            raise verify.refusal("typ", f"The token is refused. {fault}")
        verify.judge_claims(claims, judge.ACCESS_TOKEN, self._expected, self._clock.now().timestamp())
        return claims

    def _introspected(self, token: str, client: Client) -> Mapping[str, object]:
        now = self._clock.now()
        answer = self._known(token, now)
        if answer is None:
            answer = self._issuer_source.introspect(client, token)
            self._answers.put(token, answer, now)
        return self._active(answer, now)

    async def _aintrospected(self, token: str, client: Client) -> Mapping[str, object]:
        now = self._clock.now()
        answer = self._known(token, now)
        if answer is None:
            answer = await self._issuer_source.aintrospect(client, token)
            self._answers.put(token, answer, now)
        return self._active(answer, now)

    def _known(self, token: str, now: datetime) -> Mapping[str, object] | None:
        if not 0 < len(token) <= parse.VALIDATE_LIMIT:
            raise verify.refusal("size", f"The token is empty or longer than {parse.VALIDATE_LIMIT // 1024} KiB.")
        return self._answers.get(token, now)

    def _active(self, answer: Mapping[str, object], now: datetime) -> Mapping[str, object]:
        """An introspection answer judged like claims, where it says anything (RFC 7662 2.2, 4)."""
        if answer.get("active") is not True:
            raise verify.refusal("active", "The issuer says this token is not valid any more.")
        for name, check in judge.ACCESS_TOKEN:
            if name in answer:
                fault = check(answer, self._expected, now.timestamp())
                if fault:
                    raise verify.refusal(name, f"The token is refused. {fault}")
        return answer

    def _granted(self, claims: Mapping[str, object], scopes: Iterable[str], any_scope: Iterable[str]) -> Mapping[str, object]:
        if not scopes and not any_scope:
            return claims
        needed, one_of, granted = _names(scopes), _names(any_scope), granted_scopes(claims)
        missing = sorted(needed - granted)
        if missing:
            raise _insufficient(f"The token lacks the scope {clean(' '.join(missing))}.", sorted(needed), granted)
        if one_of and one_of.isdisjoint(granted):
            raise _insufficient(f"The token has none of the scopes {clean(' '.join(sorted(one_of)))}.", sorted(one_of), granted)
        return claims


def granted_scopes(claims: Mapping[str, object]) -> frozenset[str]:
    """The scopes of a token: ``scope`` or ``scp``, a text with spaces or a list of texts (RFC 8693 4.2)."""
    found: set[str] = set()
    for name in ("scope", "scp"):
        value = claims.get(name)
        if isinstance(value, str):
            found.update(value.split(" "))
        elif isinstance(value, list):
            found.update(item for item in value if isinstance(item, str))
    return frozenset(found - {""})


def _names(scopes: Iterable[str]) -> frozenset[str]:
    """Scopes of a list, or of one text with spaces."""
    return frozenset(scopes.split() if isinstance(scopes, str) else scopes)


def _insufficient(message: str, required: list[str], granted: frozenset[str]) -> InsufficientScope:
    return InsufficientScope(
        message,
        hint="Sign in again and ask for it with --scope.",
        required=tuple(required),
        granted=tuple(sorted(clean(name, 120) for name in granted)),
    )


class _WallClock:
    """The time of this machine, for a validator that was given no clock."""

    def now(self) -> datetime:
        """The time, aware, UTC."""
        return datetime.now(UTC)
