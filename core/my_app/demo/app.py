"""The whole demo as one ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from authlib.oauth2 import OAuth2Error
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from my_app.demo import pages
from my_app.demo.api import DemoApi
from my_app.demo.authorize import BrowserSide
from my_app.demo.challenge import ChallengeEndpoint
from my_app.demo.endpoints import DeviceAuthorization, Introspection, Revocation
from my_app.demo.faults import FaultGate
from my_app.demo.grants import CodeGrant, DeviceGrant, RotatingRefreshGrant, S256Only, ServiceGrant
from my_app.demo.limits import LimitGate
from my_app.demo.messages import json_request, oauth_request, refusal
from my_app.demo.metadata import openid_configuration, server_metadata
from my_app.demo.oauth import DemoAuthorizationServer
from my_app.demo.realm import Realm
from my_app.demo.registration import Configuration, Registration

Reader = Callable[[str, Request], Awaitable[Any]]
Handler = Callable[[Request], Awaitable[Response]]
_FRESH: Final = {"Cache-Control": "public, max-age=60"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One request the demo answered; never with a secret."""

    method: str
    path: str
    status: int
    """0: the connection was cut."""
    grant_type: str = ""


def authorization_server(realm: Realm) -> DemoAuthorizationServer:
    """Authlib's server with every grant and endpoint of the demo."""
    server = DemoAuthorizationServer(realm)
    server.register_grant(CodeGrant, [S256Only(required=True)])
    for grant in (RotatingRefreshGrant, ServiceGrant, DeviceGrant):
        server.register_grant(grant)
    for endpoint in (Revocation, Introspection, DeviceAuthorization, Registration, Configuration):
        server.register_endpoint(endpoint(server))
    return server


def build(realm: Realm, log: list[Seen]) -> ASGIApp:
    """The application; ``log`` gets every answered request."""
    server = authorization_server(realm)
    browser = BrowserSide(server)

    def answering(read: Reader, judge: Callable[[Any], Response]) -> Handler:
        """Read the request, let Authlib judge it; what cannot be read is refused here."""

        async def handler(request: Request) -> Response:
            try:
                asked = await read(realm.issuer, request)
            except OAuth2Error as error:
                return refusal(error)
            return judge(asked)

        return handler

    def endpoint(name: str, read: Reader = oauth_request) -> Handler:
        return answering(read, lambda asked: server.create_endpoint_response(name, asked))

    async def token(request: Request) -> Response:
        def judge(asked: Any) -> Response:
            request.scope["demo_grant_type"] = str(asked.payload.grant_type)[:60]
            answer: Response = server.create_token_response(asked)
            return answer

        return await answering(oauth_request, judge)(request)

    def document(make: Callable[[Realm], dict[str, Any]]) -> Handler:
        async def handler(request: Request) -> Response:
            return JSONResponse(make(realm), headers=_FRESH)

        return handler

    async def home(request: Request) -> Response:
        return pages.home(realm.issuer, [(client.client_id, ", ".join(client.flows)) for client in realm.clients.values()])

    routes = [
        Route("/", home),
        Route("/.well-known/openid-configuration", document(openid_configuration)),
        Route("/.well-known/oauth-authorization-server", document(server_metadata)),
        Route("/jwks", document(lambda realm: realm.tokens.jwks())),
        Route("/authorize", browser.authorize, methods=["GET", "POST"]),
        Route("/interaction/{name}", browser.interactions.show, methods=["GET"]),
        Route("/interaction/{name}", browser.interactions.take, methods=["POST"]),
        Route("/device", browser.device, methods=["GET", "POST"]),
        Route("/logout", browser.logout, methods=["GET", "POST"]),
        Route("/token", token, methods=["POST"]),
        Route("/challenge", ChallengeEndpoint(server).__call__, methods=["POST"]),
        Route("/device_authorization", endpoint("device_authorization"), methods=["POST"]),
        Route("/revoke", endpoint("revocation"), methods=["POST"]),
        Route("/introspect", endpoint("introspection"), methods=["POST"]),
        Route("/register", endpoint("client_registration", json_request), methods=["POST"]),
        Route("/register/{client_id}", endpoint("client_configuration", json_request), methods=["GET", "PUT", "DELETE"]),
        *DemoApi(realm).routes(),
    ]
    inner = Starlette(routes=routes)
    inner.router.redirect_slashes = False
    guarded = HostGate(FaultGate(LimitGate(inner, realm.clock, realm.options.rate_limit), realm.faults), realm.issuer)
    return LogGate(guarded, log)


class HostGate:
    """Refuses a request under another name, or from a page of another origin (P1; DNS rebinding)."""

    def __init__(self, app: ASGIApp, issuer: str) -> None:
        self._app = app
        self._issuer = issuer
        self._host = issuer.split("://", 1)[1].encode("ascii")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            hosts = [value for name, value in scope["headers"] if name == b"host"]
            origins = [value for name, value in scope["headers"] if name == b"origin"]
            if hosts != [self._host] or any(origin != self._issuer.encode("ascii") for origin in origins):
                await PlainTextResponse("This server answers only under its own name.\n", 421)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class LogGate:
    """Notes method, path, grant type and status of each request."""

    def __init__(self, app: ASGIApp, log: list[Seen]) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status, complete = 0, False

        async def noting(message: Message) -> None:
            nonlocal status, complete
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                complete = complete or not message.get("more_body", False)
            await send(message)

        await self._app(scope, receive, noting)
        if scope["type"] == "http":
            self._log.append(Seen(scope["method"], scope["path"], status if complete else 0, str(scope.get("demo_grant_type", ""))))
            del self._log[:-10_000]
