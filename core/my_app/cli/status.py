"""``my-app status``: every account with its state, expiry and the one next thing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from my_app.cli.common import takes_profile

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from my_app.accounts import Account, Overview
    from my_app.cli.context import Context
    from my_app.cli.parsing import Parser

_HEAD: Final = ("STATE", "NAME", "PROVIDER", "ACCOUNT", "EXPIRES", "SCOPES", "NEXT")


def configure(command: str, parser: Parser) -> None:
    """``status [PROFILE] [--check]``."""
    takes_profile(parser)
    parser.add_argument("--check", action="store_true", help="exit 3 when an account needs a sign-in")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, ctx: Context) -> int:
    """Exit 0 whatever the states; with ``--check`` 3 when one needs a sign-in."""
    from my_app.cli import shapes
    from my_app.errors import LoginNeeded, UnknownProfile
    from my_app.model import State
    from my_app.text import clean

    ctx.name_profile(args.name, args.profile)
    overview = ctx.services.accounts.overview()
    for warning in overview.warnings:
        ctx.note(f"Warning: {clean(warning, 400)}")
    rows = overview.accounts
    if args.name is not None or args.profile is not None:
        rows = tuple(row for row in rows if row.name == ctx.profile)
        if not rows:
            raise UnknownProfile(f"There is no profile “{clean(ctx.profile)}”.")
    now = ctx.services.clock.now()
    ctx.result(shapes.status(overview, rows), "" if ctx.json else _text(overview, rows, now, ctx))
    if args.check:
        due = [row.name for row in rows if row.state in (State.LOGIN_NEEDED, State.REVOKED)]
        if due:
            ctx.flush()
            others = f" and {len(due) - 1} more" if len(due) > 1 else ""
            raise LoginNeeded(f"{clean(due[0])}{others} needs a sign-in.", hint=f"my-app login {clean(due[0])}")
    return 0


def _text(overview: Overview, rows: tuple[Account, ...], now: datetime, ctx: Context) -> str:
    from my_app.cli import paint, tables

    if not rows:
        ctx.note("There are no accounts yet. Add one with: my-app profile add NAME --issuer URL --client-id ID")
        return ""
    lines = tables.table(_HEAD, [_row(row, now) for row in rows], ctx.width, firm=("STATE", "NAME", "NEXT"))
    return "\n".join(paint.painted(lines, [row.state for row in rows], colour=ctx.colour))


def _row(row: Account, now: datetime) -> tuple[str, ...]:
    from my_app import words
    from my_app.cli import paint
    from my_app.model import State

    name = f"{row.name} *" if row.active else row.name
    scopes = " ".join(row.scopes or row.requested_scopes)
    who = row.identity.label if row.identity else ""
    over = row.state in (State.REVOKED, State.LOGIN_NEEDED)
    ends = "-" if over else words.until(row.expires_at, now)
    return (paint.state_text(row.state), name, row.provider, who, ends, scopes, row.next)
