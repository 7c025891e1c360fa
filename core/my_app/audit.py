"""The trail: append-only, hash-chained, one line per act; never a secret, never an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Event(StrEnum):
    """What was done with a credential (CONTRACT, ``audit list``)."""

    LOGIN = "login"
    REFRESH = "refresh"
    ROTATE = "rotate"
    REVOKE = "revoke"
    LOGOUT = "logout"
    REVEAL = "reveal"
    COPY = "copy"
    UNLOCK = "unlock"
    IMPORT = "import"
    EXPORT = "export"
    PROFILE = "profile"


class Result(StrEnum):
    """How it went."""

    OK = "ok"
    FAILED = "failed"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who asked: never arguments, only the program."""

    program: str
    pid: int
    cwd: str
    tty: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the trail."""

    seq: int
    at: datetime
    event: Event
    profile: str | None
    result: Result
    code: str
    """Error code when it did not go well, else empty."""
    actor: Actor
    detail: str
    """A few cleaned words, e.g. ``device code``; never a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What ``audit verify`` found."""

    ok: bool
    events: int
    sealed_to: int
    """Sequence number up to which a keyed checkpoint in the vault vouches; 0: none."""
    broken_at: int | None
    """First sequence number that does not hold."""


class AuditLog(Protocol):
    """The port; ``adapters/audit_file.py`` keeps it in ``audit.jsonl``, ``no_audit`` drops it."""

    def append(self, event: Event, *, profile: str | None, result: Result = Result.OK, code: str = "", detail: str = "") -> None:
        """Write one line durably. Raises StorageFault for an act that was done and stays done; a failed act's line may be lost."""

    def entries(self, *, limit: int = 500, before: int | None = None) -> tuple[Entry, ...]:
        """The newest ``limit`` entries older than ``before``, newest first."""

    def verify(self) -> Verdict:
        """Whether the chain holds, and how far it is sealed."""


class NoAudit:
    """For environment-only use, which writes nothing to disk."""

    def append(self, event: Event, *, profile: str | None, result: Result = Result.OK, code: str = "", detail: str = "") -> None:
        """Drop it."""

    def entries(self, *, limit: int = 500, before: int | None = None) -> tuple[Entry, ...]:
        """Nothing."""
        return ()

    def verify(self) -> Verdict:
        """An empty chain holds."""
        return Verdict(ok=True, events=0, sealed_to=0, broken_at=None)


class Seal(Protocol):
    """Who vouches for the chain: the vault, whenever it is open."""

    def checkpoint(self, seq: int, head: str) -> None:
        """Keep a keyed mark of the chain's head; nothing happens while the vault is closed. Raises StorageFault."""

    def checkpointed(self) -> tuple[int, str] | None:
        """The last mark; None while the vault is closed or has none. Raises StorageFault."""
