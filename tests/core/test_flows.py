"""The choice of flow, from where the program runs; pure."""

from __future__ import annotations

import pytest

from my_app.errors import Unsupported
from my_app.model import Flow
from my_app.signin.flow_choice import choose_flow, surroundings

PEOPLE = frozenset({Flow.BROWSER, Flow.DEVICE, Flow.TERMINAL})


@pytest.mark.parametrize(
    ("environ", "platform", "container", "expected", "words"),
    [
        ({"DISPLAY": ":0"}, "linux", False, Flow.BROWSER, "can open here"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", False, Flow.BROWSER, "can open here"),
        ({}, "linux", False, Flow.DEVICE, "no display"),
        ({}, "darwin", False, Flow.BROWSER, "can open here"),
        ({}, "win32", False, Flow.BROWSER, "can open here"),
        ({"DISPLAY": ":0", "SSH_TTY": "/dev/pts/1"}, "linux", False, Flow.DEVICE, "SSH"),
        ({"SSH_CONNECTION": "1 2 3 4"}, "darwin", False, Flow.DEVICE, "SSH"),
        ({"WSL_DISTRO_NAME": "Debian"}, "linux", False, Flow.BROWSER, "Windows"),
        ({"DISPLAY": ":0"}, "linux", True, Flow.DEVICE, "container"),
        ({"KUBERNETES_SERVICE_HOST": "x"}, "linux", False, Flow.DEVICE, "container"),
        ({"CI": "true", "DISPLAY": ":0"}, "linux", False, Flow.DEVICE, "CI"),
        ({"CI": "false", "DISPLAY": ":0"}, "linux", False, Flow.BROWSER, "can open"),
        ({"BROWSER": "firefox", "SSH_TTY": "x", "CI": "1"}, "linux", True, Flow.BROWSER, "BROWSER"),
    ],
)
def test_choice_and_reason(environ: dict[str, str], platform: str, container: bool, expected: Flow, words: str) -> None:
    """Display, SSH, WSL, container, CI and BROWSER decide, and the reason says so."""
    flow, reason = choose_flow(Flow.AUTO, surroundings(environ, platform, container), can=PEOPLE)
    assert flow is expected
    assert words in reason


def test_what_is_wanted_wins_if_it_can_be_had() -> None:
    """An override is taken; one that cannot be had names what can."""
    here = surroundings({}, "linux", False)
    assert choose_flow(Flow.TERMINAL, here, can=PEOPLE) == (Flow.TERMINAL, "as chosen")
    with pytest.raises(Unsupported) as told:
        choose_flow(Flow.CLIENT_CREDENTIALS, here, can=PEOPLE)
    assert "browser, device, terminal" in told.value.hint


def test_the_next_best_where_the_first_is_not_offered() -> None:
    """No device code on a machine without display: the browser, with words about pasting; nothing at all: an error."""
    here = surroundings({}, "linux", False)
    flow, reason = choose_flow(Flow.AUTO, here, can=frozenset({Flow.BROWSER, Flow.TERMINAL}))
    assert (flow, "paste" in reason) == (Flow.BROWSER, True)
    assert choose_flow(Flow.AUTO, here, can=frozenset({Flow.CLIENT_CREDENTIALS}))[0] is Flow.CLIENT_CREDENTIALS
    with pytest.raises(Unsupported):
        choose_flow(Flow.AUTO, here, can=frozenset())
