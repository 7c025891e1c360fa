"""Adding, replacing, renaming and removing, cut at every step before and after it takes effect: nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from my_app.accounts import Accounts, laid_under
from my_app.audit import NoAudit
from my_app.errors import DiskFault
from my_app.given.layers import Givens
from my_app.given.memory_store import MemoryStore
from my_app.model import Kind, Profile, Record
from my_app.secret import Secret
from my_app.settings import Settings
from my_app.settings.parse import parse_settings
from my_app.testing import NOON, FakeClock


class Killed(BaseException):
    """The process is gone: nothing after it runs."""


@dataclass
class Fate:
    """Counts writes; the one numbered ``at`` fails, before or after it took effect, or is the process's last."""

    at: int = -1
    after: bool = False
    kill: bool = False
    count: int = 0
    dead: bool = False
    steps: list[str] = field(default_factory=list)

    def write(self, what: str, act: Callable[[], Any]) -> Any:
        if self.dead:
            raise Killed
        number, self.count = self.count, self.count + 1
        self.steps.append(what)
        if number != self.at:
            return act()
        if self.after:
            act()
        self.dead = self.kill
        raise Killed if self.kill else DiskFault("The disk is full.")


class Store(MemoryStore):
    """A store whose writes have a fate."""

    fate = Fate()

    def save(self, record: Record) -> Record:
        return cast(Record, self.fate.write("save", lambda: super(Store, self).save(record)))

    def delete(self, name: str) -> None:
        self.fate.write("delete", lambda: super(Store, self).delete(name))

    def rename(self, old: str, new: str) -> None:
        self.fate.write("copy", lambda: super(Store, self).rename(old, new))


class Config:
    """A config.toml in memory whose writes have a fate."""

    def __init__(self) -> None:
        self.text = ""
        self.fate = Fate()

    def settings(self) -> Settings:
        return parse_settings(self.text)

    def edit(self, change: Callable[[str], str]) -> Settings:
        new = change(self.text)

        def act() -> None:
            self.text = new

        self.fate.write("config", act)
        return self.settings()


class House:
    """Accounts with one profile ``old`` whose secret is ``first``."""

    def __init__(self) -> None:
        self.store, self.config = Store(kept_in="key"), Config()
        self.accounts = Accounts(
            config=self.config,
            givens=Givens({}, cast(Any, SimpleNamespace(read=lambda: None)), laid_under=laid_under),
            store=self.store,
            vault=cast(Any, SimpleNamespace(opened=True)),
            clock=FakeClock(),
            audit=NoAudit(),
            environ={},
        )
        self.doom(Fate())
        self.accounts.add(OLD, client_secret=Secret("first"))

    def doom(self, fate: Fate) -> Fate:
        self.store.fate = self.config.fate = fate
        return fate

    def usable(self) -> dict[str, str]:
        """Profiles with the secret a call would use."""
        found = {}
        for name in self.config.settings().profiles:
            record = self.store.load(name)
            if record is not None and record.client_secret is not None:
                found[name] = record.client_secret.reveal()
        return found


OLD = Profile(name="old", issuer="https://i.example", client_id="id")
ACTS: dict[str, Callable[[Accounts], object]] = {
    "add": lambda accounts: accounts.add(
        Profile(name="more", issuer="https://i.example", client_id="x"), client_secret=Secret("m")
    ),
    "replace": lambda accounts: accounts.add(OLD, client_secret=Secret("second"), replace=True),
    "rename": lambda accounts: accounts.rename("old", "new"),
    "remove": lambda accounts: accounts.remove("old"),
}
CASES = [
    (act, at, after)
    for act, steps in (("add", 2), ("replace", 2), ("rename", 3), ("remove", 2))
    for at in range(steps)
    for after in (False, True)
]


@pytest.mark.parametrize(("act", "at", "after"), CASES)
@pytest.mark.parametrize("kill", [False, True])
def test_nothing_is_lost_wherever_it_is_cut(act: str, at: int, after: bool, kill: bool) -> None:
    """After a failure or a kill at any write, the login is usable, and the same act, repeated, completes."""
    house = House()
    fate = house.doom(Fate(at=at, after=after, kill=kill))
    failed = True
    try:
        ACTS[act](house.accounts)
        failed = False
    except (DiskFault, Killed):
        pass
    assert fate.count > at
    house.doom(Fate())
    usable = house.usable()
    if act == "rename":
        assert set(usable.values()) == {"first"}
        assert failed is (kill or at < 2)
    elif act == "replace" and kill:
        assert usable["old"] in ("first", "second")
    elif act != "remove":
        assert usable["old"] == "first"
    unfinished = {"add": "more" not in usable, "rename": "new" not in usable}.get(act, "old" in house.config.settings().profiles)
    if failed and unfinished:
        ACTS[act](house.accounts)
    house.accounts.add(Profile(name="last", issuer="https://i.example", client_id="y"), client_secret=Secret("l"))
    names = {summary.name for summary in house.store.summaries()}
    assert names == set(house.config.settings().profiles)


def test_a_failed_save_that_took_effect_is_taken_back() -> None:
    """The replaced secret is there again although the write of the new one had happened."""
    house = House()
    house.doom(Fate(at=0, after=True))
    with pytest.raises(DiskFault):
        ACTS["replace"](house.accounts)
    assert house.usable() == {"old": "first"}


def test_a_record_nobody_copied_is_not_swept() -> None:
    """A record without a profile, as an import leaves it, stays until somebody wants its name."""
    house = House()
    house.store.save(Record(name="imported", kind=Kind.API_KEY, api_key=Secret("k")))
    house.accounts.rename("old", "new")
    assert house.store.load("imported") is not None


def test_an_old_record_is_swept_after_the_new_one_was_renewed() -> None:
    """A refresh under the new name makes the copy under the old one stale, not another login."""
    house = House()
    record = house.store.load("old")
    assert record is not None
    house.store.save(replace(record, signed_in_at=NOON))
    house.doom(Fate(at=2))
    house.accounts.rename("old", "new")
    record = house.store.load("new")
    assert record is not None
    house.store.save(replace(record, refreshed_at=NOON + timedelta(hours=1)))
    house.accounts.rename("new", "newer")
    assert [summary.name for summary in house.store.summaries()] == ["newer"]
