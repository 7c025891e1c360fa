"""Arguments that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from my_app.cli.context import Context
    from my_app.cli.parsing import Parser


def takes_profile(parser: Parser) -> None:
    """The optional PROFILE of a command."""
    parser.add_argument("name", metavar="PROFILE", nargs="?", help="the account; else the active one")


def profile_of(args: argparse.Namespace, ctx: Context) -> str:
    """Name of the profile this call means, stored or standing for the environment. Raises UnknownProfile, NothingConfigured."""
    ctx.name_profile(args.name, args.profile)
    return ctx.choice().name


def stored_profile_of(args: argparse.Namespace, ctx: Context) -> str:
    """The same for commands that need a stored profile. Raises UsageFault for the environment."""
    from my_app.errors import UsageFault

    ctx.name_profile(args.name, args.profile)
    choice = ctx.choice()
    if choice.profile is None:
        raise UsageFault(
            f"The credential comes from {choice.source}, and this command needs a stored profile.",
            hint="Name one with --profile, or add one with: my-app profile add NAME",
        )
    return choice.profile
