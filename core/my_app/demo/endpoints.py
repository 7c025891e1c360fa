"""Revocation, introspection and device authorization on Authlib's endpoint classes."""

from __future__ import annotations

from typing import Any, ClassVar

from authlib.oauth2.rfc6749 import InvalidRequestError, UnauthorizedClientError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint

from my_app.demo.clients import DEVICE, DemoClient
from my_app.demo.grants import AUTH_METHODS
from my_app.demo.messages import FormRequest
from my_app.demo.oauth import DemoAuthorizationServer, audience_for, scope_for
from my_app.demo.realm import Realm
from my_app.demo.store import DeviceCode, Issued

_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


class _Named:
    """What the token endpoints share: any client may ask about tokens, and a hint is only a hint (RFC 7009 2.1)."""

    CLIENT_AUTH_METHODS: ClassVar[list[str]] = list(AUTH_METHODS)
    server: DemoAuthorizationServer

    @property
    def _realm(self) -> Realm:
        return self.server.realm

    def check_params(self, request: FormRequest, client: DemoClient) -> None:
        """There must be a token."""
        if "token" not in request.form:
            raise InvalidRequestError("The token is missing.")

    def query_token(self, token_string: str, token_type_hint: str | None) -> Issued | None:
        """The token, whatever the hint."""
        return self._realm.store.tokens.get(token_string)


class Revocation(_Named, RevocationEndpoint):  # type: ignore[misc]
    """RFC 7009: a refresh token ends the whole login, an access token only itself."""

    def revoke_token(self, token: Issued, request: FormRequest) -> None:
        """Mark it."""
        token.revoked = True
        if token.kind == "refresh_token":
            token.grant.revoked = True


class Introspection(_Named, IntrospectionEndpoint):  # type: ignore[misc]
    """RFC 7662: a client learns about its own tokens, a resource server about all."""

    def check_permission(self, token: Issued, client: DemoClient, request: FormRequest) -> bool:
        """Whether the client may know."""
        return client.inspects or token.check_client(client)

    def create_introspection_payload(self, token: Issued | None) -> dict[str, Any]:
        """``active``, and the rest only when it is (RFC 7662 2.2)."""
        if token is None or token.dead or token.expires_at <= self._realm.now:
            return {"active": False}
        grant = token.grant
        out: dict[str, Any] = {
            "active": True,
            "iss": self._realm.issuer,
            "client_id": grant.client.client_id,
            "token_type": "Bearer" if token.kind == "access_token" else token.kind,
            "scope": token.scope,
            "sub": grant.person.sub if grant.person else grant.client.client_id,
            "aud": grant.audience,
            "iat": int(token.issued_at.timestamp()),
            "exp": int(token.expires_at.timestamp()),
        }
        if grant.person:
            out["username"] = grant.person.username
        return out | ({"jti": token.jti} if token.jti else {})


class DeviceAuthorization(DeviceAuthorizationEndpoint):  # type: ignore[misc]
    """RFC 8628 3.1 and 3.2."""

    CLIENT_AUTH_METHODS: ClassVar[list[str]] = list(AUTH_METHODS)

    def __init__(self, server: DemoAuthorizationServer) -> None:
        super().__init__(server)
        realm = server.realm
        self.INTERVAL = int(realm.options.interval.total_seconds())
        self.EXPIRES_IN = int(realm.options.device_ttl.total_seconds())

    def create_endpoint_response(self, request: FormRequest) -> Any:
        """The codes. Raises OAuth2Error."""
        client = self.authenticate_client(request)
        if not client.check_grant_type(DEVICE):
            raise UnauthorizedClientError("The client may not use the device flow.")
        self._scope, self._audience = scope_for(client, request.form.get("scope")), audience_for(self.server.realm, request)
        return super().create_endpoint_response(request)

    def generate_device_code(self) -> str:
        """256 bits."""
        return str(self.server.realm.chance.token(32))

    def generate_user_code(self) -> str:
        """Eight consonants (RFC 8628 6.1)."""
        letters = self.server.realm.chance.pick(_CODE_LETTERS, 8)
        return f"{letters[:4]}-{letters[4:]}"

    def get_verification_uri(self) -> str:
        """The device page."""
        return f"{self.server.realm.issuer}/device"

    def save_device_credential(self, client_id: str, scope: str | None, data: dict[str, Any]) -> None:
        """Remember what was given out."""
        realm: Realm = self.server.realm
        realm.store.device_codes[data["device_code"]] = DeviceCode(
            device_code=data["device_code"],
            user_code=data["user_code"],
            client=realm.clients[client_id],
            scope=self._scope,
            audience=self._audience,
            expires_at=realm.now + realm.options.device_ttl,
            interval=realm.options.interval.total_seconds(),
        )
