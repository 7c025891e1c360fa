"""Use cases around profiles: add, list, rename, switch, remove; and which one a call means."""

from __future__ import annotations

import os
from dataclasses import dataclass
from dataclasses import replace as replaced
from enum import StrEnum
from pathlib import PurePath

from my_app.accounts.changes import LOCK, AccountChanges, laid_under, new_record
from my_app.accounts.rows import Account, row_of
from my_app.audit import Event
from my_app.binding import check_settings
from my_app.errors import NothingConfigured, SettingsFault, UnknownProfile
from my_app.given.environment import variable
from my_app.given.layers import ENVIRONMENT
from my_app.model import Profile, Standing, kind_of
from my_app.secret import Secret
from my_app.settings import Options, Settings
from my_app.text import clean

__all__ = ["Account", "Accounts", "Choice", "ChosenBy", "Overview", "laid_under"]


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
    """Name of a profile; None: the environment, or the credential at the top of ``credentials.json``."""
    chosen_by: ChosenBy
    source: str
    """``profile``, ``environment`` or ``credentials.json``."""

    @property
    def name(self) -> str:
        """What the other use cases know the credential by."""
        return self.profile or self.source


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All accounts at one moment."""

    active: str | None
    """Name of the account a call without further words means; None when there is none."""
    chosen_by: ChosenBy | None
    accounts: tuple[Account, ...]
    warnings: tuple[str, ...] = ()


class Accounts(AccountChanges):
    """The use cases. Reading never unlocks the vault.

    Constructor: ``Accounts(config=, givens=, store=, vault=, clock=, audit=, environ=, cwd=, wanted=)``; ``store`` is the
    vault itself, ``wanted`` the profile of ``--profile``, ``cwd`` is asked only when a directory may decide.
    """

    def overview(self) -> Overview:
        """Every profile of ``config.toml``, and the given credentials, by name. Raises SettingsFault, UnsafeFile.

        A ``--profile`` or ``MY_APP_PROFILE`` that names nothing raises UnknownProfile; a stale ``active`` only warns.
        """
        settings = self._config.settings()
        warnings = list(settings.warnings) + list(self._givens.file().warnings)
        chosen: Choice | None = None
        try:
            chosen = self.choose(None)
        except NothingConfigured:
            pass
        except UnknownProfile as fault:
            if self._wanted or variable(self._environ, "MY_APP_PROFILE"):
                raise
            warnings += [fault.message] if fault.message not in warnings else []
        active = chosen.name if chosen else None
        summaries = {summary.name: summary for summary in self._store.summaries()}
        opened = self._vault.opened
        rows = []
        for name, own in settings.profiles.items():
            laid, title = _laid(own)
            rows.append(
                row_of(
                    own,
                    laid,
                    summaries.get(name),
                    title=title,
                    now=self._clock.now(),
                    kept_in=self._store.kept_in,
                    place="config.toml",
                    confirmed=opened or name not in summaries,
                    active=name == active,
                )
            )
        for name, given in self._givens.all().items():
            if name in settings.profiles:
                warnings.append(f"“{name}” stands in config.toml and in credentials.json; config.toml counts.")
                continue
            own = replaced(given.profile, name=name)
            laid, title = _laid(own)
            rows.append(
                row_of(
                    own,
                    laid,
                    self._givens.summary(name, given),
                    title=title,
                    now=self._clock.now(),
                    kept_in=given.source,
                    place=given.source,
                    confirmed=True,
                    active=name == active,
                )
            )
        rows.sort(key=lambda row: row.name)
        return Overview(
            active=active, chosen_by=chosen.chosen_by if chosen else None, accounts=tuple(rows), warnings=tuple(warnings)
        )

    def account(self, name: str) -> Account:
        """One row. Raises UnknownProfile."""
        for row in self.overview().accounts:
            if row.name == name:
                return row
        raise self._unknown(name)

    def profile(self, name: str) -> Profile:
        """The profile with its preset laid under it. Raises UnknownProfile, SettingsFault."""
        own = self._config.settings().profiles.get(name)
        if own is not None:
            return laid_under(own)
        given = self._givens.find(name)
        if given is not None:
            return laid_under(replaced(given.profile, name=name))
        raise self._unknown(name)

    def choose(self, name: str | None) -> Choice:
        """CONTRACT, "Where a credential comes from". Raises UnknownProfile, NothingConfigured, SettingsFault, UnsafeFile."""
        named = name or self._wanted
        if named:
            return self._named(named, ChosenBy.ARGUMENT)
        named = variable(self._environ, "MY_APP_PROFILE")
        if named:
            return self._named(named, ChosenBy.ENVIRONMENT)
        if self._givens.speaks():
            return Choice(profile=None, chosen_by=ChosenBy.ENVIRONMENT, source=ENVIRONMENT)
        settings = self._config.settings()
        here = self._allowed_here(settings)
        if here is not None:
            return self._named(here, ChosenBy.DIRECTORY)
        if settings.active is not None:
            return self._named(settings.active, ChosenBy.CONFIG)
        if self._givens.file().default is not None:
            return Choice(profile=None, chosen_by=ChosenBy.CONFIG, source="credentials.json")
        if settings.profiles:
            raise NothingConfigured("No profile is active.", hint="Choose one with: my-app profile use NAME (or --profile NAME)")
        raise NothingConfigured("No account is set up here.")

    def has(self, name: str) -> bool:
        """Whether ``config.toml`` has a profile of that name."""
        return name in self._config.settings().profiles

    def store_secret(
        self, name: str, *, client_secret: Secret | None = None, api_key: Secret | None = None, totp_seed: Secret | None = None
    ) -> Profile:
        """Store or replace a secret of a profile that is there; what else its record holds is kept.

        Raises UnknownProfile, BindingChanged where the settings say another place than the record, StorageFault.
        """
        laid = laid_under(self._own(name))
        with self._store.lock(name, LOCK):
            before = self._store.load(name)
            if before is not None:
                check_settings(laid, before)
            record = before or new_record(laid, 0)
            changed = replaced(
                record,
                kind=kind_of(laid.flow),
                client_secret=client_secret or record.client_secret,
                api_key=api_key or record.api_key,
                api_key_id=None if api_key else record.api_key_id,
                totp_seed=totp_seed or record.totp_seed,
            )
            self._store.save(replaced(changed, standing=Standing.ACTIVE, reason="") if api_key else changed)
        self._audit.append(Event.PROFILE, profile=name, detail="secret stored")
        return laid

    def options(self) -> Options:
        """``[settings]`` as they stand, defaults filled in. Raises SettingsFault."""
        return self._config.settings().options

    def _named(self, name: str, chosen_by: ChosenBy) -> Choice:
        if name in self._config.settings().profiles:
            return Choice(profile=name, chosen_by=chosen_by, source="profile")
        given = self._givens.find(name)
        if given is None:
            raise self._unknown(name)
        return Choice(
            profile=None if name == given.profile.name == given.source else name, chosen_by=chosen_by, source=given.source
        )

    def _allowed_here(self, settings: Settings) -> str | None:
        if not settings.directories:
            return None
        here = PurePath(os.path.realpath(self._cwd()))
        for place in (here, *here.parents):
            if (name := settings.directories.get(str(place))) is not None:
                return name
        return None


def _laid(own: Profile) -> tuple[Profile, str]:
    """For a row: an unknown preset shows as it is written."""
    from my_app import providers

    try:
        return providers.laid_under(own), providers.preset(own.provider).title
    except SettingsFault:
        return own, clean(own.provider, 40)
