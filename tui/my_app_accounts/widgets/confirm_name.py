"""Type the name to confirm: the lock before everything that cannot be undone."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from my_app_accounts.widgets.fields import Field


class ConfirmName(Vertical):
    """Says whether what is typed is the name, exactly."""

    DEFAULT_CSS = """
    ConfirmName { height: auto; margin-top: 1; }
    """

    class Changed(Message):
        """Something was typed; ``matches`` when it is the name."""

        def __init__(self, matches: bool) -> None:
            super().__init__()
            self.matches = matches

    class Entered(Message):
        """Enter was pressed while it matched."""

    def __init__(self, name: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._wanted = name

    def compose(self) -> ComposeResult:
        """The sentence and the field."""
        yield Static(Content.assemble("Type  ", (self._wanted, "bold"), "  to confirm:"))
        yield Field()

    @property
    def matches(self) -> bool:
        """What is typed is the name."""
        return self.query_one(Field).value.strip() == self._wanted

    def on_input_changed(self, event: Input.Changed) -> None:
        """Pass it on as ours."""
        event.stop()
        self.post_message(self.Changed(self.matches))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter counts only when it matches."""
        event.stop()
        if self.matches:
            self.post_message(self.Entered())
