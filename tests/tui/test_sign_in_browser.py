"""Browser sign-in: a live checklist, a paste at any moment, gone at once on Esc."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from my_app.errors import AccessDenied, StateMismatch
from my_app.events import Approved, BrowserPage, FlowChosen, ListenerReady, LoginEvent, Saved, StrayCallback, TokensChecked
from my_app.login import Ask, SignedIn, Watch
from my_app.model import Flow
from my_app.testing import FakeClock
from my_app_accounts.screens.sign_in import SignInScreen
from tui.fakes import HOSTILE, World, signed_in, world
from tui.screening import staged, with_flow

URL = "https://acme.okta.com/oauth2/v1/authorize?response_type=code&client_id=demo-cli&state=abc&code_challenge_method=S256"
REDIRECT = "http://127.0.0.1:43210/cb/a1"


def waiting(clock: FakeClock, *, opened: bool = True) -> list[LoginEvent]:
    """The events up to the wait for the person."""
    return [
        FlowChosen(flow=Flow.BROWSER, reason="this computer has a display"),
        ListenerReady(redirect_uri=REDIRECT),
        BrowserPage(url=URL, redirect_uri=REDIRECT, expires_at=clock.now() + timedelta(seconds=102), opened=opened),
    ]


def play(world_: World, first: list[LoginEvent], rest: list[LoginEvent] | None = None) -> asyncio.Event:
    """A sign-in that shows ``first``, waits for the returned event, shows ``rest`` and ends well."""
    go_on = asyncio.Event()

    async def script(watch: Watch, ask: Ask) -> SignedIn:
        for event in first:
            watch(event)
        await go_on.wait()
        for event in rest or []:
            watch(event)
        return signed_in("work")

    world_.logins.script = script
    return go_on


async def test_every_step_of_the_checklist_appears_as_it_happens() -> None:
    """Port, browser, time left, then approval, tokens and saving; at the end the account is selected."""
    w = world()
    with_flow(w, "work", Flow.AUTO)
    done = [Approved(), TokensChecked(identity_known=True), Saved(profile="work")]
    go_on = play(w, waiting(w.clock), done)
    async with staged(w, SignInScreen("work")) as stage:
        await stage.sees(
            "✓ Local listener ready on 127.0.0.1:43210", "✓ Browser opened", "◔ Waiting for you to approve", "1:42 left"
        )
        assert "This computer has a display." in stage.text
        assert "· Exchange the code (PKCE S256)" in stage.text
        assert "openid profile email" in stage.text
        await stage.later(42)
        await stage.sees("1:00 left")
        go_on.set()
        await stage.until(lambda: stage.app.dismissed)
        assert stage.app.dismissed == [signed_in("work")]
        await stage.until(lambda: stage.app.changed == ["work"])
        assert "work is signed in." in stage.toasts


async def test_escape_cancels_at_once_and_stops_the_attempt() -> None:
    """Esc leaves with nothing and cancels the task, which frees the port (L4)."""
    w = world()
    play(w, waiting(w.clock))
    async with staged(w, SignInScreen("work")) as stage:
        await stage.sees("Waiting for you")
        await stage.press("escape")
        await stage.until(lambda: w.logins.attempts[0].cancelled)
        assert stage.app.dismissed == [None]
        assert stage.app.changed == []


async def test_keys_open_the_page_again_and_copy_the_link() -> None:
    """o goes through the core's own door, u copies the whole address, i shows it."""
    w = world()
    play(w, waiting(w.clock))
    async with staged(w, SignInScreen("work"), (120, 36)) as stage:
        await stage.sees("Waiting for you")
        await stage.press("o", "u", "i")
        await stage.until(lambda: w.logins.opened == [URL] and stage.terminal.held == URL)
        await stage.sees("https://acme.okta.com/oauth2/v1/authorize?response_type=code")
        assert "Link copied." in stage.toasts


async def test_without_a_browser_the_link_is_there_at_once() -> None:
    """No browser could be started: the address is shown, the wait goes on."""
    w = world()
    play(w, waiting(w.clock, opened=False))
    async with staged(w, SignInScreen("work")) as stage:
        await stage.sees("No browser found", "https://acme.okta.com/oauth2", "Waiting for you", "d device code")


