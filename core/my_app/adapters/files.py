"""Private files and folders: 0700 and 0600 from the first byte, and nothing strange in the way (S1 to S3).

Used for everything that is written beside the vault. A link, FIFO, device, foreign owner or a
parent that anybody may write to is refused with UnsafeFile; a failing disk is a DiskFault that
says what could not be done, and leaves the old file whole.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from my_app.adapters.mounts import network_type, table
from my_app.errors import DiskFault, UnsafeFile
from my_app.text import clean

_OTHERS: Final = 0o077
_STALE_TEMP: Final = 600.0
"""Seconds after which a temporary file that a killed program left is swept."""
_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_NONBLOCK: Final = getattr(os, "O_NONBLOCK", 0)
_CLOEXEC: Final = getattr(os, "O_CLOEXEC", 0)

_CAUSES: Final = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your disk quota is used up",
    errno.EROFS: "the disk is read-only",
    errno.EIO: "the disk reported an error",
    errno.EMFILE: "too many files are open",
    errno.ENFILE: "too many files are open",
    errno.EACCES: "permission was denied",
    errno.EPERM: "permission was denied",
    errno.ENOTDIR: "a file is where a folder should be",
    errno.ENOENT: "the folder is not there",
}


def disk_fault(failure: OSError, doing: str, path: Path) -> DiskFault:
    """A DiskFault in one sentence; ``doing`` completes "could not", e.g. ``be written``."""
    number = failure.errno or errno.EIO
    cause = _CAUSES.get(number) or clean(os.strerror(number)).lower()
    return DiskFault(
        f"“{shown(path)}” could not {doing}: {cause}.",
        hint="What was stored before is unchanged. Put that right and try again.",
        errno=number,
    )


def shown(path: Path) -> str:
    """A path made safe to show."""
    return clean(str(path), 300)


def private_folder(path: Path) -> None:
    """Make ``path`` and what lies above it, 0700 whatever the umask; one of ours that is looser is tightened.

    Raises UnsafeFile for a link, a foreign owner or a parent that anybody may write to; DiskFault.
    """
    try:
        _make_folder(path)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise UnsafeFile(f"“{shown(path)}” is not a folder.", hint="Move it away, or set MY_APP_DATA_DIR.")
        _refuse_foreign(path, found)
        if found.st_mode & _OTHERS and os.name == "posix":
            path.chmod(0o700)
        _refuse_open_parents(path)
    except OSError as failure:
        raise disk_fault(failure, "be made", path) from None


def _make_folder(path: Path) -> None:
    missing: list[Path] = []
    at = path
    while not os.path.lexists(at):
        missing.append(at)
        at = at.parent
    for folder in reversed(missing):
        with suppress(FileExistsError):
            folder.mkdir(0o700)
            folder.chmod(0o700)


def _refuse_foreign(path: Path, found: os.stat_result) -> None:
    if os.name == "posix" and found.st_uid != os.geteuid():
        raise UnsafeFile(f"“{shown(path)}” belongs to another user.", hint="Take another place with MY_APP_DATA_DIR.")


def _refuse_open_parents(path: Path) -> None:
    """Whoever may write to a folder above may put another one in its place; a sticky folder such as /tmp is fine."""
    if os.name != "posix":
        return
    for folder in Path(os.path.realpath(path)).parents:
        mode = folder.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise UnsafeFile(
                f"Everybody may write to “{shown(folder)}”, which is above “{shown(path)}”.",
                hint=f"Run: chmod o-w {shown(folder)}",
            )


def refuse_network(path: Path, mounts: str | None = None) -> None:
    """Raises UnsafeFile when ``path`` lies on a network file system, where locks and fsync cannot be relied on.

    ``mounts`` is the text of the mount table; None: the kernel's, where there is one.
    """
    kind = network_type(os.path.realpath(path), table() if mounts is None else mounts)
    if kind is not None:
        raise UnsafeFile(
            f"“{shown(path)}” is on a network file system ({clean(kind, 20)}), where a vault cannot be kept safely.",
            hint="Set MY_APP_DATA_DIR to a folder on a local disk.",
        )


def refuse_unsafe(path: Path) -> bool:
    """Whether the file is there; looks only, opens nothing. Raises UnsafeFile, DiskFault."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    except OSError as failure:
        raise disk_fault(failure, "be read", path) from None
    _judge(path, found)
    return True


def _judge(path: Path, found: os.stat_result) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise UnsafeFile(f"“{shown(path)}” is a link.", hint="Put the file itself there.")
    if not stat.S_ISREG(found.st_mode):
        raise UnsafeFile(f"“{shown(path)}” is not an ordinary file.", hint="Move it away.")
    _refuse_foreign(path, found)
    if os.name == "posix" and found.st_mode & _OTHERS:
        raise UnsafeFile(f"Other users may read or change “{shown(path)}”.", hint=f"Run: chmod 600 {shown(path)}")


def read_private(path: Path, limit: int) -> bytes | None:
    """The file's bytes, or None when it is not there. Raises UnsafeFile (loose, foreign, link, over ``limit`` bytes), DiskFault."""
    try:
        handle = os.open(path, os.O_RDONLY | _NOFOLLOW | _NONBLOCK | _CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as failure:
        if failure.errno == errno.ELOOP:
            raise UnsafeFile(f"“{shown(path)}” is a link.", hint="Put the file itself there.") from None
        raise disk_fault(failure, "be read", path) from None
    try:
        _judge(path, os.fstat(handle))
        parts: list[bytes] = []
        left = limit + 1
        while left > 0 and (part := os.read(handle, min(left, 1 << 16))):
            parts.append(part)
            left -= len(part)
    except OSError as failure:
        raise disk_fault(failure, "be read", path) from None
    finally:
        os.close(handle)
    if left <= 0:
        raise UnsafeFile(f"“{shown(path)}” is larger than {limit:,} bytes.", hint="That cannot be a file of this program.")
    return b"".join(parts)


def write_private(path: Path, data: bytes) -> None:
    """Replace the file as a whole or not at all: temporary file beside it, fsync, rename, fsync of the folder.

    Raises UnsafeFile when something that is no ordinary file of ours is in the way, DiskFault.
    """
    with suppress(FileNotFoundError):
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):
            raise UnsafeFile(f"“{shown(path)}” is not an ordinary file.", hint="Move it away.")
        _refuse_foreign(path, found)
    temp = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        new_private(temp, data)
        temp.replace(path)
    except OSError as failure:
        with suppress(OSError):
            temp.unlink(missing_ok=True)
        raise disk_fault(failure, "be written", path) from None
    try:
        sync_folder(path.parent)
    except OSError as failure:
        fault = disk_fault(failure, "be made safe against a power cut", path)
        raise DiskFault(fault.message, hint="It is written. Put that right and try again.", **fault.facts) from None
    _sweep(path)


def new_private(path: Path, data: bytes) -> None:
    """A new file, 0600 from the first byte, on disk when this returns. Raises OSError as it comes."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW | _CLOEXEC, 0o600)
    try:
        if os.name == "posix":
            os.fchmod(handle, 0o600)
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """Make names in the folder durable. Raises OSError as it comes."""
    if os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY | _CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep(path: Path) -> None:
    """Remove what killed programs left; the file itself is written already, so nothing here is a failure."""
    with suppress(OSError):
        for left in list(path.parent.glob(f".{path.name}.*.tmp")):
            if time.time() - left.lstat().st_mtime > _STALE_TEMP:
                left.unlink()
