"""Random kills under load, from a printed seed: whole commands on one home, four at a time (security 5, rank 2).

After every round nobody runs, and everything must be whole: 150 kills in the slow tier, 1,000 with MY_APP_FULL=1.
"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from command_runner import Ran, runner
from kill_world import ANSWERS, World, environment, furnished, key_of, login
from my_app.errors import LoginInterrupted
from my_app.model import Flow, Profile, Standing
from my_app.wiring import open_services
from sampling import FULL, dice
from strict_town import SECRET, Town, strict_town

KILLS = 1000 if FULL else 150
AT_ONCE = 4
LOGINS = ("work", "bank", "moving")
LONGEST = 0.35
"""Seconds within which a command is killed, if it is not over before."""


def wish(chance: random.Random, world: World) -> tuple[list[str], str]:
    """A random command that fits what is there, and its standard input."""
    there = world.profiles()
    moving = next(name for name in ("moving", "moved") if name in there)
    fresh = f"fresh-{chance.randrange(3)}"
    add = ["profile", "add", fresh, "--issuer", world.town.issuer, "--client-id", "ci", "--client-secret-stdin"]
    pending = world.record("hub").pending is not None
    commands = [
        (["refresh", chance.choice(("work", moving))], ""),
        (["refresh", chance.choice(("work", moving))], ""),
        (["login", "work", "--flow", "terminal", "--answers", "-"], ANSWERS),
        (["profile", "remove", fresh], "") if fresh in there else (add, SECRET),
        (["profile", "rename", moving, "moved" if moving == "moving" else "moving"], ""),
        (["rotate", "hub", "--resume" if pending else "--yes"], ""),
        (["vault", "rekey"], ""),
        (["status"], ""),
    ]
    return chance.choice(commands)


def check(world: World, round_: list[tuple[list[str], Ran]]) -> int:
    """What must hold when nobody runs; how many logins a lost answer has cost, each of which says so and is made anew."""
    records = world.records()
    there = world.profiles()
    assert records["bank"] == world.before["bank"]
    assert len(there & {"moving", "moved"}) == 1
    asked = 0
    for name in ("work", *(there & {"moving", "moved"})):
        record = records[name]
        if world.refresh_token(name) in world.town.live and record.standing is Standing.ACTIVE:
            continue
        assert record.refresh_in_flight is not None or record.reason == LoginInterrupted.code, record
        assert world.run("refresh", name).code == 3
        assert world.run("login", name, "--flow", "terminal", "--answers", "-", stdin=ANSWERS).code == 0
        asked += 1
    assert key_of(world) in {value for _, value in world.town.keys.values()}
    for name in there:
        if name.startswith("fresh"):
            secret = records[name].client_secret if name in records else None
            # Removing forgets the secret first, and the profile still shows until it is removed again.
            removing = any(argv[:3] == ["profile", "remove", name] for argv, _ in round_)
            assert removing or (secret is not None and secret.reveal() == SECRET)
            if secret is None:
                assert world.run("profile", "remove", name).code == 0
    return asked


def begun(folder: Path, town: Town) -> World:
    """The home of the kill tests and a third login."""
    home = folder / "home"
    furnished(home, town)
    town.live["moving-0"] = "moving"
    services = open_services(environment(home))
    services.accounts.add(Profile(name="moving", issuer=town.issuer, client_id="moving", flow=Flow.TERMINAL))
    services.store.save(login("moving", town.issuer))
    before = {name: record for name in LOGINS if (record := services.store.load(name))}
    return World(home, town, None, before)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_random_kills_under_load(tmp_path: Path) -> None:
    """Commands killed at random moments while others run: nothing lost, nothing unreadable, no other account touched."""
    chance = dice("random kills")
    kills = commands = asked = 0
    with strict_town() as town, ExitStack() as stack:
        world = begun(tmp_path, town)
        hands = [stack.enter_context(runner(tmp_path / f"runner-{number}")) for number in range(AT_ONCE)]
        world.runner = hands[0]
        town.delay = 0.04
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while kills < KILLS:
                wishes = [(*wish(chance, world), chance.uniform(0.0, LONGEST)) for _ in hands]
                under_way = [
                    pool.submit(hand.run, argv, world.environ, stdin=stdin, kill_after=after)
                    for hand, (argv, stdin, after) in zip(hands, wishes, strict=True)
                ]
                done = [(argv, each.result()) for each, (argv, _, _) in zip(under_way, wishes, strict=True)]
                assert not [ran for _, ran in done if "Traceback" in ran.err or ran.code == 1], done
                kills += sum(ran.code == -9 for _, ran in done)
                commands += len(done)
                asked += check(world, done)
        verdict = world.services().audit.verify()
        assert verdict.ok
    print(f"{kills} of {commands} commands killed, 0 accounts lost, {asked} logins asked for after a lost answer")
