"""The callback address, pasted by the person or given in the answers, while the browser is being waited for (A7)."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Final

from my_app.cli.answers import stream_lines
from my_app.errors import MyAppError
from my_app.events import BrowserPage
from my_app.model import PromptKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from my_app.cli.answers import AnswerBook
    from my_app.cli.console import Console
    from my_app.cli.context import Context
    from my_app.events import LoginEvent
    from my_app.login import Attempt, SignedIn


_LAST_PAGE: Final = 3.0
"""Seconds the browser has to fetch the page that says it is done."""


def _last_page() -> None:
    """Let the redirect listener answer before this process ends; without a callback it is over already."""
    for thread in threading.enumerate():
        if thread.name == "my-app-callback":
            thread.join(_LAST_PAGE)


class Paste:
    """Carries one attempt; from the moment its page is shown, addresses are read and handed to it."""

    def __init__(self, ctx: Context, book: AnswerBook | None, console: Console) -> None:
        self._ctx = ctx
        self._book = book
        self._console = console
        self._attempt: Attempt | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reading = False

    def watch(self, event: LoginEvent) -> None:
        """Passes the event on; a browser page starts the reading."""
        self._console.watch(event)
        if isinstance(event, BrowserPage) and not self._reading and (self._book is not None or self._ctx.interactive):
            self._reading = True
            # A daemon: it may wait in a read for ever, and nobody waits for it.
            threading.Thread(target=self._read, name="pasted addresses", daemon=True).start()

    async def carry(self, attempt: Attempt) -> SignedIn:
        """The attempt to its end."""
        self._attempt, self._loop = attempt, asyncio.get_running_loop()
        try:
            return await attempt.run()
        finally:
            self._attempt = None
            _last_page()

    def _read(self) -> None:
        for text in self._addresses():
            loop = self._loop
            if self._attempt is None or loop is None or loop.is_closed():
                return
            try:
                loop.call_soon_threadsafe(self._take, text)
            except RuntimeError:  # closed meanwhile: the sign-in is over
                return

    def _addresses(self) -> Iterator[str]:
        if self._book is None:
            yield from (line.strip() for line in stream_lines(self._ctx.stdin) if line.strip())
            return
        try:
            while (secret := self._book.take(PromptKind.CALLBACK)) is not None:
                yield secret.reveal()
        except MyAppError as fault:
            if self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._console.paste_refused, fault)

    def _take(self, text: str) -> None:
        if self._attempt is None:
            return
        refused = self._attempt.paste(text)
        if refused is not None:
            self._console.paste_refused(refused)
