"""The programs that may ask the demo for tokens: made-up ones from the start, and registered ones.

Each has its own lifetimes, so that a profile which is to look expiring or expired stays so.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from my_app.demo.chance import Chance
from my_app.demo.scopes import ALL, API, split
from my_app.jose.keys import Key

CODE: Final = "authorization_code"
REFRESH: Final = "refresh_token"
DEVICE: Final = "urn:ietf:params:oauth:grant-type:device_code"
SERVICE: Final = "client_credentials"
_FLOWS: Final = {CODE: "browser", DEVICE: "device", SERVICE: "client-credentials"}
_LOOPBACK: Final = ("127.0.0.1", "::1")
HOUR: Final = timedelta(hours=1)


@dataclass(slots=True, kw_only=True, eq=False)
class DemoClient:
    """One client; the method names are those Authlib's server classes ask for."""

    client_id: str
    name: str
    auth_method: str = "none"
    """``token_endpoint_auth_method`` (RFC 7591 2); the only one accepted for this client."""
    secret: str | None = None
    jwks: dict[str, object] | None = None
    """Public keys for ``private_key_jwt``."""
    private_key: str | None = None
    """The matching private key as a JWK, handed out in the start line; only for the demo's own client."""
    grants: tuple[str, ...] = (CODE, REFRESH, DEVICE)
    redirect_uris: tuple[str, ...] = ()
    loopback_path: Callable[[str], bool] | None = None
    """Which loopback paths are good besides ``redirect_uris``; None: none."""
    scopes: tuple[str, ...] = tuple(ALL)
    default_scopes: tuple[str, ...] = ("openid", "profile", "email", "files:read", "data:read")
    access_ttl: timedelta = HOUR
    refresh_ttl: timedelta = timedelta(days=30)
    tells_lifetime: bool = True
    """False: the token answer has no ``expires_in``, so nobody outside knows when it ends (RFC 6749 5.1)."""
    first_party: bool = True
    """May use the authorization challenge endpoint: it sees the person's password."""
    inspects: bool = False
    """May introspect the tokens of other clients, as a resource server does (RFC 7662 2.1)."""
    client_info: dict[str, object] = field(default_factory=dict)
    """What registration gave out (RFC 7591 3.2.1); empty for the demo's own clients."""
    client_metadata: dict[str, object] = field(default_factory=dict)
    """What a registered client said of itself (RFC 7591 2)."""
    registration_token: str | None = None

    @property
    def flows(self) -> list[str]:
        """The flows a profile may take with this client."""
        out = [_FLOWS[grant] for grant in self.grants if grant in _FLOWS]
        return [*out, "terminal"] if self.first_party and CODE in self.grants else out

    def get_client_id(self) -> str:
        """The identifier."""
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        """Never: a request names its redirect URI."""
        return None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """``scope`` itself, the default when it is empty, None when one is not for this client."""
        asked = split(scope) or self.default_scopes
        return " ".join(asked) if set(asked) <= set(self.scopes) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Exactly a registered one, save the port of a loopback literal (RFC 9700 2.1, RFC 8252 7.3)."""
        if redirect_uri in self.redirect_uris:
            return True
        portless = _without_port(redirect_uri)
        if portless is None:
            return False
        if portless in map(_without_port, self.redirect_uris):
            return True
        path = portless.split("/", 3)[3] if portless.count("/") >= 3 else ""
        return self.loopback_path is not None and "?" not in path and self.loopback_path("/" + path)

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether the secret is right."""
        return self.secret is not None and hmac.compare_digest(client_secret.encode(), self.secret.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Whether the client authenticates so, at whichever endpoint."""
        return method == self.auth_method

    def check_response_type(self, response_type: str) -> bool:
        """Only ``code``."""
        return response_type == "code" and CODE in self.grants

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether the client may use the grant."""
        return grant_type in self.grants


def _without_port(redirect_uri: str) -> str | None:
    """A loopback redirect URI with its port dropped; None for any other or an odd one."""
    try:
        parts = urlsplit(redirect_uri)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme != "http" or parts.hostname not in _LOOPBACK or parts.fragment or "@" in parts.netloc or "#" in redirect_uri:
        return None
    host = f"[{parts.hostname}]" if parts.hostname == "::1" else parts.hostname
    if parts.netloc not in (host, f"{host}:{port}"):
        return None
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))


def own_clients(chance: Chance, access_ttl: timedelta | None, loopback_path: Callable[[str], bool]) -> dict[str, DemoClient]:
    """The clients every demo starts with."""

    def person_client(client_id: str, name: str, ttl: timedelta) -> DemoClient:
        return DemoClient(client_id=client_id, name=name, access_ttl=access_ttl or ttl, loopback_path=loopback_path)

    def service(client_id: str, name: str, method: str, *, key: Key | None = None, inspects: bool = False) -> DemoClient:
        return DemoClient(
            client_id=client_id,
            name=name,
            auth_method=method,
            secret=new_secret(chance) if key is None else None,
            jwks={"keys": [key.public_jwk()]} if key else None,
            private_key=key.private_jwk().reveal() if key else None,
            grants=(SERVICE,),
            scopes=tuple(API),
            default_scopes=tuple(API),
            access_ttl=access_ttl or HOUR,
            first_party=False,
            inspects=inspects,
        )

    web = person_client("demo-web", "Demo with a client secret", HOUR)
    web.auth_method, web.secret = "client_secret_basic", new_secret(chance)
    classic = person_client("demo-classic", "Demo, tokens without a known end", timedelta(days=365))
    classic.grants, classic.tells_lifetime = (CODE, DEVICE), False
    clients = (
        person_client("demo-app", "my-app-accounts", HOUR),
        person_client("demo-expiring", "Demo, tokens of under five minutes", timedelta(seconds=290)),
        person_client("demo-short", "Demo, tokens of 30 seconds", timedelta(seconds=30)),
        person_client("demo-expired", "Demo, tokens of one second", timedelta(seconds=1)),
        classic,
        web,
        service("demo-service", "Demo service account", "client_secret_basic"),
        service("demo-service-post", "Demo service account (post)", "client_secret_post"),
        service("demo-jwt", "Demo service account (signed)", "private_key_jwt", key=chance.key("demo-jwt-1")),
        service("demo-api", "Demo resource server", "client_secret_basic", inspects=True),
    )
    return {client.client_id: client for client in clients}


def new_secret(chance: Chance) -> str:
    """A client secret, marked as one of the demo."""
    return "demo_secret_" + chance.token(24)


def summary(client: DemoClient) -> Mapping[str, object]:
    """The client's entry of the start line (CONTRACT, ``demo``)."""
    out: dict[str, object] = {"client_id": client.client_id, "auth_method": client.auth_method, "flows": client.flows}
    if client.secret is not None:
        out["client_secret"] = client.secret
    if client.private_key is not None:
        out["client_key"] = client.private_key
    return out
