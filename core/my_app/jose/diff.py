"""Two tokens side by side: what one says and the other does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from my_app.jose.explain import moment_of, shown
from my_app.jose.meanings import CLAIMS, HEADER, TIMES, UNKNOWN
from my_app.jose.parse import LOOK_LIMIT, decode
from my_app.text import clean


class Change(StrEnum):
    """How one name differs."""

    SAME = "same"
    CHANGED = "changed"
    ONLY_LEFT = "only_left"
    ONLY_RIGHT = "only_right"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffRow:
    """One header parameter or claim of two tokens; text cleaned."""

    part: str
    """``header`` or ``claims``."""
    name: str
    change: Change
    left: str
    """Empty when it is not there."""
    right: str
    meaning: str
    left_moment: datetime | None = None
    right_moment: datetime | None = None


def compare(left: str, right: str) -> tuple[DiffRow, ...]:
    """Every name of either token, in the left one's order, without trust in either. Raises TokenInvalid for the unreadable."""
    one, other = decode(left.strip(), limit=LOOK_LIMIT), decode(right.strip(), limit=LOOK_LIMIT)
    return (*_rows("header", one.header, other.header), *_rows("claims", one.claims, other.claims))


def _rows(part: str, left: Mapping[str, object], right: Mapping[str, object]) -> list[DiffRow]:
    return [_row(part, name, left, right) for name in dict.fromkeys((*left, *right))]


def _row(part: str, name: str, left: Mapping[str, object], right: Mapping[str, object]) -> DiffRow:
    if name not in right:
        change = Change.ONLY_LEFT
    elif name not in left:
        change = Change.ONLY_RIGHT
    else:
        change = Change.SAME if _equal(left[name], right[name]) else Change.CHANGED
    timed = part == "claims" and name in TIMES
    return DiffRow(
        part=part,
        name=clean(name, 80),
        change=change,
        left=shown(left[name]) if name in left else "",
        right=shown(right[name]) if name in right else "",
        meaning=(HEADER if part == "header" else CLAIMS).get(name, UNKNOWN),
        left_moment=moment_of(left.get(name)) if timed else None,
        right_moment=moment_of(right.get(name)) if timed else None,
    )


def _equal(left: object, right: object) -> bool:
    """Equality as JSON has it: ``true`` is not ``1``."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(_equal(one, other) for one, other in zip(left, right, strict=True))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_equal(left[name], right[name]) for name in left)
    return left == right
