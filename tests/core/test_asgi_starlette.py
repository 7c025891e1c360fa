"""The ASGI middleware around and inside a real Starlette application."""

from __future__ import annotations

from typing import Any, cast

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from my_app.errors import TokenInvalid
from my_app.integrations.asgi import BearerAuth, requires


class OneToken:
    """A validator that knows one token, which may read."""

    async def avalidate(self, token: str, scopes: tuple[str, ...] = ()) -> dict[str, object]:
        if token != "good":
            raise TokenInvalid("The token is refused.")
        return {"sub": "ada", "scope": "files:read"}


@requires("files:read")
async def read(request: Request) -> PlainTextResponse:
    """What the token may do."""
    return PlainTextResponse(request.scope["my_app.claims"]["sub"])


@requires("files:write", "files:own")
async def write(request: Request) -> PlainTextResponse:
    """What it may not."""
    return PlainTextResponse("written")


@requires("files:read")
async def listen(websocket: WebSocket) -> None:
    """A WebSocket the token may open."""
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close()


@requires("files:write")
async def speak(websocket: WebSocket) -> None:
    """One it may not."""
    await websocket.accept()


ROUTES = [Route("/read", read), Route("/write", write), WebSocketRoute("/listen", listen), WebSocketRoute("/speak", speak)]


def wrapped(way: str) -> Any:
    """The application with the middleware around it, or among its own."""
    validator = cast(Any, OneToken())
    if way == "around":
        return BearerAuth(cast(Any, Starlette(routes=ROUTES)), validator, realm="files")
    return Starlette(routes=ROUTES, middleware=[Middleware(cast(Any, BearerAuth), validator, realm="files")])


async def get(app: Any, path: str, token: str | None) -> httpx.Response:
    """One request."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        return await client.get(path, headers={"authorization": f"Bearer {token}"} if token else {})


async def connect(app: Any, path: str, token: str | None) -> list[dict[str, Any]]:
    """What the application sends to a WebSocket that is opened."""
    sent: list[dict[str, Any]] = []
    headers = [(b"authorization", f"Bearer {token}".encode())] if token else []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": path, "headers": headers, "query_string": b"", "root_path": "", "subprotocols": []}
    await app(scope, receive, send)
    return sent


@pytest.mark.parametrize("way", ["around", "inside"])
async def test_a_missing_scope_is_403_with_its_challenge(way: str) -> None:
    """The framework makes no 500 of a refusal, whichever way the middleware is put on (RFC 6750 3.1)."""
    app = wrapped(way)
    assert (await get(app, "/read", "good")).text == "ada"
    refused = await get(app, "/write", "good")
    assert refused.status_code == 403
    assert refused.json() == {"error": "insufficient_scope"}
    challenge = 'Bearer realm="files", error="insufficient_scope", scope="files:write files:own"'
    assert refused.headers["www-authenticate"] == challenge
    assert (await get(app, "/read", "bad")).status_code == 401
    assert (await get(app, "/read", None)).headers["www-authenticate"] == 'Bearer realm="files"'


@pytest.mark.parametrize("way", ["around", "inside"])
async def test_a_refused_websocket_is_closed_before_it_opens(way: str) -> None:
    """Without a token, or without the scope, nothing is accepted: close code 1008."""
    app = wrapped(way)
    assert [message["type"] for message in await connect(app, "/listen", "good")][:2] == ["websocket.accept", "websocket.send"]
    for path, token, reason in (
        ("/listen", None, "unauthorized"),
        ("/listen", "bad", "invalid_token"),
        ("/speak", "good", "insufficient_scope"),
    ):
        assert await connect(app, path, token) == [{"type": "websocket.close", "code": 1008, "reason": reason}]


async def test_requires_without_the_middleware_lets_nobody_in() -> None:
    """A handler that was never put behind the middleware asks for a token."""
    answer = await get(Starlette(routes=ROUTES), "/read", "good")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="api"')
