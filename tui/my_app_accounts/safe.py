"""SafeApp: what Textual leaves open is closed here, once, for every screen."""

from __future__ import annotations

import asyncio
import os
import signal
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import ClassVar, TypeVar

from rich.segment import Segments
from rich.text import Text
from textual.app import App, SystemCommand
from textual.command import Provider
from textual.message import Message
from textual.message_pump import MessagePump
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from my_app.errors import MyAppError
from my_app.text import clean
from my_app_accounts.background import in_thread
from my_app_accounts.messages import CoreFailed
from my_app_accounts.themes import FALLBACK, register

T = TypeVar("T")


def crash_report(error: BaseException) -> str:
    """Kind and places of an error and its causes: no local variable, no value, no source line (H3).

    The text of an exception is left out unless it is one of ours, because a ``KeyError`` or
    ``ValueError`` quotes the value it met. Notes are left out for the same reason.
    """
    lines: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        said = f": {clean(current.message)}" if isinstance(current, MyAppError) else ""
        lines.append(f"{'caused by ' if len(seen) > 1 else ''}{type(current).__name__}{said}")
        lines.extend(f"  {place}" for place in _places(current.__traceback__))
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\n".join(lines)


def _places(tb: TracebackType | None) -> Iterable[str]:
    for frame, line in traceback.walk_tb(tb):
        path = Path(frame.f_code.co_filename)
        yield f"{path.parent.name}/{path.name}:{line} in {frame.f_code.co_name}"


class SafeApp(App[None]):
    """An app that cannot leak by crashing, logging, copying or being photographed, and leaves the terminal whole.

    - A crash prints kinds and places only (H3); the hook is private API of Textual and pinned by a test.
    - ``NO_COLOR``: an ANSI theme is chosen before the driver starts, so that no colour code is sent at all.
    - SIGTERM and SIGHUP end the app through its own exit, which restores the terminal (X7).
    - Toasts and labels never parse markup (X2). What is copied is not kept in the app (H6).
    - The palette has no screenshot entry, and the screenshot action refuses (H5).
    """

    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = set()

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self.environ = os.environ if environ is None else environ
        plain = "NO_COLOR" in self.environ
        super().__init__(ansi_color=True if plain else None)
        register(self)
        self.colourless = plain
        self.theme = "ansi-dark" if plain else "vault-dark"
        self.signal_received: int | None = None
        """Number of the signal that ended the app."""

    def get_css_variables(self) -> dict[str, str]:
        """Textual's variables and ours; a theme that is not ours gets the nearest of its own."""
        variables = super().get_css_variables()
        for ours, theirs in FALLBACK.items():
            variables.setdefault(ours, variables[theirs])
        return variables

    # -- ending --------------------------------------------------------------------------------

    def on_load(self) -> None:
        """Take SIGTERM and SIGHUP; a loop that cannot (Windows, not the main thread) keeps the default."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, getattr(signal, "SIGHUP", None)):
            if number is not None:
                with suppress(NotImplementedError, RuntimeError, ValueError):
                    loop.add_signal_handler(number, self._ended_by, int(number))

    def on_unmount(self) -> None:
        """Give the signals back."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, getattr(signal, "SIGHUP", None)):
            if number is not None:
                with suppress(NotImplementedError, RuntimeError, ValueError):
                    loop.remove_signal_handler(number)

    def _ended_by(self, number: int) -> None:
        self.signal_received = number
        self.exit(return_code=128 + number)

    # -- crashing ------------------------------------------------------------------------------

    def _fatal_error(self) -> None:
        self.bell()
        error = self._exception
        report = "Unknown error" if error is None else crash_report(error)
        text = Text(f"my-app-accounts stopped because of a fault of its own. Stored accounts are untouched.\n{report}")
        self._exit_renderables.append(Segments(self.console.render(text, self.console.options)))
        self._close_messages_no_wait()

    # -- workers -------------------------------------------------------------------------------

    def background(
        self,
        call: Callable[[], T],
        done: Callable[[T], Message],
        *,
        doing: str,
        group: str,
        to: MessagePump | None = None,
        failed: Callable[[MyAppError], Message] | None = None,
        profile: str | None = None,
    ) -> Worker[None]:
        """Run a blocking use case in a thread; its result or its error comes back as a message to ``to`` (the app).

        A newer call of the same ``group`` (name it ``what:profile``) drops the answer of the older one.
        Without ``failed`` an error arrives as ``CoreFailed(error, doing, profile)``.
        """
        target = self if to is None else to

        async def carry() -> None:
            try:
                value = await in_thread(call, doing)
            except MyAppError as error:
                target.post_message(CoreFailed(error, doing, profile) if failed is None else failed(error))
            else:
                target.post_message(done(value))

        return self.run_worker(carry, name=doing, group=group, exclusive=True, exit_on_error=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A worker that fell over is a fault of ours: say so without showing a value."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.show_fault(event.worker.error)

    def show_fault(self, error: BaseException) -> None:
        """Show a fault of this program; nothing of the error's values. Overridden with a card."""
        self.notify(f"A fault in this program: {type(error).__name__}", severity="error")

    # -- showing and copying ---------------------------------------------------------------------

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """A toast, never parsed as markup; errors stay until they are clicked or Esc is pressed."""
        super().notify(
            message, title=title, severity=severity, timeout=timeout or (3600 if severity == "error" else 4), markup=False
        )

    def copy_to_clipboard(self, text: str) -> None:
        """Send ``text`` to the terminal's clipboard (OSC 52) and keep no copy in the app."""
        super().copy_to_clipboard(text)
        self._clipboard = ""

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """None of Textual's own: one of them is a screenshot."""
        return ()

    def action_screenshot(self, filename: str | None = None, path: str | None = None) -> None:
        """Refuse: a picture of the screen on disk may hold a revealed secret (H5)."""
        self.notify("Screenshots are off: they would write what is shown to disk.", severity="warning")
