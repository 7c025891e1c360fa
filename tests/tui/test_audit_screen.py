"""The trail on the screen."""

from __future__ import annotations

import pytest

from my_app.audit import Event, Result
from my_app_accounts.screens.ask import TextScreen
from my_app_accounts.widgets.audit_list import AuditList
from tui.driving import press, running, settle, shown, typed
from tui.fakes import HOSTILE, World, world


def filled(lines: int) -> World:
    """A trail of ``lines`` acts, every tenth failed."""
    there = world()
    for number in range(lines):
        there.clock.advance(1)
        failed = number % 10 == 0
        there.audit.append(
            Event.REFRESH if number % 2 else Event.COPY,
            profile="work" if number % 3 else "github",
            result=Result.FAILED if failed else Result.OK,
            code="network" if failed else "",
            detail=f"number {number}",
        )
    return there


@pytest.mark.slow
async def test_newest_first_and_older_pages_come_when_they_are_near() -> None:
    """500 at a time."""
    async with running(filled(1200)) as (app, pilot):
        await press(app, pilot, "3")
        listed = app.screen.query_one(AuditList)
        assert len(listed.items) == 500
        assert listed.current.seq == 1200
        await press(app, pilot, "G")
        assert len(listed.items) == 1000
        assert listed.current.seq == 701
        await press(app, pilot, "G")
        assert len(listed.items) == 1200
        assert listed.drawn < 300


@pytest.mark.slow
async def test_failures_alone_and_filter_together() -> None:
    """f and / narrow; Esc shows everything again."""
    async with running(filled(60)) as (app, pilot):
        await press(app, pilot, "3", "f")
        listed = app.screen.query_one(AuditList)
        assert {entry.result for entry in listed.items} == {Result.FAILED}
        await press(app, pilot, "slash")
        await typed(app, pilot, "github")
        await press(app, pilot, "enter")
        assert {entry.profile for entry in listed.items} == {"github"}
        await press(app, pilot, "escape")
        assert len(listed.items) == 60


async def test_the_chain_is_checked_on_demand() -> None:
    """y says how many lines hold and how far the vault vouches."""
    async with running(filled(5)) as (app, pilot):
        await press(app, pilot, "3", "y")
        assert "5 lines hold, sealed to 5" in shown(app)


async def test_one_line_is_shown_whole_and_hostile_text_is_marks() -> None:
    """Enter: who, where, what; nothing of it is markup (X2)."""
    there = world()
    there.audit.append(Event.LOGIN, profile="work", detail=HOSTILE)
    async with running(there) as (app, pilot):
        await press(app, pilot, "3", "enter")
        assert isinstance(app.screen, TextScreen)
        assert "process 1" in shown(app)
        assert "\x1b" not in shown(app)


async def test_it_says_that_nothing_was_done_yet() -> None:
    """An empty trail is no empty screen."""
    async with running(world(), (80, 24)) as (app, pilot):
        await press(app, pilot, "3")
        await settle(app, pilot)
        assert "Nothing was done yet" in shown(app)
