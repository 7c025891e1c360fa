"""Device sign-in (rows V1 to V8): id, the device answer, the polls, verdict, words."""

from __future__ import annotations

from typing import Any

from hostile.town import GONE, Cut, Kind, error, page, raw
from my_app.errors import (
    AccessDenied,
    BadAnswer,
    BadMetadata,
    DeviceCodeExpired,
    RateLimited,
    ServerBusy,
    ServerRefused,
    WrongCredentials,
)
from sessions_door import ISSUER

PENDING, SLOW = error("authorization_pending"), error("slow_down")
ODD_PAGES = (
    "http://id.example.test/d",
    "javascript:alert(1)",
    "file:///x",
    "",
    7,
    None,
    "-x",
    "https://\u0456d.example.test/",
    f"{ISSUER}/\x1b[2J",
    f"{ISSUER}/" + "x" * 10_000,
)
DEVICE: list[tuple[str, Any, Any, Kind, str]] = [
    ("V8 no device code", {"device_code": GONE}, None, BadAnswer, "no device code"),
    ("V8 device code a number", {"device_code": 7}, None, BadAnswer, "no device code"),
    ("V8 device code empty", {"device_code": ""}, None, BadAnswer, "no device code"),
    ("V6 no user code", {"user_code": GONE}, None, BadAnswer, "no device code"),
    ("V6 user code blank", {"user_code": "  "}, None, BadAnswer, "no device code"),
    ("V6 user code a list", {"user_code": ["A"]}, None, BadAnswer, "no device code"),
    *((f"V6 page {str(url)[:30]!r}", {"verification_uri": url}, None, BadMetadata, "page") for url in ODD_PAGES),
    ("V8 a page", page(), None, BadAnswer, "no device code"),
    ("V8 a list", raw("[]"), None, BadAnswer, "no device code"),
    ("V8 404", page(404), None, ServerRefused, "http_404"),
    ("V8 redirect", raw("", 302, location="https://evil.test"), None, BadAnswer, "redirect"),
    ("V8 unauthorized_client", error("unauthorized_client"), None, ServerRefused, "--flow"),
    ("V8 invalid_client", error("invalid_client", status=401), None, WrongCredentials, "client id"),
    ("V8 429", raw("", 429), None, RateLimited, "slow down"),
    ("V8 503", page(503), None, ServerBusy, "trouble"),
    ("V4 access_denied", {}, [PENDING, error("access_denied")], AccessDenied, "denied"),
    ("V4 expired_token", {}, [PENDING, error("expired_token")], DeviceCodeExpired, "expired"),
    ("V4 invalid_grant", {}, [error("invalid_grant")], ServerRefused, "invalid_grant"),
    ("V4 unknown error", {}, [error("tea_time", "\x1b[2J")], ServerRefused, "tea_time"),
    ("V4 error a list", {}, [error(["authorization_pending"])], ServerRefused, "http_400"),
    ("V4 error in capitals", {}, [error("AUTHORIZATION_PENDING")], ServerRefused, "AUTHORIZATION_PENDING"),
    ("V4 pending for ever", {}, [PENDING], DeviceCodeExpired, "expired"),
    ("V4 pending with 200 for ever", {}, [error("authorization_pending", status=200)], DeviceCodeExpired, "expired"),
    ("V2 slow_down for ever", {}, [SLOW], DeviceCodeExpired, "expired"),
    ("V3 black hole", {}, [Cut()], DeviceCodeExpired, "expired"),
    ("V4 busy for ever", {}, [page(503)], DeviceCodeExpired, "expired"),
    ("V4 429 for ever", {}, [raw("", 429, retry_after="1")], DeviceCodeExpired, "expired"),
    ("V4 a page", {}, [page()], BadAnswer, "neither JSON"),
    ("V4 no token", {}, [{"access_token": GONE}], BadAnswer, "no access token"),
    ("V4 redirect", {}, [raw("", 307, location="https://evil.test")], BadAnswer, "redirect"),
    ("V4 invalid_client", {}, [error("invalid_client", status=401)], WrongCredentials, "client id"),
    ("V2 three slow_down", {"expires_in": 600}, [SLOW, SLOW, SLOW, {}], None, "10 15 20"),
    ("V1 pending, then granted", {}, [PENDING, PENDING, {}], None, "5 5"),
    ("V3 two timeouts", {"expires_in": 600}, [Cut(), Cut(), {}], None, "10 20"),
    ("V4 busy, then granted", {"expires_in": 600}, [page(503), {}], None, "10"),
    ("V4 429 names its wait", {"expires_in": 600}, [raw("", 429, retry_after="30"), {}], None, "30"),
    *(
        (f"V8 interval {v!r}", {"interval": v}, [PENDING, {}], None, "5")
        for v in (GONE, None, 0, -1, "5", "x", 1e9, [5], True, "NaN")
    ),
    *(
        (f"V8 expires_in {v!r}", {"expires_in": v}, [PENDING, {}], None, "5")
        for v in (GONE, None, 0, -1, "60", "x", 1e9, [60], "NaN")
    ),
    ("V6 odd complete page", {"verification_uri_complete": "javascript:x"}, [{}], None, ""),
    ("V6 escapes in the code", {"user_code": "AB\x1b[2J-CD"}, [{}], None, ""),
    ("V6 code of 10 KB", {"user_code": "A" * 10_000}, [{}], None, ""),
    ("V6 another host", {"verification_uri": "https://evil.test/device"}, [{}], None, ""),
]
