"""``my-app audit``: read, verify and export the record of what was done with which credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from my_app.cli.parsing import actions

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from my_app.audit import Entry
    from my_app.cli.context import Context
    from my_app.cli.parsing import Parser

_HEAD: Final = ("SEQ", "AT", "EVENT", "PROFILE", "RESULT", "BY", "DETAIL")
_PAGE: Final = 500


def configure(command: str, parser: Parser) -> None:
    """``audit list [--limit N] [--before SEQ] | verify | export``."""
    sub = actions(parser)
    lister = sub.add_parser("list", help="the newest events first")
    lister.add_argument("--limit", metavar="N", default="50", help="how many (50)")
    lister.add_argument("--before", metavar="SEQ", help="only events older than this one")
    lister.set_defaults(run=_list)
    sub.add_parser("verify", help="whether the chain holds, and how far it is sealed").set_defaults(run=_verify)
    sub.add_parser("export", help="every event, oldest first, as JSON lines").set_defaults(run=_export)


def _list(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.cli import shapes, tables

    limit = _number(args.limit, "--limit")
    before = None if args.before is None else _number(args.before, "--before")
    entries = ctx.services.audit.entries(limit=limit, before=before)
    older = entries[-1].seq if len(entries) == limit and entries[-1].seq > 1 else None
    value = {"events": [shapes.entry(each) for each in entries], "before": older}
    text = ""
    if entries and not ctx.json:
        text = "\n".join(tables.table(_HEAD, [_row(each) for each in entries], ctx.width))
    elif not ctx.json:
        ctx.note("Nothing is recorded yet.")
    ctx.result(value, text)
    if older and not ctx.json:
        ctx.note(f"Older ones: my-app audit list --before {older}")
    return 0


def _number(text: str, option: str) -> int:
    from my_app.errors import UsageFault
    from my_app.text import clean

    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        raise UsageFault(f"{option} takes a number from 1, and “{clean(text, 20)}” is none.")
    return int(text)


def _row(entry: Entry) -> tuple[str, ...]:
    result = entry.result.value + (f" ({entry.code})" if entry.code else "")
    by = f"{entry.actor.program}[{entry.actor.pid}]"
    return (str(entry.seq), f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.event.value, entry.profile or "", result, by, entry.detail)


def _verify(args: argparse.Namespace, ctx: Context) -> int:
    from contextlib import suppress

    from my_app.errors import AuditBroken, StorageFault

    vault = ctx.services.vault
    with suppress(StorageFault):
        # The keyed checkpoint is in the vault: with it closed the chain alone speaks. A check asks nobody for a passphrase.
        if vault.status().exists:
            vault.open(ask=False)
    verdict = ctx.services.audit.verify()
    value = {"ok": verdict.ok, "events": verdict.events, "sealed_to": verdict.sealed_to, "broken_at": verdict.broken_at}
    sealed = f"sealed up to {verdict.sealed_to}" if verdict.sealed_to else "not sealed: the vault is closed or has no mark yet"
    text = f"{verdict.events} events, chain holds, {sealed}." if verdict.ok else ""
    ctx.result(value, text)
    if not verdict.ok:
        ctx.flush()
        place = "" if verdict.broken_at is None else f" from event {verdict.broken_at} on"
        raise AuditBroken(
            f"The audit log was changed{place}.",
            hint="Keep the file, and compare it with a backup or an earlier export.",
            broken_at=verdict.broken_at,
        )
    return 0


def _export(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.audit import Event
    from my_app.cli import shapes
    from my_app.cli.context import dumps

    entries = list(_all(ctx))[::-1]
    if ctx.json:
        ctx.result({"events": [shapes.entry(each) for each in entries]}, "")
    else:
        for each in entries:
            ctx.out(dumps(shapes.entry(each)))
    ctx.flush()
    ctx.services.audit.append(Event.EXPORT, profile=None, detail="audit log")
    return 0


def _all(ctx: Context) -> Iterator[Entry]:
    before: int | None = None
    while page := ctx.services.audit.entries(limit=_PAGE, before=before):
        yield from page
        before = page[-1].seq
