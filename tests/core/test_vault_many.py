"""Many writers on one vault: no update is lost, nobody is turned away (S6)."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from my_app.adapters.vault_db import Database
from my_app.adapters.vault_slots import MEMORY_KIB, new_params
from my_app.errors import StaleRecord
from my_app.vaulting import SlotKind
from vault_tools import KEY, api_key, login, vault_at

WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from vault_tools import KEY, api_key, vault_at
vault = vault_at(Path(sys.argv[1]), key=KEY, seed=int(sys.argv[2]))
record = vault.save(api_key(f"p{sys.argv[2]}"))
for number in range(3):
    record = vault.save(replace(record, reason=str(number)))
"""


def test_threads_with_vaults_of_their_own(tmp_path: Path) -> None:
    """Sixteen writers on sixteen accounts at once, the first of which makes the vault: all saved, copy and all whole."""

    def write(number: int) -> None:
        vault = vault_at(tmp_path, key=KEY, seed=number)
        record = vault.save(api_key(f"p{number}"))
        vault.save(replace(record, reason="again"))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(write, range(16)))
    vault = vault_at(tmp_path, key=KEY)
    vault.open()
    records = [vault.load(f"p{number}") for number in range(16)]
    assert all(record is not None and (record.generation, record.reason) == (2, "again") for record in records)
    with Database(tmp_path / "vault.db").reading() as here, Database(tmp_path / "vault.db.bak").reading() as copy:
        assert here.rows() == copy.rows()


def test_one_of_many_who_change_the_same_record_wins(tmp_path: Path) -> None:
    """Of saves based on the same generation exactly one is taken."""
    saved = vault_at(tmp_path, key=KEY).save(login("work"))

    def write(number: int) -> bool:
        try:
            vault_at(tmp_path, key=KEY, seed=number).save(replace(saved, reason=str(number)))
        except StaleRecord:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(write, range(8))) == 1


def test_under_the_profiles_lock_nobody_is_late(tmp_path: Path) -> None:
    """Read and save under the lock: every one of the writers gets through, one after the other."""
    vault_at(tmp_path, key=KEY).save(login("work"))

    def write(number: int) -> None:
        vault = vault_at(tmp_path, key=KEY, seed=number)
        with vault.lock("work", timedelta(seconds=30)):
            record = vault.load("work")
            assert record is not None
            vault.save(replace(record, reason=record.reason + "x"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    record = vault_at(tmp_path, key=KEY).load("work")
    assert record is not None
    assert record.reason == "x" * 8


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_fifty_processes_on_fifty_accounts(tmp_path: Path) -> None:
    """Fifty programs that save four times each: 200 saves, none lost."""
    tests = str(Path(__file__).parents[1])
    order = [sys.executable, "-c", WRITER, str(tmp_path)]
    running = [subprocess.Popen([*order, str(number)], env={"PYTHONPATH": tests}) for number in range(50)]
    assert [one.wait(300) for one in running] == [0] * 50
    vault = vault_at(tmp_path, key=KEY)
    vault.open()
    assert [(summary.name, summary.generation) for summary in vault.summaries()] == sorted((f"p{n}", 4) for n in range(50))


def test_the_costs_of_a_real_passphrase_slot() -> None:
    """64 MiB, 3 passes, 4 lanes outside tests (S5, RFC 9106)."""
    assert MEMORY_KIB == 64 * 1024
    params = json.loads(new_params(SlotKind.PASSPHRASE, b"\0" * 16))
    assert (params["memory_kib"], params["passes"], params["lanes"]) == (65536, 3, 4)
