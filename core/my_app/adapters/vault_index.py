"""The index of ``config.toml`` that the vault keeps for the hot path: which profile a call means, without parsing."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from my_app.adapters.vault_hot import stamp_of
from my_app.errors import MyAppError
from my_app.settings import Settings

_TICK: Final = 0.05
"""Seconds in which a second change of the file may leave its times as they are."""


class ConfigIndex:
    """The ``index`` of a Vault. ``read`` is ``ConfigFile.settings``."""

    def __init__(self, config: Path, read: Callable[[], Settings]) -> None:
        self._config = str(config)
        self._read = read

    def __call__(self, stored: bytes | None) -> bytes | None:
        """A new index; None when the stored one is right, or the file is missing, broken or was changed just now."""
        stamp = stamp_of(self._config)
        if stamp is None or (stored is not None and json.loads(stored)["stamp"] == stamp):
            return None
        try:
            fresh = index_of(self._read(), stamp)
            changed_just_now = time.time() - os.stat(self._config).st_mtime < _TICK  # noqa: PTH116 - as the hot path does
        except (MyAppError, OSError):
            return None
        return None if changed_just_now or stamp_of(self._config) != stamp else fresh


def index_of(settings: Settings, stamp: list[int]) -> bytes:
    """The index's bytes, before they are sealed. Pure."""
    value = {
        "stamp": stamp,
        "active": settings.active,
        "directories": bool(settings.directories),
        "margin": settings.options.margin.total_seconds(),
        "profiles": list(settings.profiles),
    }
    return json.dumps(value).encode()
