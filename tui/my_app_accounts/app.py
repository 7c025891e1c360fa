"""AccountsApp: the app chooses screens, keeps the clock and carries messages; it decides nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.screen import Screen

from my_app.errors import KeyringUnavailable, LoginNeeded, VaultLocked, WrongPassphrase
from my_app.model import Flow
from my_app.secret import Secret
from my_app.words import span
from my_app_accounts.keeping import OPENING, READING, KeepingApp
from my_app_accounts.messages import (
    AccountsChanged,
    ClipboardHeld,
    CoreFailed,
    OverviewRead,
    Renewed,
    RenewFailed,
    Tick,
)
from my_app_accounts.palette import AccountsProvider
from my_app_accounts.renewal import Renewals

if TYPE_CHECKING:
    from my_app.wiring import Services


def _accounts() -> Screen[Any]:
    from my_app_accounts.screens.accounts import AccountsScreen

    return AccountsScreen()


def _inspector() -> Screen[Any]:
    from my_app_accounts.screens.inspector import InspectorScreen

    return InspectorScreen()


def _audit() -> Screen[Any]:
    from my_app_accounts.screens.audit import AuditScreen

    return AuditScreen()


def _settings() -> Screen[Any]:
    from my_app_accounts.screens.settings import SettingsScreen

    return SettingsScreen()


class AccountsApp(KeepingApp):
    """The app over one home's use cases.

    What screens use: ``services``, ``now()``, ``options``, ``overview``, ``vault``, ``demo``, ``read_only``,
    ``background(...)``, and ``post_message(AccountsChanged(select=name))`` after changing an account.
    """

    TITLE = "my-app accounts"
    CSS_PATH = Path(__file__).with_name("app.tcss")
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {AccountsProvider}
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        "accounts": _accounts,
        "inspector": _inspector,
        "audit": _audit,
        "settings": _settings,
    }
    DEFAULT_MODE = "accounts"
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (100, "-wide"), (160, "-vast")]  # noqa: RUF012 - as Textual declares it
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (16, "-short"), (30, "-tall")]  # noqa: RUF012 - as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", id="app.quit", show=False, priority=True, tooltip="Leave the app, wherever you are"),
    ]

    def __init__(
        self,
        services: Services,
        *,
        demo: object | None = None,
        read_only: bool = False,
        profile: str | None = None,
        environ: Mapping[str, str] | None = None,
        ticking: bool = True,
        prepare: Callable[[Callable[[str], None]], None] | None = None,
    ) -> None:
        """``demo`` is handed to the people screen; ``profile`` is under the cursor at first; tests tick by ``strike()``.

        ``prepare`` fills a demo's home in a thread and calls back with the name of each account.
        """
        super().__init__(services, environ)
        self.demo = demo
        self.read_only = read_only
        self.busy: frozenset[str] = frozenset()
        """Accounts a renewal is under way for; an overlay over their state."""
        self.clipboard_until: datetime | None = None
        self.renewals = Renewals()
        self._wanted = profile
        self._prepare = prepare
        self.preparing = prepare is not None
        """The demo's accounts are being made."""
        self._ticking = ticking

    # -- start, clock, idle ----------------------------------------------------------------------

    def on_mount(self) -> None:
        """Read the list first; settings and the vault after the first frame."""
        self.read_accounts(self._wanted)
        self.call_after_refresh(self._open_late)
        if self._ticking:
            self.set_interval(1.0, self.strike)

    def _open_late(self) -> None:
        self.read_options()
        self.open_vault()
        if (prepare := self._prepare) is not None:

            def told(name: str) -> None:
                self.post_message(AccountsChanged())

            def filled() -> AccountsChanged:
                prepare(told)
                return AccountsChanged(self._wanted)

            self.background(filled, self._prepared, doing="fill the demo", group="prepare")

    def _prepared(self, message: AccountsChanged) -> AccountsChanged:
        self.preparing = False
        return message

    def strike(self) -> None:
        """One second of the app's clock: countdowns, renewals ahead of time, forgetting, locking."""
        now = self.now()
        for name in [name for name, at in self.leaving.items() if at <= now]:
            self._forget_now(name)
        if self.clipboard_until and self.clipboard_until <= now:
            self.clipboard_until = None
        if self.options.lock_after and now - self.touched >= self.options.lock_after:
            self.lock_vault()
        if not self.read_only and self.vault is not None and self.vault.open:
            for account in self.renewals.due(self.accounts, now, self.options.margin):
                self.renew(account.name, by_itself=True)
        if self.app_focus:
            self.screen.post_message(Tick(now))

    async def on_event(self, event: events.Event) -> None:
        """Note that somebody is there before the event goes its way."""
        if isinstance(event, events.Key | events.Paste | events.MouseDown | events.MouseScrollDown | events.MouseScrollUp):
            self.touched = self.now()
        await super().on_event(event)

    # -- errors and the clipboard --------------------------------------------------------------------

    def on_clipboard_held(self, event: ClipboardHeld) -> None:
        """Count down on the status line."""
        self.clipboard_until = event.until

    def on_core_failed(self, event: CoreFailed) -> None:
        """A use case said no: a closed vault is told on the status line, all else on a card."""
        if event.doing == OPENING and isinstance(event.error, VaultLocked | KeyringUnavailable | WrongPassphrase):
            self.vault_problem = event.error
            self.read_vault()
            return
        if event.doing == READING:
            self.unread = event.error
            self._show(OverviewRead(self.overview))
        from my_app_accounts.screens.error import ErrorScreen

        self.push_screen(ErrorScreen(event.error, event.doing, event.profile))

    def show_fault(self, error: BaseException) -> None:
        """A card for a fault of this program."""
        from my_app_accounts.screens.error import FaultScreen

        self.push_screen(FaultScreen(error))

    # -- renewing ----------------------------------------------------------------------------------

    def renew(self, name: str, *, by_itself: bool = False) -> None:
        """Renew the token of ``name`` in a thread; a renewal under way is not doubled."""
        if name in self.busy:
            return
        self.busy |= {name}
        sessions = self.services.sessions
        self.background(
            lambda: sessions.token(name, force=True),
            lambda token: Renewed(name, token, by_itself=by_itself),
            failed=lambda error: RenewFailed(name, error, by_itself=by_itself),
            doing=f"renew {name}",
            group=f"renew:{name}",
        )
        self.screen.post_message(Tick(self.now()))

    def on_renewed(self, event: Renewed) -> None:
        """Show the new lifetime."""
        self.busy -= {event.profile}
        self.renewals.succeeded(event.profile)
        if not event.by_itself:
            left = f" for {span(event.token.expires_at - self.now())}" if event.token.expires_at else ""
            self.notify(f"Renewed {event.profile}{left}.")
        self.read_accounts()

    def on_renew_failed(self, event: RenewFailed) -> None:
        """Ahead of time: try later, quietly. Asked for: a sign-in when a person is needed, else a card."""
        self.busy -= {event.profile}
        self.renewals.failed(event.profile, self.now())
        self.read_accounts()
        if event.by_itself:
            return
        if isinstance(event.error, LoginNeeded):
            self.notify(f"{event.profile} cannot renew any more: sign in again.", severity="warning")
            self.sign_in(event.profile)
        else:
            self.post_message(CoreFailed(event.error, f"renew {event.profile}", event.profile))

    # -- screens of the sign-in side, imported when they are wanted ------------------------------

    def add_account(self) -> None:
        """Show the wizard."""
        from my_app_accounts.screens.wizard import WizardScreen

        self.push_screen(WizardScreen())

    def sign_in(self, name: str, flow: Flow | None = None) -> None:
        """Show the sign-in of ``name``."""
        from my_app_accounts.screens.sign_in import SignInScreen

        self.push_screen(SignInScreen(name, flow))

    def action_people(self) -> None:
        """Users, passwords and codes of the demo."""
        if self.demo is None:
            self.notify("Only the demo has demo people: my-app-accounts --demo")
            return
        from my_app_accounts.screens.people import PeopleScreen

        self.push_screen(PeopleScreen(self.demo))

    async def inspect(self, tokens: Mapping[str, Secret], profile: str, issuer: str | None) -> None:
        """Show an account's tokens in the inspector; Esc there comes back."""
        from my_app_accounts.screens.inspector import InspectorScreen

        await self.switch_mode("inspector")
        screen = self.screen
        if isinstance(screen, InspectorScreen):
            screen.show(tokens, profile=profile, issuer=issuer)

    def go_to(self, name: str) -> None:
        """Show the accounts with the cursor on ``name``."""
        self.switch_mode("accounts")
        self._show(OverviewRead(self.overview, name))

    def choose_theme(self, theme: str) -> None:
        """Change the colours and keep the choice."""
        if self.colourless:
            self.notify("NO_COLOR is set: the terminal's own colours are used.")
            return
        self.theme = theme
        self.save_option("theme", theme)
