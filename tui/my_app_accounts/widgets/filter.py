"""The filter: one line under the list, narrows while it is typed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static


class FilterBar(Horizontal):
    """Hidden while it is empty and unused."""

    DEFAULT_CSS = """
    FilterBar {
        height: 1; display: none; background: $panel; padding: 0 1;
        &.-open { display: block; }
        Static { width: 2; color: $primary; }
        Input { width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
        Input:focus { border: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "Clear", show=False),
        Binding("down", "keep", "Keep", show=False),
    ]

    class Changed(Message):
        """Other words are looked for."""

    class Closed(Message):
        """The person is done with the line."""

    def __init__(self, placeholder: str = "name, user, provider, scope or state; !word excludes") -> None:
        super().__init__()
        self._placeholder = placeholder

    def compose(self) -> ComposeResult:
        """A slash and a field."""
        yield Static("/", markup=False)
        field = Input(placeholder=self._placeholder, compact=True)
        field.cursor_blink = False
        yield field

    @property
    def value(self) -> str:
        """What is looked for."""
        return self.query_one(Input).value

    def open(self) -> None:
        """Show the line and type into it."""
        self.add_class("-open")
        self.query_one(Input).focus()

    def clear(self) -> None:
        """Look for nothing and hide."""
        self.query_one(Input).value = ""
        self.remove_class("-open")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow at once."""
        event.stop()
        self.post_message(self.Changed())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter keeps the filter."""
        event.stop()
        self.action_keep()

    def action_clear(self) -> None:
        """Esc: the filter goes, the list gets the focus."""
        self.clear()
        self.post_message(self.Closed())

    def action_keep(self) -> None:
        """Enter or down: the filter stays, the list gets the focus."""
        if not self.value:
            self.clear()
        self.post_message(self.Closed())
