"""The one place where ports meet adapters; every entry point gets its use cases from here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from my_app.accounts import Accounts
from my_app.audit import AuditLog
from my_app.grants import Grants
from my_app.inspecting import Inspector
from my_app.keysets import BothTransports
from my_app.login import Logins
from my_app.ports import Clock, CredentialStore
from my_app.rotation import Rotations
from my_app.secret import Secret
from my_app.session import Sessions
from my_app.settings import Paths
from my_app.vaulting import VaultAdmin


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
    environ: Mapping[str, str], *, questions: Questions = Questions(), cwd: Path | None = None, profile: str | None = None
) -> Services:
    """The services for this environment. Touches no disk and no keyring until one is used."""
    raise NotImplementedError


def default_transport() -> BothTransports:
    """The HTTP transport of this process's environment, for a ``TokenValidator`` that was given none."""
    import os

    from my_app.adapters.http import HttpTransport

    return HttpTransport(os.environ)
