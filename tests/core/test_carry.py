"""The two carriers: they wait, tell, throw failures in, and decide nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from my_app.carry import Step, arun, run
from my_app.errors import NetworkUnavailable
from my_app.oauth.exchange import Exchange, Request, Response, Tick, Wire
from my_app.testing import NOON, FakeClock, ScriptedTransport, answer, seeded

Carrier = Callable[[Exchange[str], ScriptedTransport, FakeClock, Callable[[Step], None]], str]


def sync(exchange: Exchange[str], transport: ScriptedTransport, clock: FakeClock, watch: Callable[[Step], None]) -> str:
    """By ``run``."""
    return run(exchange, transport, clock=clock, entropy=seeded(), pause=clock.pause, watch=watch)


def asyn(exchange: Exchange[str], transport: ScriptedTransport, clock: FakeClock, watch: Callable[[Step], None]) -> str:
    """By ``arun``."""
    return asyncio.run(arun(exchange, transport, clock=clock, entropy=seeded(), pause=clock.apause, watch=watch))


def talk(ticks: list[Tick], closed: list[str]) -> Exchange[str]:
    """Two requests, the second after 7 s; a failure of the second is survived."""

    def build(tick: Tick) -> Wire:
        ticks.append(tick)
        return Wire(method="GET", url=f"https://a.test/{len(ticks)}")

    try:
        first = yield Request(build=build, purpose="one")
        try:
            second = yield Request(build=build, not_before=timedelta(seconds=7), purpose="two")
        except NetworkUnavailable:
            return f"{first.status} then nothing"
        return f"{first.status} then {second.status}"
    finally:
        closed.append("closed")


@pytest.mark.parametrize("carrier", [sync, asyn])
def test_waits_are_data_and_time_enters_at_sending(carrier: Carrier) -> None:
    """The request is built after the wait, with the time of then and fresh entropy; each step is told."""
    clock, ticks, steps = FakeClock(), [], []  # type: ignore[var-annotated]
    transport = ScriptedTransport(lambda wire: answer(status=201 if wire.url.endswith("1") else 202))
    assert carrier(talk(ticks, []), transport, clock, steps.append) == "201 then 202"
    assert [tick.now for tick in ticks] == [NOON, NOON + timedelta(seconds=7)]
    assert ticks[0].entropy != ticks[1].entropy
    told = [(step.purpose, step.wait.total_seconds(), step.status) for step in steps]
    assert told == [("one", 0, None), ("one", 0, 201), ("two", 7, None), ("two", 0, 202)]


@pytest.mark.parametrize("carrier", [sync, asyn])
def test_failures_are_thrown_into_the_exchange(carrier: Carrier) -> None:
    """A lost answer is protocol logic too; one the exchange does not catch comes out, and the exchange is closed."""

    def server(wire: Wire) -> Response:
        if wire.url.endswith(down):
            raise NetworkUnavailable("down", sent=True)
        return answer()

    steps: list[Step] = []
    closed: list[str] = []
    down = "2"
    assert carrier(talk([], closed), ScriptedTransport(server), FakeClock(), steps.append) == "200 then nothing"
    assert steps[-1].status == 0
    down = "1"
    with pytest.raises(NetworkUnavailable):
        carrier(talk([], closed), ScriptedTransport(server), FakeClock(), steps.append)
    assert closed == ["closed", "closed"]


async def test_cancelling_closes_the_exchange() -> None:
    """A cancelled carrier leaves no conversation half open."""
    closed: list[str] = []

    async def forever(seconds: float) -> None:
        await asyncio.Event().wait()

    carried = arun(talk([], closed), ScriptedTransport(lambda wire: answer()), clock=FakeClock(), entropy=seeded(), pause=forever)
    task = asyncio.create_task(carried)
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert closed == ["closed"]
