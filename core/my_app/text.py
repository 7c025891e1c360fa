"""Foreign text made safe to show: the only door from a server to a screen (M, X1 to X5).

Every string that comes from outside (a claim, a name, an error description, a user code, a
hostile file) passes ``clean`` on arrival. Characters that Python calls non-printable (C0, DEL,
C1, bidi controls, zero width, tags, lone surrogates) become visible marks; combining marks
are capped; the result is clipped. What comes out never enters a markup parser.
"""

from __future__ import annotations

import unicodedata
from typing import Final

LINE: Final = 200
"""Characters a one-line field may have before it is clipped."""

_COMBINING_RUN: Final = 4
_INVISIBLE: Final = frozenset("\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800\u034f\u00ad\u180e\U0001d159") | frozenset(
    map(chr, range(0xE0100, 0xE01F0))
)
"""What Python calls printable although nothing is seen: fillers, blanks, variation selectors that can hide a message."""


def clean(value: object, limit: int = LINE) -> str:
    """One safe line of at most ``limit`` characters and an ellipsis; anything not a string is shown by ``str``.

    Line breaks and tabs become spaces, other control characters ``\\x1b``-like marks.
    """
    text = value if isinstance(value, str) else str(value)
    return _safe(text, limit, keep="", more="…")


def clean_block(value: str, limit: int = 20_000) -> str:
    """Safe text of several lines, for raw JSON and the like; line feeds stay."""
    return _safe(value, limit, keep="\n", more="\n…")


def _safe(text: str, limit: int, keep: str, more: str) -> str:
    head = text[:limit]
    if head.isascii() and head.isprintable():
        return head if len(text) <= limit else head + more
    out: list[str] = []
    length = marks = 0
    for ch in head:
        combining = ch not in _INVISIBLE and (unicodedata.combining(ch) or unicodedata.category(ch) in ("Mn", "Me"))
        marks = marks + 1 if combining else 0
        if marks > _COMBINING_RUN:
            continue
        piece = ch if combining or ch in keep else _shown(ch)
        # A mark is longer than what it stands for: the limit is for what comes out.
        if length + len(piece) > limit:
            return "".join(out) + more
        out.append(piece)
        length += len(piece)
    return "".join(out) + (more if len(text) > limit else "")


def _shown(ch: str) -> str:
    if ch in "\n\r\t":
        return " "
    return ch if ch == " " or (ch.isprintable() and ch not in _INVISIBLE) else _mark(ch)


def _mark(ch: str) -> str:
    point = ord(ch)
    if ch.isspace():
        return " "
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def host_of(url: str) -> str:
    """The cleaned authority of a URL, for showing only; never used to decide anything."""
    rest = url.split("://", 1)[-1]
    for stop in "/?#\\":
        rest = rest.split(stop, 1)[0]
    return clean(rest, 80)
