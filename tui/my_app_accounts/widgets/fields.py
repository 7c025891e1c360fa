"""Text fields that nothing hostile gets into and no secret gets out of (X1, X6)."""

from __future__ import annotations

from textual import events
from textual.widgets import Input

from my_app.secret import Secret
from my_app.text import clean

_LONGEST = 8000


class Field(Input):
    """A line of text. What is pasted is joined to one line and cleaned; a pasted line break submits nothing."""

    DEFAULT_CSS = """
    Field { border: tall $surface-lighten-2; background: $surface; }
    Field:focus { border: tall $accent; }
    Field.-invalid, Field.-invalid:focus { border: tall $error; }
    """

    def _on_paste(self, event: events.Paste) -> None:
        text = clean(" ".join(event.text.split()), _LONGEST)
        if self.selection.is_empty:
            self.insert_text_at_cursor(text)
        else:
            self.replace(text, *self.selection)
        event.stop()
        event.prevent_default()


class SecretField(Field):
    """A line that is never echoed, copied, cut or completed."""

    ALLOW_SELECT = False

    def __init__(self, *, placeholder: str = "", id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(password=True, placeholder=placeholder, id=id, classes=classes)

    def take(self) -> Secret:
        """What was typed; the field is empty afterwards."""
        secret = Secret(self.value)
        self.value = ""
        return secret

    def peek(self) -> Secret:
        """What was typed so far."""
        return Secret(self.value)

    def action_copy(self) -> None:
        """Never: a password does not leave the way it came."""

    def action_cut(self) -> None:
        """Never."""
