"""The slow path of ``my-app``: find the command, run it, and turn whatever happens into words and an exit code."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from my_app.cli.context import Context, dumps
from my_app.cli.table import COMMANDS, USAGE, help_text
from my_app.errors import Cancelled, MyAppError, UsageFault

if TYPE_CHECKING:
    from types import FrameType

TERMINATED = 143
FAILED = 1


class Terminated(BaseException):
    """SIGTERM arrived; unwinds like KeyboardInterrupt so that locks and terminals are given back."""


def main(argv: list[str], context: Context | None = None) -> int:
    """Run ``my-app`` with ``argv`` (without the program's name) and return its exit code; never raises."""
    ctx = context if context is not None else _context()
    # A command may still fail before its arguments are read; its error is JSON then too.
    own = argv[: argv.index("--")] if "--" in argv else argv
    ctx.json, ctx.verbose = "--json" in own, "-v" in own or "--verbose" in own
    before = _catch_sigterm()
    try:
        return _guarded(argv, ctx)
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def _guarded(argv: list[str], ctx: Context) -> int:
    try:
        code = run(argv, ctx)
        ctx.flush()
    except BrokenPipeError:
        _silence(ctx)
        return FAILED
    except MyAppError as error:
        return _report(ctx, error)
    except KeyboardInterrupt:
        return _report(ctx, Cancelled("Stopped."))
    except Terminated:
        return _report(ctx, Cancelled("Stopped by a signal."), TERMINATED)
    except OSError as error:
        return _report(ctx, MyAppError(f"The system said: {error.strerror or type(error).__name__}."), error=error)
    except Exception as error:  # noqa: BLE001 the last door: a traceback could show a secret (H3)
        return _report(ctx, _Unexpected(f"Something went wrong inside my-app ({type(error).__name__})."), error=error)
    return code


class _Unexpected(MyAppError):
    """A fault of this program; its own message is not shown, it may hold anything."""

    code = "internal"
    default_hint = "Run it again with -v and report what it prints; it holds no values."


def run(argv: list[str], ctx: Context) -> int:
    """Parse and run one command. Raises MyAppError and whatever is wrong inside."""
    if argv[:1] == ["--version"]:
        from my_app import __version__

        ctx.out(f"my-app {__version__}")
        return 0
    at = _command_at(argv)
    if at is None:
        if "--help" in argv or "-h" in argv:
            ctx.out(help_text())
            return 0
        ctx.note(help_text())
        raise UsageFault("No command was given.", hint=USAGE)
    command = argv[at]
    if command not in COMMANDS:
        raise _unknown(command)
    return _dispatch(command, argv[:at] + argv[at + 1 :], ctx)


def _dispatch(command: str, rest: list[str], ctx: Context) -> int:
    from importlib import import_module

    from my_app.cli.parsing import Parser, read
    from my_app.hardening import forbid_core_dumps

    forbid_core_dumps()
    module = import_module(f"my_app.cli.{COMMANDS[command].module}")
    about = COMMANDS[command].help
    parser = Parser(prog=f"my-app {command}", description=f"{about[0].upper()}{about[1:]}.")
    module.configure(command, parser)
    if any(word in ("--help", "-h") for word in _own(rest)):
        # argparse prints help itself; it must go to our stream and not end the process.
        return _help(parser, rest, ctx)
    after = None
    if command in ("exec", "completion") and "--" in rest:
        # What stands after the dashes belongs to somebody else, whatever it looks like.
        at = rest.index("--")
        rest, after = rest[:at], rest[at + 1 :]
    args = read(parser, rest)
    args.after = after
    ctx.json, ctx.verbose = args.json, args.verbose
    ctx.no_input = ctx.no_input or args.no_input
    ctx.profile = args.profile
    code: int = args.run(args, ctx)
    return code


def _help(parser: object, rest: list[str], ctx: Context) -> int:
    import contextlib

    from my_app.cli.parsing import Parser

    assert isinstance(parser, Parser)  # noqa: S101 narrows the type only
    with contextlib.redirect_stdout(ctx.stdout), contextlib.suppress(SystemExit):
        # Required arguments may be missing: only the words that choose a sub-command count.
        words = [word for word in _own(rest) if not word.startswith("-")]
        try:
            parser.parse_known_args([*words, "--help"])
        except UsageFault:
            parser.print_help()
    return 0


def _own(words: list[str]) -> list[str]:
    return words[: words.index("--")] if "--" in words else words


def _command_at(argv: list[str]) -> int | None:
    """Index of the command: the first word that is no global option and no value of one."""
    skip = False
    for index, word in enumerate(argv):
        if skip:
            skip = False
        elif word == "--profile":
            skip = True
        elif word in ("--json", "--no-input", "-v", "--verbose") or word.startswith("--profile="):
            continue
        elif word in ("--help", "-h"):
            return None
        elif word.startswith("-"):
            if word.split("=", 1)[0] == "--version":
                raise UsageFault("--version stands alone, as the first argument.", hint="my-app --version")
            raise UsageFault(f"There is no option {_shown(word.split('=', 1)[0])}.", hint="See: my-app --help")
        else:
            return index
    return None


def _unknown(command: str) -> UsageFault:
    import difflib

    near = difflib.get_close_matches(command, COMMANDS, n=1, cutoff=0.75)
    hint = f"Did you mean: my-app {near[0]}" if near else "See: my-app --help"
    return UsageFault(f"“{_shown(command)}” is not a command of my-app.", hint=hint)


def _shown(word: str) -> str:
    from my_app.text import clean

    return clean(word, 40)


def _report(ctx: Context, fault: MyAppError, exit_code: int | None = None, error: BaseException | None = None) -> int:
    """Say what went wrong: a sentence and a hint, or the error object as the last line of standard error."""
    from my_app.text import clean

    code = fault.exit_code if exit_code is None else exit_code
    # Cleaned where foreign text came in; once more here, the last door to the terminal (X1).
    message, hint = clean(fault.message, 1_000), clean(fault.hint, 1_000)
    try:
        if error is not None and ctx.verbose:
            ctx.note(_frames(error))
        if ctx.json:
            body = {"code": fault.code, "message": message, "hint": hint or None, "exit": code}
            ctx.stderr.write(dumps({"error": body}) + "\n")
        else:
            ctx.stderr.write(f"{message}\n{hint}\n" if hint else f"{message}\n")
        ctx.flush()
    except (OSError, ValueError):
        _silence(ctx)
    return code


def _frames(error: BaseException) -> str:
    """Where it happened: file, line, function. No message, no locals: they may hold a secret (H3)."""
    import traceback

    places = traceback.extract_tb(error.__traceback__)
    return "\n".join(f"  {place.filename}:{place.lineno} in {place.name}" for place in places)


def _silence(ctx: Context) -> None:
    """Nobody reads any more: keep the interpreter from complaining at exit."""
    if ctx.stdout is sys.stdout:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def _catch_sigterm() -> signal._HANDLER | None:
    try:
        return signal.signal(signal.SIGTERM, _terminate)
    except ValueError:  # not the main thread: whoever owns the process decides
        return None


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise Terminated


def _context() -> Context:
    for stream in (sys.stdout, sys.stderr):
        # A name in a script the terminal cannot show must not end a command.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    return Context(environ=os.environ)
