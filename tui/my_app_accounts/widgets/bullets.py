"""Lines with a mark each; what wraps stays behind its mark."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

Bullet = tuple[str, str, str]
"""Mark, style of the mark, text (our own or cleaned)."""
BAD = ("✕", "$vault-bad")
WARN = ("!", "$vault-soon")
GOOD = ("●", "$vault-ok")
DONE = ("✓", "$vault-ok")
REST = (" ", "$vault-dim")


class Bullets(Widget):
    """Consequences, results and the like."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Bullets { width: 1fr; height: auto; }"

    def __init__(self, bullets: Sequence[Bullet], *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self.bullets = tuple(bullets)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the texts wrap to."""
        return len(self._lines(width))

    def render(self) -> Content:
        """The lines."""
        return Content("\n").join(self._lines(self.size.width or 60))

    def _lines(self, width: int) -> list[Content]:
        lines: list[Content] = []
        for mark, style, text in self.bullets:
            wrapped = Content(text).wrap(max(8, width - 3))
            for index, part in enumerate(wrapped):
                lines.append(Content.assemble((f" {mark} ", style) if index == 0 else "   ", part))
        return lines
