"""What entry points may ask of the vault beside its records: slots, status, unlocking (a port)."""

from __future__ import annotations

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


class VaultAdmin(Protocol):
    """The vault as an administrator sees it."""

    def status(self) -> VaultStatus:
        """Never asks, never raises for a locked vault. Raises VaultDamaged, VaultTooNew."""

    def open(self) -> SlotKind:
        """Open by environment (key, then passphrase), then keyring. Raises VaultLocked, WrongPassphrase, KeyringUnavailable."""

    def unlock(self, passphrase: Secret) -> None:
        """Open by passphrase. Raises WrongPassphrase, VaultLocked when there is no such slot."""

    def create(self, kind: SlotKind, secret: Secret | None = None) -> None:
        """Make a new vault with one slot; ``secret`` is the passphrase or the key (base64url). Raises KeyringUnavailable."""

    def add_slot(self, kind: SlotKind, secret: Secret | None = None) -> None:
        """Needs the vault open. Adding a kind that is there replaces it."""

    def remove_slot(self, kind: SlotKind) -> None:
        """Raises Unsupported for the last slot."""

    def lock_now(self) -> None:
        """Forget the data key."""
