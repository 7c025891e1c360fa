"""Where a profile's provider is: its metadata, remembered for a while, and the guard on where secrets may go."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from my_app.binding import SECRET_ENDPOINTS, binding_of, changed, check_settings, set_endpoints, token_hosts
from my_app.carry import arun, run
from my_app.discovery.clients import Clients, KeyFile
from my_app.errors import RateLimited, ServerBusy, SettingsFault, Temporary
from my_app.model import Binding, Flow, Profile, Record
from my_app.oauth.metadata import ServerMetadata, by_hand, discover
from my_app.ports import AsyncTransport, Clock, Entropy, Transport
from my_app.text import host_of
from my_app.urls import origin, same_origin

KEPT: Final = timedelta(minutes=10)
"""How long a discovered document is used without asking again."""


class BothTransports(Transport, AsyncTransport, Protocol):
    """A transport with both twins."""


class Profiles(Protocol):
    """Whoever knows the stored profiles; ``Accounts`` does."""

    def profile(self, name: str) -> Profile:
        """The profile with its preset laid under it. Raises UnknownProfile, SettingsFault."""


class Discovery:
    """Metadata by profile. One instance serves all use cases; safe from any thread.

    Constructor: ``Discovery(transport=, clock=, entropy=)``; ``key_file`` reads what ``client_key`` names.
    """

    def __init__(
        self,
        *,
        transport: BothTransports,
        clock: Clock,
        entropy: Entropy,
        pause: Callable[[float], None] = time.sleep,
        apause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        key_file: KeyFile | None = None,
    ) -> None:
        self.clients = Clients(clock, key_file)
        """Who signs in; beside the metadata because every use case that needs one needs the other."""
        self._transport = transport
        self._clock = clock
        self._entropy = entropy
        self._pause = pause
        self._apause = apause
        self._guard = threading.Lock()
        self._kept: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[datetime, ServerMetadata]] = {}

    def metadata(self, profile: Profile, record: Record | None) -> ServerMetadata:
        """Endpoints of the provider; with the network down, those found at sign-in.

        Raises BadMetadata, IssuerMismatch, Temporary, SettingsFault, and BindingChanged when ``record``
        holds secrets that these endpoints may not get.
        """
        if record is not None and _holds_secrets(record):
            check_settings(profile, record)
        found = self._at_hand(profile)
        if found is None:
            issuer, overrides = _issuer(profile), set_endpoints(profile)
            try:
                exchange = discover(issuer, overrides)
                found = run(exchange, self._transport, clock=self._clock, entropy=self._entropy, pause=self._pause)
            except Temporary as problem:
                found = _found_before(profile, record, problem)
            else:
                self._keep(issuer, overrides, found)
        return _guarded(profile, record, found)

    async def ametadata(self, profile: Profile, record: Record | None) -> ServerMetadata:
        """The asyncio twin."""
        if record is not None and _holds_secrets(record):
            check_settings(profile, record)
        found = self._at_hand(profile)
        if found is None:
            issuer, overrides = _issuer(profile), set_endpoints(profile)
            try:
                exchange = discover(issuer, overrides)
                found = await arun(exchange, self._transport, clock=self._clock, entropy=self._entropy, pause=self._apause)
            except Temporary as problem:
                found = _found_before(profile, record, problem)
            else:
                self._keep(issuer, overrides, found)
        return _guarded(profile, record, found)

    def forget(self) -> None:
        """Ask anew next time."""
        with self._guard:
            self._kept.clear()

    def _at_hand(self, profile: Profile) -> ServerMetadata | None:
        """Without the network: everything set by hand, or a document that is still fresh."""
        overrides = set_endpoints(profile)
        if profile.issuer is None or (profile.flow is Flow.CLIENT_CREDENTIALS and "token" in overrides):
            if not overrides:
                raise SettingsFault(
                    f"The profile “{profile.name}” names neither an issuer nor endpoints.",
                    hint=f"Set one with: my-app profile set {profile.name} issuer=URL",
                )
            return by_hand(profile.issuer, overrides)
        with self._guard:
            kept = self._kept.get((profile.issuer, tuple(sorted(overrides.items()))))
        if kept is not None and abs(self._clock.now() - kept[0]) < KEPT:
            return kept[1]
        return None

    def _keep(self, issuer: str, overrides: Mapping[str, str], found: ServerMetadata) -> None:
        with self._guard:
            self._kept[issuer, tuple(sorted(overrides.items()))] = (self._clock.now(), found)


def check_binding(profile: Profile, record: Record, metadata: ServerMetadata, *, every: bool = False) -> None:
    """Whether the record's secrets may go where the profile now says (D6). Raises BindingChanged; nothing was sent.

    The token endpoint is judged; ``every`` judges all endpoints that a sign-in may send secrets to.
    """
    check_settings(profile, record)
    for name in SECRET_ENDPOINTS if every else ("token",):
        url = metadata.endpoints.get(name)
        if url is not None and not may_go(record, url):
            raise changed(profile, f"{name.replace('_', ' ')} endpoint", host_of(record.binding.token_hosts[0]), host_of(url))


def may_go(record: Record, url: str) -> bool:
    """Whether an endpoint may get the record's secrets: on a host they were stored for, or on the bound issuer's own."""
    bound = record.binding
    return (
        not bound.token_hosts or origin(url) in bound.token_hosts or (bound.issuer is not None and same_origin(bound.issuer, url))
    )


def bound_to(profile: Profile, metadata: ServerMetadata) -> Binding:
    """Where the secrets of a new record may go: the endpoints it was obtained from, and the profile's API."""
    api = binding_of(profile).api_origins
    userinfo = metadata.endpoints.get("userinfo")
    return Binding(
        issuer=profile.issuer,
        client_id=profile.client_id,
        token_hosts=token_hosts(metadata.endpoints),
        api_origins=tuple(dict.fromkeys((*api, origin(userinfo)))) if userinfo else api,
    )


def rebound(record: Record, profile: Profile, metadata: ServerMetadata) -> Record:
    """``record`` with a binding that was still open filled in from the first use of its secret."""
    return record if record.binding.token_hosts else replace(record, binding=bound_to(profile, metadata))


def _issuer(profile: Profile) -> str:
    if profile.issuer is None:
        raise SettingsFault(f"The profile “{profile.name}” names no issuer.")
    return profile.issuer


def _found_before(profile: Profile, record: Record | None, problem: Temporary) -> ServerMetadata:
    """The endpoints found at sign-in, while the provider cannot be asked; else the problem itself."""
    if (
        record is None
        or not record.endpoints
        or record.binding.issuer != profile.issuer
        or isinstance(problem, RateLimited | ServerBusy)
    ):
        raise problem
    return by_hand(profile.issuer, {**record.endpoints, **set_endpoints(profile)})


def _guarded(profile: Profile, record: Record | None, found: ServerMetadata) -> ServerMetadata:
    if record is not None and _holds_secrets(record):
        check_binding(profile, record, found)
    return found


def _holds_secrets(record: Record) -> bool:
    return bool(record.client_secret or (record.tokens and record.tokens.refresh_token))
