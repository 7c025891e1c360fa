"""Who opens the vault, in which order, and what is said when nobody can."""

from __future__ import annotations

from pathlib import Path

import pytest

from my_app.adapters.vault_db import Database
from my_app.errors import KeyringUnavailable, VaultLocked, WrongPassphrase
from my_app.secret import Secret
from my_app.testing import FakeKeychain
from my_app.vaulting import SlotKind
from vault_tools import KEY, OTHER_KEY, Person, api_key, login, vault_at


def test_nothing_is_made_or_asked_by_looking(tmp_path: Path) -> None:
    """Lists, status and missing records make no file, open nothing and ask nobody."""
    keychain, person = FakeKeychain(), Person()
    vault = vault_at(tmp_path, keychain=keychain, person=person)
    assert vault.summaries() == ()
    assert vault.load("work") is None
    assert not vault.status().exists
    assert vault.kept_in == "keyring"
    vault.delete("work")
    assert list(tmp_path.iterdir()) == []
    vault.save(login("work"))
    keychain.calls = 0
    closed = vault_at(tmp_path, keychain=keychain, person=person)
    assert [summary.name for summary in closed.summaries()] == ["work"]
    status = closed.status()
    assert (status.open, status.records, [slot.kind for slot in status.slots]) == (False, 1, [SlotKind.KEYRING])
    assert closed.kept_in == "keyring"
    assert keychain.calls == 0
    assert person.asked == []


def test_the_keyring_is_the_default(tmp_path: Path) -> None:
    """With a keyring nobody is asked; the item is named by the vault's id, so two homes never share one."""
    keychain, person = FakeKeychain(), Person()
    for home in (tmp_path / "a", tmp_path / "b"):
        vault_at(home, keychain=keychain, person=person, seed=len(home.name) + ord(home.name)).save(login("work"))
    assert len(keychain.items) == 2
    assert set(keychain.items) == {vault_at(home).status().vault_id for home in (tmp_path / "a", tmp_path / "b")}
    assert vault_at(tmp_path / "a", keychain=keychain).open() is SlotKind.KEYRING
    assert person.asked == []


@pytest.mark.parametrize(
    ("key", "passphrase", "kind"),
    [(KEY, "horse", SlotKind.KEY), (None, "horse", SlotKind.PASSPHRASE), (None, None, SlotKind.KEYRING)],
)
def test_a_new_vault_without_questions(key: Secret | None, passphrase: str | None, kind: SlotKind, tmp_path: Path) -> None:
    """Under --no-input a new vault uses the key, then the passphrase, then the keyring (CONTRACT, Files)."""
    keychain = FakeKeychain()
    vault = vault_at(tmp_path, keychain=keychain, key=key, passphrase=passphrase, person=Person(), no_input=True)
    assert vault.kept_in == kind.value
    vault.save(login("work"))
    assert vault.kept_in == kind.value
    assert bool(keychain.items) == (kind is SlotKind.KEYRING)
    again = vault_at(tmp_path, keychain=keychain, key=key, passphrase=passphrase, no_input=True)
    assert again.load("work") == vault.load("work")


@pytest.mark.parametrize("keychain", [FakeKeychain(absent=True), FakeKeychain(locked=True), FakeKeychain(forgets=True)])
def test_nowhere_to_keep_secrets(keychain: FakeKeychain, tmp_path: Path) -> None:
    """Absent, locked or lying keyring and nobody to ask: exit 6, the way out named, no file and no plain text (S8, S9)."""
    vault = vault_at(tmp_path, keychain=keychain, no_input=True, person=Person())
    with pytest.raises(KeyringUnavailable) as caught:
        vault.save(login("work"))
    assert caught.value.exit_code == 6
    assert "MY_APP_VAULT_PASSPHRASE_FILE" in caught.value.hint
    assert "nowhere safe" in caught.value.message
    assert list(tmp_path.glob("vault*")) == []
    assert vault.summaries() == ()


def test_without_a_keyring_the_person_chooses_a_passphrase(tmp_path: Path) -> None:
    """The question says why it is asked; the passphrase then opens the vault; closing the question saves nothing."""
    person = Person([None, "", "horse"])
    vault = vault_at(tmp_path, person=person)
    for _ in range(2):
        with pytest.raises(VaultLocked):
            vault.save(login("work"))
        assert list(tmp_path.glob("vault*")) == []
    saved = vault.save(login("work"))
    assert all("No keyring was found" in label for label in person.asked)
    person = Person(["cow", "horse"])
    again = vault_at(tmp_path, person=person)
    assert again.load("work") == saved
    assert "not the passphrase" in person.asked[1]
    assert again.kept_in == "passphrase"
    assert vault_at(tmp_path, passphrase="horse").load("work") == saved


def test_a_wrong_passphrase_is_told_after_three_tries(tmp_path: Path) -> None:
    """A wrong passphrase or key changes nothing, is told plainly and has exit code 6; a closed question stays locked."""
    vault_at(tmp_path, passphrase="horse").save(login("work"))
    before = (tmp_path / "vault.db").read_bytes()
    person = Person(["a", "b", "c", "d"])
    with pytest.raises(WrongPassphrase) as caught:
        vault_at(tmp_path, person=person).load("work")
    assert len(person.asked) == 3
    assert caught.value.exit_code == 6
    with pytest.raises(WrongPassphrase):
        vault_at(tmp_path, passphrase="cow", person=Person()).load("work")
    with pytest.raises(WrongPassphrase):
        vault_at(tmp_path).unlock(Secret("cow"))
    with pytest.raises(VaultLocked):
        vault_at(tmp_path, person=Person([None])).load("work")
    with pytest.raises(VaultLocked) as locked:
        vault_at(tmp_path, no_input=True, person=Person()).load("work")
    assert "MY_APP_VAULT_PASSPHRASE_FILE" in locked.value.hint
    assert (tmp_path / "vault.db").read_bytes() == before
    vault = vault_at(tmp_path)
    vault.unlock(Secret("horse"))
    assert vault.load("work")


