"""AccountsApp: the app chooses screens, keeps the clock and carries messages; it decides nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.screen import Screen

from my_app.accounts import Account, Overview
from my_app.errors import KeyringUnavailable, LoginNeeded, MyAppError, VaultLocked, WrongPassphrase
from my_app.model import Flow
from my_app.secret import Secret
from my_app.settings import Options
from my_app.vaulting import VaultStatus
from my_app.wiring import Services
from my_app.words import span
from my_app_accounts.messages import (
    AccountsChanged,
    ClipboardHeld,
    CoreFailed,
    Forgotten,
    OptionsRead,
    OverviewRead,
    Renewed,
    RenewFailed,
    Tick,
    VaultRead,
)
from my_app_accounts.palette import AccountsProvider
from my_app_accounts.renewal import Renewals
from my_app_accounts.safe import SafeApp
from my_app_accounts.screens.base import AreaScreen

if TYPE_CHECKING:
    from my_app_accounts.copying import Copier

UNDO_FOR: Final = timedelta(seconds=10)
"""A forgotten account is held this long, so that ``u`` can bring it back."""
OPENING: Final = "open the vault"


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


class AccountsApp(SafeApp):
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
        super().__init__(environ)
        self.services = services
        self.demo = demo
        self.read_only = read_only
        self.options = Options()
        self.overview = Overview(active=None, chosen_by=None, accounts=())
        self.listed = False
        """The list was read at least once."""
        self.vault: VaultStatus | None = None
        self.vault_problem: MyAppError | None = None
        """Why the vault could not be opened."""
        self.busy: frozenset[str] = frozenset()
        """Accounts a renewal is under way for; an overlay over their state."""
        self.clipboard_until: datetime | None = None
        self.leaving: dict[str, datetime] = {}
        """Forgotten accounts that can still come back, with the moment they go."""
        self.touched = services.clock.now()
        """When a key was last pressed or the mouse moved; idle time counts from here."""
        self.renewals = Renewals()
        self.copier: Copier | None = None
        """What put secrets on the clipboard, once a screen has; it is cleared at quit."""
        self._wanted = profile
        self._prepare = prepare
        self._ticking = ticking

    def now(self) -> datetime:
        """The time by the services' clock."""
        return self.services.clock.now()

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The rows as last read, without those that are being forgotten."""
        return tuple(account for account in self.overview.accounts if account.name not in self.leaving)

    def account(self, name: str) -> Account | None:
        """The row of ``name`` as last read."""
        return next((account for account in self.accounts if account.name == name), None)

    # -- start, clock, idle ----------------------------------------------------------------------

    def on_mount(self) -> None:
        """Read the list first; settings and the vault after the first frame."""
        self.read_accounts(self._wanted)
        self.call_after_refresh(self._open_late)
        if self._ticking:
            self.set_interval(1.0, self.strike)

    def _open_late(self) -> None:
        self.read_options()
        if (prepare := self._prepare) is not None:

            def told(name: str) -> None:
                self.post_message(AccountsChanged())

            def filled() -> AccountsChanged:
                prepare(told)
                return AccountsChanged(self._wanted)

            self.background(filled, lambda message: message, doing="fill the demo", group="prepare")
        self.open_vault()

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

    # -- reading -----------------------------------------------------------------------------------

    def read_accounts(self, select: str | None = None) -> None:
        """Read the list again in a thread."""
        overview = self.services.accounts.overview
        self.background(overview, lambda read: OverviewRead(read, select), doing="read the accounts", group="overview")

    def read_options(self) -> None:
        """Read ``[settings]`` in a thread."""
        self.background(self.services.accounts.options, OptionsRead, doing="read the settings", group="options")

    def open_vault(self) -> None:
        """Open the vault if there is one, as the environment and the keyring allow; asks nothing by itself."""
        vault = self.services.vault

        def open_it() -> VaultStatus:
            status = vault.status()
            if status.exists and not status.open:
                vault.open()
                status = vault.status()
            return status

        self.background(open_it, VaultRead, doing=OPENING, group="vault")

    def read_vault(self) -> None:
        """Read the vault's status again."""
        self.background(self.services.vault.status, VaultRead, doing="look at the vault", group="vault")

    def on_accounts_changed(self, event: AccountsChanged) -> None:
        """Somebody changed an account."""
        self.read_accounts(event.select)
        self.read_vault()

    def on_overview_read(self, event: OverviewRead) -> None:
        """Keep it and show it."""
        self.overview = event.overview
        self.listed = True
        self._show(event)

    def on_options_read(self, event: OptionsRead) -> None:
        """Keep them; the theme follows unless the terminal has no colours."""
        self.options = event.options
        if self.copier is not None:
            self.copier.keep = event.options.clipboard
        if not self.colourless and event.options.theme in self.available_themes:
            self.theme = event.options.theme
        self.animation_level = "basic" if event.options.motion else "none"
        self._show(event)

    def on_vault_read(self, event: VaultRead) -> None:
        """Keep it; an opened vault makes the dim rows firm."""
        opened = event.status.open and not (self.vault and self.vault.open)
        self.vault = event.status
        if event.status.open:
            self.vault_problem = None
        if opened and self.listed:
            self.read_accounts()
        self._show(event)

    def on_clipboard_held(self, event: ClipboardHeld) -> None:
        """Count down on the status line."""
        self.clipboard_until = event.until

    def on_core_failed(self, event: CoreFailed) -> None:
        """A use case said no: a closed vault is told on the status line, all else on a card."""
        if event.doing == OPENING and isinstance(event.error, VaultLocked | KeyringUnavailable | WrongPassphrase):
            self.vault_problem = event.error
            self.read_vault()
            return
        from my_app_accounts.screens.error import ErrorScreen

        self.push_screen(ErrorScreen(event.error, event.doing, event.profile))

    def show_fault(self, error: BaseException) -> None:
        """A card for a fault of this program."""
        from my_app_accounts.screens.error import FaultScreen

        self.push_screen(FaultScreen(error))

    def _show(self, event: OverviewRead | OptionsRead | VaultRead) -> None:
        """Hand what was read to every screen that shows it."""
        for stack in self._screen_stacks.values():
            for screen in stack:
                if isinstance(screen, AreaScreen):
                    screen.receive(event)

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

    # -- forgetting, with a way back -----------------------------------------------------------------

    def forget(self, name: str) -> None:
        """Take ``name`` off the list; it is really removed when the time to undo is over."""
        self.leaving[name] = self.now() + UNDO_FOR
        self.notify(f"Forgot {name}. u brings it back.", timeout=UNDO_FOR.total_seconds())
        self._show(OverviewRead(self.overview))

    def action_undo(self) -> None:
        """Bring back what was forgotten last."""
        if not self.leaving:
            self.notify("There is nothing to undo.")
            return
        name, _ = self.leaving.popitem()
        self.clear_notifications()
        self.notify(f"{name} is back.")
        self._show(OverviewRead(self.overview, name))

    def _forget_now(self, name: str) -> None:
        remove = self.services.accounts.remove

        def removed() -> Forgotten:
            remove(name)
            return Forgotten(name)

        self.background(
            removed, lambda message: message, doing=f"forget {name}", group=f"forget:{name}", failed=self._came_back(name)
        )
        self.leaving[name] = self.now() + timedelta(days=1)

    def _came_back(self, name: str) -> Callable[[MyAppError], CoreFailed]:
        def failed(error: MyAppError) -> CoreFailed:
            self.leaving.pop(name, None)
            return CoreFailed(error, f"forget {name}", name)

        return failed

    def on_forgotten(self, event: Forgotten) -> None:
        """It is gone from disk."""
        self.leaving.pop(event.profile, None)
        self.read_accounts()

    def finish(self) -> None:
        """After the app has ended: the clipboard is cleared, what was forgotten is removed. Raises StorageFault."""
        if self.copier is not None:
            self.copier.clear_now()
        for name in self.leaving:
            self.services.accounts.remove(name)
        self.leaving.clear()

    # -- locking -------------------------------------------------------------------------------------

    def lock_vault(self) -> None:
        """Drop the vault's data key; the list stays, dim."""
        if self.vault is None or not self.vault.open:
            return
        self.touched = self.now()
        self.vault_problem = None
        lock_now = self.services.vault.lock_now
        status = self.services.vault.status

        def locked() -> VaultStatus:
            lock_now()
            return status()

        self.background(locked, VaultRead, doing="lock the vault", group="vault")
        self.notify("Locked. ctrl+l opens the vault again.")

    def action_lock_or_open(self) -> None:
        """Lock the open vault, or open the closed one."""
        if self.vault is not None and self.vault.open:
            self.lock_vault()
        else:
            self.open_vault()

    def ask_passphrase(self, label: str, *, new: bool = False) -> Secret | None:
        """Ask the person, from a worker thread; None when dismissed. ``new``: for a vault that is being made."""
        answer: Future[Secret | None] = Future()
        self.call_from_thread(self._push_unlock, label, new, answer.set_result)
        return answer.result()

    def _push_unlock(self, label: str, new: bool, answered: Callable[[Secret | None], None]) -> None:
        from my_app_accounts.screens.unlock import UnlockScreen

        self.push_screen(UnlockScreen(label, new=new), answered)

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

    def save_option(self, key: str, value: str) -> None:
        """Write one of ``[settings]`` in a thread and read them again."""
        accounts = self.services.accounts

        def saved() -> Options:
            accounts.set_option(key, value)
            return accounts.options()

        self.background(saved, OptionsRead, doing=f"save the setting {key}", group=f"option:{key}")
