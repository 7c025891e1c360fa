"""The one place where ports meet adapters; every entry point gets its use cases from here."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from my_app.accounts import Accounts, laid_under
from my_app.audit import AuditLog
from my_app.ports import Clock, CredentialStore
from my_app.secret import Secret
from my_app.settings import Paths, paths
from my_app.vaulting import VaultAdmin

if TYPE_CHECKING:
    import ssl

    from my_app.discovery import Discovery
    from my_app.grants import Grants
    from my_app.grants.registration import Registrations
    from my_app.grants.token_exchange import Delegations
    from my_app.inspecting import Inspector
    from my_app.issuers.key_sets import BothTransports, KeySets
    from my_app.login import Logins
    from my_app.rotation import Rotations
    from my_app.session import Sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The use cases of one home."""

    paths: Paths
    clock: Clock
    accounts: Accounts
    sessions: Sessions
    logins: Logins
    grants: Grants
    rotations: Rotations
    registrations: Registrations
    delegations: Delegations
    inspector: Inspector
    audit: AuditLog
    vault: VaultAdmin
    store: CredentialStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """How an entry point lets the core ask the person; None: nobody may be asked."""

    passphrase: Callable[[str], Secret | None] | None = None
    """Asks for the vault's passphrase with the given label; None: dismissed."""
    new_vault: Callable[[str], Secret | None] | None = None
    """No keyring: asks for a passphrase for the new vault after saying why (the given sentence)."""


