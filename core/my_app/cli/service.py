"""``my-app upload``, ``list``, ``create`` and ``deploy``: the API's everyday acts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from my_app.errors import UsageFault

if TYPE_CHECKING:
    import argparse

    from my_app.cli.context import Context
    from my_app.cli.parsing import Parser

_KIND: Final = re.compile(r"[a-z][a-z0-9-]{0,63}", re.ASCII)
UPLOAD_LIMIT: Final = 64 << 20
"""Bytes of a file that is uploaded in one request."""


def configure(command: str, parser: Parser) -> None:
    """``upload FILE BUCKET/KEY``, ``list KIND``, ``create KIND --name N``, ``deploy SERVICE --version V --region R``."""
    if command == "upload":
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("target", metavar="BUCKET/KEY")
        parser.set_defaults(run=_upload)
    elif command == "list":
        parser.add_argument("kind", metavar="KIND", help="vms, databases, deployments, data ...")
        parser.set_defaults(run=_list)
    elif command == "create":
        parser.add_argument("kind", metavar="KIND", help="database, vm ...")
        parser.add_argument("--name", metavar="N", required=True)
        parser.set_defaults(run=_create)
    else:
        parser.add_argument("service", metavar="SERVICE")
        parser.add_argument("--version", metavar="V", required=True)
        parser.add_argument("--region", metavar="R", required=True)
        parser.set_defaults(run=_deploy)


def _upload(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.calls.api import json_of
    from my_app.cli.calling import account, calls, shown
    from my_app.cli.values import read_bytes

    path = storage_path(args.target)
    data = read_bytes(args.file, ctx.cwd, "upload", limit=UPLOAD_LIMIT)
    name = account(args, ctx)
    response = calls(ctx).call(name, "PUT", path, headers={"content-type": "application/octet-stream"}, body=data)
    value = {"profile": shown(name), "status": response.status, "result": json_of(response)}
    return _done(ctx, value, f"{len(data)} bytes are at {args.target}.")


def storage_path(target: str) -> str:
    """The API's path of ``BUCKET/KEY``. Raises UsageFault."""
    from urllib.parse import quote

    parts = target.split("/")
    if len(parts) < 2 or not all(parts) or any(part in (".", "..") for part in parts) or not target.isprintable():
        raise UsageFault("The target is a bucket and a key.", hint="For example: my-bucket/data.csv")
    return "/storage/" + "/".join(quote(part, safe="") for part in parts)


def plural(kind: str) -> str:
    """The API's collection of a kind: ``database`` and ``databases`` are one. Raises UsageFault."""
    if not _KIND.fullmatch(kind):
        raise UsageFault("A kind is a word in small letters.", hint="For example: vms, databases, deployments")
    return kind if kind.endswith("s") or kind == "data" else f"{kind}s"


def _list(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.calls.api import json_of
    from my_app.cli import tables
    from my_app.cli.calling import account, calls, shown
    from my_app.errors import BadAnswer
    from my_app.text import clean

    kind = plural(args.kind)
    name = account(args, ctx)
    answer = json_of(calls(ctx).call(name, "GET", f"/{kind}"))
    items = answer.get("items") if isinstance(answer, dict) else answer
    if not isinstance(items, list):
        raise BadAnswer("The API's answer is no list.", hint=f"Look at it with: my-app api GET /{kind}")
    text = ""
    if items and not ctx.json:
        head = list(dict.fromkeys(key for item in items if isinstance(item, dict) for key in item)) or ["value"]
        rows = [[_cell(item.get(key)) for key in head] if isinstance(item, dict) else [_cell(item)] for item in items]
        rows = [row + [""] * (len(head) - len(row)) for row in rows]
        text = "\n".join(tables.table([clean(key, 40).upper() for key in head], rows, ctx.width))
    elif not ctx.json:
        ctx.note(f"There are no {kind}.")
    ctx.result({"profile": shown(name), "kind": kind, "items": items}, text)
    return 0


def _cell(value: object) -> str:
    import json

    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _create(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.calls.api import json_body, json_of
    from my_app.cli.calling import account, calls, shown
    from my_app.text import clean

    kind = plural(args.kind)
    name = account(args, ctx)
    headers, body = json_body({"name": args.name})
    response = calls(ctx).call(name, "POST", f"/{kind}", headers=headers, body=body)
    return _done(ctx, {"profile": shown(name), "kind": kind, "result": json_of(response)}, f"{clean(args.name)} is created.")


def _deploy(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.calls.api import json_body, json_of
    from my_app.cli.calling import account, calls, shown
    from my_app.text import clean

    name = account(args, ctx)
    headers, body = json_body({"service": args.service, "version": args.version, "region": args.region})
    response = calls(ctx).call(name, "POST", "/deployments", headers=headers, body=body)
    what = f"{clean(args.service)} {clean(args.version)} is deployed to {clean(args.region)}."
    return _done(ctx, {"profile": shown(name), "result": json_of(response)}, what)


def _done(ctx: Context, value: dict[str, object], sentence: str) -> int:
    if ctx.json:
        ctx.result(value, "")
    else:
        ctx.note(sentence)
    return 0
