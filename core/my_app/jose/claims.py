"""Judging claims: each check is a function that answers with what is wrong, or nothing (J8 to J11).

The functions never raise for what a token holds: any JSON may stand anywhere. The sentences
they give are for the person and hold no more of the token than the cleaned value in question.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from my_app.jose import base64url
from my_app.text import clean

Claims = Mapping[str, object]

MOST_LEEWAY: Final = timedelta(minutes=5)
DEFAULT_LEEWAY: Final = timedelta(seconds=60)
LATEST: Final = 100_000_000_000
"""Seconds; a later time (year 5138) is absurd, most often one given in milliseconds."""
_SUBJECT_LIMIT: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a token has to say. None and empty: not asked, only its form is checked."""

    issuer: str | None = None
    """Exactly this ``iss``."""
    audiences: frozenset[str] = frozenset()
    """``aud`` has to hold one of these."""
    trusted: frozenset[str] = frozenset()
    """Other audiences that may stand beside it."""
    leeway: float = DEFAULT_LEEWAY.total_seconds()
    """Seconds of clock difference allowed."""
    expiry_needed: bool = True
    client_id: str | None = None
    """For ID tokens: ``azp`` has to be this."""
    nonce: str | None = None
    max_age: float | None = None
    """Seconds since ``auth_time`` that were asked for (OIDC Core 3.1.2.1)."""
    acr_values: frozenset[str] = frozenset()
    """``acr`` has to be one of these."""


Check = Callable[[Claims, Expected, float], str]
"""``check(claims, expected, now)``: one sentence about what is wrong, empty when nothing is."""


def time_fault(claims: Claims, name: str) -> str:
    """What is wrong with the form of a time claim that is there (RFC 7519 2, NumericDate)."""
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value if isinstance(value, float) else 0):
        return f"Its {name} is not a number of seconds."
    if value > LATEST:
        milliseconds = value / 1000 < LATEST if isinstance(value, int) and value < 10**15 else False
        return f"Its {name} is absurdly late{', probably given in milliseconds' if milliseconds else ''}."
    if value < 0:
        return f"Its {name} lies before 1970."
    return ""


def _time(value: object) -> float:
    """A time that ``time_fault`` has passed."""
    return value if isinstance(value, int | float) else math.nan


def spoken(value: float) -> str:
    """A time of a token in words: ``2026-11-24 10:00:00 UTC``."""
    return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def expiry(claims: Claims, expected: Expected, now: float) -> str:
    """``exp`` is there and not over (RFC 7519 4.1.4)."""
    if "exp" not in claims:
        return "It has no expiry (exp)." if expected.expiry_needed else ""
    fault = time_fault(claims, "exp")
    if fault:
        return fault
    end = _time(claims["exp"])
    return "" if now < end + expected.leeway else f"It expired at {spoken(end)}."


def not_before(claims: Claims, expected: Expected, now: float) -> str:
    """``nbf`` is past (RFC 7519 4.1.5)."""
    return _past(claims, "nbf", "is not valid before", expected, now)


def issued(claims: Claims, expected: Expected, now: float) -> str:
    """``iat`` is past (RFC 7519 4.1.6)."""
    return _past(claims, "iat", "was issued in the future, at", expected, now)


def _past(claims: Claims, name: str, words: str, expected: Expected, now: float) -> str:
    if name not in claims:
        return ""
    fault = time_fault(claims, name)
    if fault:
        return fault
    moment = _time(claims[name])
    return "" if moment <= now + expected.leeway else f"It {words} {spoken(moment)}."


def issuer(claims: Claims, expected: Expected, now: float) -> str:
    """``iss`` is exactly the expected text (RFC 7519 4.1.1, RFC 8725 3.8)."""
    value = claims.get("iss")
    if value is not None and not isinstance(value, str):
        return "Its issuer (iss) is not a text."
    if expected.issuer is None or value == expected.issuer:
        return ""
    return "It names no issuer (iss)." if value is None else f"It was issued by {clean(value)}, not by {clean(expected.issuer)}."


def audience(claims: Claims, expected: Expected, now: float) -> str:
    """``aud`` holds us exactly, and nobody unknown beside us (RFC 7519 4.1.3, OIDC Core 3.1.3.7)."""
    value = claims.get("aud")
    if isinstance(value, str):
        if not expected.audiences or value in expected.audiences:
            return ""
        return f"It is meant for {clean(value)}, not for {_names(expected.audiences)}."
    if value is None:
        return "It names no audience (aud)." if expected.audiences else ""
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        return "Its audience (aud) is neither a text nor a list of texts."
    if not expected.audiences:
        return ""
    received = frozenset(value)
    if received.isdisjoint(expected.audiences):
        return f"It is meant for {_names(received)}, not for {_names(expected.audiences)}."
    unknown = received - expected.audiences - expected.trusted
    return f"It is also meant for {_names(unknown)}, which is not trusted here." if unknown else ""


