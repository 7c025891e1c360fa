"""Slots, rekey, export, import, and what the file does not give away."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from my_app.errors import MyAppError, UnsafeFile, Unsupported, VaultDamaged, VaultLocked, WrongPassphrase
from my_app.secret import Secret
from my_app.testing import FakeKeychain
from my_app.vaulting import SlotKind
from vault_tools import KEY, OTHER_KEY, Person, api_key, login, vault_at


def test_slots_come_and_go_but_the_last_one_stays(tmp_path: Path) -> None:
    """Any slot opens the same records; a removed one opens nothing; the last cannot be removed."""
    keychain = FakeKeychain()
    vault = vault_at(tmp_path, keychain=keychain)
    saved = vault.save(login("work"))
    with pytest.raises(Unsupported):
        vault.remove_slot(SlotKind.KEYRING)
    with pytest.raises(Unsupported):
        vault.remove_slot(SlotKind.KEY)
    vault.add_slot(SlotKind.PASSPHRASE, Secret("horse"))
    vault.add_slot(SlotKind.KEY, KEY)
    for other in (vault_at(tmp_path, key=KEY), vault_at(tmp_path, passphrase="horse"), vault_at(tmp_path, keychain=keychain)):
        assert other.load("work") == saved
    vault.remove_slot(SlotKind.KEYRING)
    assert keychain.items == {}
    vault.add_slot(SlotKind.PASSPHRASE, Secret("cow"))
    with pytest.raises(WrongPassphrase):
        vault_at(tmp_path, passphrase="horse").load("work")
    assert vault_at(tmp_path, passphrase="cow").load("work") == saved
    vault.remove_slot(SlotKind.PASSPHRASE)
    assert [slot.kind for slot in vault.status().slots] == [SlotKind.KEY]
    with pytest.raises(VaultLocked):
        vault_at(tmp_path, passphrase="cow").load("work")
    vault.add_slot(SlotKind.KEYRING)
    assert vault_at(tmp_path, keychain=keychain).load("work") == saved


@pytest.mark.parametrize("kind", [SlotKind.PASSPHRASE, SlotKind.KEY])
def test_a_slot_needs_its_secret(kind: SlotKind, tmp_path: Path) -> None:
    """An empty or missing secret makes no slot."""
    vault = vault_at(tmp_path, key=KEY)
    vault.save(login("work"))
    for secret in (None, Secret("")):
        with pytest.raises(VaultLocked):
            vault.add_slot(kind, secret)
    assert [slot.kind for slot in vault.status().slots] == [SlotKind.KEY]


def test_adding_the_keyring_again_keeps_its_item(tmp_path: Path) -> None:
    """The item that opens the copy of the vault too is never replaced by a new one (S10)."""
    keychain = FakeKeychain()
    vault = vault_at(tmp_path, keychain=keychain)
    vault.save(login("work"))
    before = dict(keychain.items)
    vault.add_slot(SlotKind.KEYRING)
    assert keychain.items == before


def test_create_makes_an_empty_vault_once(tmp_path: Path) -> None:
    """A vault made on purpose has the slot that was asked for; a second one is refused."""
    vault = vault_at(tmp_path)
    vault.create(SlotKind.PASSPHRASE, Secret("horse"))
    assert vault.status().records == 0
    assert vault_at(tmp_path, passphrase="horse").open() is SlotKind.PASSPHRASE
    with pytest.raises(Unsupported):
        vault.create(SlotKind.KEY, KEY)


def test_no_vault_yet_is_said(tmp_path: Path) -> None:
    """Opening what is not there is a sentence, not a new vault."""
    vault = vault_at(tmp_path, key=KEY)
    for act in (vault.open, lambda: vault.unlock(Secret("x"))):
        with pytest.raises(VaultLocked, match="no vault"):
            act()
    assert list(tmp_path.iterdir()) == []


def test_rekey_changes_every_seal_and_keeps_every_slot(tmp_path: Path) -> None:
    """After a rekey all slots open all records, no old ciphertext is left, the copy included."""
    keychain = FakeKeychain()
    vault = vault_at(tmp_path, keychain=keychain, key=KEY, passphrase="horse")
    saved = [vault.save(login("work")), vault.save(api_key("forge"))]
    vault.add_slot(SlotKind.PASSPHRASE, Secret("horse"))
    vault.add_slot(SlotKind.KEYRING)
    with vault._db.reading() as view:
        old = [row.sealed for row in view.rows()] + [slot.wrapped for slot in view.slots()]
    vault.rekey()
    for path in (tmp_path / "vault.db", tmp_path / "vault.db.bak"):
        assert not any(sealed[12:40] in path.read_bytes() for sealed in old), path
    for other in (vault_at(tmp_path, key=KEY), vault_at(tmp_path, passphrase="horse"), vault_at(tmp_path, keychain=keychain)):
        assert [other.load("work"), other.load("forge")] == saved
        other.open()


def test_rekey_without_a_slots_secret_changes_nothing(tmp_path: Path) -> None:
    """The slot that cannot be sealed anew is named; a person may give its passphrase; a wrong one is refused."""
    vault_at(tmp_path, key=KEY).save(login("work"))
    vault_at(tmp_path, key=KEY).add_slot(SlotKind.PASSPHRASE, Secret("horse"))
    before = (tmp_path / "vault.db").read_bytes()
    with pytest.raises(VaultLocked, match="passphrase slot") as caught:
        vault_at(tmp_path, key=KEY, seed=1).rekey()
    assert "slot remove passphrase" in caught.value.hint
    with pytest.raises(WrongPassphrase):
        vault_at(tmp_path, key=KEY, person=Person(["cow"]), seed=1).rekey()
    assert (tmp_path / "vault.db").read_bytes() == before
    vault_at(tmp_path, key=KEY, person=Person(["horse"]), seed=1).rekey()
    assert vault_at(tmp_path, passphrase="horse").load("work")


def test_export_and_import(tmp_path: Path) -> None:
    """Records travel in a file that only the passphrase opens; those that are there stay unless replaced."""
    vault = vault_at(tmp_path / "a", key=KEY)
    vault.save(login("work"))
    vault.save(api_key("forge"))
    file = tmp_path / "out.vault"
    assert vault.export(file, Secret("travel")) == 2
    assert file.stat().st_mode & 0o777 == 0o600
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith("out.vault.") or path.name.endswith("-journal")]
    with pytest.raises(UnsafeFile):
        vault.export(file, Secret("travel"))
    other = vault_at(tmp_path / "b", key=OTHER_KEY, seed=1)
    with pytest.raises(WrongPassphrase):
        other.import_file(file, Secret("cow"))
    assert other.summaries() == ()
    other.save(login("work", 9))
    done = other.import_file(file, Secret("travel"))
    assert (done.added, done.kept) == (("forge",), ("work",))
    done = other.import_file(file, Secret("travel"), replace=True)
    assert (done.added, done.kept) == (("forge", "work"), ())
    work, original = other.load("work"), vault.load("work")
    assert work is not None
    assert original is not None
    assert (work.tokens, work.generation) == (original.tokens, 2)
    other.open()


def test_a_damaged_or_missing_export_gives_nothing(tmp_path: Path) -> None:
    """All of an export or none of it."""
    vault = vault_at(tmp_path / "a", key=KEY)
    vault.save(login("work"))
    file = tmp_path / "out.vault"
    vault.export(file, Secret("travel"))
    good = file.read_bytes()
    other = vault_at(tmp_path / "b", key=KEY, seed=1)
    for bad in (good[:-10], good[:5000], good.replace(b"work", b"w0rk"), b""):
        file.write_bytes(bad)
        with pytest.raises(VaultDamaged):
            other.import_file(file, Secret("travel"))
    with pytest.raises(UnsafeFile):
        other.import_file(tmp_path / "none", Secret("travel"))
    with pytest.raises(VaultLocked):
        vault.export(tmp_path / "x", Secret(""))
    assert other.summaries() == ()


def test_no_secret_lies_in_the_files(tmp_path: Path) -> None:
    """Neither vault nor copy nor lock holds a token, key or passphrase in the clear (H2)."""
    vault = vault_at(tmp_path, passphrase="horse battery")
    vault.save(login("work"))
    vault.save(api_key("forge"))
    text = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for canary in (b"access-work", b"refresh-work", b"key-forge", b"horse"):
        assert canary not in text


def test_the_open_vault_shows_no_key(tmp_path: Path) -> None:
    """Neither repr nor errors give the data key away (H3)."""
    vault = vault_at(tmp_path, key=KEY)
    vault.save(login("work"))
    assert vault._held is not None
    assert vault._held.key.hex() not in repr(vault._held)
    assert repr(vault._held) == "Held(key)"
    with pytest.raises((TypeError, pickle.PicklingError, AttributeError)):
        pickle.dumps(vault)


def test_every_error_names_a_next_step(tmp_path: Path) -> None:
    """Each refusal of this file has a hint for the person."""
    vault = vault_at(tmp_path, key=KEY)
    vault.save(login("work"))
    for act in (
        lambda: vault.remove_slot(SlotKind.KEY),
        lambda: vault.create(SlotKind.KEY, KEY),
        lambda: vault.unlock(Secret("x")),
        lambda: vault.import_file(tmp_path / "none", Secret("x")),
    ):
        with pytest.raises(MyAppError) as caught:
            act()
        assert caught.value.hint


def test_removing_a_slot_can_be_tried_first(tmp_path: Path) -> None:
    """A dry run refuses what the removal would refuse, and changes nothing (S9)."""
    vault = vault_at(tmp_path, key=KEY)
    vault.save(api_key("forge"))
    with pytest.raises(Unsupported):
        vault.remove_slot(SlotKind.KEY, dry_run=True)
    vault.add_slot(SlotKind.PASSPHRASE, Secret("horse"))
    before = (tmp_path / "vault.db").read_bytes()
    vault.remove_slot(SlotKind.KEY, dry_run=True)
    assert (tmp_path / "vault.db").read_bytes() == before


def test_a_check_asks_nobody(tmp_path: Path) -> None:
    """Opening without asking uses environment and keyring only, the keyring without its prompt (O, E1)."""
    vault_at(tmp_path, passphrase="horse").save(api_key("forge"))
    person = Person(answers=["horse"])
    with pytest.raises(VaultLocked):
        vault_at(tmp_path, person=person).open(ask=False)
    assert person.asked == []
    assert vault_at(tmp_path, person=person).open() is SlotKind.PASSPHRASE
