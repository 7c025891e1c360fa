"""A vault that was locked stays locked until a person acts."""

from __future__ import annotations

from pathlib import Path

import pytest

from my_app.adapters.vault import Vault
from my_app.errors import VaultLocked
from my_app.model import Kind, Record
from my_app.secret import Secret
from my_app.testing import FakeClock, FakeKeychain, seeded


def test_a_key_in_the_environment_does_not_reopen_it(tmp_path: Path) -> None:
    """After lock_now nothing is handed out, although the key is at hand; open() is the act that opens it."""
    vault = Vault(
        tmp_path / "vault.db",
        locks=tmp_path / "lock",
        keychain=FakeKeychain(absent=True),
        key=Secret("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"),
        passphrase=None,
        clock=FakeClock(),
        entropy=seeded(),
    )
    vault.save(Record(name="work", kind=Kind.API_KEY, api_key=Secret("k")))
    vault.lock_now()
    with pytest.raises(VaultLocked):
        vault.load("work")
    vault.open()
    found = vault.load("work")
    assert found is not None
    assert found.api_key == Secret("k")
