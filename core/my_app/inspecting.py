"""Use case of the inspector: what a token is, and whether its issuer vouches for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SignatureState(StrEnum):
    """Four states, never a boolean (CONTRACT, ``jwt verify``)."""

    VALID = "valid"
    INVALID = "invalid"
    NOT_CHECKED = "not_checked"
    CANNOT_CHECK = "cannot_check"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRow:
    """One header parameter or claim in plain words; all text cleaned."""

    name: str
    value: str
    meaning: str
    """What it means; ``Private claim, not registered`` when nobody says."""
    moment: datetime | None = None
    """For times: the aware UTC moment."""


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
    """Why it is not readable, one sentence."""
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


class Inspector:
    """Decodes without trust; checks signatures against the issuer's keys when asked."""

    def look(self, token: str) -> Inspection:
        """No network: signature ``not_checked``. Never raises for what the token holds."""
        raise NotImplementedError

    def verify(self, token: str, *, issuer: str, audience: str | None) -> Inspection:
        """Fetches the issuer's keys. Network trouble shows as ``cannot_check`` with its reason."""
        raise NotImplementedError
