"""Headers and claims in plain words, for people (RFC 7515 4.1, RFC 7519 4.1, OIDC Core 5.1, and common private ones)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from my_app.jose.claims import LATEST
from my_app.jose.meanings import CLAIMS, HEADER, TIMES, UNKNOWN
from my_app.text import clean

_MOST_ROWS: Final = 500
_SHOWN: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRow:
    """One header parameter or claim in plain words; all text cleaned."""

    name: str
    value: str
    meaning: str
    """What it means; ``Private claim, not registered`` when nobody says."""
    moment: datetime | None = None
    """For times: the aware UTC moment."""


def header_rows(header: Mapping[str, object]) -> tuple[ClaimRow, ...]:
    """The rows of a JOSE header."""
    return tuple(
        ClaimRow(name=clean(name, 80), value=shown(value), meaning=HEADER.get(name, "Header parameter that is not registered"))
        for name, value in list(header.items())[:_MOST_ROWS]
    )


def claim_rows(claims: Mapping[str, object]) -> tuple[ClaimRow, ...]:
    """The rows of the claims, in the token's order; times with their moment."""
    return tuple(_claim(name, value) for name, value in list(claims.items())[:_MOST_ROWS])


def _claim(name: str, value: object) -> ClaimRow:
    meaning = CLAIMS.get(name, UNKNOWN)
    if name not in TIMES:
        return ClaimRow(name=clean(name, 80), value=shown(value), meaning=meaning)
    moment = moment_of(value)
    if moment is None:
        return ClaimRow(name=clean(name, 80), value=shown(value), meaning=f"{meaning}. {_strange(value)}")
    return ClaimRow(name=clean(name, 80), value=shown(value), meaning=meaning, moment=moment)


def moment_of(value: object) -> datetime | None:
    """The moment of a NumericDate (RFC 7519 2); None when it is none or absurd."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LATEST:
        return None
    return datetime.fromtimestamp(value, UTC)


def _strange(value: object) -> str:
    """Why a time is not shown as one."""
    if isinstance(value, bool) or not isinstance(value, int | float) or (isinstance(value, float) and not math.isfinite(value)):
        return "This is not a number of seconds, so it means nothing"
    if LATEST < value < LATEST * 1000:
        return "Absurdly late: probably milliseconds instead of seconds"
    return "This is no sensible time"


def shown(value: object) -> str:
    """A value as one cleaned line: text as it is, short lists of texts with commas, the rest as JSON."""
    if isinstance(value, str):
        return clean(value, _SHOWN)
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return clean(", ".join(value[:_SHOWN]), _SHOWN)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**_SHOWN:
        return "a number of more than 200 digits"
    return clean(json.dumps(value, ensure_ascii=False), _SHOWN)
