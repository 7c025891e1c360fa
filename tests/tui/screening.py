"""Runs one screen over fakes in a bare app of ours, and reads what is on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.screen import Screen

from my_app.model import Flow
from my_app_accounts.clipboard import Clipboard
from my_app_accounts.copying import Copier
from my_app_accounts.messages import AccountsChanged
from my_app_accounts.safe import SafeApp
from tui.fakes import World


class Terminal:
    """A local clipboard tool and a terminal, both in memory."""

    def __init__(self) -> None:
        self.held = ""
        self.sequences: list[str] = []

    def run(self, argv: tuple[str, ...], text: str | None) -> str | None:
        """xclip, as far as the clipboard needs it."""
        if "-out" in argv:
            return self.held
        self.held = text or ""
        return ""


class HostApp(SafeApp):
    """An app that shows one screen and keeps what it was dismissed with."""

    def __init__(self, world: World, screen: Screen[Any], terminal: Terminal, *, tool: bool, demo: object | None) -> None:
        environ = {"DISPLAY": ":0"} if tool else {"SSH_TTY": "/dev/pts/1"}
        super().__init__(environ)
        self.services = world.services
        self.options = world.accounts.current_options
        self.demo = demo
        board = Clipboard(
            environ, platform="linux", terminal=terminal.sequences.append, run=terminal.run, which=lambda name: f"/usr/bin/{name}"
        )
        self.copier = Copier(self, board, world.clock)
        self.first = screen
        self.dismissed: list[object] = []
        self.changed: list[str | None] = []

    def on_mount(self) -> None:
        """Show it."""
        self.push_screen(self.first, self.dismissed.append)

    def on_accounts_changed(self, event: AccountsChanged) -> None:
        """Remember what was to be selected."""
        self.changed.append(event.select)


class Stage:
    """What a test does with the screen."""

    def __init__(self, app: HostApp, pilot: Pilot[None], world: World, terminal: Terminal) -> None:
        self.app = app
        self.pilot = pilot
        self.world = world
        self.terminal = terminal

    async def until(self, true: Callable[[], object]) -> None:
        """Let the app and its threads work until ``true``; a promise that is not kept fails after some seconds."""
        for _ in range(1000):
            self.app.screen._on_timer_update()
            if true():
                return
            await asyncio.sleep(0.005)
        raise AssertionError(f"it never came true; on the screen:\n{self.text}")

    async def sees(self, *words: str) -> None:
        """Until all the words are on the screen."""
        await self.until(lambda: all(word in self.text or word in self.flat for word in words))

    async def press(self, *keys: str) -> None:
        """Press keys one after the other; each has done its work before the next."""
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        """Type characters into what has the focus, fast."""
        for character in text:
            key = events.Key(_character_to_key(character), character)
            key.set_sender(self.app)
            assert self.app._driver is not None
            self.app._driver.send_message(key)
        await self.pilot.pause()

    async def paste(self, text: str) -> None:
        """Paste as a terminal does (bracketed paste)."""
        self.app.post_message(events.Paste(text))
        await self.pilot.pause()

    async def later(self, seconds: float) -> None:
        """Let time pass by the fake clock and strike once."""
        self.world.clock.advance(seconds)
        tick = getattr(self.app.screen, "tick", None)
        if tick is not None:
            tick()
        await self.pilot.pause()

    @property
    def text(self) -> str:
        """The text on the screen, line by line."""
        return "\n".join(strip.text.rstrip() for strip in self.app.screen._compositor.render_strips())

    @property
    def flat(self) -> str:
        """The same in one line without frames, so that a wrapped sentence is found."""
        return " ".join(self.text.translate(dict.fromkeys(map(ord, "│╭╮╰╯─"), " ")).split())

    @property
    def toasts(self) -> str:
        """What the toasts say."""
        return "\n".join(note.message for note in self.app._notifications)


@asynccontextmanager
async def staged(
    world: World, screen: Screen[Any], size: tuple[int, int] = (80, 24), *, tool: bool = True, demo: object | None = None
) -> AsyncIterator[Stage]:
    """``screen`` over ``world``."""
    terminal = Terminal()
    app = HostApp(world, screen, terminal, tool=tool, demo=demo)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield Stage(app, pilot, world, terminal)


def with_flow(world: World, name: str, flow: Flow) -> None:
    """Give an account of the fakes another flow."""
    row = world.accounts.rows[name]
    world.accounts.rows[name] = replace(row, flow=flow)
