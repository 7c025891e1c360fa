"""What every command shares: help, version, streams, errors as JSON, exit codes, and never a traceback."""

from __future__ import annotations

import io
import json
import os
import signal
import threading

import pytest

from cli.door import Terminal, door
from my_app import __version__
from my_app.cli import main as entry
from my_app.cli.context import Context
from my_app.cli.table import COMMANDS
from my_app.errors import LoginExpired, NetworkUnavailable, VaultLocked
from tui.fakes import CANARY, HOSTILE


def test_help_lists_every_command_and_nothing_else() -> None:
    """``my-app --help`` goes to standard output, names every command, and exits 0."""
    said = door().run("--help")
    assert said.code == 0
    assert said.err == ""
    assert all(f"\n  {name} " in said.out for name in COMMANDS)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help_in_any_place(command: str) -> None:
    """A listed command exists, and ``--help`` after it prints its usage and exits 0 without doing anything."""
    home = door()
    for argv in ([command, "--help"], [command, "--json", "-h"]):
        said = home.run(*argv)
        assert (said.code, said.err) == (0, ""), said
        assert said.out.startswith(f"usage: my-app {command}")
    assert home.opened == []


@pytest.mark.parametrize("argv", [["profile", "add", "--help"], ["vault", "slot", "add", "-h"], ["jwt", "verify", "x", "--help"]])
def test_sub_commands_have_help(argv: list[str]) -> None:
    """``--help`` speaks of the sub-command it stands after."""
    words = [word for word in argv if not word.startswith("-") and word != "x"]
    said = door().run(*argv)
    assert said.code == 0
    assert said.out.startswith(f"usage: my-app {' '.join(words)}")


def test_version_only_as_the_first_argument() -> None:
    """``--version`` alone prints the version; behind something else it is a usage error."""
    assert door().run("--version").out == f"my-app {__version__}\n"
    assert door().run("--json", "--version").code == 2
    assert door().run("status", "--version").code == 2


def test_no_command_is_a_usage_error_with_help_on_standard_error() -> None:
    """Without a command: exit 2, nothing on standard output."""
    said = door().run()
    assert (said.code, said.out) == (2, "")
    assert "usage: my-app" in said.err


def test_an_unknown_command_suggests_the_near_one() -> None:
    """A typing error is answered with the command that was meant, exit 2."""
    said = door().run("stauts")
    assert (said.code, said.out) == (2, "")
    assert "my-app status" in said.err


@pytest.mark.parametrize(
    "argv",
    [["--json", "--profile", "work", "status"], ["status", "--profile", "work", "--json"], ["--profile=work", "status", "--json"]],
)
def test_global_options_stand_anywhere(argv: list[str]) -> None:
    """``--profile`` and ``--json`` mean the same before and after the command."""
    said = door().run(*argv)
    assert [row["name"] for row in said.json("status")["profiles"]] == ["work"]


def test_profile_named_twice_differently_is_refused() -> None:
    """PROFILE and ``--profile`` that differ are a usage error; the same twice is fine."""
    assert door().run("token", "work", "--profile", "github").code == 2
    assert door().run("token", "work", "--profile", "work").code == 0


def test_errors_in_words() -> None:
    """A failure is one sentence, then the hint, on standard error; standard output stays empty."""
    home = door()
    home.world.sessions.fault = LoginExpired("The login of work is over.", hint="my-app login work")
    said = home.run("token")
    assert said == type(said)(3, "", "The login of work is over.\nmy-app login work\n")


@pytest.mark.parametrize(
    ("fault", "code"),
    [(LoginExpired("a"), 3), (NetworkUnavailable("b"), 4), (VaultLocked("c"), 6)],
    ids=["login", "network", "vault"],
)
def test_errors_as_json(fault: Exception, code: int) -> None:
    """With ``--json`` the last line of standard error is the error object and standard output is empty."""
    home = door()
    home.world.sessions.fault = fault  # type: ignore[assignment]
    said = home.run("token", "--json")
    assert said.code == code
    assert said.error()["message"] == str(fault)


@pytest.mark.parametrize("argv", [["nonsense"], ["status", "--bogus"], ["profile"], ["token", "a", "b"], ["login", "--flow", "x"]])
def test_usage_errors_are_json_too(argv: list[str]) -> None:
    """What fails before its arguments are read still answers ``--json`` with an error object, exit 2."""
    said = door().run(*argv, "--json")
    assert said.error()["code"] == "usage"
    assert said.code == 2


@pytest.mark.parametrize("option", ["--client-secret", "--api-key", "--password", "--token", "--passphrase"])
def test_a_secret_is_never_an_argument(option: str) -> None:
    """H1: an option that would take a secret does not exist, and what was typed after it is not repeated (H2)."""
    for argv in ([option, "hunter2-secret"], [f"{option}=hunter2-secret"]):
        said = door().run("profile", "add", "x", "--issuer", "https://a.example", *argv)
        assert said.code == 2
        assert "hunter2" not in said.err
        assert "argument" in said.err


