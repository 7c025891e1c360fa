"""Proof Key for Code Exchange, S256 only (RFC 7636)."""

from __future__ import annotations

import base64

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from my_app.secret import Secret


def code_verifier(entropy: bytes) -> Secret:
    """43 characters from 32 random bytes (RFC 7636 4.1, 7.1). Raises ValueError below 32 bytes."""
    if len(entropy) < 32:
        raise ValueError("a code verifier needs 32 random bytes")
    return Secret(base64.urlsafe_b64encode(entropy[:32]).rstrip(b"=").decode("ascii"))


def code_challenge(verifier: Secret) -> str:
    """BASE64URL(SHA256(verifier)) (RFC 7636 4.2)."""
    return str(create_s256_code_challenge(verifier.reveal()))
