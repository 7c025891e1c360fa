"""``my-app jwt decode`` and ``verify``: what a token says, and whether its issuer vouches for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from my_app.cli import jwt_making
from my_app.cli.parsing import actions
from my_app.errors import UsageFault

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from my_app.cli.context import Context
    from my_app.cli.parsing import Parser
    from my_app.inspecting import Inspection

_LIMIT: Final = 1 << 20
"""Characters of a token that are read from standard input."""


def configure(command: str, parser: Parser) -> None:
    """``jwt decode [-|@FILE]`` and ``jwt verify [-|@FILE] ...``."""
    sub = actions(parser)
    decode = sub.add_parser("decode", help="show what it says, trusting nothing")
    verify = sub.add_parser("verify", help="check signature and claims: 0 valid, 5 refused")
    for one in (decode, verify):
        one.add_argument(
            "source", metavar="-|@FILE", nargs="?", default="-", help="standard input (-) or a file; never the token itself"
        )
    decode.set_defaults(run=_decode)
    jwt_making.configure(
        sub.add_parser("keygen", help="make a signing key"),
        sub.add_parser("sign", help="sign claims with a key of your own"),
        sub.add_parser("diff", help="what two tokens differ in"),
    )
    verify.add_argument("--issuer", metavar="URL", help="who must have issued it; its keys are fetched unless --jwks is given")
    verify.add_argument("--audience", metavar="A", help="whom it must be for")
    verify.add_argument("--jwks", metavar="FILE", help="keys to check with: a key set, or one key")
    verify.add_argument("--signature-only", action="store_true", help="check no claims")
    verify.add_argument("--at", metavar="EPOCH", help="judge times for this moment, in seconds since 1970")
    verify.add_argument("--alg", metavar="A", help="the only algorithm to accept")
    verify.set_defaults(run=_verify)


def _token(args: argparse.Namespace, ctx: Context) -> str:
    from my_app.cli.values import read_text

    source: str = args.source
    if source.startswith("@"):
        return read_text(source[1:], ctx.cwd, "the token")
    if source != "-":
        raise UsageFault("A token is never an argument, every process could read it.", hint="Pipe it in, or name a file as @FILE.")
    if ctx.interactive:
        return ctx.ask("Paste the token: ", secret=True)
    try:
        return ctx.stdin.read(_LIMIT + 1)
    except UnicodeDecodeError:
        return ""  # bytes that are no text are no token, and are told so below


def _decode(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.cli import shapes
    from my_app.errors import TokenInvalid

    seen = ctx.services.inspector.look(_token(args, ctx))
    text = "" if ctx.json else "\n".join(decoded_lines(seen, ctx.services.clock.now()))
    if not seen.readable:
        if not ctx.json and text:
            ctx.out(text)
            ctx.flush()
        raise TokenInvalid(seen.problem, check="form")
    value = {
        "readable": seen.readable,
        "problem": seen.problem or None,
        "algorithm": seen.algorithm,
        "key_id": seen.key_id,
        "issuer": seen.issuer,
        "issued_at": shapes.when(seen.issued_at),
        "expires_at": shapes.when(seen.expires_at),
        "size": seen.size,
        "signature": seen.signature.value,
        "header": None if seen.header_json is None else dict(seen.header_json),
        "claims": None if seen.payload_json is None else dict(seen.payload_json),
        "explained": {"header": [shapes.claim(row) for row in seen.header], "claims": [shapes.claim(row) for row in seen.claims]},
    }
    ctx.result(value, text)
    return 0


def decoded_lines(seen: Inspection, now: datetime) -> list[str]:
    """Header and claims with their meaning; every foreign text was cleaned on arrival. Pure."""
    from my_app import words
    from my_app.cli import tables

    lines: list[str] = []
    for title, rows, raw in (("Header", seen.header, seen.raw_header), ("Claims", seen.claims, seen.raw_payload)):
        if rows:
            cells = [
                (row.name, f"{row.value} ({words.relative(row.moment, now)})" if row.moment else row.value, row.meaning)
                for row in rows
            ]
            lines += [title, *(f"  {line}" for line in tables.table(("NAME", "VALUE", "MEANING"), cells, 10_000)), ""]
        elif raw:
            lines += [title, raw, ""]
    if lines:
        lines.append(f"Signature: {seen.signature_reason}")
    return lines


def _verify(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.cli import shapes
    from my_app.errors import Temporary, TokenInvalid
    from my_app.inspecting import SignatureState

    if args.signature_only and (args.jwks is None or args.issuer or args.audience):
        raise UsageFault("--signature-only goes with --jwks FILE and with neither --issuer nor --audience.")
    if not args.signature_only and not (args.issuer and args.audience):
        raise UsageFault(
            "Without --issuer and --audience a token of anybody for anybody would pass.",
            hint="Name both, or check the signature alone: --jwks FILE --signature-only",
        )
    seen = _judged(args, ctx, _token(args, ctx))
    value = {
        "valid": bool(seen.valid),
        "signature": seen.signature.value,
        "checks": [shapes.check(each) for each in seen.checks],
        "claims": None if seen.payload_json is None else dict(seen.payload_json),
    }
    marks = {True: "ok", False: "no", None: "--"}
    lines = [f"{marks[each.ok]}  {each.name:<10} {each.reason}" for each in seen.checks]
    if not seen.checks:
        lines.append(f"no  signature  {seen.signature_reason}")
    failed = [each for each in seen.checks if each.ok is False]
    why = failed[0].reason if failed else seen.signature_reason
    verdict = ("The signature is valid." if args.signature_only else "Valid.") if seen.valid else f"Refused: {why}"
    ctx.result(value, "\n".join([verdict, *lines]))
    if seen.valid:
        return 0
    ctx.flush()
    if isinstance(seen.failure, Temporary):
        raise seen.failure
    if seen.signature is SignatureState.CANNOT_CHECK:
        raise TokenInvalid(f"The token cannot be checked. {seen.signature_reason}", check="signature")
    raise TokenInvalid(why, check=failed[0].name if failed else "signature")


def _judged(args: argparse.Namespace, ctx: Context, token: str) -> Inspection:
    from my_app.cli.values import moment, read_bytes

    inspector = ctx.services.inspector
    at = None if args.at is None else moment(args.at, "--at")
    if args.jwks is None:
        return inspector.verify(token, issuer=args.issuer, audience=args.audience, at=at, algorithm=args.alg)
    return inspector.verify_offline(
        token,
        keys=read_bytes(args.jwks, ctx.cwd, "--jwks"),
        issuer=args.issuer,
        audience=args.audience,
        at=at,
        algorithm=args.alg,
        signature_only=args.signature_only,
    )
