"""The demo without a socket, as a plain httpx client; for the tests of ``my_app.demo``."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from my_app.demo.options import DemoOptions
from my_app.demo.server import RunningDemo, unserved
from my_app.demo.visitor import Visitor
from my_app.testing import FakeClock

VERIFIER = "v" * 43
REDIRECT = "http://127.0.0.1:54321/callback"


def challenge_of(verifier: str) -> str:
    """The S256 challenge (RFC 7636 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


class Direct(httpx.BaseTransport):
    """Calls the ASGI application in this thread."""

    def __init__(self, app: Any) -> None:
        self._asgi = httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request, one loop."""

        async def ask() -> httpx.Response:
            inner = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
            answer = await self._asgi.handle_async_request(inner)
            return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread(), request=request)

        return asyncio.run(ask())


class Door:
    """A demo with a fake clock and what a client does with it."""

    def __init__(self, **options: Any) -> None:
        self.clock = FakeClock()
        settled = DemoOptions(**{"seed": "tests", "interval": timedelta(seconds=5), **options})
        self.demo: RunningDemo = unserved(settled, clock=self.clock)
        self.info = self.demo.info
        self.http = self.browser()

    def browser(self) -> httpx.Client:
        """A client with a cookie jar of its own."""
        return httpx.Client(transport=Direct(self.demo.app), base_url=self.demo.issuer)

    def visitor(self, username: str = "ben") -> Visitor:
        """A person in a new browser."""
        return Visitor(self.info, username, clock=self.clock, client=self.browser())

    def user(self, username: str) -> Mapping[str, str]:
        """Name, password and seed."""
        return next(one for one in self.info["users"] if one["username"] == username)

    def secret(self, client_id: str) -> tuple[str, str]:
        """Client id and secret."""
        return client_id, next(one for one in self.info["clients"] if one["client_id"] == client_id)["client_secret"]

    def authorize_url(self, **changes: str | None) -> str:
        """An authorization request; ``changes`` replace or (None) drop parameters."""
        fields: dict[str, str | None] = {
            "response_type": "code",
            "client_id": "demo-app",
            "redirect_uri": REDIRECT,
            "scope": "openid profile files:read",
            "state": "s-1",
            "nonce": "n-1",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        } | changes
        return f"{self.demo.issuer}/authorize?" + urlencode({name: value for name, value in fields.items() if value is not None})

    def callback(self, *, username: str = "ben", allow: bool = True, **changes: str | None) -> dict[str, str]:
        """Parameters of the callback after a person went through the pages."""
        return dict(parse_qsl(urlsplit(self.visitor(username).open(self.authorize_url(**changes), allow=allow)).query))

    def token(self, auth: tuple[str, str] | None = None, **fields: str) -> httpx.Response:
        """A token request."""
        return self.http.post("/token", data=fields, **({"auth": auth} if auth else {}))

    def redeem(self, code: str, **changes: str) -> httpx.Response:
        """The token request for a code."""
        fields = {"client_id": "demo-app", "code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER} | changes
        return self.token(grant_type="authorization_code", **fields)

    def signed_in(self, **changes: str | None) -> dict[str, Any]:
        """The token answer of a whole browser sign-in."""
        answer = self.redeem(self.callback(**changes)["code"], client_id=changes.get("client_id") or "demo-app")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def refresh(self, refresh_token: str, **fields: str) -> httpx.Response:
        """A refresh."""
        return self.token(grant_type="refresh_token", client_id="demo-app", refresh_token=refresh_token, **fields)

    def api(self, path: str, token: str, method: str = "GET", **more: Any) -> httpx.Response:
        """An API request."""
        return self.http.request(method, path, headers={"Authorization": f"Bearer {token}"}, **more)

    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.clock.advance(timedelta(seconds=seconds))
