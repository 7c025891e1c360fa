"""The keys of the sign-in screen: open, copy, paste, change the QR, start again, another way, leave."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from my_app.accounts import Account
from my_app.errors import MyAppError
from my_app.login import SignedIn
from my_app.model import Flow
from my_app.secret import Secret
from my_app_accounts.background import in_thread
from my_app_accounts.screens.host import copier, host
from my_app_accounts.screens.sign_in_attempt import Conversation
from my_app_accounts.screens.sign_in_automatic import AutomaticPane
from my_app_accounts.screens.sign_in_browser import BrowserPane
from my_app_accounts.screens.sign_in_device import DevicePane
from my_app_accounts.screens.sign_in_terminal import TerminalPane
from my_app_accounts.widgets.dialog import Dialog

Pane = BrowserPane | DevicePane | TerminalPane | AutomaticPane
WAYS: Final[Mapping[Flow, tuple[str, str]]] = {
    Flow.BROWSER: ("w", "browser"),
    Flow.DEVICE: ("d", "device code"),
    Flow.TERMINAL: ("t", "user name and password"),
}
"""The ways a person can take, with the key that takes them."""


class SignInKeys(Dialog[SignedIn]):
    """What a person can do while an attempt runs; the screen fills ``_talk`` and ``_pane`` and begins attempts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel", tooltip="Stop this sign-in now; nothing is saved"),
        Binding("o", "open_page", "Open page", tooltip="Open the page again"),
        Binding("u", "copy_link", "Copy link", tooltip="Copy the page's address"),
        Binding("c", "copy_code", "Copy code", tooltip="Copy the code to type"),
        Binding("p", "paste", "Paste callback", tooltip="Paste the address the browser ended on"),
        Binding("i", "details", "Details", tooltip="Show the link; on the QR: invert it"),
        Binding("b", "bigger", "Bigger QR", tooltip="Two cells a module, for terminals with gaps between lines"),
        Binding("h", "hide_qr", "Hide QR", tooltip="Show or hide the QR code"),
        Binding("n", "again", "New code", tooltip="Start again; a new code where there is one"),
        Binding("w", "switch('browser')", "Browser", tooltip="Sign in with the browser instead"),
        Binding("d", "switch('device')", "Device code", tooltip="Sign in on another device instead"),
        Binding("t", "switch('terminal')", "Password", tooltip="Sign in with user name and password here instead"),
    ]

    _talk: Conversation

    def __init__(self, profile: str, flow: Flow | None = None) -> None:
        super().__init__()
        self.profile = profile
        self._wanted = flow
        self._account: Account | None = None
        self._flows: frozenset[Flow] = frozenset()
        self._current: Flow | None = None
        self._pane: Pane | None = None
        self._failed = False

    def _begin(self, flow: Flow | None) -> None:
        """Start an attempt by ``flow``."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only keys that do something here are alive."""
        pane = self._pane
        match action:
            case "open_page" | "copy_link":
                return pane is not None and pane.url is not None
            case "copy_code":
                return isinstance(pane, DevicePane) and pane.page is not None
            case "bigger" | "hide_qr":
                return isinstance(pane, DevicePane)
            case "details":
                return isinstance(pane, DevicePane | BrowserPane)
            case "paste":
                return isinstance(pane, BrowserPane) and self._talk.attempt is not None
            case "again":
                return self._failed or isinstance(pane, DevicePane)
            case "switch":
                flow = Flow(str(parameters[0]))
                return flow in self._flows and (self._failed or flow is not self._current)
            case _:
                return True

    def action_leave(self) -> None:
        """One step back: out of the paste field, else out of the sign-in, at once."""
        if isinstance(self._pane, BrowserPane) and self._pane.pasting:
            self._pane.close_paste()
            return
        if self._begun:
            self._talk.drop()
            self.workers.cancel_group(self, "sign-in")
        self.dismiss(None)

    def action_open_page(self) -> None:
        """Open the page again, through the core's checked door."""
        url = self._pane.url if self._pane is not None else None
        if url is not None:
            self.run_worker(self._open(url), group="open", exclusive=True, exit_on_error=False)

    def action_copy_link(self) -> None:
        """Copy the address; it is no secret and stays."""
        url = self._pane.url if self._pane is not None else None
        if url is not None:
            self.run_worker(self._copy(url, "Link"), group="copy", exclusive=True, exit_on_error=False)

    def action_copy_code(self) -> None:
        """Copy the user code; it is cleared like a secret."""
        if isinstance(self._pane, DevicePane) and self._pane.page is not None:
            code = Secret(self._pane.page.user_code)
            self.run_worker(self._copy(code, "Code"), group="copy", exclusive=True, exit_on_error=False)

    def action_paste(self) -> None:
        """Open the field for the callback URL."""
        if isinstance(self._pane, BrowserPane):
            self._pane.open_paste()

    def action_details(self) -> None:
        """The link of the browser page, or the QR the other way round."""
        if isinstance(self._pane, BrowserPane):
            self._pane.show_link()
        elif isinstance(self._pane, DevicePane):
            self._pane.change_qr(inverted=not self._pane.inverted)

    def action_bigger(self) -> None:
        """Two cells a module, or back."""
        if isinstance(self._pane, DevicePane):
            self._pane.change_qr(big=not self._pane.big)

    def action_hide_qr(self) -> None:
        """Hide the QR, or show it again."""
        if isinstance(self._pane, DevicePane):
            self._pane.change_qr(hidden=not self._pane.hidden)

    def action_again(self) -> None:
        """The same way once more, because a person asked (V5)."""
        self._begin(self._current or self._wanted)

    def action_switch(self, flow: str) -> None:
        """Another way."""
        self._begin(Flow(flow))

    async def _open(self, url: str) -> None:
        try:
            opened = await in_thread(partial(host(self).services.logins.open_page, url), "open page")
        except MyAppError as error:
            self.app.notify(error.message, severity="warning", markup=False)
            return
        if not opened:
            self.app.notify("No browser could be started here. Copy the link with u.", severity="warning", markup=False)

    async def _copy(self, text: Secret | str, what: str) -> None:
        self.app.notify(await copier(self).copy(text, what), markup=False)
