"""A token looked at without trust: what the inspector shows before anybody has vouched for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from my_app.errors import MyAppError, TokenInvalid
from my_app.jose import base64url, parse
from my_app.jose.explain import ClaimRow, claim_rows, header_rows, moment_of
from my_app.text import clean, clean_block

_DEEPEST: Final = 500
"""Brackets that loosely read JSON may have, so that showing it cannot run out of stack."""


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


def look(token: str) -> Inspection:
    """What can be shown of anything, without trust and without a network.

    Space around the token and a ``Bearer`` before it are left out. What strict reading refuses is read
    loosely, shown, and the reason told.
    """
    text = bare(token)
    try:
        found = parse.split(text, limit=parse.LOOK_LIMIT)
    except TokenInvalid as fault:
        return _seen(text, _loose(text, 0), _loose(text, 1), problem=fault.message, readable=False)
    try:
        return _seen(text, found.header, found.claims)
    except TokenInvalid as fault:
        return _seen(text, found.header, _loose(text, 1), problem=fault.message)


def bare(token: str) -> str:
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
