"""Refreshes (rows F1 to F7, T1): id, what the token endpoint says, verdict, words, requests to the token endpoint."""

from __future__ import annotations

from typing import Any

from hostile.town import GONE, Cut, Kind, error, page, raw
from my_app.errors import (
    BadAnswer,
    LoginExpired,
    LoginInterrupted,
    NetworkUnavailable,
    RateLimited,
    ServerBusy,
    WrongCredentials,
)

REFRESH: list[tuple[str, Any, Kind, str, int]] = [
    ("F3 invalid_grant", error("invalid_grant"), LoginExpired, "no longer accepts", 1),
    ("F3 invalid_grant, 401", error("invalid_grant", status=401), LoginExpired, "no longer accepts", 1),
    ("F3 invalid_request", error("invalid_request"), LoginExpired, "no longer accepts", 1),
    ("F3 invalid_token", error("invalid_token", status=401), LoginExpired, "no longer accepts", 1),
    ("F3 bare 400", raw("", 400), LoginExpired, "no longer accepts", 1),
    ("F3 bare 401", raw("", 401), LoginExpired, "no longer accepts", 1),
    ("F3 bare 403", page(403), LoginExpired, "no longer accepts", 1),
    ("F3 error with 200", error("bad_refresh_token", status=200), LoginExpired, "no longer accepts", 1),
    ("F3 escapes", error("invalid_grant", "\x1b]52;c;AAAA\x07"), LoginExpired, "no longer accepts", 1),
    ("F3 client", error("invalid_client", status=401), WrongCredentials, "client id", 1),
    ("F4 answer lost twice", Cut(), NetworkUnavailable, "did not answer", 2),
    ("F4 not reached", Cut(sent=False), NetworkUnavailable, "did not answer", 1),
    ("F4 lost, then spent", [Cut(), error("invalid_grant")], LoginInterrupted, "cut off", 2),
    ("T6 429", raw("", 429), RateLimited, "slow down", 1),
    ("T6 429 for an hour", raw("", 429, retry_after="3600"), RateLimited, "slow down", 1),
    ("T6 429 twice", raw("", 429, retry_after="1"), RateLimited, "slow down", 2),
    ("T6 500", page(500), ServerBusy, "trouble", 1),
    ("T6 502", page(502), ServerBusy, "trouble", 1),
    ("T6 503", page(503), ServerBusy, "trouble", 1),
    ("T6 504", page(504), ServerBusy, "trouble", 1),
    ("T6 temporarily_unavailable", error("temporarily_unavailable"), ServerBusy, "trouble", 1),
    ("T1 redirect 302", raw("", 302, location="https://evil.test"), BadAnswer, "redirect", 1),
    ("T1 redirect 307", raw("", 307, location="https://evil.test"), BadAnswer, "redirect", 1),
    ("T1 redirect 308", raw("", 308, location="https://evil.test"), BadAnswer, "redirect", 1),
    ("T5 a page", page(), BadAnswer, "neither JSON", 1),
    ("T5 nothing", raw(""), BadAnswer, "neither JSON", 1),
    ("T5 cut", raw('{"access_token":"canary-acc'), BadAnswer, "neither JSON", 1),
    ("T2 no access token", {"access_token": GONE}, BadAnswer, "no access token", 1),
    ("T2 access token a list", {"access_token": []}, BadAnswer, "not a token", 1),
    ("T2 type mac", {"token_type": "mac"}, BadAnswer, "mac", 1),
    ("T2 DPoP unasked", {"token_type": "DPoP"}, BadAnswer, "DPoP", 1),
    ("T2 refresh token odd", {"refresh_token": "a\nb"}, BadAnswer, "refresh token", 1),
    ("F4 lost, then given", [Cut(), {}], None, "", 2),
    ("T6 429 a second, then given", [raw("", 429, retry_after="1"), {}], None, "", 2),
    ("T6 503 a second, then given", [raw("", 503, retry_after="1"), {}], None, "", 2),
    ("F5 no new refresh token", {"refresh_token": GONE}, None, "", 1),
    ("F5 no scope", {"scope": GONE}, None, "", 1),
    ("T3 no expires_in", {"expires_in": GONE}, None, "", 1),
    ("T3 expires_in text", {"expires_in": "600"}, None, "", 1),
    ("T2 type lower case", {"token_type": "bearer"}, None, "", 1),
]
