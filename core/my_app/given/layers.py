"""Credentials that are given, not stored: by the environment or ``credentials.json``. Nothing of them reaches the disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Final, Protocol

from my_app.audit import AuditLog, Entry, Event, Result, Verdict
from my_app.binding import binding_of
from my_app.given import environment
from my_app.given.credentials_json import FILE, Credentials, Given, parse_credentials
from my_app.given.memory_store import MemoryStore
from my_app.model import Flow, Profile, Record, Summary, kind_of, summary_of
from my_app.ports import CredentialStore

ENVIRONMENT: Final = "environment"


class CredentialsReader(Protocol):
    """The port to ``credentials.json``."""

    def read(self) -> bytes | None:
        """Its bytes; None when there is none. Raises UnsafeFile, DiskFault."""


class Givens:
    """The given credentials by name: ``environment``, ``credentials.json``, and the named ones of that file.

    Reads environment and file when first asked; the records live in memory with the process.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        reader: CredentialsReader,
        *,
        laid_under: Callable[[Profile], Profile],
        read_file: environment.ReadFile = environment.read_secret_file,
    ) -> None:
        self._environ = environ
        self._reader = reader
        self._laid_under = laid_under
        self._read_file = read_file
        self._environment: Given | None = None
        self._file: tuple[bytes | None, Credentials] = (None, Credentials())
        self._store = MemoryStore()

    def speaks(self) -> bool:
        """Whether the environment itself is a credential; reads no file."""
        return environment.speaks(self._environ)

    def file(self) -> Credentials:
        """What ``credentials.json`` holds. Raises UnsafeFile, DiskFault, SettingsFault."""
        data = self._reader.read()
        if data != self._file[0]:
            self._file = (data, Credentials() if data is None else parse_credentials(data))
        return self._file[1]

    def find(self, name: str) -> Given | None:
        """The given credential of that name. Raises SettingsFault, UnsafeFile, DiskFault."""
        if name == ENVIRONMENT:
            if self._environment is None and self.speaks():
                self._environment = environment.given(self._environ, self._read_file)
            return self._environment
        credentials = self.file()
        return credentials.default if name == FILE else credentials.profiles.get(name)

    def all(self) -> dict[str, Given]:
        """All of them by name."""
        out = {}
        if (spoken := self.find(ENVIRONMENT)) is not None:
            out[ENVIRONMENT] = spoken
        credentials = self.file()
        if credentials.default is not None:
            out[FILE] = credentials.default
        return {**out, **credentials.profiles}

    def profile(self, given: Given) -> Profile:
        """Its profile with the preset laid under it."""
        return self._laid_under(given.profile)

    def summary(self, name: str, given: Given) -> Summary:
        """The readable columns."""
        record = self.store_for(name, given).load(name)
        return summary_of(self._record(name, given) if record is None else record)

    def store_for(self, name: str, given: Given) -> MemoryStore:
        """The store in memory, with the record of ``given`` in it."""
        if self._store.load(name) is None:
            self._store.save(self._record(name, given))
        return self._store

    def _record(self, name: str, given: Given) -> Record:
        profile = self.profile(given)
        client = profile.flow is Flow.CLIENT_CREDENTIALS
        return Record(
            name=name,
            kind=kind_of(profile.flow),
            binding=binding_of(profile),
            client_secret=given.secret if client else None,
            api_key=None if client else given.secret,
            requested_scopes=profile.scopes or (),
        )


class LayeredStore:
    """The vault, with the given credentials beside it in memory; a stored profile goes before a given one of its name."""

    def __init__(self, vault: CredentialStore, givens: Givens, *, stored: Callable[[str], bool]) -> None:
        self._vault = vault
        self._givens = givens
        self._stored = stored

    @property
    def kept_in(self) -> str:
        """What opens the secrets of stored profiles."""
        return self._vault.kept_in

    def load(self, name: str) -> Record | None:
        """The record, or None."""
        return self._of(name).load(name)

    def save(self, record: Record) -> Record:
        """Store it; a given one only in memory."""
        return self._of(record.name).save(record)

    def delete(self, name: str) -> None:
        """Forget it."""
        self._of(name).delete(name)

    def rename(self, old: str, new: str) -> None:
        """Copy a stored record."""
        self._vault.rename(old, new)

    def summaries(self) -> tuple[Summary, ...]:
        """The readable columns of the stored records."""
        return self._vault.summaries()

    def lock(self, name: str, deadline: timedelta) -> AbstractContextManager[None]:
        """The profile's lock; for a given one only within the process."""
        return self._of(name).lock(name, deadline)

    def _of(self, name: str) -> CredentialStore:
        if not self._stored(name) and (given := self._givens.find(name)) is not None:
            return self._givens.store_for(name, given)
        return self._vault


class LayeredAudit:
    """The trail of stored profiles; what is done with a given credential is not written (CONTRACT)."""

    def __init__(self, trail: AuditLog, givens: Givens, *, stored: Callable[[str], bool]) -> None:
        self._trail = trail
        self._givens = givens
        self._stored = stored

    def append(self, event: Event, *, profile: str | None, result: Result = Result.OK, code: str = "", detail: str = "") -> None:
        """Write one line, unless it is about a given credential."""
        if profile is not None and not self._stored(profile) and self._givens.find(profile) is not None:
            return
        self._trail.append(event, profile=profile, result=result, code=code, detail=detail)

    def entries(self, *, limit: int = 500, before: int | None = None) -> tuple[Entry, ...]:
        """The newest entries."""
        return self._trail.entries(limit=limit, before=before)

    def verify(self) -> Verdict:
        """Whether the chain holds."""
        return self._trail.verify()
