"""Damage is noticed or without effect, the damaged file is kept, and the last good copy comes back (S4, S5)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from my_app.adapters.vault_db import Database
from my_app.errors import DiskFault, StorageFault, VaultDamaged, VaultTooNew, WrongPassphrase
from my_app.model import Record, Standing
from sampling import some
from vault_tools import KEY, api_key, login, vault_at

NAMES = ("bank", "forge", "work")


def filled(home: Path) -> dict[str, Record]:
    """A small vault, opened by key; what is in it."""
    home.mkdir(mode=0o700, exist_ok=True)
    vault = vault_at(home, key=KEY)
    return {record.name: vault.save(record) for record in (login("work"), api_key("forge"), login("bank", 3))}


def harmed(home: Path, harm: Callable[[bytes], bytes]) -> Path:
    """Change the file."""
    path = home / "vault.db"
    path.write_bytes(harm(path.read_bytes()))
    return path


def seen(home: Path) -> dict[str, Record] | None:
    """What a new process reads, whole and equal to what was saved; None when it says that something is wrong."""
    try:
        vault = vault_at(home, key=KEY)
        vault.open()
        vault.summaries()
        return {name: record for name in NAMES if (record := vault.load(name)) is not None}
    except (VaultDamaged, VaultTooNew):
        return None


def flips(home: Path, saved: dict[str, Record], positions: Iterable[int]) -> tuple[int, int]:
    """Flip bytes one by one; how often it was noticed, and how often it was without effect."""
    path = home / "vault.db"
    good = path.read_bytes()
    noticed = harmless = 0
    for position in positions:
        for mask in (0x01, 0x80, 0xFF):
            bad = bytearray(good)
            bad[position] ^= mask
            path.write_bytes(bad)
            found = seen(home)
            assert found is None or found == saved, f"byte {position} ^ {mask:#x} changed what is read"
            noticed, harmless = noticed + (found is None), harmless + (found is not None)
            for left in home.glob("vault.db-*"):
                left.unlink()
    path.write_bytes(good)
    return noticed, harmless


def test_sampled_bytes_flipped_are_noticed_or_without_effect(tmp_path: Path) -> None:
    """No flipped byte changes what is read; a sample over the whole file, header densely."""
    saved = filled(tmp_path)
    size = (tmp_path / "vault.db").stat().st_size
    noticed, _ = flips(tmp_path, saved, [*range(0, 112, 3), *range(112, size, 401)])
    assert noticed > 10
    assert seen(tmp_path) == saved


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_any_byte_flipped_is_noticed_or_without_effect(tmp_path: Path) -> None:
    """The whole of it with MY_APP_FULL=1, else a quarter (security 5, rank 11)."""
    saved = filled(tmp_path)
    size = (tmp_path / "vault.db").stat().st_size
    positions = some(range(size), size // 4, "flipped bytes")
    noticed, harmless = flips(tmp_path, saved, positions)
    print(f"{len(positions)} of {size} bytes, 3 flips each: {noticed} noticed, {harmless} without effect")


def test_cut_zeroed_and_doubled_files_are_noticed(tmp_path: Path) -> None:
    """A file cut anywhere, emptied, zeroed or appended to itself gives no wrong record."""
    saved = filled(tmp_path)
    good = (tmp_path / "vault.db").read_bytes()
    for bad in (
        *(good[:end] for end in range(0, len(good), 1024)),
        b"\0" * len(good),
        good[::-1],
        good + good,
        b"SQLite format 3\0",
    ):
        found_path = harmed(tmp_path, lambda _, bad=bad: bad)
        found = seen(tmp_path)
        assert found is None or found == saved
        assert found_path.read_bytes() == bad, "what is damaged is never overwritten by looking"


def rows(home: Path) -> Database:
    """The file, past the vault."""
    return Database(home / "vault.db")


def test_swapped_records_are_noticed(tmp_path: Path) -> None:
    """Two records that change places do not open under the other's name."""
    filled(tmp_path)
    with rows(tmp_path).writing() as view:
        work, bank = view.row("work"), view.row("bank")
        assert work
        assert bank
        view.put_row(work._replace(sealed=bank.sealed))
        view.put_row(bank._replace(name="bank", sealed=work.sealed))
    for name in ("work", "bank"):
        with pytest.raises(VaultDamaged):
            vault_at(tmp_path, key=KEY).load(name)


