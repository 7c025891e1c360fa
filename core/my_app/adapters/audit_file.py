"""``audit.jsonl``: one whole line per act, on disk before the call returns, chained, rotated by size (E3).

Older parts of the trail lie beside it as ``audit-SEQ.jsonl``, named by their first sequence
number; they are never deleted here, and the chain runs on through them.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from my_app.adapters.audit_chain import LONGEST, Head, follow, line, read_line, spoilt
from my_app.adapters.files import disk_fault, private_folder, refuse_unsafe, sync_folder
from my_app.adapters.lock import file_lock, program
from my_app.audit import Actor, Entry, Event, Result, Seal, Verdict
from my_app.errors import DiskFault, LockTimeout, StorageFault
from my_app.ports import Clock
from my_app.text import clean

ROTATE_AT: Final = 4 << 20
"""Bytes after which a new part is begun."""
_PATIENCE: Final = timedelta(seconds=10)
_CHUNK: Final = 1 << 16


def current_actor() -> Actor:
    """This process: its program, never its arguments."""
    try:
        tty: str | None = os.ttyname(0)
    except (OSError, AttributeError):
        tty = None
    try:
        here = str(Path.cwd())
    except OSError:
        here = ""
    return Actor(program=program(), pid=os.getpid(), cwd=clean(here, 300), tty=None if tty is None else clean(tty, 60))


class AuditFile:
    """An AuditLog in ``path``. ``seal`` (the vault) marks the head after each line while it is open.

    ::

        AuditFile(path, clock=Clock, actor=Actor, seal=Seal | None = None, locks=path.parent / "lock", rotate_at=bytes)
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        actor: Actor,
        seal: Seal | None = None,
        locks: Path | None = None,
        rotate_at: int = ROTATE_AT,
    ) -> None:
        self._path = path
        self._clock = clock
        self._actor = actor
        self._seal = seal
        self._locks = locks or path.parent / "lock"
        self._rotate_at = rotate_at

    def append(self, event: Event, *, profile: str | None, result: Result = Result.OK, code: str = "", detail: str = "") -> None:
        """Write one line durably. Raises DiskFault, UnsafeFile, LockTimeout for an act that was done.

        The line of an act that failed is dropped when it cannot be written: it must not hide why the act failed.
        """
        try:
            self._append(event, profile, result, code, detail)
        except (StorageFault, LockTimeout):
            if result is Result.OK:
                raise

    def _append(self, event: Event, profile: str | None, result: Result, code: str, detail: str) -> None:
        try:
            private_folder(self._path.parent)
            with file_lock(self._locks, ".audit", _PATIENCE, what="the audit trail"):
                head = self._head()
                entry = Entry(
                    seq=head.seq + 1,
                    at=self._clock.now(),
                    event=event,
                    profile=profile,
                    result=result,
                    code=clean(code, 60),
                    actor=self._actor,
                    detail=clean(detail, 300),
                )
                raw = line(entry, head.digest)
                self._rotate(len(raw))
                self._write(raw)
                self._mark(entry.seq, raw)
        except OSError as failure:
            raise self._unwritten(disk_fault(failure, "be written", self._path)) from None
        except DiskFault as failure:
            raise self._unwritten(failure) from None

    def _unwritten(self, fault: DiskFault) -> DiskFault:
        return DiskFault(
            fault.message, hint="What you asked for is done; only its line in the audit trail is missing.", **fault.facts
        )

    def entries(self, *, limit: int = 500, before: int | None = None) -> tuple[Entry, ...]:
        """The newest ``limit`` entries older than ``before``, newest first; lines that are none are left out."""
        found: list[Entry] = []
        try:
            for path in reversed(self._parts()):
                for raw in _backwards(path):
                    read = read_line(raw)
                    if read is not None and (before is None or read[0].seq < before):
                        found.append(read[0])
                        if len(found) >= limit:
                            return tuple(found)
        except OSError as failure:
            raise disk_fault(failure, "be read", self._path) from None
        return tuple(found)

    def verify(self) -> Verdict:
        """Whether the chain holds through all parts, and up to where the vault vouches for it. Raises StorageFault."""
        marked = self._seal.checkpointed() if self._seal else None
        head, broken, seal_holds = Head(), None, False
        try:
            for path in self._parts():
                for raw in _forwards(path):
                    head, broken = follow(head, [raw])
                    if broken is not None:
                        return Verdict(
                            ok=False, events=head.seq, sealed_to=marked[0] if seal_holds and marked else 0, broken_at=broken
                        )
                    seal_holds = seal_holds or (head.seq, head.digest) == marked
        except OSError as failure:
            raise disk_fault(failure, "be read", self._path) from None
        if marked is not None and not seal_holds:
            # The chain was made anew from somewhere at or before the mark, or cut before it.
            return Verdict(ok=False, events=head.seq, sealed_to=0, broken_at=min(marked[0], head.seq + 1))
        return Verdict(ok=True, events=head.seq, sealed_to=marked[0] if marked else 0, broken_at=None)

    def _parts(self) -> list[Path]:
        """All parts, oldest first. Raises UnsafeFile."""
        named = re.compile(re.escape(self._path.stem) + r"-(\d{10})\.jsonl")
        older = sorted(path for path in self._path.parent.glob(f"{self._path.stem}-*.jsonl") if named.fullmatch(path.name))
        return [path for path in (*older, self._path) if refuse_unsafe(path)]

    def _head(self) -> Head:
        """The end of the chain. A torn line that a killed program left was never acknowledged: it is cut off."""
        spoilt_last: bytes | None = None
        after = 0
        for path in reversed(self._parts()):
            if path == self._path:
                _cut_torn_line(path)
            for raw in _backwards(path):
                read = read_line(raw)
                if read is None:
                    spoilt_last, after = spoilt_last or raw, after + 1
                elif spoilt_last is None:
                    return Head(seq=read[0].seq, digest=read[2])
                else:
                    return spoilt(read[0].seq + after, spoilt_last)
        return Head() if spoilt_last is None else spoilt(after, spoilt_last)

    def _rotate(self, size: int) -> None:
        if not refuse_unsafe(self._path) or self._path.stat().st_size + size <= self._rotate_at:
            return
        first = next(_forwards(self._path), None)
        read = read_line(first) if first else None
        if read is not None:
            self._path.rename(self._path.with_name(f"{self._path.stem}-{read[0].seq:010d}.jsonl"))
            sync_folder(self._path.parent)

    def _write(self, raw: bytes) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        new = not self._path.exists()
        handle = os.open(self._path, flags, 0o600)
        try:
            found = os.fstat(handle)
            if new and os.name == "posix":
                os.fchmod(handle, 0o600)
            if not stat.S_ISREG(found.st_mode):
                raise OSError(22, os.strerror(22))
            if os.write(handle, raw) != len(raw):
                # The rest did not fit; what is there is a torn line and is cut off by the next append.
                raise OSError(28, os.strerror(28))
            os.fsync(handle)
        finally:
            os.close(handle)
        if new:
            sync_folder(self._path.parent)

    def _mark(self, seq: int, raw: bytes) -> None:
        """Move the vault's mark to the new head, unless the chain was made anew: then ``verify`` must still find that.

        The act and its line are safe; a vault that cannot take the mark now takes a later one.
        """
        read = read_line(raw.rstrip(b"\n"))
        if self._seal is None or read is None:
            return
        try:
            marked = self._seal.checkpointed()
            if marked is None or self._passes(*marked):
                self._seal.checkpoint(seq, read[2])
        except (StorageFault, OSError):
            return

    def _passes(self, seq: int, digest: str) -> bool:
        """Whether the chain leads through that line."""
        for path in reversed(self._parts()):
            for raw in _backwards(path):
                read = read_line(raw)
                if read is not None and read[0].seq <= seq:
                    return read[0].seq == seq and read[2] == digest
        return False


