"""Callbacks (rows L8 to L10, R1, R5, A7): id, the query with {state}, verdict, words.

Odd requests at the listener itself are in ``core/test_loopback.py`` and ``test_callback_flood.py``.
"""

from __future__ import annotations

from hostile.town import Kind
from my_app.errors import AccessDenied, BadAnswer, IssuerMismatch, ServerRefused, StateMismatch
from sessions_door import ISSUER

S = "state={state}"
CALLBACKS: list[tuple[str, str, Kind, str]] = [
    ("L8 no state", "code=canary-code", StateMismatch, "another sign-in"),
    ("L8 empty state", "code=canary-code&state=", StateMismatch, "another sign-in"),
    ("L8 foreign state", "code=canary-code&state=abc", StateMismatch, "another sign-in"),
    ("L8 state and a letter", f"code=canary-code&{S}x", StateMismatch, "another sign-in"),
    ("L8 letter and state", "code=canary-code&state=x{state}", StateMismatch, "another sign-in"),
    ("L8 state and a space", f"code=canary-code&{S}%20", StateMismatch, "another sign-in"),
    ("L8 state and NUL", f"code=canary-code&{S}%00", StateMismatch, "another sign-in"),
    ("L8 state not ASCII", "code=canary-code&state=%C3%A9", StateMismatch, "another sign-in"),
    ("L8 State in capitals", "code=canary-code&STATE={state}", StateMismatch, "another sign-in"),
    ("L9 code twice", f"code=a&code=canary-code&{S}", BadAnswer, "code twice"),
    ("L9 code twice, encoded name", f"code=a&%63ode=canary-code&{S}", BadAnswer, "code twice"),
    ("L9 state twice", f"code=canary-code&{S}&state=b", BadAnswer, "state twice"),
    ("L9 state twice, right one last", f"code=canary-code&state=b&{S}", BadAnswer, "state twice"),
    ("L9 iss twice", f"code=canary-code&{S}&iss={ISSUER}&iss={ISSUER}", BadAnswer, "iss twice"),
    ("L9 error twice", f"error=a&error=b&{S}", BadAnswer, "error twice"),
    ("L9 code and error", f"code=canary-code&error=access_denied&{S}", BadAnswer, "at once"),
    ("L9 error and code", f"error=access_denied&{S}&code=canary-code", BadAnswer, "at once"),
    ("L9 neither", S, BadAnswer, "no usable code"),
    ("L9 empty code", f"code=&{S}", BadAnswer, "no usable code"),
    ("A5 token in place of a code", f"access_token=canary-access&{S}", BadAnswer, "no usable code"),
    ("R5 code of 9 KB", f"code={'c' * 9000}&{S}", BadAnswer, "no usable code"),
    ("R5 address of 50 KB", f"code={'c' * 50_000}&{S}", BadAnswer, "too long"),
    (
        "R5 200 parameters",
        "&".join(f"a{number}=b" for number in range(200)) + f"&code=canary-code&{S}",
        BadAnswer,
        "cannot be read",
    ),
    ("R5 bytes that are no text", f"code=%ff%fe&{S}", BadAnswer, "cannot be read"),
    ("A7 nothing pasted", "", StateMismatch, "paste the whole address"),
    ("R1 iss another", f"code=canary-code&{S}&iss=https://evil.test", IssuerMismatch, "evil.test"),
    ("R1 iss with slash", f"code=canary-code&{S}&iss={ISSUER}/", IssuerMismatch, "not from"),
    ("R1 iss with port", f"code=canary-code&{S}&iss={ISSUER}:443", IssuerMismatch, ":443"),
    ("R1 iss in capitals", f"code=canary-code&{S}&iss={ISSUER.upper()}", IssuerMismatch, "not from"),
    ("R1 iss http", f"code=canary-code&{S}&iss=http://id.example.test", IssuerMismatch, "not from"),
    ("R1 iss punycode", f"code=canary-code&{S}&iss=https://xn--d-hha.example.test", IssuerMismatch, "xn--"),
    ("R1 iss Cyrillic", f"code=canary-code&{S}&iss=https://%D1%96d.example.test", IssuerMismatch, "not from"),
    ("R1 iss empty", f"code=canary-code&{S}&iss=", IssuerMismatch, "not from"),
    ("R1 iss with escapes", f"code=canary-code&{S}&iss=%1b%5d52;c;AAAA%07", IssuerMismatch, "not from"),
    ("R1 denial from elsewhere", f"error=access_denied&{S}&iss=https://evil.test", IssuerMismatch, "evil.test"),
    ("L10 denied", f"error=access_denied&{S}", AccessDenied, "denied"),
    ("L10 denied, escapes", f"error=access_denied&error_description=%1b%5b2J%C2%9B31m&{S}", AccessDenied, "denied"),
    ("L10 denied, markup", f"error=access_denied&error_description=%5B/%5D%5B@click=app.quit%5Dx&{S}", AccessDenied, "denied"),
    ("L10 denied, bidi", f"error=access_denied&error_description=%E2%80%AEevil&{S}", AccessDenied, "denied"),
    ("L10 long description", f"error=access_denied&error_description={'x' * 20_000}&{S}", AccessDenied, "denied"),
    ("L10 server_error", f"error=server_error&{S}", ServerRefused, "server_error"),
    ("L10 login_required", f"error=login_required&{S}", ServerRefused, "login_required"),
    ("L10 invalid_scope", f"error=invalid_scope&{S}", ServerRefused, "invalid_scope"),
    ("L10 code of its own", f"error=%3Cscript%3E&{S}", ServerRefused, "refused the sign-in"),
    ("L10 error with line breaks", f"error=a%0d%0ab&{S}", ServerRefused, "refused the sign-in"),
    ("L10 error of a wrong state", "error=access_denied&state=abc", StateMismatch, "another sign-in"),
    ("R5 unknown parameters", f"code=canary-code&{S}&session_state=x&hd=y&authuser=0", None, ""),
    ("R5 unknown ones twice", f"code=canary-code&{S}&prompt=a&prompt=b", None, ""),
    ("R1 iss right", f"code=canary-code&{S}&iss={ISSUER}", None, ""),
    ("R5 code of 8 KB", f"code={'c' * 8000}&{S}", None, ""),
    ("R5 every legal character", "code=%21%22%23%24%25%26%27%28%29%2a%2b%2c-./~&" + S, None, ""),
]
