"""Public fakes: a clock, a store, a keyring, a server that is a function, seeded randomness.

They stand behind the same ports as the adapters and pass the same contract suites, so a test
of your own program that uses them tests the real thing.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from my_app.errors import KeyringUnavailable
from my_app.given.memory_store import MemoryStore
from my_app.oauth.exchange import Response, Wire
from my_app.ports import Entropy
from my_app.secret import Secret

__all__ = ["NOON", "FakeClock", "FakeKeychain", "MemoryStore", "ScriptedTransport", "Server", "answer", "seeded"]

NOON: Final = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
"""The moment at which a FakeClock starts unless told otherwise."""

Server = Callable[[Wire], Response]
"""A server is a function; it raises NetworkUnavailable to be unreachable."""


class FakeClock:
    """A Clock that moves only when told."""

    def __init__(self, start: datetime = NOON) -> None:
        self._now = start

    def now(self) -> datetime:
        """The time, aware, UTC."""
        return self._now

    def advance(self, by: timedelta | float) -> None:
        """Move by a timedelta or by seconds; negative moves back, as a clock may."""
        self._now += by if isinstance(by, timedelta) else timedelta(seconds=by)

    def pause(self, seconds: float) -> None:
        """The ``pause`` of ``carry.run``: time passes at once."""
        self.advance(seconds)

    async def apause(self, seconds: float) -> None:
        """The ``pause`` of ``carry.arun``."""
        self.advance(seconds)
        await asyncio.sleep(0)


def seeded(seed: int = 0) -> Entropy:
    """Random bytes that are the same in every run; for tests and seeded demos only."""
    count = 0
    guard = threading.Lock()

    def entropy(size: int) -> bytes:
        nonlocal count
        with guard:
            count += 1
            return hashlib.shake_256(f"{seed}:{count}".encode()).digest(size)

    return entropy


def answer(
    body: Mapping[str, object] | bytes | str = b"",
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    at: datetime = NOON,
) -> Response:
    """A Response; a mapping becomes JSON. Header names are put in lower case."""
    fields = {name.lower(): value for name, value in (headers or {}).items()}
    if isinstance(body, Mapping):
        fields.setdefault("content-type", "application/json")
        body = json.dumps(dict(body))
    return Response(at=at, status=status, headers=fields, body=body.encode() if isinstance(body, str) else body)


class ScriptedTransport:
    """A Transport and AsyncTransport whose other side is a function.

    ``requests`` keeps what was sent. With a ``clock`` every answer is stamped with its time.
    """

    def __init__(self, server: Server, *, clock: FakeClock | None = None) -> None:
        self.server = server
        self.requests: list[Wire] = []
        self._clock = clock

    def send(self, wire: Wire) -> Response:
        """Ask the function. Raises NetworkUnavailable when it does."""
        self.requests.append(wire)
        response = self.server(wire)
        return replace(response, at=self._clock.now()) if self._clock else response

    async def asend(self, wire: Wire) -> Response:
        """The same, giving other tasks a turn before and after."""
        await asyncio.sleep(0)
        response = self.send(wire)
        await asyncio.sleep(0)
        return response

    def close(self) -> None:
        """Nothing to close."""

    async def aclose(self) -> None:
        """Nothing to close."""


class FakeKeychain:
    """A keyring in memory that can be absent, locked, dismissed, or forget what it is told."""

    def __init__(self, *, absent: bool = False, locked: bool = False, dismisses: bool = False, forgets: bool = False) -> None:
        self.items: dict[str, Secret] = {}
        self.absent = absent
        self.locked = locked
        self.dismisses = dismisses
        """Locked, and the person closes the unlock prompt."""
        self.forgets = forgets
        """Says it stored a value and has none afterwards, as null backends do."""
        self.calls = 0

    def name(self) -> str:
        """The keyring that would be used."""
        if self.absent:
            raise KeyringUnavailable("No keyring was found.", hint="Use a passphrase instead.")
        return "fake keyring"

    def get(self, user: str, *, prompt: bool = False) -> Secret | None:
        """The value, or None."""
        self._reach(prompt)
        return self.items.get(user)

    def set(self, user: str, value: Secret, *, prompt: bool = False) -> None:
        """Store and prove it."""
        self._reach(prompt)
        if not self.forgets:
            self.items[user] = value
        if self.items.get(user) != value:
            raise KeyringUnavailable("The keyring did not keep what was stored.", hint="Use a passphrase instead.")

    def delete(self, user: str) -> None:
        """Forget it."""
        self._reach(prompt=False)
        self.items.pop(user, None)

    def _reach(self, prompt: bool) -> None:
        self.calls += 1
        self.name()
        if self.locked and not (prompt and not self.dismisses):
            what = "The keyring stayed locked." if prompt else "The keyring is locked."
            raise KeyringUnavailable(what, hint="Unlock it, or use a passphrase.")
        self.locked = False
