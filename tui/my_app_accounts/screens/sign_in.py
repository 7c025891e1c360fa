"""Sign in: a live view of one attempt; Esc cancels at once, another way is one key away."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from my_app.errors import Cancelled, DeviceCodeExpired, MyAppError
from my_app.events import BrowserPage, DevicePage, FlowChosen, ListenerReady
from my_app.model import Flow
from my_app_accounts.messages import AccountsChanged
from my_app_accounts.screens.host import host
from my_app_accounts.screens.sign_in_attempt import (
    AUTOMATIC,
    AttemptAsked,
    AttemptEnded,
    AttemptHappened,
    AttemptPrepared,
    Conversation,
)
from my_app_accounts.screens.sign_in_automatic import AutomaticPane
from my_app_accounts.screens.sign_in_browser import BrowserPane
from my_app_accounts.screens.sign_in_device import DevicePane
from my_app_accounts.screens.sign_in_keys import WAYS, Pane, SignInKeys
from my_app_accounts.screens.sign_in_terminal import TerminalPane
from my_app_accounts.widgets.error_card import ErrorCard


class SignInScreen(SignInKeys):
    """Signs ``profile`` in; dismissed with what was saved, or None.

    After a success the app also gets ``AccountsChanged(select=profile)``.
    """

    DEFAULT_CSS = """
    SignInScreen > #box { width: 104; }
    SignInScreen.-big > #box { width: 100%; }
    SignInScreen #stage { height: auto; scrollbar-size-vertical: 1; }
    SignInScreen #note { color: $vault-dim; height: auto; }
    SignInScreen #other { color: $vault-dim; height: auto; margin-top: 1; }
    SignInScreen.-tight #other { margin-top: 0; }
    """
    SCROLLS = "#stage"

    def compose(self) -> ComposeResult:
        """One stage in a frame."""
        with Vertical(id="box") as box:
            box.border_title = f"Sign in · {self.profile}"
            box.border_subtitle = "esc cancel"
            yield Static("", id="note", markup=False)
            with VerticalScroll(id="stage", can_focus=False):
                yield Static("Getting ready…", classes="dim", markup=False)
            yield Static("", id="other", markup=False)

    def on_mount(self) -> None:
        """Start at once; the person asked for it."""
        self._talk = Conversation(host(self).services, self.profile, self.post_message)
        self.set_interval(1.0, self.tick)
        self.query_one("#note").display = self.query_one("#other").display = False
        self._begin(self._wanted)

    def tick(self) -> None:
        """Once a second."""
        if self._pane is not None and self._pane.is_mounted and not self._left:
            self._pane.tick(host(self).services.clock.now())

    def _begin(self, flow: Flow | None) -> None:
        """Start an attempt; one that is under way is cancelled first and its events are dropped."""
        number = self._talk.drop()
        self._pane, self._failed, self._wanted = None, False, flow
        self.run_worker(self._talk.carry(number, flow), name="sign in", group="sign-in", exclusive=True, exit_on_error=False)

    # -- what the attempt says -----------------------------------------------------------------

    async def on_attempt_prepared(self, message: AttemptPrepared) -> None:
        """Remember the account, and show the automatic way."""
        if message.number != self._talk.number:
            return
        self._account, self._flows = message.account, message.flows
        flow = self._wanted or message.account.flow
        if flow in AUTOMATIC:
            await self._show(flow)

    async def on_attempt_happened(self, message: AttemptHappened) -> None:
        """Draw one event; a late one of an older attempt is dropped."""
        if message.number != self._talk.number:
            return
        event = message.event
        match event:
            case FlowChosen(flow=flow, reason=reason):
                await self._show(flow)
                self._say_why(reason)
                return
            case DevicePage():
                await self._show(Flow.DEVICE)
            case ListenerReady() | BrowserPage():
                await self._show(Flow.BROWSER)
            case _:
                pass
        pane = self._pane
        now = host(self).services.clock.now()
        if isinstance(pane, DevicePane):
            await pane.take(event, now)
        elif pane is not None:
            pane.take(event)
            pane.tick(now)
        self.refresh_bindings()

    async def on_attempt_asked(self, message: AttemptAsked) -> None:
        """Put the questions of the server."""
        if message.number != self._talk.number:
            return
        await self._show(Flow.TERMINAL)
        if isinstance(self._pane, TerminalPane):
            await self._pane.ask(message.challenge)
            self.tick()

    async def on_attempt_ended(self, message: AttemptEnded) -> None:
        """Leave with the account, or show why not."""
        if message.number != self._talk.number:
            return
        if isinstance(message.result, Cancelled):
            self.dismiss(None)
        elif isinstance(message.result, MyAppError):
            await self._show_error(message.result)
        else:
            self.app.post_message(AccountsChanged(select=self.profile))
            missing = set(message.result.requested_scopes) - set(message.result.scopes)
            told = f" {len(missing)} of the scopes asked for were not granted." if missing else ""
            self.app.notify(f"{self.profile} is signed in.{told}", markup=False)
            self.dismiss(message.result)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A fault of our own must not look like waiting; the app shows it, this screen stops."""
        if event.state is WorkerState.ERROR and event.worker.group == "sign-in":
            fault = MyAppError("This program made a mistake during the sign-in. Nothing was saved.", hint="Please report it.")
            self.post_message(AttemptEnded(self._talk.number, fault))

    # -- what the person does ------------------------------------------------------------------

    def on_terminal_pane_answered(self, message: TerminalPane.Answered) -> None:
        """Hand the answers to the attempt that waits for them."""
        message.stop()
        self._talk.answer(message.answers)

    def on_terminal_pane_switched(self, message: TerminalPane.Switched) -> None:
        """Another way, by a button, since letters go into the fields."""
        message.stop()
        self._begin(message.flow)

    def on_browser_pane_pasted(self, message: BrowserPane.Pasted) -> None:
        """A pasted callback goes through the same judge as one that arrives (A7)."""
        message.stop()
        if self._talk.attempt is None or not isinstance(self._pane, BrowserPane):
            return
        error = self._talk.attempt.paste(message.text)
        if error is None:
            self._pane.close_paste()
        else:
            self._pane.refused(error)

    # -- what is shown -------------------------------------------------------------------------

    async def _show(self, flow: Flow) -> None:
        """Put the pane of ``flow`` on the stage, unless it is there."""
        if self._pane is not None and self._current is flow:
            return
        self._current = flow
        self._pane = pane = self._pane_of(flow)
        await self._stage(pane)
        self._title(pane.TITLE)
        self._say_other()
        self.tick()

    def _pane_of(self, flow: Flow) -> Pane:
        match flow:
            case Flow.DEVICE:
                return DevicePane()
            case Flow.TERMINAL:
                return TerminalPane(self._flows - {Flow.TERMINAL})
            case Flow.BROWSER | Flow.AUTO:
                return BrowserPane(self._account.requested_scopes if self._account is not None else ())
            case Flow.CLIENT_CREDENTIALS | Flow.API_KEY | Flow.TOKEN:
                return AutomaticPane(flow)

    async def _show_error(self, error: MyAppError) -> None:
        self._pane, self._failed = None, True
        first = "n new code" if isinstance(error, DeviceCodeExpired) else "n try again"
        await self._stage(ErrorCard(error, " · ".join([first, *self._ways(), "esc close"])))
        self._note("")
        self.query_one("#other").display = False
        self._title("not signed in")
        self.set_focus(None)

    async def _stage(self, widget: Pane | ErrorCard) -> None:
        stage = self.query_one("#stage")
        await stage.remove_children()
        await stage.mount(widget)
        self.refresh_bindings()

    def _title(self, words: str) -> None:
        box = self.query_one("#box")
        box.border_title = f"Sign in · {self.profile} · {words}"
        box.border_subtitle = "esc close" if self._failed else "esc cancel"

    def _say_why(self, reason: str) -> None:
        """Why this way, when the program chose it."""
        chosen = self._wanted is not None or (self._account is not None and self._account.flow is not Flow.AUTO)
        text = "" if chosen or not reason else f"{reason[0].upper()}{reason[1:]}."
        if isinstance(self._pane, DevicePane):
            self._pane.say_why(text)
            text = ""
        self._note(text)

    def _note(self, text: str) -> None:
        note = self.query_one("#note", Static)
        note.update(Content(text))
        note.display = bool(text)

    def _ways(self) -> list[str]:
        return [f"{key} {words}" for flow, (key, words) in WAYS.items() if flow in self._flows and flow is not self._current]

    def _say_other(self) -> None:
        """Name the other ways, and what to do without a browser."""
        lines: list[str] = []
        if isinstance(self._pane, BrowserPane):
            lines.append("No browser here?  u copy link · p paste the callback URL · i show link")
        if ways := self._ways():
            lines.append(("Another way:      " if lines else "Another way:  ") + " · ".join(ways))
        other = self.query_one("#other", Static)
        other.update("\n".join(lines))
        other.display = bool(lines) and not isinstance(self._pane, TerminalPane)
        self.call_after_refresh(self.fit)
