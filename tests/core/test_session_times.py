"""Time trouble is harmless (F8): clocks set a day forward or back at every stage, suspend, and waits that were promised before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from my_app.errors import RateLimited, ServerBusy
from my_app.model import Standing
from my_app.oauth.exchange import Response
from my_app.testing import answer
from sessions_door import House, house

DAY = timedelta(days=1)
JUMPS = [DAY, -DAY]


def asked_twice(home: House) -> None:
    """Two more callers are served; the login lives."""
    for _ in range(2):
        assert home.again().token("work").value.reveal().startswith("a")
    assert home.record.standing is Standing.ACTIVE
    assert not home.server.dead


@pytest.mark.parametrize("jump", JUMPS)
def test_a_jump_during_the_request(jump: timedelta) -> None:
    """While the request is on its way: at most one extra refresh, no login."""
    home = house()
    jumps = [jump]

    def meanwhile() -> None:
        if jumps:
            home.clock.advance(jumps.pop())

    home.server.before = meanwhile
    assert home.sessions.token("work").value.reveal() == "a1"
    asked_twice(home)
    assert home.server.refreshes <= 2


@pytest.mark.parametrize("jump", JUMPS)
@pytest.mark.parametrize("left", [timedelta(minutes=9), timedelta(seconds=30), timedelta(seconds=-1)])
def test_a_jump_between_two_uses_and_back(jump: timedelta, left: timedelta) -> None:
    """Whatever the token's age: each jump costs at most one extra refresh, and the login stays."""
    home = house(left=left)
    home.sessions.token("work")
    before = home.server.refreshes
    home.clock.advance(jump)
    asked_twice(home)
    assert home.server.refreshes <= before + 1
    home.clock.advance(-jump)
    asked_twice(home)
    assert home.server.refreshes <= before + 2


def test_suspended_for_a_day_within_a_promised_wait() -> None:
    """A laptop that sleeps through a Retry-After asks once when it wakes."""
    home = house()
    told: list[Response] = [answer(status=503, headers={"Retry-After": "20"})]
    home.server.before = lambda: told.pop() if told else None
    with pytest.raises(ServerBusy):
        home.sessions.token("work")
    home.clock.advance(DAY)
    assert home.again().token("work").value.reveal() == "a1"
    asked_twice(home)
    assert home.server.refreshes == 1


def test_a_promised_wait_does_not_grow_when_the_clock_goes_back() -> None:
    """429 for 30 seconds, then the clock is set back a day: the wait is not a day longer."""
    home = house()
    told: list[Response] = [answer(status=429, headers={"Retry-After": "30"})] * 5
    home.server.before = lambda: told.pop() if told else None
    with pytest.raises(RateLimited):
        home.sessions.token("work")
    told.clear()
    home.clock.advance(-DAY)
    assert home.again().token("work").value.reveal().startswith("a")
    assert home.server.refreshes == 1
