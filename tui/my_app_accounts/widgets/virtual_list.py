"""VirtualList: a list that draws only the lines on the screen, each once, until what it says changes.

A DataTable of 2,000 rows lays out every cell when it is filled; this keeps one strip per visible
line, so filling, filtering and a running countdown cost the same at 20 rows and at 20,000.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

Item = TypeVar("Item")
Part = tuple[str, str]
"""Text that is safe to show, and a style: ``$variable``, ``bold``, ``dim`` or several of them."""


class VirtualList(ScrollView, Generic[Item], can_focus=True):
    """Lines with a cursor. Subclasses say what a line holds (``parts``) and what is above (``heading``)."""

    DEFAULT_CSS = """
    VirtualList {
        scrollbar-size-vertical: 1;
        overflow-x: hidden;
        background: $surface;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("home,g", "first", "First", show=False),
        Binding("end,G", "last", "Last", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("enter", "open", "Open", show=False),
    ]

    cursor: reactive[int] = reactive(0)
    """Index of the chosen line."""

    class Moved(Message):
        """The cursor is on another item."""

        def __init__(self, source: VirtualList[Any]) -> None:
            super().__init__()
            self.source = source

        @property
        def control(self) -> VirtualList[Any]:
            """The list."""
            return self.source

    class Opened(Moved):
        """An item was opened by Enter or a second click."""

    class NearEnd(Moved):
        """The cursor came near the end: more may be loaded."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self.items: Sequence[Item] = ()
        self.nothing = ""
        """What to say where the list is empty."""
        self.drawn = 0
        """How many lines were drawn so far; tests watch it."""
        self._lines: dict[int, tuple[Hashable, Strip]] = {}
        self._styles: dict[str, Style] = {}

    # -- what a subclass says ----------------------------------------------------------------------

    def parts(self, item: Item, width: int) -> list[Part]:
        """The line of ``item`` as texts with styles, ``width`` cells in all or less."""
        raise NotImplementedError

    def heading(self, width: int) -> str:
        """The line of column titles; empty: none."""
        return ""

    # -- content -----------------------------------------------------------------------------------

    @property
    def current(self) -> Item | None:
        """The item under the cursor."""
        return self.items[self.cursor] if 0 <= self.cursor < len(self.items) else None

    def show(self, items: Sequence[Item], *, cursor: int = 0) -> None:
        """Show ``items`` with the cursor on the line numbered ``cursor``."""
        self.items = items
        self._lines.clear()
        self._measure()
        wanted = max(0, min(cursor, len(items) - 1))
        if wanted == self.cursor:
            self._follow()
            self.post_message(self.Moved(self))
        else:
            self.cursor = wanted
        self.refresh()

    def renew(self) -> int:
        """Repaint the visible lines that say something new; returns how many did."""
        top = self.scroll_offset.y
        changed = 0
        for y in range(self._head, self.size.height):
            index = top + y - self._head
            cached = self._lines.get(index)
            if cached is None or index >= len(self.items):
                continue
            if cached[0] != self._key(index):
                del self._lines[index]
                self.refresh(Region(0, y, self.line_width, 1))
                changed += 1
        return changed

    @property
    def line_width(self) -> int:
        """Cells of a line, without the scroll bar."""
        return self.scrollable_content_region.width

    @property
    def _head(self) -> int:
        return 1 if self.heading(self.line_width) else 0

    def _measure(self) -> None:
        self.virtual_size = Size(self.line_width, len(self.items) + self._head)

    def _key(self, index: int) -> Hashable:
        chosen = index == self.cursor
        return (tuple(self.parts(self.items[index], self.line_width - 2)), chosen, chosen and self.has_focus, self.line_width)

    # -- drawing -----------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Line ``y`` of the window."""
        width = self.line_width
        if y < self._head:
            return self._strip([(f"  {self.heading(width - 2)}", "$vault-dim")], width, "")
        index = self.scroll_offset.y + y - self._head
        if index >= len(self.items):
            return self._strip([(f"  {self._nothing_line(y - self._head)}", "$vault-dim")], width, "")
        cached = self._lines.get(index)
        if cached is None:
            cached = self._lines[index] = (self._key(index), self._draw(index, width))
            self.drawn += 1
            if len(self._lines) > 500:
                self._lines.pop(next(iter(self._lines)))
        return cached[1]

    def _nothing_line(self, number: int) -> str:
        if self.items or not self.nothing:
            return ""
        lines = Content(self.nothing).wrap(max(8, self.line_width - 4))
        return lines[number].plain if number < len(lines) else ""

    def _draw(self, index: int, width: int) -> Strip:
        parts = self.parts(self.items[index], width - 2)
        if index != self.cursor:
            return self._strip([("  ", ""), *parts], width, "")
        ground = "$vault-cursor" if self.has_focus else "$vault-cursor-blurred"
        return self._strip([("▌", "$primary" if self.has_focus else "$vault-line"), (" ", ""), *parts], width, ground)

    def _strip(self, parts: Sequence[Part], width: int, ground: str) -> Strip:
        base = self._style("", ground)
        strip = Strip([Segment(text, self._style(style, ground)) for text, style in parts])
        return strip.adjust_cell_length(width, base)

    def _style(self, style: str, ground: str = "") -> Style:
        known = self._styles.get(key := f"{style}|{ground}")
        if known is None:
            known = self._styles[key] = self._resolve(style, ground)
        return known

    def _resolve(self, style: str, ground: str) -> Style:
        from textual.style import Style as TextualStyle

        variables = self.app.theme_variables
        base = TextualStyle(background=self.background_colors[1], foreground=self.colors[3])
        laid = base + TextualStyle.parse(f"on {ground}", variables) if ground else base
        return (laid + TextualStyle.parse(style, variables)).rich_style if style else laid.rich_style

    def notify_style_update(self) -> None:
        """The theme changed: every line is drawn again."""
        self._styles.clear()
        self._lines.clear()
        super().notify_style_update()

    # -- moving ------------------------------------------------------------------------------------

    def watch_cursor(self, old: int, new: int) -> None:
        """Redraw two lines, keep the cursor in the window, tell the screen."""
        for index in (old, new):
            self._lines.pop(index, None)
            y = index - self.scroll_offset.y + self._head
            if self._head <= y < self.size.height:
                self.refresh(Region(0, y, self.line_width, 1))
        self._follow()
        if self.is_mounted:
            self.post_message(self.Moved(self))
            if new >= len(self.items) - 20:
                self.post_message(self.NearEnd(self))

    def _follow(self) -> None:
        room = self.size.height - self._head
        top = self.scroll_offset.y
        if room <= 0:
            return
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, immediate=True)
        elif self.cursor >= top + room:
            self.scroll_to(y=self.cursor - room + 1, animate=False, immediate=True)

    def on_resize(self) -> None:
        """Lines are as wide as the window."""
        self._lines.clear()
        self._measure()
        self._follow()

    def on_focus(self) -> None:
        """The cursor looks different with the focus."""
        self._redraw_cursor()

    def on_blur(self) -> None:
        """The cursor looks different without the focus."""
        self._redraw_cursor()

    def _redraw_cursor(self) -> None:
        self._lines.pop(self.cursor, None)
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """A click chooses, a click on the chosen opens."""
        index = self.scroll_offset.y + event.y - self._head
        if event.y >= self._head and 0 <= index < len(self.items):
            if index == self.cursor:
                self.action_open()
            else:
                self.cursor = index

    def action_move(self, by: int) -> None:
        """Up or down by lines."""
        self._go(self.cursor + by)

    def action_page(self, by: int) -> None:
        """Up or down by a window."""
        self._go(self.cursor + by * max(1, self.size.height - self._head - 1))

    def action_first(self) -> None:
        """To the first line."""
        self._go(0)

    def action_last(self) -> None:
        """To the last line."""
        self._go(len(self.items) - 1)

    def _go(self, index: int) -> None:
        if self.items:
            self.cursor = max(0, min(index, len(self.items) - 1))

    def action_open(self) -> None:
        """Open the chosen item."""
        if self.current is not None:
            self.post_message(self.Opened(self))
