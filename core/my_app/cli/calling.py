"""``my-app api METHOD PATH``: call the profile's API with its credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from my_app.errors import UsageFault

if TYPE_CHECKING:
    import argparse

    from my_app.calls.api import ApiCalls
    from my_app.cli.context import Context
    from my_app.cli.parsing import Parser
    from my_app.oauth.exchange import Response

_BODILESS: Final = ("GET", "HEAD", "DELETE", "OPTIONS")


def configure(command: str, parser: Parser) -> None:
    """``api METHOD PATH [--field K=V]... [--data @FILE]``."""
    parser.add_argument("method", metavar="METHOD", help="GET, POST, PUT, PATCH, DELETE ...")
    parser.add_argument("path", metavar="PATH", help="begins with a slash; or a URL the credential was stored for")
    parser.add_argument("--field", metavar="K=V", action="append", help="a JSON member, in a GET a query parameter; may repeat")
    parser.add_argument("--data", metavar="@FILE", help="body from a file, or from standard input (-)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, ctx: Context) -> int:
    """Prints the answer's body."""
    from my_app.calls.api import METHODS, json_of

    method = args.method.upper()
    if method not in METHODS:
        raise UsageFault("That is not an HTTP method.", hint=f"Methods: {', '.join(METHODS)}.")
    path, headers, body = _request(args, method, ctx)
    name = account(args, ctx)
    response = calls(ctx).call(name, method, path, headers=headers, body=body)
    if ctx.json:
        ctx.result({"profile": shown(name), "status": response.status, "body": json_of(response)}, "")
    else:
        write_body(response, ctx)
    return 0


def account(args: argparse.Namespace, ctx: Context) -> str:
    """Name of the credential this call means."""
    ctx.name_profile(None, args.profile)
    return ctx.choice().name


def shown(name: str) -> str | None:
    """The profile in JSON; null for the environment's own credential."""
    return None if name in ("environment", "credentials.json") else name


def calls(ctx: Context) -> ApiCalls:
    """The use case over this home."""
    from my_app.calls.api import ApiCalls

    services = ctx.services
    return ApiCalls(accounts=services.accounts, sessions=services.sessions, store=services.store, transport=ctx.transport)


def _request(args: argparse.Namespace, method: str, ctx: Context) -> tuple[str, dict[str, str], bytes]:
    """Path, headers and body. Raises UsageFault."""
    from urllib.parse import urlencode

    from my_app.calls.api import json_body
    from my_app.cli.values import pairs, read_bytes

    fields = pairs(args.field, "--field")
    if args.data is None:
        if not fields:
            return args.path, {}, b""
        if method in _BODILESS:
            return args.path + ("&" if "?" in args.path else "?") + urlencode(fields), {}, b""
        return args.path, *json_body(fields)
    if fields:
        raise UsageFault("--field and --data both make the body; give one of them.")
    if args.data == "-":
        data = ctx.stdin.read().encode()
    elif args.data.startswith("@"):
        data = read_bytes(args.data[1:], ctx.cwd, "--data")
    else:
        raise UsageFault("--data takes @FILE, or - for standard input.")
    kind = "application/json" if data.lstrip()[:1] in (b"{", b"[") else "application/octet-stream"
    return args.path, {"content-type": kind}, data


def write_body(response: Response, ctx: Context) -> None:
    """The body as it came to a pipe or file; to a terminal only what cannot move it (X1)."""
    from my_app.text import clean_block

    if ctx.stdout.isatty() or not hasattr(ctx.stdout, "buffer"):
        text = response.body.decode("utf-8", "replace")
        if text:
            ctx.out(clean_block(text).rstrip("\n"))
        return
    ctx.stdout.flush()
    ctx.stdout.buffer.write(response.body)
