"""The frame: areas, help, palette, themes, colours, copying; by the keyboard alone."""

from __future__ import annotations

import pytest
from textual.command import CommandPalette

from my_app_accounts.app import AccountsApp
from my_app_accounts.screens.audit import AuditScreen
from my_app_accounts.screens.error import FaultScreen
from my_app_accounts.screens.help import AboutScreen, HelpScreen
from my_app_accounts.screens.inspector import InspectorScreen
from my_app_accounts.screens.settings import SettingsScreen
from my_app_accounts.widgets.account_list import AccountList
from my_app_accounts.widgets.secret_input import SecretInput
from tui.driving import press, running, settle, shown, toasts, typed
from tui.fakes import CANARY, world


@pytest.mark.slow
async def test_number_keys_show_the_areas_and_q_leads_to_the_top() -> None:
    """1 to 4; q goes to the accounts, and quits only there."""
    async with running(world()) as (app, pilot):
        for key, screen in (("2", InspectorScreen), ("3", AuditScreen), ("4", SettingsScreen)):
            await press(app, pilot, key)
            assert isinstance(app.screen, screen)
            await press(app, pilot, "escape")
            assert app.is_running
            await press(app, pilot, "q")
            assert app.current_mode == "accounts"
        await pilot.press("q")
        assert not app.is_running or app._exit


async def test_titles_and_state_words_stand_as_written_in_the_contract() -> None:
    """Accounts, Inspector, Audit, Settings."""
    async with running(world(), (80, 24)) as (app, _):
        assert all(f"{n} {title}" in shown(app) for n, title in enumerate(("Accounts", "Inspector", "Audit", "Settings"), 1))


async def test_the_footer_never_cuts_a_key_off() -> None:
    """At 80 cells at most eight keys, help always among them."""
    async with running(world(), (80, 24)) as (app, _):
        footer = shown(app).splitlines()[-1]
        assert "? Help" in footer
        assert "/ Filter" in footer
        assert footer == footer.rstrip() + " " * (80 - len(footer.rstrip()))


async def test_help_is_searched_and_runs_what_is_chosen() -> None:
    """? lists what can be done here; typing narrows; Enter does it."""
    there = world()
    async with running(there, profile="github") as (app, pilot):
        await press(app, pilot, "question_mark")
        assert isinstance(app.screen, HelpScreen)
        await typed(app, pilot, "renew")
        await press(app, pilot, "enter")
        await settle(app, pilot)
        assert there.sessions.calls == [("github", True)]


@pytest.mark.slow
async def test_help_keeps_what_is_off_with_its_reason() -> None:
    """A disabled key is no riddle."""
    async with running(world(), profile="work") as (app, pilot):
        await press(app, pilot, "question_mark")
        await typed(app, pilot, "rotate")
        assert "off: only API keys and client secrets rotate" in shown(app)
        await press(app, pilot, "enter")
        assert isinstance(app.screen, HelpScreen)
        assert "Rotate is off" in toasts(app)
        await press(app, pilot, "escape")
        assert app.screen.query_one(AccountList).has_focus


@pytest.mark.slow
async def test_f1_explains_the_pane_with_the_focus() -> None:
    """Prose for the pane one is in."""
    async with running(world()) as (app, pilot):
        await press(app, pilot, "f1")
        assert isinstance(app.screen, AboutScreen)
        assert "Every account of this home" in shown(app)
        await press(app, pilot, "escape", "enter", "f1")
        assert "The account under the cursor" in shown(app)


@pytest.mark.slow
async def test_f2_is_for_the_demo() -> None:
    """Without the demo the key says so."""
    async with running(world()) as (app, pilot):
        await press(app, pilot, "f2")
        assert "my-app-accounts --demo" in toasts(app)


@pytest.mark.slow
async def test_the_palette_has_accounts_actions_and_themes_but_no_screenshot() -> None:
    """What can be done, and nothing that writes the screen to disk (H5)."""
    async with running(world(), (120, 36)) as (app, pilot):
        await press(app, pilot, "ctrl+p")
        assert isinstance(app.screen, CommandPalette)
        await pilot.press(*"partner")
        await pilot.pause(0.1)
        await settle(app, pilot)
        assert "Go to partner" in shown(app)
        await pilot.press("enter", "enter")
        await settle(app, pilot)
        assert app.screen.query_one(AccountList).current.name == "partner"
        assert not list(app.get_system_commands(app.screen))
        app.action_screenshot()
        await settle(app, pilot)
        assert "Screenshots are off" in toasts(app)


async def test_a_theme_is_chosen_saved_and_kept() -> None:
    """By the palette's command: shown at once, written through the use case."""
    there = world()
    async with running(there) as (app, pilot):
        app.choose_theme("vault-light")
        await settle(app, pilot)
        assert there.accounts.saved_options == {"theme": "vault-light"}


