"""Use case of the inspector: what a token is, and whether its issuer vouches for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from my_app.errors import BadMetadata, MyAppError, TokenInvalid
from my_app.jose import look as looking
from my_app.jose import parse
from my_app.jose.explain import ClaimRow
from my_app.jose.look import Check, Inspection, SignatureState
from my_app.ports import Clock, Transport

if TYPE_CHECKING:
    from my_app.issuers.key_sets import KeySets
    from my_app.issuers.source import IssuerSource
    from my_app.jose.claims import Expected
    from my_app.jose.keys import KeySet

__all__ = ["Check", "ClaimRow", "Inspection", "Inspector", "SignatureState"]

_MOST_ISSUERS: Final = 64
_CANNOT: Final = frozenset(("key", "form", "size", "header"))
"""Failed checks after which nobody knows whether the signature is right."""
_FINE: Final = {  # the rest is only worth a line when it fails
    "iss": "It was issued by the expected issuer.",
    "aud": "It is meant for the expected audience.",
    "exp": "It is not over.",
    "nbf": "It is valid already.",
    "iat": "It was issued in the past.",
}


class Inspector:
    """Decodes without trust; checks signatures against the issuer's keys when asked."""

    def __init__(self, *, key_sets: KeySets, transport: Transport, clock: Clock) -> None:
        """``key_sets`` are shared with whoever else verifies; ``transport`` finds the issuers' metadata."""
        self._key_sets = key_sets
        self._transport = transport
        self._clock = clock
        self._issuers: dict[str, IssuerSource] = {}

    def look(self, token: str) -> Inspection:
        """No network: signature ``not_checked``. Never raises for what the token holds (``looking.look``)."""
        return looking.look(token)

    def verify(
        self, token: str, *, issuer: str, audience: str | None, at: datetime | None = None, algorithm: str | None = None
    ) -> Inspection:
        """Fetches the issuer's keys. Network trouble shows as ``cannot_check`` with its reason.

        ``at``: the moment to judge times for (None: now). ``algorithm``: the only one accepted.
        """
        from my_app.jose.claims import Expected

        seen = self.look(token)
        failure: MyAppError | None = None
        fault: TokenInvalid | None
        if not seen.readable:
            fault = TokenInvalid(seen.problem, check="form")
        else:
            try:
                source = self._source(issuer)
                keys = source.keys()
                fault = _signature_fault(token, keys, algorithm)
                if fault is not None and fault.facts.get("stale"):
                    fault = _signature_fault(token, source.newer(keys), algorithm)
            except MyAppError as problem:
                failure, fault = problem, TokenInvalid(problem.message, check="key")
        expected = Expected(issuer=issuer, audiences=frozenset(() if audience is None else (audience,)))
        return replace(_judged(seen, fault, expected, at or self._clock.now()), failure=failure)

    def verify_offline(
        self,
        token: str,
        *,
        keys: bytes,
        issuer: str | None = None,
        audience: str | None = None,
        at: datetime | None = None,
        algorithm: str | None = None,
        signature_only: bool = False,
    ) -> Inspection:
        """Against the keys of a JWKS document or one bare JWK of this machine; no network.

        ``at``: the moment to judge times for (None: now). ``algorithm``: the only one accepted. ``signature_only``
        judges no claims, and the payload may be anything. Never raises for what token or document hold.
        """
        from my_app.jose.claims import Expected
        from my_app.jose.keys import KeySet

        fault: TokenInvalid | None
        try:
            fault = _signature_fault(token, KeySet.parse(keys, local=True), algorithm)
        except BadMetadata as problem:
            fault = TokenInvalid(problem.message, check="key")
        expected = Expected(issuer=issuer, audiences=frozenset(() if audience is None else (audience,)))
        return _judged(self.look(token), fault, None if signature_only else expected, at or self._clock.now())

    def _source(self, issuer: str) -> IssuerSource:
        from my_app.issuers.source import IssuerSource

        if issuer not in self._issuers:
            while len(self._issuers) >= _MOST_ISSUERS:
                del self._issuers[next(iter(self._issuers))]
            self._issuers[issuer] = IssuerSource(
                issuer, clock=self._clock, transport=lambda: self._transport, key_sets=self._key_sets
            )
        return self._issuers[issuer]


def _signature_fault(token: str, keys: KeySet, algorithm: str | None) -> TokenInvalid | None:
    from my_app.jose.verify import verify_signature

    try:
        verify_signature(parse.split(looking.bare(token)), keys, algorithms=None if algorithm is None else (algorithm,))
    except TokenInvalid as fault:
        return fault
    return None


def _judged(seen: Inspection, fault: TokenInvalid | None, expected: Expected | None, at: datetime) -> Inspection:
    """``seen`` with the verdict on its signature and, when something is ``expected``, on its claims."""
    if fault is None:
        state, reason = SignatureState.VALID, "The signature is right: made with one of the keys, and nothing was changed since."
    else:
        unknown = fault.facts.get("check") in _CANNOT
        state, reason = SignatureState.CANNOT_CHECK if unknown else SignatureState.INVALID, fault.message
    checks = [Check(name="signature", ok=fault is None, reason=reason)]
    if expected is not None:
        checks += _claim_checks(seen, expected, at)
    valid = all(check.ok is not False for check in checks)
    return replace(seen, signature=state, signature_reason=reason, checks=tuple(checks), valid=valid)


def _claim_checks(seen: Inspection, expected: Expected, at: datetime) -> list[Check]:
    from my_app.jose.claims import ID_TOKEN

    claims = seen.payload_json
    if claims is None or seen.problem:
        return [Check(name="payload", ok=False, reason=seen.problem or "The payload is not a JSON object.")]
    checks = []
    for name, check in ID_TOKEN:
        fault = check(claims, expected, at.timestamp())
        skipped = (name == "iss" and expected.issuer is None) or (name == "aud" and not expected.audiences)
        if fault:
            checks.append(Check(name=name, ok=False, reason=fault))
        elif skipped:
            checks.append(Check(name=name, ok=None, reason="Not compared with anything."))
        elif name in claims and name in _FINE:
            checks.append(Check(name=name, ok=True, reason=_FINE[name]))
    return checks
