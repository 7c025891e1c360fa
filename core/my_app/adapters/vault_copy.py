"""The last good copy of the vault, and how it comes back (S4, S11)."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from my_app.adapters.files import disk_fault, sync_folder, write_private
from my_app.adapters.vault_db import Database, View
from my_app.adapters.vault_records import Manifest, Nonce, open_manifest, open_record, seal_manifest, seal_record
from my_app.adapters.vault_row import Row
from my_app.adapters.vault_slots import SlotRow, check_slots
from my_app.adapters.vault_wire import Broken, unseal
from my_app.errors import DiskFault, LockTimeout, UnsafeFile, VaultDamaged
from my_app.model import Record, Standing
from my_app.vaulting import Restored

RESTORED = "restored"
"""The reason of a login that must sign in again because its refresh token may be spent."""

OpenSlots = Callable[[tuple[SlotRow, ...], str], bytes]
"""``open_slots(slots, vault_id)``: the data key."""


def copy_of(path: Path) -> Path:
    """Where the last good copy of the vault at ``path`` is kept."""
    return path.with_name(f"{path.name}.bak")


def copied_at(path: Path) -> datetime | None:
    """When that copy was made; None: there is none."""
    try:
        return datetime.fromtimestamp(copy_of(path).lstat().st_mtime, UTC)
    except OSError:
        return None


def problem(view: View, key: bytes) -> str | None:
    """What is wrong with the vault, in a few words; None: every structure, seal and slot is whole."""
    if not view.sound():
        return "its tables are damaged"
    try:
        manifest = open_manifest(view.meta("manifest") or b"", key, view.vault_id)
    except Broken:
        return "its manifest is damaged"
    rows = view.rows()
    if {row.name for row in rows} != set(manifest.records):
        return "a record is missing or was added"
    for row in rows:
        if not manifest.holds(row, view.vault_id):
            return "a record was replaced by another copy"
        try:
            unseal(key, row.sealed, row.bound(view.vault_id))
        except Broken:
            return "a record is damaged"
    slots = view.slots()
    try:
        check_slots(slots, view.vault_id)
    except VaultDamaged:
        return "a slot is damaged"
    if {slot.kind: slot.digest for slot in slots} != dict(manifest.slots):
        return "a slot was replaced, removed or added"
    return None


def keep_copy(database: Database, key: bytes) -> None:
    """Copy the vault as it is now, if it is whole. Raises DiskFault, UnsafeFile, LockTimeout.

    The copy is put in place inside the reading transaction: no later save can be committed
    before it is there, so an older copy never replaces a newer one.
    """
    with database.reading() as view:
        if problem(view, key) is None:
            write_private(copy_of(database.path), view.image())


def restore(path: Path, open_slots: OpenSlots, now: datetime, nonce: Nonce) -> Restored:
    """Bring the last good copy back, with what is newer and whole in the damaged file. The caller holds the vault's lock.

    Raises VaultDamaged when there is no good copy, DiskFault.
    """
    copy = Database(copy_of(path))
    if not copy.exists():
        raise VaultDamaged("There is no good copy of the vault to bring back.", hint="Sign in again with: my-app login NAME")
    taken_at = copied_at(path) or now
    with copy.reading() as view:
        vault_id, slots, rows, image = view.vault_id, view.slots(), view.rows(), view.image()
    key = open_slots(slots, vault_id)
    with copy.reading() as view:
        wrong = problem(view, key)
    if wrong is not None:
        raise VaultDamaged(f"The copy of the vault is damaged too: {wrong}.", hint="Sign in again with: my-app login NAME")
    records = [_best(open_record(row, key, vault_id), _salvaged(path, row, key, vault_id)) for row in rows]
    new = Database(path.with_name(f"{path.name}.restored"))
    _clear(new.path)
    write_private(new.path, image)
    _rewrite(new, records, slots, key, vault_id, nonce)
    aside = _exchange(path, new.path, now)
    again = tuple(record.name for record in records if record.reason == RESTORED)
    return Restored(records=len(records), taken_at=taken_at, set_aside=aside, sign_in_again=again)


def _clear(path: Path) -> None:
    """Take away what a killed restore left; its journal would else be played onto the new file."""
    try:
        path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
        path.unlink(missing_ok=True)
    except OSError as failure:
        raise disk_fault(failure, "be removed", path) from None


def _salvaged(path: Path, row: Row, key: bytes, vault_id: str) -> Record | None:
    """The same record out of the damaged file, when it is whole there and not older."""
    try:
        with Database(path).reading() as view:
            found = view.row(row.name)
            return open_record(found, key, vault_id) if found and found.generation >= row.generation else None
    except (VaultDamaged, Broken, DiskFault, UnsafeFile, LockTimeout, TypeError):
        return None


def _best(copy: Record, salvaged: Record | None) -> Record:
    """A refresh token that may have been used since the copy was made is not tried: a strict server would end the login."""
    if salvaged is not None:
        return salvaged
    if copy.tokens is None or copy.tokens.refresh_token is None or copy.standing is not Standing.ACTIVE:
        return copy
    return replace(copy, standing=Standing.LOGIN_NEEDED, reason=RESTORED)


def _rewrite(new: Database, records: list[Record], slots: tuple[SlotRow, ...], key: bytes, vault_id: str, nonce: Nonce) -> None:
    with new.writing() as view:
        manifest = open_manifest(view.meta("manifest") or b"", key, vault_id)
        manifest = Manifest(serial=manifest.serial, slots={slot.kind: slot.digest for slot in slots})
        for record in records:
            row = seal_record(replace(record, generation=record.generation + 1), key, vault_id, nonce)
            view.put_row(row)
            manifest = manifest.with_row(row, vault_id)
        view.put_meta("manifest", seal_manifest(manifest, key, vault_id, nonce))


def _exchange(path: Path, new: Path, now: datetime) -> Path | None:
    """Put ``new`` in the place of ``path``, which is kept under another name, its journal with it."""
    aside = path.with_name(f"{path.name}.damaged-{now.strftime('%Y%m%d-%H%M%S')}")
    journal = path.with_name(f"{path.name}-journal")
    try:
        there = os.path.lexists(path)
        if there:
            while os.path.lexists(aside):
                aside = aside.with_name(f"{aside.name}x")
            os.link(path, aside, follow_symlinks=False)
        if os.path.lexists(journal):
            journal.replace(aside.with_name(f"{aside.name}-journal"))
        new.replace(path)
        sync_folder(path.parent)
    except OSError as failure:
        raise disk_fault(failure, "be replaced", path) from None
    return aside if there else None
