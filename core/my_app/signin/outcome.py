"""What every sign-in ends in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from my_app.model import Identity, State


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A sign-in that is on disk."""

    profile: str
    state: State
    expires_at: datetime | None
    scopes: tuple[str, ...]
    """Granted; may differ from ``requested_scopes`` in both directions."""
    requested_scopes: tuple[str, ...]
    identity: Identity | None
