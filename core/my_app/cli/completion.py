"""``my-app completion bash|zsh|fish``: scripts that complete commands, options and the names of profiles."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from my_app.errors import MyAppError, UsageFault

if TYPE_CHECKING:
    from my_app.cli.context import Context
    from my_app.cli.parsing import Parser

_SHELLS = ("bash", "zsh", "fish")

_BASH = """\
_my_app() {
    local IFS=$'\\n'
    COMPREPLY=($(my-app completion words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _my_app my-app
"""
_ZSH = """\
#compdef my-app
_my_app() {
    local -a found
    found=("${(@f)$(my-app completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    (( ${#found} )) && compadd -- "${found[@]}" || _files
}
compdef _my_app my-app
"""
_FISH = """\
function __my_app_words
    set -l typed (commandline -opc) (commandline -ct)
    my-app completion words -- $typed[2..-1] 2>/dev/null
end
complete -c my-app -a '(__my_app_words)'
"""
_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def configure(command: str, parser: Parser) -> None:
    """``completion bash|zsh|fish``; the scripts themselves call ``completion words -- TYPED...``."""
    parser.usage = "my-app completion bash|zsh|fish"
    parser.add_argument("shell", metavar="SHELL", help="bash, zsh or fish")
    parser.add_argument("typed", nargs="*", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, ctx: Context) -> int:
    """The script, or for the scripts one candidate a line."""
    if args.shell == "words":
        for candidate in candidates(args.after or [], ctx):
            ctx.out(candidate)
        return 0
    if args.shell not in _SHELLS or args.typed:
        raise UsageFault("Completion is there for bash, zsh and fish.", hint='For example: eval "$(my-app completion bash)"')
    script = _SCRIPTS[args.shell]
    ctx.result({"shell": args.shell, "script": script}, script.rstrip("\n"))
    return 0


def candidates(typed: list[str], ctx: Context) -> list[str]:
    """What may stand in the place of the last of ``typed``; asks no vault and no network."""
    from my_app.cli.table import COMMANDS

    before, word = typed[:-1], typed[-1] if typed else ""
    words = [each for each in before if not each.startswith("-")]
    if before[-1:] == ["--profile"]:
        return _fitting(_names(ctx), word)
    if not words or words[0] not in COMMANDS:
        return _fitting(list(COMMANDS), word)
    parser = _parser(words[0])
    depth = 1
    while (choices := _subcommands(parser)) is not None:
        if depth >= len(words) or words[depth] not in choices:
            return _fitting(list(choices), word)
        parser = choices[words[depth]]
        depth += 1
    if word.startswith("-"):
        return _fitting([option for action in parser._actions for option in action.option_strings if option.startswith("--")], word)
    for action in parser._actions:
        if action.choices and before and before[-1] in action.option_strings:
            return _fitting(list(action.choices), word)
    positional = parser._get_positional_actions()
    if positional and positional[0].choices:
        return _fitting(list(positional[0].choices), word)
    if positional and positional[0].dest == "name" and depth == len(words):
        return _fitting(_names(ctx), word)
    return []


def _fitting(words: list[str], start: str) -> list[str]:
    return [word for word in words if word.startswith(start)]


def _parser(command: str) -> Parser:
    from importlib import import_module

    from my_app.cli.parsing import Parser
    from my_app.cli.table import COMMANDS

    parser = Parser(prog=f"my-app {command}")
    import_module(f"my_app.cli.{COMMANDS[command].module}").configure(command, parser)
    return parser


def _subcommands(parser: argparse.ArgumentParser) -> dict[str, Parser] | None:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found: dict[str, Parser] = action.choices
            return found
    return None


def _names(ctx: Context) -> list[str]:
    try:
        return [row.name for row in ctx.services.accounts.overview().accounts]
    except MyAppError:
        return []  # a broken config.toml must not spoil a key press
