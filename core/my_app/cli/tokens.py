"""``my-app token``, ``refresh``, ``userinfo``, ``introspect``: a token that is valid now, and what the provider says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from my_app.cli.common import profile_of, stored_profile_of, takes_profile

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from my_app.cli.context import Context
    from my_app.cli.parsing import Parser


def configure(command: str, parser: Parser) -> None:
    """The arguments of ``command``."""
    takes_profile(parser)
    if command == "token":
        parser.add_argument("--min-valid", metavar="5m", help="at least this much must be left")
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--header", action="store_true", help="print the whole header line, for curl -H @-")
        form.add_argument("--id-token", action="store_true", help="print the ID token instead")
    parser.set_defaults(run={"token": _token, "refresh": _refresh, "userinfo": _userinfo, "introspect": _introspect}[command])


def _token(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.cli import shapes
    from my_app.cli.values import span

    least = None if args.min_valid is None else span(args.min_valid, "--min-valid")
    name = profile_of(args, ctx)
    token = ctx.services.sessions.token(name, min_valid=least)
    if token.note:
        ctx.note(token.note)
    value: dict[str, object] = {
        "profile": token.profile,
        "access_token": token.value.reveal(),
        "token_type": token.token_type,
        "expires_at": shapes.when(token.expires_at),
        "scopes": list(token.scopes),
        "from": token.source,
    }
    if args.id_token:
        value["id_token"] = text = _id_token(name, ctx)
    elif args.header:
        from my_app.calls.api import header_line

        value["header"] = text = header_line(ctx.services.accounts.profile(name), token)
    else:
        text = token.value.reveal()
    ctx.result(value, text)
    return 0


def _id_token(name: str, ctx: Context) -> str:
    from my_app.errors import Unsupported

    record = ctx.services.store.load(name)
    if record is None or record.tokens is None or record.tokens.id_token is None:
        raise Unsupported("This account has no ID token.", hint="Ask for one: my-app login --scope openid")
    return record.tokens.id_token.reveal()


def _refresh(args: argparse.Namespace, ctx: Context) -> int:
    from my_app import words
    from my_app.cli import shapes
    from my_app.errors import Temporary
    from my_app.text import clean

    name = stored_profile_of(args, ctx)
    token = ctx.services.sessions.token(name, force=True)
    if token.note and token.source == "cache":
        raise Temporary(token.note, hint="Nothing is lost: the present token still works.")
    if token.note:
        ctx.note(token.note)
    value = {
        "profile": name,
        "expires_at": shapes.when(token.expires_at),
        "scopes": list(token.scopes),
        "from": token.source,
    }
    if ctx.json:
        ctx.result(value, "")
    else:
        life = f"expires {words.relative(token.expires_at, ctx.services.clock.now())}" if token.expires_at else "no expiry known"
        ctx.note(f"{clean(name)}: refreshed, {life}.")
    return 0


def _userinfo(args: argparse.Namespace, ctx: Context) -> int:
    name = stored_profile_of(args, ctx)
    return _claims(name, ctx.services.grants.userinfo(name), ctx, "sub")


def _introspect(args: argparse.Namespace, ctx: Context) -> int:
    name = stored_profile_of(args, ctx)
    return _claims(name, ctx.services.grants.introspect(name), ctx, "active")


def _claims(name: str, claims: Mapping[str, object], ctx: Context, *first: str) -> int:
    import json

    from my_app.cli import tables

    rows = [(key, value if isinstance(value, str) else json.dumps(value)) for key, value in claims.items()]
    ctx.result({"profile": name, **{key: claims.get(key) for key in first}, "claims": dict(claims)}, "\n".join(tables.facts(rows)))
    return 0
