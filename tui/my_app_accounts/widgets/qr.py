"""A QR code in half blocks: black on white whatever the theme, with the quiet zone a reader needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

Modules = tuple[tuple[bool, ...], ...]
"""Rows of modules, True is dark, without a quiet zone."""

QUIET: Final = (4, 2)
"""Quiet zones in modules: the standard's four where it fits, else two (measured to scan as well)."""
LONGEST: Final = 300
"""Longer addresses make a code no terminal can hold."""
_DARK: Final = Color.from_rgb(0, 0, 0)
_LIGHT: Final = Color.from_rgb(255, 255, 255)


def modules(text: str) -> Modules | None:
    """The code of ``text`` at error correction level L; None when it is too long for a terminal.

    Imports the QR library, some 50 ms: call it off the interface loop.
    """
    from qrcode.constants import ERROR_CORRECT_L
    from qrcode.main import QRCode

    if len(text) > LONGEST:
        return None
    code = QRCode(error_correction=ERROR_CORRECT_L, border=0)
    code.add_data(text)
    code.make(fit=True)
    return tuple(tuple(bool(module) for module in row) for row in code.get_matrix())


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How a code is drawn into the room there is."""

    zone: int
    size: Size
    """In cells."""


def cells(side: int, zone: int, *, big: bool) -> Size:
    """The room a code of ``side`` modules takes: half blocks, or two cells a module when ``big``."""
    full = side + 2 * zone
    return Size(full * 2, full) if big else Size(full, (full + 1) // 2)


def fit(side: int, room: Size, *, big: bool = False) -> Fit | None:
    """The widest quiet zone that fits into ``room`` cells; None when none does."""
    for zone in QUIET:
        size = cells(side, zone, big=big)
        if size.width <= room.width and size.height <= room.height:
            return Fit(zone=zone, size=size)
    return None


class QR(Widget):
    """Draws modules; give it ``show`` with what ``fit`` found."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "QR { width: auto; height: auto; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._modules: Modules = ()
        self._fit = Fit(zone=0, size=Size(0, 0))
        self._big = False
        self._inverted = False

    def show(self, code: Modules, how: Fit, *, big: bool, inverted: bool) -> None:
        """Draw ``code``; ``inverted`` only helps where a terminal without colour swaps black and white."""
        self._modules, self._fit, self._big, self._inverted = code, how, big, inverted
        self.styles.width, self.styles.height = how.size.width, how.size.height
        self.refresh(layout=True)

    def render_line(self, y: int) -> Strip:
        """One row of cells."""
        if not self._modules or y >= self._fit.size.height:
            return Strip.blank(self.size.width)
        count = len(self._modules) + 2 * self._fit.zone
        if getattr(self.app, "colourless", False):
            return Strip([Segment(self._plain_line(y, count))], count * 2 if self._big else count)
        dark, light = (_LIGHT, _DARK) if self._inverted else (_DARK, _LIGHT)
        segments: list[Segment] = []
        for x in range(count):
            if self._big:
                segments.append(Segment("  ", Style(bgcolor=dark if self._at(x, y) else light)))
            else:
                top = dark if self._at(x, 2 * y) else light
                bottom = dark if self._at(x, 2 * y + 1) else light
                glyph = " " if top == bottom else "▀"
                segments.append(Segment(glyph, Style(color=top, bgcolor=bottom)))
        return Strip(segments, count * 2 if self._big else count)

    def _plain_line(self, y: int, count: int) -> str:
        """Without colours: light modules are drawn, dark ones are the terminal's background; inverted for a light one."""
        drawn = self._inverted
        if self._big:
            return "".join("██" if self._at(x, y) is drawn else "  " for x in range(count))
        glyphs = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
        return "".join(glyphs[self._at(x, 2 * y) is drawn, self._at(x, 2 * y + 1) is drawn] for x in range(count))

    def _at(self, x: int, y: int) -> bool:
        """Whether the module at these coordinates, quiet zone included, is dark."""
        side, zone = len(self._modules), self._fit.zone
        inside = zone <= x < zone + side and zone <= y < zone + side
        return inside and self._modules[y - zone][x - zone]
