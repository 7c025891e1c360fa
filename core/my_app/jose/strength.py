"""What makes a JWK unfit to sign or verify with (RFC 7517 4.2 and 4.3, RFC 7518 3 and 6, RFC 8725 3.4, 3.5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from my_app.jose import base64url
from my_app.jose.algorithms import RSA_BITS, Algorithm
from my_app.text import clean

_COORDINATE: Final = {"P-256": 32, "P-384": 48, "P-521": 66, "Ed25519": 32}
_EXPONENT: Final = (3, (1 << 32) + 1)
_FEWEST_BYTES: Final = 10
"""Different bytes that 32 random ones have but for one case in a billion."""
_ROCA_PRIMES: Final = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)


def key_fault(jwk: Mapping[str, object], algorithm: Algorithm) -> str:
    """Why the key may not be used with ``algorithm``, as the end of a sentence; empty when it may."""
    if jwk.get("kty") != algorithm.kty:
        return f"its type {clean(jwk.get('kty'), 20)} does not fit {algorithm.name}"
    return _use_fault(jwk) or _number_fault(jwk, algorithm)


def _use_fault(jwk: Mapping[str, object]) -> str:
    use, operations = jwk.get("use"), jwk.get("key_ops")
    if use is not None and use != "sig":
        return f"it is for the use {clean(use, 20)}, not for signatures"
    if operations is None:
        return ""
    if not isinstance(operations, list) or not all(isinstance(item, str) for item in operations):
        return "its key_ops is not a list of texts"
    if "verify" not in operations and not ("sign" in operations and ("d" in jwk or "k" in jwk)):
        return "its key_ops does not allow verifying signatures"
    return ""


def _number_fault(jwk: Mapping[str, object], algorithm: Algorithm) -> str:
    try:
        match algorithm.kty:
            case "RSA":
                return rsa_fault(_number(jwk, "n"), _number(jwk, "e"))
            case "oct":
                short = len(_member(jwk, "k")) < algorithm.secret_bytes
                return f"its secret is shorter than the {algorithm.secret_bytes} bytes {algorithm.name} needs" if short else ""
            case _:
                return _curve_fault(jwk, algorithm)
    except ValueError as fault:
        return str(fault)


def _curve_fault(jwk: Mapping[str, object], algorithm: Algorithm) -> str:
    if jwk.get("crv") != algorithm.curve:
        return f"its curve {clean(jwk.get('crv'), 20)} does not fit {algorithm.name}"
    for name in ("x", "y") if algorithm.kty == "EC" else ("x",):
        if len(_member(jwk, name)) != _COORDINATE[algorithm.curve or ""]:
            return f"its member {name} has the wrong length for the curve"
    return ""


def secret_warning(secret: bytes) -> str:
    """Why an HMAC secret that is long enough may be guessed all the same, one sentence; empty when nothing shows (J15)."""
    if len(set(secret)) < _FEWEST_BYTES:
        return "The secret repeats few bytes, so it can be guessed; make a random one with: my-app jwt keygen"
    words = re.split(rb"[ _.-]+", secret.rstrip(b"0123456789 !?."))
    if all(word.isalpha() and (word.islower() or word.isupper() or word.istitle()) for word in words):
        return "The secret is made of words, so it can be guessed; make a random one with: my-app jwt keygen"
    return ""


def rsa_fault(modulus: int, exponent: int) -> str:
    """Why an RSA public key is unfit; empty when it is not (RFC 8017 3.1, J12)."""
    smallest, largest = RSA_BITS
    if modulus.bit_length() < smallest:
        return f"its RSA modulus has {modulus.bit_length()} bits, and {smallest} are the least"
    if modulus.bit_length() > largest:
        return f"its RSA modulus has more than {largest} bits"
    if modulus % 2 == 0:
        return "its RSA modulus is even"
    if not (_EXPONENT[0] <= exponent <= _EXPONENT[1]) or exponent % 2 == 0:
        return "its RSA exponent is not an odd number from 3 to 2^32"
    if _roca(modulus):
        return "it was made by hardware whose keys can be broken (ROCA, CVE-2017-15361)"
    return ""


def _roca(modulus: int) -> bool:
    """Whether the modulus lies in the subgroup of powers of 65537 for every small prime."""
    return all(modulus % prime in _powers(65537 % prime, prime) for prime in _ROCA_PRIMES)


def _powers(base: int, prime: int) -> set[int]:
    found: set[int] = set()
    power = 1
    while power not in found:
        found.add(power)
        power = power * base % prime
    return found


def _member(jwk: Mapping[str, object], name: str) -> bytes:
    value = jwk.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"its member {name} is missing or not text")
    try:
        return base64url.decode(value)
    except ValueError:
        raise ValueError(f"its member {name} is not base64url") from None


def _number(jwk: Mapping[str, object], name: str) -> int:
    return int.from_bytes(_member(jwk, name), "big")
