"""The vault's heart: making it, opening it, and running an action on it with the data key at hand."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeVar

from my_app.adapters.files import disk_fault, new_private, private_folder, refuse_network, shown
from my_app.adapters.lock import file_lock
from my_app.adapters.vault_copy import copy_of, keep_copy, problem
from my_app.adapters.vault_db import Database, View
from my_app.adapters.vault_opening import Opener
from my_app.adapters.vault_records import Manifest, open_manifest, open_record, seal_manifest, seal_record
from my_app.adapters.vault_slots import MEMORY_KIB
from my_app.adapters.vault_wire import KEY_BYTES, Broken
from my_app.errors import DiskFault, KeyringUnavailable, LockTimeout, StorageFault, UnsafeFile, VaultDamaged, VaultLocked
from my_app.model import Record
from my_app.ports import Clock, Entropy
from my_app.secret import Secret
from my_app.text import clean
from my_app.vaulting import Keychain, SlotKind, VaultQuestions

T = TypeVar("T")
LOCK: Final = ".vault"
"""No profile name begins with a dot."""
PATIENCE: Final = timedelta(seconds=30)
"""How long to wait for another program that makes or restores the vault."""
_NOWHERE: Final = "Unlock the keyring, or set MY_APP_VAULT_PASSPHRASE_FILE or MY_APP_VAULT_KEY_FILE."


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The open vault: which one, and its data key."""

    vault_id: str
    key_id: str
    kind: SlotKind
    key: bytes

    def __repr__(self) -> str:
        return f"Held({self.kind.value})"