def open_services(
    environ: Mapping[str, str],
    *,
    questions: Questions = Questions(),
    cwd: Path | None = None,
    profile: str | None = None,
    clock: Clock | None = None,
) -> Services:
    """The services for this environment. Touches no disk and no keyring until one is used.

    ``profile`` is what ``--profile`` named, ``clock`` the system's unless a demo brings its own.
    Raises SettingsFault for variables that contradict each other.
    """
    from my_app.adapters.audit_file import AuditFile, current_actor
    from my_app.adapters.clock import SystemClock
    from my_app.adapters.config_file import ConfigFile, CredentialsFile
    from my_app.adapters.key_file import KeyFiles
    from my_app.adapters.keychain import SystemKeychain
    from my_app.adapters.lazy_http import LazyHttpTransport
    from my_app.adapters.vault import Vault
    from my_app.adapters.vault_index import ConfigIndex
    from my_app.given.environment import secret_variable
    from my_app.given.layers import Givens, LayeredAudit, LayeredStore

    clock = clock or SystemClock()
    entropy = secrets.token_bytes
    places = paths(environ)
    config = ConfigFile(places)
    vault = Vault(
        places.vault,
        locks=places.locks,
        keychain=SystemKeychain(),
        key=secret_variable(environ, "MY_APP_VAULT_KEY"),
        passphrase=secret_variable(environ, "MY_APP_VAULT_PASSPHRASE"),
        clock=clock,
        entropy=entropy,
        questions=questions,
        no_input=environ.get("MY_APP_NO_INPUT", "") not in ("", "0"),
        index=ConfigIndex(places.config, config.settings),
    )
    trail = AuditFile(places.audit, clock=clock, actor=current_actor(), seal=vault, locks=places.locks)
    givens = Givens(environ, CredentialsFile(places), laid_under=laid_under)

    def stored(name: str) -> bool:
        return name in config.settings().profiles

    store = LayeredStore(vault, givens, stored=stored)
    audit = LayeredAudit(trail, givens, stored=stored)
    accounts = Accounts(
        config=config,
        givens=givens,
        store=vault,
        vault=vault,
        clock=clock,
        audit=trail,
        environ=environ,
        cwd=Path.cwd if cwd is None else lambda: cwd,
        wanted=profile,
    )
    transport = LazyHttpTransport(environ, clock=clock)

    @cache
    def discovery() -> Discovery:
        from my_app.discovery import Discovery

        return Discovery(transport=transport, clock=clock, entropy=entropy, key_file=KeyFiles(places.config.parent))

    @cache
    def key_sets() -> KeySets:
        from my_app.issuers.key_sets import KeySets

        return KeySets(transport, clock, entropy)

    def sessions() -> Sessions:
        from my_app.session.given import GivenSessions

        return GivenSessions(
            accounts=accounts,
            store=store,
            transport=transport,
            clock=clock,
            entropy=entropy,
            audit=audit,
            discovery=discovery(),
            margin=lambda: accounts.options().margin,
        )

    def logins() -> Logins:
        from my_app.adapters.browser import SystemBrowser
        from my_app.adapters.loopback import Listener
        from my_app.login import Logins

        return Logins(
            accounts=accounts,
            store=store,
            vault=vault,
            transport=transport,
            listener=Listener,
            browser=SystemBrowser(environ),
            clock=clock,
            entropy=entropy,
            audit=audit,
            environ=environ,
            discovery=discovery(),
            key_sets=key_sets(),
            leeway=lambda: accounts.options().leeway,
        )

    def grants() -> Grants:
        from my_app.grants import Grants

        return Grants(
            accounts=accounts,
            sessions=services.sessions,
            store=store,
            transport=transport,
            clock=clock,
            entropy=entropy,
            audit=audit,
            discovery=discovery(),
        )

    def rotations() -> Rotations:
        from my_app.rotation import Rotations

        return Rotations(
            accounts=accounts,
            store=store,
            transport=transport,
            clock=clock,
            entropy=entropy,
            audit=audit,
            sessions=services.sessions,
            discovery=discovery(),
        )

    def registrations() -> Registrations:
        from my_app.grants.registration import Registrations

        return Registrations(
            accounts=accounts, store=vault, discovery=discovery(), transport=transport, clock=clock, entropy=entropy
        )

    def delegations() -> Delegations:
        from my_app.grants.token_exchange import Delegations

        return Delegations(
            accounts=accounts,
            sessions=services.sessions,
            store=store,
            discovery=discovery(),
            transport=transport,
            clock=clock,
            entropy=entropy,
        )

    def inspector() -> Inspector:
        from my_app.inspecting import Inspector

        return Inspector(key_sets=key_sets(), transport=transport, clock=clock)

    services = _OnDemand(
        parts={
            "sessions": sessions,
            "logins": logins,
            "grants": grants,
            "rotations": rotations,
            "registrations": registrations,
            "delegations": delegations,
            "inspector": inspector,
        },
        paths=places,
        clock=clock,
        accounts=accounts,
        audit=audit,
        vault=vault,
        store=store,
    )
    return services


class _OnDemand(Services):
    """Services whose heavier use cases are loaded when first asked for: a list must not pay for a sign-in."""

    def __init__(self, *, parts: Mapping[str, Callable[[], object]], **ready: object) -> None:
        self.__dict__.update(_parts=parts, _guard=threading.RLock())  # the fields are frozen, this is not one
        for name, value in ready.items():
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> object:
        # Reached only while the field is not filled.
        parts: Mapping[str, Callable[[], object]] = self.__dict__["_parts"]
        if name not in parts:
            raise AttributeError(name)
        with self.__dict__["_guard"]:
            filled = self.__dict__.setdefault("_filled", {})
            if name not in filled:
                filled[name] = parts[name]()
            return filled[name]


def default_transport() -> BothTransports:
    """A transport for a lone ``TokenValidator``, with proxy and CA settings of the process environment."""
    import os

    from my_app.adapters.http import HttpTransport

    return HttpTransport(os.environ)


def trust(environ: Mapping[str, str]) -> ssl.SSLContext:
    """Whom the library's own httpx clients trust: ``MY_APP_CA_BUNDLE``, else the system (N1). Raises SettingsFault."""
    from my_app.adapters.tls import trusting

    return trusting(environ.get("MY_APP_CA_BUNDLE", ""))
