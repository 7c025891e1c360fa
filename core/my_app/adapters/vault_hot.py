"""A cached token out of the vault, for the hot path of ``my-app token``: looks, decides, changes nothing.

Whatever is not exactly as expected ends in ``None`` (or one of ``TROUBLE``), and the ordinary
path takes over and explains. It imports no dataclass; a test lists what it may load.
"""

from __future__ import annotations

import os
import stat
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from typing import Any, Final

_PATIENCE: Final = 2.0
"""Seconds to wait for another program's write."""
_KEYRING: Final = 3.0
_AHEAD: Final = 300.0
"""A token obtained this many seconds in the future: the clock was set back."""


def stamp_of(config: str) -> list[int] | None:
    """What tells one state of ``config.toml`` from another; None when it is no plain file of this person."""
    try:
        found = os.stat(config)  # noqa: PTH116 - no pathlib here
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return [found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode, found.st_uid]


def is_private(path: str) -> bool:
    """An ordinary file of this person that nobody else may read; elsewhere than on POSIX the ordinary path looks."""
    if os.name != "posix":
        return False
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and not found.st_mode & 0o077 and found.st_uid == os.geteuid() and found.st_size > 0


def cached(vault: str, name: str | None, stamp: list[int], key: str | None) -> str | None:
    """The token of ``name`` (None: the active profile) when it is valid beyond the margin; else None.

    ``key`` is ``MY_APP_VAULT_KEY``. Raises sqlite3.Error, OSError, ValueError, and what ``secret_service`` raises.
    """
    import json
    import sqlite3

    from my_app.adapters.vault_wire import (
        COLUMNS,
        FORMAT,
        OBJECTS,
        SCHEMA,
        Broken,
        index_bound,
        manifest_bound,
        row_bound,
        row_digest,
        unseal,
    )

    if not is_private(vault):
        return None
    place = vault.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    connection = sqlite3.connect(f"file:{place}?mode=rw", uri=True, timeout=_PATIENCE, isolation_level=None)
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        if connection.execute("PRAGMA user_version").fetchone() != (FORMAT,):
            return None
        if [sql for (sql,) in connection.execute(OBJECTS)] != sorted(SCHEMA):
            return None
        vault_id = _meta(connection, "id").decode()
        # The keyring is asked between two transactions: a slow one keeps no writer waiting.
        data_key = _data_key(connection, vault_id, key)
        if data_key is None:
            return None
        connection.execute("BEGIN")
        index = json.loads(unseal(data_key, _meta(connection, "index"), index_bound(vault_id)))
        if index["stamp"] != stamp or (name is None and index["directories"]):
            return None
        wanted = index["active"] if name is None else name
        if wanted not in index["profiles"]:
            return None
        found = connection.execute(f"SELECT {COLUMNS}, sealed FROM records WHERE name = ?", (wanted,)).fetchone()  # noqa: S608 - COLUMNS is a constant
        if found is None:
            return None
        columns, sealed, kind, standing = found[:-1], found[-1], found[2], found[7]
        manifest = json.loads(unseal(data_key, _meta(connection, "manifest"), manifest_bound(vault_id)))
        if dict(connection.execute("SELECT kind, digest FROM slots")) != manifest["slots"]:
            return None
        if manifest["records"].get(wanted) != [found[1], row_digest(vault_id, columns)] or standing != "active":
            return None
        return _live(json.loads(unseal(data_key, sealed, row_bound(vault_id, columns))), kind, index["margin"])
    except Broken:
        return None
    finally:
        connection.close()


def _meta(connection: sqlite3.Connection, key: str) -> bytes:
    found = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return found[0] if found and isinstance(found[0], bytes) else b""


def _data_key(connection: sqlite3.Connection, vault_id: str, key: str | None) -> bytes | None:
    from my_app.adapters.vault_wire import key_bytes, slot_bound, unseal

    kind = "keyring" if key is None else "key"
    slot = connection.execute("SELECT params, wrapped FROM slots WHERE kind = ?", (kind,)).fetchone()
    if slot is None:
        return None
    if key is None:
        from my_app.adapters.secret_service import SecretService

        with SecretService(_KEYRING) as service:
            key = service.get(vault_id, prompt=False)
    wrapping = None if key is None else key_bytes(key)
    return None if wrapping is None else unseal(wrapping, slot[1], slot_bound(vault_id, kind, slot[0]))


def _live(record: dict[str, Any], kind: str, margin: float) -> str | None:
    """What ``session.handed_out`` would hand out of the record, if anything."""
    if kind in ("api_key", "token"):
        return record["api_key"] or None
    tokens = record["tokens"]
    if not tokens:
        return None
    from datetime import datetime

    now = time.time()
    if datetime.fromisoformat(tokens["obtained_at"]).timestamp() - now > _AHEAD:
        return None
    expires_at = tokens["expires_at"]
    if expires_at is not None and datetime.fromisoformat(expires_at).timestamp() - now <= margin:
        return None
    return str(tokens["access_token"])
