"""Sign-in without a person: client credentials and API keys."""

from __future__ import annotations

from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Vertical

from my_app.events import LoginEvent
from my_app.model import Flow
from my_app.rotation import StepState
from my_app_accounts.widgets.checklist import Checklist


class AutomaticPane(Vertical):
    """One step that runs; its end closes the screen."""

    TITLE = "without a browser"
    DEFAULT_CSS = "AutomaticPane { height: auto; }"

    def __init__(self, flow: Flow) -> None:
        super().__init__()
        self._ask = "Ask the server for a token" if flow is Flow.CLIENT_CREDENTIALS else "Check that the key works"

    @property
    def url(self) -> str | None:
        """There is no page."""
        return None

    def compose(self) -> ComposeResult:
        """The steps."""
        yield Checklist([("ask", self._ask), ("save", "Save to the vault")])

    def on_mount(self) -> None:
        """It runs already."""
        self.query_one(Checklist).set("ask", StepState.RUNNING)

    def take(self, event: LoginEvent) -> None:
        """It has no events."""

    def tick(self, now: datetime) -> None:
        """It has no countdown."""
