"""The vault's SQLite file: short transactions, durable commits, and every failure in plain words.

``journal_mode=DELETE``, ``secure_delete=ON`` and ``synchronous=EXTRA`` (FULL, and the folder is
synced after the journal is gone, so that a committed save survives a power cut). Every
connection is opened for writing, so whoever finds a hot journal heals it; readers then only
ask. Nothing else in this process may open and close the file: that would drop SQLite's locks.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import quote

from my_app.adapters.files import disk_fault, refuse_unsafe, shown, sync_folder
from my_app.adapters.vault_row import Row
from my_app.adapters.vault_slots import SlotRow
from my_app.adapters.vault_wire import COLUMNS, FORMAT, OBJECTS, SCHEMA
from my_app.errors import DiskFault, LockTimeout, VaultDamaged, VaultTooNew

BUSY: Final = 30.0
"""Seconds to wait for another program's short write."""

_ERRNO: Final = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_NOMEM: errno.ENOMEM,
}
_CAUSES: Final = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "it is read-only here",
    sqlite3.SQLITE_PERM: "permission was denied",
    sqlite3.SQLITE_CANTOPEN: "it, or its journal, could not be opened",
    sqlite3.SQLITE_NOMEM: "memory is used up",
}
_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_FORMAT})
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})


class View:
    """The vault inside one transaction."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._db = connection
        self._path = path
        self.vault_id = self._text("id")
        self.key_id = self._text("key_id")

    def _text(self, key: str) -> str:
        value = self.meta(key)
        if not value:
            raise VaultDamaged(f"“{shown(self._path)}” is damaged.")
        return value.decode("utf-8", "replace")

    def meta(self, key: str) -> bytes | None:
        """One value that belongs to the whole vault."""
        found = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return found[0] if found and isinstance(found[0], bytes) else None

    def put_meta(self, key: str, value: bytes) -> None:
        """Set such a value."""
        self._db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))

    def slots(self) -> tuple[SlotRow, ...]:
        """All slots, in the order keyring, passphrase, key."""
        found = self._db.execute("SELECT kind, created_at, params, wrapped, digest FROM slots").fetchall()
        order = {"keyring": 0, "passphrase": 1, "key": 2}
        rows = [SlotRow(kind=str(k), created_at=str(c), params=str(p), wrapped=w, digest=str(d)) for k, c, p, w, d in found]
        return tuple(sorted(rows, key=lambda slot: order.get(slot.kind, 9)))

    def put_slot(self, slot: SlotRow) -> None:
        """Add it, or replace the one of its kind."""
        values = (slot.kind, slot.created_at, slot.params, slot.wrapped, slot.digest)
        self._db.execute("INSERT OR REPLACE INTO slots (kind, created_at, params, wrapped, digest) VALUES (?, ?, ?, ?, ?)", values)

    def drop_slot(self, kind: str) -> None:
        """Remove it."""
        self._db.execute("DELETE FROM slots WHERE kind = ?", (kind,))

    def row(self, name: str) -> Row | None:
        """One record."""
        found = self._db.execute(f"SELECT {COLUMNS}, sealed FROM records WHERE name = ?", (name,)).fetchone()  # noqa: S608 - COLUMNS is a constant
        return Row(*found) if found else None

    def rows(self) -> tuple[Row, ...]:
        """All records, by name."""
        found = self._db.execute(f"SELECT {COLUMNS}, sealed FROM records ORDER BY name").fetchall()  # noqa: S608 - COLUMNS is a constant
        return tuple(Row(*each) for each in found)

    def put_row(self, row: Row) -> None:
        """Add it, or replace the one of its name."""
        marks = ", ".join("?" * len(row))
        self._db.execute(f"INSERT OR REPLACE INTO records ({COLUMNS}, sealed) VALUES ({marks})", row)  # noqa: S608 - COLUMNS is a constant

    def drop_row(self, name: str) -> None:
        """Remove it."""
        self._db.execute("DELETE FROM records WHERE name = ?", (name,))

    def sound(self) -> bool:
        """Whether SQLite finds its own structures whole."""
        return [tuple(found) for found in self._db.execute("PRAGMA quick_check(1)")] == [("ok",)]

    def image(self) -> bytes:
        """The whole file as this transaction sees it."""
        return self._db.serialize()


class Database:
    """The file, opened anew for each transaction; safe to use from any thread."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def exists(self) -> bool:
        """Raises UnsafeFile for a link, a loose mode, a foreign owner. Opens nothing."""
        return refuse_unsafe(self.path)

    @contextmanager
    def reading(self) -> Iterator[View]:
        """A consistent look. Raises VaultDamaged, VaultTooNew, DiskFault, LockTimeout."""
        with self._plain_words("be read"), closing(self._connect()) as connection:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            self._check_format(connection)
            yield View(connection, self.path)

    @contextmanager
    def writing(self) -> Iterator[View]:
        """A transaction that is on disk when the block is left, or never was. Raises as ``reading`` does."""
        with self._plain_words("be written"), closing(self._connect()) as connection:
            for setting in ("journal_mode = DELETE", "synchronous = EXTRA", "secure_delete = ON"):
                connection.execute(f"PRAGMA {setting}").fetchall()
            connection.execute("BEGIN IMMEDIATE")
            try:
                self._check_format(connection)
                view = View(connection, self.path)
                yield view
                mark = view.meta("manifest")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
            self._commit(connection, mark)

    def _commit(self, connection: sqlite3.Connection, mark: bytes | None) -> None:
        """A commit whose last step failed may have happened all the same: look before saying it did not."""
        try:
            connection.execute("COMMIT")
        except sqlite3.Error as failure:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            if failure.sqlite_errorcode & 0xFF in _BUSY:
                raise
            connection.close()
            with self.reading() as view:
                happened = mark is not None and view.meta("manifest") == mark
            if not happened:
                raise

    def _connect(self) -> sqlite3.Connection:
        if not self.exists():
            raise VaultDamaged(f"“{shown(self.path)}” is gone.")
        if self.path.lstat().st_size == 0:
            raise VaultDamaged(f"“{shown(self.path)}” is empty.")
        return _connected(self.path)

    def _check_format(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA trusted_schema = OFF")
        number = connection.execute("PRAGMA user_version").fetchone()[0]
        if number == FORMAT and [sql for (sql,) in connection.execute(OBJECTS)] != sorted(SCHEMA):
            raise VaultDamaged(f"“{shown(self.path)}” holds tables or triggers that this program did not make.")
        said = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
        if said is None or said[0] != str(number).encode():
            raise VaultDamaged(f"“{shown(self.path)}” is damaged.")
        if number > FORMAT:
            raise VaultTooNew(f"“{shown(self.path)}” was made by a newer version of this program and was left alone.")

    @contextmanager
    def _plain_words(self, doing: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as failure:
            _explain(failure, doing, self.path)
        except UnicodeDecodeError:
            # sqlite3 decodes the names in a damaged schema strictly.
            raise VaultDamaged(f"“{shown(self.path)}” is damaged.") from None
        except OSError as failure:
            raise disk_fault(failure, doing, self.path) from None

    def place(self, vault_id: str) -> Path:
        """Where a new vault is built before it gets its name. Only one program builds at a time: under the vault's lock."""
        return self.path.with_name(f"{self.path.name}.new-{vault_id}")

    def make(self, vault_id: str, key_id: str, created_at: str, slots: tuple[SlotRow, ...], manifest: bytes) -> None:
        """Build a new vault in the empty file at ``place`` and give it its name: all of it or nothing. Raises DiskFault."""
        temp = self.place(vault_id)
        with self._plain_words("be made"):
            _build(temp, vault_id, key_id, created_at, slots, manifest)
            temp.rename(self.path)
            sync_folder(self.path.parent)


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=rw", uri=True, timeout=BUSY, isolation_level=None, check_same_thread=False
    )
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    return connection


def _build(path: Path, vault_id: str, key_id: str, created_at: str, slots: tuple[SlotRow, ...], manifest: bytes) -> None:
    with closing(_connected(path)) as connection:
        connection.execute("PRAGMA synchronous = EXTRA")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("BEGIN IMMEDIATE")
        for statement in SCHEMA:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        texts = {"format": str(FORMAT), "id": vault_id, "key_id": key_id, "created_at": created_at}
        for key, text in texts.items():
            connection.execute("INSERT INTO meta (key, value) VALUES (?, ?)", (key, text.encode()))
        view = View(connection, path)
        view.put_meta("manifest", manifest)
        for slot in slots:
            view.put_slot(slot)
        connection.execute("COMMIT")


def _explain(failure: sqlite3.Error, doing: str, path: Path) -> NoReturn:
    """SQLite's result code in the words of this program."""
    code = getattr(failure, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in _BUSY:
        raise LockTimeout(f"Another program kept “{shown(path)}” busy for {int(BUSY)} s.", holder="another program") from None
    if code in _DAMAGE:
        raise VaultDamaged(f"“{shown(path)}” is damaged.") from None
    raise DiskFault(
        f"“{shown(path)}” could not {doing}: {_CAUSES.get(code, 'the disk reported an error')}.",
        hint="What was stored before is unchanged. Put that right and try again.",
        errno=_ERRNO.get(code, errno.EIO),
    ) from None
