"""Copy: honest words, a timed clear that leaves a stranger's text alone, a line in the trail (H6)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from my_app.audit import Event
from my_app.errors import LoginExpired
from my_app_accounts.clipboard import Cleared, Clipboard, local_tool, run_tool
from my_app_accounts.screens.copy import CopyScreen
from tui.fakes import CANARY, world
from tui.screening import Terminal, staged


async def test_the_access_token_goes_to_the_local_clipboard_unseen() -> None:
    """Copied by a tool of this computer, told so, audited, never on the screen."""
    w = world()
    async with staged(w, CopyScreen("github")) as stage:
        await stage.sees("Access token", "Header line", "To this computer's clipboard; cleared after 30 s.")
        assert "Refresh" not in stage.text
        await stage.press("enter")
        await stage.until(lambda: stage.app.dismissed == [None])
        assert stage.terminal.held == CANARY
        assert CANARY not in stage.text
        assert stage.toasts == "Access token copied. It is cleared in 30 s, if it is still there."
        line = w.audit.lines[0]
        assert (line.event, line.profile, line.detail) == (Event.COPY, "github", "access token, cleared after 30 s")
        assert stage.app.copier.clear_now() is Cleared.CLEARED
        assert stage.terminal.held == ""


async def test_over_ssh_the_terminal_is_asked_and_nothing_is_claimed() -> None:
    """OSC 52, named before it happens; the words promise nothing a terminal does not answer."""
    w = world()
    async with staged(w, CopyScreen("github"), tool=False) as stage:
        await stage.sees("OSC 52", "which never answers")
        await stage.press("j", "enter")
        await stage.until(lambda: stage.app.dismissed == [None])
        assert stage.terminal.sequences[0].startswith("\x1b]52;c;!\a\x1b]52;c;")
        assert "sent to" in stage.toasts
        assert "copied" not in stage.toasts


async def test_the_time_is_the_settings_and_a_new_copy_restarts_it() -> None:
    """The chip counts from the newest copy; when the time is over only our own text is taken away."""
    w = world()
    async with staged(w, CopyScreen("github")) as stage:
        copier = stage.app.copier
        copier.keep = timedelta(seconds=0.05)
        await stage.sees("Access token")
        await stage.press("enter")
        await stage.until(lambda: stage.terminal.held == "")
        copier.keep = None
        assert "stays there until the app quits" in await copier.copy(stage_secret(), "Token")
        stage.terminal.held = "somebody else's"
        assert copier.clear_now() is Cleared.NOT_OURS
        assert stage.terminal.held == "somebody else's"


async def test_a_login_that_ran_out_is_told_and_nothing_is_copied() -> None:
    """An error of the core is a card in the dialog; the trail has no copy."""
    w = world()
    w.sessions.fault = LoginExpired("The login of github has run out.", hint="Press l to sign in.")
    async with staged(w, CopyScreen("github")) as stage:
        await stage.sees("Access token")
        await stage.press("enter")
        await stage.sees("✗ The login of github has run out.", "Press l to sign in.")
        assert stage.terminal.held == ""
        assert w.audit.lines == []


def stage_secret() -> object:
    """A secret of a test."""
    from my_app.secret import Secret

    return Secret("s3cret")


@pytest.mark.parametrize(
    ("environ", "platform", "there", "name"),
    [
        ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, "linux", {"wl-copy", "wl-paste", "xclip"}, "wl-copy"),
        ({"DISPLAY": ":0"}, "linux", {"xclip", "xsel"}, "xclip"),
        ({"DISPLAY": ":0"}, "linux", {"xsel"}, "xsel"),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "a b"}, "linux", {"xclip"}, None),
        ({}, "linux", {"xclip"}, None),
        ({}, "darwin", {"pbcopy", "pbpaste"}, "pbcopy"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", {"wl-copy"}, None),
    ],
)
def test_the_tool_fits_the_session(environ: dict[str, str], platform: str, there: set[str], name: str | None) -> None:
    """Wayland before X11; over SSH and without a display none, for it would fill the wrong clipboard."""
    tool = local_tool(environ, platform, lambda command: command if command in there else None)
    assert (tool.name if tool else None) == name


def test_an_old_wl_copy_is_tried_again_without_the_flag_and_a_failing_one_falls_back() -> None:
    """The sensitive hint where it is known; a tool that fails at all gives way to the terminal."""
    calls: list[tuple[str, ...]] = []

    def old(argv: tuple[str, ...], text: str | None) -> str | None:
        calls.append(argv)
        return None if "--sensitive" in argv else ""

    terminal = Terminal()
    environ = {"WAYLAND_DISPLAY": "wayland-0"}
    board = Clipboard(environ, platform="linux", terminal=terminal.sequences.append, run=old, which=str)
    assert board.copy("x") == "copied"
    assert calls == [("wl-copy", "--sensitive"), ("wl-copy",)]
    dead = Clipboard(environ, platform="linux", terminal=terminal.sequences.append, run=lambda argv, text: None, which=str)
    assert dead.copy("hello") == "sent to your terminal"
    assert terminal.sequences == ["\x1b]52;c;!\a\x1b]52;c;aGVsbG8=\a"]
    assert dead.clear() is Cleared.ASKED
    assert dead.clear() is Cleared.NOTHING


def test_in_tmux_its_own_buffer_is_used_and_deleted() -> None:
    """tmux passes the text on and does not keep it after clearing."""
    calls: list[tuple[str, ...]] = []

    def run(argv: tuple[str, ...], text: str | None) -> str | None:
        calls.append(argv)
        return ""

    board = Clipboard({"TMUX": "/tmp/t", "SSH_TTY": "x"}, platform="linux", terminal=lambda sequence: None, run=run, which=str)
    assert board.copy("x") == "sent to tmux and your terminal"
    assert board.clear() is Cleared.ASKED
    assert [argv[1] for argv in calls] == ["load-buffer", "delete-buffer"]


def test_clipboard_tools_do_not_get_our_variables() -> None:
    """A child sees the environment without MY_APP_* (H7); one that is not there is a failure, not an error."""
    run = run_tool({"PATH": "/usr/bin:/bin", "MY_APP_VAULT_KEY": "k", "KEPT": "1"})
    listed = run(("env",), None)
    assert listed is not None
    assert "KEPT=1" in listed
    assert "MY_APP" not in listed
    assert run(("no-such-tool-here",), "x") is None
    assert run(("false",), None) is None
