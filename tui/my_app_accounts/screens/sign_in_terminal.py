"""Terminal sign-in: the questions of a challenge, the host that gets the answers named first."""

from __future__ import annotations

from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from my_app.events import Approved, LoginEvent, Saved, TokensChecked
from my_app.model import Challenge, Flow, Prompt, PromptKind
from my_app.secret import Secret
from my_app.signin import totp
from my_app.text import clean
from my_app.words import problem
from my_app_accounts.screens.sign_in_browser import minutes
from my_app_accounts.widgets.fields import Field, SecretField
from my_app_accounts.widgets.flat_button import FlatButton
from my_app_accounts.widgets.menu import Menu
from my_app_accounts.widgets.otp_input import OtpInput


class TerminalPane(Vertical):
    """Asks, hands the answers over once, and says what became of them."""

    TITLE = "in this terminal"
    DEFAULT_CSS = """
    TerminalPane { height: auto; }
    TerminalPane #questions { height: auto; margin-top: 1; }
    TerminalPane #problem { height: auto; }
    TerminalPane #left { color: $vault-dim; }
    """

    class Answered(Message):
        """The person answered everything that was asked."""

        def __init__(self, answers: dict[PromptKind, Secret]) -> None:
            super().__init__()
            self.answers = answers

    class Switched(Message):
        """The person wants another way."""

        def __init__(self, flow: Flow) -> None:
            super().__init__()
            self.flow = flow

    def __init__(self, others: frozenset[Flow] = frozenset()) -> None:
        """``others``: ways that are offered beside this one."""
        super().__init__()
        self._others = others
        self._challenge: Challenge | None = None
        self._asked: tuple[PromptKind, ...] = ()
        self._busy = False
        self._username = ""

    @property
    def url(self) -> str | None:
        """There is no page."""
        return None

    def compose(self) -> ComposeResult:
        """Who asks, the questions, the problem, one button."""
        yield Static("Asking the server what it needs…", id="who", markup=False)
        yield Vertical(id="questions")
        yield Static("", id="problem", markup=False)
        yield Static("", id="left", markup=False)
        with Horizontal(classes="buttons"):
            if Flow.BROWSER in self._others:
                yield FlatButton("Use the browser", id="way-browser")
            if Flow.DEVICE in self._others:
                yield FlatButton("Use a device code", id="way-device")
            yield FlatButton("Sign in", id="send")

    def on_mount(self) -> None:
        """Nothing to send yet."""
        self.query_one("#send", FlatButton).display = False

    async def ask(self, challenge: Challenge) -> None:
        """Put the questions; the same ones again keep their boxes, so that a code is never sent twice."""
        self._busy = False
        kinds = tuple(prompt.kind for prompt in challenge.prompts)
        second = PromptKind.PASSWORD not in kinds and PromptKind.USERNAME not in kinds
        host = clean(challenge.host, 80) or "the server"
        who = self.query_one("#who", Static)
        if second:
            who.update(Content.assemble((host, "bold"), " wants a second step."))
        else:
            who.update(Content.assemble("Your password goes to  ", (host, "bold"), "  and to nobody else."))
        if kinds != self._asked:
            await self._rebuild(challenge)
        self._challenge, self._asked = challenge, kinds
        for box in self.query(OtpInput):
            box.again()
        self._say(self._problem(challenge))
        send = self.query_one("#send", FlatButton)
        send.display, send.disabled = True, False
        send.say("Send" if second else "Sign in")
        self._focus_first()

    def take(self, event: LoginEvent) -> None:
        """Show how far it is after the last answer."""
        match event:
            case Approved():
                self._say(Content.assemble(("◔ ", "$accent"), "Accepted. Getting the tokens…"))
            case TokensChecked():
                self._say(Content.assemble(("◔ ", "$accent"), "Tokens checked. Saving…"))
            case Saved():
                self._say(Content.assemble(("✓ ", "$vault-ok"), "Saved to the vault"))
            case _:
                pass

    def tick(self, now: datetime) -> None:
        """Repaint how long the questions and a code are good for."""
        parts: list[str] = []
        if PromptKind.OTP in self._asked:
            parts.append(f"codes change in {int(totp.time_left(now).total_seconds())} s")
        if self._challenge is not None and self._challenge.expires_at is not None:
            parts.append(f"{minutes((self._challenge.expires_at - now).total_seconds())} left to answer")
        self.query_one("#left", Static).update(Content(" · ".join(parts)))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the next empty field, from the last one it sends."""
        event.stop()
        for field in self.query(Input):
            if not field.value:
                field.focus()
                return
        self._send()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Choosing is answering."""
        event.stop()
        self._send()

    def on_button_pressed(self, event: FlatButton.Pressed) -> None:
        """The button sends, as Enter does."""
        event.stop()
        if event.button.id in ("way-browser", "way-device"):
            self.post_message(self.Switched(Flow.BROWSER if event.button.id == "way-browser" else Flow.DEVICE))
            return
        box = next(iter(self.query(OtpInput)), None)
        if box is not None:
            box.action_send()
        else:
            self._send()

    def on_otp_input_submitted(self, event: OtpInput.Submitted) -> None:
        """Six digits."""
        event.stop()
        self._send(event.code)

    def on_otp_input_rejected(self, event: OtpInput.Rejected) -> None:
        """Say why nothing was sent."""
        event.stop()
        self._say(Content.assemble(("! ", "$vault-soon"), event.reason))

    async def _rebuild(self, challenge: Challenge) -> None:
        box = self.query_one("#questions", Vertical)
        await box.remove_children()
        widgets: list[Widget] = []
        for prompt in challenge.prompts:
            widgets.append(Static(clean(prompt.label, 120), markup=False))
            widgets.append(self._question(prompt))
        await box.mount(*widgets)

    def _question(self, prompt: Prompt) -> Widget:
        name = f"ask-{prompt.kind.value}"
        match prompt.kind:
            case PromptKind.OTP:
                return OtpInput(id=name)
            case PromptKind.CHOICE:
                return Menu(*[Option(Content(clean(choice, 80))) for choice in prompt.choices], id=name)
            case PromptKind.PUSH:
                return Static("Approve on your phone, then press Send.", id=name, markup=False)
            case PromptKind.USERNAME:
                return Field(self._username, id=name)
            case _:
                return SecretField(id=name) if prompt.secret or prompt.kind is PromptKind.PASSWORD else Field(id=name)

    def _send(self, code: Secret | None = None) -> None:
        if self._challenge is None or self._busy:
            return
        for field in self.query(Input):
            if not field.value:
                self._say(Content.assemble(("! ", "$vault-soon"), "Please fill in every field."))
                field.focus()
                return
        answers: dict[PromptKind, Secret] = {}
        for prompt in self._challenge.prompts:
            answers[prompt.kind] = self._answer(prompt, code)
        self._busy = True
        self.query_one("#send", FlatButton).disabled = True
        self._say(Content.assemble(("◔ ", "$accent"), "Sent. Waiting for the answer…"))
        self.post_message(self.Answered(answers))

    def _answer(self, prompt: Prompt, code: Secret | None) -> Secret:
        widget = self.query_one(f"#ask-{prompt.kind.value}")
        if isinstance(widget, OtpInput):
            return code or Secret("")
        if isinstance(widget, Menu):
            return Secret(prompt.choices[widget.highlighted or 0])
        if isinstance(widget, SecretField):
            return widget.take()
        if isinstance(widget, Input):
            if prompt.kind is PromptKind.USERNAME:
                self._username = widget.value
            return Secret(widget.value)
        return Secret("")

    def _problem(self, challenge: Challenge) -> Content:
        lines: list[Content] = []
        for told in dict.fromkeys(problem(prompt) for prompt in challenge.prompts if prompt.problem):
            lines.append(Content.assemble(("✗ ", "$vault-bad"), told))
        return Content("\n").join(lines)

    def _say(self, content: Content) -> None:
        self.query_one("#problem", Static).update(content)

    def _focus_first(self) -> None:
        boxes = [*self.query(OtpInput), *self.query(Menu)]
        empty = [field for field in self.query(Input) if not field.value]
        target = next(iter([*empty, *boxes, *self.query(Input)]), None) or self.query_one("#send", FlatButton)
        target.focus()