async def test_a_pasted_callback_goes_to_the_judge_of_the_attempt() -> None:
    """A foreign URL is refused with a reason and the wait goes on; the right one is taken (A7)."""
    w = world()
    play(w, waiting(w.clock))
    async with staged(w, SignInScreen("work")) as stage:
        await stage.sees("Waiting for you")
        attempt = w.logins.attempts[0]
        attempt.paste_answer = StateMismatch("This address belongs to another sign-in.")
        await stage.press("p")
        await stage.sees("Nobody else may ask you for it")
        await stage.paste("http://127.0.0.1:43210/cb/a1?code=x\n&state=evil\x1b[31m")
        await stage.press("enter")
        await stage.sees("✗ This address belongs to another sign-in.")
        assert attempt.pasted == ["http://127.0.0.1:43210/cb/a1?code=x &state=evil\\x1b[31m"]
        attempt.paste_answer = None
        await stage.type("http://127.0.0.1:43210/cb/a1?code=x&state=abc")
        await stage.press("enter")
        await stage.until(lambda: "Nobody else" not in stage.text)
        assert attempt.pasted[-1].endswith("state=abc")
        assert "code=x" not in stage.text


async def test_escape_closes_the_paste_field_first() -> None:
    """One step back at a time."""
    w = world()
    play(w, waiting(w.clock))
    async with staged(w, SignInScreen("work")) as stage:
        await stage.sees("Waiting for you")
        await stage.press("p", "escape")
        await stage.sees("Waiting for you")
        assert stage.app.dismissed == []
        await stage.press("escape")
        await stage.until(lambda: stage.app.dismissed == [None])


async def test_a_stray_callback_is_told_and_changes_nothing() -> None:
    """A forged callback does not end the wait, and its text is harmless (L8, X2)."""
    w = world()
    play(w, [*waiting(w.clock), StrayCallback(reason="wrong state")])
    async with staged(w, SignInScreen("work")) as stage:
        await stage.sees("A stray callback was turned away; still waiting. (wrong state)", "Waiting for you")


async def test_a_denial_becomes_a_card_with_the_other_ways() -> None:
    """What, why, what to do, keys; d starts the device flow, and late events of the old attempt are dropped."""
    w = world()

    async def denied(watch: Watch, ask: Ask) -> SignedIn:
        for event in waiting(w.clock):
            watch(event)
        raise AccessDenied(f"The provider says: {HOSTILE}.", hint="Approve the request on its page.", error=HOSTILE)

    w.logins.script = denied
    async with staged(w, SignInScreen("work")) as stage:
        await stage.sees("✗ The provider says", "access_denied", "Approve the request on its page.", "n try again", "d device code")
        assert "\x1b" not in stage.text
        assert "[/red]" in stage.text
        play(w, [FlowChosen(flow=Flow.DEVICE, reason="You chose it.")])
        await stage.press("d")
        await stage.sees("Asking for a code")
        assert w.logins.started == [("work", None), ("work", Flow.DEVICE)]


async def test_n_after_an_error_tries_the_same_way_again() -> None:
    """Only a key starts another attempt (V5)."""
    w = world()

    async def fails(watch: Watch, ask: Ask) -> SignedIn:
        watch(FlowChosen(flow=Flow.BROWSER, reason=""))
        raise AccessDenied("Denied.")

    w.logins.script = fails
    async with staged(w, SignInScreen("work")) as stage:
        await stage.sees("✗ Denied.")
        await stage.later(3600)
        assert len(w.logins.started) == 1
        play(w, waiting(w.clock))
        await stage.press("n")
        await stage.sees("Waiting for you")
        assert w.logins.started[1] == ("work", Flow.BROWSER)


async def test_a_mistake_of_ours_stops_the_wait() -> None:
    """A bug in an attempt shows a card, not a screen that waits for ever."""
    w = world()

    async def broken(watch: Watch, ask: Ask) -> SignedIn:
        raise ZeroDivisionError

    w.logins.script = broken
    async with staged(w, SignInScreen("work")) as stage:
        await stage.sees("This program made a mistake during the sign-in. Nothing was saved.")


async def test_scopes_that_were_not_granted_are_counted() -> None:
    """A grant of fewer scopes than asked for is told."""
    w = world()

    async def fewer(watch: Watch, ask: Ask) -> SignedIn:
        end = signed_in("work")
        return SignedIn(
            profile="work",
            state=end.state,
            expires_at=None,
            scopes=("openid",),
            requested_scopes=("openid", "profile", "email"),
            identity=None,
        )

    w.logins.script = fewer
    async with staged(w, SignInScreen("work")) as stage:
        await stage.until(lambda: stage.app.dismissed)
        assert "2 of the scopes asked for were not granted" in stage.toasts


async def test_client_credentials_need_no_person() -> None:
    """A service account signs in by itself; an error is a card."""
    w = world()
    async with staged(w, SignInScreen("ci-deploy")) as stage:
        await stage.until(lambda: stage.app.dismissed == [signed_in("ci-deploy")])
    w = world()
    w.logins.automatic_fault = AccessDenied("The client secret was not accepted.")
    async with staged(w, SignInScreen("ci-deploy")) as stage:
        await stage.sees("✗ The client secret was not accepted.", "n try again")