def test_a_record_put_back_from_before_is_noticed(tmp_path: Path) -> None:
    """An older copy of one record, whole and well sealed, is not taken for the newest; the others still open."""
    saved = filled(tmp_path)
    with rows(tmp_path).reading() as view:
        older = view.row("work")
    vault = vault_at(tmp_path, key=KEY, seed=1)
    vault.save(replace(saved["work"], reason="newer"))
    with rows(tmp_path).writing() as view:
        assert older
        view.put_row(older)
    vault = vault_at(tmp_path, key=KEY)
    with pytest.raises(VaultDamaged, match="older copy"):
        vault.load("work")
    with pytest.raises(VaultDamaged):
        vault.summaries()
    assert vault.load("bank") == saved["bank"]
    with pytest.raises(VaultDamaged):
        vault_at(tmp_path, key=KEY).open()


def test_a_record_taken_away_or_added_is_noticed(tmp_path: Path) -> None:
    """A record that is gone is damage, not "never signed in"; one that was added is damage too."""
    filled(tmp_path)
    with rows(tmp_path).writing() as view:
        work = view.row("work")
        view.drop_row("work")
    with pytest.raises(VaultDamaged):
        vault_at(tmp_path, key=KEY).load("work")
    with rows(tmp_path).writing() as view:
        assert work
        view.put_row(work)
        view.put_row(work._replace(name="new"))
    with pytest.raises(VaultDamaged):
        vault_at(tmp_path, key=KEY).load("new")


@pytest.mark.parametrize("column", ["kind", "expires_at", "scopes", "requested_scopes", "identity", "standing", "refreshable"])
def test_a_readable_column_that_was_changed_is_noticed(column: str, tmp_path: Path) -> None:
    """What a list shows is bound to the seal: once the vault is open, a changed column is damage."""
    filled(tmp_path)
    values = {"kind": "token", "standing": "revoked", "refreshable": 0, "scopes": '["admin"]', "requested_scopes": "[]"}
    with rows(tmp_path).writing() as view:
        work = view.row("work")
        assert work
        view.put_row(work._replace(**{column: values.get(column, "2030-01-01T00:00:00+00:00")}))
    vault = vault_at(tmp_path, key=KEY)
    with pytest.raises(VaultDamaged):
        vault.load("work")
    with pytest.raises(VaultDamaged):
        vault.summaries()


def test_a_damaged_slot_is_damage_not_a_wrong_key(tmp_path: Path) -> None:
    """Nobody is told that their key is wrong when it is the file that changed; a wrong key is told so."""
    filled(tmp_path)
    with pytest.raises(WrongPassphrase):
        vault_at(tmp_path, key=type(KEY)("A" * 43)).load("work")
    with rows(tmp_path).writing() as view:
        slot = view.slots()[0]
        view.put_slot(replace(slot, wrapped=slot.wrapped[:-1] + bytes([slot.wrapped[-1] ^ 1])))
    with pytest.raises(VaultDamaged):
        vault_at(tmp_path, key=KEY).load("work")


def test_absurd_costs_are_refused_before_any_work(tmp_path: Path) -> None:
    """A slot that asks for 1 TiB of memory is damage, found at once (S5)."""
    vault_at(tmp_path, passphrase="horse").save(login("work"))
    with rows(tmp_path).writing() as view:
        slot = view.slots()[0]
        bad = replace(slot, params=slot.params.replace('"memory_kib": 64', f'"memory_kib": {1 << 30}'))
        view.put_slot(replace(bad, digest=bad.digest_for(view.vault_id)))
    with pytest.raises(VaultDamaged, match="absurd"):
        vault_at(tmp_path, passphrase="horse").load("work")


def test_a_newer_format_is_left_alone(tmp_path: Path) -> None:
    """A vault of a newer version is neither read nor changed nor replaced, and the message says why (S11)."""
    filled(tmp_path)
    with rows(tmp_path).writing() as view:
        view.put_meta("format", b"9")
        view._db.execute("PRAGMA user_version = 9")
    before = (tmp_path / "vault.db").read_bytes()
    vault = vault_at(tmp_path, key=KEY)
    for act in (vault.summaries, vault.status, vault.restore, lambda: vault.load("work"), lambda: vault.save(login("x"))):
        with pytest.raises(VaultTooNew):
            act()
    assert (tmp_path / "vault.db").read_bytes() == before


