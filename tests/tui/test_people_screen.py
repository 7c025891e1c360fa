"""Demo people and the vault's passphrase question."""

from __future__ import annotations

from my_app.secret import Secret
from my_app_accounts.screens.people import PeopleScreen
from my_app_accounts.screens.unlock import UnlockScreen
from tui.fakes import HOSTILE, world
from tui.screening import staged

SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
DEMO = {
    "issuer": "http://127.0.0.1:9400",
    "users": [
        {"username": "ana", "password": "badi-fego7", "totp_seed": SEED},
        {"username": "zoë", "password": HOSTILE, "totp_seed": None},
    ],
}


async def test_people_passwords_and_codes_that_change() -> None:
    """Each user with password and current code; the code changes when its half minute is over (RFC 6238)."""
    from my_app.signin import totp

    w = world()
    async with staged(w, PeopleScreen(DEMO)) as stage:
        first = totp.code(Secret(SEED), w.clock.now()).reveal()
        await stage.sees("ana", "badi-fego7", f"{first[:3]} {first[3:]}", "zoë", "password alone", "New codes in 30 s")
        assert "\x1b" not in stage.text
        await stage.later(31)
        second = totp.code(Secret(SEED), w.clock.now()).reveal()
        await stage.sees(f"{second[:3]} {second[3:]}", "29 s")
        await stage.press("f2")
        await stage.until(lambda: stage.app.dismissed == [None])


async def test_an_object_with_info_is_a_demo_too_and_an_empty_one_shows_no_one() -> None:
    """The running demo hands its start line as ``info``."""

    class Running:
        info = DEMO

    async with staged(world(), PeopleScreen(Running())) as stage:
        await stage.sees("badi-fego7")
    async with staged(world(), PeopleScreen(None)) as stage:
        await stage.sees("User name")


async def test_the_passphrase_is_asked_without_an_echo() -> None:
    """Typed, never shown, handed over as a Secret; Esc gives none; the label is text."""
    async with staged(world(), UnlockScreen(f"The vault is locked. {HOSTILE}")) as stage:
        await stage.sees("The vault is locked.")
        assert "\x1b" not in stage.text
        await stage.press("enter")
        await stage.sees("Please type the passphrase.")
        await stage.type("correct horse")
        assert "correct" not in stage.text
        await stage.press("enter")
        await stage.until(lambda: stage.app.dismissed)
        assert stage.app.dismissed[0] == Secret("correct horse")
    async with staged(world(), UnlockScreen("Locked.")) as stage:
        await stage.sees("Locked.")
        await stage.press("escape")
        await stage.until(lambda: stage.app.dismissed == [None])


async def test_a_new_vault_asks_twice_and_says_what_it_means() -> None:
    """No keyring: a clear question, never silent plain text; short and different ones are refused."""
    async with staged(world(), UnlockScreen("No keyring answered on this machine.", new=True)) as stage:
        await stage.sees("No keyring answered", "Nothing is ever kept in", "nobody can bring it back")
        await stage.type("short")
        await stage.press("enter", "enter")
        await stage.sees("At least 8 characters, please.")
        await stage.press("shift+tab", "end", "ctrl+u")
        await stage.type("battery1")
        await stage.press("enter")
        await stage.type("batterx")
        await stage.press("enter")
        await stage.sees("The two are not the same.")
        await stage.press("ctrl+u")
        await stage.type("battery1")
        await stage.press("enter")
        await stage.until(lambda: stage.app.dismissed)
        assert stage.app.dismissed[0] == Secret("battery1")
