"""A CredentialStore that lives and dies with the process: for environment-only use and for tests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from my_app.errors import LockTimeout, StaleRecord
from my_app.model import Record, Summary, checked_name, summary_of


class MemoryStore:
    """Records and locks in memory; passes the same contract suite as the vault."""

    def __init__(self, *, kept_in: str = "environment") -> None:
        self._records: dict[str, Record] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()
        self._kept_in = kept_in

    @property
    def kept_in(self) -> str:
        """What the records are kept by; ``environment`` unless told otherwise."""
        return self._kept_in

    def load(self, name: str) -> Record | None:
        """The record, or None."""
        with self._guard:
            return self._records.get(name)

    def save(self, record: Record) -> Record:
        """Store it with its generation raised by one. Raises StaleRecord, InvalidName."""
        checked_name(record.name)
        with self._guard:
            stored = self._records.get(record.name)
            if (stored.generation if stored else 0) != record.generation:
                raise StaleRecord(f"“{record.name}” was changed by another program meanwhile.", hint="Try again.")
            saved = replace(record, generation=record.generation + 1)
            self._records[record.name] = saved
            return saved

    def delete(self, name: str) -> None:
        """Forget the record; nothing happens when there is none."""
        with self._guard:
            self._records.pop(name, None)

    def rename(self, old: str, new: str) -> None:
        """Copy ``old`` to ``new``, replacing an orphan there; nothing happens when ``old`` is not there."""
        checked_name(new)
        with self._guard:
            record = self._records.get(old)
            if record is None or old == new:
                return
            orphan = self._records.get(new)
            self._records[new] = replace(
                record, name=new, generation=max(record.generation, orphan.generation if orphan else 0) + 1
            )

    def summaries(self) -> tuple[Summary, ...]:
        """The readable columns of all records, by name."""
        with self._guard:
            return tuple(summary_of(self._records[name]) for name in sorted(self._records))

    @contextmanager
    def lock(self, name: str, deadline: timedelta) -> Iterator[None]:
        """The profile's lock over the threads of this process. Raises LockTimeout."""
        with self._guard:
            lock = self._locks.setdefault(name, threading.Lock())
        if not lock.acquire(timeout=max(0.0, deadline.total_seconds())):
            raise LockTimeout(f"Another thread of this program is working on “{name}”.", holder="this program")
        try:
            yield
        finally:
            lock.release()
