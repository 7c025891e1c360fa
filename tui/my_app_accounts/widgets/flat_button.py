"""A one-line button in brackets; the focused one is filled, so that it shows without colour too."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Button


class FlatButton(Button):
    """A calm button for dialogs."""

    DEFAULT_CSS = """
    FlatButton.-textual-compact.-style-default {
        width: auto;
        height: 1;
        min-width: 8;
        padding: 0;
        border: none;
        margin-left: 2;
        background: $background;
        color: $foreground;
        text-style: none;
    }
    FlatButton.-textual-compact.-style-default:hover { background: $vault-cursor; }
    FlatButton.-textual-compact.-style-default:focus {
        background: $accent;
        color: $background;
        text-style: bold;
        background-tint: $accent 0%;
    }
    FlatButton.-textual-compact.-style-default:disabled { color: $vault-dim; text-opacity: 60%; }
    FlatButton.-textual-compact.-style-default:ansi:focus { text-style: reverse; }
    """

    def __init__(self, label: str, *, id: str | None = None, disabled: bool = False) -> None:  # noqa: A002 - Textual's name
        """``label`` is our own text."""
        super().__init__(Content(f"[ {label} ]"), id=id, disabled=disabled, compact=True)

    def say(self, label: str) -> None:
        """Change the label, and the width with it."""
        self.label = Content(f"[ {label} ]")
        self.refresh(layout=True)
