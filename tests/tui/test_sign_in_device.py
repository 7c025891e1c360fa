"""Device sign-in: code and link as text, a QR that fits, countdowns, slow_down, expiry."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from my_app.errors import DeviceCodeExpired
from my_app.events import Approved, DevicePage, DevicePoll, FlowChosen, LoginEvent, Saved, TokensChecked
from my_app.login import Ask, SignedIn, Watch
from my_app.model import Flow
from my_app.testing import FakeClock
from my_app_accounts.screens.sign_in import SignInScreen
from my_app_accounts.widgets.qr import QR
from tui.fakes import HOSTILE, World, signed_in, world
from tui.screening import staged

PAGE = "https://acme.okta.com/activate"


def page(clock: FakeClock, *, code: str = "BDSD-HQMK", complete: bool = True, same_host: bool = True) -> DevicePage:
    """A device page that is good for 581 seconds."""
    return DevicePage(
        user_code=code,
        verification_uri=PAGE,
        verification_uri_complete=f"{PAGE}?user_code={code}" if complete else None,
        expires_at=clock.now() + timedelta(seconds=581),
        interval=timedelta(seconds=5),
        same_host=same_host,
    )


def poll(clock: FakeClock, every: int = 5) -> DevicePoll:
    """The next poll comes in three seconds."""
    return DevicePoll(interval=timedelta(seconds=every), next_at=clock.now() + timedelta(seconds=3))


def play(w: World, *events: LoginEvent) -> asyncio.Queue[LoginEvent | BaseException | None]:
    """A device sign-in that shows ``events``, then what is put into the queue: an event, an error, None to end well."""
    queue: asyncio.Queue[LoginEvent | BaseException | None] = asyncio.Queue()

    async def script(watch: Watch, ask: Ask) -> SignedIn:
        watch(FlowChosen(flow=Flow.DEVICE, reason="This is an SSH session."))
        for event in events:
            watch(event)
        while (event := await queue.get()) is not None:
            if isinstance(event, BaseException):
                raise event
            watch(event)
        return signed_in("work")

    w.logins.script = script
    return queue


async def test_code_link_qr_and_countdowns_fit_at_80x24() -> None:
    """The code large and as text, the link as text (V6), the QR beside it, expiry and next poll (issue 2)."""
    w = world()
    play(w, page(w.clock), poll(w.clock))
    async with staged(w, SignInScreen("work")) as stage:
        await stage.sees("B D S D - H Q M K", "BDSD-HQMK   c copy code", PAGE, "9:41", "3 s (every 5 s)", "Only approve if YOU")
        qr = stage.app.screen.query_one(QR)
        assert qr.display
        assert qr.region.width >= 33
        assert stage.app.screen.region.contains_region(qr.region)
        await stage.later(2)
        await stage.sees("9:39", "next check in 1 s")
        assert "esc cancel" in stage.text


async def test_slow_down_is_told_and_success_closes_the_screen() -> None:
    """After slow_down the new interval is shown with its reason (V2); approval ends it with the account selected."""
    w = world()
    queue = play(w, page(w.clock), poll(w.clock))
    async with staged(w, SignInScreen("work")) as stage:
        await stage.sees("every 5 s")
        queue.put_nowait(poll(w.clock, every=10))
        await stage.sees("slowed to 10 s at the server's wish", "(every 10 s)")
        for event in (Approved(), TokensChecked(identity_known=False), Saved(profile="work"), None):
            queue.put_nowait(event)
        await stage.until(lambda: stage.app.dismissed == [signed_in("work")])
        await stage.until(lambda: stage.app.changed == ["work"])


async def test_an_expired_code_waits_for_n() -> None:
    """At zero it says so; the core's error gives a card, and only n asks for a new code (V4, V5)."""
    w = world()
    queue = play(w, page(w.clock), poll(w.clock))
    async with staged(w, SignInScreen("work")) as stage:
        await stage.sees("9:41")
        await stage.later(600)
        await stage.sees("This code has expired.")
        queue.put_nowait(DeviceCodeExpired("The code ran out before it was approved.", hint="Ask for a new one with n."))
        await stage.sees("✗ The code ran out", "device_code_expired", "n new code", "w browser")
        assert len(w.logins.started) == 1
        play(w, page(w.clock, code="WXYZ-2345"))
        await stage.press("n")
        await stage.sees("WXYZ-2345")
        assert w.logins.started[1] == ("work", Flow.DEVICE)


async def test_keys_change_the_qr_and_the_window_decides_what_fits() -> None:
    """b needs more room than 80 columns and says how much, h hides it; a small window keeps code and link."""
    w = world()
    play(w, page(w.clock))
    async with staged(w, SignInScreen("work"), (140, 50)) as stage:
        await stage.sees("BDSD-HQMK")
        qr = stage.app.screen.query_one(QR)
        await stage.until(lambda: qr.size.width == 37)
        await stage.press("b")
        await stage.until(lambda: qr.size.width == 74)
        await stage.press("h")
        await stage.until(lambda: not qr.display)
        await stage.sees("h show QR")
        await stage.press("h")
        await stage.pilot.resize_terminal(80, 24)
        await stage.sees("A QR needs a window of 105 x 35", "BDSD-HQMK", PAGE)
        await stage.press("b")
        await stage.until(lambda: qr.display and qr.size.width == 37)


async def test_copying_the_code_and_opening_the_page() -> None:
    """c copies the code as a secret that is cleared, o opens the address with the code in it."""
    w = world()
    play(w, page(w.clock))
    async with staged(w, SignInScreen("work")) as stage:
        await stage.sees("BDSD-HQMK")
        await stage.press("c", "o")
        await stage.until(lambda: stage.terminal.held == "BDSD-HQMK" and w.logins.opened == [f"{PAGE}?user_code=BDSD-HQMK"])
        assert "cleared in 30 s" in stage.toasts


async def test_a_page_on_a_foreign_host_is_flagged() -> None:
    """The host is named when it is not the issuer's (V7); without a complete link the code is to be typed."""
    w = world()
    play(w, page(w.clock, complete=False, same_host=False))
    async with staged(w, SignInScreen("work"), (120, 36)) as stage:
        await stage.sees("! This page is on acme.okta.com", "Then type this code there:")


async def test_a_hostile_code_and_link_stay_text() -> None:
    """Escapes and markup in the server's strings reach neither terminal nor parser (X1, X2)."""
    w = world()
    now = w.clock.now()
    evil = DevicePage(
        user_code=HOSTILE,
        verification_uri="https://evil.test/[@click=app.quit]x[/]" + "y" * 400,
        verification_uri_complete=None,
        expires_at=now + timedelta(seconds=60),
        interval=timedelta(seconds=5),
        same_host=True,
    )
    play(w, evil, poll(w.clock))
    async with staged(w, SignInScreen("work"), (120, 36)) as stage:
        await stage.sees("[@click=app.quit]x[/]", "1:00")
        assert "\x1b" not in stage.text
        assert "\u202e" not in stage.text
        assert not stage.app.screen.query_one(QR).display
        await stage.press("escape")
        await stage.until(lambda: stage.app.dismissed == [None])
