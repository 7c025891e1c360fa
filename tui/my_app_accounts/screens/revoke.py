"""Revoke: consequences first, the name typed, then done at the provider and told honestly (U4, U5)."""

from __future__ import annotations

from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Static

from my_app.errors import MyAppError
from my_app.grants import Consequences, Ended
from my_app.text import clean
from my_app.words import relative
from my_app_accounts.background import in_thread
from my_app_accounts.messages import AccountsChanged
from my_app_accounts.screens.host import host
from my_app_accounts.widgets.bullets import BAD, DONE, REST, WARN, Bullet, Bullets
from my_app_accounts.widgets.confirm_name import ConfirmName
from my_app_accounts.widgets.dialog import Dialog
from my_app_accounts.widgets.error_card import ErrorCard
from my_app_accounts.widgets.flat_button import FlatButton


def told(ended: Ended, now: datetime) -> list[Bullet]:
    """What a revocation did, line by line."""
    lines: list[Bullet] = []
    for what in ended.revoked:
        lines.append((*DONE, f"{what.replace('_', ' ').capitalize()} revoked at the provider"))
    for what in ended.not_told:
        lines.append((*WARN, f"{what.replace('_', ' ').capitalize()}: the provider was not told"))
    if ended.reason:
        lines.append((*REST, clean(ended.reason, 300)))
    if ended.still_valid_until is not None and ended.still_valid_until > now:
        until = relative(ended.still_valid_until, now)
        lines.append((*REST, f"A token that is out there may still work until it expires {until}."))
    return lines or [(*REST, "Nothing was left to revoke.")]


class RevokeScreen(Dialog[Ended]):
    """Revokes the login of ``profile``; dismissed with what was done, or None.

    The app gets ``AccountsChanged(select=profile)`` afterwards.
    """

    DEFAULT_CSS = """
    RevokeScreen #lines { height: auto; margin-top: 1; }
    """

    class Known(Message):
        """The consequences are known."""

        def __init__(self, consequences: Consequences) -> None:
            super().__init__()
            self.consequences = consequences

    class Done(Message):
        """The provider answered."""

        def __init__(self, ended: Ended) -> None:
            super().__init__()
            self.ended = ended

    class Failed(Message):
        """It could not be done."""

        def __init__(self, error: MyAppError) -> None:
            super().__init__()
            self.error = error

    def __init__(self, profile: str) -> None:
        super().__init__()
        self.profile = profile
        self._ended: Ended | None = None
        self._busy = False

    def compose(self) -> ComposeResult:
        """Consequences, the lock, two buttons."""
        with Vertical(id="box") as box:
            box.border_title = f"Revoke · {self.profile}"
            box.border_subtitle = "tab · esc keeps it"
            yield Static(Content.assemble("Revoke what was granted to  ", (self.profile, "bold"), " ?"), id="what", markup=False)
            with Vertical(id="lines"):
                yield Static("Looking at what it means…", classes="dim", markup=False)
            yield ConfirmName(self.profile)
            with Horizontal(classes="buttons"):
                yield FlatButton("Keep it", id="keep")
                yield FlatButton("Revoke", id="revoke", disabled=True)

    def on_mount(self) -> None:
        """Ask what it means, in a thread."""
        self.query_one(ConfirmName).query_one("Field").focus()
        self._ask()

    def _ask(self) -> None:
        self.run_worker(self._look(), group="revoke", exclusive=True, exit_on_error=False)

    async def _look(self) -> None:
        grants, profile = host(self).services.grants, self.profile
        try:
            self.post_message(self.Known(await in_thread(lambda: grants.consequences(profile), "consequences")))
        except MyAppError as error:
            self.post_message(self.Failed(error))

    async def _revoke(self) -> None:
        grants, profile = host(self).services.grants, self.profile
        try:
            self.post_message(self.Done(await in_thread(lambda: grants.revoke(profile), "revoke")))
        except MyAppError as error:
            self.post_message(self.Failed(error))

    async def on_revoke_screen_known(self, message: Known) -> None:
        """Say what it means."""
        lines: list[Bullet] = [(*BAD, clean(line, 300)) for line in message.consequences.lines]
        if not message.consequences.can_tell_server:
            lines.append((*WARN, "The provider cannot be told; it is only marked revoked here."))
        await self._lines(Bullets(lines))

    async def on_revoke_screen_done(self, message: Done) -> None:
        """Say what happened; one button is left."""
        self._ended, self._busy = message.ended, False
        self.query_one("#what").display = False
        await self._lines(Bullets(told(message.ended, host(self).services.clock.now())))
        self._finish("Close")
        self.app.post_message(AccountsChanged(select=self.profile))

    async def on_revoke_screen_failed(self, message: Failed) -> None:
        """Nothing is half done: say why, and leave the choice."""
        self._busy = False
        await self._lines(ErrorCard(message.error, "esc close"))
        self._finish("Close")
        self.app.post_message(AccountsChanged(select=self.profile))

    def on_confirm_name_changed(self, event: ConfirmName.Changed) -> None:
        """The button is locked until the name is there."""
        event.stop()
        self.query_one("#revoke", Button).disabled = not event.matches or self._busy

    def on_confirm_name_entered(self, event: ConfirmName.Entered) -> None:
        """Enter in the field is as good as the button."""
        event.stop()
        self._start()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do it, or leave."""
        event.stop()
        if event.button.id == "revoke":
            self._start()
        else:
            self.action_leave()

    def action_leave(self) -> None:
        """Close; a request that left cannot be taken back, so it is waited for."""
        if self._busy:
            self.app.notify("The provider is being told. One moment.", markup=False)
            return
        self.dismiss(self._ended)

    def _start(self) -> None:
        if self._busy or not self.query_one(ConfirmName).matches:
            return
        self._busy = True
        self.query_one("#revoke", Button).disabled = True
        self.query_one("#box").border_subtitle = "telling the provider…"
        self.run_worker(self._revoke(), group="revoke", exclusive=True, exit_on_error=False)

    async def _lines(self, widget: Widget) -> None:
        box = self.query_one("#lines")
        await box.remove_children()
        await box.mount(widget)

    def _finish(self, label: str) -> None:
        self.query_one(ConfirmName).display = False
        self.query_one("#revoke").display = False
        self.query_one("#box").border_subtitle = "enter · esc close"
        keep = self.query_one("#keep", FlatButton)
        keep.say(label)
        keep.focus()
