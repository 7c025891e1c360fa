"""Strict base64url without padding (RFC 7515 section 2; J6)."""

from __future__ import annotations

import binascii
import re
from typing import Final

_ALPHABET: Final = re.compile(r"[A-Za-z0-9_-]*")
_STANDARD: Final = str.maketrans("-_", "+/")
# The last character of a part may not carry bits that belong to no byte.
_LAST: Final = {2: frozenset("AQgw"), 3: frozenset("AEIMQUYcgkosw048")}
_PADDING: Final = ("", "", "==", "=")


def encode(data: bytes) -> str:
    """The text of ``data``, without padding."""
    return binascii.b2a_base64(data, newline=False).rstrip(b"=").decode("ascii").replace("+", "-").replace("/", "_")


def decode(text: str) -> bytes:
    """The bytes. Raises ValueError for padding, spaces, foreign characters and stray bits."""
    if _ALPHABET.fullmatch(text) is None:
        raise ValueError("not base64url")
    return decode_checked(text)


def decode_checked(text: str) -> bytes:
    """``decode`` for text whose alphabet the caller has checked already."""
    rest = len(text) & 3
    if rest:
        if rest == 1:
            raise ValueError("base64url of an impossible length")
        if text[-1] not in _LAST[rest]:
            raise ValueError("base64url with stray bits")
    return binascii.a2b_base64(text.translate(_STANDARD) + _PADDING[rest])
