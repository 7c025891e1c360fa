"""KeepingApp: what was read of one home, how it is read again, the vault, and what is being forgotten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from my_app.accounts import Account, Overview
from my_app.errors import MyAppError
from my_app.settings import Options
from my_app_accounts.messages import AccountsChanged, CoreFailed, Forgotten, OptionsRead, OverviewRead, VaultRead
from my_app_accounts.safe import SafeApp
from my_app_accounts.screens.base import AreaScreen

if TYPE_CHECKING:
    from my_app.secret import Secret
    from my_app.vaulting import VaultStatus
    from my_app.wiring import Services
    from my_app_accounts.copying import Copier

UNDO_FOR: Final = timedelta(seconds=10)
"""A forgotten account is held this long, so that ``u`` can bring it back."""
READING: Final = "read the accounts"
OPENING: Final = "open the vault"
"""What is being done while the vault opens; a failure of it goes to the status line, not to a card."""


class KeepingApp(SafeApp):
    """Keeps what the areas show and hands it to them when it was read again; nothing here blocks."""

    def __init__(self, services: Services, environ: Mapping[str, str] | None = None) -> None:
        super().__init__(environ)
        self.services = services
        self.options = Options()
        self.overview = Overview(active=None, chosen_by=None, accounts=())
        self.listed = False
        """The list was read at least once."""
        self.unread: MyAppError | None = None
        """Why the list could not be read."""
        self.vault: VaultStatus | None = None
        self.vault_problem: MyAppError | None = None
        """Why the vault could not be opened."""
        self.leaving: dict[str, datetime] = {}
        """Forgotten accounts that can still come back, with the moment they go."""
        self.touched = services.clock.now()
        """When a key was last pressed or the mouse used; idle time counts from here."""
        self.copier: Copier | None = None
        """What put secrets on the clipboard, once a screen has; it is cleared at quit."""

    def now(self) -> datetime:
        """The time by the services' clock."""
        return self.services.clock.now()

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The rows as last read, without those that are being forgotten."""
        return tuple(account for account in self.overview.accounts if account.name not in self.leaving)

    def account(self, name: str) -> Account | None:
        """The row of ``name`` as last read."""
        if name in self.leaving:
            return None
        return next((account for account in self.overview.accounts if account.name == name), None)

    # -- reading -----------------------------------------------------------------------------------

    def read_accounts(self, select: str | None = None) -> None:
        """Read the list again in a thread."""
        overview = self.services.accounts.overview
        self.background(overview, lambda read: OverviewRead(read, select), doing=READING, group="overview")

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
        self.listed, self.unread = True, None
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
        """Keep it; an opened vault makes the dim rows firm, a locked one the firm ones dim."""
        turned = event.status.open is not (self.vault is not None and self.vault.open)
        self.vault = event.status
        if event.status.open:
            self.vault_problem = None
        if turned and self.listed:
            self.read_accounts()
        self._show(event)

    def save_option(self, key: str, value: str) -> None:
        """Write one of ``[settings]`` in a thread and read them again."""
        accounts = self.services.accounts

        def saved() -> Options:
            accounts.set_option(key, value)
            return accounts.options()

        self.background(saved, OptionsRead, doing=f"save the setting {key}", group=f"option:{key}")

    def _show(self, event: OverviewRead | OptionsRead | VaultRead) -> None:
        """Hand what was read to every screen that shows it."""
        for stack in self._screen_stacks.values():
            for screen in stack:
                if isinstance(screen, AreaScreen):
                    screen.receive(event)

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
