"""Records in a file of their own: a small vault that one passphrase opens."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from my_app.adapters.files import disk_fault, new_private, shown
from my_app.adapters.vault_db import Database
from my_app.adapters.vault_records import Manifest, open_manifest, open_record, seal_manifest, seal_record
from my_app.adapters.vault_slots import check_slots, new_params, unwrap, wrap, wrapping_key
from my_app.adapters.vault_wire import KEY_BYTES, Broken
from my_app.errors import UnsafeFile, VaultDamaged, VaultLocked, WrongPassphrase
from my_app.model import Record
from my_app.ports import Entropy
from my_app.secret import Secret
from my_app.vaulting import SlotKind


def write_export(file: Path, records: Sequence[Record], passphrase: Secret, *, now: datetime, entropy: Entropy) -> None:
    """A new file with these records. Raises UnsafeFile when something is there, VaultLocked for an empty passphrase, DiskFault."""
    if not passphrase:
        raise VaultLocked("An export needs a passphrase.")
    if os.path.lexists(file):
        raise UnsafeFile(f"“{shown(file)}” is there already and was left alone.", hint="Name a file that is not there yet.")
    vault_id, key = entropy(16).hex(), entropy(KEY_BYTES)
    params = new_params(SlotKind.PASSPHRASE, entropy(16))
    wrapping = wrapping_key(SlotKind.PASSPHRASE, params, passphrase)
    slot = wrap(key, SlotKind.PASSPHRASE, params, wrapping, vault_id=vault_id, created_at=now, nonce=entropy(12))
    database = Database(file)
    manifest = Manifest(slots={slot.kind: slot.digest})
    place = database.place(vault_id)
    try:
        new_private(place, b"")
        sealed = seal_manifest(manifest, key, vault_id, lambda: entropy(12))
        database.make(vault_id, entropy(8).hex(), now.isoformat(), (slot,), sealed)
        with database.writing() as view:
            for record in records:
                row = seal_record(replace(record, generation=1), key, vault_id, lambda: entropy(12))
                view.put_row(row)
                manifest = manifest.with_row(row, vault_id)
            view.put_meta("manifest", seal_manifest(manifest, key, vault_id, lambda: entropy(12)))
    except OSError as failure:
        raise disk_fault(failure, "be written", file) from None
    finally:
        with suppress(OSError):
            place.unlink(missing_ok=True)


def read_export(file: Path, passphrase: Secret) -> tuple[Record, ...]:
    """The records of such a file. Raises UnsafeFile when it is not there or loose, WrongPassphrase, VaultDamaged."""
    database = Database(file)
    if not database.exists():
        raise UnsafeFile(f"“{shown(file)}” is not there.", hint="Name the file that “vault export” wrote.")
    with database.reading() as view:
        vault_id, slots, rows, sealed = view.vault_id, view.slots(), view.rows(), view.meta("manifest") or b""
    check_slots(slots, vault_id)
    slot = next((slot for slot in slots if slot.kind == SlotKind.PASSPHRASE), None)
    if slot is None:
        raise VaultLocked(f"“{shown(file)}” has no passphrase.", hint="Name the file that “vault export” wrote.")
    key = unwrap(slot, wrapping_key(SlotKind.PASSPHRASE, slot.params, passphrase), vault_id)
    if key is None:
        raise WrongPassphrase("This passphrase does not open the file.", hint="Give the passphrase it was exported with.")
    try:
        manifest = open_manifest(sealed, key, vault_id)
        if {row.name for row in rows} != set(manifest.records) or not all(manifest.holds(row, vault_id) for row in rows):
            raise Broken
        return tuple(open_record(row, key, vault_id) for row in rows)
    except Broken:
        raise VaultDamaged(f"“{shown(file)}” is damaged; nothing was taken from it.", hint="Export it again.") from None
