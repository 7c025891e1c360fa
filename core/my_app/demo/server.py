"""Starts and stops the demo: in a thread beside a program, or as a program of its own."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any, Final

import uvicorn
from starlette.types import ASGIApp

from my_app.demo.app import Seen, build
from my_app.demo.clocks import TickingClock
from my_app.demo.faults import Faults
from my_app.demo.options import HOST, DemoOptions
from my_app.demo.realm import Realm
from my_app.errors import PortInUse, Temporary
from my_app.ports import Clock

START_LIMIT: Final = 10.0
"""Seconds a start or stop may take."""
DEFAULTS: Final = DemoOptions()
_CALLBACK: Final = re.compile(r"/callback(/[A-Za-z0-9_-]{1,64})?|/")


@dataclass(slots=True, kw_only=True)
class RunningDemo:
    """A demo that answers; made by ``serve``."""

    realm: Realm
    app: ASGIApp
    """For tests that need no socket."""
    log: list[Seen] = field(default_factory=list)
    """Answered requests, oldest first."""

    @property
    def issuer(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return self.realm.issuer

    @property
    def faults(self) -> Faults:
        """To arm a fault while it runs."""
        return self.realm.faults

    @property
    def info(self) -> dict[str, Any]:
        """The start line of ``my-app demo``, as a value."""
        return self.realm.info()

    def count(self, path: str, *, grant_type: str | None = None) -> int:
        """How many requests came to ``path`` (of that grant type)."""
        return sum(1 for seen in list(self.log) if seen.path == path and grant_type in (None, seen.grant_type))


def unserved(options: DemoOptions = DEFAULTS, *, issuer: str = "http://127.0.0.1:7878", clock: Clock | None = None) -> RunningDemo:
    """The demo without a socket: ``app`` answers under ``issuer``. Raises SettingsFault for an unknown fault."""
    realm = Realm(options, issuer=issuer, clock=clock or TickingClock(options.at), loopback_path=_loopback_path)
    log: list[Seen] = []
    return RunningDemo(realm=realm, app=build(realm, log), log=log)


@contextlib.contextmanager
def serve(options: DemoOptions = DEFAULTS, *, clock: Clock | None = None) -> Iterator[RunningDemo]:
    """The demo in a thread: it answers before this returns, and is stopped and closed at the end.

    ``clock`` replaces the clock of ``options.at``. Raises PortInUse, SettingsFault.
    """
    listener = _listen(options.port)
    with listener:
        demo = unserved(options, issuer=f"http://{HOST}:{listener.getsockname()[1]}", clock=clock)
        server = _Server(_config(demo.app))
        thread = threading.Thread(target=server.run, args=([listener],), name="my-app-demo", daemon=True)
        thread.start()
        try:
            if not server.ready.wait(START_LIMIT):
                raise Temporary("The demo did not start in time.")
            yield demo
        finally:
            server.should_exit = True
            thread.join(START_LIMIT)


def run(options: DemoOptions = DEFAULTS, *, out: IO[str] | None = None) -> int:
    """``my-app demo``: print the start line, serve until SIGINT or SIGTERM, return 128 + the signal's number.

    Called in the main thread. Raises PortInUse, SettingsFault.
    """
    asked, number = threading.Event(), signal.SIGINT

    def stop(signum: int, frame: object) -> None:
        nonlocal number
        number = signal.Signals(signum)
        asked.set()

    with serve(options) as demo, _handlers(stop):
        print(json.dumps(demo.info, ensure_ascii=False), file=out or sys.stdout, flush=True)
        # A wait without a limit would not be woken by a signal on Windows.
        while not asked.wait(0.5):
            pass
    return 128 + number


@contextlib.contextmanager
def _handlers(stop: Callable[[int, object], None]) -> Iterator[None]:
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Server(uvicorn.Server):
    """uvicorn that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="critical",
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        http="h11",
        loop="asyncio",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )


def _listen(port: int) -> socket.socket:
    """A listening socket on loopback. Raises PortInUse."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":
        # There it would let another program take the port over; here it only skips the wait after a restart.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except (OSError, OverflowError):
        listener.close()
        raise PortInUse(f"The port {port} is not free.", hint="Choose another with --port, or leave it out.") from None
    return listener


def _loopback_path(path: str) -> bool:
    """The callback paths of this project's clients: one per issuer (RFC 8252 8.10)."""
    return _CALLBACK.fullmatch(path) is not None
