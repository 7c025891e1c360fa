"""Use cases around profiles: add, list, rename, switch, remove; and which one a call means."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from dataclasses import replace as replaced
from datetime import timedelta
from enum import StrEnum
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from my_app.account_rows import Account, row_of
from my_app.audit import AuditLog, Event
from my_app.environment import variable
from my_app.errors import MyAppError, NothingConfigured, ProfileExists, SettingsFault, StorageFault, UnknownProfile, UsageFault
from my_app.givens import ENVIRONMENT, Givens
from my_app.model import Flow, Profile, Record, checked_name, kind_of
from my_app.ports import Clock, CredentialStore
from my_app.secret import Secret
from my_app.settings import Config, Options, Settings
from my_app.text import clean

if TYPE_CHECKING:
    from my_app.vaulting import VaultAdmin

__all__ = ["Account", "Accounts", "Choice", "ChosenBy", "Overview"]

_LOCK: Final = timedelta(seconds=30)


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


class Accounts:
    """The use cases. Reading never unlocks the vault.

    Constructor: ``Accounts(config=, givens=, store=, vault=, clock=, audit=, environ=, cwd=, wanted=)``; ``store`` is the
    vault itself, ``wanted`` the profile of ``--profile``, ``cwd`` is asked only when a directory may decide.
    """

    def __init__(
        self,
        *,
        config: Config,
        givens: Givens,
        store: CredentialStore,
        vault: VaultAdmin,
        clock: Clock,
        audit: AuditLog,
        environ: Mapping[str, str],
        cwd: Callable[[], Path] = Path.cwd,
        wanted: str | None = None,
    ) -> None:
        self._config = config
        self._givens = givens
        self._store = store
        self._vault = vault
        self._clock = clock
        self._audit = audit
        self._environ = environ
        self._cwd = cwd
        self._wanted = wanted

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
        opened = self._vault.status().open
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

    def is_stored(self, name: str) -> bool:
        """Whether ``config.toml`` has a profile of that name, not only the environment or ``credentials.json``."""
        return name in self._config.settings().profiles

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

    def options(self) -> Options:
        """``[settings]`` as they stand, defaults filled in. Raises SettingsFault."""
        return self._config.settings().options

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

        An automatic flow with an API key becomes ``api-key``; with a client secret ``client-credentials``, unless the
        provider's preset signs people in with a secret. Raises ProfileExists, InvalidName, SettingsFault, StorageFault;
        on a failure nothing is left behind.
        """
        from my_app.profile_changes import judged, refuse_shared_issuer
        from my_app.settings_edit import put_profile, set_active

        checked_name(profile.name)
        profile = judged(_settled(profile, client_secret=client_secret, api_key=api_key))
        laid = laid_under(profile)
        settings = self._config.settings()
        if profile.name in settings.profiles and not replace:
            raise ProfileExists(
                f"There is already a profile “{profile.name}”.",
                hint=f"Take another name, or remove the old one with: my-app profile remove {profile.name}",
            )
        refuse_shared_issuer(profile, settings.profiles)

        def change(text: str) -> str:
            text = put_profile(text, profile)
            return text if settings.active in settings.profiles else set_active(text, profile.name)

        secrets = client_secret or api_key or totp_seed
        with ExitStack() as stack:
            # An orphan of an earlier crash, or the record of the profile that is replaced.
            there = {summary.name: summary for summary in self._store.summaries()}.get(profile.name)
            undo: Callable[[], object] = _nothing
            if secrets or there is not None:
                stack.enter_context(self._store.lock(profile.name, _LOCK))
            if secrets:
                before = self._store.load(profile.name) if there is not None and profile.name in settings.profiles else None
                saved = self._store.save(
                    _record(
                        laid, there.generation if there else 0, client_secret=client_secret, api_key=api_key, totp_seed=totp_seed
                    )
                )
                undo = self._restoring(saved, before)
            elif there is not None and profile.name not in settings.profiles:
                self._store.delete(profile.name)
            try:
                self._config.edit(change)
            except BaseException:
                with suppress(StorageFault):
                    undo()
                raise
        self._audit.append(Event.PROFILE, profile=profile.name, detail="replaced" if profile.name in settings.profiles else "added")
        return laid

    def rename(self, old: str, new: str) -> None:
        """Keeps the login. Raises UnknownProfile, ProfileExists, InvalidName.

        Record first, then ``config.toml``, then the old record goes: cut anywhere, the login is under one of the names.
        """
        from my_app.profile_changes import judged
        from my_app.settings_edit import rename_profile

        checked_name(new)
        own = self._own(old)
        judged(replaced(own, name=new))
        if new in self._config.settings().profiles:
            raise ProfileExists(f"There is already a profile “{new}”.", hint="Take another name.")
        with ExitStack() as stack:
            kept = any(summary.name == old for summary in self._store.summaries())
            if kept:
                for name in sorted((old, new)):
                    stack.enter_context(self._store.lock(name, _LOCK))
                self._store.rename(old, new)
            self._config.edit(lambda text: rename_profile(text, old, new))
            if kept:
                self._store.delete(old)
        self._audit.append(Event.PROFILE, profile=new, detail=f"renamed from {old}")

    def use(self, name: str) -> None:
        """Make it the active one. Raises UnknownProfile."""
        from my_app.settings_edit import set_active

        self._own(name)
        self._config.edit(lambda text: set_active(text, name))
        self._audit.append(Event.PROFILE, profile=name, detail="made active")

    def remove(self, name: str) -> None:
        """Forget profile and record, telling no server. Raises UnknownProfile.

        The record goes first: cut between, the profile still shows and can be removed again.
        """
        from my_app.settings_edit import remove_profile

        self._own(name)
        with ExitStack() as stack:
            if any(summary.name == name for summary in self._store.summaries()):
                stack.enter_context(self._store.lock(name, _LOCK))
                self._store.delete(name)
            self._config.edit(lambda text: remove_profile(text, name))
        self._audit.append(Event.PROFILE, profile=name, detail="removed")

    def set(self, name: str, changes: Mapping[str, str | None]) -> Profile:
        """Change settings by option name; None removes. Raises UnknownProfile, SettingsFault.

        Where stored secrets may be sent is not changed by this: that takes ``trust``.
        """
        from my_app.profile_changes import changed, refuse_shared_issuer
        from my_app.settings_edit import put_profile

        profile = changed(self._own(name), changes)
        laid = laid_under(profile)
        refuse_shared_issuer(profile, self._config.settings().profiles)
        self._config.edit(lambda text: put_profile(text, profile))
        self._audit.append(Event.PROFILE, profile=name, detail=f"set {', '.join(sorted(changes))}")
        return laid

    def trust(self, name: str) -> tuple[str, ...]:
        """Accept knowingly where ``config.toml`` now sends the record's secrets; returns what changed."""
        from my_app.binding import binding_changes, trusted

        laid = laid_under(self._own(name))
        with self._store.lock(name, _LOCK):
            record = self._store.load(name)
            if record is None:
                return ()
            lines = binding_changes(laid, record)
            if lines:
                self._store.save(trusted(laid, record))
        if lines:
            self._audit.append(Event.PROFILE, profile=name, detail="trusted: " + "; ".join(lines))
        return lines

    def allow(self, name: str, directory: str) -> None:
        """Let ``name`` be chosen in ``directory`` and below."""
        from my_app.settings_edit import allow_directory

        self._own(name)
        place = os.path.realpath(directory)
        self._config.edit(lambda text: allow_directory(text, place, name))
        self._audit.append(Event.PROFILE, profile=name, detail="allowed in a directory")

    def set_option(self, key: str, value: str) -> None:
        """Change one of ``[settings]``; the value as it would stand in the file. Raises SettingsFault."""
        from my_app.settings_edit import set_option
        from my_app.settings_fields import nearest
        from my_app.settings_parse import OPTION_NAMES

        if key not in OPTION_NAMES:
            raise SettingsFault(
                f"“{clean(key, 60)}” is not a setting{nearest(key, OPTION_NAMES)}.",
                hint=f"Settings are: {', '.join(OPTION_NAMES)}.",
            )
        typed: str | bool = value if key != "motion" or value not in ("true", "false") else value == "true"
        self._config.edit(lambda text: set_option(text, key, typed))

    def _named(self, name: str, chosen_by: ChosenBy) -> Choice:
        if name in self._config.settings().profiles:
            return Choice(profile=name, chosen_by=chosen_by, source="profile")
        given = self._givens.find(name)
        if given is None:
            raise self._unknown(name)
        return Choice(
            profile=None if name == given.profile.name == given.source else name, chosen_by=chosen_by, source=given.source
        )

    def _own(self, name: str) -> Profile:
        own = self._config.settings().profiles.get(name)
        if own is not None:
            return own
        given = self._givens.find(name)
        if given is not None:
            raise UsageFault(
                f"“{clean(name, 64)}” comes from {given.source}, so it is changed there.",
                hint="List the profiles with: my-app profile list",
            )
        raise self._unknown(name)

    def _unknown(self, name: str) -> UnknownProfile:
        import difflib

        near = difflib.get_close_matches(name, tuple(self._config.settings().profiles), n=1)
        hint = f"Did you mean “{near[0]}”? List the profiles with: my-app profile list" if near else None
        return UnknownProfile(f"There is no profile “{clean(name, 64)}”.", hint=hint)

    def _allowed_here(self, settings: Settings) -> str | None:
        if not settings.directories:
            return None
        here = PurePath(os.path.realpath(self._cwd()))
        for place in (here, *here.parents):
            if (name := settings.directories.get(str(place))) is not None:
                return name
        return None

    def _restoring(self, saved: Record, before: Record | None) -> Callable[[], object]:
        if before is None:
            return lambda: self._store.delete(saved.name)
        return lambda: self._store.save(replaced(before, generation=saved.generation))


