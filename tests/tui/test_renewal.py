"""Renewing ahead of time, decided from values."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from my_app.model import State
from my_app.testing import FakeClock
from my_app_accounts.renewal import Renewals
from tui.fakes import account

MARGIN = timedelta(seconds=60)


def test_a_token_is_renewed_before_it_ends_and_not_earlier() -> None:
    """Five minutes before the end of an hour, no sooner."""
    clock = FakeClock()
    row = account("work", expires_in=timedelta(hours=1), clock=clock)
    renewals = Renewals()
    assert renewals.due([row], clock.now(), MARGIN) == []
    clock.advance(timedelta(minutes=54))
    assert renewals.due([row], clock.now(), MARGIN) == []
    clock.advance(timedelta(minutes=1, seconds=1))
    assert renewals.due([row], clock.now(), MARGIN) == [row]


def test_a_short_lived_token_is_not_renewed_without_end() -> None:
    """A token of one minute is renewed when a third of it is left, not at once."""
    clock = FakeClock()
    row = account("short", expires_in=timedelta(seconds=60), state=State.EXPIRING, clock=clock)
    renewals = Renewals()
    assert renewals.due([row], clock.now(), MARGIN) == []
    clock.advance(41)
    assert renewals.due([row], clock.now(), MARGIN) == [row]


def test_a_failed_renewal_is_tried_again_with_a_growing_pause() -> None:
    """30 s, then 60 s; a success starts again."""
    clock = FakeClock()
    row = account("work", expires_in=timedelta(minutes=60), clock=clock)
    renewals = Renewals()
    renewals.due([row], clock.now(), MARGIN)
    clock.advance(timedelta(minutes=56))
    renewals.failed("work", clock.now())
    clock.advance(29)
    assert renewals.due([row], clock.now(), MARGIN) == []
    clock.advance(1)
    assert renewals.due([row], clock.now(), MARGIN) == [row]
    renewals.failed("work", clock.now())
    clock.advance(59)
    assert renewals.due([row], clock.now(), MARGIN) == []
    renewals.succeeded("work")
    assert renewals.due([row], clock.now(), MARGIN) == [row]


def test_tokens_of_a_second_are_not_chased() -> None:
    """A provider that gives tokens for one second is asked by a timer twice a minute at most, whatever the state."""
    clock = FakeClock()
    renewals = Renewals()
    asked = 0
    for _ in range(600):
        row = account("brief", expires_in=timedelta(seconds=1), state=State.EXPIRING, clock=clock)
        renewals.due([row], clock.now(), MARGIN)
        clock.advance(0.8)
        if renewals.due([row], clock.now(), MARGIN):
            asked += 1
            renewals.succeeded("brief")
        clock.advance(0.2)
    assert asked == 20


def test_a_clock_set_back_stops_no_timer() -> None:
    """F8: a pause after a failure, and the pace, do not grow to a day when the clock goes back by one."""
    clock = FakeClock()
    renewals = Renewals()
    row = account("work", expires_in=timedelta(minutes=60), clock=clock)
    renewals.due([row], clock.now(), MARGIN)
    clock.advance(timedelta(minutes=56))
    assert renewals.due([row], clock.now(), MARGIN) == [row]
    renewals.failed("work", clock.now())
    clock.advance(timedelta(days=-1))
    row = replace(row, expires_at=clock.now() + timedelta(minutes=4))
    assert renewals.due([row], clock.now(), MARGIN) == [row]


def test_what_cannot_renew_is_left_alone() -> None:
    """No refresh token, a closed vault, no end, an ended token: nothing is sent."""
    clock = FakeClock()
    soon = timedelta(seconds=30)
    rows = [
        account("a", expires_in=soon, clock=clock, refreshable=False),
        account("b", expires_in=soon, clock=clock, confirmed=False),
        account("c", clock=clock),
        replace(account("d", expires_in=-soon, clock=clock), state=State.EXPIRED),
    ]
    renewals = Renewals()
    for row in rows:
        renewals.due([replace(row, expires_at=clock.now() + timedelta(hours=1))], clock.now(), MARGIN)
    assert renewals.due(rows, clock.now(), MARGIN) == []
