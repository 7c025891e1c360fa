"""``config.toml`` and ``credentials.json`` on disk."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Final

from my_app.adapters.files import disk_fault, private_folder, read_private, shown, write_private
from my_app.adapters.lock import file_lock
from my_app.errors import UnsafeFile
from my_app.settings import Paths, Settings, Where
from my_app.settings.parse import LARGEST, parse_settings

_WAIT: Final = timedelta(seconds=10)
_Stamp = tuple[int, int, int]


class ConfigFile:
    """The Config port on a file: read again only when it changed, written whole under a lock.

    Unlike the files with secrets it may be readable by others and may be a link (people keep such files under
    version control); it may not be writable by everybody, nor belong to another user.
    """

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._seen: tuple[_Stamp | None, Settings] | None = None

    def settings(self) -> Settings:
        """What the file says now; empty when there is none. Raises SettingsFault, UnsafeFile, DiskFault."""
        stamp = self._stamp()
        if self._seen is None or self._seen[0] != stamp:
            self._seen = (stamp, parse_settings(self._read()))
        return self._seen[1]

    def edit(self, change: Callable[[str], str]) -> Settings:
        """Replace the text by ``change(text)``; nothing is written when it raises or makes no settings file."""
        private_folder(self._paths.config_dir)
        with file_lock(self._paths.locks, ".config", _WAIT, what="config.toml"):
            text = self._read()
            new = change(text)
            settings = parse_settings(new)
            if new != text:
                write_private(self._target(), new.encode("utf-8"))
            self._seen = (self._stamp(), settings)
            return settings

    def _target(self) -> Path:
        return Path(os.path.realpath(self._paths.config))

    def _stamp(self) -> _Stamp | None:
        try:
            found = self._paths.config.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as failure:
            raise disk_fault(failure, "be read", self._paths.config) from None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _read(self) -> str:
        path = self._paths.config
        try:
            with _opened(path) as file:
                found = os.fstat(file.fileno())
                if not stat.S_ISREG(found.st_mode):
                    raise UnsafeFile(f"“{shown(path)}” is not an ordinary file.", hint="Move it away.")
                _refuse_writable(path, found)
                data = file.read(LARGEST + 1)
        except (FileNotFoundError, NotADirectoryError):
            return ""
        except OSError as failure:
            raise disk_fault(failure, "be read", path) from None
        try:
            # Some editors begin the file with a byte order mark.
            return data.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as fault:
            line = data[: fault.start].count(b"\n") + 1
            raise Where(file="config.toml", locate=lambda _: line).fault("not UTF-8 text") from None


class CredentialsFile:
    """``credentials.json``, read only; looser than 0600 is refused (UnsafeFile names the chmod command)."""

    def __init__(self, paths: Paths) -> None:
        self._path = paths.credentials

    def read(self) -> bytes | None:
        """Its bytes; None when there is none. Raises UnsafeFile, DiskFault."""
        return read_private(self._path, 1 << 20)


def _opened(path: Path) -> BinaryIO:
    """Open for reading without hanging on a FIFO."""
    return os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)), "rb")


def _refuse_writable(path: Path, found: os.stat_result) -> None:
    if os.name != "posix":
        return
    if found.st_uid not in (os.geteuid(), 0):
        raise UnsafeFile(f"“{shown(path)}” belongs to another user.", hint="Take another place with MY_APP_CONFIG_DIR.")
    if found.st_mode & stat.S_IWOTH:
        raise UnsafeFile(f"Everybody may write to “{shown(path)}”.", hint=f"Run: chmod 600 {shown(path)}")
