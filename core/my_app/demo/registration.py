"""Dynamic client registration and its management (RFC 7591, RFC 7592) on Authlib's endpoint classes.

An update gives a confidential client a new secret and a new management token; the old ones die
at once. That is what RFC 7592 2.2 allows and what a client that rotates must survive.
"""

from __future__ import annotations

import hmac
import json
from typing import Any, Final
from urllib.parse import urlsplit

from authlib.consts import default_json_headers
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc7591 import ClientRegistrationEndpoint, InvalidClientMetadataError, InvalidRedirectURIError
from authlib.oauth2.rfc7592 import ClientConfigurationEndpoint

from my_app.demo.clients import CODE, DEVICE, REFRESH, SERVICE, DemoClient, new_secret
from my_app.demo.metadata import server_metadata
from my_app.demo.oauth import DemoAuthorizationServer
from my_app.demo.realm import Realm
from my_app.demo.scopes import ALL, split
from my_app.errors import BadMetadata
from my_app.jose.keys import KeySet

MOST_CLIENTS: Final = 200
"""Registered clients one demo keeps."""
_LISTS: Final = ("redirect_uris", "grant_types", "response_types", "contacts", "post_logout_redirect_uris")
_TEXTS: Final = (
    "client_name",
    "scope",
    "token_endpoint_auth_method",
    "client_uri",
    "software_id",
    "software_version",
    "application_type",
)
_METHODS: Final = ("none", "client_secret_basic", "client_secret_post", "private_key_jwt")
_LONGEST: Final = 2000


class BadToken(OAuth2Error):  # type: ignore[misc]
    """The management token is missing, wrong, or of another client (RFC 7592 2)."""

    error = "invalid_token"
    description = "The registration access token is not valid for this client."
    status_code = 401


class Registration(ClientRegistrationEndpoint):  # type: ignore[misc]
    """``POST /register``, open to everyone on this machine."""

    server: DemoAuthorizationServer

    def authenticate_token(self, request: Any) -> object:
        """No initial access token is asked for (RFC 7591 3)."""
        return self

    def get_server_metadata(self) -> dict[str, Any]:
        """What the demo can do."""
        return server_metadata(self.server.realm)

    def extract_client_metadata(self, request: Any) -> dict[str, Any]:
        """The client's words about itself, judged. Raises InvalidClientMetadataError, InvalidRedirectURIError."""
        request.payload.data = judged(request.payload.data)
        found: dict[str, Any] = super().extract_client_metadata(request)
        return completed(found, request.payload.data)

    def generate_client_info(self, request: Any) -> dict[str, Any]:
        """Identifier, secret, management token (RFC 7591 3.2.1)."""
        realm: Realm = self.server.realm
        if sum(1 for client in realm.clients.values() if client.client_info) >= MOST_CLIENTS:
            raise InvalidClientMetadataError("The demo holds as many registered clients as it may.")
        method = request.payload.data.get("token_endpoint_auth_method", "client_secret_basic")
        out = {"client_id": "reg-" + realm.chance.token(12), "client_id_issued_at": int(realm.now.timestamp())}
        if method in ("client_secret_basic", "client_secret_post"):
            out |= {"client_secret": new_secret(realm.chance), "client_secret_expires_at": 0}
        return out

    def save_client(self, client_info: dict[str, Any], client_metadata: dict[str, Any], request: Any) -> DemoClient:
        """Remember it."""
        realm: Realm = self.server.realm
        client = DemoClient(client_id=client_info["client_id"], name="", first_party=False)
        client.client_info, client.secret = client_info, client_info.get("client_secret")
        client.registration_token = "demo_registration_" + realm.chance.token(24)
        describe(client, client_metadata)
        realm.clients[client.client_id] = client
        return client

    def generate_client_registration_info(self, client: DemoClient, request: Any) -> dict[str, str]:
        """Where and with what the client manages itself (RFC 7591 3.2.1)."""
        return management(self.server.realm, client)


