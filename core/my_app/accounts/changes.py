"""Use cases that change profiles: each is whole, or leaves what was there (crash orders in the docstrings)."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace as replaced
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from my_app.accounts.orphans import restoring, sweep
from my_app.audit import AuditLog, Event
from my_app.errors import ProfileExists, SettingsFault, StorageFault, UnknownProfile, UsageFault
from my_app.given.layers import Givens
from my_app.model import Flow, Profile, Record, checked_name, kind_of
from my_app.ports import Clock, CredentialStore
from my_app.secret import Secret
from my_app.settings import Config
from my_app.text import clean

if TYPE_CHECKING:
    from my_app.vaulting import VaultAdmin

LOCK: Final = timedelta(seconds=30)


class AccountChanges:
    """Adds, renames, switches, changes and removes profiles; ``Accounts`` is what entry points use."""

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

    def add(
        self,
        profile: Profile,
        *,
        client_secret: Secret | None = None,
        api_key: Secret | None = None,
        totp_seed: Secret | None = None,
        registration: Mapping[str, object] | None = None,
        replace: bool = False,
    ) -> Profile:
        """Write the profile and, when a secret, key file or registration is given, its record. The first one becomes active.

        An automatic flow with an API key becomes ``api-key``; with a client secret ``client-credentials``, unless the
        provider's preset signs people in with a secret. Raises ProfileExists, InvalidName, SettingsFault, StorageFault;
        on a failure nothing is left behind.
        """
        from my_app.accounts.edits import judged, refuse_shared_issuer
        from my_app.settings.edit import put_profile, set_active

        checked_name(profile.name)
        sweep(self._store, self._config)
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

        keyed = bool(laid.client_key) and laid.flow is Flow.CLIENT_CREDENTIALS
        secrets = client_secret or api_key or totp_seed or registration or keyed
        with ExitStack() as stack:
            # An orphan of an earlier crash, or the record of the profile that is replaced.
            there = {summary.name: summary for summary in self._store.summaries()}.get(profile.name)
            undo: Callable[[], object] = _nothing
            if secrets or there is not None:
                stack.enter_context(self._store.lock(profile.name, LOCK))
            if secrets:
                before = self._store.load(profile.name) if there is not None and profile.name in settings.profiles else None
                record = new_record(
                    laid, there.generation if there else 0, client_secret=client_secret, api_key=api_key, totp_seed=totp_seed
                )
                undo = restoring(self._store, profile.name, before)
                try:
                    self._store.save(replaced(record, registration=registration))
                except BaseException:
                    # It may have taken effect all the same; what config.toml says is still the old profile.
                    with suppress(StorageFault):
                        undo()
                    raise
            elif there is not None and profile.name not in settings.profiles:
                self._store.delete(profile.name)
            try:
                self._config.edit(change)
            except BaseException:
                # A write whose last step failed may have happened all the same: look before taking the secret away.
                with suppress(StorageFault, SettingsFault):
                    if self._config.settings().profiles.get(profile.name) == settings.profiles.get(profile.name):
                        undo()
                raise
        self._audit.append(Event.PROFILE, profile=profile.name, detail="replaced" if profile.name in settings.profiles else "added")
        return laid

    def rename(self, old: str, new: str) -> None:
        """Keeps the login. Raises UnknownProfile, ProfileExists, InvalidName.

        Record first, then ``config.toml``, then the old record goes: cut anywhere, the login is under one of the names.
        A record that stays under the old name is swept by the next add, rename or remove.
        """
        from my_app.accounts.edits import judged
        from my_app.settings.edit import rename_profile

        checked_name(new)
        own = self._own(old)
        sweep(self._store, self._config)
        judged(replaced(own, name=new))
        if new in self._config.settings().profiles:
            raise ProfileExists(f"There is already a profile “{new}”.", hint="Take another name.")
        with ExitStack() as stack:
            kept = any(summary.name == old for summary in self._store.summaries())
            if kept:
                for name in sorted((old, new)):
                    stack.enter_context(self._store.lock(name, LOCK))
                self._store.rename(old, new)
            self._config.edit(lambda text: rename_profile(text, old, new))
            if kept:
                # The profile has its new name, so this is no failure any more: what is left is swept by the next change.
                with suppress(StorageFault):
                    self._store.delete(old)
        self._audit.append(Event.PROFILE, profile=new, detail=f"renamed from {old}")

    def use(self, name: str) -> None:
        """Make it the active one. Raises UnknownProfile."""
        from my_app.settings.edit import set_active

        self._own(name)
        self._config.edit(lambda text: set_active(text, name))
        self._audit.append(Event.PROFILE, profile=name, detail="made active")

    def remove(self, name: str) -> None:
        """Forget profile and record, telling no server. Raises UnknownProfile.

        The record goes first: cut between, the profile still shows and can be removed again.
        """
        from my_app.settings.edit import remove_profile

        self._own(name)
        sweep(self._store, self._config)
        with ExitStack() as stack:
            if any(summary.name == name for summary in self._store.summaries()):
                stack.enter_context(self._store.lock(name, LOCK))
                self._store.delete(name)
            self._config.edit(lambda text: remove_profile(text, name))
        self._audit.append(Event.PROFILE, profile=name, detail="removed")

    def set(self, name: str, changes: Mapping[str, str | None]) -> Profile:
        """Change settings by option name; None removes. Raises UnknownProfile, SettingsFault.

        Where stored secrets may be sent is not changed by this: that takes ``trust``.
        """
        from my_app.accounts.edits import changed, refuse_shared_issuer
        from my_app.settings.edit import put_profile

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
        with self._store.lock(name, LOCK):
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
        from my_app.settings.edit import allow_directory

        self._own(name)
        place = os.path.realpath(directory)
        self._config.edit(lambda text: allow_directory(text, place, name))
        self._audit.append(Event.PROFILE, profile=name, detail="allowed in a directory")

    def set_option(self, key: str, value: str) -> None:
        """Change one of ``[settings]``; the value as it would stand in the file. Raises SettingsFault."""
        from my_app.settings.edit import set_option
        from my_app.settings.faults import nearest
        from my_app.settings.parse import OPTION_NAMES

        if key not in OPTION_NAMES:
            raise SettingsFault(
                f"“{clean(key, 60)}” is not a setting{nearest(key, OPTION_NAMES)}.",
                hint=f"Settings are: {', '.join(OPTION_NAMES)}.",
            )
        typed: str | bool = value if key != "motion" or value not in ("true", "false") else value == "true"
        self._config.edit(lambda text: set_option(text, key, typed))

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


def laid_under(profile: Profile) -> Profile:
    """The profile with its preset laid under it. Raises SettingsFault."""
    from my_app import providers

    return providers.laid_under(profile)


def _settled(profile: Profile, *, client_secret: Secret | None, api_key: Secret | None) -> Profile:
    if profile.flow is not Flow.AUTO:
        return profile
    if api_key is not None:
        return replaced(profile, flow=Flow.API_KEY)
    if client_secret is not None and profile.provider in ("oidc", "oauth2", "demo"):
        return replaced(profile, flow=Flow.CLIENT_CREDENTIALS)
    return profile


def new_record(
    laid: Profile,
    generation: int,
    *,
    client_secret: Secret | None = None,
    api_key: Secret | None = None,
    totp_seed: Secret | None = None,
) -> Record:
    """The first record of a profile, bound to where its settings send secrets."""
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
