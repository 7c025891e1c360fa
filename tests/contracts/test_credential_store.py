"""What every CredentialStore promises; run on the vault and on the memory store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from my_app.adapters.vault import Vault
from my_app.errors import InvalidName, LockTimeout, StaleRecord
from my_app.given.memory_store import MemoryStore
from my_app.model import Binding, Identity, Kind, Record, Standing, TokenSet, summary_of
from my_app.ports import CredentialStore
from my_app.secret import Secret
from my_app.testing import NOON, FakeClock, FakeKeychain, seeded

Make = Callable[[Path], CredentialStore]
SOON = timedelta(seconds=5)


def vault(home: Path) -> CredentialStore:
    """A vault with a keyring."""
    return Vault(
        home / "data" / "vault.db",
        locks=home / "data" / "lock",
        keychain=FakeKeychain(),
        key=None,
        passphrase=None,
        clock=FakeClock(),
        entropy=seeded(),
    )


def memory(home: Path) -> CredentialStore:
    """A store in memory."""
    return MemoryStore()


every_store = pytest.mark.parametrize("make", [vault, memory])

FULL = Record(
    name="work",
    kind=Kind.OAUTH,
    binding=Binding(
        issuer="https://id.example", client_id="abc", token_hosts=("https://id.example",), api_origins=("https://api.example",)
    ),
    client_secret=Secret("s3cret ünï\x00\ud800"),
    api_key=Secret("key"),
    api_key_id="key-1",
    totp_seed=Secret("JBSWY3DPEHPK3PXP"),
    dpop_key=Secret('{"kty":"EC"}'),
    registration={"token": Secret("rat"), "client_secret_expires_at": NOON, "description": {"a": ["b"]}},
    tokens=TokenSet(
        access_token=Secret("at-1"),
        token_type="DPoP",
        refresh_token=Secret("rt-1"),
        id_token=Secret("h.p.s"),
        scopes=("openid", "files:write"),
        obtained_at=NOON,
        expires_at=NOON + timedelta(minutes=5, microseconds=7),
    ),
    identity=Identity(sub="42", username="ada", email="ada@example.org", tenant="t"),
    requested_scopes=("openid", "files:write", "admin"),
    standing=Standing.ACTIVE,
    reason="",
    refresh_in_flight=NOON,
    not_before=NOON + timedelta(hours=1),
    pending={"step": "create", "new": Secret("n"), "at": NOON, "list": [1, {"deep": Secret("d")}], "none": None},
    signed_in_at=NOON - timedelta(days=3),
    refreshed_at=NOON - timedelta(hours=3),
    endpoints={"token": "https://id.example/token"},
)
BARE = Record(name="key", kind=Kind.API_KEY, api_key=Secret("k"))


@every_store
def test_a_record_comes_back_as_it_was_saved(make: Make, tmp_path: Path) -> None:
    """Every field of a record survives, secrets and times inside the journal too."""
    store = make(tmp_path)
    for record in (FULL, BARE):
        saved = store.save(record)
        assert saved == replace(record, generation=1)
        assert store.load(record.name) == saved


@every_store
def test_what_is_not_there_is_none(make: Make, tmp_path: Path) -> None:
    """Reading, deleting and renaming what is not there does nothing."""
    store = make(tmp_path)
    assert store.load("work") is None
    assert store.summaries() == ()
    store.delete("work")
    store.rename("work", "home")
    store.save(BARE)
    assert store.load("work") is None
    store.delete("work")
    store.rename("work", "home")
    assert [summary.name for summary in store.summaries()] == ["key"]


@every_store
def test_a_late_save_is_refused(make: Make, tmp_path: Path) -> None:
    """A save that is based on an older generation writes nothing (compare and swap)."""
    store = make(tmp_path)
    first = store.save(FULL)
    second = store.save(replace(first, reason="newer"))
    for late in (FULL, first, replace(first, generation=9)):
        with pytest.raises(StaleRecord):
            store.save(late)
    with pytest.raises(StaleRecord):
        store.save(replace(BARE, generation=1))
    assert store.load("work") == second


@every_store
def test_names_are_checked(make: Make, tmp_path: Path) -> None:
    """No name that is not a profile name gets into a store or a lock file."""
    store = make(tmp_path)
    with pytest.raises(InvalidName):
        store.save(replace(BARE, name="../x"))
    store.save(BARE)
    with pytest.raises(InvalidName):
        store.rename("key", "a b")
    assert [summary.name for summary in store.summaries()] == ["key"]


@every_store
def test_rename_copies_and_replaces_an_orphan(make: Make, tmp_path: Path) -> None:
    """Rename leaves the old record for the caller to delete, and an orphan under the new name is replaced (DESIGN 2)."""
    store = make(tmp_path)
    store.save(replace(BARE, name="new"))
    old = store.save(FULL)
    store.rename("work", "new")
    copied = store.load("new")
    assert copied == replace(old, name="new", generation=2)
    assert store.load("work") == old
    store.delete("work")
    assert store.load("work") is None
    assert store.load("new") == copied


@every_store
def test_summaries_are_the_readable_columns(make: Make, tmp_path: Path) -> None:
    """The list shows what the records hold, by name."""
    store = make(tmp_path)
    saved = [store.save(FULL), store.save(BARE)]
    assert store.summaries() == tuple(summary_of(record) for record in reversed(saved))


@every_store
def test_a_deleted_record_can_be_made_again(make: Make, tmp_path: Path) -> None:
    """After a delete a new record starts at generation 0."""
    store = make(tmp_path)
    store.save(FULL)
    store.delete("work")
    assert store.save(FULL).generation == 1


@every_store
def test_a_lock_keeps_others_out_until_released(make: Make, tmp_path: Path) -> None:
    """One holder at a time, another profile is free, and a deadline ends the wait (S6)."""
    store = make(tmp_path)
    held, done = Event(), Event()

    def holder() -> None:
        with store.lock("work", SOON):
            held.set()
            done.wait(10)

    thread = Thread(target=holder)
    thread.start()
    try:
        assert held.wait(10)
        with pytest.raises(LockTimeout) as caught, store.lock("work", timedelta(0)):
            pass
        assert caught.value.facts["holder"]
        with store.lock("home", timedelta(0)):
            pass
    finally:
        done.set()
        thread.join(10)
    with store.lock("work", SOON):
        pass


@every_store
def test_a_lock_is_freed_by_an_error(make: Make, tmp_path: Path) -> None:
    """Whatever goes wrong under a lock, it is free afterwards."""
    store = make(tmp_path)
    for _ in range(2):
        with pytest.raises(KeyError), store.lock("work", timedelta(0)):
            raise KeyError
