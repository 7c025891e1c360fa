"""Waiting for the answer of a browser: a loopback listener and a pasted address before one judge."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol

from my_app.errors import BadAnswer, MyAppError, StateMismatch
from my_app.oauth.authorize import AuthorizationCode, PendingLogin

Judge = Callable[[str], AuthorizationCode | MyAppError]


class CallbackListener(Protocol):
    """What a sign-in needs of a listener; ``adapters.loopback.Listener`` is one."""

    redirect_uri: str

    def serve(self, judge: Judge, stray: Callable[[str], None]) -> Future[AuthorizationCode]:
        """Start answering."""

    def close(self, *, gently: bool = False) -> None:
        """Free the port; ``gently`` lets the browser still have its page."""


class ListenerFactory(Protocol):
    """Makes a bound listener. Raises PortInUse, Unsupported."""

    def __call__(self, *, ports: tuple[int, ...], redirect_uri: str | None) -> CallbackListener:
        """``adapters.loopback.Listener`` itself fits."""


class CallbackWait:
    """One wait for one pending login; the first good answer, from either side, ends it."""

    def __init__(self, pending: PendingLogin, listener: CallbackListener | None, stray: Callable[[str], None]) -> None:
        self._pending = pending
        self._listener = listener
        self._guard = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self._pasted: asyncio.Future[AuthorizationCode] = self._loop.create_future()
        self._heard = asyncio.wrap_future(listener.serve(self._judge, self._told(stray))) if listener else None

    async def code(self) -> AuthorizationCode:
        """The first good answer. Raises the error that ended the wait; closes the listener in any case."""
        waiting = {self._pasted} | ({self._heard} if self._heard else set())
        gently = False
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            gently = self._heard in done
            return next(iter(done)).result()
        finally:
            self._pasted.cancel()
            if self._listener is not None:
                self._listener.close(gently=gently)
            if self._heard is not None:
                # Nobody looks at a late answer of the listener any more.
                self._heard.add_done_callback(lambda late: late.cancelled() or late.exception())

    def paste(self, text: str) -> MyAppError | None:
        """Judge a pasted address; None when it ended the wait, for good or ill. From any thread."""
        judged = self._judge(text)
        if isinstance(judged, (StateMismatch, BadAnswer)):
            return judged
        self._loop.call_soon_threadsafe(self._settle, judged)
        return None

    def _settle(self, judged: AuthorizationCode | MyAppError) -> None:
        if self._pasted.done():
            return
        if isinstance(judged, MyAppError):
            self._pasted.set_exception(judged)
        else:
            self._pasted.set_result(judged)

    def _judge(self, callback: str) -> AuthorizationCode | MyAppError:
        with self._guard:
            try:
                return self._pending.accept(callback)
            except MyAppError as refusal:
                return refusal

    def _told(self, stray: Callable[[str], None]) -> Callable[[str], None]:
        def tell(reason: str) -> None:
            self._loop.call_soon_threadsafe(stray, reason)

        return tell
