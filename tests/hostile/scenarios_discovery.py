"""Discovery documents (rows D1 to D7, A6): id, the document, verdict, words."""

from __future__ import annotations

import json
from typing import Any

from hostile.town import GONE, Cut, Kind, page, raw
from my_app.errors import BadMetadata, IssuerMismatch, NetworkUnavailable, RateLimited, ServerBusy, Unsupported
from sessions_door import ISSUER, METADATA

GOOD = json.dumps(METADATA)
ODD_ISSUERS = {
    "with slash": ISSUER + "/",
    "with port": ISSUER + ":443",
    "in capitals": ISSUER.upper(),
    "http": "http://id.example.test",
    "with dot": "https://id.example.test.",
    "percent coded": "https://%69d.example.test",
    "Cyrillic": "https://\u0456d.example.test",
    "with a space": ISSUER + " ",
    "with a fragment": ISSUER + "#",
    "with a query": ISSUER + "?a",
    "with a path": ISSUER + "/o",
    "another": "https://evil.test",
    "with escapes": "\x1b]0;owned\x07",
    "empty": "",
}
ODD_URLS = {
    "http": "http://id.example.test/x",
    "ftp": "ftp://id.example.test/x",
    "file": "file:///etc/passwd",
    "javascript": "javascript:alert(1)",
    "data": "data:text/html,x",
    "a dash": "-x",
    "%action": "%action",
    "no scheme": "//id.example.test/x",
    "relative": "/token",
    "empty": "",
    "a number": 7,
    "a list": ["https://id.example.test/x"],
    "userinfo": "https://id.example.test@evil.test/",
    "backslash": "https://evil.test\\@id.example.test/",
    "line break": "https://id.example.test/\r\nX: y",
    "escapes": "https://id.example.test/\x1b[2J",
    "a quote": 'https://id.example.test/"',
    "not ASCII": "https://\u0456d.example.test/",
    "a fragment": "https://id.example.test/x#y",
    "100 KB": "https://id.example.test/" + "x" * 100_000,
    "a blank host": "https:///x",
    "a port too high": "https://id.example.test:99999/",
    "shell": "https://id.example.test/`id`",
}
PRIVATE = {
    "metadata service": "https://169.254.169.254/latest",
    "loopback": "https://127.0.0.1/token",
    "loopback, plain": "http://127.0.0.1:8000/token",
    "loopback IPv6": "https://[::1]/token",
    "private IPv4": "https://10.0.0.1/token",
    "private IPv6": "https://[fd00::1]/token",
    "link-local IPv6": "https://[fe80::1]/token",
    "mapped IPv4": "https://[::ffff:127.0.0.1]/token",
    "unspecified": "https://0.0.0.0/token",
    "carrier": "https://100.64.0.1/token",
    "short form": "https://127.1/token",
    "hexadecimal": "https://0x7f.1/token",
    "hexadecimal whole": "https://0x7f000001/token",
    "decimal": "https://2130706433/token",
    "octal": "https://0177.0.0.1/token",
}
DISCOVERY: list[tuple[str, Any, Kind, str]] = [
    *((f"D2 issuer {name}", {"issuer": text}, IssuerMismatch, "asked for the issuer") for name, text in ODD_ISSUERS.items()),
    ("D2 no issuer", {"issuer": GONE}, IssuerMismatch, "names none"),
    ("D2 issuer a list", {"issuer": [ISSUER]}, IssuerMismatch, "names none"),
    ("D2 issuer null", {"issuer": None}, IssuerMismatch, "names none"),
    ("D3 a page", page(), BadMetadata, "cannot be read"),
    ("D3 nothing", raw(""), BadMetadata, "cannot be read"),
    ("D3 a list", raw(f"[{GOOD}]"), BadMetadata, "cannot be read"),
    ("D3 byte order mark", raw("\ufeff" + GOOD), BadMetadata, "cannot be read"),
    ("D3 UTF-16", raw(GOOD.encode("utf-16")), BadMetadata, "cannot be read"),
    ("D3 a name twice", raw(GOOD[:-1] + ',"token_endpoint":"https://evil.test/"}'), BadMetadata, "cannot be read"),
    ("D3 very deep", raw(GOOD[:-1] + ',"x":' + "[" * 5000 + "]" * 5000 + "}"), BadMetadata, "cannot be read"),
    ("D3 NaN", raw(GOOD[:-1] + ',"x":NaN}'), BadMetadata, "cannot be read"),
    ("D3 cut", raw(GOOD[:-1]), BadMetadata, "cannot be read"),
    *((f"D3 status {n}", page(n), BadMetadata, f"HTTP {n}") for n in (201, 204, 302, 307, 400, 401, 403, 404)),
    ("D3 429", page(429), RateLimited, "slow down"),
    ("D3 500", page(500), ServerBusy, "trouble"),
    ("D3 cut connection", Cut(), NetworkUnavailable, "did not answer"),
    *((f"D4 token endpoint {name}", {"token_endpoint": url}, BadMetadata, "token endpoint") for name, url in ODD_URLS.items()),
    *(
        (f"A6 sign-in page {name}", {"authorization_endpoint": url}, BadMetadata, "authorization endpoint")
        for name, url in ODD_URLS.items()
    ),
    *(
        (f"D4 {name} http", {name: "http://id.example.test/x"}, BadMetadata, "https")
        for name in ("jwks_uri", "userinfo_endpoint", "revocation_endpoint", "introspection_endpoint")
    ),
    *((f"D5 {name}", {"token_endpoint": url}, BadMetadata, "token endpoint") for name, url in PRIVATE.items()),
    ("D4 no sign-in page", {"authorization_endpoint": GONE}, Unsupported, "authorization endpoint"),
    ("D4 no token endpoint", {"token_endpoint": GONE}, Unsupported, "token endpoint"),
    ("D4 no PKCE listed", {"code_challenge_methods_supported": ["plain"]}, None, ""),
    ("D4 PKCE a text", {"code_challenge_methods_supported": "S256"}, None, ""),
    ("D4 odd page of no weight", {"end_session_endpoint": "javascript:x"}, None, ""),
    ("D3 unknown members", {"x": {"y": [1]}, "service_documentation": "\x1b[2J"}, None, ""),
    ("A6 sign-in page with a query", {"authorization_endpoint": f"{ISSUER}/authorize?p=b2c"}, None, ""),
]
