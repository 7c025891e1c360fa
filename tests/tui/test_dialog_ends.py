"""Dialogs end once, end themselves and not what lies on top, and survive Esc at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from my_app.events import FlowChosen
from my_app.login import Ask, SignedIn, Watch
from my_app.model import Flow
from my_app_accounts.screens.copy import CopyScreen
from my_app_accounts.screens.forget import ForgetScreen
from my_app_accounts.screens.people import PeopleScreen
from my_app_accounts.screens.reveal import RevealScreen
from my_app_accounts.screens.revoke import RevokeScreen
from my_app_accounts.screens.rotate import RotateScreen
from my_app_accounts.screens.sign_in import SignInScreen
from my_app_accounts.screens.wizard import WizardScreen
from my_app_accounts.widgets.dialog import Dialog
from tui.fakes import signed_in, world
from tui.screening import staged

SCREENS: list[Callable[[], Dialog[Any]]] = [
    lambda: SignInScreen("work"),
    lambda: RevokeScreen("github"),
    lambda: RotateScreen("openai"),
    lambda: CopyScreen("github"),
    lambda: RevealScreen("github"),
    WizardScreen,
    lambda: PeopleScreen({}),
]


@pytest.mark.parametrize("make", SCREENS)
async def test_escape_at_any_moment_leaves_the_app_whole(make: Callable[[], Dialog[Any]]) -> None:
    """Esc between any two steps of opening: the dialog is gone, late answers change nothing, nothing falls over."""
    w = world()

    async def script(watch: Watch, ask: Ask) -> SignedIn:
        watch(FlowChosen(flow=Flow.BROWSER, reason=""))
        await asyncio.sleep(0)
        return signed_in("work")

    w.logins.script = script
    async with staged(w, ForgetScreen("work")) as stage:
        for moments in range(0, 40, 4):
            ended: list[object] = []
            dialog = make()
            stage.app.push_screen(dialog, ended.append)
            for _ in range(moments):
                await asyncio.sleep(0.0005)
            if stage.app.screen is dialog:
                await dialog.run_action("leave")
            dialog.dismiss(None)
            await stage.until(lambda: len(ended) == 1 and len(stage.app.screen_stack) == 2)  # noqa: B023 - awaited in the same round
        assert stage.app._exception is None


async def test_an_end_under_another_screen_waits_for_it() -> None:
    """A sign-in that succeeds under a dialog closes itself afterwards, not that dialog."""
    w = world()
    go_on = asyncio.Event()

    async def script(watch: Watch, ask: Ask) -> SignedIn:
        watch(FlowChosen(flow=Flow.BROWSER, reason=""))
        await go_on.wait()
        return signed_in("work")

    w.logins.script = script
    async with staged(w, SignInScreen("work")) as stage:
        await stage.sees("Open a local listener")
        answers: list[bool | None] = []
        stage.app.push_screen(ForgetScreen("github"), answers.append)
        await stage.sees("Forget  github")
        go_on.set()
        await stage.until(lambda: stage.app.changed == ["work"])
        assert answers == []
        await stage.press("enter")
        await stage.until(lambda: answers == [False] and stage.app.dismissed == [signed_in("work")])
