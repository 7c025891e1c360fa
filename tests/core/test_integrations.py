"""Doors for other libraries: httpx, ASGI, and what reaches whom."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from my_app.calls.token_source import TokenSource
from my_app.errors import BindingChanged, InsufficientScope, NetworkUnavailable, TokenInvalid
from my_app.integrations.asgi import BearerAuth, requires
from my_app.integrations.httpx_auth import TokenAuth
from my_app.model import AccessToken, Binding, Kind, Profile, Record, TokenSet
from my_app.secret import Secret
from my_app.testing import NOON, MemoryStore


class Tokens:
    """Sessions that count refreshes."""

    def __init__(self) -> None:
        self.refreshes = 0

    def token(self, profile: str, *, min_valid: object = None, force: bool = False) -> AccessToken:
        self.refreshes += force
        value = Secret(f"token-{self.refreshes}")
        return AccessToken(profile=profile, value=value, token_type="Bearer", expires_at=None, scopes=(), source="cache")

    async def atoken(self, profile: str, *, min_valid: object = None, force: bool = False) -> AccessToken:
        return self.token(profile, force=force)


def source(*, api_url: str = "https://api.example", bound: str = "https://api.example") -> tuple[TokenSource, Tokens]:
    """A signed-in profile in memory."""
    store, tokens = MemoryStore(), Tokens()
    answer = TokenSet(access_token=Secret("token-0"), refresh_token=Secret("r"), obtained_at=NOON)
    store.save(Record(name="work", kind=Kind.OAUTH, binding=Binding(api_origins=(bound,)), tokens=answer))
    accounts = SimpleNamespace(
        choose=lambda name: SimpleNamespace(name="work"), profile=lambda name: Profile(name=name, api_url=api_url)
    )
    return TokenSource(cast(Any, SimpleNamespace(accounts=accounts, store=store, sessions=tokens))), tokens


def always_401(seen: list[httpx.Request]) -> httpx.MockTransport:
    """A server that accepts no token."""

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(httpx.Request(request.method, request.url, headers=request.headers))
        return httpx.Response(401)

    return httpx.MockTransport(handler)


def test_a_401_costs_one_refresh_and_one_repeat() -> None:
    """A server that always says 401 gets two requests, not a loop (F7)."""
    owner, tokens = source()
    seen: list[httpx.Request] = []
    with httpx.Client(auth=TokenAuth(owner), transport=always_401(seen)) as client:
        assert client.get("https://api.example/data").status_code == 401
    assert [request.headers["authorization"] for request in seen] == ["Bearer token-0", "Bearer token-1"]
    assert tokens.refreshes == 1


async def test_the_async_door_does_the_same() -> None:
    """One refresh, one repeat, also under asyncio (F7)."""
    owner, _ = source()
    seen: list[httpx.Request] = []
    async with httpx.AsyncClient(auth=TokenAuth(owner), transport=always_401(seen)) as client:
        assert (await client.get("https://api.example/data")).status_code == 401
    assert [request.headers["authorization"] for request in seen] == ["Bearer token-0", "Bearer token-1"]


@pytest.mark.parametrize(
    "url", ["https://api.example.evil.example/", "https://evil.example/?https://api.example", "https://api.example:444/"]
)
def test_no_other_origin_gets_the_token(url: str) -> None:
    """Whole origins are compared, nothing less (U2)."""
    owner, tokens = source()
    seen: list[httpx.Request] = []
    with httpx.Client(auth=TokenAuth(owner), transport=always_401(seen)) as client:
        client.get(url)
    assert len(seen) == 1
    assert "authorization" not in seen[0].headers
    assert tokens.refreshes == 0


def test_a_redirect_does_not_carry_the_token_away() -> None:
    """Not even where the caller follows redirects (N3)."""
    owner, _ = source()
    seen: list[tuple[str, str | None]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.host, request.headers.get("authorization")))
        return (
            httpx.Response(307, headers={"location": "https://evil.example/"})
            if request.url.host == "api.example"
            else httpx.Response(200)
        )

    with httpx.Client(auth=TokenAuth(owner), transport=httpx.MockTransport(handler), follow_redirects=True) as client:
        client.get("https://api.example/data")
    assert seen == [("api.example", "Bearer token-0"), ("evil.example", None)]


def test_an_edited_api_url_stops_before_anything_is_sent() -> None:
    """config.toml now names another API: BindingChanged with the command that accepts it (D6)."""
    owner, _ = source(api_url="https://evil.example")
    seen: list[httpx.Request] = []
    with httpx.Client(auth=TokenAuth(owner), transport=always_401(seen)) as client, pytest.raises(BindingChanged) as caught:
        client.get("https://evil.example/data")
    assert "profile trust work" in caught.value.hint
    assert seen == []


class Validator:
    """A validator that knows three tokens."""

    async def avalidate(self, token: str, scopes: tuple[str, ...] = ()) -> dict[str, object]:
        if token == "down":
            raise NetworkUnavailable("The issuer cannot be reached.")
        if token == "weak":
            raise InsufficientScope("A scope is missing.")
        if token != "good":
            raise TokenInvalid("The token is refused.")
        return {"sub": "ada", "scope": "files:read"}


async def inner(scope: Any, receive: Any, send: Any) -> None:
    """The guarded application: /write needs a scope the token lacks."""
    needed = "files:write" if scope["path"] == "/write" else "files:read"

    @requires(needed)
    async def handler(request: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": request.scope["my_app.claims"]["sub"].encode()})

    refusal = await handler(SimpleNamespace(scope=scope))
    if refusal is not None:
        await refusal(scope, receive, send)


@pytest.fixture
def guarded() -> Iterator[httpx.ASGITransport]:
    """The application behind the middleware."""
    return cast(Any, httpx.ASGITransport(cast(Any, BearerAuth(inner, cast(Any, Validator()), scopes=("files:read",)))))


@pytest.mark.parametrize(
    ("header", "path", "status", "challenge"),
    [
        (None, "/", 401, 'Bearer realm="api"'),
        ("Basic Z29vZA==", "/", 401, 'Bearer realm="api"'),
        ("Bearer bad", "/", 401, 'Bearer realm="api", error="invalid_token"'),
        ("Bearer weak", "/", 403, 'Bearer realm="api", error="insufficient_scope", scope="files:read"'),
        ("bearer good", "/", 200, None),
        ("Bearer good", "/write", 403, 'Bearer realm="api", error="insufficient_scope", scope="files:write"'),
        ("Bearer down", "/", 503, None),
    ],
)
def test_the_middleware_answers_as_rfc_6750_says(
    guarded: httpx.ASGITransport, header: str | None, path: str, status: int, challenge: str | None
) -> None:
    """401 without a token carries no error code, the others name theirs (RFC 6750 3.1)."""

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=guarded, base_url="http://127.0.0.1") as client:
            return await client.get(path, headers={"authorization": header} if header else {})

    response = asyncio.run(ask())
    assert (response.status_code, response.headers.get("www-authenticate")) == (status, challenge)
