"""Forget: one question, the safe answer focused; the app does it, with a way back."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from my_app_accounts.widgets.bullets import BAD, GOOD, Bullets
from my_app_accounts.widgets.dialog import Dialog
from my_app_accounts.widgets.flat_button import FlatButton


class ForgetScreen(Dialog[bool]):
    """Dismissed with True when the person wants ``profile`` forgotten on this machine."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def __init__(self, profile: str) -> None:
        super().__init__()
        self.profile = profile

    def compose(self) -> ComposeResult:
        """What will happen, and two buttons."""
        with Vertical(id="box") as box:
            box.border_title = f"Forget · {self.profile}"
            box.border_subtitle = "tab · enter · esc keeps it"
            yield Static(Content.assemble("Forget  ", (self.profile, "bold"), "  on this machine?"), markup=False)
            yield Bullets(
                [
                    (*BAD, "Its settings and its stored tokens or key are removed here."),
                    (*GOOD, "No server is told: what was granted there stays valid."),
                    (*GOOD, "u undoes it for 10 seconds; x ends the login at the provider."),
                ],
                classes="gap",
            )
            with Horizontal(classes="buttons"):
                yield FlatButton("Keep it", id="keep")
                yield FlatButton("Forget it", id="forget")

    def on_mount(self) -> None:
        """The safe button first."""
        self.query_one("#keep").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        event.stop()
        self.dismiss(event.button.id == "forget")

    def action_leave(self) -> None:
        """Keep it."""
        self.dismiss(False)
