"""Terminal sign-in: the host first, password, then a code that is sent once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from my_app.errors import AccessDenied
from my_app.events import FlowChosen
from my_app.login import Ask, SignedIn, Watch
from my_app.model import Answers, Challenge, Flow, Prompt, PromptKind
from my_app_accounts.screens.sign_in import SignInScreen
from my_app_accounts.widgets.otp_input import code_in
from tui.fakes import HOSTILE, World, signed_in, world
from tui.screening import Stage, staged

HOST = "127.0.0.1:9400"
LOGIN = Challenge(
    host=HOST,
    prompts=(Prompt(kind=PromptKind.USERNAME, label="User name"), Prompt(kind=PromptKind.PASSWORD, label="Password", secret=True)),
)
CODE = Challenge(host=HOST, prompts=(Prompt(kind=PromptKind.OTP, label="Code from your authenticator app", secret=True),))


def wrong(left: int) -> Challenge:
    """The same question after a wrong code."""
    prompt = Prompt(
        kind=PromptKind.OTP,
        label="Code from your authenticator app",
        secret=True,
        attempts_left=left,
        problem="That code was not accepted.",
    )
    return Challenge(host=HOST, prompts=(prompt,))


def play(w: World, challenges: Sequence[Challenge | BaseException]) -> list[Answers]:
    """Asks the challenges in order, raises an error among them, ends well; returns the list of what was answered."""
    got: list[Answers] = []

    async def script(watch: Watch, ask: Ask) -> SignedIn:
        watch(FlowChosen(flow=Flow.TERMINAL, reason=""))
        for challenge in challenges:
            if isinstance(challenge, BaseException):
                raise challenge
            got.append(await ask(challenge))
        return signed_in("work")

    w.logins.script = script
    return got


async def log_in(stage: Stage) -> None:
    """User name and password by keyboard."""
    await stage.sees("Your password goes to", HOST)
    await stage.type("ana")
    await stage.press("enter")
    await stage.type("pa ss")
    await stage.press("enter")


async def test_password_then_code_by_keyboard_alone() -> None:
    """The host is named before the password, nothing typed is echoed, the code signs in (X6)."""
    w = world()
    got = play(w, [LOGIN, CODE])
    async with staged(w, SignInScreen("work", Flow.TERMINAL)) as stage:
        await stage.sees("Your password goes to", HOST, "and to nobody else")
        assert w.logins.started == [("work", Flow.TERMINAL)]
        await stage.type("ana")
        await stage.press("enter")
        await stage.type("pa ss")
        assert "pa ss" not in stage.text
        await stage.press("ctrl+a", "ctrl+c", "ctrl+x", "enter")
        await stage.sees("wants a second step", "Code from your authenticator app", "codes change in")
        assert stage.app.clipboard == ""
        await stage.type("12a34x56")
        await stage.press("enter")
        await stage.until(lambda: stage.app.dismissed == [signed_in("work")])
        assert got[0][PromptKind.USERNAME].reveal() == "ana"
        assert got[0][PromptKind.PASSWORD].reveal() == "pa ss"
        assert got[1][PromptKind.OTP].reveal() == "123456"


async def test_a_wrong_code_says_how_many_tries_are_left_and_is_not_sent_again() -> None:
    """Two tries left, the boxes are empty again, the same code is refused here (E4), short ones too."""
    w = world()
    got = play(w, [CODE, wrong(2), wrong(1)])
    async with staged(w, SignInScreen("work", Flow.TERMINAL)) as stage:
        await stage.sees("wants a second step")
        await stage.type("111111")
        await stage.press("enter", "enter", "enter")
        await stage.sees("✗ That code was not accepted. 2 tries left.")
        assert len(got) == 1
        await stage.type("1111")
        await stage.press("enter")
        await stage.sees("2 more digits, please.")
        await stage.type("11")
        await stage.press("enter")
        await stage.sees("That code was sent already.")
        assert len(got) == 1
        await stage.press("ctrl+u")
        await stage.type("222222")
        await stage.press("enter")
        await stage.sees("1 try left.")
        assert got[1][PromptKind.OTP].reveal() == "222222"


async def test_a_pasted_message_gives_its_code_and_sends_nothing() -> None:
    """A whole message with a line break fills the boxes; Enter sends (X6)."""
    w = world()
    got = play(w, [CODE])
    async with staged(w, SignInScreen("work", Flow.TERMINAL)) as stage:
        await stage.sees("wants a second step")
        await stage.paste("nothing in here")
        await stage.sees("No six-digit code in what was pasted.")
        await stage.paste("ACME: your code is 123 456. It expires in 10 minutes.\n")
        await stage.sees("1   2   3       4   5   6")
        assert got == []
        await stage.press("enter")
        await stage.until(lambda: len(got) == 1)
        assert got[0][PromptKind.OTP].reveal() == "123456"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("123456", "123456"),
        ("123 456", "123456"),
        ("123-456", "123456"),
        ("1 2 3 4 5 6", "123456"),
        ("Code: 000123\r\nCall +49 171 1234567", "000123"),
        ("12345", None),
        ("1234567", None),
        ("٣٣٣٣٣٣", None),
        ("", None),
    ],
)
def test_codes_are_found_in_any_wrapping(text: str, code: str | None) -> None:
    """Six digits alone, in groups or in a message; no other number is taken for one."""
    assert code_in(text) == code


async def test_a_pasted_password_submits_nothing() -> None:
    """A line break in a paste stays out of the field and presses no button (X6)."""
    w = world()
    got = play(w, [LOGIN])
    async with staged(w, SignInScreen("work", Flow.TERMINAL)) as stage:
        await stage.sees("Your password goes to")
        await stage.type("ana")
        await stage.press("tab")
        await stage.paste("secret pass\x1b\n")
        assert got == []
        await stage.press("enter")
        await stage.until(lambda: len(got) == 1)
        assert got[0][PromptKind.PASSWORD].reveal() == "secret pass\x1b"


async def test_fields_must_be_filled_before_anything_is_sent() -> None:
    """An empty password is not sent."""
    w = world()
    got = play(w, [LOGIN])
    async with staged(w, SignInScreen("work", Flow.TERMINAL)) as stage:
        await stage.sees("Your password goes to")
        await stage.press("tab", "tab", "tab", "tab", "enter")
        await stage.sees("Please fill in every field.")
        assert got == []


async def test_escape_at_the_code_forgets_everything() -> None:
    """Esc cancels the attempt; nothing is answered afterwards."""
    w = world()
    got = play(w, [LOGIN, CODE])
    async with staged(w, SignInScreen("work", Flow.TERMINAL)) as stage:
        await log_in(stage)
        await stage.sees("wants a second step")
        await stage.press("escape")
        await stage.until(lambda: w.logins.attempts[0].cancelled)
        assert stage.app.dismissed == [None]
        assert len(got) == 1


async def test_out_of_tries_is_a_card_and_another_way_is_a_button_away() -> None:
    """access_denied after the last try; from the form, Tab reaches the browser button."""
    w = world()
    play(w, [CODE, AccessDenied("Too many wrong codes.", hint="Wait a minute, then try again.")])
    async with staged(w, SignInScreen("work", Flow.TERMINAL)) as stage:
        await stage.sees("wants a second step")
        await stage.type("123456")
        await stage.press("enter")
        await stage.sees("✗ Too many wrong codes.", "w browser", "d device code")
        play(w, [LOGIN])
        await stage.press("n")
        await stage.sees("Your password goes to")
        await stage.press("tab", "tab", "enter")
        await stage.until(lambda: w.logins.started[-1] == ("work", Flow.BROWSER))


async def test_hostile_questions_stay_text_and_deadlines_count() -> None:
    """Labels, problems and host are shown as text; a challenge with an end says how long is left."""
    w = world()
    evil = Challenge(
        host=HOSTILE,
        prompts=(
            Prompt(kind=PromptKind.CHOICE, label=HOSTILE, choices=(HOSTILE, "Push"), problem=HOSTILE),
            Prompt(kind=PromptKind.PUSH, label="Push"),
        ),
        expires_at=w.clock.now() + timedelta(seconds=75),
    )
    got = play(w, [evil])
    async with staged(w, SignInScreen("work", Flow.TERMINAL)) as stage:
        await stage.sees("[@click=app.quit]evil", "1:15 left to answer", "Approve on your phone")
        assert "\x1b" not in stage.text
        await stage.press("down", "enter")
        await stage.until(lambda: len(got) == 1)
        assert got[0][PromptKind.CHOICE].reveal() == "Push"
        await asyncio.sleep(0)
