"""Private key files of ``client_key``: read when they are used, and only where nobody else can read them (S2)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from my_app.adapters.files import read_private, shown
from my_app.errors import SettingsFault

LARGEST: Final = 64 << 10


class KeyFiles:
    """Reads key files; a relative path counts from ``base``, the folder of ``config.toml``."""

    def __init__(self, base: Path) -> None:
        self._base = base

    def __call__(self, path: str) -> bytes:
        """The file's bytes. Raises SettingsFault when it is not there, UnsafeFile when others may read it, DiskFault."""
        try:
            place = self._base / Path(path).expanduser()
        except RuntimeError:
            place = self._base / path
        data = read_private(place, LARGEST)
        if data is None:
            raise SettingsFault(
                f"The client key file “{shown(place)}” is not there.",
                hint="Correct it with: my-app profile set NAME client_key=FILE",
            )
        return data
