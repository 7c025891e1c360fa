"""The account list and what hangs on it, driven by the keyboard alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from my_app.errors import LoginExpired, NetworkUnavailable, SettingsFault, VaultLocked
from my_app.model import Identity, State
from my_app_accounts.screens.detail import DetailScreen
from my_app_accounts.screens.error import ErrorScreen
from my_app_accounts.screens.sign_in import SignInScreen
from my_app_accounts.widgets.account_list import AccountList
from my_app_accounts.widgets.detail import DetailPane
from my_app_accounts.widgets.filter import FilterBar
from my_app_accounts.widgets.recent import RecentPane
from tui.driving import press, running, settle, shown, tick, toasts, typed
from tui.fakes import CANARY, HOSTILE, account, world


@pytest.mark.parametrize(
    ("size", "detail", "recent"), [((80, 24), False, False), ((120, 36), True, False), ((200, 60), True, True)]
)
async def test_panes_follow_the_size_and_scopes_are_always_there(size: tuple[int, int], detail: bool, recent: bool) -> None:
    """One pane at 80x24, two at 120x36, three at 200x60; state word, name, provider, expiry and scopes at each."""
    async with running(world(), size) as (app, _):
        assert app.screen.query_one(DetailPane).display is detail
        assert app.screen.query_one(RecentPane).display is recent
        text = shown(app)
        for word in ("◔ Expiring", "github", "GitHub", "4 m 12 s", "openid", "+", "◆ Static key", "! Sign in", "✕ Revoked"):
            assert word in text
        assert all(len(line) <= size[0] for line in text.splitlines())


async def test_moving_by_letters_and_arrows_changes_the_detail() -> None:
    """j, k, arrows, G and g; the pane beside the list follows."""
    async with running(world()) as (app, pilot):
        listed = app.screen.query_one(AccountList)
        await press(app, pilot, "j", "down", "k")
        assert listed.current is not None
        assert listed.current.name == "github"
        assert "Authorization code + PKCE" in shown(app)
        await press(app, pilot, "G")
        assert listed.cursor == len(listed.items) - 1
        await press(app, pilot, "g")
        assert listed.cursor == 0


async def test_the_detail_says_where_the_secret_is_kept_and_shows_dots() -> None:
    """Flow in words, place of the secret, user, scopes; never the secret (H5)."""
    async with running(world(), profile="work") as (app, _):
        text = shown(app)
        for word in (
            "Authorization code + PKCE",
            "encrypted vault, opened by the",
            "••••••••",
            "ana@example.test",
            "Next",
            "issued",
        ):
            assert word in text
        assert CANARY not in text
        assert CANARY not in app.export_screenshot()


async def test_filter_narrows_while_typing_and_esc_goes_one_step_at_a_time() -> None:
    """/, words, count; Esc leaves the filter, then nothing: it never quits."""
    async with running(world()) as (app, pilot):
        await press(app, pilot, "slash")
        await typed(app, pilot, "git")
        assert [row.name for row in app.screen.query_one(AccountList).items] == ["github"]
        assert "1/7" in shown(app)
        await press(app, pilot, "enter")
        assert app.screen.query_one(AccountList).has_focus
        await press(app, pilot, "enter")
        assert app.screen.query_one(DetailPane).has_focus
        await press(app, pilot, "escape")
        assert app.screen.query_one(AccountList).has_focus
        assert app.screen.query_one(FilterBar).value == "git"
        await press(app, pilot, "escape")
        assert len(app.screen.query_one(AccountList).items) == 7
        await press(app, pilot, "escape", "escape")
        assert app.is_running


@pytest.mark.slow
async def test_no_match_says_what_was_looked_for() -> None:
    """An empty list names the filter and the key that clears it."""
    async with running(world()) as (app, pilot):
        await press(app, pilot, "slash")
        await typed(app, pilot, "zebra")
        assert "No account matches zebra. Esc clears the filter." in shown(app)


async def test_the_countdown_paints_only_lines_that_changed() -> None:
    """One second changes the one row that counts seconds, and states follow the clock."""
    there = world()
    async with running(there, (80, 24)) as (app, pilot):
        listed = app.screen.query_one(AccountList)
        await tick(app, pilot, there)
        drawn = listed.drawn
        await tick(app, pilot, there)
        assert listed.drawn == drawn + 1
        assert "4 m 10 s" in shown(app)
        await tick(app, pilot, there, 300)
        assert "◔ Expiring" not in shown(app)


@pytest.mark.slow
async def test_an_account_opens_on_its_own_screen_where_there_is_no_room() -> None:
    """At 80x24 Enter shows the detail, Esc and q come back."""
    async with running(world(), (80, 24), profile="work") as (app, pilot):
        await press(app, pilot, "enter")
        assert isinstance(app.screen, DetailScreen)
        assert "Kept in" in shown(app)
        await press(app, pilot, "escape")
        assert app.screen.query_one(AccountList).has_focus
        await press(app, pilot, "enter", "q")
        assert app.is_running
        assert not isinstance(app.screen, DetailScreen)


async def test_l_renews_what_can_be_renewed() -> None:
    """One call that forces a refresh, a toast, a new lifetime in the list."""
    there = world()
    async with running(there, profile="github") as (app, pilot):
        await press(app, pilot, "l")
        assert there.sessions.calls == [("github", True)]
        assert "60 m" in shown(app)
        assert not app.busy


@pytest.mark.slow
async def test_l_signs_in_where_a_person_is_needed() -> None:
    """A profile without a working login opens its sign-in; so does a renewal that is told the login is over."""
    there = world()
    async with running(there, profile="legacy") as (app, pilot):
        await press(app, pilot, "l")
        assert isinstance(app.screen, SignInScreen)
    there = world()
    there.sessions.fault = LoginExpired("The login of github is over.")
    async with running(there, profile="github") as (app, pilot):
        await press(app, pilot, "l")
        assert isinstance(app.screen, SignInScreen)


@pytest.mark.slow
async def test_a_renewal_that_fails_shows_a_card_with_code_and_remedy() -> None:
    """What, code, what to do; Esc closes it and the list is still there."""
    there = world()
    there.sessions.fault = NetworkUnavailable("The provider does not answer.")
    async with running(there, profile="github") as (app, pilot):
        await press(app, pilot, "l")
        assert isinstance(app.screen, ErrorScreen)
        text = shown(app)
        assert "The provider does not answer." in text
        assert "network" in text
        assert "Nothing is lost" in text
        await press(app, pilot, "escape")
        assert app.screen.query_one(AccountList).has_focus


@pytest.mark.slow
async def test_tokens_are_renewed_ahead_of_time_by_the_apps_clock() -> None:
    """Five minutes before the end; not in a read-only app."""
    there = world([account("work", expires_in=timedelta(minutes=20))])
    async with running(there) as (app, pilot):
        await tick(app, pilot, there)
        assert there.sessions.calls == []
        await tick(app, pilot, there, 15 * 60)
        assert there.sessions.calls == [("work", True)]
    there = world([account("work", expires_in=timedelta(minutes=20))])
    async with running(there, read_only=True) as (app, pilot):
        await tick(app, pilot, there)
        await tick(app, pilot, there, 15 * 60)
        assert there.sessions.calls == []


async def test_forgetting_can_be_undone_for_ten_seconds() -> None:
    """d, confirmed, takes the row away; u brings it back; after ten seconds it is removed for good."""
    there = world()
    async with running(there, profile="partner") as (app, pilot):
        app.forget("partner")
        await settle(app, pilot)
        assert "partner" not in [row.name for row in app.screen.query_one(AccountList).items]
        assert "u brings it back" in shown(app)
        assert "Forgot partner" in toasts(app)
        await press(app, pilot, "u")
        assert "partner" in [row.name for row in app.screen.query_one(AccountList).items]
        app.forget("partner")
        await tick(app, pilot, there, 9)
        assert "partner" in there.accounts.rows
        await tick(app, pilot, there, 1)
        assert "partner" not in there.accounts.rows


@pytest.mark.slow
async def test_quitting_within_the_ten_seconds_forgets() -> None:
    """What the person asked for is done when the app ends."""
    there = world()
    async with running(there) as (app, _):
        app.forget("partner")
    app.finish()
    assert "partner" not in there.accounts.rows


async def test_a_key_that_is_off_tells_its_reason() -> None:
    """Nothing happens, and the toast says why."""
    async with running(world(), profile="work") as (app, pilot):
        await press(app, pilot, "r")
        assert "only API keys and client secrets rotate" in toasts(app)


async def test_read_only_switches_off_what_changes() -> None:
    """Sign-in, rotate, revoke, forget are off; the top bar says so."""
    there = world()
    async with running(there, read_only=True, profile="openai") as (app, pilot):
        assert "read only" in shown(app)
        await press(app, pilot, "x", "r", "d", "n")
        assert len(app.screen_stack) == 1
        assert there.grants.revoked == []


async def test_the_first_run_says_what_to_press_and_where_secrets_go() -> None:
    """An empty home is no empty screen."""
    async with running(world([])) as (app, _):
        text = shown(app)
        assert "No accounts yet" in text
        assert "add the first one" in text
        assert "--demo" in text
        assert "encrypted vault" in text


async def test_hostile_names_stay_text() -> None:
    """Escapes and markup of a provider are marks on the screen, and no action runs (X1, X2)."""
    row = account("work", provider=HOSTILE, identity=Identity(username=HOSTILE, email=HOSTILE, tenant=HOSTILE), scopes=(HOSTILE,))
    hostile = replace(row, profile=replace(row.profile, issuer="https://example.test/[/red][@click=app.quit]x", client_id=HOSTILE))
    async with running(world([hostile]), (200, 60)) as (app, pilot):
        text = shown(app)
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "\\x1b" in text
        await press(app, pilot, "slash", "[", "/", "x")
        assert app.is_running


async def test_a_closed_vault_is_told_and_shown_dim() -> None:
    """The list is there before the vault is open; the status line names the key that opens it."""
    there = world([account("work", confirmed=False)])
    there.vault.is_open = False
    there.vault.open_fault = VaultLocked("The keyring is locked.")
    async with running(there) as (app, pilot):
        text = shown(app)
        assert "vault closed" in text
        assert "The keyring is locked. ^l opens the vault." in text
        there.vault.open_fault = None
        await press(app, pilot, "ctrl+l")
        assert "keyring open" in shown(app)


@pytest.mark.slow
async def test_an_idle_app_locks_the_vault() -> None:
    """After lock_after without a key; a key in between starts again."""
    there = world()
    async with running(there) as (app, pilot):
        await tick(app, pilot, there, 14 * 60)
        await press(app, pilot, "j")
        await tick(app, pilot, there, 14 * 60)
        assert there.vault.locked == 0
        reads = there.accounts.reads
        await tick(app, pilot, there, 60)
        assert there.vault.locked == 1
        assert there.accounts.reads == reads + 1
        assert "vault closed" in shown(app)


@pytest.mark.slow
async def test_two_thousand_accounts_draw_only_what_is_seen() -> None:
    """Filling, jumping to the end and filtering draw a screenful each, not two thousand lines."""
    rows = [account(f"account-{number:04}", state=State.VALID, expires_in=timedelta(hours=2)) for number in range(2000)]
    async with running(world(rows)) as (app, pilot):
        listed = app.screen.query_one(AccountList)
        height = listed.size.height
        assert len(listed.items) == 2000
        assert listed.drawn <= 3 * height
        await press(app, pilot, "G")
        assert "account-1999" in shown(app)
        await press(app, pilot, "slash")
        await typed(app, pilot, "0042")
        assert [row.name for row in listed.items] == ["account-0042"]
        assert listed.drawn <= 8 * height


async def test_a_broken_settings_file_is_told_and_can_be_read_again() -> None:
    """A card with the sentence and the remedy; afterwards the list says what is wrong and which key tries again."""
    there = world()
    there.accounts.fault = SettingsFault("Line 3 of config.toml is no TOML.", hint="Mend the line.")
    async with running(there) as (app, pilot):
        assert isinstance(app.screen, ErrorScreen)
        assert "Mend the line." in shown(app)
        await press(app, pilot, "escape")
        assert "The accounts cannot be read: Line 3 of config.toml is no TOML." in shown(app)
        assert "^r" in shown(app)
        there.accounts.fault = None
        await press(app, pilot, "ctrl+r")
        assert "github" in shown(app)
