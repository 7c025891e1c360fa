"""The use case of terminal sign-in with the dialect its profile names."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from core.test_login import Home, home
from my_app.errors import ServerRefused, SettingsFault, WrongAccount
from my_app.model import Answers, Challenge, Flow, PromptKind
from my_app.secret import Secret
from my_app.settings.parse import parse_settings
from my_app.testing import answer

SAID: Mapping[PromptKind, str] = {PromptKind.USERNAME: "alice", PromptKind.PASSWORD: "pw"}


async def person(challenge: Challenge) -> Answers:
    """A person who knows the user name and password."""
    return {prompt.kind: Secret(SAID[prompt.kind]) for prompt in challenge.prompts}


@pytest.mark.parametrize("dialect", ["auth0", "okta"])
async def test_profile_names_the_dialect_and_the_tokens_are_saved(dialect: str) -> None:
    """Rule 11: tokens of a direct sign-in are checked and stored like any others; the terminal is offered for the profile."""
    here: Home = home(direct=dialect)
    assert Flow.TERMINAL in here.logins.flows("work")
    await here.sign_in(flow=Flow.TERMINAL, ask=person)
    assert [form["grant_type"] for form in here.provider.forms] == ["password"]
    record = here.store.load("work")
    assert record is not None
    assert record.identity is not None
    assert record.identity.username == "alice"


async def test_another_account_is_refused_with_both_names() -> None:
    """The identity guard holds for direct sign-in too: both accounts named, nothing saved."""
    here = home(direct="okta", expect_account="bob")
    with pytest.raises(WrongAccount, match=r"bob.*alice"):
        await here.sign_in(flow=Flow.TERMINAL, ask=person)
    assert here.store.load("work") is None


async def test_given_up_at_the_question_leaves_nothing() -> None:
    """Rule 9: a sign-in that fails writes nothing; the refused password was sent once."""
    here = home(direct="auth0")
    here.provider.tokens = answer({"error": "password_leaked"}, status=401)
    with pytest.raises(ServerRefused, match="password_leaked"):
        await here.sign_in(flow=Flow.TERMINAL, ask=person)
    assert len(here.provider.forms) == 1
    assert here.store.load("work") is None


def test_dialect_is_a_setting_and_a_wrong_one_is_named() -> None:
    """``direct`` in config.toml takes the three dialects and nothing else."""
    assert parse_settings('[profiles.work]\ndirect = "okta"\n').profiles["work"].direct == "okta"
    with pytest.raises(SettingsFault, match="challenge, auth0, okta"):
        parse_settings('[profiles.work]\ndirect = "otka"\n')
