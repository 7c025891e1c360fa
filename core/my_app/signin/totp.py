"""Time-based one-time codes (RFC 6238 over RFC 4226); pure: the moment is an argument."""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import datetime, timedelta
from typing import Final, Literal

from my_app.errors import SettingsFault
from my_app.secret import Secret

PERIOD: Final = timedelta(seconds=30)
"""The time step X of RFC 6238 4.1; every authenticator app uses this one."""

Algorithm = Literal["sha1", "sha256", "sha512"]


def code(seed: Secret, at: datetime, *, digits: int = 6, period: timedelta = PERIOD, algorithm: Algorithm = "sha1") -> Secret:
    """The code that is right at ``at`` (aware), with its leading zeros.

    ``seed`` is base32 as providers print it: any case, spaces, dashes and missing padding are
    taken. Raises SettingsFault when it is not base32 (RFC 4648 6).
    """
    counter = int(at.timestamp()) // int(period.total_seconds())
    digest = hmac.digest(_key(seed), counter.to_bytes(8, "big"), algorithm)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return Secret(str(number % 10**digits).zfill(digits))


def time_left(at: datetime, *, period: timedelta = PERIOD) -> timedelta:
    """How long the code of ``at`` stays right: more than nothing, at most ``period``."""
    seconds = period.total_seconds()
    return timedelta(seconds=seconds - at.timestamp() % seconds)


def _key(seed: Secret) -> bytes:
    text = seed.reveal().upper().translate({ord(" "): None, ord("-"): None}).rstrip("=")
    try:
        key = base64.b32decode(text + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise SettingsFault(
            "The stored TOTP seed is not base32 text.",
            hint="Copy the seed again from the provider's page (letters A-Z and digits 2-7).",
        )
    return key
