"""Making keys: RSA, elliptic curves, Ed25519 and HMAC secrets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from my_app.errors import Unsupported
from my_app.jose import base64url
from my_app.jose.algorithms import ALGORITHMS, engine
from my_app.jose.keys import Key
from my_app.text import clean

RSA_DEFAULT_BITS: Final = 2048


def make_key(algorithm: str, *, entropy: Callable[[int], bytes], kid: str | None = None, bits: int = RSA_DEFAULT_BITS) -> Key:
    """A new key for ``algorithm``; unless ``kid`` is given its id is its thumbprint (RFC 7638), for a secret a random one.

    ``entropy(n)`` gives the bytes of HMAC secrets; the others draw from the cryptography library.
    ``bits`` is the RSA modulus. Raises Unsupported for an algorithm that is not in use.
    """
    known = ALGORITHMS.get(algorithm)
    if known is None:
        raise Unsupported(
            f"There is no key for the algorithm “{clean(algorithm, 20)}”.", hint=f"Choose one of: {', '.join(sorted(ALGORITHMS))}."
        )
    if known.kty == "oct":
        members: dict[str, Any] = {"kty": "oct", "k": base64url.encode(entropy(known.secret_bytes))}
    else:
        made = engine(known.name).to_jwk(_private_key(known.kty, known.curve, bits), as_dict=True)
        members = {name: value for name, value in made.items() if name != "key_ops"}
    members["alg"] = known.name
    if kid is None:
        # A thumbprint of a secret would tell something about it (RFC 7638 7).
        kid = base64url.encode(entropy(12)) if known.kty == "oct" else Key.read(members).thumbprint()
    return Key.read({**members, "kid": kid})


def _private_key(kty: str, curve: str | None, bits: int) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if kty == "RSA":
        return rsa.generate_private_key(public_exponent=65537, key_size=bits)
    if kty == "OKP":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key({"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}[curve or ""])
