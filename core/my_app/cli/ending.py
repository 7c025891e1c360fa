"""``my-app logout`` and ``revoke``: end a login and say honestly what stays valid (U4, U5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from my_app.cli.common import stored_profile_of, takes_profile

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from my_app.cli.context import Context
    from my_app.cli.parsing import Parser
    from my_app.grants import Ended


def configure(command: str, parser: Parser) -> None:
    """``logout [PROFILE] [--all] [--local]`` and ``revoke [PROFILE]``."""
    takes_profile(parser)
    if command == "revoke":
        parser.set_defaults(run=_revoke)
        return
    parser.add_argument("--all", action="store_true", help="every account")
    parser.add_argument("--local", action="store_true", help="forget here, tell no server")
    parser.set_defaults(run=_logout)


def _revoke(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.cli import shapes

    ended = ctx.services.grants.revoke(stored_profile_of(args, ctx))
    _tell(ended, ctx)
    ctx.result(shapes.ended(ended), "")
    return 0


def _logout(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.cli import shapes
    from my_app.errors import UsageFault

    if not args.all:
        ended = ctx.services.grants.logout(stored_profile_of(args, ctx), local=args.local)
        _tell(ended, ctx)
        ctx.result(shapes.ended(ended), "")
        return 0
    if args.name is not None or args.profile is not None:
        raise UsageFault("--all means every account, so none can be named.")
    names = [
        row.name for row in ctx.services.accounts.overview().accounts if row.kept_in not in ("environment", "credentials.json")
    ]
    done = []
    for name in names:
        ended = ctx.services.grants.logout(name, local=args.local)
        _tell(ended, ctx)
        done.append(shapes.ended(ended))
    ctx.result({"profiles": done}, "")
    return 0


def _tell(ended: Ended, ctx: Context) -> None:
    if not ctx.json:
        ctx.note("\n".join(ended_lines(ended, ctx.services.clock.now())))


def ended_lines(ended: Ended, now: datetime) -> list[str]:
    """What happened, in sentences. Pure."""
    from my_app import words
    from my_app.text import clean

    name = clean(ended.profile)
    told = " and ".join(each.replace("_", " ") for each in ended.revoked)
    lines = [f"{name}: {told} revoked at the provider." if told else f"{name}: nothing was revoked at the provider."]
    if ended.not_told:
        kept = " and ".join(each.replace("_", " ") for each in ended.not_told)
        why = f" {clean(ended.reason)}" if ended.reason else ""
        lines.append(f"The provider was not told about the {kept}.{why}")
        if "refresh_token" in ended.not_told:
            lines.append("The refresh token stays valid at the provider until it ends there: end it on the provider's page.")
    if ended.still_valid_until:
        end = f"{ended.still_valid_until:%H:%M:%S} UTC ({words.relative(ended.still_valid_until, now)})"
        lines.append(f"A token already given out may still work until {end}.")
    if ended.forgotten:
        lines.append("The login is forgotten here.")
    if ended.end_session_url:
        lines.append(f"The session at the provider ends on this page: {clean(ended.end_session_url, 2_000)}")
    return lines
