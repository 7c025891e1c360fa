"""ASGI middleware: requests reach the application only with a valid access token (RFC 6750 3).

::

    @requires("files:write")
    async def upload(request): ...

    app = BearerAuth(Starlette(routes=[Route("/files", upload)]), TokenValidator(issuer="https://...", audience="api://..."))
"""

from __future__ import annotations

import functools
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, Final

from my_app.errors import InsufficientScope, MyAppError, Temporary, TokenInvalid
from my_app.validation import TokenValidator

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Handler = Callable[..., Awaitable[Any]]

CLAIMS: Final = "my_app.claims"
"""Key of the ASGI scope under which the claims of the token are handed on."""
_REALM: Final = "my_app.realm"
POLICY_VIOLATION: Final = 1008
"""Close code of a WebSocket that is refused (RFC 6455 7.4.1)."""


class BearerAuth:
    """Answers 401 without a valid token, 403 without the scopes, 503 while the issuer cannot be asked; else calls ``app``.

    ``scopes`` are needed everywhere; ``requires`` asks for more on single handlers. ``public`` paths are let through.
    Tokens are taken from the ``Authorization`` header only. WebSockets without a token are closed before they open.
    """

    def __init__(
        self, app: App, validator: TokenValidator, *, scopes: Iterable[str] = (), public: Iterable[str] = (), realm: str = "api"
    ):
        self._app = app
        self._validator = validator
        self._scopes = tuple(scopes)
        self._public = frozenset(public)
        self._realm = realm.replace('"', "").replace("\\", "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] not in ("http", "websocket") or scope["path"] in self._public:
            await self._app(scope, receive, send)
            return
        token = _bearer(scope)
        try:
            if token is None:
                await _refuse(scope, send, 401, f'Bearer realm="{self._realm}"', None)
                return
            claims = await self._validator.avalidate(token, scopes=self._scopes)
        except InsufficientScope:
            await _refuse(scope, send, 403, self._challenge("insufficient_scope", self._scopes), "insufficient_scope")
        except TokenInvalid:
            await _refuse(scope, send, 401, self._challenge("invalid_token"), "invalid_token")
        except Temporary:
            await _refuse(scope, send, 503, None, "temporarily_unavailable")
        except MyAppError:
            # The issuer refused or broke the rules: no verdict on the token, and nothing of it for the caller.
            await _refuse(scope, send, 503, None, "issuer_unusable")
        else:
            await self._app({**scope, CLAIMS: claims, _REALM: self._realm}, receive, send)

    def _challenge(self, error: str, scopes: Iterable[str] = ()) -> str:
        return _challenge(self._realm, error, scopes)


class Refusal:
    """An answer that is an ASGI application, as frameworks of that family take from a handler."""

    def __init__(self, status: int, challenge: str, error: str | None) -> None:
        self.status_code = status
        self._challenge = challenge
        self._error = error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; a WebSocket is closed."""
        await _refuse(scope, send, self.status_code, self._challenge, self._error)


def requires(*scopes: str) -> Callable[[Handler], Handler]:
    """A handler that takes a request (anything with ``.scope``) and runs only for tokens with all ``scopes``.

    Else it returns a Refusal to send: 403, or 401 where no token was checked. No exception passes through the framework,
    which would make a 500 of it. A WebSocket (anything with ``close``) is closed with code 1008 and None returned.
    """

    def around(handler: Handler) -> Handler:
        @functools.wraps(handler)
        async def guarded(request: Any, *args: Any, **kwargs: Any) -> Any:
            scope = request.scope
            if CLAIMS in scope and set(scopes) <= granted(scope[CLAIMS]):
                return await handler(request, *args, **kwargs)
            if scope["type"] == "websocket":
                await request.close(code=POLICY_VIOLATION, reason="insufficient_scope" if CLAIMS in scope else "unauthorized")
                return None
            realm = scope.get(_REALM, "api")
            if CLAIMS not in scope:
                return Refusal(401, f'Bearer realm="{realm}"', None)
            return Refusal(403, _challenge(realm, "insufficient_scope", scopes), "insufficient_scope")

        return guarded

    return around


def _challenge(realm: str, error: str, scopes: Iterable[str] = ()) -> str:
    wanted = " ".join(scopes)
    return f'Bearer realm="{realm}", error="{error}"' + (f', scope="{wanted}"' if wanted else "")


def granted(claims: Mapping[str, object]) -> frozenset[str]:
    """The scopes of a token's claims (RFC 9068 2.2.3): ``scope``, or ``scp`` as some providers name it."""
    found = claims.get("scope", claims.get("scp", ""))
    if isinstance(found, str):
        return frozenset(found.split())
    return frozenset(each for each in found if isinstance(each, str)) if isinstance(found, list | tuple) else frozenset()


def _bearer(scope: Scope) -> str | None:
    """The one token of the one ``Authorization`` header; None for none, another scheme, or two of them."""
    headers = [value for name, value in scope["headers"] if name.lower() == b"authorization"]
    if len(headers) != 1:
        return None
    scheme, _, token = headers[0].decode("latin-1").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


async def _refuse(scope: Scope, send: Send, status: int, challenge: str | None, error: str | None) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": error or "unauthorized"})
        return
    body = json.dumps({"error": error or "unauthorized"}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if challenge is not None:
        headers.append((b"www-authenticate", challenge.encode("latin-1", "replace")))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
