"""Whole commands killed and failed at every system call: nothing lost, nothing unreadable, and the next command goes on.

Security 5, ranks 2 and 7; rows F1, S3, S7, S10. The slow tier takes a sample with a printed seed;
MY_APP_FULL=1 tries every call with every error.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from command_runner import Point, runner
from kill_world import ACTS, Stage
from sampling import some
from strict_town import strict_town

ERRORS = ("ENOSPC", "EIO", "EROFS", "EDQUOT", "EMFILE")
KILLS = 16
FAULTS = 20
needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None and not os.environ.get("CI"), reason="strace is not installed (it is required in CI)"
)


@contextmanager
def stage(what: str, folder: Path) -> Iterator[Stage]:
    """A home, a provider and a runner for one act."""
    with strict_town() as town, runner(folder / "runner") as hand:
        yield Stage(ACTS[what], folder, town, hand)


def plan(at: Stage, *, reading: bool) -> list[Point]:
    """Where to strike."""
    world = at.world()
    return world.runner.points(at.argv, world.environ, stdin=at.act.stdin, home=world.home, reading=reading)


def killed(what: str, folder: Path, count: int) -> tuple[int, int]:
    """Kill the command at ``count`` of its calls; how many were tried, and how many there are."""
    with stage(what, folder) as at:
        points = plan(at, reading=False)
        chosen = some(points, count, f"kills of {what}")
        missed = 0
        for point in chosen:
            world = at.world()
            ran = world.runner.run(at.argv, world.environ, stdin=at.act.stdin, inject=f"{point.call}:signal=KILL:when={point.when}")
            # The number of opened files is not the same in every run: a late point may lie behind the end.
            missed += ran.code == 0
            assert ran.code in (-9, 0), (point, ran)
            note(point, lambda world=world, ran=ran: at.act.check(world, ran))  # type: ignore[misc]
    assert missed <= 1 + len(chosen) // 20
    return len(chosen) - missed, len(points)


def failed(what: str, folder: Path, count: int) -> tuple[int, int, int]:
    """Fail ``count`` of its calls once each; how many commands were refused, worked all the same, and how many there are."""
    with stage(what, folder) as at:
        points = [
            (point, error) for point in plan(at, reading=True) for error in ERRORS if error != "EMFILE" or point.call == "openat"
        ]
        refused = missed = own_output = 0
        chosen = some(points, count, f"faults of {what}")
        for point, error in chosen:
            world = at.world()
            inject = f"{point.call}:error={error}:when={point.when}"
            ran = world.runner.run(["--json", *at.argv], world.environ, stdin=at.act.stdin, inject=inject)
            if re.search(r"\bwrite\([12],", ran.struck):
                # Calls are counted per thread: this one struck the command's own output, which is no file of ours.
                own_output += 1
                continue
            if point.call == "openat" and str(world.home) not in ran.struck:
                # The number of opened files is not the same in every run: this one was no file of ours.
                missed += 1
                continue
            assert ran.code in (0, 6), (point, error, ran)
            assert "Traceback" not in ran.err
            if ran.code == 6:
                refused += 1
                assert one_sentence(ran.err), (point, error, ran)
            note((point, error), lambda world=world, ran=ran: at.act.check(world, ran))  # type: ignore[misc]
    assert missed <= 2 + len(chosen) // 10
    return refused, len(chosen) - refused - missed - own_output, len(points)


def one_sentence(err: str) -> bool:
    """Whether the command ended with one plain sentence and, if there is one, a next step."""
    told = json.loads(err.splitlines()[-1])["error"]
    return bool(told["message"]) and "\n" not in told["message"] and told["exit"] == 6


def note(at: object, check: object) -> None:
    """Run the check; say where it failed."""
    try:
        check()  # type: ignore[operator]
    except Exception as problem:
        problem.add_note(f"struck at {at}")
        raise


@needs_strace
@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("what", list(ACTS))
def test_killed_anywhere(what: str, tmp_path: Path) -> None:
    """kill -9 at a system call of a command loses nothing; only a lost answer of a strict server asks for a login, and says so."""
    print("{}: killed at {} of {} calls".format(what, *killed(what, tmp_path, KILLS)))


@needs_strace
@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("what", list(ACTS))
def test_failed_anywhere(what: str, tmp_path: Path) -> None:
    """One failing call leaves the old data whole, in one sentence with exit 6, or the command did its work all the same."""
    print("{}: {} refused, {} done in spite of it, of {} faults".format(what, *failed(what, tmp_path, FAULTS)))
