"""The frame of every dialog: one box, one accent, what to press in its lower edge."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual import events
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

T = TypeVar("T")


class Dialog(ModalScreen[T | None]):
    """A dialog that Esc leaves; its content goes into one container with the id ``box``."""

    DEFAULT_CSS = """
    Dialog {
        align: center middle;
        background: $background 70%;
    }
    Dialog > #box {
        width: 76;
        max-width: 100%;
        height: auto;
        max-height: 100%;
        border: round $accent;
        border-title-color: $text;
        border-title-style: bold;
        border-subtitle-color: $vault-dim;
        background: $background;
        padding: 1 2;
    }
    Dialog.-tight > #box { padding: 0 1; }
    Dialog .dim { color: $vault-dim; }
    Dialog .problem { color: $vault-bad; }
    Dialog .buttons { height: auto; margin-top: 1; align-horizontal: right; }
    Dialog .gap { margin-top: 1; }
    """
    SCROLLS: ClassVar[str] = ""
    """Selector of the child of ``box`` that scrolls when the window is small; empty: nothing does."""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", tooltip="One step back")]

    def on_resize(self, event: events.Resize) -> None:
        """A small terminal gets the frame without its margins."""
        self.set_class(event.size.height < 30 or event.size.width < 90, "-tight")
        self.call_after_refresh(self.fit)

    def fit(self) -> None:
        """Keep what does not scroll inside the window: the part named by ``SCROLLS`` gets what is left."""
        if not self.SCROLLS:
            return
        box, part = self.query_one("#box"), self.query_one(self.SCROLLS)
        others = [child for child in box.children if child is not part and child.display]
        taken = sum(child.outer_size.height + child.styles.margin.height for child in others)
        part.styles.max_height = max(3, self.size.height - box.gutter.height - taken)

    def action_leave(self) -> None:
        """Close without doing anything."""
        self.dismiss(None)
