"""Spans of time as people write them: ``90s``, ``5m``, ``2h``, ``1d``, ``1h30m``; a bare number is seconds."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

_PART: Final = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)")
_WHOLE: Final = re.compile(r"(?:[0-9]{1,9}(?:ms|s|m|h|d))+")
_UNITS: Final = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
LONGEST: Final = timedelta(days=3650)


def parse_duration(text: str) -> timedelta:
    """The span. Raises ValueError for anything else, and for more than ten years."""
    text = text.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        span = timedelta(seconds=int(text))
    elif _WHOLE.fullmatch(text):
        span = sum((int(number) * _UNITS[unit] for number, unit in _PART.findall(text)), timedelta(0))
    else:
        raise ValueError("not a duration")
    if span > LONGEST:
        raise ValueError("longer than ten years")
    return span


def duration_text(span: timedelta) -> str:
    """The span in the same notation, whole seconds: ``90s``, ``5m``, ``2h``."""
    seconds = int(span.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
