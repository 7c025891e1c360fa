"""Strict JSON (RFC 8259) for everything that comes from outside (D3, J7).

UTF-8 without a byte order mark, no doubled names, no NaN or infinities, no lone surrogates,
at most ``depth`` levels. Python's own reader takes most of these or fails with RecursionError.
"""

from __future__ import annotations

import json
import re
from typing import Final, NoReturn

MAX_DEPTH: Final = 32
_SURROGATE: Final = re.compile(r"\\u[dD][89abABc-fC-F]")
_STRINGS: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


class JsonFault(ValueError):
    """Not strict JSON; the message names the rule, never the text."""


def parse(data: bytes | str, *, limit: int = 1 << 20, depth: int = MAX_DEPTH) -> object:
    """The value. ``limit`` is in bytes, applied before anything else. Raises JsonFault."""
    if len(data) > limit:
        raise JsonFault("too long")
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
    except UnicodeDecodeError:
        raise JsonFault("not UTF-8") from None
    if text.startswith("\ufeff"):
        raise JsonFault("begins with a byte order mark")
    if _nesting(text) > depth:
        raise JsonFault("nested too deeply")
    try:
        value = json.loads(text, object_pairs_hook=_pairs, parse_constant=_constant)
    except JsonFault:
        raise
    except (ValueError, RecursionError):
        raise JsonFault("not JSON") from None
    if _SURROGATE.search(text):
        _no_surrogates(value)
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


def _no_surrogates(value: object) -> None:
    try:
        if isinstance(value, str):
            value.encode("utf-8")
        elif isinstance(value, dict):
            for name, member in value.items():
                name.encode("utf-8")
                _no_surrogates(member)
        elif isinstance(value, list):
            for member in value:
                _no_surrogates(member)
    except UnicodeEncodeError:
        raise JsonFault("holds a lone surrogate") from None
