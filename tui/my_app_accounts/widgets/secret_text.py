"""A secret on the screen: eight dots, and for a short counted time the value itself (H5)."""

from __future__ import annotations

from datetime import datetime, timedelta

from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from my_app.secret import MASK, Secret
from my_app.text import clean


class SecretText(Widget):
    """Masked unless shown; hides by itself, and refuses selection always."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "SecretText { width: 1fr; height: auto; }"

    class Hidden(Message):
        """The value is masked again."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._shown: Secret | None = None
        self._until: datetime | None = None

    @property
    def shown(self) -> bool:
        """Whether the value is on the screen."""
        return self._shown is not None

    def show(self, secret: Secret, *, now: datetime, span: timedelta) -> None:
        """Show ``secret`` until ``span`` from now."""
        self._shown, self._until = secret, now + span
        self.refresh(layout=True)

    def hide(self) -> None:
        """Mask it and let go of the value."""
        if self._shown is not None:
            self._shown = self._until = None
            self.refresh(layout=True)
            self.post_message(self.Hidden())

    def left(self, now: datetime) -> int:
        """Whole seconds until it hides, rounded up; hides when there are none."""
        if self._until is None:
            return 0
        seconds = -int((now - self._until).total_seconds() // 1)
        if seconds <= 0:
            self.hide()
            return 0
        return seconds

    def render(self) -> Content:
        """The mask, or the value as plain text."""
        if self._shown is None:
            return Content.styled(MASK, "$vault-dim")
        return Content(clean(self._shown.reveal(), 20_000))
