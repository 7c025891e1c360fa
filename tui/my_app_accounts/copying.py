"""What the app put on the clipboard, and for how long (H6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from textual.app import App
from textual.timer import Timer

from my_app.ports import Clock
from my_app.secret import Secret
from my_app_accounts.background import in_thread
from my_app_accounts.clipboard import Cleared, Clipboard
from my_app_accounts.messages import ClipboardHeld


class Copier:
    """Copies for the screens; a secret is taken away again after its time, by the next copy or at quit."""

    def __init__(self, app: App[Any], board: Clipboard, clock: Clock, *, keep: timedelta | None = timedelta(seconds=30)) -> None:
        """``keep``: how long a secret stays (settings, ``clipboard``); None: until the app quits."""
        self._app = app
        self._board = board
        self._clock = clock
        self.keep = keep
        self._timer: Timer | None = None
        self._until: datetime | None = None

    @property
    def certain(self) -> bool:
        """Whether a local tool copies; else the text goes to the terminal, which never answers."""
        return self._board.certain

    async def copy(self, text: Secret | str, what: str) -> str:
        """Copy and return the sentence to show; ``what`` in our own words (``Access token``).

        A Secret is cleared after ``keep``, a plain text (a link) stays. A new copy restarts the time.
        """
        self._stop()
        where = await in_thread(partial(self._board.copy, text), "copy")
        if not isinstance(text, Secret):
            self._app.post_message(ClipboardHeld(None))
            return f"{what} {where}."
        if self.keep is None:
            return f"{what} {where}. It stays there until the app quits."
        seconds = int(self.keep.total_seconds())
        self._until = self._clock.now() + self.keep
        self._timer = self._app.set_timer(self.keep.total_seconds(), self._due)
        self._app.post_message(ClipboardHeld(self._until))
        if self.certain:
            return f"{what} {where}. It is cleared in {seconds} s, if it is still there."
        return f"{what} {where}. The terminal is asked to clear it in {seconds} s; not every terminal does."

    def clear_now(self) -> Cleared:
        """At quit: blocks for a moment, asks nobody."""
        self._stop()
        return self._board.clear()

    def _due(self) -> None:
        self._app.run_worker(self._clear(), group="clipboard", exclusive=True, exit_on_error=False)

    async def _clear(self) -> None:
        clear: Callable[[], Cleared] = self._board.clear
        await in_thread(clear, "clear clipboard")
        self._stop()
        self._app.post_message(ClipboardHeld(None))

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._until = None