def test_restore_brings_back_the_last_good_copy(tmp_path: Path) -> None:
    """The damaged file is set aside, everything is back, and what may be spent must sign in again (S4)."""
    saved = filled(tmp_path)
    bad = harmed(tmp_path, lambda good: b"\0" * 5000 + good[5000:]).read_bytes()
    vault = vault_at(tmp_path, key=KEY, seed=1)
    with pytest.raises(VaultDamaged) as caught:
        vault.load("work")
    assert "restore" in caught.value.hint
    done = vault.restore()
    assert done.records == 3
    assert done.sign_in_again == ("bank", "work")
    assert done.set_aside is not None
    assert done.set_aside.read_bytes() == bad
    again = vault_at(tmp_path, key=KEY)
    assert again.load("forge") == replace(saved["forge"], generation=2)
    work = again.load("work")
    assert work is not None
    assert work.standing is Standing.LOGIN_NEEDED
    assert work.tokens == saved["work"].tokens
    again.open()
    vault.save(replace(work, standing=Standing.ACTIVE))


def test_restore_keeps_what_is_whole_in_the_damaged_file(tmp_path: Path) -> None:
    """Only the account whose record is damaged is touched: the others come back as they were, newer than the copy."""
    saved = filled(tmp_path)
    stale = tmp_path / "stale"
    shutil.copy(tmp_path / "vault.db.bak", stale)
    vault = vault_at(tmp_path, key=KEY, seed=1)
    newer = vault.save(replace(saved["bank"], reason="refreshed since"))
    shutil.copy(stale, tmp_path / "vault.db.bak")
    with rows(tmp_path).writing() as view:
        work = view.row("work")
        assert work
        view.put_row(work._replace(sealed=work.sealed[::-1]))
    done = vault_at(tmp_path, key=KEY, seed=2).restore()
    assert done.sign_in_again == ("work",)
    assert vault_at(tmp_path, key=KEY).load("bank") == replace(newer, generation=newer.generation + 1)


def test_a_missing_vault_beside_its_copy_is_no_fresh_start(tmp_path: Path) -> None:
    """When the file is gone but its copy is there, nothing new is made over it, and restore works."""
    filled(tmp_path)
    (tmp_path / "vault.db").unlink()
    vault = vault_at(tmp_path, key=KEY, seed=1)
    for act in (vault.summaries, vault.status, lambda: vault.load("work"), lambda: vault.save(login("x"))):
        with pytest.raises(VaultDamaged, match="gone"):
            act()
    done = vault.restore()
    assert (done.records, done.set_aside) == (3, None)


def test_restore_without_a_good_copy_changes_nothing(tmp_path: Path) -> None:
    """No copy, or a damaged one: said so, and the file stays as it is."""
    filled(tmp_path)
    bad = harmed(tmp_path, lambda good: good[:100]).read_bytes()
    copy = tmp_path / "vault.db.bak"
    copy.write_bytes(copy.read_bytes()[:-3000])
    with pytest.raises(VaultDamaged):
        vault_at(tmp_path, key=KEY).restore()
    copy.unlink()
    with pytest.raises(VaultDamaged, match="no good copy"):
        vault_at(tmp_path, key=KEY).restore()
    assert (tmp_path / "vault.db").read_bytes() == bad


def test_a_damaged_vault_never_replaces_the_good_copy(tmp_path: Path) -> None:
    """Saves that still work beside a damaged record leave the copy of before it was damaged."""
    saved = filled(tmp_path)
    with rows(tmp_path).writing() as view:
        work = view.row("work")
        assert work
        view.put_row(work._replace(sealed=work.sealed[::-1]))
    good = (tmp_path / "vault.db.bak").read_bytes()
    vault = vault_at(tmp_path, key=KEY, seed=1)
    vault.save(replace(saved["bank"], reason="x"))
    assert (tmp_path / "vault.db.bak").read_bytes() == good
    with pytest.raises((VaultDamaged, DiskFault)):
        vault.save(replace(saved["work"], reason="x"))


def test_a_forgotten_secret_is_in_no_file_of_ours(tmp_path: Path) -> None:
    """After a delete neither vault, copy nor journal holds the sealed record any more (S11)."""
    filled(tmp_path)
    with rows(tmp_path).reading() as view:
        row = view.row("work")
    assert row
    vault_at(tmp_path, key=KEY, seed=1).delete("work")
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or row.sealed[20:60] not in path.read_bytes(), path


def test_every_fault_is_a_storage_fault(tmp_path: Path) -> None:
    """Whatever stands in place of the vault, the answer is one sentence and exit code 6."""
    for junk in (b"", b"\0", b"hello", b"SQLite format 3\0" + b"\xff" * 4096):
        (tmp_path / "vault.db").write_bytes(junk)
        (tmp_path / "vault.db").chmod(0o600)
        vault = vault_at(tmp_path, key=KEY)
        for act in (vault.summaries, vault.status, lambda vault=vault: vault.load("x"), lambda vault=vault: vault.save(login("x"))):
            with pytest.raises(StorageFault) as caught:
                act()
            assert caught.value.exit_code == 6
            assert caught.value.hint
