"""What entry points may ask of the vault beside its records: slots, status, unlocking (a port)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from my_app.secret import Secret


class SlotKind(StrEnum):
    """What can open the vault; also ``kept_in`` in JSON."""

    KEYRING = "keyring"
    PASSPHRASE = "passphrase"
    KEY = "key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One way to open the vault."""

    kind: SlotKind
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultStatus:
    """What is known without and with the vault open."""

    path: Path
    exists: bool
    vault_id: str | None
    open: bool
    opened_by: SlotKind | None
    slots: tuple[Slot, ...]
    records: int
    backup_at: datetime | None
    """When the last good copy was taken."""
    keyring: str
    """Name of the keyring that would be used, or a sentence saying why none is."""
    keyring_usable: bool


class VaultQuestions(Protocol):
    """How the vault may ask the person (``wiring.Questions`` is one); None: nobody may be asked."""

    @property
    def passphrase(self) -> Callable[[str], Secret | None] | None:
        """Asks for the vault's passphrase with the given label; None as an answer: dismissed."""

    @property
    def new_vault(self) -> Callable[[str], Secret | None] | None:
        """Asks for a passphrase for a new vault after saying why (the given sentence)."""


class VaultAdmin(Protocol):
    """The vault as an administrator sees it."""

    @property
    def opened(self) -> bool:
        """Whether the data key is held now; asks nobody and reads nothing."""

    def status(self) -> VaultStatus:
        """Never asks, never raises for a locked vault. Raises VaultDamaged, VaultTooNew."""

    def open(self, *, ask: bool = True) -> SlotKind:
        """Open by environment (key, then passphrase), then keyring, then, with ``ask``, the person.

        Raises VaultLocked, WrongPassphrase, KeyringUnavailable.
        """

    def unlock(self, passphrase: Secret) -> None:
        """Open by passphrase. Raises WrongPassphrase, VaultLocked when there is no such slot."""

    def create(self, kind: SlotKind, secret: Secret | None = None) -> None:
        """Make a new vault with one slot; ``secret`` is the passphrase or the key (base64url). Raises KeyringUnavailable."""

    def add_slot(self, kind: SlotKind, secret: Secret | None = None) -> None:
        """Needs the vault open. Adding a kind that is there replaces it."""

    def remove_slot(self, kind: SlotKind, *, dry_run: bool = False) -> None:
        """Raises Unsupported for the last slot; ``dry_run`` only looks whether it could be done."""

    def lock_now(self) -> None:
        """Forget the data key; no slot of environment or keyring opens it again until ``open`` is called."""

    def rekey(self) -> None:
        """Seal everything under a new data key, all slots kept. Raises VaultLocked when a slot's secret is not at hand."""

    def export(self, file: Path, passphrase: Secret) -> int:
        """Write all records to a new file that ``passphrase`` opens; how many. Raises VaultLocked, UnsafeFile, DiskFault."""

    def import_file(self, file: Path, passphrase: Secret, *, replace: bool = False) -> Imported:
        """Take records from an exported file; those that are there stay unless ``replace``. Raises WrongPassphrase ..."""

    def restore(self) -> Restored:
        """Bring the last good copy back; the damaged file is set aside. Raises VaultDamaged when there is no good copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did."""

    added: tuple[str, ...]
    kept: tuple[str, ...]
    """Names that were there already and were left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore did."""

    records: int
    taken_at: datetime
    """When the copy was made."""
    set_aside: Path | None
    """Where the damaged file is now; None when there was none."""
    sign_in_again: tuple[str, ...]
    """Logins whose refresh token may have been spent since the copy was made."""


class Keychain(Protocol):
    """The OS keyring, one named item per vault (service ``my-app``, user name the vault's id).

    A call takes at most 3 seconds, 60 with ``prompt`` (the keyring may then ask the person to
    unlock it). Every method raises KeyringUnavailable when the keyring is absent, locked,
    dismissed, too slow or not a named one (S8, S9).
    """

    def name(self) -> str:
        """The keyring that would be used, e.g. ``Secret Service``."""

    def get(self, user: str, *, prompt: bool = False) -> Secret | None:
        """The item's value, or None when there is no such item."""

    def set(self, user: str, value: Secret, *, prompt: bool = False) -> None:
        """Store the value and prove it by reading it back."""

    def delete(self, user: str) -> None:
        """Forget the item; nothing happens when there is none."""
