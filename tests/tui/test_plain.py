"""``--plain`` and the entry point: lines of text, no Textual where none is needed."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace

import pytest

from my_app.events import DevicePage
from my_app.login import Ask, SignedIn, Watch
from my_app.model import Challenge, Prompt, PromptKind
from my_app.testing import NOON
from my_app_accounts.plain import Plain
from tui.fakes import CANARY, HOSTILE, World, account, signed_in, world


def talk(there: World, *lines: str, read_only: bool = False) -> str:
    """What plain mode says when these lines are typed."""
    out = io.StringIO()
    assert Plain(there.services, io.StringIO("".join(f"{line}\n" for line in lines)), out, read_only=read_only).run() == 0
    return out.getvalue()


def test_the_list_is_one_sentence_an_account() -> None:
    """State, end and provider in words; no marks that a reader would spell out."""
    said = talk(world(), "list", "quit")
    assert "github: Expiring, ends in 4 m 12 s, GitHub" in said
    assert "◔" not in said
    assert CANARY not in said


def test_one_account_is_shown_by_number_or_name_and_hostile_text_is_marks() -> None:
    """Label, colon, value."""
    said = talk(world([account("work", provider=HOSTILE)]), "2", "work", "5")
    assert "Kept in: encrypted vault" in said
    assert "\x1b" not in said


def test_a_sign_in_is_told_and_asks() -> None:
    """The device code is spelled out; what the provider asks is asked by label."""
    there = world()
    answers: list[str] = []

    async def script(watch: Watch, ask: Ask) -> SignedIn:
        page = DevicePage(
            user_code="BDSD",
            verification_uri="https://example.test/device",
            verification_uri_complete=None,
            expires_at=NOON,
            interval=NOON - NOON,
            same_host=True,
        )
        watch(page)
        given = await ask(Challenge(prompts=(Prompt(kind=PromptKind.USERNAME, label="User name"),), host="example.test"))
        answers.append(given[PromptKind.USERNAME].reveal())
        return signed_in("legacy")

    there.logins.script = script
    said = talk(there, "login", "legacy", "ana", "quit")
    assert "B D S D" in said
    assert "example.test asks:" in said
    assert answers == ["ana"]
    assert "Signed in as ana." in said


def test_renewing_and_refusals_are_sentences() -> None:
    """A key that cannot be renewed says why; read only changes nothing."""
    there = world()
    assert "Renewed; it ends in 60 m." in talk(there, "login", "github")
    assert "rotates it" in talk(world(), "login", "openai")
    there = world()
    assert "read only" in talk(there, "login", "github", read_only=True)
    assert there.sessions.calls == []


def test_an_account_list_that_is_empty_says_how_to_begin() -> None:
    """No dead end."""
    assert "my-app profile add" in talk(world([]), "list")
    assert "no accounts" in talk(world([]), "show").lower()


def test_the_end_of_input_ends_it() -> None:
    """A closed terminal is no error."""
    assert "What do you want to do?" in talk(world())


def test_the_version_is_told_without_textual() -> None:
    """Nothing heavy is imported for one line."""
    code = (
        "import sys; from my_app_accounts.__main__ import main; code = main(['--version']);"
        "print([m for m in ('textual', 'rich', 'httpx') if m in sys.modules], code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("my-app-accounts ")
    assert done.stdout.endswith("[] 0\n")


def test_without_a_terminal_it_names_the_other_ways() -> None:
    """Exit 2, one sentence, nothing drawn."""
    done = subprocess.run(
        [sys.executable, "-m", "my_app_accounts"], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "--plain" in done.stderr


@pytest.mark.parametrize("state", ["revoked", "static", "no_expiry"])
def test_every_state_has_a_next_step(state: str) -> None:
    """Show never ends without one."""
    from my_app.model import State

    row = replace(account("work"), state=State(state))
    assert "Next: " in talk(world([row]), "show", "work")
