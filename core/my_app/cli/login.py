"""``my-app login``: one command for every way of signing in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from my_app.cli.common import takes_profile
from my_app.errors import MyAppError, NothingConfigured, UsageFault

if TYPE_CHECKING:
    import argparse
    from datetime import timedelta

    from my_app.cli.answers import AnswerBook
    from my_app.cli.console import Console
    from my_app.cli.context import Context
    from my_app.cli.parsing import Parser
    from my_app.login import SignedIn
    from my_app.model import Flow

_FLOWS = ("browser", "device", "terminal", "client-credentials")


def configure(command: str, parser: Parser) -> None:
    """The options of CONTRACT."""
    takes_profile(parser)
    parser.add_argument("--flow", choices=_FLOWS, help="the way to take; else the profile's, else chosen by where this runs")
    parser.add_argument("--no-browser", action="store_true", help="only print the address, start no browser")
    parser.add_argument("--scope", metavar="S", action="append", help="ask for these scopes instead; may repeat")
    parser.add_argument("--acr", metavar="VALUES", help="authentication classes to ask for, separated by spaces (step-up)")
    parser.add_argument("--max-age", metavar="5m", help="sign in anew when the last time is longer ago (step-up)")
    parser.add_argument("--timeout", metavar="5m", help="how long to wait; else 5m, for a device code as long as it lives")
    parser.add_argument("--events", action="store_true", help="JSON lines on standard error while waiting")
    parser.add_argument("--answers", metavar="FILE|-", help='answers as JSON lines {"kind","value"}')
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, ctx: Context) -> int:
    """Signs in and prints who, what and until when."""
    from my_app.cli import shapes
    from my_app.cli.console import Console
    from my_app.cli.values import span
    from my_app.model import Flow

    timeout = None if args.timeout is None else span(args.timeout, "--timeout")
    if timeout is not None and not timeout:
        raise UsageFault("--timeout is zero, so nobody could sign in.")
    book = _book(args.answers, ctx)
    name = _profile(args, ctx)
    flow = Flow(args.flow) if args.flow else None
    console = Console(ctx, book, as_events=args.events)
    try:
        done = _sign_in(name, flow, timeout, args, ctx, console, book)
    except MyAppError as error:
        console.emit("failed", code=error.code)
        raise
    if ctx.json:
        ctx.result(shapes.signed_in(done), "")
    elif not args.events:
        ctx.note(summary(done, ctx))
    return 0


def _book(source: str | None, ctx: Context) -> AnswerBook | None:
    from my_app.cli.answers import AnswerBook, stream_lines

    if source is None:
        return None
    if source == "-":
        return AnswerBook(stream_lines(ctx.stdin))
    from my_app.cli.values import read_text

    return AnswerBook(read_text(source, ctx.cwd, "--answers").splitlines())


def _profile(args: argparse.Namespace, ctx: Context) -> str:
    """The profile to sign in; a first one is made from the environment or by the wizard. Raises NothingConfigured (exit 2)."""
    from my_app.given.environment import default_profile

    ctx.name_profile(args.name, args.profile)
    accounts = ctx.services.accounts
    try:
        choice = ctx.choice()
    except NothingConfigured:
        if accounts.overview().accounts:
            raise
        first = default_profile(ctx.environ)
        if first is None:
            if not ctx.interactive or args.answers is not None:
                raise
            from my_app.cli.wizard import new_profile

            first, secret = new_profile(ctx)
            accounts.add(first, client_secret=secret)
        else:
            accounts.add(first)
            if not args.events:
                ctx.note(f"Made the profile “{first.name}” from MY_APP_ISSUER and MY_APP_CLIENT_ID.")
        return first.name
    if choice.profile is None:
        raise UsageFault(
            f"The credential comes from {choice.source}, so there is nothing to sign in to.",
            hint="Name a stored profile with --profile, or use the token with: my-app token",
        )
    return choice.profile


def _sign_in(
    name: str,
    flow: Flow | None,
    timeout: timedelta | None,
    args: argparse.Namespace,
    ctx: Context,
    console: Console,
    book: AnswerBook | None,
) -> SignedIn:
    from my_app.cli.values import span
    from my_app.model import Kind, kind_of

    logins = ctx.services.logins
    wanted = flow or ctx.services.accounts.profile(name).flow
    if kind_of(wanted) is not Kind.OAUTH:
        return logins.automatic(name)
    if ctx.services.vault.status().exists:
        # Asked here, a passphrase can be typed and Ctrl-C works at once; inside the sign-in a thread would wait for it.
        ctx.services.vault.open()
    scopes = tuple(dict.fromkeys(scope for item in args.scope for scope in item.split())) if args.scope else None
    import asyncio

    from my_app.cli.paste import Paste

    paste = Paste(ctx, book, console)
    attempt = logins.attempt(
        name,
        flow=flow,
        watch=paste.watch,
        ask=console.ask,
        open_browser=not args.no_browser,
        scopes=scopes,
        acr_values=args.acr,
        max_age=None if args.max_age is None else span(args.max_age, "--max-age"),
        timeout=timeout,
    )
    return asyncio.run(paste.carry(attempt))


def summary(done: SignedIn, ctx: Context) -> str:
    """What a person reads after a sign-in."""
    from my_app import words
    from my_app.text import clean

    who = f" as {clean(done.identity.label)}" if done.identity and done.identity.label else ""
    life = f", valid {words.relative(done.expires_at, ctx.services.clock.now())}" if done.expires_at else ""
    lines = [f"{clean(done.profile)}: signed in{who}{life}."]
    if done.scopes:
        lines.append(f"Scopes: {clean(' '.join(done.scopes), 400)}")
    missing = [scope for scope in done.requested_scopes if scope not in done.scopes]
    if missing and done.scopes:
        lines.append(f"Not granted: {clean(' '.join(missing), 400)}")
    return "\n".join(lines)
