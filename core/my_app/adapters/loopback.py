"""The loopback redirect listener (RFC 8252 7.3, 8.3; security rows L1 to L13), on bare sockets.

It knows nothing of OAuth: a ``judge`` is given each callback address and answers with the result,
or with the reason why not. Strays and forgeries are answered and reported, and the wait goes on.
"""

from __future__ import annotations

import os
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from my_app.adapters.loopback_bind import bound, placed
from my_app.adapters.loopback_http import DONE, ELSEWHERE, NOT_OURS, Verdict, read_request, redirect
from my_app.errors import BadAnswer, MyAppError, StateMismatch

T = TypeVar("T")

AT_ONCE: Final = 8
"""Connections held open; the oldest makes room for a new one (L11)."""
PER_CONNECTION: Final = 10.0
"""Seconds a connection may take (L11)."""
FORGERIES: Final = 20
"""So many callbacks with a wrong state end the wait (L8)."""
LINGER: Final = 0.8
"""Seconds the answer page stays for the browser that was just sent to it; the port is free within a second (L4)."""
READS_WITHIN: Final = 2.0
"""Seconds an answered visitor has to read and close; dropped earlier, a slow one would lose its page."""


class Listener(Generic[T]):
    """One listener for one sign-in: bound when made, serving from ``serve`` until its result, closed at once by ``close``.

    ``redirect_uri`` is what to register with the authorization request. Raises PortInUse naming the
    ports, Unsupported when ``redirect_uri`` is no loopback address.
    """

    def __init__(self, *, path: str = "/callback", ports: tuple[int, ...] = (), redirect_uri: str | None = None) -> None:
        place = placed(redirect_uri, ports, path)
        self._path = place.path
        self._sockets, self._authority = bound(place)
        self.redirect_uri = f"http://{self._authority}{self._path}"
        self.result: Future[T] = Future()
        self._wake, self._woken = socket.socketpair()
        self._closing = threading.Event()
        self._finish_by: float | None = None
        self._forgeries = 0
        self._thread: threading.Thread | None = None

    def serve(self, judge: Callable[[str], T | MyAppError], stray: Callable[[str], None] = lambda reason: None) -> Future[T]:
        """Start answering; the future gets the judge's result or final error. ``stray`` is told a cleaned reason.

        Both are called on the listener's thread. A StateMismatch or BadAnswer is a stray, any other error is final.
        """
        self.result.set_running_or_notify_cancel()
        self._judge, self._stray = judge, stray
        self._thread = threading.Thread(target=self._run, name="my-app-callback", daemon=True)
        self._thread.start()
        return self.result

    def close(self, *, gently: bool = False) -> None:
        """Free the port: at once, or ``gently`` within a second so that the browser still gets its page."""
        if gently and self._thread is not None and self._finish_by is not None:
            return
        self._closing.set()
        with suppress(OSError):
            self._wake.send(b"x")
        if self._thread is None:
            self._close_all()
        else:
            self._thread.join(1.0)

    def _close_all(self) -> None:
        for each in (*self._sockets, self._wake, self._woken):
            each.close()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            for each in self._sockets:
                selector.register(each, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            visits: dict[socket.socket, _Visit] = {}
            try:
                while not self._closing.is_set() and not self._finished(visits):
                    for key, _ in selector.select(0.2 if visits or self._finish_by else 5.0):
                        sock = key.fileobj
                        if sock in self._sockets:
                            self._welcome(sock, visits, selector)
                        elif isinstance(sock, socket.socket) and sock in visits:
                            self._hear(visits[sock])
                    self._see_off(visits, selector)
            finally:
                for visit in visits.values():
                    visit.drop()
                self._close_all()

    def _finished(self, visits: dict[socket.socket, _Visit]) -> bool:
        """Past the end, and no answer is still on its way to a slow reader."""
        over = self._finish_by is not None and time.monotonic() >= self._finish_by
        return over and not any(visit.answered for visit in visits.values())

    def _welcome(self, listening: socket.socket, visits: dict[socket.socket, _Visit], selector: selectors.BaseSelector) -> None:
        with suppress(OSError):
            sock, _ = listening.accept()
            sock.setblocking(False)
            while len(visits) >= AT_ONCE:
                oldest = next(iter(visits))
                selector.unregister(oldest)
                visits.pop(oldest).drop()
            visits[sock] = _Visit(sock, time.monotonic() + PER_CONNECTION)
            selector.register(sock, selectors.EVENT_READ)

    def _hear(self, visit: _Visit) -> None:
        try:
            data = visit.sock.recv(16 * 1024)
        except BlockingIOError:
            return
        except OSError:
            visit.over = True
            return
        if not data or visit.answered:
            visit.over = visit.over or not data
            return
        visit.heard += data
        verdict = read_request(bytes(visit.heard), self._authority, self._path)
        if verdict is not None:
            visit.answer(self._answer(verdict))

    def _see_off(self, visits: dict[socket.socket, _Visit], selector: selectors.BaseSelector) -> None:
        now = time.monotonic()
        for sock in [sock for sock, visit in visits.items() if visit.over or now >= visit.until]:
            selector.unregister(sock)
            visits.pop(sock).drop()

    def _answer(self, verdict: Verdict) -> bytes:
        if verdict.page:
            if self._finish_by is not None:
                self._finish_by = min(self._finish_by, time.monotonic() + 0.2)
            return DONE
        if verdict.target is None:
            return verdict.answer
        if self.result.done():
            return ELSEWHERE
        judged = self._judge(f"http://{self._authority}{verdict.target}")
        if isinstance(judged, (StateMismatch, BadAnswer)):
            self._forgeries += 1
            if self._forgeries < FORGERIES:
                self._stray(judged.message)
                return NOT_OURS
        with suppress(InvalidStateError):
            if isinstance(judged, MyAppError):
                self.result.set_exception(judged)
            else:
                self.result.set_result(judged)
        self._finish_by = time.monotonic() + LINGER
        return redirect(self._path)


@dataclass(eq=False, slots=True)
class _Visit:
    """One connection."""

    sock: socket.socket
    until: float
    heard: bytearray = field(default_factory=bytearray)
    answered: bool = False
    over: bool = False

    def answer(self, data: bytes) -> None:
        """Send the short answer, then let the other side close first: so no TIME_WAIT holds a fixed port."""
        self.answered = True
        self.until = time.monotonic() + READS_WITHIN
        with suppress(OSError):
            self.sock.sendall(data)

    def drop(self) -> None:
        """Close without lingering."""
        with suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if os.name == "nt" else "ii", 1, 0))
        self.sock.close()
