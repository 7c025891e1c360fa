"""Whoever may write the file cannot plant SQL in it that runs with our saves (S11)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from my_app.adapters.vault import Vault
from my_app.errors import VaultDamaged
from my_app.model import Kind, Record
from my_app.secret import Secret
from my_app.testing import FakeClock, FakeKeychain, seeded

KEY = Secret("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")


def vault(folder: Path) -> Vault:
    """A vault that opens by key."""
    return Vault(
        folder / "vault.db",
        locks=folder / "lock",
        keychain=FakeKeychain(absent=True),
        key=KEY,
        passphrase=None,
        clock=FakeClock(),
        entropy=seeded(),
    )


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER leak AFTER DELETE ON records BEGIN INSERT INTO meta VALUES (old.name, old.sealed); END",
        "CREATE TRIGGER drop_it BEFORE INSERT ON records BEGIN SELECT RAISE(IGNORE); END",
        "CREATE TABLE extra (x)",
        "CREATE VIEW v AS SELECT * FROM records",
    ],
)
def test_planted_objects_are_damage(tmp_path: Path, statement: str) -> None:
    """A trigger, view or table that is not ours is refused before anything is read or saved."""
    vault(tmp_path).save(Record(name="work", kind=Kind.API_KEY, api_key=Secret("k")))
    with sqlite3.connect(tmp_path / "vault.db") as planted:
        planted.execute(statement)
    planted.close()
    with pytest.raises(VaultDamaged):
        vault(tmp_path).load("work")
    with pytest.raises(VaultDamaged):
        vault(tmp_path).delete("work")
