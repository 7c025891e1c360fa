"""Runs the app on fakes and reads what is on its screen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from textual.pilot import Pilot
from textual.widgets import Input

from my_app_accounts.app import AccountsApp
from tui.fakes import World


async def settle(app: AccountsApp, pilot: Pilot[None]) -> None:
    """Until no worker runs, no message waits and everything is painted, however busy the machine is."""
    calm = 0
    while calm < 2:
        await pilot.pause()
        if len(app.workers):
            await app.workers.wait_for_complete()
            calm = 0
        elif any(node.message_queue_size for node in (app, *app.screen_stack, *app.screen.walk_children())):
            calm = 0
        else:
            calm += 1


@asynccontextmanager
async def running(
    world: World,
    size: tuple[int, int] = (120, 36),
    *,
    environ: Mapping[str, str] | None = None,
    read_only: bool = False,
    profile: str | None = None,
    demo: object | None = None,
) -> AsyncIterator[tuple[AccountsApp, Pilot[None]]]:
    """The app with its clock stopped, settled."""
    app = AccountsApp(world.services, environ=environ or {}, ticking=False, read_only=read_only, profile=profile, demo=demo)
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot)
        yield app, pilot


async def press(app: AccountsApp, pilot: Pilot[None], *keys: str) -> None:
    """Press ``keys`` one after the other, settling after each."""
    for key in keys:
        await pilot.press(key)
        await settle(app, pilot)


async def typed(app: AccountsApp, pilot: Pilot[None], text: str) -> None:
    """Type ``text`` into the field with the focus, in one go: a key at a time costs 80 ms each."""
    assert isinstance(app.focused, Input)
    app.focused.insert_text_at_cursor(text)
    await settle(app, pilot)


async def tick(app: AccountsApp, pilot: Pilot[None], world: World, seconds: float = 1) -> None:
    """Let time pass by the fake clock and strike once."""
    world.clock.advance(seconds)
    app.strike()
    await settle(app, pilot)


def shown(app: AccountsApp) -> str:
    """The text on the screen, line by line."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def toasts(app: AccountsApp) -> str:
    """What the toasts say, oldest first."""
    return "\n".join(note.message for note in app._notifications)
