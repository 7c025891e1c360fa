"""The signature algorithms in use and what each asks of its key (RFC 7518 3.1, RFC 8037, RFC 9864)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from jwt.algorithms import Algorithm as PyJwtAlgorithm

RSA_BITS: Final = (2048, 16_384)
"""Smallest and largest RSA modulus in bits (RFC 7518 3.3; larger ones only cost time)."""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One ``alg`` value."""

    name: str
    kty: str
    curve: str | None
    """``crv`` of the key; None for RSA and HMAC."""
    digest: str
    """hashlib name of the hash that ``at_hash`` and ``c_hash`` use."""
    secret_bytes: int = 0
    """Shortest HMAC key in bytes (RFC 7518 3.2)."""

    @property
    def names(self) -> frozenset[str]:
        """The spellings a header may use: ``EdDSA`` and ``Ed25519`` name the same thing (RFC 9864)."""
        return frozenset(("EdDSA", "Ed25519")) if self.name == "EdDSA" else frozenset((self.name,))


_ALL: Final = (
    Algorithm("RS256", "RSA", None, "sha256"),
    Algorithm("RS384", "RSA", None, "sha384"),
    Algorithm("RS512", "RSA", None, "sha512"),
    Algorithm("PS256", "RSA", None, "sha256"),
    Algorithm("PS384", "RSA", None, "sha384"),
    Algorithm("PS512", "RSA", None, "sha512"),
    Algorithm("ES256", "EC", "P-256", "sha256"),
    Algorithm("ES384", "EC", "P-384", "sha384"),
    Algorithm("ES512", "EC", "P-521", "sha512"),
    Algorithm("EdDSA", "OKP", "Ed25519", "sha512"),
    Algorithm("HS256", "oct", None, "sha256", 32),
    Algorithm("HS384", "oct", None, "sha384", 48),
    Algorithm("HS512", "oct", None, "sha512", 64),
)

ALGORITHMS: Final = {algorithm.name: algorithm for algorithm in _ALL} | {"Ed25519": _ALL[9]}
"""Every accepted ``alg`` value, with case."""

CURVES: Final = {algorithm.curve: algorithm for algorithm in _ALL if algorithm.curve}
"""The one algorithm of each curve."""


@cache
def engine(name: str) -> PyJwtAlgorithm:
    """PyJWT's object that does the cryptography of ``name``; imported late, it is heavy."""
    from jwt.algorithms import get_default_algorithms

    return get_default_algorithms()[ALGORITHMS[name].name]
