"""Reveal: masked at first, counted, gone when nobody looks, one line in the trail each time (H5)."""

from __future__ import annotations

from dataclasses import replace

from textual import events

from my_app.audit import Event
from my_app.secret import MASK, Secret
from my_app_accounts.screens.forget import ForgetScreen
from my_app_accounts.screens.reveal import RevealScreen
from tui.fakes import CANARY, world
from tui.screening import staged


async def test_it_shows_on_a_key_for_ten_counted_seconds() -> None:
    """Masked until Enter, then ten seconds with the count, then eight dots again; the trail has a line without the value."""
    w = world()
    async with staged(w, RevealScreen("github")) as stage:
        await stage.sees("Access token", "Header line", MASK, "Masked. Enter or v shows it")
        assert CANARY not in stage.text
        await stage.press("enter")
        await stage.sees(CANARY, "Hidden again in 10 s")
        await stage.later(3.5)
        await stage.sees("Hidden again in 7 s")
        await stage.later(7)
        await stage.sees(MASK)
        assert CANARY not in stage.text
        assert [(line.event, line.profile, line.detail) for line in w.audit.lines] == [(Event.REVEAL, "github", "access token")]


async def test_losing_the_focus_hides_it() -> None:
    """The terminal lost the focus: masked at once; a late answer is not shown either."""
    w = world()
    async with staged(w, RevealScreen("github")) as stage:
        await stage.sees("Masked.")
        await stage.press("v")
        await stage.sees(CANARY)
        stage.app.post_message(events.AppBlur())
        await stage.until(lambda: CANARY not in stage.text)


async def test_another_screen_or_row_hides_it() -> None:
    """A dialog over it, or the cursor on another secret, masks it."""
    w = world()
    async with staged(w, RevealScreen("github")) as stage:
        await stage.sees("Masked.")
        await stage.press("enter")
        await stage.sees(CANARY)
        stage.app.push_screen(ForgetScreen("github"))
        await stage.pilot.pause()
        assert CANARY not in stage.text
        stage.app.pop_screen()
        await stage.sees("Masked.")
        assert CANARY not in stage.text
        await stage.press("v")
        await stage.sees(CANARY)
        await stage.press("j")
        await stage.until(lambda: CANARY not in stage.text)
        await stage.press("enter")
        await stage.sees(f"Authorization: Bearer {CANARY}")
        assert [line.detail for line in w.audit.lines] == ["access token", "access token", "header line"]


async def test_an_api_key_is_shown_with_its_header_and_nothing_else() -> None:
    """A static key and the header it goes into; client secrets and refresh tokens are never offered."""
    w = world()
    row = w.accounts.rows["openai"]
    w.accounts.rows["openai"] = replace(row, profile=replace(row.profile, header="X-Api-Key"))
    async with staged(w, RevealScreen("openai")) as stage:
        await stage.sees("API key", "X-Api-Key: ••••••••")
        assert "Refresh" not in stage.text
        await stage.press("down", "enter")
        await stage.sees(f"X-Api-Key: {CANARY}")


async def test_a_hostile_token_is_drawn_as_text() -> None:
    """A token holding escapes reaches no terminal (X1)."""
    w = world()
    record = w.store.load("openai")
    assert record is not None
    w.store.save(replace(record, api_key=Secret("a\x1b]52;c;aGk=\x07[red]b")))
    async with staged(w, RevealScreen("openai")) as stage:
        await stage.sees("Masked.")
        await stage.press("enter")
        await stage.sees("\\x1b]52;c;aGk=\\x07[red]b")
        assert "\x1b" not in stage.text


async def test_nothing_to_show_is_said_with_the_next_key() -> None:
    """An account that never signed in has nothing to reveal."""
    w = world()
    w.store.delete("legacy")
    async with staged(w, RevealScreen("legacy")) as stage:
        await stage.sees("has no secret here", "login_needed", "Press l to sign in.")