def test_an_unexpected_fault_shows_no_values() -> None:
    """H3: a bug prints one sentence and exit 1, with -v file and line, never a traceback, a message or a local value."""
    home = door()

    def broken(*args: object, **kwargs: object) -> None:
        secret = CANARY
        raise KeyError(secret)

    home.world.sessions.token = broken  # type: ignore[assignment,method-assign]
    plain, verbose = home.run("token"), home.run("token", "-v")
    assert plain.code == verbose.code == 1
    assert "Traceback" not in verbose.err
    assert CANARY not in plain.err + verbose.err
    assert "in broken" in verbose.err
    assert plain.err.count("\n") == 2
    assert home.run("token", "--json").error()["code"] == "internal"


def test_ctrl_c_is_exit_130() -> None:
    """A KeyboardInterrupt ends quietly with 130."""
    home = door()
    home.world.sessions.token = lambda *args, **more: (_ for _ in ()).throw(KeyboardInterrupt)  # type: ignore[method-assign]
    said = home.run("token", "--json")
    assert said.code == 130
    assert said.error()["code"] == "cancelled"


def test_sigterm_is_exit_143_and_the_old_handler_comes_back() -> None:
    """SIGTERM unwinds the command and ends it with 143 (X7)."""
    before = signal.getsignal(signal.SIGTERM)
    home = door()
    home.world.sessions.token = lambda *args, **more: os.kill(os.getpid(), signal.SIGTERM)  # type: ignore[method-assign,assignment]
    assert home.run("token").code == 143
    assert signal.getsignal(signal.SIGTERM) is before


def test_main_works_outside_the_main_thread() -> None:
    """A program may call ``main`` in a thread, where no signal handler can be set."""
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(door().run("exit-codes").code))
    thread.start()
    thread.join()
    assert codes == [0]


class _Gone(io.StringIO):
    """A pipe nobody reads."""

    def flush(self) -> None:
        raise BrokenPipeError


class _Full(io.StringIO):
    """A full disk."""

    def flush(self) -> None:
        raise OSError(28, "No space left on device")


def test_a_broken_pipe_is_quiet() -> None:
    """``my-app ... | head`` prints no complaint."""
    err = io.StringIO()
    assert entry.main(["exit-codes"], Context(environ={}, stdin=io.StringIO(), stdout=_Gone(), stderr=err)) == 1
    assert err.getvalue() == ""


def test_a_full_disk_is_told() -> None:
    """A result that could not be written is a failure, not a success."""
    err = io.StringIO()
    assert entry.main(["exit-codes"], Context(environ={}, stdin=io.StringIO(), stdout=_Full(), stderr=err)) == 1
    assert "No space left on device" in err.getvalue()


def test_hostile_text_never_reaches_a_stream_raw() -> None:
    """X1: escapes in names and messages come out as visible marks, in words and in JSON."""
    home = door()
    home.world.sessions.fault = LoginExpired("x")
    for argv in (
        ["token", HOSTILE],
        [HOSTILE],
        ["explain", HOSTILE],
        ["audit", "list", "--limit", HOSTILE],
        ["login", "--timeout", HOSTILE],
    ):
        for more in ([], ["--json"]):
            said = home.run(*argv, *more)
            assert said.code == 2
            assert not set("\x1b\x07\u202e") & set(said.err + said.out), argv


def test_no_input_reaches_the_core_and_asks_nobody() -> None:
    """``--no-input`` and MY_APP_NO_INPUT forbid questions even on a terminal; the core is told."""
    home = door()
    home.run("status", "--no-input", terminal=True)
    environ, questions, _ = home.opened[-1]
    assert environ["MY_APP_NO_INPUT"] == "1"
    assert questions.passphrase is None
    home.environ["MY_APP_NO_INPUT"] = "1"
    home.run("status", terminal=True)
    assert home.opened[-1][1].new_vault is None


def test_a_person_may_be_asked_for_the_passphrase() -> None:
    """On a terminal the core gets a way to ask; without one it gets none."""
    home = door()
    home.run("status", terminal=True)
    assert home.opened[-1][1].passphrase is not None
    home.run("status")
    assert home.opened[-1][1].passphrase is None


def test_verbose_says_which_account_and_why() -> None:
    """``-v`` names the account and what chose it, on standard error."""
    said = door().run("token", "-v")
    assert "Using work, chosen by config." in said.err
    assert said.out == f"{CANARY}\n"


@pytest.mark.parametrize("switch", ["NO_COLOR", "TERM"])
def test_colour_only_on_a_terminal_that_wants_it(switch: str) -> None:
    """Colours are for terminals, and off with NO_COLOR or TERM=dumb."""
    assert "\x1b[" in door().run("status", terminal=True).out
    assert "\x1b[" not in door().run("status").out
    assert "\x1b[" not in door(**{switch: "dumb"}).run("status", terminal=True).out


def test_json_lines_are_ascii() -> None:
    """JSON output is pure printable ASCII on one line, so no terminal and no locale can spoil it."""
    said = door().run("exit-codes", "--json")
    assert said.out.isascii()
    assert json.loads(said.out)["schema"] == 1
    assert Terminal().isatty()