class VaultCore:
    """Opens on first need and stays open; another program's ``rekey`` or ``restore`` is noticed and followed."""

    def __init__(
        self,
        path: Path,
        *,
        locks: Path,
        keychain: Keychain,
        key: Secret | None,
        passphrase: Secret | None,
        clock: Clock,
        entropy: Entropy,
        questions: VaultQuestions | None = None,
        no_input: bool = False,
        memory_kib: int = MEMORY_KIB,
    ) -> None:
        self._db = Database(path)
        self._locks = locks
        self._clock = clock
        self._entropy = entropy
        asked = None if no_input else questions
        self._ask_new_vault = asked.new_vault if asked else None
        ask = asked.passphrase if asked else None
        self._opener = Opener(keychain=keychain, key=key, passphrase=passphrase, ask=ask, entropy=entropy, memory_kib=memory_kib)
        self._held: Held | None = None
        self._shut = False
        """Locked on purpose: nothing opens it again without a person's act."""
        self._guard = threading.RLock()
        self._prepared = False

    def _nonce(self) -> bytes:
        return self._entropy(12)

    def _there(self) -> bool:
        """Whether there is a vault. One that is gone while its copy is left is damage, never a fresh start (S4)."""
        if self._db.exists():
            return True
        if copy_of(self._db.path).exists():
            raise VaultDamaged(
                f"“{shown(self._db.path)}” is gone, but its last good copy is there.",
                hint="Bring it back with: my-app vault restore",
            )
        return False

    def _unlocked(self, *, ask: bool = True) -> Held:
        """The open vault. Raises VaultLocked, WrongPassphrase, KeyringUnavailable, VaultDamaged."""
        with self._guard:
            with self._db.reading() as view:
                vault_id, key_id, slots = view.vault_id, view.key_id, view.slots()
            held = self._held
            if held is None or (held.vault_id, held.key_id) != (vault_id, key_id):
                # No transaction is open while a keyring or a person is asked.
                opener = self._opener if ask else replace(self._opener, ask=None)
                if self._shut:
                    slots = tuple(slot for slot in slots if slot.kind == SlotKind.PASSPHRASE.value)
                    if opener.ask is None or not slots:
                        raise VaultLocked("The vault was locked.", hint="Open it with ctrl+l.")
                    opener = replace(opener, key=None, passphrase=None)
                kind, key = opener.open(slots, vault_id)
                self._shut = False
                held = self._held = Held(vault_id=vault_id, key_id=key_id, kind=kind, key=key)
            return held

    def _read(self, action: Callable[[View, bytes], T]) -> T:
        while True:
            held = self._unlocked()
            with self._db.reading() as view:
                if (view.vault_id, view.key_id) == (held.vault_id, held.key_id):
                    return action(view, held.key)

    def _write(self, action: Callable[[View, bytes], T]) -> T:
        self._prepare()
        while True:
            held = self._unlocked()
            with self._db.writing() as view:
                if (view.vault_id, view.key_id) == (held.vault_id, held.key_id):
                    return action(view, held.key)

    def _prepare(self) -> None:
        """Nothing is written where it could not be kept safe."""
        if not self._prepared:
            private_folder(self._db.path.parent)
            refuse_network(self._db.path.parent)
            self._prepared = True

    def _manifest(self, view: View, key: bytes) -> Manifest:
        try:
            return open_manifest(view.meta("manifest") or b"", key, view.vault_id)
        except Broken:
            raise VaultDamaged("The vault's manifest is damaged.") from None

    def _put_manifest(self, view: View, key: bytes, manifest: Manifest) -> None:
        view.put_meta("manifest", seal_manifest(manifest, key, view.vault_id, self._nonce))

    def _record(self, view: View, key: bytes, name: str) -> Record | None:
        """The record as it was saved last, or None. Raises VaultDamaged when what is there is anything else."""
        manifest, row = self._manifest(view, key), view.row(name)
        if row is None and name not in manifest.records:
            return None
        try:
            if row is None or not manifest.holds(row, view.vault_id):
                raise Broken
            return open_record(row, key, view.vault_id)
        except Broken:
            raise VaultDamaged(f"The stored record of “{clean(name, 64)}” is damaged, or an older copy of it.") from None

    def _put_record(self, view: View, key: bytes, record: Record) -> None:
        row = seal_record(record, key, view.vault_id, self._nonce)
        view.put_row(row)
        self._put_manifest(view, key, self._manifest(view, key).with_row(row, view.vault_id))

    def _refresh_copy(self) -> None:
        """Renew the last good copy. Raises StorageFault; what was saved is saved all the same."""
        held = self._held
        if held is not None:
            keep_copy(self._db, held.key)

    def _try_refresh_copy(self) -> None:
        """Renew it if that can be done: a save that is on disk does not fail because its safety copy could not be renewed."""
        with suppress(DiskFault, UnsafeFile, LockTimeout, VaultDamaged):
            self._refresh_copy()

    def _check_whole(self) -> None:
        wrong = self._read(problem)
        if wrong is not None:
            raise VaultDamaged(f"The vault is damaged: {wrong}.")

    def _make_default(self) -> None:
        """A new vault: by key, then passphrase of the environment, then keyring, then a passphrase the person chooses."""
        opener = self._opener
        if opener.key is not None:
            self._make(SlotKind.KEY, opener.key)
        elif opener.passphrase is not None:
            self._make(SlotKind.PASSPHRASE, opener.passphrase)
        else:
            try:
                self._make(SlotKind.KEYRING, None)
            except KeyringUnavailable as failure:
                self._make_with_person(failure)

    def _make_with_person(self, failure: KeyringUnavailable) -> None:
        reason = f"{failure.message} Choose a passphrase for the vault instead"
        given = self._ask_new_vault(reason) if self._ask_new_vault else None
        if given:
            self._make(SlotKind.PASSPHRASE, given)
        elif self._ask_new_vault:
            raise VaultLocked("No vault was made, so nothing was saved.", hint=_NOWHERE) from None
        else:
            raise KeyringUnavailable(f"There is nowhere safe to keep secrets. {failure.message}", hint=_NOWHERE) from None

    def _make(self, kind: SlotKind, secret: Secret | None) -> None:
        self._prepare()
        with self._guard, file_lock(self._locks, LOCK, PATIENCE, what="the vault"):
            if self._there():
                return
            self._sweep(kind)
            vault_id, key_id = self._entropy(16).hex(), self._entropy(8).hex()
            key, now = self._entropy(KEY_BYTES), self._clock.now()
            place = self._db.place(vault_id)
            try:
                # The empty file names the vault before the keyring does: what a killed program leaves in either is found again.
                new_private(place, b"")
                slot = self._opener.new_slot(kind, secret, key, vault_id, now)
                manifest = seal_manifest(Manifest(slots={slot.kind: slot.digest}), key, vault_id, self._nonce)
                self._db.make(vault_id, key_id, now.isoformat(), (slot,), manifest)
            except OSError as failure:
                raise disk_fault(failure, "be made", self._db.path) from None
            except StorageFault:
                with suppress(OSError):
                    place.unlink(missing_ok=True)
                raise
            self._held = Held(vault_id=vault_id, key_id=key_id, kind=kind, key=key)

    def _sweep(self, kind: SlotKind) -> None:
        """Remove what a program that was killed while making a vault left behind (S10); what cannot be listed stays."""
        with suppress(OSError):
            for left in list(self._db.path.parent.glob(f"{self._db.path.name}.new-*")):
                vault_id = left.name.rpartition("-")[2]
                if kind is SlotKind.KEYRING and vault_id != "journal":
                    with suppress(KeyringUnavailable):
                        self._opener.keychain.delete(vault_id)
                left.unlink()
