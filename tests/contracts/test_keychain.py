"""What every Keychain promises; run on the fake here, and on a real Secret Service in the interop tier."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from my_app.adapters.keychain import SystemKeychain
from my_app.errors import KeyringUnavailable
from my_app.secret import Secret
from my_app.testing import FakeKeychain
from my_app.vaulting import Keychain


def real() -> Keychain:
    """The machine's own; ``interop/test_keyring_real.py`` starts this file on a bus of its own."""
    if "MY_APP_TEST_KEYRING" not in os.environ:
        pytest.skip("runs inside tests/interop/keyring_session.sh")
    return SystemKeychain()


every_keychain = pytest.mark.parametrize("make", [FakeKeychain, real])


@every_keychain
def test_a_value_comes_back(make: Callable[[], Keychain]) -> None:
    """What was stored is read back whole, replaced by the next value, and gone after delete."""
    keychain = make()
    assert keychain.name()
    assert keychain.get("vault-1") is None
    for value in ("first", "zweiter ü 密 \n\t", "x" * 4000):
        keychain.set("vault-1", Secret(value))
        assert keychain.get("vault-1") == Secret(value)
    keychain.set("vault-2", Secret("other"))
    keychain.delete("vault-1")
    keychain.delete("vault-1")
    assert keychain.get("vault-1") is None
    assert keychain.get("vault-2") == Secret("other")
    keychain.delete("vault-2")


@every_keychain
def test_a_new_object_sees_the_same_items(make: Callable[[], Keychain]) -> None:
    """Items outlive the object, except in the fake, whose object is the keyring."""
    keychain = make()
    keychain.set("vault-3", Secret("kept"))
    again = keychain if isinstance(keychain, FakeKeychain) else make()
    assert again.get("vault-3", prompt=True) == Secret("kept")
    again.delete("vault-3")


@pytest.mark.parametrize("broken", [FakeKeychain(absent=True), FakeKeychain(locked=True), FakeKeychain(forgets=True)])
def test_trouble_is_explained(broken: Keychain) -> None:
    """Absent, locked and forgetful keyrings raise KeyringUnavailable with a hint."""
    with pytest.raises(KeyringUnavailable) as caught:
        broken.set("vault", Secret("x"))
    assert caught.value.hint
