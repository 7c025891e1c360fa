"""``my-app demo``: the demo provider and API on loopback, until Ctrl-C."""

from __future__ import annotations

from typing import TYPE_CHECKING

from my_app.errors import UsageFault

if TYPE_CHECKING:
    import argparse

    from my_app.cli.context import Context
    from my_app.cli.parsing import Parser
    from my_app.demo.options import DemoOptions


def configure(command: str, parser: Parser) -> None:
    """``demo [--port N] [--seed S] [--at EPOCH] [--access-ttl T] [--interval T] [--fault NAME=N]``."""
    parser.add_argument("--port", metavar="N", default="0", help="port on 127.0.0.1; else a free one")
    parser.add_argument("--seed", metavar="S", help="the same ids, keys and passwords in every run")
    parser.add_argument("--at", metavar="EPOCH", help="where the demo's clock starts, in seconds since 1970")
    parser.add_argument("--access-ttl", metavar="T", help="lifetime of every access token, like 30s")
    parser.add_argument("--interval", metavar="T", help="time between two device polls, like 1s")
    parser.add_argument("--fault", metavar="NAME=N", action="append", help="let a fault happen N times; may repeat")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, ctx: Context) -> int:
    """Prints one line of JSON, then serves; ends with 130 or 143."""
    options = options_from(args)
    from my_app.demo import server

    return server.run(options, out=ctx.stdout)


def options_from(args: argparse.Namespace) -> DemoOptions:
    """The typed options as values. Raises UsageFault."""
    from datetime import timedelta

    from my_app.cli.values import moment, pairs, span
    from my_app.demo.options import DemoOptions

    port: str = args.port
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) < 65_536):
        raise UsageFault("--port takes a number from 0 to 65535.")
    faults = pairs(args.fault, "--fault")
    if not all(count.isascii() and count.isdigit() and len(count) <= 9 for count in faults.values()):
        raise UsageFault("--fault takes NAME=N with a number N.", hint="For example: --fault token-503=2")
    return DemoOptions(
        port=int(port),
        seed=args.seed,
        at=None if args.at is None else moment(args.at, "--at"),
        access_ttl=None if args.access_ttl is None else span(args.access_ttl, "--access-ttl"),
        interval=timedelta(seconds=5) if args.interval is None else span(args.interval, "--interval"),
        faults={name: int(count) for name, count in faults.items()},
    )
