"""``--plain``: the same use cases as lines of text and numbered questions, for screen readers and odd terminals."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Callable
from typing import TextIO

from my_app import words
from my_app.accounts import Account
from my_app.errors import Cancelled, MyAppError
from my_app.events import BrowserPage, DevicePage, FlowChosen, LoginEvent, StrayCallback
from my_app.model import Answers, Challenge, Prompt, PromptKind, State
from my_app.secret import Secret
from my_app.text import clean
from my_app.wiring import Services
from my_app_accounts.view import event_words, kept_words, next_step, refusal, state_now


def ask_secret(label: str) -> Secret | None:
    """Ask on the terminal without echo; None when nothing is typed."""
    typed = getpass.getpass(f"{label}: ")
    return Secret(typed) if typed else None


class Plain:
    """A loop of one question; every answer is a number, a name or a word."""

    def __init__(self, services: Services, source: TextIO, out: TextIO, *, read_only: bool = False) -> None:
        self._services = services
        self._source = source
        self._out = out
        self._read_only = read_only

    def run(self) -> int:
        """Until the person quits or the input ends; returns 0."""
        self._say("my-app accounts. Each question is answered by a number or a word and Enter.")
        while True:
            choice = self._choose(
                "What do you want to do?",
                {
                    "list": "List the accounts",
                    "show": "Show one",
                    "login": "Sign in or renew",
                    "audit": "What was done lately",
                    "quit": "Quit",
                },
            )
            if choice in (None, "quit"):
                return 0
            action: Callable[[], None] = {
                "list": self._list,
                "show": self._show,
                "login": self._login,
                "audit": self._audit,
            }[choice]
            try:
                action()
            except MyAppError as error:
                self._say(words.error_lines(error))

    # -- what can be done --------------------------------------------------------------------------

    def _list(self) -> None:
        now = self._services.clock.now()
        overview = self._services.accounts.overview()
        if not overview.accounts:
            self._say("There are no accounts. Add one with: my-app profile add NAME")
        for number, account in enumerate(overview.accounts, 1):
            living = state_now(account, now) not in (State.REVOKED, State.LOGIN_NEEDED)
            ends = f", ends {words.relative(account.expires_at, now)}" if account.expires_at and living else ""
            active = ", active" if account.active else ""
            self._say(
                f"{number}. {account.name}: {words.word(state_now(account, now))}{ends}, {clean(account.provider, 40)}{active}"
            )

    def _show(self) -> None:
        account = self._pick()
        if account is None:
            return
        now = self._services.clock.now()
        _, step = next_step(account, now)
        rows = {
            "Account": account.name,
            "State": words.word(state_now(account, now)),
            "Ends": words.relative(account.expires_at, now) if account.expires_at else "not known",
            "Provider": clean(account.provider, 40),
            "Issuer": clean(account.profile.issuer or "none", 200),
            "Sign-in": words.flow_words(account.flow),
            "User": clean(account.identity.label, 80) if account.identity and account.identity.label else "not known",
            "Kept in": kept_words(account.kept_in),
            "Scopes": ", ".join(clean(scope, 60) for scope in account.scopes) or "none",
            "Next": step,
        }
        for name, value in rows.items():
            self._say(f"{name}: {value}")

    def _login(self) -> None:
        account = self._pick()
        if account is None:
            return
        reason = refusal("account.login", account, read_only=self._read_only)
        if reason:
            self._say(f"That is off: {reason}.")
            return
        if account.refreshable:
            token = self._services.sessions.token(account.name, force=True)
            ends = f"; it ends {words.relative(token.expires_at, self._services.clock.now())}" if token.expires_at else ""
            self._say(f"Renewed{ends}.")
            return
        attempt = self._services.logins.attempt(account.name, watch=self._watch, ask=self._answer)
        done = asyncio.run(attempt.run())
        self._say(f"Signed in{f' as {clean(done.identity.label, 80)}' if done.identity else ''}.")

    def _audit(self) -> None:
        for entry in self._services.audit.entries(limit=20):
            result = "" if entry.result == "ok" else f", {entry.result} {clean(entry.code, 40)}"
            whose = clean(entry.profile or "no account", 64)
            self._say(f"{entry.at.astimezone():%d %b %H:%M}: {event_words(entry.event)}, {whose}{result}")

    # -- a sign-in, told -----------------------------------------------------------------------------

    def _watch(self, event: LoginEvent) -> None:
        match event:
            case FlowChosen(reason=reason):
                self._say(clean(reason, 300))
            case BrowserPage(url=url, opened=opened):
                self._say("Your browser was opened." if opened else f"Open this page: {url}")
            case DevicePage(verification_uri=uri, user_code=code):
                self._say(f"Open {uri} and check that it shows the code {' '.join(code)}")
            case StrayCallback(reason=reason):
                self._say(f"An answer that is not ours was refused: {clean(reason, 200)}")
            case _:
                pass

    async def _answer(self, challenge: Challenge) -> Answers:
        if challenge.host:
            self._say(f"{clean(challenge.host, 80)} asks:")
        return {prompt.kind: await asyncio.to_thread(self._prompt, prompt) for prompt in challenge.prompts}

    def _prompt(self, prompt: Prompt) -> Secret:
        if prompt.problem:
            left = f" {prompt.attempts_left} tries left." if prompt.attempts_left is not None else ""
            self._say(f"{prompt.problem}{left}")
        if prompt.kind is PromptKind.CHOICE:
            chosen = self._choose(prompt.label, {choice: choice for choice in prompt.choices})
            if chosen is None:
                raise Cancelled("You stopped the sign-in.")
            return Secret(chosen)
        if prompt.secret and self._source.isatty():
            answer = ask_secret(prompt.label)
        else:
            self._say(f"{prompt.label}:")
            line = self._source.readline()
            answer = Secret(line.rstrip("\r\n")) if line else None
        if answer is None:
            raise Cancelled("You stopped the sign-in.")
        return answer

    # -- asking and telling --------------------------------------------------------------------------

    def _pick(self) -> Account | None:
        accounts = self._services.accounts.overview().accounts
        if not accounts:
            self._say("There are no accounts.")
            return None
        name = self._choose("Which account?", {account.name: account.name for account in accounts})
        return next((account for account in accounts if account.name == name), None)

    def _choose(self, question: str, choices: dict[str, str]) -> str | None:
        keys = list(choices)
        self._say(question)
        for number, key in enumerate(keys, 1):
            self._say(f"  {number}. {choices[key]}")
        while line := self._source.readline():
            typed = line.strip().casefold()
            if typed.isdecimal() and 1 <= int(typed) <= len(keys):
                return keys[int(typed) - 1]
            found = [key for key in keys if key.casefold() == typed]
            if found:
                return found[0]
            self._say(f"Type a number from 1 to {len(keys)}.")
        return None

    def _say(self, text: str) -> None:
        self._out.write(f"{text}\n")
        self._out.flush()
