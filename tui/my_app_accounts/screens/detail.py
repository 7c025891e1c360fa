"""One account on a screen of its own, where the terminal has no room for a second pane."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from my_app.accounts import Account
from my_app_accounts.keys import ACCOUNT, Act, bindings
from my_app_accounts.messages import OptionsRead, OverviewRead, Tick, VaultRead
from my_app_accounts.screens.account_acts import AccountActs
from my_app_accounts.screens.base import AreaScreen
from my_app_accounts.widgets.detail import DetailPane

_HERE = tuple(act for act in ACCOUNT if act.id not in ("account.open", "account.filter", "account.new"))


class DetailScreen(AccountActs, AreaScreen):
    """Esc goes back to the list; the account's keys work as there."""

    AREA = "accounts"
    ACTS: ClassVar[tuple[Act, ...]] = _HERE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(_HERE)]
    AUTO_FOCUS = "DetailPane"

    def __init__(self, name: str) -> None:
        super().__init__()
        self._account = name

    @property
    def current(self) -> Account | None:
        """The account shown, as last read."""
        return self.app.account(self._account)

    def compose_body(self) -> ComposeResult:
        """The detail pane alone."""
        yield DetailPane(id="alone", classes="pane")

    def on_mount(self) -> None:
        """Show it."""
        self.query_one(DetailPane).show(self.current)

    def receive(self, message: OverviewRead | OptionsRead | VaultRead) -> None:
        """Show what was read; an account that is gone closes the screen."""
        if not self.is_mounted:
            return
        if self.current is None:
            if self.is_current:
                self.dismiss()
            return
        self.query_one(DetailPane).show(self.current)
        for line in self.lines:
            line.renew()

    def on_tick(self, event: Tick) -> None:
        """Countdowns."""
        self.query_one(DetailPane).renew()
        for line in self.lines:
            line.renew()

    def action_back(self) -> None:
        """Back to the list."""
        self.dismiss()

    def action_leave(self) -> None:
        """q is one step back here."""
        self.dismiss()

    def action_area(self, name: str) -> None:
        """Another area; this screen is left."""
        self.dismiss()
        self.app.switch_mode(name)
