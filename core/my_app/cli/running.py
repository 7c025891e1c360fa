"""``my-app exec PROFILE -- COMMAND...``: run a command with a token in its environment, and nothing else of ours (H7)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NoReturn

from my_app.cli.common import profile_of
from my_app.errors import MyAppError, UsageFault

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from my_app.cli.context import Context
    from my_app.cli.parsing import Parser

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_LOADERS: Final = ("PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHONPATH", "HOME", "SHELL", "IFS")
"""Names a token must not stand in: the child would be another one than meant."""


def configure(command: str, parser: Parser) -> None:
    """``exec PROFILE [--env NAME] -- COMMAND...``."""
    parser.usage = "my-app exec [PROFILE] [--env NAME] -- COMMAND..."
    parser.add_argument("name", metavar="PROFILE", nargs="?", help="the account; else the active one")
    parser.add_argument(
        "--env", metavar="NAME", default="MY_APP_ACCESS_TOKEN", help="variable that gets the token (MY_APP_ACCESS_TOKEN)"
    )
    parser.set_defaults(run=run)


class CommandMissing(MyAppError):
    """There is no such command; exit 127, as a shell has it."""

    code = "command_missing"
    exit_code = 127


class CommandUnfit(MyAppError):
    """The command may not or cannot be run; exit 126, as a shell has it."""

    code = "command_unfit"
    exit_code = 126


def environment(environ: Mapping[str, str], name: str, token: str) -> dict[str, str]:
    """The child's environment: every ``MY_APP_`` variable removed, then the token in ``name``. Pure."""
    return {key: value for key, value in environ.items() if not key.startswith("MY_APP_")} | {name: token}


def run(args: argparse.Namespace, ctx: Context) -> int:
    """Replaces this process, so that signals and the exit code are the child's own."""
    command: list[str] | None = args.after
    if command is None:
        raise UsageFault("Two dashes are missing before the command.", hint="my-app exec PROFILE -- COMMAND...")
    if not command:
        raise UsageFault("There is no command to run.", hint="my-app exec PROFILE -- COMMAND...")
    if not _VARIABLE.fullmatch(args.env) or args.env in _LOADERS:
        raise UsageFault("--env takes the name of a variable that is free for the token.", hint="For example: --env API_TOKEN")
    token = ctx.services.sessions.token(profile_of(args, ctx))
    if token.note:
        ctx.note(token.note)
    ctx.flush()
    (ctx.become or become)(command, environment(ctx.environ, args.env, token.value.reveal()))


def become(command: list[str], environ: Mapping[str, str]) -> NoReturn:
    """Replace this process by ``command``. Raises CommandMissing, CommandUnfit."""
    import os
    import signal

    from my_app.text import clean

    # Python ignores these two, and a child would inherit that: `yes | head` would never end.
    for name in ("SIGPIPE", "SIGXFSZ"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    name = clean(command[0], 80)
    try:
        os.execvpe(command[0], command, dict(environ))  # noqa: S606 running the person's own command is the purpose
    except FileNotFoundError:
        raise CommandMissing(f"There is no command “{name}”.") from None
    except (OSError, ValueError):
        raise CommandUnfit(f"“{name}” cannot be run.", hint="Is it a program, and may you run it?") from None
