"""Use case of the inspector: what a token is, and whether its issuer vouches for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from my_app.errors import BadMetadata, MyAppError, TokenInvalid
from my_app.jose import base64url, parse
from my_app.jose.explain import ClaimRow, claim_rows, header_rows, moment_of
from my_app.ports import Clock, Transport
from my_app.text import clean, clean_block

if TYPE_CHECKING:
    from my_app.issuer_source import IssuerSource
    from my_app.jose.claims import Expected
    from my_app.jose.keys import KeySet
    from my_app.keysets import KeySets

__all__ = ["Check", "ClaimRow", "Inspection", "Inspector", "SignatureState"]

_MOST_ISSUERS: Final = 64
_DEEPEST: Final = 500
"""Brackets that loosely read JSON may have, so that showing it cannot run out of stack."""
_CANNOT: Final = frozenset(("key", "form", "size", "header"))
"""Failed checks after which nobody knows whether the signature is right."""
_FINE: Final = {
    "iss": "It was issued by the expected issuer.",
    "aud": "It is meant for the expected audience.",
    "exp": "It is not over.",
    "nbf": "It is valid already.",
    "iat": "It was issued in the past.",
    "sub": "Its subject is a text.",
    "jti": "Its id is a text.",
    "azp": "Its authorized party is a text.",
    "nonce": "Its nonce is a text.",
    "auth_time": "The sign-in lies in the past.",
    "acr": "Its authentication class is a text.",
}


class SignatureState(StrEnum):
    """Four states, never a boolean (CONTRACT, ``jwt verify``)."""

    VALID = "valid"
    INVALID = "invalid"
    NOT_CHECKED = "not_checked"
    CANNOT_CHECK = "cannot_check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check and its reason."""

    name: str
    ok: bool | None
    """None: not checked."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """All there is to see of one token."""

    readable: bool
    """A compact JWS with JSON header; anything else shows what it can."""
    problem: str
    """Why it, or its payload, is not readable; one sentence."""
    header: tuple[ClaimRow, ...]
    claims: tuple[ClaimRow, ...]
    raw_header: str
    raw_payload: str
    """Indented JSON, cleaned."""
    algorithm: str | None
    key_id: str | None
    issuer: str | None
    issued_at: datetime | None
    expires_at: datetime | None
    signature: SignatureState
    signature_reason: str
    checks: tuple[Check, ...]
    size: int
    """Characters of the token."""
    valid: bool | None = None
    """Signature and all checks passed; None when it was only looked at."""
    header_json: Mapping[str, object] | None = None
    """The header as it stands, uncleaned: for JSON output only, never for a screen."""
    payload_json: Mapping[str, object] | None = None
    """The claims as they stand, uncleaned; None when the payload is no JSON object."""
    failure: MyAppError | None = None
    """Why the issuer's keys could not be had; None when they were, or were not asked for."""


class Inspector:
    """Decodes without trust; checks signatures against the issuer's keys when asked."""

    def __init__(self, *, key_sets: KeySets, transport: Transport, clock: Clock) -> None:
        """``key_sets`` are shared with whoever else verifies; ``transport`` finds the issuers' metadata."""
        self._key_sets = key_sets
        self._transport = transport
        self._clock = clock
        self._issuers: dict[str, IssuerSource] = {}

    def look(self, token: str) -> Inspection:
        """No network: signature ``not_checked``. Never raises for what the token holds.

        Space around the token and a ``Bearer`` before it are left out.
        """
        text = _bare(token)
        try:
            found = parse.split(text, limit=parse.LOOK_LIMIT)
        except TokenInvalid as fault:
            return _seen(text, _loose(text, 0), _loose(text, 1), problem=fault.message, readable=False)
        try:
            return _seen(text, found.header, found.claims)
        except TokenInvalid as fault:
            return _seen(text, found.header, _loose(text, 1), problem=fault.message)

    def verify(
        self, token: str, *, issuer: str, audience: str | None, at: datetime | None = None, algorithm: str | None = None
    ) -> Inspection:
        """Fetches the issuer's keys. Network trouble shows as ``cannot_check`` with its reason.

        ``at``: the moment to judge times for (None: now). ``algorithm``: the only one accepted.
        """
        seen = self.look(token)
        try:
            source = self._source(issuer)
            keys = source.keys()
        except MyAppError as failure:
            return replace(
                seen, signature=SignatureState.CANNOT_CHECK, signature_reason=failure.message, valid=False, failure=failure
            )
        return self._judged(
            _bare(token),
            seen,
            keys,
            issuer=issuer,
            audience=audience,
            at=at or self._clock.now(),
            algorithms=None if algorithm is None else (algorithm,),
            newer=lambda: source.newer(keys),
        )

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
        from my_app.jose.keys import KeySet

        seen = self.look(token)
        try:
            key_set = KeySet.parse(keys, local=True)
        except BadMetadata as fault:
            return replace(seen, signature=SignatureState.CANNOT_CHECK, signature_reason=fault.message, valid=False)
        return self._judged(
            _bare(token),
            seen,
            key_set,
            issuer=issuer,
            audience=audience,
            at=at or self._clock.now(),
            algorithms=None if algorithm is None else (algorithm,),
            signature_only=signature_only,
        )

    def _judged(
        self,
        text: str,
        seen: Inspection,
        keys: KeySet,
        *,
        issuer: str | None,
        audience: str | None,
        at: datetime,
        algorithms: Collection[str] | None = None,
        signature_only: bool = False,
        newer: Callable[[], KeySet] | None = None,
    ) -> Inspection:
        from my_app.jose.claims import Expected

        fault = _signature_fault(text, keys, algorithms)
        if fault is not None and fault.facts.get("stale") and newer is not None:
            fault = _signature_fault(text, newer(), algorithms)
        if fault is None:
            state, reason = SignatureState.VALID, "The signature is right: the issuer made this token and nobody changed it."
        else:
            unknown = fault.facts.get("check") in _CANNOT
            state, reason = SignatureState.CANNOT_CHECK if unknown else SignatureState.INVALID, fault.message
        checks = [Check(name="signature", ok=fault is None, reason=reason)]
        if not signature_only:
            audiences = frozenset(() if audience is None else (audience,))
            checks += _claim_checks(seen, Expected(issuer=issuer, audiences=audiences), at)
        valid = all(check.ok is not False for check in checks)
        return replace(seen, signature=state, signature_reason=reason, checks=tuple(checks), valid=valid)

    def _source(self, issuer: str) -> IssuerSource:
        from my_app.issuer_source import IssuerSource

        if issuer not in self._issuers:
            while len(self._issuers) >= _MOST_ISSUERS:
                del self._issuers[next(iter(self._issuers))]
            self._issuers[issuer] = IssuerSource(issuer, clock=self._clock, transport=self._transport, key_sets=self._key_sets)
        return self._issuers[issuer]


