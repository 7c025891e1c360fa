"""Use cases around profiles: add, list, rename, switch, remove; and which one a call means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from my_app.model import Flow, Identity, Kind, Profile, State
from my_app.secret import Secret
from my_app.settings import Options


class ChosenBy(StrEnum):
    """Why this profile; ``chosen_by`` in the JSON of ``my-app status``."""

    ARGUMENT = "argument"
    ENVIRONMENT = "environment"
    DIRECTORY = "directory"
    CONFIG = "config"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The credential a call means: a stored profile, the environment itself, or ``credentials.json``."""

    profile: str | None
    """Name of a stored profile; None: the environment or ``credentials.json``."""
    chosen_by: ChosenBy
    source: str
    """``profile``, ``environment`` or ``credentials.json``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One row of the list: everything to show, nothing secret; the vault may be closed."""

    name: str
    profile: Profile
    provider: str
    """The preset's display name, e.g. ``GitHub``."""
    kind: Kind
    flow: Flow
    state: State
    expires_at: datetime | None
    refreshable: bool
    scopes: tuple[str, ...]
    requested_scopes: tuple[str, ...]
    identity: Identity | None
    kept_in: str
    """``keyring``, ``passphrase``, ``key``, ``environment`` or ``credentials.json``."""
    sources: Mapping[str, str]
    """Field to where its value comes from (``config.toml``, ``preset``, ``vault`` ...)."""
    next: str
    """The one next thing to do, a command or empty."""
    confirmed: bool
    """False while the vault is closed: shown dim, decides nothing."""
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All accounts at one moment."""

    active: str | None
    chosen_by: ChosenBy | None
    accounts: tuple[Account, ...]
    warnings: tuple[str, ...] = ()


class Accounts:
    """The use cases. Reading never unlocks the vault."""

    def overview(self) -> Overview:
        """Every profile of ``config.toml``, and ``credentials.json`` ones, by name. Raises SettingsFault, UnsafeFile."""
        raise NotImplementedError

    def account(self, name: str) -> Account:
        """One row. Raises UnknownProfile."""
        raise NotImplementedError

    def profile(self, name: str) -> Profile:
        """The profile with its preset laid under it. Raises UnknownProfile, SettingsFault."""
        raise NotImplementedError

    def choose(self, name: str | None) -> Choice:
        """CONTRACT, "Where a credential comes from". Raises UnknownProfile, NothingConfigured."""
        raise NotImplementedError

    def add(
        self,
        profile: Profile,
        *,
        client_secret: Secret | None = None,
        api_key: Secret | None = None,
        totp_seed: Secret | None = None,
        replace: bool = False,
    ) -> Profile:
        """Write the profile and, when a secret is given, its record. The first one becomes active.

        Raises ProfileExists, InvalidName, SettingsFault, StorageFault; on a failure nothing is left behind.
        """
        raise NotImplementedError

    def rename(self, old: str, new: str) -> None:
        """Keeps the login. Raises UnknownProfile, ProfileExists, InvalidName."""
        raise NotImplementedError

    def use(self, name: str) -> None:
        """Make it the active one. Raises UnknownProfile."""
        raise NotImplementedError

    def remove(self, name: str) -> None:
        """Forget profile and record, telling no server. Raises UnknownProfile."""
        raise NotImplementedError

    def set(self, name: str, changes: Mapping[str, str | None]) -> Profile:
        """Change settings by option name; None removes. Raises UnknownProfile, SettingsFault."""
        raise NotImplementedError

    def trust(self, name: str) -> tuple[str, ...]:
        """Accept knowingly where ``config.toml`` now sends the record's secrets; returns what changed."""
        raise NotImplementedError

    def allow(self, name: str, directory: str) -> None:
        """Let ``name`` be chosen in ``directory`` and below."""
        raise NotImplementedError

    def options(self) -> Options:
        """``[settings]`` as they stand, defaults filled in. Raises SettingsFault."""
        raise NotImplementedError

    def set_option(self, key: str, value: str) -> None:
        """Change one of ``[settings]``. Raises SettingsFault."""
        raise NotImplementedError
