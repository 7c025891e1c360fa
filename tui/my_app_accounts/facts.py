"""What a sealed record says beside its secrets: moments and counts, safe to keep on a screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from my_app.model import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Read while the vault is open; holds no secret."""

    obtained_at: datetime | None
    """When the access token was issued to us; the left end of the time bar."""
    signed_in_at: datetime | None
    refreshed_at: datetime | None
    refresh_token: bool
    client_secret: bool
    api_key_id: str | None
    reason: str
    """Error code that explains why a person is needed."""
    rotating: bool
    """A rotation was cut and waits to be finished."""


def facts_of(record: Record | None) -> Facts | None:
    """``record`` without its secrets."""
    if record is None:
        return None
    tokens = record.tokens
    return Facts(
        obtained_at=tokens.obtained_at if tokens else None,
        signed_in_at=record.signed_in_at,
        refreshed_at=record.refreshed_at,
        refresh_token=bool(tokens and tokens.refresh_token),
        client_secret=record.client_secret is not None,
        api_key_id=record.api_key_id,
        reason=record.reason,
        rotating=record.pending is not None,
    )
