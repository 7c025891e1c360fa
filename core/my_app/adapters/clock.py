"""The wall clock of this machine."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The Clock outside tests."""

    def now(self) -> datetime:
        """The time, aware, UTC."""
        return datetime.now(UTC)
