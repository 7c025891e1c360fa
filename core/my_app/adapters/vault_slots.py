"""Slots: the data key wrapped by a keyring's key, a passphrase (Argon2id, RFC 9106) or a key of the environment. Pure.

A slot carries a plain digest of itself and the vault's id, so that damage is told from a wrong
passphrase. Costs read from a file are capped before any work is done (S5).
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from my_app.adapters.vault_wire import KEY_BYTES, Broken, bound, key_bytes, seal, slot_bound, unseal
from my_app.errors import VaultDamaged, WrongPassphrase
from my_app.secret import Secret
from my_app.vaulting import Slot, SlotKind

MEMORY_KIB: Final = 64 * 1024
PASSES: Final = 3
LANES: Final = 4
_SALT: Final = 16
_MOST_MEMORY_KIB: Final = 1024 * 1024
_MOST_PASSES: Final = 16
_MOST_LANES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRow:
    """One slot as it lies in the file."""

    kind: str
    created_at: str
    """ISO 8601 in UTC."""
    params: str
    """A JSON object: salt and costs of a passphrase; empty for the others."""
    wrapped: bytes
    digest: str

    def digest_for(self, vault_id: str) -> str:
        """What ``digest`` must be."""
        return hashlib.sha256(bound("slot-digest", vault_id, self.kind, self.created_at, self.params, self.wrapped)).hexdigest()

    def shown(self) -> Slot:
        """The slot as an administrator sees it. Raises VaultDamaged."""
        try:
            return Slot(kind=SlotKind(self.kind), created_at=datetime.fromisoformat(self.created_at))
        except (ValueError, TypeError):
            raise VaultDamaged("A slot of the vault is damaged.") from None


def check_slots(slots: tuple[SlotRow, ...], vault_id: str) -> None:
    """Raises VaultDamaged when a slot is not as it was written, or none is left."""
    if not slots:
        raise VaultDamaged("The vault has lost its slots.")
    for slot in slots:
        if slot.digest != slot.digest_for(vault_id):
            raise VaultDamaged("A slot of the vault is damaged.")


def new_params(kind: SlotKind, salt: bytes, memory_kib: int = MEMORY_KIB) -> str:
    """The parameters of a new slot. ``salt`` is 16 random bytes, ``memory_kib`` the cost of a passphrase."""
    if kind is not SlotKind.PASSPHRASE:
        return "{}"
    return json.dumps({"salt": salt[:_SALT].hex(), "memory_kib": memory_kib, "passes": PASSES, "lanes": LANES})


def wrapping_key(kind: SlotKind, params: str, secret: Secret) -> bytes:
    """The key that wraps the data key. Raises WrongPassphrase for a key that is none, VaultDamaged for absurd costs."""
    if kind is not SlotKind.PASSPHRASE:
        raw = key_bytes(secret.reveal())
        if raw is None:
            raise WrongPassphrase(
                "The vault key is not 32 bytes in base64url.",
                hint="Make one with: python -c 'import secrets; print(secrets.token_urlsafe(32))'",
            )
        return raw
    return _derived(params, secret)


def _derived(params: str, secret: Secret) -> bytes:
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    try:
        value = json.loads(params)
        salt, memory, passes, lanes = bytes.fromhex(value["salt"]), value["memory_kib"], value["passes"], value["lanes"]
    except (ValueError, TypeError, KeyError):
        raise VaultDamaged("The passphrase slot of the vault is damaged.") from None
    costs_fit = (
        all(type(cost) is int for cost in (memory, passes, lanes))
        and 8 * max(lanes, 1) <= memory <= _MOST_MEMORY_KIB
        and 1 <= passes <= _MOST_PASSES
        and 1 <= lanes <= _MOST_LANES
        and 8 <= len(salt) <= 64
    )
    if not costs_fit:
        raise VaultDamaged("The passphrase slot of the vault asks for absurd amounts of memory or time.")
    phrase = unicodedata.normalize("NFC", secret.reveal()).encode("utf-8", "surrogatepass")
    return Argon2id(salt=salt, length=KEY_BYTES, iterations=passes, lanes=lanes, memory_cost=memory).derive(phrase)


def wrap(
    data_key: bytes, kind: SlotKind, params: str, wrapping: bytes, *, vault_id: str, created_at: datetime, nonce: bytes
) -> SlotRow:
    """A new slot. ``nonce`` is 12 fresh random bytes."""
    wrapped = seal(wrapping, data_key, slot_bound(vault_id, kind.value, params), nonce)
    slot = SlotRow(kind=kind.value, created_at=created_at.isoformat(), params=params, wrapped=wrapped, digest="")
    return SlotRow(kind=slot.kind, created_at=slot.created_at, params=params, wrapped=wrapped, digest=slot.digest_for(vault_id))


def unwrap(slot: SlotRow, wrapping: bytes, vault_id: str) -> bytes | None:
    """The data key, or None when ``wrapping`` is not the key of this slot."""
    try:
        return unseal(wrapping, slot.wrapped, slot_bound(vault_id, slot.kind, slot.params))
    except Broken:
        return None
