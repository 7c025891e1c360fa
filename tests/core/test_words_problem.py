"""Why a question is asked again, and spans that are over, in words."""

from datetime import timedelta

import pytest

from my_app.model import Prompt, PromptKind
from my_app.testing import NOON
from my_app.words import problem, until


@pytest.mark.parametrize(
    ("said", "left", "shown"),
    [
        ("Wrong: 2 tries left.", 2, "Wrong: 2 tries left."),
        ("Wrong.", 1, "Wrong. 1 try left."),
        ("Wrong.", 2, "Wrong. 2 tries left."),
        ("Wrong.", None, "Wrong."),
        ("", 3, ""),
        ("\x1b[2J", None, "\\x1b[2J"),
    ],
)
def test_the_tries_left_are_said_once(said: str, left: int | None, shown: str) -> None:
    """A server that says how many are left is not echoed by us."""
    assert problem(Prompt(kind=PromptKind.OTP, label="Code", attempts_left=left, problem=said)) == shown


@pytest.mark.parametrize("seconds", [1, 119, 120, 156, 599, 7199, 7200, 172_799, 172_800, 86_400 * 900])
def test_a_time_that_is_over_fits_its_column(seconds: int) -> None:
    """Nine cells show it with its “ago”, so that it never reads like time left."""
    shown = until(NOON - timedelta(seconds=seconds), NOON)
    assert shown.endswith(" ago")
    assert len(shown) <= 9
