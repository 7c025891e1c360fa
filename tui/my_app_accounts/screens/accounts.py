"""Accounts: the list, what the chosen one is, and everything that can be done with it."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from my_app.accounts import Account
from my_app.text import clean
from my_app_accounts.keys import ACCOUNT, Act, bindings
from my_app_accounts.messages import OptionsRead, OverviewRead, Tick, VaultRead
from my_app_accounts.screens.account_acts import AccountActs
from my_app_accounts.screens.base import AreaScreen
from my_app_accounts.view import matches
from my_app_accounts.widgets.account_list import AccountList
from my_app_accounts.widgets.detail import DetailPane
from my_app_accounts.widgets.filter import FilterBar
from my_app_accounts.widgets.recent import RecentPane
from my_app_accounts.widgets.welcome import Welcome


class AccountsScreen(AccountActs, AreaScreen):
    """The first area."""

    AREA = "accounts"
    ACTS: ClassVar[tuple[Act, ...]] = ACCOUNT
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(ACCOUNT)]
    AUTO_FOCUS = "AccountList"

    def compose_body(self) -> ComposeResult:
        """List, detail, recent events; the filter under the list."""
        with Horizontal(id="body"):
            with Vertical(id="list-pane", classes="pane"):
                yield AccountList(id="accounts")
                yield Welcome()
                yield FilterBar()
            yield DetailPane(id="detail", classes="pane")
            yield RecentPane(id="recent", classes="pane")

    def on_mount(self) -> None:
        """Titles that never change."""
        self.query_one("#list-pane").border_title = "1 Accounts"
        if self.app.listed:
            self.receive(OverviewRead(self.app.overview))

    # -- what is shown -----------------------------------------------------------------------------

    @property
    def current(self) -> Account | None:
        """The account under the cursor, as last read."""
        chosen = self.query_one(AccountList).current
        return self.app.account(chosen.name) if chosen else None

    def receive(self, message: OverviewRead | OptionsRead | VaultRead) -> None:
        """Show the list again, and what hangs on it."""
        if not self.is_mounted:
            return
        if isinstance(message, OverviewRead):
            self._show_list(message.select)
        self._show_chrome()

    def _show_list(self, select: str | None = None) -> None:
        accounts = self.app.accounts
        query = self.query_one(FilterBar).value
        now = self.app.now()
        shown = [account for account in accounts if matches(account, query, now)] if query else list(accounts)
        listed = self.query_one(AccountList)
        unread = self.app.unread
        if unread is not None:
            listed.nothing = f"The accounts cannot be read: {clean(unread.message, 200)} ^r tries again."
        else:
            listed.nothing = f"No account matches {query}. Esc clears the filter." if query else ""
        listed.show_accounts(shown, select)
        pane = self.query_one("#list-pane")
        pane.border_subtitle = f"{len(shown)}/{len(accounts)}" if query else f"{len(accounts)}"
        self.set_class(not accounts and self.app.listed and unread is None, "-empty")
        if accounts and self.focused is None:
            listed.focus()

    def _show_chrome(self) -> None:
        for line in self.lines:
            line.renew()

    @on(AccountList.Moved)
    def _moved(self, event: AccountList.Moved) -> None:
        account = self.current
        self.query_one(DetailPane).show(account)
        self.query_one(RecentPane).show(account)
        self._show_chrome()

    def on_tick(self, event: Tick) -> None:
        """Countdowns: only what changed is painted."""
        self.query_one(AccountList).renew()
        self.query_one(DetailPane).renew()
        self._show_chrome()

    # -- filter and focus ----------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Type to narrow."""
        self.query_one(FilterBar).open()

    @on(FilterBar.Changed)
    def _filtered(self) -> None:
        self._show_list()

    @on(FilterBar.Closed)
    def _filter_closed(self) -> None:
        self.query_one(AccountList).focus()

    @on(AccountList.Opened)
    async def _opened(self) -> None:
        await self.run_action("open")

    def action_open(self) -> None:
        """Everything about the account: the pane beside the list, or a screen of its own where there is no room."""
        account = self.current
        if account is None:
            return
        detail = self.query_one(DetailPane)
        if detail.display:
            detail.focus()
        else:
            from my_app_accounts.screens.detail import DetailScreen

            self.app.push_screen(DetailScreen(account.name))

    def action_back(self) -> None:
        """From the detail to the list; then the filter goes; the top has no further step."""
        listed = self.query_one(AccountList)
        bar = self.query_one(FilterBar)
        if not listed.has_focus:
            listed.focus()
        elif bar.value:
            bar.clear()
        else:
            self.app.clear_notifications()
