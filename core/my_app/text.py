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
_INVISIBLE: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u00ad")


def clean(value: object, limit: int = LINE) -> str:
    """One safe line of at most ``limit`` characters; anything not a string is shown by ``str``.

    Line breaks and tabs become spaces, other control characters ``\\x1b``-like marks.
    """
    text = value if isinstance(value, str) else str(value)
    clipped = len(text) > limit
    return _safe(text[:limit], keep="") + ("…" if clipped else "")


def clean_block(value: str, limit: int = 20_000) -> str:
    """Safe text of several lines, for raw JSON and the like; line feeds stay."""
    clipped = len(value) > limit
    return _safe(value[:limit], keep="\n") + ("\n…" if clipped else "")


def _safe(text: str, keep: str) -> str:
    out: list[str] = []
    marks = 0
    for ch in text:
        if ch in keep:
            out.append(ch)
            marks = 0
            continue
        if unicodedata.combining(ch) or unicodedata.category(ch) in ("Mn", "Me"):
            marks += 1
            if marks <= _COMBINING_RUN:
                out.append(ch)
            continue
        marks = 0
        if ch in "\n\r\t":
            out.append(" ")
        elif ch == " " or (ch.isprintable() and ch not in _INVISIBLE):
            out.append(ch)
        else:
            out.append(_mark(ch))
    return "".join(out)


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
