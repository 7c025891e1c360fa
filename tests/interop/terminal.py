"""A real terminal for the app: tmux with a fixed size, keys in, screen out."""

from __future__ import annotations

import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager


class Terminal:
    """One tmux session that runs one program."""

    def __init__(self, socket: str) -> None:
        self._tmux = ["tmux", "-L", socket, "-f", "/dev/null"]

    def keys(self, *keys: str) -> None:
        """Press keys by tmux's names."""
        subprocess.run([*self._tmux, "send-keys", *keys], check=True, timeout=10)

    def type(self, text: str) -> None:
        """Type text as it is."""
        subprocess.run([*self._tmux, "send-keys", "-l", text], check=True, timeout=10)

    def screen(self, *, colours: bool = False) -> str:
        """What a person sees now."""
        done = subprocess.run(
            [*self._tmux, "capture-pane", "-p", "-N", *(["-e"] if colours else [])],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
        return done.stdout

    def wait_for(self, *texts: str, seconds: float = 20) -> str:
        """The screen once all ``texts`` stand on it; fails with the last screen."""
        end = time.monotonic() + seconds
        shown = ""
        while time.monotonic() < end:
            shown = self.screen()
            if all(text in shown for text in texts):
                return shown
            time.sleep(0.1)
        raise AssertionError(f"never saw {texts}:\n{shown}")


@contextmanager
def terminal(command: str, env: dict[str, str], *, columns: int = 120, rows: int = 36) -> Iterator[Terminal]:
    """Run ``command`` in a terminal of that size; everything is ended afterwards."""
    socket = f"interop-{uuid.uuid4().hex[:8]}"
    tmux = ["tmux", "-L", socket, "-f", "/dev/null"]
    environment = {**env, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    subprocess.run(
        [*tmux, "new-session", "-d", "-x", str(columns), "-y", str(rows), command], env=environment, check=True, timeout=10
    )
    subprocess.run([*tmux, "set-option", "-s", "terminal-overrides", ",*:RGB"], env=environment, check=False, timeout=10)
    try:
        yield Terminal(socket)
    finally:
        subprocess.run([*tmux, "kill-server"], capture_output=True, check=False, timeout=10)
