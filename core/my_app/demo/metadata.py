"""What the demo says about itself (OIDC Discovery 1.0, RFC 8414)."""

from __future__ import annotations

from typing import Any

from my_app.demo.clients import CODE, DEVICE, REFRESH, SERVICE
from my_app.demo.realm import Realm
from my_app.demo.scopes import ALL

_AUTH_METHODS = ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"]
_SIGNING = ["ES256", "RS256", "PS256", "EdDSA"]


def server_metadata(realm: Realm) -> dict[str, Any]:
    """The RFC 8414 document; every address begins with the fixed issuer."""
    issuer = realm.issuer
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "device_authorization_endpoint": f"{issuer}/device_authorization",
        "authorization_challenge_endpoint": f"{issuer}/challenge",
        "revocation_endpoint": f"{issuer}/revoke",
        "introspection_endpoint": f"{issuer}/introspect",
        "registration_endpoint": f"{issuer}/register",
        "jwks_uri": f"{issuer}/jwks",
        "scopes_supported": list(ALL),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [CODE, REFRESH, DEVICE, SERVICE],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "token_endpoint_auth_methods_supported": _AUTH_METHODS,
        "token_endpoint_auth_signing_alg_values_supported": _SIGNING,
        "revocation_endpoint_auth_methods_supported": _AUTH_METHODS,
        "introspection_endpoint_auth_methods_supported": _AUTH_METHODS,
        "service_documentation": issuer,
    }


def openid_configuration(realm: Realm) -> dict[str, Any]:
    """The OpenID Connect document: the same and what OIDC adds."""
    issuer = realm.issuer
    return server_metadata(realm) | {
        "userinfo_endpoint": f"{issuer}/userinfo",
        "end_session_endpoint": f"{issuer}/logout",
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "claims_supported": ["sub", "name", "preferred_username", "email", "email_verified", "auth_time", "amr", "nonce"],
        "prompt_values_supported": ["none", "login", "consent"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }
