"""Makes tokens as odd as one likes, rightly signed unless told otherwise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from my_app.jose import base64url
from my_app.jose.keys import Key, KeySet
from my_app.jose.make import make_key
from my_app.testing import NOON, seeded

ISSUER = "https://issuer.example"
CLIENT = "my-client"
API = "https://api.example"
NOW = int(NOON.timestamp())

KEY = make_key("ES256", entropy=seeded(), kid="one")
OTHER = make_key("ES256", entropy=seeded(), kid="two")
"""A key the issuer does not have."""
KEYS = KeySet((KEY,))

REMOVED = object()
"""Stands for a member that is left out."""


def changed(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with ``changes`` laid over, REMOVED members left out."""
    return {name: value for name, value in {**base, **changes}.items() if value is not REMOVED}


def id_claims(**changes: Any) -> dict[str, Any]:
    """The claims of a good ID token."""
    base = {"iss": ISSUER, "sub": "alice", "aud": CLIENT, "exp": NOW + 3600, "iat": NOW, "nonce": "n-1", "auth_time": NOW - 5}
    return changed(base, changes)


def access_claims(**changes: Any) -> dict[str, Any]:
    """The claims of a good access token."""
    base = {"iss": ISSUER, "sub": "alice", "aud": API, "exp": NOW + 300, "iat": NOW, "client_id": CLIENT, "scope": "files:read"}
    return changed(base, changes)


def raw(header: bytes, payload: bytes, key: Key = KEY) -> str:
    """A token of any bytes, rightly signed."""
    signing_input = f"{base64url.encode(header)}.{base64url.encode(payload)}"
    return f"{signing_input}.{base64url.encode(key.sign(signing_input.encode()))}"


def token(claims: Mapping[str, Any], key: Key = KEY, **header: Any) -> str:
    """A token of any claims and header, rightly signed by ``key`` whatever the header says."""
    head = changed({"alg": key.algorithm.name, "kid": key.kid, "typ": "JWT"}, header)
    return raw(json.dumps(head).encode(), json.dumps(claims).encode(), key)
