"""Text fields that nothing hostile gets into and no secret gets out of (X1, X6)."""

from __future__ import annotations

from textual import events
from textual.widgets import Input

from my_app.text import clean
from my_app_accounts.widgets.secret_input import SecretInput

_LONGEST = 8000


class _CleanPaste(Input):
    """What is pasted is joined to one line and cleaned; a pasted line break submits nothing."""

    def _on_paste(self, event: events.Paste) -> None:
        text = clean(" ".join(event.text.split()), _LONGEST)
        if self.selection.is_empty:
            self.insert_text_at_cursor(text)
        else:
            self.replace(text, *self.selection)
        event.stop()
        event.prevent_default()


class Field(_CleanPaste):
    """A line of text."""

    DEFAULT_CSS = """
    Field { border: round $vault-line; border-title-color: $foreground; background: $background; padding: 0 1; }
    Field:focus { border: round $accent; background-tint: $accent 0%; }
    """

    def __init__(self, value: str = "", *, placeholder: str = "", id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(value, placeholder=placeholder, id=id, classes=classes)
        self.cursor_blink = False


class SecretField(_CleanPaste, SecretInput):
    """A line that is never echoed, copied, cut or completed."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    SecretField { border: round $vault-line; border-title-color: $foreground; background: $background; padding: 0 1; }
    SecretField:focus { border: round $accent; background-tint: $accent 0%; }
    """

    def _on_paste(self, event: events.Paste) -> None:
        """A secret is taken as it is, without the line break it was copied with; it is never drawn."""
        line = next((line for line in event.text.splitlines() if line), "")
        self.insert_text_at_cursor(line)
        event.stop()
        event.prevent_default()
