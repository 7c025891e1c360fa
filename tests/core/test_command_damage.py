"""A damaged vault through the commands: told in one sentence with the next step, healed by it, other accounts untouched.

Security 5, rank 11; row S4. Flips of single bytes are in ``test_vault_damage.py``.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from command_runner import runner
from kill_world import Act, Stage, World, whole
from my_app.model import Standing
from strict_town import FIRST_KEY, strict_town

PAGE = 4096


@contextmanager
def worlds(folder: Path) -> Iterator[Stage]:
    """The home of the kill tests, fresh as often as it is asked for."""
    with strict_town() as town, runner(folder / "runner") as hand:
        yield Stage(Act((), whole), folder, town, hand)


def path_of(world: World) -> Path:
    """The vault."""
    return world.home / "data" / "vault.db"


def healed(world: World) -> None:
    """The damage is told with the next step; ``vault restore`` brings all accounts back and sets the file aside."""
    told = world.run("--json", "token", "hub")
    if told.code == 0:
        told = world.run("--json", "vault", "slot", "add", "passphrase", "--dry-run")
    assert told.code == 6, told
    error = json.loads(told.err.splitlines()[-1])["error"]
    assert error["code"] == "vault_damaged"
    assert "my-app vault restore" in error["hint"]
    damaged = path_of(world).read_bytes()
    back = world.run("--json", "vault", "restore")
    assert back.code == 0, back
    value = json.loads(back.out)
    assert Path(value["set_aside"]).read_bytes() == damaged
    records = world.records()
    assert set(records) == {"work", "bank", "hub"}
    for name, record in world.before.items():
        assert (records[name].tokens, records[name].api_key) == (record.tokens, record.api_key)
    # These may have been renewed since the copy was made; a spent token would end them at a strict provider.
    assert {"work", "bank"} == set(value["sign_in_again"])
    assert records["bank"].standing is Standing.LOGIN_NEEDED
    assert world.run("token", "bank").code == 3
    assert "bank-0" in world.town.live
    assert world.run("token", "hub").out.strip() == FIRST_KEY


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_cut_at_every_page(tmp_path: Path) -> None:
    """However much of the file is left, the next command says so and the copy brings everything back."""
    with worlds(tmp_path) as at:
        pages = path_of(at.world()).stat().st_size // PAGE
        assert pages > 3
        for page in range(pages):
            world = at.world()
            path_of(world).write_bytes(path_of(world).read_bytes()[: page * PAGE])
            healed(world)


@pytest.mark.slow
def test_records_swapped_and_put_back(tmp_path: Path) -> None:
    """Two records in each other's place, and one replaced by its older copy: noticed; only that login asks for a person."""
    with worlds(tmp_path) as at:
        world = at.world()
        with closing(sqlite3.connect(path_of(world))) as vault, vault:
            sealed = dict(vault.execute("SELECT name, sealed FROM records"))
            vault.execute("UPDATE records SET sealed = ? WHERE name = 'work'", (sealed["bank"],))
            vault.execute("UPDATE records SET sealed = ? WHERE name = 'bank'", (sealed["work"],))
        told = world.run("--json", "token", "work")
        assert (told.code, '"vault_damaged"' in told.err) == (6, True)
        assert world.run("token", "hub").out.strip() == FIRST_KEY
        assert world.run("vault", "restore").code == 0
        assert world.records()["hub"].standing is Standing.ACTIVE

        world = at.world()
        with closing(sqlite3.connect(path_of(world))) as vault:
            old = vault.execute("SELECT * FROM records WHERE name = 'work'").fetchone()
        assert world.run("refresh", "work").code == 0
        with closing(sqlite3.connect(path_of(world))) as vault, vault:
            vault.execute(f"INSERT OR REPLACE INTO records VALUES ({','.join('?' * len(old))})", old)  # noqa: S608
        told = world.run("--json", "token", "work")
        assert (told.code, '"vault_damaged"' in told.err) == (6, True)
        assert world.run("vault", "restore").code == 0
        assert world.refresh_token("work") in world.town.live
        assert world.records()["bank"].standing is Standing.ACTIVE


@pytest.mark.slow
def test_the_trail_convicts_through_the_commands(tmp_path: Path) -> None:
    """``audit verify`` is sealed to the last line; an edited, cut or reordered line is exit 6 naming the place (E3)."""
    with worlds(tmp_path) as at:
        world = at.world()
        for _ in range(3):
            assert world.run("refresh", "work").code == 0
        good = world.run("--json", "audit", "verify")
        value = json.loads(good.out)
        assert (good.code, value["ok"], value["sealed_to"]) == (0, True, value["events"])
        path = world.home / "data" / "audit.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        edited = [line.replace(b'"work"', b'"bank"') for line in lines]
        for harmed in (edited, lines[:-1], [*lines[:-2], lines[-1], lines[-2]], lines[1:], [*lines, b"{}\n"], []):
            path.write_bytes(b"".join(harmed))
            told = world.run("--json", "audit", "verify")
            assert told.code == 6, harmed
            assert json.loads(told.err.splitlines()[-1])["error"]["code"] == "audit_broken"
        path.unlink()
        assert world.run("--json", "audit", "verify").code == 6
