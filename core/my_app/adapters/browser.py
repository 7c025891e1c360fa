"""Opens the person's own browser: no shell, no waiting, none of our secrets in its environment (A6, H7)."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Final

TEXT_BROWSERS: Final = frozenset({"browsh", "carbonyl", "elinks", "links", "links2", "lynx", "retawq", "w3m", "www-browser"})
"""Never started: they would fight with us over the terminal."""

Spawn = Callable[[list[str], Mapping[str, str]], bool]
"""``spawn(command, environment)``: start it, never wait; whether it started."""


class SystemBrowser:
    """The Browser port. ``BROWSER`` decides alone when it is set; else the desktop's opener, where there is a desktop.

    ``BROWSER`` is split as a shell would, ``:`` separates choices, ``%s`` is the URL, a trailing ``&`` is allowed.
    """

    def __init__(self, environ: Mapping[str, str], *, platform: str = sys.platform, spawn: Spawn | None = None) -> None:
        self._environ = environ
        self._platform = platform
        self._spawn = spawn or _spawn

    def open(self, url: str) -> bool:
        """Whether a browser was started; returns at once. ``url`` was checked by ``urls.checked_url``."""
        child = {name: value for name, value in self._environ.items() if not name.upper().startswith("MY_APP_")}
        return any(self._spawn(command, child) for command in self.commands(url))

    def commands(self, url: str) -> list[list[str]]:
        """The commands to try, in order, each with an absolute program path."""
        wanted = self._environ.get("BROWSER", "").strip()
        choices = _from_variable(wanted, url) if wanted else self._defaults(url)
        found: list[list[str]] = []
        for program, *arguments in choices:
            path = shutil.which(program, path=self._environ.get("PATH", os.defpath))
            if path is not None and PurePath(program).name not in TEXT_BROWSERS:
                found.append([os.path.realpath(path) if os.name == "nt" else path, *arguments])
        return found

    def _defaults(self, url: str) -> list[list[str]]:
        if self._platform == "darwin":
            return [["open", url]]
        if self._platform == "win32":
            return [["rundll32", "url.dll,FileProtocolHandler", url]]
        if self._environ.get("WSL_DISTRO_NAME"):
            return [["wslview", url], ["xdg-open", url]]
        if self._environ.get("DISPLAY") or self._environ.get("WAYLAND_DISPLAY"):
            return [["xdg-open", url], ["gio", "open", url]]
        return []


def _from_variable(value: str, url: str) -> list[list[str]]:
    choices: list[list[str]] = []
    for choice in value.split(os.pathsep):
        try:
            words = shlex.split(choice)
        except ValueError:
            continue
        if words and words[-1] == "&":
            words.pop()
        elif words and words[-1].endswith("&"):
            words[-1] = words[-1][:-1]
        if not words:
            continue
        filled = [word.replace("%s", url) for word in words[1:]]
        choices.append([words[0], *(filled if any("%s" in word for word in words[1:]) else [*filled, url])])
    return choices


def _spawn(command: list[str], environment: Mapping[str, str]) -> bool:
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell, an absolute program, a checked URL
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=dict(environment),
            close_fds=True,
            start_new_session=True,
        )
    except OSError:
        return False
    # Somebody has to collect the child when it ends; nobody waits for this thread.
    threading.Thread(target=process.wait, name="my-app-browser", daemon=True).start()
    return True
