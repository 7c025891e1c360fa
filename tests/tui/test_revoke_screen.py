"""Revoke and forget: consequences, a typed name, an honest end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from my_app.errors import ServerBusy
from my_app.grants import Ended
from my_app.testing import NOON
from my_app_accounts.screens.forget import ForgetScreen
from my_app_accounts.screens.revoke import RevokeScreen, told
from tui.fakes import HOSTILE, world
from tui.screening import staged


async def test_the_button_is_locked_until_the_name_is_typed() -> None:
    """Enter with half a name, or a tab to the locked button, revokes nothing; the whole name does."""
    w = world()
    async with staged(w, RevokeScreen("github")) as stage:
        await stage.sees("✕ Signed out here and wherever this grant is used.", "Type  github  to confirm:")
        await stage.type("gith")
        await stage.press("enter", "enter")
        assert w.grants.revoked == []
        await stage.type("ub")
        await stage.press("tab", "tab", "enter")
        await stage.sees("✓ Refresh token revoked at the provider", "✓ Access token revoked at the provider")
        assert w.grants.revoked == ["github"]
        await stage.until(lambda: stage.app.changed == ["github"])
        await stage.press("enter")
        await stage.until(lambda: stage.app.dismissed)
        assert isinstance(stage.app.dismissed[0], Ended)


async def test_escape_keeps_it() -> None:
    """Esc before the name is complete leaves everything as it is."""
    w = world()
    async with staged(w, RevokeScreen("github")) as stage:
        await stage.sees("Cannot be undone.")
        await stage.press("escape")
        await stage.until(lambda: stage.app.dismissed == [None])
        assert w.grants.revoked == []


async def test_a_busy_server_is_a_card_and_the_token_lives() -> None:
    """A 503 means that it still lives; hostile words stay text."""
    w = world()
    w.grants.fault = ServerBusy(f"{HOSTILE} is busy: the token still lives.")
    async with staged(w, RevokeScreen("github")) as stage:
        await stage.sees("Cannot be undone.")
        await stage.type("github")
        await stage.press("enter")
        await stage.sees("the token still lives", "server_busy", "[ Close ]")
        assert "\x1b" not in stage.text


def test_what_was_not_told_is_said_honestly() -> None:
    """The provider was not told, why, and until when a token may still work (U4, U5)."""
    ended = Ended(
        profile="github",
        revoked=("refresh_token",),
        not_told=("access_token",),
        reason="The provider has no endpoint for it.",
        still_valid_until=NOON + timedelta(minutes=58),
        forgotten=False,
    )
    lines = "\n".join(text for _, _, text in told(ended, NOON))
    assert "Refresh token revoked at the provider" in lines
    assert "Access token: the provider was not told" in lines
    assert "no endpoint" in lines
    assert "in 58 m" in lines
    nothing = replace(ended, revoked=(), not_told=(), reason="", still_valid_until=None)
    assert told(nothing, NOON)[0][2] == "Nothing was left to revoke."


async def test_forget_has_the_safe_button_focused() -> None:
    """Enter at once keeps it; the other button has to be gone to."""
    async with staged(world(), ForgetScreen("github")) as stage:
        await stage.sees("Forget  github  on this machine?", "No server is told")
        await stage.press("enter")
        await stage.until(lambda: stage.app.dismissed == [False])
    async with staged(world(), ForgetScreen("github")) as stage:
        await stage.sees("Forget  github")
        await stage.press("right", "enter")
        await stage.until(lambda: stage.app.dismissed == [True])
    async with staged(world(), ForgetScreen("github")) as stage:
        await stage.sees("Forget  github")
        await stage.press("escape")
        await stage.until(lambda: stage.app.dismissed == [False])
