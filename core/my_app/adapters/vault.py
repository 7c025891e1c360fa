"""The vault: sealed records in one file, opened on first need (DESIGN 2, Storage)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from my_app.adapters.files import disk_fault
from my_app.adapters.lock import file_lock
from my_app.adapters.vault_admin import VaultKeeper
from my_app.adapters.vault_db import View
from my_app.adapters.vault_mark import mark, read_mark
from my_app.adapters.vault_records import summary_from
from my_app.adapters.vault_slots import MEMORY_KIB
from my_app.adapters.vault_wire import Broken, index_bound, seal, unseal
from my_app.errors import DiskFault, LockTimeout, StaleRecord, UnsafeFile, VaultDamaged
from my_app.model import Record, Summary, checked_name
from my_app.ports import Clock, Entropy
from my_app.secret import Secret
from my_app.vaulting import Keychain, SlotKind, VaultQuestions

Index = Callable[[bytes | None], bytes | None]
"""``index(stored)``: a new index for the hot path, or None when the stored one is right or none can be made."""


class Vault(VaultKeeper):
    """A CredentialStore, a VaultAdmin and the keeper of the audit chain's mark.

    ::

        Vault(path, locks=Path, keychain=Keychain, key=Secret | None, passphrase=Secret | None,
              clock=Clock, entropy=Entropy, questions=None, no_input=False, memory_kib=65536, index=None)

    ``questions`` is a ``wiring.Questions``, ``memory_kib`` what a guess at a new passphrase costs,
    ``index`` a ``vault_index.ConfigIndex``. Nothing is read, made or asked before the first use;
    ``summaries`` and ``status`` never ask at all.
    """

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
        index: Index | None = None,
    ) -> None:
        super().__init__(
            path,
            locks=locks,
            keychain=keychain,
            key=key,
            passphrase=passphrase,
            clock=clock,
            entropy=entropy,
            questions=questions,
            no_input=no_input,
            memory_kib=memory_kib,
        )
        self._index = index
        self._kinds: tuple[tuple[int, int, int], list[str]] | None = None

    @property
    def kept_in(self) -> str:
        """What opened the secrets, or what would open them. Asks nobody. Raises VaultDamaged, DiskFault."""
        if self._held is not None:
            return self._held.kind.value
        opener = self._opener
        if not self._there():
            return "key" if opener.key else "passphrase" if opener.passphrase else "keyring"
        kinds = self._slot_kinds()
        for kind, at_hand in ((SlotKind.KEY, opener.key), (SlotKind.PASSPHRASE, opener.passphrase)):
            if at_hand and kind.value in kinds:
                return kind.value
        return kinds[0] if kinds else SlotKind.KEYRING.value

    def _slot_kinds(self) -> list[str]:
        """The kinds of the slots, read once for each state of the file: a list asks for every row."""
        try:
            found = self._db.path.stat()
        except OSError as failure:
            raise disk_fault(failure, "be read", self._db.path) from None
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        if self._kinds is None or self._kinds[0] != stamp:
            with self._db.reading() as view:
                self._kinds = (stamp, [slot.kind for slot in view.slots()])
        return self._kinds[1]

    def load(self, name: str) -> Record | None:
        """The record, or None. Raises VaultLocked, WrongPassphrase, KeyringUnavailable, VaultDamaged, DiskFault."""
        if not self._there():
            return None
        record = self._read(lambda view, key: self._record(view, key, name))
        self._keep_index()
        return record

    def save(self, record: Record) -> Record:
        """On disk when it returns, its generation raised by one. Raises StaleRecord, VaultLocked, DiskFault ...

        The first save makes the vault. A failure leaves what was stored before as it was.
        """
        checked_name(record.name)
        if not self._there():
            if record.generation:
                raise self._stale(record.name)
            self._make_default()
        saved = replace(record, generation=record.generation + 1)

        def action(view: View, key: bytes) -> None:
            stored = self._record(view, key, record.name)
            if (stored.generation if stored else 0) != record.generation:
                raise self._stale(record.name)
            self._put_record(view, key, saved)

        self._write(action)
        self._try_refresh_copy()
        return saved

    def _stale(self, name: str) -> StaleRecord:
        return StaleRecord(f"“{name}” was changed by another program meanwhile.", hint="Try again.")

    def delete(self, name: str) -> None:
        """Forget the record, here and in the safety copy (S11). Raises VaultLocked, DiskFault."""
        if not self._there():
            return

        def action(view: View, key: bytes) -> bool:
            manifest = self._manifest(view, key)
            if view.row(name) is None and name not in manifest.records:
                return False
            view.drop_row(name)
            self._put_manifest(view, key, manifest.without(name))
            return True

        if self._write(action):
            self._refresh_copy()

    def rename(self, old: str, new: str) -> None:
        """Copy ``old`` to ``new``, replacing an orphan there; nothing happens when ``old`` is not there."""
        checked_name(new)
        if old == new or not self._there():
            return

        def action(view: View, key: bytes) -> None:
            record = self._record(view, key, old)
            if record is None:
                return
            orphan = view.row(new)
            generation = max(record.generation, orphan.generation if orphan else 0) + 1
            self._put_record(view, key, replace(record, name=new, generation=generation))

        self._write(action)
        self._try_refresh_copy()

    def summaries(self) -> tuple[Summary, ...]:
        """The readable columns by name; never unlocks, never asks. Checked against the manifest when the vault is open.

        Raises VaultDamaged, VaultTooNew, UnsafeFile, DiskFault.
        """
        if not self._there():
            return ()
        held = self._held
        with self._db.reading() as view:
            rows = view.rows()
            if held is not None and (held.vault_id, held.key_id) == (view.vault_id, view.key_id):
                manifest = self._manifest(view, held.key)
                if len(rows) != len(manifest.records) or not all(manifest.holds(row, view.vault_id) for row in rows):
                    raise VaultDamaged("The vault is damaged: its list of accounts is not as it was saved.")
        try:
            return tuple(summary_from(row) for row in rows)
        except Broken:
            raise VaultDamaged("The vault is damaged: its list of accounts cannot be read.") from None

    def lock(self, name: str, deadline: timedelta) -> AbstractContextManager[None]:
        """The profile's lock over all processes. Raises LockTimeout naming the holder, UnsafeFile, DiskFault."""
        return file_lock(self._locks, checked_name(name), deadline, what=f"“{name}”")

    def checkpoint(self, seq: int, head: str) -> None:
        """Keep a keyed mark of the audit chain's head, if the vault is open; never opens it. Raises DiskFault."""
        if self._held is None or not self._there():
            return

        def action(view: View, key: bytes) -> None:
            before = read_mark(key, view.vault_id, view.meta("checkpoint"))
            if before is None or before[0] < seq:
                view.put_meta("checkpoint", mark(key, view.vault_id, seq, head))

        self._write(action)

    def checkpointed(self) -> tuple[int, str] | None:
        """Sequence number and head of the last mark; None while the vault is closed or has none."""
        if self._held is None or not self._there():
            return None
        return self._read(lambda view, key: read_mark(key, view.vault_id, view.meta("checkpoint")))

    def _keep_index(self) -> None:
        """Renew the hot path's index when ``config.toml`` has changed; a disk that refuses costs speed, nothing else."""
        index, self._index = self._index, None
        if index is None:
            return
        found = self._read(lambda view, key: self._stored_index(view, key))
        fresh = index(found)
        if fresh is None:
            return
        with suppress(DiskFault, UnsafeFile, LockTimeout):
            self._write(lambda view, key: view.put_meta("index", seal(key, fresh, index_bound(view.vault_id), self._nonce())))

    def _stored_index(self, view: View, key: bytes) -> bytes | None:
        try:
            return unseal(key, view.meta("index") or b"", index_bound(view.vault_id))
        except Broken:
            return None
