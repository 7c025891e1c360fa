"""What can be done with one account; shared by the list and by the detail screen of small terminals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from my_app.accounts import Account
from my_app.errors import LoginNeeded, Unsupported
from my_app.model import State
from my_app.providers import page_of
from my_app_accounts.keys import ACCOUNT, Act
from my_app_accounts.messages import AccountsChanged, PageOpened, TokenTaken
from my_app_accounts.screens.base import AreaScreen
from my_app_accounts.view import refusal, state_now

_BY_ACTION = {act.action: act for act in ACCOUNT}

if TYPE_CHECKING:
    _Base = AreaScreen
else:
    _Base = object


class AccountActs(_Base):
    """Mixin: the actions of the account table on ``current``."""

    @property
    def current(self) -> Account | None:
        """The account the keys act on."""
        raise NotImplementedError

    def reason_against(self, act: Act) -> str:
        """Why ``act`` is off for the current account."""
        if act.id.startswith("account."):
            return refusal(act.id, self.current, read_only=self.app.read_only)
        return super().reason_against(act)

    def _allowed(self, action: str) -> Account | None:
        """The current account when ``action`` may run on it; else its reason is told."""
        act = _BY_ACTION[action]
        reason = self.reason_against(act)
        if reason:
            self.app.notify(f"{act.label.rstrip('…')} is off: {reason}.", severity="warning")
            return None
        return self.current

    def action_new(self) -> None:
        """The wizard."""
        reason = self.reason_against(_BY_ACTION["new"])
        if reason:
            self.app.notify(f"New is off: {reason}.", severity="warning")
        else:
            self.app.add_account()

    def action_login(self) -> None:
        """Renew where that is possible, else sign in."""
        account = self._allowed("login")
        if account is None:
            return
        if account.refreshable and state_now(account, self.app.now()) is not State.LOGIN_NEEDED:
            self.app.renew(account.name)
        else:
            self.app.sign_in(account.name)

    def action_token(self) -> None:
        """The access token in the inspector; read from the vault in a thread, renewed by nobody."""
        account = self._allowed("token")
        if account is None:
            return
        load = self.app.services.store.load
        name, issuer = account.name, account.profile.issuer

        def take() -> Message:
            record = load(name)
            if record is None or record.tokens is None:
                raise LoginNeeded(f"{name} has no token here.", hint="Press l to sign in.")
            tokens = {"Access token": record.tokens.access_token}
            if record.tokens.id_token is not None:
                tokens["ID token"] = record.tokens.id_token
            return TokenTaken(name, tokens, issuer)

        self.app.background(take, lambda message: message, doing=f"read the token of {name}", group="token", to=self, profile=name)

    async def on_token_taken(self, event: TokenTaken) -> None:
        """Over to the inspector."""
        await self.app.inspect(event.tokens, event.profile, event.issuer)

    def action_copy(self) -> None:
        """The copy menu."""
        account = self._allowed("copy")
        if account is not None:
            from my_app_accounts.screens.copy import CopyScreen

            self.app.push_screen(CopyScreen(account.name))

    def action_reveal(self) -> None:
        """The reveal menu."""
        account = self._allowed("reveal")
        if account is not None:
            from my_app_accounts.screens.reveal import RevealScreen

            self.app.push_screen(RevealScreen(account.name))

    def action_rotate(self) -> None:
        """Rotation, step by step."""
        account = self._allowed("rotate")
        if account is not None:
            from my_app_accounts.screens.rotate import RotateScreen

            self.app.push_screen(RotateScreen(account.name))

    def action_revoke(self) -> None:
        """Revocation, with its consequences first."""
        account = self._allowed("revoke")
        if account is not None:
            from my_app_accounts.screens.revoke import RevokeScreen

            self.app.push_screen(RevokeScreen(account.name))

    def action_forget(self) -> None:
        """Ask, then forget with a way back."""
        account = self._allowed("forget")
        if account is None:
            return
        from my_app_accounts.screens.forget import ForgetScreen

        name = account.name

        def answered(yes: bool | None) -> None:
            if yes:
                self.app.forget(name)

        self.app.push_screen(ForgetScreen(name), answered)

    def action_use(self) -> None:
        """Make it the active account."""
        account = self._allowed("use")
        if account is None:
            return
        use, name = self.app.services.accounts.use, account.name

        def used() -> Message:
            use(name)
            return AccountsChanged(name)

        self.app.background(used, lambda message: message, doing=f"make {name} the active account", group="use", profile=name)

    def action_page(self) -> None:
        """The provider's own page, in the browser."""
        account = self._allowed("page")
        if account is None:
            return
        profile, open_page = account.profile, self.app.services.logins.open_page

        def opened() -> Message:
            url = page_of(profile)
            if url is None:
                raise Unsupported(
                    "No page is known for this account: it names no issuer.",
                    hint=f"Set one with: my-app profile set {profile.name} issuer=URL",
                )
            return PageOpened(url, open_page(url))

        self.app.background(opened, lambda message: message, doing="open the provider's page", group="page", to=self)

    def on_page_opened(self, event: PageOpened) -> None:
        """Say so; without a browser show the address."""
        self.app.notify("Opened in your browser." if event.opened else f"No browser here. The page is {event.url}")
