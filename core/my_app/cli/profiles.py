"""``my-app profile``: what is known about accounts, changed by hand; never a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from my_app.cli import profile_add
from my_app.cli.parsing import actions

if TYPE_CHECKING:
    import argparse

    from my_app.cli.context import Context
    from my_app.cli.parsing import Parser

_HEAD: Final = ("NAME", "PROVIDER", "ISSUER", "CLIENT ID", "FLOW")


def configure(command: str, parser: Parser) -> None:
    """``profile add|list|show|use|rename|remove|set|trust|allow``."""
    sub = actions(parser)
    profile_add.configure(sub.add_parser("add", help="add an account", description="Add an account."))
    sub.add_parser("list", help="all accounts").set_defaults(run=_list)
    for name, text, run in (
        ("show", "everything known about one account, no secret", _show),
        ("use", "make it the active one", _use),
        ("remove", "forget account and login, telling no server", _remove),
        ("trust", "accept where config.toml now sends this account's secrets", _trust),
        ("allow", "choose it in this directory and below", _allow),
    ):
        one = sub.add_parser(name, help=text)
        one.add_argument("name", metavar="NAME")
        one.set_defaults(run=run)
    rename = sub.add_parser("rename", help="give it another name; the login stays")
    rename.add_argument("name", metavar="OLD")
    rename.add_argument("new", metavar="NEW")
    rename.set_defaults(run=_rename)
    change = sub.add_parser("set", help="change settings: KEY=VALUE, KEY= removes")
    change.add_argument("name", metavar="NAME")
    change.add_argument("changes", metavar="KEY=VALUE", nargs="+")
    change.set_defaults(run=_set)


def _list(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.cli import shapes, tables
    from my_app.text import clean

    overview = ctx.services.accounts.overview()
    for warning in overview.warnings:
        ctx.note(f"Warning: {clean(warning, 400)}")
    value = {
        "active": overview.active,
        "profiles": [{**shapes.profile(row.profile), "active": row.active} for row in overview.accounts],
    }
    if not overview.accounts:
        if not ctx.json:
            ctx.note("There are no profiles yet. Add one with: my-app profile add NAME --issuer URL --client-id ID")
        ctx.result(value, "")
        return 0
    rows = [
        (
            f"{row.name} *" if row.active else row.name,
            row.provider,
            row.profile.issuer or "",
            row.profile.client_id or "",
            row.flow.value,
        )
        for row in overview.accounts
    ]
    lines = tables.table(_HEAD, rows, ctx.width)
    if ctx.colour:
        lines[0] = f"\x1b[1m{lines[0]}\x1b[0m"
    ctx.result(value, "\n".join(lines))
    return 0


def _show(args: argparse.Namespace, ctx: Context) -> int:
    from my_app import words
    from my_app.cli import paint, shapes, tables

    row = ctx.services.accounts.account(args.name)
    profile, now = row.profile, ctx.services.clock.now()
    rest = {key: value for key, value in shapes.profile(profile).items() if key not in ("name", "provider", "flow", "scopes")}
    pairs = [
        ("name", row.name),
        ("state", paint.state_text(row.state)),
        ("expires", words.relative(row.expires_at, now) if row.expires_at else ""),
        ("account", row.identity.label if row.identity else ""),
        ("provider", row.provider),
        ("flow", words.flow_words(row.flow)),
        ("scopes", " ".join(row.scopes or row.requested_scopes)),
        ("kept in", row.kept_in),
        *((key.replace("_", " "), _one_line(value)) for key, value in rest.items()),
        ("next", row.next),
    ]
    account = shapes.account(row)
    del account["name"], account["provider"], account["issuer"], account["flow"], account["scopes"]
    value = {"profile": shapes.profile(profile), "granted_scopes": list(row.scopes), "active": row.active, **account}
    ctx.result(value, "\n".join(tables.facts(pairs)))
    return 0


def _one_line(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key}={each}" for key, each in value.items())
    if isinstance(value, list):
        return " ".join(str(each) for each in value)
    # A switch that is off says no more than one nobody touched.
    return "" if value is None or value is False else "yes" if value is True else str(value)


def _use(args: argparse.Namespace, ctx: Context) -> int:
    ctx.services.accounts.use(args.name)
    return _done(ctx, {"active": args.name}, f"{args.name} is the active profile now.")


def _remove(args: argparse.Namespace, ctx: Context) -> int:
    ctx.services.accounts.remove(args.name)
    return _done(ctx, {"removed": args.name}, f"{args.name} is forgotten. Tokens already given out stay valid until they expire.")


def _rename(args: argparse.Namespace, ctx: Context) -> int:
    ctx.services.accounts.rename(args.name, args.new)
    return _done(ctx, {"renamed": args.name, "profile": args.new}, f"{args.name} is called {args.new} now.")


def _set(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.cli import shapes
    from my_app.cli.values import pairs

    changes = {key.replace("-", "_"): value or None for key, value in pairs(args.changes, "profile set").items()}
    profile = ctx.services.accounts.set(args.name, changes)
    return _done(ctx, {"profile": shapes.profile(profile)}, f"{args.name}: changed {', '.join(changes)}.")


def _trust(args: argparse.Namespace, ctx: Context) -> int:
    changed = ctx.services.accounts.trust(args.name)
    text = (
        "\n".join([f"{args.name} may now send its secrets as config.toml says:", *changed])
        if changed
        else f"{args.name}: nothing to accept."
    )
    return _done(ctx, {"profile": args.name, "changed": list(changed)}, text)


def _allow(args: argparse.Namespace, ctx: Context) -> int:
    from pathlib import Path

    directory = str((ctx.cwd or Path.cwd()).resolve())
    ctx.services.accounts.allow(args.name, directory)
    return _done(ctx, {"profile": args.name, "directory": directory}, f"{args.name} is chosen in {directory} and below.")


def _done(ctx: Context, value: dict[str, object], sentence: str) -> int:
    """An act has no result to pipe: the sentence goes to standard error, the JSON to standard output."""
    from my_app.text import clean_block

    if ctx.json:
        ctx.result(value, "")
    else:
        ctx.note(clean_block(sentence))
    return 0
