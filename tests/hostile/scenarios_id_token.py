"""ID tokens at the end of a sign-in, as the OpenID conformance suite bends them (rows A4, J9, J10, T8): id, claims, verdict, words.

The odd forms and headers themselves are in ``test_jwt_odd_tokens.py``; here a bad one has to void the whole answer.
"""

from __future__ import annotations

from typing import Any

from hostile.town import GONE, Kind
from my_app.errors import TokenInvalid
from sessions_door import ISSUER

ID_TOKENS: list[tuple[str, dict[str, Any], Kind, str]] = [
    ("invalid-iss", {"iss": "https://evil.test"}, TokenInvalid, "evil.test"),
    ("iss with slash", {"iss": ISSUER + "/"}, TokenInvalid, "issued by"),
    ("missing-iss", {"iss": GONE}, TokenInvalid, "issuer"),
    ("missing-sub", {"sub": GONE}, TokenInvalid, "sub"),
    ("sub empty", {"sub": ""}, TokenInvalid, "sub"),
    ("invalid-aud", {"aud": "other"}, TokenInvalid, "audience"),
    ("missing-aud", {"aud": GONE}, TokenInvalid, "audience"),
    ("several-aud", {"aud": ["cli", "https://evil.test"], "azp": "cli"}, TokenInvalid, "audience"),
    ("invalid-azp", {"azp": "other"}, TokenInvalid, "made for the client other"),
    ("iat a text", {"iat": "now"}, TokenInvalid, "iat"),
    ("missing-exp", {"exp": GONE}, TokenInvalid, "exp"),
    ("expired", {"exp": 1}, TokenInvalid, "exp"),
    ("issued tomorrow", {"iat": 4_000_000_000}, TokenInvalid, "in the future"),
    ("nonce-invalid", {"nonce": "other"}, TokenInvalid, "nonce"),
    ("nonce missing", {"nonce": GONE}, TokenInvalid, "nonce"),
    ("nonce empty", {"nonce": ""}, TokenInvalid, "nonce"),
    ("invalid-at-hash", {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, TokenInvalid, "at_hash"),
    ("escapes in iss", {"iss": "\x1b]52;c;AAAA\x07"}, TokenInvalid, "issued by"),
    ("escapes in nonce", {"nonce": "\x1b[2J"}, TokenInvalid, "nonce"),
    ("good", {}, None, ""),
    ("escapes in the name", {"preferred_username": "a\x1b[2J"}, None, ""),
    ("a list of one audience", {"aud": ["cli"]}, None, ""),
]