class Configuration(ClientConfigurationEndpoint):  # type: ignore[misc]
    """``GET``, ``PUT`` and ``DELETE /register/CLIENT_ID``."""

    server: DemoAuthorizationServer

    def authenticate_token(self, request: Any) -> Any:
        """The client whose management token came. Raises BadToken."""
        scheme, _, value = str(request.headers.get("Authorization", "")).partition(" ")
        for client in self.server.realm.clients.values():
            token = client.registration_token
            if scheme.lower() == "bearer" and token and hmac.compare_digest(token.encode(), value.encode()):
                return _Held(client)
        raise BadToken()

    def authenticate_client(self, request: Any) -> DemoClient:
        """The client of the address. Raises BadToken, also when the token is another client's."""
        client_id = urlsplit(request.uri).path.rsplit("/", 1)[-1]
        client = self.server.realm.clients.get(client_id)
        if client is None or not request.credential.check_client(client):
            raise BadToken()
        return client

    def check_permission(self, client: DemoClient, request: Any) -> bool:
        """Its own record, always."""
        return True

    def get_server_metadata(self) -> dict[str, Any]:
        """What the demo can do."""
        return server_metadata(self.server.realm)

    def extract_client_metadata(self, request: Any) -> dict[str, Any]:
        """As at registration."""
        return Registration.extract_client_metadata(Registration(self.server), request)

    def update_client(self, client: DemoClient, client_metadata: dict[str, Any], request: Any) -> DemoClient:
        """The new description, a new secret and a new management token."""
        realm: Realm = self.server.realm
        describe(client, client_metadata)
        client.secret = new_secret(realm.chance) if client.auth_method in ("client_secret_basic", "client_secret_post") else None
        secret = {} if client.secret is None else {"client_secret": client.secret, "client_secret_expires_at": 0}
        kept = {name: value for name, value in client.client_info.items() if not name.startswith("client_secret")}
        client.client_info = kept | secret
        client.registration_token = "demo_registration_" + realm.chance.token(24)
        return client

    def delete_client(self, client: DemoClient, request: Any) -> None:
        """Forget it and revoke its tokens (RFC 7592 2.3)."""
        realm: Realm = self.server.realm
        del realm.clients[client.client_id]
        for token in realm.store.tokens.values():
            if token.grant.client is client:
                token.revoked = True

    def generate_client_registration_info(self, client: DemoClient, request: Any) -> dict[str, str]:
        """The management token may be a new one; the client takes it over (RFC 7592 3)."""
        return management(self.server.realm, client)

    def create_delete_client_response(self, client: DemoClient, request: Any) -> Any:
        """204."""
        self.delete_client(client, request)
        return 204, "", [header for header in default_json_headers if header[0] != "Content-Type"]


class _Held:
    """A management token, as Authlib asks for it."""

    def __init__(self, client: DemoClient) -> None:
        self._client = client

    def check_client(self, client: DemoClient) -> bool:
        return self._client is client


def management(realm: Realm, client: DemoClient) -> dict[str, str]:
    """RFC 7592 3."""
    return {
        "registration_client_uri": f"{realm.issuer}/register/{client.client_id}",
        "registration_access_token": client.registration_token or "",
    }


def describe(client: DemoClient, metadata: dict[str, Any]) -> None:
    """Take over what the client said of itself."""
    client.client_metadata = metadata
    client.name = metadata.get("client_name") or client.client_id
    client.auth_method = metadata["token_endpoint_auth_method"]
    client.grants = tuple(metadata["grant_types"])
    client.redirect_uris = tuple(metadata.get("redirect_uris", ()))
    client.scopes = split(metadata["scope"])
    client.default_scopes = client.scopes
    client.jwks = metadata.get("jwks")


def judged(data: dict[str, Any]) -> dict[str, Any]:
    """The members this server knows, of the right type and of sane length. Raises InvalidClientMetadataError."""
    for name in _LISTS:
        value = data.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) and len(one) <= _LONGEST for one in value):
            raise InvalidClientMetadataError(f"{name} must be a list of texts.")
    for name in _TEXTS:
        value = data.get(name, "")
        if not isinstance(value, str) or len(value) > _LONGEST:
            raise InvalidClientMetadataError(f"{name} must be a text.")
    if "jwks" in data and not _keys_ok(data["jwks"]):
        raise InvalidClientMetadataError("jwks must be a set of at least one usable public key.")
    if data.get("token_endpoint_auth_method", "client_secret_basic") not in _METHODS:
        raise InvalidClientMetadataError("token_endpoint_auth_method is not one this server knows.")
    for uri in data.get("redirect_uris", []):
        if not _redirect_ok(uri):
            raise InvalidRedirectURIError("A redirect URI must be https, or http on 127.0.0.1 or [::1], without a fragment.")
    known = {*_LISTS, *_TEXTS, "jwks", "client_id", "client_secret"}
    return {name: value for name, value in data.items() if name in known or name in _GIVEN_OUT}


_GIVEN_OUT: Final = ("registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at")


def completed(metadata: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """With the defaults of RFC 7591 2 where the client was silent. Raises InvalidClientMetadataError."""
    out = {"grant_types": [CODE], "response_types": ["code"], **metadata}
    out["scope"] = out.get("scope") or " ".join(ALL)
    if not set(out["grant_types"]) <= {CODE, REFRESH, DEVICE, SERVICE}:
        raise InvalidClientMetadataError("grant_types holds one this server does not know.")
    if CODE in out["grant_types"] and not out.get("redirect_uris"):
        raise InvalidRedirectURIError("The authorization code grant needs a redirect URI.")
    if out["token_endpoint_auth_method"] == "private_key_jwt" and "jwks" not in out:
        raise InvalidClientMetadataError("private_key_jwt needs jwks.")
    if "post_logout_redirect_uris" in data:
        out["post_logout_redirect_uris"] = data["post_logout_redirect_uris"]
    return out


def _keys_ok(jwks: object) -> bool:
    try:
        return bool(KeySet.parse(json.dumps(jwks).encode()).keys)
    except BadMetadata:
        return False


def _redirect_ok(uri: str) -> bool:
    if not uri.isascii() or not uri.isprintable() or " " in uri or "#" in uri:
        return False
    try:
        parts = urlsplit(uri)
        host = parts.hostname
    except ValueError:
        return False
    return (
        bool(host)
        and "@" not in parts.netloc
        and (parts.scheme == "https" or (parts.scheme == "http" and host in ("127.0.0.1", "::1")))
    )