def _cut_torn_line(path: Path) -> None:
    handle = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0))
    try:
        end = os.fstat(handle).st_size
        tail_from = max(0, end - 2 * LONGEST)
        os.lseek(handle, tail_from, os.SEEK_SET)
        tail = os.read(handle, 2 * LONGEST)
        if tail and not tail.endswith(b"\n"):
            os.ftruncate(handle, tail_from + tail.rfind(b"\n") + 1)
            os.fsync(handle)
    finally:
        os.close(handle)


def _forwards(path: Path) -> Iterator[bytes]:
    """The whole lines; a torn last one is no line yet."""
    with path.open("rb") as file:
        while raw := file.readline(LONGEST + 1):
            if raw.endswith(b"\n"):
                yield raw[:-1]
            elif len(raw) > LONGEST:
                yield raw


def _backwards(path: Path) -> Iterator[bytes]:
    """The whole lines from the last to the first, reading only what is asked for."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        rest, torn = b"", True
        while end > 0:
            start = max(0, end - _CHUNK)
            file.seek(start)
            lines = (file.read(end - start) + rest).split(b"\n")
            rest, end = lines[0], start
            for raw in reversed(lines[1:]):
                # What stands after the last line feed is empty, or a torn line.
                if torn:
                    torn = False
                else:
                    yield raw
        if not torn:
            yield rest
