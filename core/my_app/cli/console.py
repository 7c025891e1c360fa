"""How ``my-app login`` talks while a sign-in runs: events out, prompts in; no protocol here."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Final

from my_app import events, words
from my_app.cli import shapes
from my_app.cli.context import dumps
from my_app.errors import Cancelled, PromptNeeded
from my_app.model import Prompt, PromptKind
from my_app.secret import Secret
from my_app.text import clean

if TYPE_CHECKING:
    from my_app.cli.answers import AnswerBook
    from my_app.cli.context import Context
    from my_app.errors import MyAppError
    from my_app.model import Answers, Challenge


_VARIABLES: Final = {
    PromptKind.USERNAME: "MY_APP_USERNAME",
    PromptKind.PASSWORD: "MY_APP_PASSWORD",
    PromptKind.OTP: "MY_APP_OTP",
}


class Console:
    """Shows events as JSON lines or sentences on standard error, and gets answers from a book, else from the person."""

    def __init__(self, ctx: Context, book: AnswerBook | None, *, as_events: bool) -> None:
        self._ctx = ctx
        self._book = book
        self._as_events = as_events
        self._username: Secret | None = None
        self._spoken: set[PromptKind] = set()
        """Kinds the environment has answered; asked again, its answer was wrong."""

    def watch(self, event: events.LoginEvent) -> None:
        """One event of the sign-in."""
        if self._as_events:
            self._machine(event)
        else:
            self._person(event)

    def emit(self, name: str, **fields: object) -> None:
        """One JSON line, when events were asked for."""
        if self._as_events:
            self._ctx.note(dumps({"event": name, **fields}))

    def _machine(self, event: events.LoginEvent) -> None:
        match event:
            case events.BrowserPage():
                self.emit("browser", url=event.url, redirect_uri=event.redirect_uri, expires_at=shapes.when(event.expires_at))
                if self._book is not None:
                    self.emit_prompt(Prompt(kind=PromptKind.CALLBACK, label="Address of the page the browser ends on"))
            case events.DevicePage():
                self.emit(
                    "device",
                    user_code=event.user_code,
                    verification_uri=event.verification_uri,
                    verification_uri_complete=event.verification_uri_complete,
                    expires_at=shapes.when(event.expires_at),
                    interval=int(event.interval.total_seconds()),
                )
            case events.DevicePoll():
                self.emit("poll", interval=int(event.interval.total_seconds()))
            case events.Asked():
                for prompt in event.challenge.prompts:
                    self.emit_prompt(prompt)
            case _:
                pass

    def emit_prompt(self, prompt: Prompt) -> None:
        """The question, once whoever announces it."""
        self.emit(
            "prompt",
            kind=prompt.kind.value,
            label=prompt.label,
            secret=prompt.secret,
            choices=list(prompt.choices),
            attempts_left=prompt.attempts_left,
        )

    def _person(self, event: events.LoginEvent) -> None:
        note = self._ctx.note
        match event:
            case events.FlowChosen():
                why = "" if event.reason == "as chosen" else f" ({clean(event.reason, 200)})"
                note(f"{words.flow_words(event.flow)}{why}.")
            case events.BrowserPage():
                note("Your browser shows the sign-in page." if event.opened else "Open this page in a browser:")
                note(f"  {clean(event.url, 8_192)}")
                if self._ctx.interactive:
                    note("Or paste here the address of the page you end on, which begins with")
                    note(f"  {clean(event.redirect_uri)}   (take it only from your own browser)")
            case events.StrayCallback():
                note(f"A foreign callback was turned away: {clean(event.reason)}")
            case events.DevicePage():
                self._device(event)
            case events.Approved():
                note("Approved.")
            case events.TokensChecked() if not event.identity_known:
                note("The provider does not say who signed in.")
            case _:
                pass

    def _device(self, page: events.DevicePage) -> None:
        note, link = self._ctx.note, page.verification_uri_complete or page.verification_uri
        if self._ctx.stderr.isatty():
            import shutil

            from my_app.cli.qr import terminal_lines

            size = shutil.get_terminal_size()
            for line in terminal_lines(link, size.columns, size.lines - 6, colour=self._ctx.error_colour):
                note(line)
        note(f"Open   {clean(page.verification_uri, 2_000)}")
        note(f"Code   {clean(page.user_code, 64)}")
        if page.verification_uri_complete:
            note(f"Or     {clean(page.verification_uri_complete, 2_000)}")
        if not page.same_host:
            note("Note: the page is on another host than the issuer.")
        note("Only enter the code if you started this sign-in yourself.")

    def paste_refused(self, error: MyAppError) -> None:
        """A pasted address was not taken; the wait goes on."""
        if self._as_events:
            self.emit("callback_refused", code=error.code)
        else:
            self._ctx.note(words.error_lines(error))

    async def ask(self, challenge: Challenge) -> Answers:
        """The person's answers. Raises PromptNeeded, Cancelled."""
        if not self._as_events and challenge.host and self._ctx.interactive and self._book is None:
            self._ctx.note(f"Signing in to {clean(challenge.host)}.")
        if not self._as_events:
            for problem in dict.fromkeys(words.problem(prompt) for prompt in challenge.prompts if prompt.problem):
                self._ctx.note(problem)
        answers = {prompt.kind: self._answer(prompt) for prompt in challenge.prompts}
        self._username = answers.get(PromptKind.USERNAME, self._username)
        return answers

    def _answer(self, prompt: Prompt) -> Secret:
        if prompt.kind is PromptKind.PUSH and (self._book is not None or not self._ctx.interactive):
            # The answer is given on the phone; here there is only the waiting.
            if not self._as_events:
                self._ctx.note(clean(prompt.label, 80))
            return Secret("")
        if self._book is not None:
            found = self._book.take(prompt.kind)
            if found is not None:
                return found
        given = self._from_environment(prompt.kind)
        if given is not None:
            return given
        if self._book is not None or not self._ctx.interactive:
            raise PromptNeeded(
                f"The sign-in asks for {clean(prompt.label, 80)}, and nobody may be asked.",
                hint=f'Give it with --answers as {{"kind": "{prompt.kind.value}", "value": ...}}, or sign in on a terminal.',
            )
        if prompt.kind is PromptKind.USERNAME and self._username is not None:
            # Asked anew after a wrong password: who types the password at once must not see it echoed.
            return self._username
        return Secret(self._typed(prompt))

    def _from_environment(self, kind: PromptKind) -> Secret | None:
        """MY_APP_USERNAME, MY_APP_PASSWORD, MY_APP_OTP or a code of MY_APP_TOTP_SEED (or their ``_FILE``), each once."""
        from my_app.given.environment import read_secret_file, secret_variable
        from my_app.signin.totp import code

        if kind in self._spoken or kind not in _VARIABLES:
            return None
        self._spoken.add(kind)
        found = secret_variable(self._ctx.environ, _VARIABLES[kind], read_secret_file)
        if found is None and kind is PromptKind.OTP:
            seed = secret_variable(self._ctx.environ, "MY_APP_TOTP_SEED", read_secret_file)
            return None if seed is None else code(seed, self._ctx.services.clock.now())
        return found

    def _typed(self, prompt: Prompt) -> str:
        label = clean(prompt.label, 80).rstrip(": ")
        # The event loop holds Ctrl-C back until it runs again; while a person types it must work at once.
        held = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            match prompt.kind:
                case PromptKind.PUSH:
                    self._ctx.ask(f"{label}. Press Enter when it is done. ")
                    return ""
                case PromptKind.CHOICE:
                    return self._chosen(label, prompt.choices)
                case PromptKind.OTP | PromptKind.CODE:
                    return self._ctx.ask(f"{label}: ").replace(" ", "")
                case _:
                    return self._ctx.ask(f"{label}: ", secret=prompt.secret)
        finally:
            signal.signal(signal.SIGINT, held or signal.default_int_handler)

    def _chosen(self, label: str, choices: tuple[str, ...]) -> str:
        for number, choice in enumerate(choices, 1):
            self._ctx.note(f"  {number}  {clean(choice, 120)}")
        for _ in range(3):
            typed = self._ctx.ask(f"{label} (1 to {len(choices)}): ").strip()
            if typed.isdigit() and 0 < int(typed) <= len(choices):
                return choices[int(typed) - 1]
        raise Cancelled("No choice was made.")
