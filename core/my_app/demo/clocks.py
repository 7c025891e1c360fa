"""The demo's clock: the real one, or one that starts at a chosen moment and ticks on."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class TickingClock:
    """Real seconds pass from ``start``; None: from now."""

    def __init__(self, start: datetime | None = None) -> None:
        self._start = start.astimezone(UTC) if start is not None else datetime.now(UTC)
        self._since = time.monotonic()

    def now(self) -> datetime:
        """The time, aware, UTC."""
        return self._start + timedelta(seconds=time.monotonic() - self._since)
