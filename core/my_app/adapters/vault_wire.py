"""The byte form of the vault, shared by the store and the hot path; it imports nothing that the hot path does not need.

Every secret thing is sealed with AES-256-GCM under a fresh random nonce. Its associated data is
built by ``bound`` as JSON, so that no two lists of parts look the same.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT: Final = 1
"""Raised when an older program could no longer read the file."""
KEY_BYTES: Final = 32
_NONCE: Final = 12
_TAG: Final = 16

COLUMNS: Final = "name, generation, kind, expires_at, scopes, requested_scopes, identity, standing, refreshable, has_token"


class Broken(Exception):
    """Sealed bytes that do not open: damaged, moved, or under another key."""


def row_bound(vault_id: str, columns: Sequence[object]) -> bytes:
    """The associated data of a record: which vault, which record, which generation, and every readable column."""
    return bound("record", vault_id, *columns)


def row_digest(vault_id: str, columns: Sequence[object]) -> str:
    """A digest of the same, for the manifest."""
    try:
        # The same function without the rest of hashlib, which would cost the hot path a load of OpenSSL.
        from _blake2 import blake2b
    except ImportError:
        from hashlib import blake2b
    return blake2b(row_bound(vault_id, columns), digest_size=16).hexdigest()


def bound(label: str, *parts: object) -> bytes:
    """Associated data that tells apart any two lists of parts, in value or in type."""
    return b"my-app/%d %s " % (FORMAT, label.encode()) + _plainly(parts).encode("ascii")


def _hex(raw: object) -> dict[str, str]:
    """What JSON has no form for: bytes, which a damaged file may hold anywhere."""
    return {"bytes": raw.hex()} if isinstance(raw, bytes) else {"other": repr(raw)}


_plainly = json.JSONEncoder(default=_hex).encode


def seal(key: bytes, plain: bytes, associated: bytes, nonce: bytes) -> bytes:
    """Nonce and ciphertext. ``nonce`` is 12 fresh random bytes."""
    return nonce + _cipher()(key).encrypt(nonce, plain, associated)


def unseal(key: bytes, sealed: bytes, associated: bytes) -> bytes:
    """The plain bytes. Raises Broken."""
    if not isinstance(sealed, bytes) or len(sealed) < _NONCE + _TAG:
        raise Broken
    try:
        return _cipher()(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], associated)
    except _refusal():
        raise Broken from None


def _cipher() -> type[AESGCM]:
    """cryptography's AESGCM, past the package around it, which would double the price of the hot path."""
    try:
        from cryptography.hazmat.bindings._rust import openssl

        return openssl.aead.AESGCM
    except (ImportError, AttributeError):
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM


def _refusal() -> type[Exception]:
    """What it raises for bytes that do not open; asked for only then."""
    from cryptography.exceptions import InvalidTag

    return InvalidTag


def key_bytes(text: str) -> bytes | None:
    """The 32 bytes of a base64url text, padding optional (CONTRACT, ``MY_APP_VAULT_KEY``); None when it is none."""
    from binascii import Error, a2b_base64

    text = text.strip()
    try:
        raw = a2b_base64(text.rstrip("=").translate({45: 43, 95: 47}) + "=" * (-len(text.rstrip("=")) % 4), strict_mode=True)
    except (Error, ValueError):
        return None
    return raw if len(raw) == KEY_BYTES else None


def key_text(raw: bytes) -> str:
    """The base64url text of a key, without padding."""
    from binascii import b2a_base64

    return b2a_base64(raw, newline=False).decode().rstrip("=").translate({43: 45, 47: 95})


def slot_bound(vault_id: str, kind: str, params: str) -> bytes:
    """The associated data of a wrapped data key."""
    return bound("slot", vault_id, kind, params)


def index_bound(vault_id: str) -> bytes:
    """The associated data of the hot path's index."""
    return bound("index", vault_id)


def manifest_bound(vault_id: str) -> bytes:
    """The associated data of the manifest."""
    return bound("manifest", vault_id)


SCHEMA = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID",
    "CREATE TABLE slots (kind TEXT PRIMARY KEY, created_at TEXT, params TEXT, wrapped BLOB, digest TEXT) WITHOUT ROWID",
    """CREATE TABLE records (name TEXT PRIMARY KEY, generation INTEGER, kind TEXT, expires_at TEXT, scopes TEXT,
        requested_scopes TEXT, identity TEXT, standing TEXT, refreshable INTEGER, has_token INTEGER, sealed BLOB) WITHOUT ROWID""",
)
"""The SQL objects of a vault; a file that holds others was not made by this program."""
OBJECTS = "SELECT sql FROM sqlite_master ORDER BY sql"
