"""Randomness of one demo run: fresh from the system, or the same again from a seed."""

from __future__ import annotations

import hashlib
import secrets
from base64 import b32encode
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from my_app.jose import base64url
from my_app.jose.keys import Key

_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Order of the P-256 group (FIPS 186-5); a private key is a number below it."""


class Chance:
    """Draws bytes, tokens and keys.

    With a seed the n-th draw is always the same: SHA-256 over seed and counter. That is for
    screenshots and tests; whoever knows the seed knows every secret of the run.
    """

    def __init__(self, seed: str | None = None) -> None:
        self._seed = seed
        self._drawn = 0

    def octets(self, count: int) -> bytes:
        """``count`` bytes."""
        if self._seed is None:
            return secrets.token_bytes(count)
        out = b""
        while len(out) < count:
            self._drawn += 1
            out += hashlib.sha256(f"my-app demo\0{self._seed}\0{self._drawn}".encode()).digest()
        return out[:count]

    def token(self, count: int = 32) -> str:
        """``count`` bytes in base64url without padding."""
        return base64url.encode(self.octets(count))

    def pick(self, alphabet: str, count: int) -> str:
        """``count`` characters of ``alphabet``, each equally likely as far as 64 bits allow."""
        return "".join(alphabet[int.from_bytes(self.octets(8), "big") % len(alphabet)] for _ in range(count))

    def totp_seed(self) -> str:
        """160 bits in base32, the length RFC 4226 4 recommends."""
        return b32encode(self.octets(20)).decode("ascii")

    def key(self, kid: str) -> Key:
        """An ES256 key pair."""
        number = int.from_bytes(self.octets(48), "big") % (_P256_ORDER - 1) + 1
        public = ec.derive_private_key(number, ec.SECP256R1()).public_key().public_numbers()
        numbers = {
            name: base64url.encode(value.to_bytes(32, "big")) for name, value in (("x", public.x), ("y", public.y), ("d", number))
        }
        return Key.read({"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": kid, **numbers})
