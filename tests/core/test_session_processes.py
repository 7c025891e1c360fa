"""Many processes at one expired, strictly rotating login, on the real vault: one refresh, everyone served (row F2)."""

from __future__ import annotations

import subprocess
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from my_app.wiring import open_services
from sampling import FULL, dice
from token_house import crowd, environment, one_process, signed_in, token_house


def test_ten_processes_make_one_refresh(tmp_path: Path) -> None:
    """Ten processes at once: exactly one refresh request, ten equal tokens, the audit chain whole."""
    with token_house() as house:
        signed_in(tmp_path, house.issuer)
        assert crowd(tmp_path, 10) == ["a1"] * 10
        assert house.refreshes == 1
    verdict = open_services(environment(tmp_path)).audit.verify()
    assert verdict.ok


@pytest.mark.slow
def test_dead_refresh_token_costs_one_request_over_all_processes(tmp_path: Path) -> None:
    """A dead refresh token: one request, all told to sign in."""
    with token_house() as house:
        signed_in(tmp_path, house.issuer)
        house.dead = True
        assert crowd(tmp_path, 6) == ["login_expired"] * 6
        assert house.refreshes == 1


@pytest.mark.slow
def test_fifty_processes_make_one_refresh(tmp_path: Path) -> None:
    """The promise: 50 processes, one request, 50 served; also 8 processes with 100 tasks each."""
    with token_house() as house:
        signed_in(tmp_path / "a", house.issuer)
        assert crowd(tmp_path / "a", 50) == ["a1"] * 50
        assert house.refreshes == 1
        house.current = "r0"
        signed_in(tmp_path / "b", house.issuer)
        assert crowd(tmp_path / "b", 8, tasks=100) == ["a2"] * 800
        assert house.refreshes == 2


@pytest.mark.slow
def test_killed_in_mid_refresh_is_told_and_nobody_else_is_hurt(tmp_path: Path) -> None:
    """One process is killed between the server's answer and its save: the lock is free at once, the next are told plainly."""
    with token_house() as house:
        signed_in(tmp_path, house.issuer)
        house.delay = 30
        victim = one_process(tmp_path)
        assert house.in_flight.wait(30)
        victim.kill()
        victim.communicate()
        house.delay = 0
        assert crowd(tmp_path, 8) == ["login_interrupted"] * 8
        assert house.refreshes == 2
        record = open_services(environment(tmp_path)).store.load("work")
        assert record is not None
        assert record.tokens is not None


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_rounds(tmp_path: Path) -> None:
    """Rounds of eight processes (100 with MY_APP_FULL=1): one refresh each, everyone served, no login lost."""
    rounds = 100 if FULL else 10
    with token_house() as house:
        house.delay = 0
        for number in range(rounds):
            house.current = "r0"
            home = tmp_path / str(number)
            signed_in(home, house.issuer)
            assert crowd(home, 8) == [f"a{number + 1}"] * 8
        assert house.refreshes == rounds


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_rounds_with_one_killed_at_a_random_moment(tmp_path: Path) -> None:
    """Rounds (100 with MY_APP_FULL=1) of six processes and one that is killed: all served, or all told that a renewal was cut."""
    chance = dice("killed in mid-refresh")
    cut = 0
    rounds = 100 if FULL else 10
    with token_house() as house:
        for number in range(rounds):
            house.current, house.dead, house.refreshes, house.delay = "r0", False, 0, 0.1
            house.in_flight.clear()
            home = tmp_path / str(number)
            signed_in(home, house.issuer)
            victim = one_process(home)
            # Half of them while the answer is on its way, the others a little later.
            assert house.in_flight.wait(30)
            with suppress(subprocess.TimeoutExpired):
                victim.communicate(timeout=chance.choice((0.0, 0.05, 0.2, 0.4)))
            victim.kill()
            victim.communicate()
            house.delay = 0
            served = set(crowd(home, 6))
            assert served in ({"a1"}, {"login_interrupted"})
            cut += served == {"login_interrupted"}
            assert house.refreshes == (1 if served == {"a1"} else 2)
            record = open_services(environment(home)).store.load("work")
            assert record is not None
            assert record.tokens is not None
    print(f"{cut} of {rounds} renewals were cut between answer and save; all others served")


@pytest.mark.slow
def test_the_app_and_the_command_line_share_one_refresh(tmp_path: Path) -> None:
    """Threads of this process and other processes together: one refresh."""
    with token_house() as house:
        signed_in(tmp_path, house.issuer)
        sessions = open_services(environment(tmp_path)).sessions
        mine: list[str] = []
        threads = [threading.Thread(target=lambda: mine.append(sessions.token("work").value.reveal())) for _ in range(20)]
        for thread in threads:
            thread.start()
        others = crowd(tmp_path, 4)
        for thread in threads:
            thread.join()
        assert {*mine, *others} == {"a1"}
        assert (len(mine), house.refreshes) == (20, 1)