def _signature_fault(text: str, keys: KeySet, algorithms: Collection[str] | None) -> TokenInvalid | None:
    from my_app.jose.verify import verify_signature

    try:
        verify_signature(parse.split(text), keys, algorithms=algorithms)
    except TokenInvalid as fault:
        return fault
    return None


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
        elif name in claims:
            checks.append(Check(name=name, ok=True, reason=_FINE[name]))
    return checks


def _bare(token: str) -> str:
    """The token without space around it and without a scheme before it; only as much as is ever looked at."""
    text = token[: parse.LOOK_LIMIT + 100].strip()
    scheme, space, rest = text.partition(" ")
    return rest.strip() if space and scheme.lower().removesuffix(":") in ("bearer", "dpop") else text


def _loose(text: str, part: int) -> Mapping[str, object] | str | None:
    """What can be shown of a part that strict reading refused: an object, else text, else None."""
    if len(text) > parse.LOOK_LIMIT or text.count(".") > 4:
        return None
    parts = text.split(".")
    if len(parts) <= part:
        return None
    # The content of an encrypted token is noise; only its header is shown.
    if len(parts) == 5 and part:
        return None
    try:
        raw = base64url.decode("".join(parts[part].split()).rstrip("="))
        content = raw.decode("utf-8", "backslashreplace")
    except ValueError:
        return None
    if content.count("[") + content.count("{") > _DEEPEST:
        return content
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return content
    return value if isinstance(value, dict) else content


def _seen(
    text: str,
    header: Mapping[str, object] | str | None,
    payload: Mapping[str, object] | str | None,
    *,
    problem: str = "",
    readable: bool = True,
) -> Inspection:
    head = header if isinstance(header, Mapping) else {}
    claims = payload if isinstance(payload, Mapping) else {}
    return Inspection(
        readable=readable,
        problem=problem,
        header=header_rows(head),
        claims=claim_rows(claims),
        raw_header=_raw(header),
        raw_payload=_raw(payload),
        algorithm=_text(head.get("alg")),
        key_id=_text(head.get("kid")),
        issuer=_text(claims.get("iss")),
        issued_at=moment_of(claims.get("iat")),
        expires_at=moment_of(claims.get("exp")),
        signature=SignatureState.NOT_CHECKED,
        signature_reason="Not verified: anybody could have written this."
        if readable
        else "There is no signature that could be checked.",
        checks=(),
        size=len(text),
        header_json=header if isinstance(header, Mapping) else None,
        payload_json=payload if isinstance(payload, Mapping) else None,
    )


def _raw(part: Mapping[str, object] | str | None) -> str:
    if part is None:
        return ""
    if isinstance(part, str):
        return clean_block(part)
    try:
        return clean_block(json.dumps(part, indent=2, ensure_ascii=False))
    except (ValueError, RecursionError):
        return ""


def _text(value: object) -> str | None:
    return clean(value) if isinstance(value, str) else None
