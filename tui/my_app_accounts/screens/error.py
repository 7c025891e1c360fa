"""An error as a card: what, why, what to do; and a fault of our own without its values."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from my_app.errors import BindingChanged, LoginNeeded, MyAppError, Temporary
from my_app.text import clean
from my_app_accounts.safe import crash_report

if TYPE_CHECKING:
    from my_app_accounts.app import AccountsApp


class Card(ModalScreen[None]):
    """A small dialog that Esc and Enter close."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,q", "close", "Close", show=False)]

    app: AccountsApp

    heading: ClassVar[str] = ""
    hints: ClassVar[str] = "esc close"

    def body(self) -> Content:
        """What the card says."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """One box."""
        with Vertical(classes="card") as box:
            yield Static(self.body(), markup=False)
        box.border_title = self.heading
        box.border_subtitle = self.hints

    def action_close(self) -> None:
        """One step back."""
        self.dismiss()


class ErrorScreen(Card):
    """One error of the core, whole."""

    heading = "That did not work"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("l", "sign_in", "Sign in", show=False)]

    def __init__(self, error: MyAppError, doing: str, profile: str | None = None) -> None:
        super().__init__()
        self.error = error
        self.doing = doing
        self.profile = profile

    def body(self) -> Content:
        """What, why, what to do, details."""
        error = self.error
        parts: list[tuple[str, str]] = [
            (clean(error.message, 400), "bold $vault-bad"),
            ("\n\nWhile trying to  ", "$vault-dim"),
            (self.doing, ""),
            ("\nCode             ", "$vault-dim"),
            (error.code, ""),
        ]
        for name, value in error.facts.items():
            if value is not None and value != "":
                parts += [(f"\n{clean(name.replace('_', ' ').capitalize(), 16):<17}", "$vault-dim"), (clean(value, 120), "")]
        todo = error.hint or ("Press l to sign in." if isinstance(error, LoginNeeded) else "")
        if isinstance(error, Temporary) and not todo:
            todo = error.default_hint
        if isinstance(error, BindingChanged) and self.profile and not todo:
            todo = f"If you meant it: my-app profile trust {self.profile}"
        if todo:
            parts += [("\n\nWhat to do       ", "$vault-dim"), (clean(todo, 400), "$primary")]
        return Content.assemble(*parts)

    def action_sign_in(self) -> None:
        """Go straight to the sign-in where that is the remedy."""
        if self.profile and isinstance(self.error, LoginNeeded):
            self.dismiss()
            self.app.sign_in(self.profile)


class FaultScreen(Card):
    """A fault of this program; kinds and places, never a value (H3)."""

    heading = "A fault in this program"

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def body(self) -> Content:
        """What happened and what it means for the person."""
        return Content.assemble(
            ("Nothing stored was lost. You can go on; please report this text:\n\n", ""),
            (crash_report(self.error), "$vault-dim"),
        )
