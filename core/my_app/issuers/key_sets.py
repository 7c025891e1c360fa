"""Key sets of issuers, fetched once and kept (J5; RFC 7517 5).

A set is fetched when it is first asked for and when it is older than ten minutes. If that fails the
old set goes on for a day. An unknown key id costs one fetch at once, then at most one per 30 seconds,
however many tokens bring one. Several threads or tasks that wait for the same set share one fetch.
"""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol, cast
from weakref import WeakKeyDictionary

from my_app import carry
from my_app.errors import MyAppError, PeerFault, Refused, SettingsFault, Temporary
from my_app.jose.keys import KeySet
from my_app.oauth.jwks import key_set_document
from my_app.ports import AsyncTransport, Clock, Entropy, Transport

FRESH: Final = timedelta(minutes=10)
"""How long a set is used without asking again."""
COOLDOWN: Final = timedelta(seconds=30)
"""Between two fetches that unknown key ids cause."""
RETRY: Final = timedelta(seconds=5)
"""After a failed fetch without an old set: the same failure is told again without a request."""
KEPT: Final = timedelta(days=1)
"""How long an old set stands in while its issuer cannot be asked."""
MOST_SETS: Final = 64

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class BothTransports(Transport, AsyncTransport, Protocol):
    """A transport that serves threads and asyncio."""


@dataclass(slots=True)
class _Entry:
    """What is known of one address."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    keys: KeySet | None = None
    fetched: datetime = _NEVER
    tried: datetime = _NEVER
    forced: datetime = _NEVER
    """When an unknown key id last caused a fetch."""
    failure: MyAppError | None = None

    def usable(self, now: datetime) -> KeySet | None:
        """The set, when no fetch is due."""
        if self.keys is None:
            return None
        age = now - self.fetched
        if timedelta(0) <= age < FRESH:
            return self.keys
        resting = self.failure is not None and timedelta(0) <= now - self.tried < COOLDOWN
        return self.keys if resting and age < KEPT else None

    def may_force(self, now: datetime) -> bool:
        """Whether an unknown key id may cause a fetch now."""
        return not timedelta(0) <= now - self.forced < COOLDOWN

    def resting_failure(self, now: datetime) -> MyAppError | None:
        """The failure to tell again instead of asking, as a new error."""
        if self.failure is None or not timedelta(0) <= now - self.tried < RETRY:
            return None
        return again(self.failure)

    def arrived(self, keys: KeySet, now: datetime) -> KeySet:
        """A fetch that went well."""
        self.keys, self.fetched, self.tried, self.failure = keys, now, now, None
        return keys

    def failed(self, failure: MyAppError, now: datetime) -> KeySet:
        """A fetch that did not: the old set, if it is not too old. Raises the failure."""
        self.tried, self.failure = now, failure
        if self.keys is None or now - self.fetched >= KEPT:
            raise failure
        return self.keys


def again(failure: MyAppError) -> MyAppError:
    """The same failure as a new error, for another caller to raise."""
    return type(failure)(failure.message, hint=failure.hint, **failure.facts)


class LoopLocks:
    """asyncio locks by name; each belongs to one event loop, and a program may run several."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Lock]] = WeakKeyDictionary()

    def get(self, name: str) -> asyncio.Lock:
        """The lock of the running loop."""
        with self._guard:
            return self._locks.setdefault(asyncio.get_running_loop(), {}).setdefault(name, asyncio.Lock())


class KeySets:
    """Key sets by address; safe for threads, and for asyncio with a transport that has ``asend``."""

    def __init__(self, transport: Transport | BothTransports, clock: Clock, entropy: Entropy) -> None:
        self._transport = transport
        self._clock = clock
        self._entropy = entropy
        self._entries: dict[str, _Entry] = {}
        self._guard = threading.Lock()
        self._flights = LoopLocks()

    def get(self, url: str) -> KeySet:
        """The set at ``url``, from memory when it is fresh.

        Raises Temporary, Refused, PeerFault when it was never had and cannot be fetched.
        """
        entry = self._entry(url)
        keys = entry.usable(self._clock.now())
        if keys is not None:
            return keys
        with entry.lock:
            return entry.usable(self._clock.now()) or self._fetch(url, entry)

    def newer(self, url: str, than: KeySet) -> KeySet:
        """The set after a token named a key that ``than`` lacks: fetched again unless that was done in the last 30 s."""
        entry = self._entry(url)
        with entry.lock:
            known = self._instead(entry, than)
            return known if known is not None else self._fetch(url, entry)

    async def aget(self, url: str) -> KeySet:
        """``get`` for asyncio."""
        entry = self._entry(url)
        keys = entry.usable(self._clock.now())
        if keys is not None:
            return keys
        async with self._flights.get(url):
            return entry.usable(self._clock.now()) or await self._afetch(url, entry)

    async def anewer(self, url: str, than: KeySet) -> KeySet:
        """``newer`` for asyncio."""
        entry = self._entry(url)
        async with self._flights.get(url):
            known = self._instead(entry, than)
            return known if known is not None else await self._afetch(url, entry)

    def _instead(self, entry: _Entry, than: KeySet) -> KeySet | None:
        """What to use without a fetch: a set that came meanwhile, or the old one during the cooldown."""
        if entry.keys is not None and entry.keys is not than:
            return entry.keys
        now = self._clock.now()
        if not entry.may_force(now):
            return than
        entry.forced = now
        return None

    def _entry(self, url: str) -> _Entry:
        entry = self._entries.get(url)
        if entry is None:
            with self._guard:
                entry = self._entries.setdefault(url, _Entry())
                while len(self._entries) > MOST_SETS:
                    del self._entries[next(iter(self._entries))]
        return entry

    def _fetch(self, url: str, entry: _Entry) -> KeySet:
        resting = entry.resting_failure(self._clock.now()) if entry.keys is None else None
        if resting is not None:
            raise resting
        try:
            document = carry.run(key_set_document(url), self._transport, clock=self._clock, entropy=self._entropy, pause=time.sleep)
            return entry.arrived(KeySet.parse(document), self._clock.now())
        except (Temporary, Refused, PeerFault) as failure:
            return entry.failed(failure, self._clock.now())

    async def _afetch(self, url: str, entry: _Entry) -> KeySet:
        resting = entry.resting_failure(self._clock.now()) if entry.keys is None else None
        if resting is not None:
            raise resting
        try:
            document = await carry.arun(key_set_document(url), self._asyncio(), clock=self._clock, entropy=self._entropy)
            return entry.arrived(KeySet.parse(document), self._clock.now())
        except (Temporary, Refused, PeerFault) as failure:
            return entry.failed(failure, self._clock.now())

    def _asyncio(self) -> AsyncTransport:
        if not hasattr(self._transport, "asend"):
            raise SettingsFault("This transport cannot be used with asyncio.", hint="Give a transport that has asend().")
        return cast(BothTransports, self._transport)
