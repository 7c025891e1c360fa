"""Values to words, without a screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from rich.cells import cell_len

from my_app.model import Flow, Identity, State
from my_app.testing import NOON, FakeClock
from my_app_accounts.view import fit, matches, next_step, refusal, row_of, scopes_in, state_now
from tui.fakes import HOSTILE, account, some_accounts


def test_a_token_runs_out_while_it_is_looked_at() -> None:
    """A row read as valid becomes expiring, then expired (it can renew) or a sign-in (it cannot)."""
    row = account("work", expires_in=timedelta(minutes=10))
    assert state_now(row, NOON) is State.VALID
    assert state_now(row, NOON + timedelta(minutes=5)) is State.EXPIRING
    assert state_now(row, NOON + timedelta(minutes=10)) is State.EXPIRED
    assert state_now(replace(row, refreshable=False), NOON + timedelta(minutes=10)) is State.LOGIN_NEEDED


def test_scopes_show_the_first_ones_and_how_many_more() -> None:
    """What does not fit is counted, never silently cut."""
    scopes = ("openid", "profile", "email", "storage:read")
    assert scopes_in(scopes, 40) == "openid profile email storage:read"
    assert scopes_in(scopes, 20) == "openid profile +2"
    assert scopes_in(scopes, 10) == "openid +3"
    assert scopes_in(("a-very-long-scope:everything",), 10) == "a-very-lo…"
    assert scopes_in((), 10) == "-"


@pytest.mark.parametrize("width", [1, 5, 9, 30])
def test_a_cell_has_its_width_whatever_is_in_it(width: int) -> None:
    """Wide characters and long names never move the next column (X4)."""
    for text in ("short", "日本語の名前です", "x" * 500, ""):
        assert cell_len(fit(text, width)) == width


def test_the_filter_looks_everywhere_and_excludes_with_a_bang() -> None:
    """Name, user, provider, scope, state; every word must be found, a word after ! must not."""
    clock = FakeClock()
    rows = some_accounts(clock)

    def found(query: str) -> list[str]:
        return [row.name for row in rows if matches(row, query, clock.now())]

    assert found("git") == ["github"]
    assert found("ana okta") == ["work"]
    assert found("deployments:write") == ["ci-deploy"]
    assert found("revoked") == ["partner"]
    assert found("!github") == [row.name for row in rows if row.name != "github"]
    assert found("!") == [row.name for row in rows]


def test_hostile_text_is_made_visible_before_it_is_a_row() -> None:
    """Escapes, bidi controls and markup of a provider become plain marks (X1, X2)."""
    row = row_of(account("work", provider=HOSTILE, identity=Identity(username=HOSTILE), scopes=(HOSTILE,)), NOON)
    for text in (row.provider, row.identity, *row.scopes):
        assert text.isprintable()
        assert "\x1b" not in text


def test_a_key_that_is_off_says_why() -> None:
    """The reason names what is in the way or the key that helps."""
    clock = FakeClock()
    rows = {row.name: row for row in some_accounts(clock)}
    assert "rotate" in refusal("account.rotate", rows["work"], read_only=False)
    assert refusal("account.rotate", rows["openai"], read_only=False) == ""
    assert refusal("account.revoke", rows["partner"], read_only=False) == "it is revoked already"
    assert "read only" in refusal("account.revoke", rows["work"], read_only=True)
    assert refusal("account.copy", rows["work"], read_only=True) == ""
    assert refusal("account.copy", None, read_only=False) == "no account is chosen"


def test_the_next_step_is_a_key_of_the_app() -> None:
    """A person is told what to press, and told when there is nothing to do."""
    clock = FakeClock()
    rows = {row.name: row for row in some_accounts(clock)}
    assert next_step(rows["legacy"], clock.now()) == ("l", "Sign in")
    assert next_step(rows["work"], clock.now())[0] == ""
    assert next_step(rows["openai"], clock.now())[0] == "r"
    short = account("x", flow=Flow.DEVICE, expires_in=timedelta(minutes=3), state=State.EXPIRING, refreshable=False)
    assert "cannot renew" in next_step(short, clock.now())[1]
