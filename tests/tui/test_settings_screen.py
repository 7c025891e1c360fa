"""Settings change as they are chosen, and are taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from my_app.settings import Options
from my_app_accounts.widgets.setting_list import SettingList
from tui.driving import press, running, settle, shown
from tui.fakes import world


async def test_a_theme_is_previewed_and_saved_as_it_is_chosen() -> None:
    """Right changes the colours at once and writes the name; u takes it back."""
    there = world()
    async with running(there) as (app, pilot):
        await press(app, pilot, "4", "right")
        assert there.accounts.saved_options == {"theme": "vault-light"}
        await press(app, pilot, "u")
        assert there.accounts.saved_options == {"theme": "vault-dark"}


@pytest.mark.slow
async def test_spans_step_through_their_choices() -> None:
    """A value that is none of them is kept among them."""
    there = world()
    there.accounts.current_options = Options(reveal=timedelta(seconds=7))
    async with running(there) as (app, pilot):
        await press(app, pilot, "4", "down", "down")
        assert "7 s" in shown(app)
        await press(app, pilot, "right")
        assert there.accounts.saved_options == {"reveal": "5s"}


@pytest.mark.slow
async def test_never_is_a_choice_where_it_is_allowed() -> None:
    """Lock and clipboard may be switched off."""
    there = world()
    there.accounts.current_options = Options(lock_after=timedelta(hours=1))
    async with running(there) as (app, pilot):
        await press(app, pilot, "4", "down", "down", "down", "right")
        assert there.accounts.saved_options == {"lock_after": "never"}


@pytest.mark.slow
async def test_titles_are_stepped_over() -> None:
    """The cursor is always on a setting."""
    async with running(world()) as (app, pilot):
        await press(app, pilot, "4")
        listed = app.screen.query_one(SettingList)
        for _ in range(12):
            await pilot.press("down")
            assert not isinstance(listed.current, str)


async def test_the_vault_is_told_in_words() -> None:
    """State, keyring, file."""
    async with running(world()) as (app, pilot):
        await press(app, pilot, "4")
        await settle(app, pilot)
        for word in ("open, by keyring", "Secret Service", "vault.db", "config.toml"):
            assert word in shown(app)