@pytest.mark.parametrize("text", ["", "short", "A" * 42, "A" * 44, "!" * 43, "A" * 43 + "\n\nA"])
def test_a_key_that_is_none_is_told(text: str, tmp_path: Path) -> None:
    """A key that is not 32 bytes in base64url is refused with the command that makes one."""
    with pytest.raises((WrongPassphrase, VaultLocked)):
        vault_at(tmp_path, key=Secret(text)).save(login("work"))
    assert list(tmp_path.glob("vault*")) == []


def test_padding_of_the_key_is_optional(tmp_path: Path) -> None:
    """The same key with and without padding opens the same vault; another one does not."""
    vault_at(tmp_path, key=OTHER_KEY).save(login("work"))
    assert vault_at(tmp_path, key=Secret(OTHER_KEY.reveal().rstrip("="))).load("work")
    with pytest.raises(WrongPassphrase):
        vault_at(tmp_path, key=KEY).load("work")


def test_the_order_of_opening(tmp_path: Path) -> None:
    """Key of the environment, its passphrase, the keyring, then the person; one without a slot is passed over."""
    keychain = FakeKeychain()
    vault = vault_at(tmp_path, keychain=keychain)
    vault.save(login("work"))
    assert vault_at(tmp_path, keychain=keychain, key=KEY, passphrase="horse").open() is SlotKind.KEYRING
    vault.add_slot(SlotKind.PASSPHRASE, Secret("horse"))
    assert vault_at(tmp_path, keychain=keychain, key=KEY, passphrase="horse").open() is SlotKind.PASSPHRASE
    vault.add_slot(SlotKind.KEY, KEY)
    keychain.calls = 0
    assert vault_at(tmp_path, keychain=keychain, key=KEY, passphrase="horse").open() is SlotKind.KEY
    assert keychain.calls == 0
    keychain.locked = True
    person = Person(["horse"])
    keychain.dismisses = True
    assert vault_at(tmp_path, keychain=keychain, person=person).open() is SlotKind.PASSPHRASE
    assert "stayed locked" in person.asked[0]


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (FakeKeychain(absent=True), "No keyring"),
        (FakeKeychain(locked=True), "locked"),
        (FakeKeychain(), "no key for this vault"),
    ],
)
def test_a_keyring_that_does_not_open_it_is_explained(state: FakeKeychain, word: str, tmp_path: Path) -> None:
    """Absent, locked, or without our item: one sentence each, exit 6, nothing changed (S9)."""
    vault_at(tmp_path, keychain=FakeKeychain()).save(login("work"))
    before = (tmp_path / "vault.db").read_bytes()
    with pytest.raises(KeyringUnavailable, match=word) as caught:
        vault_at(tmp_path, keychain=state).load("work")
    assert caught.value.hint
    assert (tmp_path / "vault.db").read_bytes() == before


def test_a_locked_keyring_is_asked_with_a_prompt_only_for_a_person(tmp_path: Path) -> None:
    """With a person there the keyring may show its own prompt; after that nobody else is asked."""
    keychain = FakeKeychain()
    vault_at(tmp_path, keychain=keychain).save(login("work"))
    keychain.locked = True
    person = Person()
    assert vault_at(tmp_path, keychain=keychain, person=person).load("work")
    assert person.asked == []


def test_what_a_killed_start_left_in_the_keyring_is_removed(tmp_path: Path) -> None:
    """A program killed between keyring and file leaves an item that the next start takes away (S10)."""
    keychain = FakeKeychain()
    orphan = "ab" * 16
    keychain.items[orphan] = Secret("left")
    tmp_path.chmod(0o700)
    (tmp_path / f"vault.db.new-{orphan}").touch(0o600)
    (tmp_path / f"vault.db.new-{orphan}-journal").touch(0o600)
    vault_at(tmp_path, keychain=keychain).save(login("work"))
    assert orphan not in keychain.items
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "vault.db", "vault.db.bak"]


def test_a_closed_vault_opens_again_when_told(tmp_path: Path) -> None:
    """lock_now forgets the key; open() opens it again, and what another program rekeyed is followed."""
    keychain = FakeKeychain()
    vault = vault_at(tmp_path, keychain=keychain)
    vault.save(login("work"))
    vault.lock_now()
    assert not vault.status().open
    vault.open()
    assert vault.load("work")
    other = vault_at(tmp_path, keychain=keychain, seed=1)
    other.rekey()
    other.save(api_key("forge"))
    assert vault.load("forge")
    assert vault.load("work")


def test_settings_of_the_file_are_durable(tmp_path: Path) -> None:
    """The journal is of the deleting kind: nothing is left beside the vault after a save (DESIGN 2)."""
    vault_at(tmp_path, key=KEY).save(login("work"))
    with Database(tmp_path / "vault.db").reading() as view:
        assert view._db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert not (tmp_path / "vault.db-journal").exists()
