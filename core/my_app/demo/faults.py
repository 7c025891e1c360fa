"""Faults that the demo shows when asked, to see what a client makes of them.

=============  =========================================================================
``token-503``  the next N token requests are answered 503 with Retry-After
``token-429``  the next N token requests are answered 429 with Retry-After
``html``       the next N token requests are answered 200 with an HTML page
``drop``       the next N token requests are cut off before the demo looks at them
``lose-answer``  the next N token requests are carried out, then the answer is cut off
``slow-down``  the next N device polls are told ``slow_down`` (RFC 8628 3.5)
``revoke-503``  the next N revocations are answered 503: the token lives on
``api-401``    the next N API requests are answered 401
``api-503``    the next N API requests are answered 503 with Retry-After
``latency``    every answer waits N milliseconds
=============  =========================================================================
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from my_app.errors import SettingsFault
from my_app.text import clean

NAMES: Final = (
    "token-503", "token-429", "html", "drop", "lose-answer", "slow-down", "revoke-503", "api-401", "api-503", "latency",
)  # fmt: skip
RETRY_AFTER: Final = "1"
"""Seconds a fault asks to wait."""

_API: Final = ("/storage/", "/vms", "/databases", "/deployments", "/data")


class Faults:
    """How often each fault is still to come."""

    def __init__(self, wanted: Mapping[str, int]) -> None:
        """Raises SettingsFault for a name that is no fault."""
        self._left: dict[str, int] = {}
        for name, count in wanted.items():
            self.arm(name, count)

    def arm(self, name: str, count: int = 1) -> None:
        """Let ``name`` happen ``count`` times from now on; 0 ends it. Raises SettingsFault."""
        if name not in NAMES:
            raise SettingsFault(f"The demo has no fault “{clean(name, 40)}”.", hint=f"Faults are: {', '.join(NAMES)}.")
        if count < 0:
            raise SettingsFault(f"The fault “{name}” needs a count of 0 or more.", hint=f"For example: --fault {name}=1")
        self._left[name] = count

    def take(self, name: str) -> bool:
        """Whether the fault happens now; counts it."""
        left = self._left.get(name, 0)
        if left <= 0:
            return False
        self._left[name] = left - 1
        return True

    @property
    def latency(self) -> float:
        """Seconds that every answer waits."""
        return self._left.get("latency", 0) / 1000


class FaultGate:
    """ASGI layer that lets the armed faults happen."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._faults.latency:
            await asyncio.sleep(self._faults.latency)
        path = str(scope["path"])
        if path == "/token" and self._faults.take("drop"):
            await _cut(send)
        elif path == "/token" and self._faults.take("lose-answer"):
            await self._app(scope, receive, _swallow)
            await _cut(send)
        else:
            await (self._instead(path) or self._app)(scope, receive, send)

    def _instead(self, path: str) -> Response | None:
        """The answer a fault gives in place of the demo's own."""
        wait = {"Retry-After": RETRY_AFTER}
        if path == "/token":
            if self._faults.take("token-503"):
                return JSONResponse({"error": "temporarily_unavailable"}, 503, wait)
            if self._faults.take("token-429"):
                return JSONResponse({"error": "slow_down_please"}, 429, wait)
            if self._faults.take("html"):
                return HTMLResponse("<!doctype html><title>Welcome</title><p>Please accept the terms of this network.")
        if path == "/revoke" and self._faults.take("revoke-503"):
            return JSONResponse({"error": "temporarily_unavailable"}, 503, wait)
        if path.startswith(_API):
            if self._faults.take("api-401"):
                return JSONResponse({"error": "invalid_token"}, 401, {"WWW-Authenticate": 'Bearer error="invalid_token"'})
            if self._faults.take("api-503"):
                return JSONResponse({"error": "temporarily_unavailable"}, 503, wait)
        return None


async def _swallow(message: Message) -> None:
    """Nobody gets this answer."""


async def _cut(send: Send) -> None:
    """Promise an answer and send none: the server then closes the connection."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
