"""Locks over all processes: one file each, never deleted, freed by the kernel when the holder dies (S6)."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from my_app.adapters.files import disk_fault, private_folder, shown
from my_app.errors import LockTimeout, UnsafeFile
from my_app.text import clean


@contextmanager
def file_lock(folder: Path, name: str, deadline: timedelta, *, what: str) -> Iterator[None]:
    """Hold ``folder/name.lock``. ``what`` completes "is working on". Raises LockTimeout naming the holder, UnsafeFile, DiskFault.

    Two holders in one process exclude each other too; a lock may be released on another thread.
    """
    from filelock import FileLock, Timeout

    private_folder(folder)
    path = folder / f"{name}.lock"
    if path.is_symlink():
        raise UnsafeFile(f"“{shown(path)}” is a link.", hint="Delete it.")
    lock = FileLock(
        path,
        timeout=max(0.0, deadline.total_seconds()),
        mode=0o600,
        thread_local=False,
        fallback_to_soft=False,
        preserve_lock_file=True,
        poll_interval=0.02,
    )
    beside = folder / f"{name}.holder"
    try:
        lock.acquire()
    except Timeout:
        holder = _holder(beside)
        raise LockTimeout(
            f"{holder} is working on {what} and did not finish within {int(deadline.total_seconds())} s.",
            hint="Nothing is lost. Try again, or end that program if it hangs.",
            holder=holder,
        ) from None
    except OSError as failure:
        if failure.errno in (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP):
            hint = "Set MY_APP_DATA_DIR to a folder on a local disk."
            raise UnsafeFile(f"Files in “{shown(folder)}” cannot be locked.", hint=hint) from None
        raise disk_fault(failure, "be locked", path) from None
    try:
        _name_holder(beside)
        yield
    finally:
        lock.release()


def _name_holder(beside: Path) -> None:
    """Say who holds the lock; only a courtesy, so a full disk does not stop the work."""
    text = json.dumps({"program": program(), "pid": os.getpid()})
    with suppress(OSError):
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            if os.name == "posix":
                os.fchmod(handle, 0o600)
            os.write(handle, text.encode())
        finally:
            os.close(handle)


def _holder(beside: Path) -> str:
    try:
        said = json.loads(beside.read_text("utf-8")[:500])
        return f"{clean(said['program'], 60)} (pid {int(said['pid'])})"
    except (OSError, ValueError, KeyError, TypeError):
        return "Another program"


def program() -> str:
    """The name of the running program, never its arguments."""
    return clean(Path(sys.argv[0] if sys.argv and sys.argv[0] not in ("", "-c") else sys.executable).name, 60)
