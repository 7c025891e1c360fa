"""The vault as an administrator sees it: status, slots, rekey, export, import, restore."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from pathlib import Path

from my_app.adapters.files import private_folder
from my_app.adapters.lock import file_lock
from my_app.adapters.vault_copy import copied_at, restore
from my_app.adapters.vault_core import LOCK, PATIENCE, Held, VaultCore
from my_app.adapters.vault_db import Database, View
from my_app.adapters.vault_mark import mark, read_mark
from my_app.adapters.vault_records import open_record, seal_record
from my_app.adapters.vault_slots import SlotRow, check_slots, wrap, wrapping_key
from my_app.adapters.vault_transfer import read_export, write_export
from my_app.adapters.vault_wire import KEY_BYTES, Broken
from my_app.errors import KeyringUnavailable, Unsupported, VaultDamaged, VaultLocked
from my_app.model import Record
from my_app.secret import Secret
from my_app.vaulting import Imported, Restored, SlotKind, VaultStatus


class VaultKeeper(VaultCore):
    """Implements VaultAdmin."""

    @property
    def opened(self) -> bool:
        """Whether the data key is held now."""
        return self._held is not None

    def status(self) -> VaultStatus:
        """What is known; opens nothing. Raises VaultDamaged, VaultTooNew, UnsafeFile."""
        exists = self._there()
        slots: tuple[SlotRow, ...] = ()
        vault_id, records, held = None, 0, self._held
        if exists:
            with self._db.reading() as view:
                vault_id, slots, records = view.vault_id, view.slots(), len(view.rows())
            check_slots(slots, vault_id)
            if held is not None:
                self._check_whole()
        try:
            keyring, usable = self._opener.keychain.name(), True
        except KeyringUnavailable as failure:
            keyring, usable = failure.message, False
        return VaultStatus(
            path=self._db.path,
            exists=exists,
            vault_id=vault_id,
            open=held is not None,
            opened_by=held.kind if held else None,
            slots=tuple(slot.shown() for slot in slots),
            records=records,
            backup_at=copied_at(self._db.path),
            keyring=keyring,
            keyring_usable=usable,
        )

    def open(self, *, ask: bool = True) -> SlotKind:
        """Open it and look whether it is whole; without ``ask`` neither keyring nor program asks the person.

        Raises VaultLocked, WrongPassphrase, KeyringUnavailable, VaultDamaged.
        """
        if not self._there():
            raise VaultLocked("There is no vault yet.", hint="It is made when the first account is added.")
        self._shut = False
        kind = self._unlocked(ask=ask).kind
        self._check_whole()
        return kind

    def unlock(self, passphrase: Secret) -> None:
        """Open by passphrase. Raises WrongPassphrase, VaultLocked when there is no such slot."""
        if not self._there():
            raise VaultLocked("There is no vault yet.", hint="It is made when the first account is added.")
        with self._db.reading() as view:
            vault_id, key_id, slots = view.vault_id, view.key_id, view.slots()
        check_slots(slots, vault_id)
        slot = next((slot for slot in slots if slot.kind == SlotKind.PASSPHRASE), None)
        if slot is None:
            raise VaultLocked("The vault has no passphrase.", hint="Give it one with: my-app vault slot add passphrase")
        key = self._opener.with_secret(slot, passphrase, vault_id)
        with self._guard:
            self._held = Held(vault_id=vault_id, key_id=key_id, kind=SlotKind.PASSPHRASE, key=key)
            self._shut = False

    def create(self, kind: SlotKind, secret: Secret | None = None) -> None:
        """A new vault with one slot. Raises Unsupported when there is one, KeyringUnavailable, WrongPassphrase, DiskFault."""
        if self._there():
            raise Unsupported("There is a vault already.", hint="Change what opens it with: my-app vault slot add")
        self._make(kind, secret)

    def lock_now(self) -> None:
        """Forget the data key; from now on only ``open``, ``unlock`` or the person's passphrase open it again.

        Python cannot wipe memory: a copy may linger until its page is used again (H4).
        """
        with self._guard:
            self._held = None
            self._shut = True

    def add_slot(self, kind: SlotKind, secret: Secret | None = None) -> None:
        """One more way to open the vault; one of that kind is replaced. Raises KeyringUnavailable, VaultLocked, WrongPassphrase."""
        held = self._unlocked()
        slot = self._opener.new_slot(kind, secret, held.key, held.vault_id, self._clock.now())

        def action(view: View, key: bytes) -> None:
            if key != held.key:
                raise VaultLocked("The vault was changed by another program.", hint="Try again.")
            view.put_slot(slot)
            self._put_slots(view, key)

        self._write(action)
        self._try_refresh_copy()

    def remove_slot(self, kind: SlotKind, *, dry_run: bool = False) -> None:
        """One way less; ``dry_run`` only looks. Raises Unsupported for the last slot, and for one that is not there."""

        def look(view: View, key: bytes) -> None:
            kinds = [slot.kind for slot in view.slots()]
            if kind.value not in kinds:
                raise Unsupported(f"The vault has no {kind.value} slot.", hint="See: my-app vault slot list")
            if len(kinds) == 1:
                raise Unsupported(
                    "That is the only thing that opens the vault.", hint="Add another first with: my-app vault slot add"
                )

        def action(view: View, key: bytes) -> str:
            look(view, key)
            view.drop_slot(kind.value)
            self._put_slots(view, key)
            return view.vault_id

        if dry_run:
            self._read(look)
            return
        vault_id = self._write(action)
        self._refresh_copy()
        if kind is SlotKind.KEYRING:
            # Only now: the item opened the vault until the slot was gone from the disk.
            with suppress(KeyringUnavailable):
                self._opener.keychain.delete(vault_id)

    def _put_slots(self, view: View, key: bytes) -> None:
        digests = {slot.kind: slot.digest for slot in view.slots()}
        self._put_manifest(view, key, self._manifest(view, key).with_slots(digests))

    def rekey(self) -> None:
        """Seal everything under a new data key. Raises VaultLocked naming the slot whose secret is not at hand."""
        held = self._unlocked()
        with self._db.reading() as view:
            slots = view.slots()
        wrapping = {slot.kind: self._wrapping(slot, held.vault_id) for slot in slots}
        new_key, key_id, now = self._entropy(KEY_BYTES), self._entropy(8).hex(), self._clock.now()

        def action(view: View, key: bytes) -> None:
            manifest = self._manifest(view, key)
            for row in view.rows():
                if not manifest.holds(row, view.vault_id):
                    raise VaultDamaged("The vault is damaged: a record was replaced by another copy.")
                try:
                    view.put_row(seal_record(open_record(row, key, view.vault_id), new_key, view.vault_id, self._nonce))
                except Broken:
                    raise VaultDamaged("The vault is damaged: a record is damaged.") from None
            for slot in view.slots():
                if slot.kind not in wrapping:
                    raise VaultLocked("The vault was changed by another program.", hint="Try again.")
                fresh = wrap(
                    new_key,
                    SlotKind(slot.kind),
                    slot.params,
                    wrapping[slot.kind],
                    vault_id=view.vault_id,
                    created_at=now,
                    nonce=self._nonce(),
                )
                view.put_slot(fresh)
            view.put_meta("key_id", key_id.encode())
            view.put_meta("index", b"")
            marked = read_mark(key, view.vault_id, view.meta("checkpoint"))
            view.put_meta("checkpoint", mark(new_key, view.vault_id, *marked) if marked else b"")
            self._put_manifest(view, new_key, manifest.with_slots({slot.kind: slot.digest for slot in view.slots()}))

        self._write(action)
        with self._guard:
            self._held = Held(vault_id=held.vault_id, key_id=key_id, kind=held.kind, key=new_key)
        self._refresh_copy()

    def _wrapping(self, slot: SlotRow, vault_id: str) -> bytes:
        """The key that wraps this slot, proven to open it; a passphrase is asked for when it is not at hand."""
        kind, opener = SlotKind(slot.kind), self._opener
        if kind is SlotKind.KEYRING:
            secret = opener.keychain.get(vault_id, prompt=opener.ask is not None)
        elif kind is SlotKind.PASSPHRASE:
            secret = opener.passphrase or (opener.ask("Passphrase of the vault") if opener.ask else None)
        else:
            secret = opener.key
        if secret is None:
            raise VaultLocked(
                f"The {kind.value} slot cannot be sealed anew: its secret is not at hand.",
                hint=f"Provide it, or remove the slot first with: my-app vault slot remove {kind.value}",
            )
        opener.with_secret(slot, secret, vault_id)
        return wrapping_key(kind, slot.params, secret)

    def export(self, file: Path, passphrase: Secret) -> int:
        """All records in a new file that only ``passphrase`` opens; how many. Raises UnsafeFile when it is there, DiskFault."""

        def action(view: View, key: bytes) -> list[Record]:
            found = [self._record(view, key, row.name) for row in view.rows()]
            return [record for record in found if record is not None]

        records = self._read(action) if self._there() else []
        write_export(file, records, passphrase, now=self._clock.now(), entropy=self._entropy)
        return len(records)

    def import_file(self, file: Path, passphrase: Secret, *, replace: bool = False) -> Imported:
        """Take records from an exported file; those that are there stay unless ``replace``. All or none of them."""
        records = read_export(file, passphrase)
        if records and not self._there():
            self._make_default()
        added: list[str] = []

        def action(view: View, key: bytes) -> None:
            added.clear()
            for record in records:
                there = view.row(record.name)
                if there is None or replace:
                    self._put_record(view, key, dataclasses.replace(record, generation=(there.generation if there else 0) + 1))
                    added.append(record.name)

        if records:
            self._write(action)
            self._try_refresh_copy()
        return Imported(added=tuple(added), kept=tuple(record.name for record in records if record.name not in added))

    def restore(self) -> Restored:
        """Bring the last good copy back, with what is newer and whole. Raises VaultDamaged when there is none, VaultTooNew."""
        private_folder(self._db.path.parent)
        with self._guard, file_lock(self._locks, LOCK, PATIENCE, what="the vault"):
            if Database(self._db.path).exists():
                with suppress(VaultDamaged), self._db.reading():
                    pass
            opened: list[Held] = []

            def open_slots(slots: tuple[SlotRow, ...], vault_id: str) -> bytes:
                kind, key = self._opener.open(slots, vault_id)
                opened.append(Held(vault_id=vault_id, key_id="", kind=kind, key=key))
                return key

            done = restore(self._db.path, open_slots, self._clock.now(), self._nonce)
            with self._db.reading() as view:
                self._held = dataclasses.replace(opened[0], key_id=view.key_id)
        self._try_refresh_copy()
        return done
