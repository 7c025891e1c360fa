"""The doors to the world, as Protocols; adapters stand behind them, fakes in ``testing.py``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

from my_app.model import Record, Summary
from my_app.oauth.exchange import Response, Wire


class Clock(Protocol):
    """The wall clock."""

    def now(self) -> datetime:
        """The time, aware, UTC."""


Entropy = Callable[[int], bytes]
"""``entropy(n)``: n random bytes. ``secrets.token_bytes`` outside tests."""


class Transport(Protocol):
    """Sends one request; never follows a redirect, reads at most 1 MiB, waits at most 15 s (T1, T7)."""

    def send(self, wire: Wire) -> Response:
        """The answer, whatever its status. Raises NetworkUnavailable."""


class AsyncTransport(Protocol):
    """The asyncio twin of Transport."""

    async def asend(self, wire: Wire) -> Response:
        """The answer, whatever its status. Raises NetworkUnavailable."""


class CredentialStore(Protocol):
    """Sealed records by profile name, and the lock of each profile.

    Every adapter and fake passes ``tests/contracts/test_credential_store.py``.
    """

    def load(self, name: str) -> Record | None:
        """The record, or None. Raises VaultLocked, VaultDamaged, DiskFault."""

    def save(self, record: Record) -> Record:
        """Store ``record`` durably and return it with its generation raised by one.

        ``record.generation`` is the generation it is based on (0: there must be none).
        Raises StaleRecord when the stored one has moved on, VaultLocked, DiskFault.
        """

    def delete(self, name: str) -> None:
        """Forget the record; nothing happens when there is none. Raises VaultLocked, DiskFault."""

    def rename(self, old: str, new: str) -> None:
        """Copy ``old`` to ``new`` (replacing an orphan); the caller deletes ``old`` when all else is done."""

    def summaries(self) -> tuple[Summary, ...]:
        """The readable columns of all records, by name; never unlocks, never asks."""

    def lock(self, name: str, deadline: timedelta) -> AbstractContextManager[None]:
        """The profile's lock over all processes. Raises LockTimeout naming the holder."""

    @property
    def kept_in(self) -> str:
        """``keyring``, ``passphrase``, ``key`` or ``environment``: what opens the secrets."""


class Browser(Protocol):
    """Shows a page to the person."""

    def open(self, url: str) -> bool:
        """Whether a browser was started; returns at once, never waits for it. ``url`` was checked (A6)."""
