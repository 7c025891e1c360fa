"""One attempt after the other: runs the core's sign-in in a worker and tells the screen by messages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from textual.message import Message

from my_app.accounts import Account
from my_app.errors import MyAppError
from my_app.events import LoginEvent
from my_app.login import Attempt, SignedIn
from my_app.model import Answers, Challenge, Flow
from my_app.wiring import Services
from my_app_accounts.background import in_thread

AUTOMATIC = frozenset({Flow.CLIENT_CREDENTIALS, Flow.API_KEY, Flow.TOKEN})
"""Flows without a person."""


class AttemptPrepared(Message):
    """What is known of the account before attempt ``number`` starts."""

    def __init__(self, number: int, account: Account, flows: frozenset[Flow]) -> None:
        super().__init__()
        self.number = number
        self.account = account
        self.flows = flows


class AttemptHappened(Message):
    """An event of attempt ``number``."""

    def __init__(self, number: int, event: LoginEvent) -> None:
        super().__init__()
        self.number = number
        self.event = event


class AttemptAsked(Message):
    """Attempt ``number`` waits for answers."""

    def __init__(self, number: int, challenge: Challenge) -> None:
        super().__init__()
        self.number = number
        self.challenge = challenge


class AttemptEnded(Message):
    """Attempt ``number`` ended, well or badly."""

    def __init__(self, number: int, result: SignedIn | MyAppError) -> None:
        super().__init__()
        self.number = number
        self.result = result


class Conversation:
    """The attempts of one screen, numbered, so that what an older one still says is dropped."""

    def __init__(self, services: Services, profile: str, post: Callable[[Message], object]) -> None:
        self._services = services
        self._profile = profile
        self._post = post
        self._answer: asyncio.Future[Answers] | None = None
        self.number = 0
        self.attempt: Attempt | None = None

    def drop(self) -> int:
        """Forget the attempt under way; returns the number of the next one."""
        self.number += 1
        self.attempt = self._answer = None
        return self.number

    async def carry(self, number: int, flow: Flow | None) -> None:
        """Run attempt ``number`` to its end; cancelling this task frees its port."""
        accounts, logins = self._services.accounts, self._services.logins
        try:
            account = await in_thread(partial(accounts.account, self._profile), "account")
            flows = await in_thread(partial(logins.flows, self._profile), "flows")
            self._post(AttemptPrepared(number, account, flows))
            if (flow or account.flow) in AUTOMATIC:
                result = await in_thread(partial(logins.automatic, self._profile), "sign in")
            else:
                result = await self._run(number, flow)
        except MyAppError as error:
            self._post(AttemptEnded(number, error))
        else:
            self._post(AttemptEnded(number, result))

    def answer(self, answers: Answers) -> None:
        """Hand the person's answers to the attempt that waits for them, once."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answers)

    async def _run(self, number: int, flow: Flow | None) -> SignedIn:
        def watch(event: LoginEvent) -> None:
            self._post(AttemptHappened(number, event))

        async def ask(challenge: Challenge) -> Answers:
            future: asyncio.Future[Answers] = asyncio.get_running_loop().create_future()
            if number == self.number:
                self._answer = future
                self._post(AttemptAsked(number, challenge))
            return await future

        start = partial(self._services.logins.attempt, self._profile, flow=flow, watch=watch, ask=ask)
        attempt = await in_thread(start, "sign in")
        if number == self.number:
            self.attempt = attempt
        return await attempt.run()
