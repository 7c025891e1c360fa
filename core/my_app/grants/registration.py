"""Use case: a client that nobody made by hand (RFC 7591, RFC 7592)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from my_app.carry import run
from my_app.discovery import BothTransports, Discovery
from my_app.errors import MyAppError, ProfileExists, UnknownProfile, Unsupported
from my_app.model import Flow, Profile, Record, checked_name
from my_app.oauth import registration
from my_app.oauth.exchange import Exchange
from my_app.oauth.metadata import ServerMetadata
from my_app.oauth.registration import Registered
from my_app.ports import Clock, CredentialStore, Entropy
from my_app.providers import laid_under
from my_app.secret import Secret

T = TypeVar("T")
_LOCK: Final = timedelta(seconds=60)
_DEVICE: Final = "urn:ietf:params:oauth:grant-type:device_code"


class Accounts(Protocol):
    """Where profiles live; ``Accounts`` of ``accounts.py`` is one."""

    def profile(self, name: str) -> Profile:
        """The profile with its preset laid under it. Raises UnknownProfile."""

    def add(
        self, profile: Profile, *, client_secret: Secret | None = None, registration: Mapping[str, object] | None = None
    ) -> Profile:
        """Write profile and record."""


class Registrations:
    """Registers clients for new profiles and manages those it registered. Sync, bounded in time.

    Constructor: ``Registrations(accounts=, store=, discovery=, transport=, clock=, entropy=)``.
    """

    def __init__(
        self,
        *,
        accounts: Accounts,
        store: CredentialStore,
        discovery: Discovery,
        transport: BothTransports,
        clock: Clock,
        entropy: Entropy,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._accounts = accounts
        self._store = store
        self._discovery = discovery
        self._transport = transport
        self._clock = clock
        self._entropy = entropy
        self._pause = pause

    def register(self, profile: Profile, *, initial_token: Secret | None = None) -> Profile:
        """Add ``profile`` with a public native client made for it; its redirect URI gets a path of its own (L6).

        Raises ProfileExists before anything is sent, Unsupported, WrongCredentials where an initial access token is
        needed, Refused, Temporary, StorageFault. What cannot be saved is deleted at the provider again.
        """
        checked_name(profile.name)
        self._refuse_taken(profile.name)
        laid = laid_under(profile)
        metadata = self._discovery.metadata(laid, None)
        path = f"/callback/{self._entropy(6).hex()}"
        # Scopes that only a preset knows are left to the provider's own defaults.
        described = wanted(replace(laid, scopes=profile.scopes), metadata, path)
        client = self._carried(registration.register(metadata, described, initial_token=initial_token))
        public = client.client_secret is None or client.description.get("token_endpoint_auth_method") == "none"
        settled = replace(
            profile,
            client_id=client.client_id,
            redirect_uri=profile.redirect_uri or f"http://127.0.0.1{path}",
            flow=Flow.BROWSER if profile.flow is Flow.AUTO and not public else profile.flow,
        )
        try:
            return self._accounts.add(settled, client_secret=None if public else client.client_secret, registration=kept(client))
        except BaseException:
            # The provider's own failure to forget it must not hide why it could not be kept.
            with suppress(MyAppError):
                self._carried(registration.delete(client))
            raise

    def update(self, profile: str, changes: Mapping[str, object]) -> Registered:
        """Change the client's description at the provider and keep what came back (C5). Saved before it is returned.

        Raises Unsupported for a client that was not registered here, WrongCredentials, Refused, Temporary, StorageFault.
        """
        with self._store.lock(profile, _LOCK):
            record, client = self._registered(profile)
            client = self._carried(registration.update(client, changes))
            secret = client.client_secret or record.client_secret
            self._store.save(replace(record, client_secret=secret, registration=kept(client)))
        return client

    def unregister(self, profile: str) -> None:
        """End the client at the provider; the profile and its tokens stay until they are removed. Raises as ``update``."""
        with self._store.lock(profile, _LOCK):
            record, client = self._registered(profile)
            self._carried(registration.delete(client))
            self._store.save(replace(record, registration=None))

    def _registered(self, profile: str) -> tuple[Record, Registered]:
        record = self._store.load(profile)
        if record is None or record.registration is None:
            raise Unsupported(f"The client of “{profile}” was not registered from here.", hint="Change it on the provider's page.")
        return record, registered(record)

    def _refuse_taken(self, name: str) -> None:
        try:
            self._accounts.profile(name)
        except UnknownProfile:
            return
        raise ProfileExists(
            f"There is already a profile “{name}”.",
            hint=f"Take another name, or remove the old one with: my-app profile remove {name}",
        )

    def _carried(self, exchange: Exchange[T]) -> T:
        return run(exchange, self._transport, clock=self._clock, entropy=self._entropy, pause=self._pause)


def wanted(profile: Profile, metadata: ServerMetadata, path: str) -> dict[str, object]:
    """What a native app says of itself (RFC 7591 2, RFC 8252): no secret, loopback addresses of both families. Pure."""
    ports = [f":{port}" for port in profile.redirect_ports] or [""]
    uris = [f"http://{host}{port}{path}" for port in ports for host in ("127.0.0.1", "[::1]")]
    grants = ["authorization_code", "refresh_token"]
    if "device_authorization" in metadata.endpoints:
        grants.append(_DEVICE)
    out: dict[str, object] = {
        "client_name": "my-app",
        "application_type": "native",
        "redirect_uris": [profile.redirect_uri] if profile.redirect_uri else uris,
        "grant_types": grants,
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }
    if profile.scopes:
        out["scope"] = " ".join(profile.scopes)
    if profile.dpop:
        out["dpop_bound_access_tokens"] = True
    return out


def kept(client: Registered) -> dict[str, object]:
    """``Record.registration`` of a registered client. Pure."""
    return {
        "client_id": client.client_id,
        "uri": client.management_uri,
        "token": client.management_token,
        "client_secret_expires_at": client.secret_expires_at,
        "description": dict(client.description),
    }


def registered(record: Record) -> Registered:
    """The way back. Pure."""
    value = record.registration or {}
    uri, token, end, described = (value.get(name) for name in ("uri", "token", "client_secret_expires_at", "description"))
    return Registered(
        client_id=str(value.get("client_id", record.binding.client_id)),
        client_secret=record.client_secret,
        secret_expires_at=end if isinstance(end, datetime) else None,
        management_uri=uri if isinstance(uri, str) else None,
        management_token=token if isinstance(token, Secret) else None,
        description=described if isinstance(described, Mapping) else {},
    )
