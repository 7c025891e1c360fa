"""Who opens the vault, in which order: environment (key, then passphrase), keyring, then the person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from my_app.adapters.vault_slots import MEMORY_KIB, SlotRow, check_slots, new_params, unwrap, wrap, wrapping_key
from my_app.adapters.vault_wire import key_text
from my_app.errors import KeyringUnavailable, MyAppError, VaultLocked, WrongPassphrase
from my_app.ports import Entropy
from my_app.secret import Secret
from my_app.vaulting import Keychain, SlotKind

Ask = Callable[[str], Secret | None]
_TRIES: Final = 3
_WAYS_OUT: Final = "Unlock the keyring, or set MY_APP_VAULT_PASSPHRASE_FILE or MY_APP_VAULT_KEY_FILE."


@dataclass(frozen=True, slots=True, kw_only=True)
class Opener:
    """Everything that could open a vault here; asks nothing and nobody until it has to."""

    keychain: Keychain
    key: Secret | None
    """``MY_APP_VAULT_KEY``."""
    passphrase: Secret | None
    """``MY_APP_VAULT_PASSPHRASE``."""
    ask: Ask | None
    """Asks the person for the passphrase; None: nobody may be asked."""
    entropy: Entropy
    memory_kib: int = MEMORY_KIB
    """Memory that a guess at a new passphrase costs."""

    def open(self, slots: tuple[SlotRow, ...], vault_id: str) -> tuple[SlotKind, bytes]:
        """What opened it, and the data key. Raises VaultLocked, WrongPassphrase, KeyringUnavailable, VaultDamaged."""
        check_slots(slots, vault_id)
        by_kind = {SlotKind(slot.kind): slot for slot in slots}
        for kind, secret in ((SlotKind.KEY, self.key), (SlotKind.PASSPHRASE, self.passphrase)):
            if secret is not None and kind in by_kind:
                return kind, self.with_secret(by_kind[kind], secret, vault_id)
        fault: KeyringUnavailable | None = None
        if SlotKind.KEYRING in by_kind:
            try:
                return SlotKind.KEYRING, self._with_keyring(by_kind[SlotKind.KEYRING], vault_id)
            except KeyringUnavailable as failure:
                fault = failure
        if SlotKind.PASSPHRASE in by_kind and self.ask is not None:
            return SlotKind.PASSPHRASE, self._with_person(by_kind[SlotKind.PASSPHRASE], vault_id, fault)
        if fault is not None:
            raise fault
        raise self._locked(by_kind)

    def with_secret(self, slot: SlotRow, secret: Secret, vault_id: str) -> bytes:
        """The data key by a passphrase or key that is at hand. Raises WrongPassphrase."""
        kind = SlotKind(slot.kind)
        data_key = unwrap(slot, wrapping_key(kind, slot.params, secret), vault_id)
        if data_key is None:
            what = "passphrase" if kind is SlotKind.PASSPHRASE else "key"
            raise WrongPassphrase(f"This {what} does not open the vault.", hint=f"Check the {what} and try again.")
        return data_key

    def _with_keyring(self, slot: SlotRow, vault_id: str) -> bytes:
        value = self.keychain.get(vault_id, prompt=self.ask is not None)
        if value is None:
            raise KeyringUnavailable(
                f"The keyring ({self.keychain.name()}) has no key for this vault.",
                hint="Log in to the desktop session in which the vault was made, or open it with its passphrase.",
            )
        data_key = unwrap(slot, wrapping_key(SlotKind.KEYRING, slot.params, value), vault_id)
        if data_key is None:
            raise KeyringUnavailable("The key in the keyring is not the one of this vault.", hint="Open it with its passphrase.")
        return data_key

    def _with_person(self, slot: SlotRow, vault_id: str, fault: KeyringUnavailable | None) -> bytes:
        label = f"{fault.message} Passphrase of the vault" if fault else "Passphrase of the vault"
        for _ in range(_TRIES):
            given = self.ask(label) if self.ask else None
            if given is None:
                break
            data_key = unwrap(slot, wrapping_key(SlotKind.PASSPHRASE, slot.params, given), vault_id)
            if data_key is not None:
                return data_key
            label = "That was not the passphrase. Passphrase of the vault"
        else:
            raise WrongPassphrase("This passphrase does not open the vault.", hint="Check the passphrase and try again.")
        raise VaultLocked("The vault stays locked.", hint=_WAYS_OUT)

    def _locked(self, by_kind: dict[SlotKind, SlotRow]) -> MyAppError:
        names = {
            SlotKind.KEYRING: "the keyring",
            SlotKind.PASSPHRASE: "a passphrase (MY_APP_VAULT_PASSPHRASE_FILE)",
            SlotKind.KEY: "a key (MY_APP_VAULT_KEY_FILE)",
        }
        needs = " or ".join(names[kind] for kind in by_kind)
        return VaultLocked("The vault is locked.", hint=f"It opens with {needs}.")

    def new_slot(self, kind: SlotKind, secret: Secret | None, data_key: bytes, vault_id: str, now: datetime) -> SlotRow:
        """A slot for the data key; a keyring slot keeps the item that is there, else makes and proves a new one.

        Raises KeyringUnavailable, WrongPassphrase for a key that is none, VaultLocked for a missing or empty secret.
        """
        if kind is SlotKind.KEYRING:
            secret = self._keyring_item(vault_id)
        if not secret:
            raise VaultLocked(f"A {kind.value} slot needs a {kind.value}, and none was given.")
        params = new_params(kind, self.entropy(16), self.memory_kib)
        wrapping = wrapping_key(kind, params, secret)
        return wrap(data_key, kind, params, wrapping, vault_id=vault_id, created_at=now, nonce=self.entropy(12))

    def _keyring_item(self, vault_id: str) -> Secret:
        """The item that is there, else a new one: replacing one would shut out a copy of the vault made before (S10)."""
        prompt = self.ask is not None
        there = self.keychain.get(vault_id, prompt=prompt)
        if there is not None:
            return there
        made = Secret(key_text(self.entropy(32)))
        self.keychain.set(vault_id, made, prompt=prompt)
        return made