async def test_no_colour_means_no_colour_code() -> None:
    """NO_COLOR: an ANSI theme from the first frame, and the choice of a theme says why it is off."""
    async with running(world(), environ={"NO_COLOR": "1"}) as (app, pilot):
        assert app.theme == "ansi-dark"
        assert app.native_ansi_color
        assert "● Valid" in shown(app)
        app.choose_theme("vault-light")
        await settle(app, pilot)
        assert app.theme == "ansi-dark"
        assert "NO_COLOR" in toasts(app)


@pytest.mark.slow
async def test_every_theme_can_be_shown() -> None:
    """Ours and Textual's: no variable is missing."""
    async with running(world()) as (app, pilot):
        for theme in ("vault-light", "vault-blue-orange", "nord", "ansi-light", "textual-light"):
            app.theme = theme
            await settle(app, pilot)
            assert "github" in shown(app)


async def test_what_is_copied_is_not_kept_in_the_app() -> None:
    """Textual would hold the text in App.clipboard (H6)."""
    async with running(world()) as (app, _):
        app.copy_to_clipboard(CANARY)
        assert app.clipboard == ""


@pytest.mark.slow
async def test_a_password_field_hands_nothing_out() -> None:
    """Copy and cut are refused, what is typed is dots, take() empties it (X6)."""
    async with running(world()) as (app, pilot):
        field = SecretInput()
        await app.screen.mount(field)
        field.focus()
        await settle(app, pilot)
        await typed(app, pilot, "hunter2")
        await press(app, pilot, "ctrl+a", "ctrl+c", "ctrl+x")
        assert app.clipboard == ""
        assert field.value == "hunter2"
        assert "hunter2" not in shown(app)
        assert field.take().reveal() == "hunter2"
        assert field.value == ""


async def test_a_fault_in_a_worker_is_a_card_without_values() -> None:
    """A bug does not end the app, and its values are not shown (H3)."""
    async with running(world()) as (app, pilot):

        def broken() -> object:
            raise KeyError(CANARY)

        app.background(broken, lambda value: value, doing="break", group="break")
        await settle(app, pilot)
        assert isinstance(app.screen, FaultScreen)
        assert "KeyError" in shown(app)
        assert CANARY not in shown(app)


async def test_a_late_answer_of_an_older_call_is_dropped() -> None:
    """Calls of one group: only the newest is heard."""
    import threading

    from my_app_accounts.messages import AccountsChanged

    gate = threading.Event()
    heard: list[str] = []

    class Listening(AccountsApp):
        def on_accounts_changed(self, event: AccountsChanged) -> None:
            heard.append(event.select or "")

    there = world()
    app = Listening(there.services, environ={}, ticking=False)
    async with app.run_test() as pilot:
        await settle(app, pilot)

        def slow() -> str:
            gate.wait(5)
            return "old"

        app.background(slow, AccountsChanged, doing="slow", group="same")
        await pilot.pause()
        app.background(lambda: "new", AccountsChanged, doing="quick", group="same")
        gate.set()
        await settle(app, pilot)
        assert heard == ["new"]


async def test_keys_are_answered_while_a_use_case_hangs() -> None:
    """A renewal that waits for the network holds up nothing (X8)."""
    import threading

    there = world()
    there.sessions.gate = threading.Event()
    async with running(there, profile="github") as (app, pilot):
        await pilot.press("l")
        await pilot.pause()
        assert "↻ Renewing" in shown(app)
        await pilot.press("g")
        await pilot.pause()
        assert app.screen.query_one(AccountList).cursor == 0
        there.sessions.gate.set()
        await settle(app, pilot)
        assert "Renewing" not in shown(app)


async def test_the_core_asks_for_the_passphrase_on_the_screen() -> None:
    """A worker thread waits while the person types; Esc answers nobody."""
    from my_app.secret import Secret
    from my_app_accounts.messages import AccountsChanged
    from my_app_accounts.screens.unlock import UnlockScreen

    answers: list[Secret | None] = []
    async with running(world()) as (app, pilot):

        def ask() -> None:
            answers.append(app.ask_passphrase("Passphrase of the vault"))

        for _ in range(2):
            app.background(ask, lambda _: AccountsChanged(), doing="ask", group="ask")
            while not isinstance(app.screen, UnlockScreen):
                await pilot.pause()
            assert "Passphrase of the vault" in shown(app)
            if not answers:
                await pilot.press(*"horse", "enter")
            else:
                await pilot.press("escape")
            await settle(app, pilot)
        assert answers[0] == Secret("horse")
        assert answers[1] is None