def laid_under(profile: Profile) -> Profile:
    """The profile with its preset laid under it. Raises SettingsFault."""
    from my_app import providers

    return providers.laid_under(profile)


def _laid(own: Profile) -> tuple[Profile, str]:
    """For a row: an unknown preset shows as it is written."""
    from my_app import providers

    try:
        return providers.laid_under(own), providers.preset(own.provider).title
    except SettingsFault:
        return own, clean(own.provider, 40)


def _settled(profile: Profile, *, client_secret: Secret | None, api_key: Secret | None) -> Profile:
    if profile.flow is not Flow.AUTO:
        return profile
    if api_key is not None:
        return replaced(profile, flow=Flow.API_KEY)
    if client_secret is not None and profile.provider in ("oidc", "oauth2", "demo"):
        return replaced(profile, flow=Flow.CLIENT_CREDENTIALS)
    return profile


def _record(
    laid: Profile, generation: int, *, client_secret: Secret | None, api_key: Secret | None, totp_seed: Secret | None
) -> Record:
    from my_app.binding import binding_of

    return Record(
        name=laid.name,
        generation=generation,
        kind=kind_of(laid.flow),
        binding=binding_of(laid),
        client_secret=client_secret,
        api_key=api_key,
        totp_seed=totp_seed,
        requested_scopes=laid.scopes or (),
    )


def _nothing() -> None:
    return None