def _names(values: frozenset[str]) -> str:
    """Some names in a row, the first three of them."""
    first = ", ".join(clean(value, 80) or "“”" for value in sorted(values)[:3])
    return first + (" and others" if len(values) > 3 else "") or "nobody"


def authorized_party(claims: Claims, expected: Expected, now: float) -> str:
    """``azp`` is us, and there when there are several audiences (OIDC Core 3.1.3.7)."""
    value = claims.get("azp")
    if value is not None and not isinstance(value, str):
        return "Its authorized party (azp) is not a text."
    if expected.client_id is None:
        return ""
    if value is None:
        several = isinstance(claims.get("aud"), list) and len(claims["aud"]) > 1  # type: ignore[arg-type]
        return "It has several audiences and no authorized party (azp)." if several else ""
    return "" if value == expected.client_id else f"It was made for the client {clean(value)}, not for {clean(expected.client_id)}."


def subject(claims: Claims, expected: Expected, now: float) -> str:
    """``sub`` is a text of 1 to 255 characters; an ID token has one (OIDC Core 2)."""
    value = claims.get("sub")
    if value is None and expected.client_id is None and "sub" not in claims:
        return ""
    if not isinstance(value, str) or not 0 < len(value) <= _SUBJECT_LIMIT:
        return f"Its subject (sub) is not a text of 1 to {_SUBJECT_LIMIT} characters."
    return ""


def token_id(claims: Claims, expected: Expected, now: float) -> str:
    """``jti`` is a text (RFC 7519 4.1.7)."""
    return "" if isinstance(claims.get("jti", ""), str) else "Its token id (jti) is not a text."


def nonce(claims: Claims, expected: Expected, now: float) -> str:
    """``nonce`` is the one this sign-in sent (OIDC Core 3.1.3.7)."""
    value = claims.get("nonce")
    if value is not None and not isinstance(value, str):
        return "Its nonce is not a text."
    if expected.nonce is None:
        return ""
    if value is None:
        return "It lacks the nonce this sign-in sent."
    return "" if same(value, expected.nonce) else "Its nonce belongs to another sign-in."


def sign_in_time(claims: Claims, expected: Expected, now: float) -> str:
    """``auth_time`` is sane and no older than ``max_age`` (OIDC Core 3.1.3.7)."""
    if "auth_time" not in claims:
        return "It does not say when the person signed in (auth_time)." if expected.max_age is not None else ""
    fault = time_fault(claims, "auth_time")
    if fault:
        return fault
    moment = _time(claims["auth_time"])
    if moment > now + expected.leeway:
        return f"Its sign-in lies in the future, at {spoken(moment)}."
    if expected.max_age is not None and now > moment + expected.max_age + expected.leeway:
        return f"The person signed in at {spoken(moment)}, longer ago than asked for."
    return ""


def context_class(claims: Claims, expected: Expected, now: float) -> str:
    """``acr`` is one of those asked for (OIDC Core 3.1.3.7)."""
    value = claims.get("acr")
    if value is not None and not isinstance(value, str):
        return "Its authentication class (acr) is not a text."
    if not expected.acr_values or value in expected.acr_values:
        return ""
    return f"The sign-in reached {clean(value) if value else 'no stated level'}, not {_names(expected.acr_values)} (acr)."


def hash_fault(claims: Claims, name: str, value: str | None, digest: str) -> str:
    """``at_hash`` or ``c_hash``, when it is there, is the left half of the hash of ``value`` (OIDC Core 3.1.3.6)."""
    claimed = claims.get(name)
    if claimed is None and name not in claims:
        return ""
    if not isinstance(claimed, str):
        return f"Its {name} is not a text."
    if value is None:
        return ""
    whole = hashlib.new(digest, value.encode("utf-8", "surrogatepass")).digest()
    return "" if same(claimed, base64url.encode(whole[: len(whole) // 2])) else f"Its {name} belongs to another token or code."


def same(left: str, right: str) -> bool:
    """Equality in constant time."""
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))


COMMON: Final[tuple[tuple[str, Check], ...]] = (
    ("iss", issuer),
    ("aud", audience),
    ("exp", expiry),
    ("nbf", not_before),
    ("iat", issued),
    ("sub", subject),
    ("jti", token_id),
)
"""Checks of any token, in the order their failures are told."""
ID_TOKEN: Final[tuple[tuple[str, Check], ...]] = (
    *COMMON,
    ("azp", authorized_party),
    ("nonce", nonce),
    ("auth_time", sign_in_time),
    ("acr", context_class),
)
"""Checks of an ID token (OIDC Core 3.1.3.7)."""
ACCESS_TOKEN: Final[tuple[tuple[str, Check], ...]] = (*COMMON, ("auth_time", sign_in_time), ("acr", context_class))
"""Checks of an access token (RFC 9068 4)."""
