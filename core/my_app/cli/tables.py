"""Aligned text for a terminal: columns that fit its width, foreign text cleaned and clipped (X1, X4); pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from my_app.text import clean

GAP: Final = 2
_NARROW: Final = 6
"""A column is never squeezed below this."""


def cells(text: str) -> int:
    """Columns ``text`` takes on a terminal (wide characters two, combining marks none)."""
    total = 0
    for ch in text:
        if unicodedata.combining(ch):
            continue
        total += 2 if unicodedata.east_asian_width(ch) in ("W", "F") else 1
    return total


def clip(text: str, width: int) -> str:
    """At most ``width`` columns of ``text``; what is cut off ends in an ellipsis."""
    if cells(text) <= width:
        return text
    out, used = "", 0
    for ch in text:
        size = cells(ch)
        if used + size > width - 1:
            break
        out, used = out + ch, used + size
    return out + "…"


def pad(text: str, width: int) -> str:
    """``text`` with spaces up to ``width`` columns."""
    return text + " " * max(0, width - cells(text))


def table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int, firm: Sequence[str] = ()) -> list[str]:
    """Header and rows as lines of at most ``width`` columns; the widest columns give way first, those named ``firm`` last."""
    lines = [tuple(head), *[tuple(clean(cell) for cell in row) for row in rows]]
    sizes = [max(cells(line[column]) for line in lines) for column in range(len(head))]
    floors = [max(_NARROW, cells(title)) for title in head]
    excess = sum(sizes) + GAP * (len(sizes) - 1) - width
    while excess > 0:
        able = [index for index, size in enumerate(sizes) if size > floors[index]]
        loose = [index for index in able if head[index] not in firm] or able
        if not loose:
            break
        widest = max(loose, key=lambda index: sizes[index])
        sizes[widest] -= 1
        excess -= 1
    gap = " " * GAP
    return [gap.join(pad(clip(cell, size), size) for cell, size in zip(line, sizes, strict=True)).rstrip() for line in lines]


def facts(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """``label  value`` lines; values are cleaned, empty ones left out."""
    shown = [(clean(label, 60), clean(value, 2_000)) for label, value in pairs if value]
    size = max((cells(label) for label, _ in shown), default=0)
    return [f"{pad(label, size)}  {value}" for label, value in shown]
