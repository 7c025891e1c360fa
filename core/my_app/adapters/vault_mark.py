"""The keyed mark of the audit chain's head that the vault keeps. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json


def mark(key: bytes, vault_id: str, seq: int, head: str) -> bytes:
    """The mark's bytes: readable, and vouched for by a key derived from the data key."""
    return json.dumps({"seq": seq, "head": head, "mac": _mac(key, vault_id, seq, head)}).encode()


def read_mark(key: bytes, vault_id: str, blob: bytes | None) -> tuple[int, str] | None:
    """Sequence number and head; None when there is no mark, or one that this vault did not make."""
    try:
        value = json.loads(blob or b"null")
        seq, head, mac = value["seq"], value["head"], value["mac"]
    except (ValueError, TypeError, KeyError):
        return None
    if type(seq) is not int or not isinstance(head, str) or not isinstance(mac, str):
        return None
    return (seq, head) if hmac.compare_digest(mac.encode(), _mac(key, vault_id, seq, head).encode()) else None


def _mac(key: bytes, vault_id: str, seq: int, head: str) -> str:
    derived = hmac.digest(key, b"my-app audit checkpoint", hashlib.sha256)
    return hmac.new(derived, f"{vault_id}\n{seq}\n{head}".encode(), hashlib.sha256).hexdigest()
