"""The argument parser: argparse with our errors, our options everywhere, and no way to pass a secret."""

from __future__ import annotations

import argparse
from typing import Any, Final, NoReturn

from my_app.errors import UsageFault

_SECRET_WORDS: Final = ("secret", "password", "token", "key", "seed", "passphrase")


class Parser(argparse.ArgumentParser):
    """argparse that raises UsageFault instead of exiting, takes no abbreviations and has the global options."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("allow_abbrev", False)
        super().__init__(**kwargs)
        everywhere = self.add_argument_group("everywhere")
        everywhere.add_argument(
            "--profile", metavar="NAME", default=argparse.SUPPRESS, help="this account instead of the active one"
        )
        everywhere.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="one JSON object on standard output")
        everywhere.add_argument("--no-input", action="store_true", default=argparse.SUPPRESS, help="never ask a question")
        everywhere.add_argument(
            "-v", "--verbose", action="store_true", default=argparse.SUPPRESS, help="say more on standard error"
        )

    def error(self, message: str) -> NoReturn:
        """Raises UsageFault with argparse's sentence and where to read on."""
        from my_app.text import clean

        sentence = clean(message[:1].upper() + message[1:])
        raise UsageFault(sentence if sentence.endswith(".") else f"{sentence}.", hint=f"See: {self.prog} --help")


def read(parser: Parser, argv: list[str]) -> argparse.Namespace:
    """The parsed arguments. Raises UsageFault; what was typed after an unknown option is never repeated (H1)."""
    defaults = argparse.Namespace(profile=None, json=False, no_input=False, verbose=False, group=None)
    args, extra = parser.parse_known_args(argv, defaults)
    if not extra:
        return args
    options = [word.split("=", 1)[0] for word in extra if word.startswith("-") and word != "-"]
    if not options:
        raise UsageFault("There is an argument too many.", hint=f"See: {parser.prog} --help")
    from my_app.text import clean

    name = clean(options[0], 40)
    if any(word in name.lower() for word in _SECRET_WORDS):
        raise UsageFault(
            f"There is no option {name}: a secret is never an argument, every process could read it.",
            hint="Pipe it in with --client-secret-stdin or --api-key-stdin, or use a variable ending in _FILE.",
        )
    raise UsageFault(f"There is no option {name}.", hint=f"See: {parser.prog} --help")


def actions(parser: Parser, metavar: str = "ACTION") -> argparse._SubParsersAction[Parser]:
    """The sub-commands of a group; one is required."""
    return parser.add_subparsers(dest="group", metavar=metavar, required=True, parser_class=Parser)
