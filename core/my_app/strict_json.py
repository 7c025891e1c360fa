"""Strict JSON (RFC 8259) for everything that comes from outside (D3, J7).

UTF-8 without a byte order mark, no doubled names, no NaN or infinities, no lone surrogates,
at most ``depth`` levels. Python's own reader takes most of these or fails with RecursionError.
"""

from __future__ import annotations

import json
import math
import re
from typing import Final, NoReturn

MAX_DEPTH: Final = 32
_SURROGATE: Final = re.compile(r"\\u[dD][89abABc-fC-F]")
# Possessive, and an unclosed string counts to the end: one pass whatever the text (no backtracking).
_STRINGS: Final = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)


class JsonFault(ValueError):
    """Not strict JSON; the message names the rule, never the text."""


def parse(data: bytes | str, *, limit: int = 1 << 20, depth: int = MAX_DEPTH) -> object:
    """The value. ``limit`` is in bytes (characters of a ``str``), applied before anything else. Raises JsonFault."""
    if len(data) > limit:
        raise JsonFault("too long")
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
    except UnicodeDecodeError:
        raise JsonFault("not UTF-8") from None
    if text.startswith("\ufeff"):
        raise JsonFault("begins with a byte order mark")
    # No more brackets than levels allowed, in strings or not: then there is nothing to measure.
    if text.count("[") + text.count("{") > depth and _nesting(text) > depth:
        raise JsonFault("nested too deeply")
    try:
        value: object = _DECODER.decode(text)
    except JsonFault:
        raise
    except (ValueError, RecursionError):
        raise JsonFault("not JSON") from None
    if isinstance(data, str) or "\\" in text:
        _no_surrogates(text, value)
    return value


def parse_object(data: bytes | str, *, limit: int = 1 << 20, depth: int = MAX_DEPTH) -> dict[str, object]:
    """The same, and it must be an object. Raises JsonFault."""
    value = parse(data, limit=limit, depth=depth)
    if not isinstance(value, dict):
        raise JsonFault("not a JSON object")
    return value


def _nesting(text: str) -> int:
    deepest = level = 0
    for ch in _STRINGS.sub("", text):
        if ch in "[{":
            level += 1
            deepest = max(deepest, level)
        elif ch in "]}":
            level -= 1
    return deepest


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise JsonFault("a name stands twice")
    return out


def _constant(name: str) -> NoReturn:
    raise JsonFault("not a JSON number")


def _number(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise JsonFault("a number is too large")
    return value


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant, parse_float=_number)
"""Made once: making one costs as much as reading a token's header."""


def _no_surrogates(text: str, value: object) -> None:
    try:
        text.encode("utf-8")
        if _SURROGATE.search(text):
            _encodable(value)
    except UnicodeEncodeError:
        raise JsonFault("holds a lone surrogate") from None


def _encodable(value: object) -> None:
    if isinstance(value, str):
        value.encode("utf-8")
    elif isinstance(value, dict):
        for name, member in value.items():
            name.encode("utf-8")
            _encodable(member)
    elif isinstance(value, list):
        for member in value:
            _encodable(member)
