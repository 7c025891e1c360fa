"""Client assertions: ``client_secret_jwt`` and ``private_key_jwt`` (RFC 7523 2.2 and 3, OpenID Connect Core 9; C3)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from my_app.errors import SettingsFault
from my_app.jose import base64url
from my_app.jose.keys import Key, KeyUnfit
from my_app.jose.sign import sign_claims
from my_app.oauth.exchange import Tick
from my_app.secret import Secret

TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME: Final = timedelta(minutes=2)
_BY_TYPE: Final = {
    "RSA": ("RS256", "PS256", "RS384", "PS384", "RS512", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA", "Ed25519"),
}


def assertion(client_id: str, key: Key, audience: str, tick: Tick) -> str:
    """A signed statement of ``client_id`` about itself for ``audience``, with a fresh ``jti`` and two minutes to live.

    Raises Unsupported when ``key`` has no private part.
    """
    claims = {"iss": client_id, "sub": client_id, "aud": audience, "jti": base64url.encode(tick.entropy[:16])}
    return sign_claims(claims, key, now=tick.now, lifetime=LIFETIME)


def secret_key(client_secret: Secret) -> Key:
    """A client secret as the HS256 key of ``client_secret_jwt``. Raises SettingsFault for one under 32 bytes (RFC 7518 3.2)."""
    try:
        return Key.read({"kty": "oct", "k": base64url.encode(client_secret.reveal().encode())}, algorithm="HS256")
    except KeyUnfit as fault:
        raise SettingsFault(
            f"The client secret cannot sign (client_secret_jwt): {fault}.",
            hint="Ask the provider for a longer secret, or use --auth-method client_secret_basic.",
        ) from None


def fitted(key: Key, supported: Collection[str]) -> Key:
    """``key`` bound to an algorithm the server lists, where the key itself names none; lists are only hints."""
    if key.declared or not supported or not key.names.isdisjoint(supported):
        return key
    for name in _BY_TYPE.get(key.algorithm.kty, ()):
        if name in supported:
            try:
                return key.bound_to(name)
            except KeyUnfit:
                continue
    return key
