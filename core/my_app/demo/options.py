"""What can be chosen when the demo starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

HOST: Final = "127.0.0.1"
"""The one address the demo listens on (P1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """The options of ``my-app demo``, as values."""

    port: int = 0
    """0: the kernel chooses."""
    seed: str | None = None
    """Makes ids, keys, secrets and passwords the same in every run; None: new ones each run."""
    at: datetime | None = None
    """Where the demo's clock starts (aware); it ticks on from there. None: the real time."""
    access_ttl: timedelta | None = None
    """Lifetime of every access token; None: each client's own (see ``discovery/clients.py``)."""
    interval: timedelta = timedelta(seconds=2)
    """Least time between two device polls (RFC 8628 3.2); an earlier poll is told ``slow_down``."""
    device_ttl: timedelta = timedelta(minutes=10)
    """Lifetime of a device code."""
    rate_limit: int = 600
    """Requests a minute that each authentication endpoint takes before it answers 429."""
    faults: Mapping[str, int] = field(default_factory=dict)
    """Fault name to count (``faults.py`` lists them)."""
