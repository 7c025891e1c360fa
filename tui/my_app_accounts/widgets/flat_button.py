"""A one-line button; the focused one is filled, so that it shows by shape without colour too."""

from __future__ import annotations

from textual.widgets import Button


class FlatButton(Button):
    """A calm button for dialogs."""

    DEFAULT_CSS = """
    FlatButton, FlatButton.-textual-compact {
        height: 1;
        min-width: 10;
        padding: 0 2;
        border: none;
        margin-left: 2;
        background: $boost;
        color: $foreground;
        text-style: none;
    }
    FlatButton.-textual-compact:hover { background: $vault-cursor; }
    FlatButton.-textual-compact:focus { background: $accent; color: $background; text-style: bold; background-tint: $accent 0%; }
    FlatButton.-textual-compact:disabled { color: $vault-dim; opacity: 70%; }
    """

    def __init__(self, label: str, *, id: str | None = None, disabled: bool = False) -> None:  # noqa: A002 - Textual's name
        """``label`` is our own text."""
        super().__init__(label, id=id, disabled=disabled, compact=True)
