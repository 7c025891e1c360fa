"""``my-app jwt keygen``, ``sign`` and ``diff``: keys and tokens for tests, and what two tokens differ in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from my_app.errors import UsageFault

if TYPE_CHECKING:
    import argparse

    from my_app.cli.context import Context
    from my_app.cli.parsing import Parser
    from my_app.jose.keys import Key

ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "HS256",
    "HS384",
    "HS512",
)


def configure(keygen: Parser, sign: Parser, diff: Parser) -> None:
    """``keygen --out FILE``, ``sign --key FILE [-|@FILE]`` and ``diff @A @B``."""
    keygen.add_argument("--out", metavar="FILE", required=True, help="new file for the private key, a JWK; mode 0600")
    keygen.add_argument("--alg", metavar="A", default="ES256", choices=ALGORITHMS, help="ES256 unless named")
    keygen.add_argument("--kid", metavar="ID", help="key id; else its thumbprint")
    keygen.set_defaults(run=_keygen)
    sign.add_argument("source", metavar="-|@FILE", nargs="?", default="-", help="the claims, a JSON object")
    sign.add_argument("--key", metavar="FILE", required=True, help="private key, a JWK as keygen writes it")
    sign.add_argument("--lifetime", metavar="5m", help="sets exp; else one hour")
    sign.add_argument("--typ", metavar="T", default="JWT", help="type in the header, e.g. at+jwt")
    sign.set_defaults(run=_sign)
    diff.add_argument("left", metavar="@FILE")
    diff.add_argument("right", metavar="@FILE")
    diff.set_defaults(run=_diff)


def _keygen(args: argparse.Namespace, ctx: Context) -> int:
    import secrets

    from my_app.jose.make import make_key

    key = make_key(args.alg, entropy=secrets.token_bytes, kid=args.kid)
    _write_new(args.out, key.private_jwk().reveal(), ctx)
    # An HMAC secret has no part that may be shown.
    public = None if key.symmetric else key.public_jwk()
    text = "" if ctx.json or public is None else _json(public)
    ctx.result({"file": args.out, "algorithm": key.algorithm.name, "key_id": key.kid, "public": public}, text)
    if not ctx.json:
        ctx.note("The private key is written. Above is its public half." if public else "The secret key is written.")
    return 0


def _json(value: object) -> str:
    import json

    return json.dumps(value)


def _write_new(name: str, text: str, ctx: Context) -> None:
    """A new file of mode 0600. Raises UsageFault when it is there, or cannot be made."""
    import os
    from pathlib import Path

    from my_app.text import clean

    path = (ctx.cwd or Path()) / Path(name).expanduser()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageFault(f"{clean(path)} is there already and is not overwritten.", hint="Name a new file.") from None
    except (OSError, ValueError) as error:
        raise UsageFault(f"{clean(path)} cannot be made: {getattr(error, 'strerror', None) or 'no file name'}.") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text + "\n")


def _sign(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.cli.values import read_text, span
    from my_app.jose.sign import DEFAULT_LIFETIME, sign_claims
    from my_app.strict_json import JsonFault, parse_object

    if args.source != "-" and not args.source.startswith("@"):
        raise UsageFault("The claims come from standard input (-) or a file (@FILE).")
    text = ctx.stdin.read() if args.source == "-" else read_text(args.source[1:], ctx.cwd, "the claims")
    try:
        claims = parse_object(text)
    except JsonFault as fault:
        raise UsageFault(f"The claims are no JSON object: {fault}.", hint='For example: {"sub": "ana"}') from None
    lifetime = DEFAULT_LIFETIME if args.lifetime is None else span(args.lifetime, "--lifetime")
    token = sign_claims(claims, _key(args.key, ctx), now=ctx.services.clock.now(), lifetime=lifetime, typ=args.typ)
    ctx.result({"token": token}, token)
    return 0


def _key(name: str, ctx: Context) -> Key:
    from my_app.cli.values import read_bytes
    from my_app.errors import BadMetadata
    from my_app.jose.keys import KeySet, KeyUnfit

    try:
        return KeySet.parse(read_bytes(name, ctx.cwd, "--key"), local=True).signing_key()
    except (BadMetadata, KeyUnfit) as fault:
        raise UsageFault(f"The key file cannot be used: {fault}.", hint="Make one with: my-app jwt keygen --out FILE") from None


def _diff(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.cli import tables
    from my_app.cli.values import read_text
    from my_app.errors import TokenInvalid

    sides = []
    for source in (args.left, args.right):
        if not source.startswith("@"):
            raise UsageFault("A token is never an argument, every process could read it.", hint="Name files as @FILE.")
        seen = ctx.services.inspector.look(read_text(source[1:], ctx.cwd, "the token"))
        if not seen.readable:
            raise TokenInvalid(seen.problem, check="form")
        sides.append({"header": seen.header_json or {}, "claims": seen.payload_json or {}})
    left, right = sides
    found = [
        {"part": part, "name": name, "left": left[part].get(name), "right": right[part].get(name)}
        for part in ("header", "claims")
        for name in sorted({*left[part], *right[part]})
        if left[part].get(name) != right[part].get(name)
    ]
    rows = [(f"{each['part']}.{each['name']}", _json(each["left"]), _json(each["right"])) for each in found]
    text = "\n".join(tables.table(("NAME", "LEFT", "RIGHT"), rows, ctx.width)) if rows else ""
    ctx.result({"equal": not found, "differences": found}, text)
    if not found and not ctx.json:
        ctx.note("The two say the same.")
    return 0
