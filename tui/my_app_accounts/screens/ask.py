"""Two small dialogs: one question with one field, and a text to read."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from my_app.secret import Secret
from my_app_accounts.screens.error import Card
from my_app_accounts.widgets.secret_input import SecretInput


class AskScreen(ModalScreen[Secret | None]):
    """Dismisses what was typed, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "Close", show=False)]

    def __init__(self, title: str, text: str, *, value: str = "", secret: bool = False) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._value = value
        self._secret = secret

    def compose(self) -> ComposeResult:
        """A sentence and a field."""
        with Vertical(classes="card") as box:
            yield Static(self._text, markup=False)
            field = SecretInput() if self._secret else Input(self._value)
            field.cursor_blink = False
            yield field
        box.border_title = self._title
        box.border_subtitle = "enter go on · esc close"

    @on(Input.Submitted)
    def _done(self, event: Input.Submitted) -> None:
        typed = Secret(event.value)
        event.input.value = ""
        self.dismiss(typed if typed else None)

    def action_close(self) -> None:
        """Nothing was typed."""
        self.dismiss(None)


class TextScreen(Card):
    """A text to read, with a title; both already safe."""

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def on_mount(self) -> None:
        """The title."""
        self.query_one(".card").border_title = Content(self._title)

    def body(self) -> Content:
        """The text."""
        return Content(self._text)
