"""Making tokens: compact JWS and JWT (RFC 7515 3.1, RFC 7519 7.1; J15)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from my_app.errors import Unsupported
from my_app.jose import base64url
from my_app.jose.keys import Key, KeyUnfit

DEFAULT_LIFETIME: Final = timedelta(hours=1)


def sign_bytes(payload: bytes, key: Key, *, header: Mapping[str, object] | None = None) -> str:
    """A compact JWS of any payload; ``alg`` comes from the key, ``kid`` too unless ``header`` has one.

    Raises Unsupported when the key cannot sign, or ``header`` names another algorithm or ``crit``.
    """
    wanted = dict(header or {})
    if wanted.get("alg", key.algorithm.name) not in key.names:
        raise Unsupported(f"The key signs {key.algorithm.name} and nothing else.", hint="Leave “alg” out of the header.")
    if "crit" in wanted or "b64" in wanted:
        raise Unsupported("Headers with “crit” or “b64” are not made here.", hint="Leave them out of the header.")
    complete = {"alg": key.algorithm.name, **({"kid": key.kid} if key.kid is not None else {}), **wanted}
    signing_input = f"{_part(complete)}.{base64url.encode(payload)}"
    try:
        signature = key.sign(signing_input.encode("ascii"))
    except KeyUnfit as fault:
        raise Unsupported(
            f"The key cannot sign: {fault}.", hint="Give the private key, or make one with: my-app jwt keygen"
        ) from None
    return f"{signing_input}.{base64url.encode(signature)}"


def sign_claims(
    claims: Mapping[str, object],
    key: Key,
    *,
    now: datetime,
    lifetime: timedelta | None = DEFAULT_LIFETIME,
    typ: str = "JWT",
    header: Mapping[str, object] | None = None,
) -> str:
    """A JWT; ``iat`` and ``exp`` are added where the claims have none (``lifetime=None``: no ``exp``).

    Raises Unsupported as ``sign_bytes`` does.
    """
    return sign_bytes(_timed(claims, now, lifetime), key, header={"typ": typ, **(header or {})})


def unsecured(claims: Mapping[str, object], *, now: datetime, lifetime: timedelta | None = DEFAULT_LIFETIME) -> str:
    """A JWT with ``alg`` ``none``, for tests of others (RFC 7519 6). Nothing here ever accepts one."""
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{base64url.encode(_timed(claims, now, lifetime))}."


def _timed(claims: Mapping[str, object], now: datetime, lifetime: timedelta | None) -> bytes:
    issued = int(now.timestamp())
    complete: dict[str, object] = {"iat": issued}
    if lifetime is not None:
        complete["exp"] = issued + int(lifetime.total_seconds())
    return _json(complete | dict(claims))


def _part(value: Mapping[str, object]) -> str:
    return base64url.encode(_json(value))


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode("utf-8")
