"""The authorization server: Authlib's framework-neutral classes with the demo's memory under them."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from authlib.oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import InvalidClientError, InvalidScopeError, OAuth2Error
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import Claims, JWTClaimsRegistry
from starlette.responses import Response

from my_app.demo.clients import DemoClient
from my_app.demo.messages import FormRequest, refusal, reply
from my_app.demo.realm import Realm
from my_app.demo.scopes import ALL, AUDIENCE, split

# Authlib's grants write whole token answers to the debug log.
logging.getLogger("authlib").setLevel(logging.WARNING)


ASSERTION_ALGORITHMS: Final = ("ES256", "RS256", "PS256", "EdDSA", "Ed25519")
"""How a client assertion may be signed."""


class InvalidTarget(OAuth2Error):  # type: ignore[misc]
    """A resource this server issues no tokens for (RFC 8707 2)."""

    error = "invalid_target"
    description = "The requested resource is unknown."


class DemoAuthorizationServer(AuthorizationServer):  # type: ignore[misc]
    """Authlib's server on Starlette; tokens come from ``realm.mint``."""

    def __init__(self, realm: Realm) -> None:
        super().__init__(scopes_supported=list(ALL))
        self.realm = realm
        self.register_client_auth_method(SignedAssertion.CLIENT_AUTH_METHOD, SignedAssertion(realm))

    def query_client(self, client_id: str) -> DemoClient | None:
        """A client by its identifier."""
        return self.realm.clients.get(client_id)

    def save_token(self, token: dict[str, Any], request: FormRequest) -> None:
        """Nothing: ``realm.mint`` has remembered it."""

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: FormRequest) -> FormRequest:
        """The request as ``messages.py`` made it."""
        return request

    def create_json_request(self, request: Any) -> Any:
        """The request as ``messages.py`` made it."""
        return request

    def handle_response(self, status: int, body: object, headers: Iterable[tuple[str, str]]) -> Response:
        """A Starlette response."""
        return reply(status, body, headers)

    def handle_error_response(self, request: FormRequest, error: OAuth2Error) -> Response:
        """A refusal as JSON, also where the grant would redirect: pages do that themselves."""
        return refusal(error)

    def validate_requested_scope(self, scope: str | None) -> None:
        """Every scope must be one of the demo's (RFC 6749 3.3)."""
        if not set(split(scope)) <= set(ALL):
            raise InvalidScopeError()


def scope_for(client: DemoClient, scope: str | None) -> str:
    """The scope to grant. Raises InvalidScopeError when the client asks beyond its own."""
    allowed = client.get_allowed_scope(scope)
    if allowed is None:
        raise InvalidScopeError()
    return allowed


def audience_for(realm: Realm, request: FormRequest) -> str | list[str]:
    """The ``aud`` to put into tokens: the resources asked for, else the demo API. Raises InvalidTarget."""
    asked = [value for name in ("resource", "audience") for value in request.many.get(name, []) if value]
    if not set(asked) <= set(realm.audiences):
        raise InvalidTarget()
    return AUDIENCE if not asked else asked[0] if len(asked) == 1 else list(dict.fromkeys(asked))


class SignedAssertion(JWTBearerClientAssertion):  # type: ignore[misc]
    """``private_key_jwt`` (RFC 7523 2.2), judged by a library the client does not use."""

    CLIENT_AUTH_METHOD = "private_key_jwt"

    def __init__(self, realm: Realm) -> None:
        super().__init__()
        self._realm = realm

    def get_audiences(self) -> list[str]:
        """The issuer, or the token endpoint (RFC 7523 3)."""
        return [self._realm.issuer, f"{self._realm.issuer}/token"]

    def resolve_client_public_key(self, client: DemoClient) -> KeySet:
        """The client's registered keys."""
        if client.jwks is None:
            raise InvalidClientError(description="The client has no keys.")
        try:
            return KeySet.import_key_set(client.jwks)  # type: ignore[arg-type]
        except (JoseError, ValueError):
            raise InvalidClientError(description="The keys of the client cannot be used.") from None

    def validate_jti(self, claims: Claims, jti: object) -> bool:
        """Each ``jti`` once while its assertion lives."""
        seen, name = self._realm.store.assertions, f"{claims['sub']} {jti}"
        if name in seen:
            return False
        seen[name] = self._realm.now + timedelta(hours=1)
        return True

    def process_assertion_claims(self, assertion: str, resolve_key: KeySet) -> Claims:
        """The claims of a rightly signed assertion. Raises InvalidClientError."""
        try:
            claims = jwt.decode(assertion, resolve_key, algorithms=list(ASSERTION_ALGORITHMS)).claims
        except (JoseError, ValueError):
            raise InvalidClientError(status_code=401, description="The client assertion is not signed by the client.") from None
        self.verify_claims(claims)
        return claims

    def verify_claims(self, claims: Claims) -> None:
        """Issuer, subject, audience, expiry by the demo's clock, and a fresh ``jti``."""
        registry = JWTClaimsRegistry(
            now=int(self._realm.now.timestamp()),
            leeway=self.leeway,
            iss={"essential": True, "value": str(claims.get("sub"))},
            sub={"essential": True},
            aud={"essential": True, "values": self.get_audiences()},
            exp={"essential": True},
            jti={"essential": True},
        )
        try:
            registry.validate(claims)
        except JoseError:
            raise InvalidClientError(status_code=401, description="The client assertion is not valid.") from None
        if not self.validate_jti(claims, claims["jti"]):
            raise InvalidClientError(status_code=401, description="The client assertion was used before.")
