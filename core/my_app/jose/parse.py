"""Reading a compact JWS without trusting it (RFC 7515 section 3.1; J6, J7, J14).

What comes out is an ``UnverifiedToken``. Only ``verify.py`` makes a ``VerifiedToken``; the two
share no base class, so nothing unverified slips through where a verified one is wanted.
"""

from __future__ import annotations

import re
from typing import Final

from my_app import strict_json
from my_app.errors import TokenInvalid
from my_app.jose import base64url

VALIDATE_LIMIT: Final = 64 * 1024
"""Characters a token may have to be validated."""
LOOK_LIMIT: Final = 1024 * 1024
"""Characters a token may have to be looked at."""

_COMPACT: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)\.([A-Za-z0-9_-]*)")


class UnverifiedToken:
    """A token somebody sent: well formed, otherwise unproven. NOT VERIFIED."""

    __slots__ = ("_claims", "header", "payload", "signature", "signing_input", "size")

    def __init__(self, header: dict[str, object], payload: bytes, signing_input: bytes, signature: bytes) -> None:
        self.header = header
        self.payload = payload
        self.signing_input = signing_input
        self.signature = signature
        self.size = len(signing_input) + 1 + (len(signature) * 4 + 2) // 3
        self._claims: dict[str, object] | None = None

    @property
    def claims(self) -> dict[str, object]:
        """The payload as a strict JSON object. Raises TokenInvalid (``check="payload"``)."""
        if self._claims is None:
            self._claims = json_object(self.payload, "payload")
        return self._claims

    def __repr__(self) -> str:
        return f"UnverifiedToken({self.size} characters)"


def split(text: str, *, limit: int = VALIDATE_LIMIT) -> UnverifiedToken:
    """The parts of a compact JWS whose payload may be any bytes.

    The size is checked before anything is taken apart; JSON forms are refused. Raises
    TokenInvalid with ``check`` ``size``, ``form`` or ``header``; never holds text of the token.
    """
    if len(text) > limit:
        raise TokenInvalid(f"The token is longer than {limit // 1024} KiB.", check="size")
    parts = _COMPACT.fullmatch(text)
    if parts is None:
        raise TokenInvalid(_why_not_compact(text), check="form")
    first, second, third = parts.groups()
    try:
        header_bytes = base64url.decode_checked(first)
        payload = base64url.decode_checked(second)
        signature = base64url.decode_checked(third)
    except ValueError as fault:
        raise TokenInvalid(f"A part of the token is {fault}.", check="form") from None
    header = json_object(header_bytes, "header")
    return UnverifiedToken(header, payload, text[: len(first) + 1 + len(second)].encode("ascii"), signature)


def decode(text: str, *, limit: int = VALIDATE_LIMIT) -> UnverifiedToken:
    """A JWT: as ``split``, and the payload must be a strict JSON object too. Raises TokenInvalid."""
    token = split(text, limit=limit)
    _ = token.claims
    return token


def json_object(data: bytes, part: str) -> dict[str, object]:
    """``data`` as a strict JSON object. Raises TokenInvalid whose ``check`` is ``part``."""
    try:
        return strict_json.parse_object(data)
    except strict_json.JsonFault as fault:
        raise TokenInvalid(f"The token's {part} cannot be read: {fault}.", check=part) from None


def _why_not_compact(text: str) -> str:
    """One sentence for what the text is instead of three base64url parts."""
    stripped = text.strip()
    if not stripped:
        return "There is no token: the text is empty."
    if stripped.startswith("{"):
        return "This is JSON, and only the compact form of a token (three parts joined by dots) is accepted."
    dots = stripped.count(".")
    if dots == 4:
        return "This is an encrypted token (JWE, five parts); it cannot be read without the recipient's key."
    if dots == 2:
        return "The token holds characters that are not base64url, such as spaces, line breaks or padding."
    if dots == 0:
        return "This is not a JWT: it has no dots, so it is an opaque token or an API key."
    return f"This is not a JWT: it has {dots + 1 if dots < 100 else 'many'} parts instead of three."
