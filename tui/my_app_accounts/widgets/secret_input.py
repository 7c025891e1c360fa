"""An input for secrets: no echo, no copy, no cut, no suggestion (X6)."""

from __future__ import annotations

from textual.widgets import Input

from my_app.secret import Secret


class SecretInput(Input):
    """A password field that refuses to hand its text to the clipboard and never submits on a pasted line end."""

    def __init__(self, placeholder: str = "", *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(placeholder=placeholder, password=True, id=id, classes=classes, select_on_focus=False)
        self.cursor_blink = False

    def take(self) -> Secret:
        """What was typed; the field is empty afterwards."""
        typed = Secret(self.value)
        self.value = ""
        return typed

    def action_copy(self) -> None:
        """Refuse."""
        self.app.notify("A password field is never copied from.", severity="warning")

    def action_cut(self) -> None:
        """Refuse."""
        self.action_copy()
