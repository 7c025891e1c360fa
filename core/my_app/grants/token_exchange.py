"""Use case: other tokens for the token of a profile, never stored (RFC 8693, RFC 7523)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from my_app.carry import run
from my_app.discovery import BothTransports, Discovery, Profiles, check_binding
from my_app.errors import LoginNeeded
from my_app.model import TokenSet
from my_app.oauth.client_auth import Client
from my_app.oauth.exchange import Exchange
from my_app.oauth.metadata import ServerMetadata
from my_app.oauth.token_exchange import Exchanged, Party, exchange, redeem
from my_app.ports import Clock, CredentialStore, Entropy
from my_app.secret import Secret
from my_app.session import Sessions

T = TypeVar("T")


class Delegations:
    """Asks the profile's provider for tokens that stand for somebody. Sync, bounded in time.

    Constructor: ``Delegations(accounts=, sessions=, store=, discovery=, transport=, clock=, entropy=)``.
    """

    def __init__(
        self,
        *,
        accounts: Profiles,
        sessions: Sessions,
        store: CredentialStore,
        discovery: Discovery,
        transport: BothTransports,
        clock: Clock,
        entropy: Entropy,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._store = store
        self._discovery = discovery
        self._transport = transport
        self._clock = clock
        self._entropy = entropy
        self._pause = pause

    def exchange(
        self,
        profile: str,
        *,
        subject: Party | None = None,
        actor: Party | None = None,
        wanted: str | None = None,
        scopes: tuple[str, ...] = (),
        resources: tuple[str, ...] = (),
        audiences: tuple[str, ...] = (),
    ) -> Exchanged:
        """A token for ``subject``, by default the profile's own access token (RFC 8693 2.1).

        Raises LoginNeeded, Unsupported, Refused, PeerFault, Temporary, BindingChanged.
        """
        subject = subject or Party(token=self._sessions.token(profile).value)
        metadata, client = self._known(profile)
        return self._carried(
            exchange(
                metadata,
                client,
                subject,
                actor=actor,
                wanted=wanted,
                scopes=scopes,
                resources=resources,
                audiences=audiences,
            )
        )

    def redeem(self, profile: str, assertion: Secret, *, scopes: tuple[str, ...] = (), resources: tuple[str, ...] = ()) -> TokenSet:
        """An access token for a JWT that somebody signed for the profile's provider (RFC 7523 2.1). Raises as ``exchange``."""
        metadata, client = self._known(profile)
        return self._carried(redeem(metadata, client, assertion, scopes=scopes, resources=resources))

    def _known(self, name: str) -> tuple[ServerMetadata, Client]:
        profile, record = self._accounts.profile(name), self._store.load(name)
        if record is None:
            raise LoginNeeded(f"“{name}” is not signed in.", hint=f"Sign in with: my-app login {name}")
        metadata = self._discovery.metadata(profile, record)
        # The token that is shown is worth as much as a stored secret.
        check_binding(profile, record, metadata)
        return metadata, self._discovery.clients.of(profile, record, dpop_key=record.dpop_key)

    def _carried(self, exchange: Exchange[T]) -> T:
        return run(exchange, self._transport, clock=self._clock, entropy=self._entropy, pause=self._pause)
