"""The clipboard: local tools where there are some, else the terminal (OSC 52); honest words; cleared only if still ours (H6).

Everything here may block for a moment: call it from a thread worker. Only a keyed digest of
what was copied is kept, never the text.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from my_app.secret import Secret

_PATIENCE: Final = 3.0
"""Seconds a clipboard tool may take; a hung display server must not hold the app."""
_INVALID: Final = "\x1b]52;c;!\a"
"""Not base64: xterm, kitty and Ghostty clear on it; kitty else joins two writes into one."""
_TMUX_BUFFER: Final = "my-app-accounts"


class Cleared(StrEnum):
    """What became of a copy when its time was over."""

    CLEARED = "cleared"
    NOT_OURS = "not_ours"
    """Somebody copied something else meanwhile: left alone."""
    ASKED = "asked"
    """The terminal was asked to; it never answers."""
    NOTHING = "nothing"


class Run(Protocol):
    """Runs a clipboard tool."""

    def __call__(self, argv: tuple[str, ...], text: str | None) -> str | None:
        """Its output ("" when ``text`` was given to it); None when it failed, hung or is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A clipboard command of this machine: how to write, read back and clear."""

    name: str
    write: tuple[tuple[str, ...], ...]
    """Tried in order until one works."""
    read: tuple[str, ...]
    clear: tuple[str, ...]


_MAC: Final = Tool(name="pbcopy", write=(("pbcopy",),), read=("pbpaste",), clear=("pbcopy",))
_WAYLAND: Final = Tool(
    name="wl-copy",
    write=(("wl-copy", "--sensitive"), ("wl-copy",)),
    read=("wl-paste", "--no-newline"),
    clear=("wl-copy", "--clear"),
)
_XCLIP: Final = Tool(
    name="xclip",
    write=(("xclip", "-selection", "clipboard", "-in"),),
    read=("xclip", "-selection", "clipboard", "-out"),
    clear=("xclip", "-selection", "clipboard", "-in"),
)
_XSEL: Final = Tool(
    name="xsel",
    write=(("xsel", "--clipboard", "--input"),),
    read=("xsel", "--clipboard", "--output"),
    clear=("xsel", "--clipboard", "--clear"),
)


def local_tool(environ: Mapping[str, str], platform: str, which: Callable[[str], str | None]) -> Tool | None:
    """The tool for this session; None over SSH (it would fill the wrong machine's clipboard) and without a display."""
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return None
    candidates: list[Tool] = []
    if platform == "darwin":
        candidates.append(_MAC)
    if environ.get("WAYLAND_DISPLAY"):
        candidates.append(_WAYLAND)
    if environ.get("DISPLAY"):
        candidates += [_XCLIP, _XSEL]
    return next((tool for tool in candidates if which(tool.write[0][0]) and which(tool.read[0])), None)


def run_tool(environ: Mapping[str, str]) -> Run:
    """Runs tools with this environment, without our own variables in it (H7)."""
    clean = {name: value for name, value in environ.items() if not name.startswith("MY_APP_")}

    def run(argv: tuple[str, ...], text: str | None) -> str | None:
        # A copying tool stays behind to serve the text: it must not inherit a pipe we wait on.
        output = subprocess.PIPE if text is None else subprocess.DEVNULL
        try:
            done = subprocess.run(  # noqa: S603 - fixed names, no shell, no argument from outside
                argv,
                input=None if text is None else text.encode(),
                stdin=subprocess.DEVNULL if text is None else None,
                stdout=output,
                stderr=subprocess.DEVNULL,
                env=clean,
                timeout=_PATIENCE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        if done.returncode != 0:
            return None
        return done.stdout.decode("utf-8", "replace") if text is None else ""

    return run


class Clipboard:
    """One copy at a time: put it there, say where it went, take it away if it is still ours."""

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        platform: str,
        terminal: Callable[[str], None],
        run: Run | None = None,
        which: Callable[[str], str | None] = shutil.which,
    ) -> None:
        """``terminal`` writes a control sequence to the terminal, as the app's driver does."""
        self._run = run or run_tool(environ)
        self._tool = local_tool(environ, platform, which)
        self._tmux = bool(environ.get("TMUX")) and which("tmux") is not None
        self._terminal = terminal
        self._key = secrets.token_bytes(32)
        self._ours: bytes | None = None
        self._by: Tool | None = None

    @property
    def certain(self) -> bool:
        """A local tool will do it, so success is known and clearing is checked."""
        return self._tool is not None

    def copy(self, text: Secret | str) -> str:
        """Copy, and say honestly where it went: ``copied`` only when a tool confirmed it."""
        plain = text.reveal() if isinstance(text, Secret) else text
        self._ours = self._digest(plain)
        self._by = None
        if self._tool is not None:
            for argv in self._tool.write:
                if self._run(argv, plain) is not None:
                    self._by = self._tool
                    return "copied"
        if self._tmux and self._run(("tmux", "load-buffer", "-w", "-b", _TMUX_BUFFER, "-"), plain) is not None:
            return "sent to tmux and your terminal"
        payload = base64.b64encode(plain.encode()).decode()
        self._terminal(f"{_INVALID}\x1b]52;c;{payload}\a")
        return "sent to your terminal"

    def clear(self) -> Cleared:
        """Take the copy away if it is still ours; a terminal can only be asked."""
        ours, by = self._ours, self._by
        self._ours = self._by = None
        if ours is None:
            return Cleared.NOTHING
        if by is None:
            if self._tmux:
                self._run(("tmux", "delete-buffer", "-b", _TMUX_BUFFER), "")
            self._terminal(_INVALID)
            return Cleared.ASKED
        now = self._run(by.read, None)
        if now is None or not hmac.compare_digest(self._digest(now), ours):
            return Cleared.NOT_OURS
        self._run(by.clear, "")
        return Cleared.CLEARED

    def _digest(self, text: str) -> bytes:
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")
