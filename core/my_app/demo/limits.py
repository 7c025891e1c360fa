"""How often the demo may be asked: 429 with Retry-After on every authentication endpoint."""

from __future__ import annotations

from collections import defaultdict, deque
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from my_app.ports import Clock

WINDOW: Final = timedelta(minutes=1)
WRONG_PASSWORDS: Final = 10
"""Wrong passwords a minute that one user name takes."""
_LIMITED: Final = (
    "/authorize", "/token", "/device_authorization", "/device", "/challenge", "/interaction", "/introspect", "/revoke", "/userinfo",
    "/register", "/keys",
)  # fmt: skip


class Window:
    """A sliding minute per name."""

    def __init__(self, clock: Clock, most: int) -> None:
        self._clock = clock
        self._most = most
        self._seen: defaultdict[str, deque[datetime]] = defaultdict(deque)

    def wait(self, name: str) -> int:
        """Whole seconds until ``name`` may come again; 0: now."""
        now, seen = self._clock.now(), self._seen[name]
        while seen and seen[0] <= now - WINDOW:
            seen.popleft()
        return 0 if len(seen) < self._most else max(1, ceil((seen[0] + WINDOW - now).total_seconds()))

    def count(self, name: str) -> None:
        """It came."""
        self._seen[name].append(self._clock.now())


class Tries:
    """Wrong passwords by user name."""

    def __init__(self, clock: Clock) -> None:
        self._window = Window(clock, WRONG_PASSWORDS)

    def wait(self, username: str) -> int:
        """Seconds until this user name may be tried again; 0: now."""
        return self._window.wait(username.casefold()[:100])

    def failed(self, username: str) -> None:
        """Count a wrong password."""
        self._window.count(username.casefold()[:100])


class LimitGate:
    """ASGI layer that counts requests by endpoint."""

    def __init__(self, app: ASGIApp, clock: Clock, most: int) -> None:
        self._app = app
        self._window = Window(clock, most)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = "/" + str(scope.get("path", "")).strip("/").split("/", 1)[0]
        if scope["type"] == "http" and name in _LIMITED:
            wait = self._window.wait(name)
            if wait:
                body = {"error": "temporarily_unavailable", "error_description": f"Too many requests: wait {wait} seconds."}
                await JSONResponse(body, 429, {"Retry-After": str(wait)})(scope, receive, send)
                return
            self._window.count(name)
        await self._app(scope, receive, send)
