"""What a service learns from a token issuer: its keys, and what it says of an opaque token."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar, cast

from my_app import carry
from my_app.errors import MyAppError, PeerFault, Refused, SettingsFault, Temporary
from my_app.issuers.key_sets import BothTransports, KeySets, LoopLocks, again
from my_app.jose.keys import KeySet
from my_app.oauth.client_auth import Client
from my_app.oauth.exchange import Exchange
from my_app.oauth.introspect import introspect
from my_app.oauth.metadata import ServerMetadata, discover
from my_app.ports import Clock, Transport
from my_app.secret import Secret

FRESH: Final = timedelta(hours=1)
"""How long the issuer's metadata is used without asking again; it goes on for longer while asking fails."""
RETRY: Final = timedelta(seconds=30)
"""Between two attempts to renew metadata that is still in use."""
REST: Final = timedelta(seconds=5)
"""After a failure without old metadata: the same failure is told again without a request."""

T = TypeVar("T")


class FixedKeys:
    """Keys that are at hand: given once, or asked for each time from whoever makes them."""

    def __init__(self, keys: KeySet | Callable[[], KeySet]) -> None:
        self._keys = keys

    def keys(self) -> KeySet:
        """The keys."""
        return self._keys if isinstance(self._keys, KeySet) else self._keys()

    def newer(self, than: KeySet) -> KeySet:
        """The same: what is at hand is never behind."""
        return than

    async def akeys(self) -> KeySet:
        """``keys`` for asyncio."""
        return self.keys()

    async def anewer(self, than: KeySet) -> KeySet:
        """``newer`` for asyncio."""
        return than


class IssuerSource:
    """Keys and introspection of one issuer, found by its metadata; nothing is fetched until it is needed."""

    def __init__(
        self,
        issuer: str,
        *,
        clock: Clock,
        jwks_url: str | None = None,
        transport: Callable[[], Transport | BothTransports],
        key_sets: KeySets | None = None,
    ) -> None:
        """``transport`` is called when something is fetched first."""
        self._issuer = issuer
        self._clock = clock
        self._jwks_url = jwks_url
        self._open_transport = transport
        self._transport: Transport | BothTransports | None = None
        self._key_sets = key_sets
        self._metadata: ServerMetadata | None = None
        self._failure: MyAppError | None = None
        self._due = datetime.min.replace(tzinfo=UTC)
        self._guard = threading.Lock()
        self._flights = LoopLocks()

    def keys(self) -> KeySet:
        """The issuer's keys. Raises Temporary, Refused, PeerFault, Unsupported."""
        return self._sets().get(self._jwks_url or self.metadata().endpoint("jwks"))

    def newer(self, than: KeySet) -> KeySet:
        """The keys after ``than`` lacked one (``KeySets.newer``)."""
        return self._sets().newer(self._jwks_url or self.metadata().endpoint("jwks"), than)

    async def akeys(self) -> KeySet:
        """``keys`` for asyncio."""
        return await self._sets().aget(self._jwks_url or (await self.ametadata()).endpoint("jwks"))

    async def anewer(self, than: KeySet) -> KeySet:
        """``newer`` for asyncio."""
        return await self._sets().anewer(self._jwks_url or (await self.ametadata()).endpoint("jwks"), than)

    def introspect(self, client: Client, token: str) -> Mapping[str, object]:
        """What the issuer says of ``token`` (RFC 7662 2). Raises Temporary, Refused, PeerFault, Unsupported."""
        return self._run(introspect(self.metadata(), client, Secret(token)))

    async def aintrospect(self, client: Client, token: str) -> Mapping[str, object]:
        """``introspect`` for asyncio."""
        return await self._arun(introspect(await self.ametadata(), client, Secret(token)))

    def metadata(self) -> ServerMetadata:
        """The issuer's metadata, renewed each hour. Raises Temporary, BadMetadata, IssuerMismatch when it was never had."""
        if (known := self._known()) is not None:
            return known
        with self._guard:
            if (known := self._known()) is not None:
                return known
            try:
                return self._learnt(self._run(discover(self._issuer, {})))
            except (Temporary, Refused, PeerFault) as failure:
                return self._still(failure)

    async def ametadata(self) -> ServerMetadata:
        """``metadata`` for asyncio."""
        if (known := self._known()) is not None:
            return known
        async with self._flights.get(""):
            if (known := self._known()) is not None:
                return known
            try:
                return self._learnt(await self._arun(discover(self._issuer, {})))
            except (Temporary, Refused, PeerFault) as failure:
                return self._still(failure)

    def _known(self) -> ServerMetadata | None:
        """What needs no request: fresh metadata. Raises a failure that is too young to ask again."""
        left = self._due - self._clock.now()
        # A clock that was set back must not stretch the span.
        if not timedelta(0) < left <= (REST if self._metadata is None else FRESH):
            return None
        if self._metadata is None and self._failure is not None:
            raise again(self._failure)
        return self._metadata

    def _learnt(self, metadata: ServerMetadata) -> ServerMetadata:
        self._metadata, self._failure, self._due = metadata, None, self._clock.now() + FRESH
        return metadata

    def _still(self, failure: MyAppError) -> ServerMetadata:
        """The old metadata while the issuer cannot be asked. Raises ``failure`` when there is none."""
        self._failure = failure
        self._due = self._clock.now() + (REST if self._metadata is None else RETRY)
        if self._metadata is None:
            raise failure
        return self._metadata

    def _run(self, exchange: Exchange[T]) -> T:
        return carry.run(exchange, self._wire(), clock=self._clock, entropy=secrets.token_bytes, pause=time.sleep)

    async def _arun(self, exchange: Exchange[T]) -> T:
        transport = self._wire()
        if not hasattr(transport, "asend"):
            raise SettingsFault("This transport cannot be used with asyncio.", hint="Give a transport that has asend().")
        return await carry.arun(exchange, cast(BothTransports, transport), clock=self._clock, entropy=secrets.token_bytes)

    def _wire(self) -> Transport | BothTransports:
        if self._transport is None:
            self._transport = self._open_transport()
        return self._transport

    def _sets(self) -> KeySets:
        if self._key_sets is None:
            self._key_sets = KeySets(self._wire(), self._clock, secrets.token_bytes)
        return self._key_sets
