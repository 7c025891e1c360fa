"""``my-app vault`` and ``lock``: what opens the encrypted store, and its care."""

from __future__ import annotations

from typing import TYPE_CHECKING

from my_app.cli.parsing import actions
from my_app.errors import UsageFault

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from my_app.cli.context import Context
    from my_app.cli.parsing import Parser
    from my_app.secret import Secret
    from my_app.vaulting import SlotKind

_KINDS = ("keyring", "passphrase", "key")


def configure(command: str, parser: Parser) -> None:
    """``vault status | slot list|add|remove KIND | rekey | export FILE | import FILE | restore`` and ``lock``."""
    if command == "lock":
        parser.set_defaults(run=_lock)
        return
    sub = actions(parser)
    sub.add_parser("status", help="where it is, what opens it, what it holds").set_defaults(run=_status)
    slot = actions(sub.add_parser("slot", help="the ways to open it"))
    slot.add_parser("list", help="all slots").set_defaults(run=_slots)
    for name, text, run in (("add", "add one, or replace the one of that kind", _add), ("remove", "remove one", _remove)):
        one = slot.add_parser(name, help=text)
        one.add_argument("kind", choices=_KINDS)
        one.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")
        one.set_defaults(run=run)
    sub.add_parser("rekey", help="seal everything under a new key; slots stay").set_defaults(run=_rekey)
    export = sub.add_parser("export", help="write all records to a new file, sealed under a passphrase")
    export.add_argument("file", metavar="FILE")
    export.set_defaults(run=_export)
    bring = sub.add_parser("import", help="take records from an exported file")
    bring.add_argument("file", metavar="FILE")
    bring.add_argument("--replace", action="store_true", help="also those that are there already")
    bring.set_defaults(run=_import)
    sub.add_parser("restore", help="bring the last good copy back").set_defaults(run=_restore)


def _status(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.cli import shapes, tables

    status = ctx.services.vault.status()
    opened = f"open, by {status.opened_by.value}" if status.open and status.opened_by else "open" if status.open else "closed"
    pairs = [
        ("vault", str(status.path)),
        ("state", opened if status.exists else "not made yet; the first login or key makes it"),
        ("id", status.vault_id or ""),
        ("slots", ", ".join(slot.kind.value for slot in status.slots)),
        ("records", str(status.records)),
        ("last good copy", f"{status.backup_at:%Y-%m-%d %H:%M:%S} UTC" if status.backup_at else ""),
        ("keyring", status.keyring),
    ]
    ctx.result(shapes.vault(status), "\n".join(tables.facts(pairs)))
    return 0


def _slots(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.cli import shapes, tables

    slots = ctx.services.vault.status().slots
    rows = [(slot.kind.value, f"{slot.created_at:%Y-%m-%d %H:%M:%S}") for slot in slots]
    text = "\n".join(tables.table(("SLOT", "ADDED"), rows, ctx.width)) if rows else ""
    ctx.result({"slots": [shapes.slot(slot) for slot in slots]}, text)
    return 0


def _add(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.vaulting import SlotKind

    kind = SlotKind(args.kind)
    vault = ctx.services.vault
    if args.dry_run:
        return _would_add(kind, ctx)
    secret = _slot_secret(kind, ctx)
    if vault.status().exists:
        vault.open()
        vault.add_slot(kind, secret)
        sentence = f"The vault opens by {kind.value} too now."
    else:
        vault.create(kind, secret)
        sentence = f"A new vault is made; it opens by {kind.value}."
    return _done(ctx, _slots_after(kind, [slot.kind for slot in vault.status().slots], dry_run=False), sentence)


def _would_add(kind: SlotKind, ctx: Context) -> int:
    """What ``add`` would do, as far as it can be known without doing it."""
    from my_app.errors import KeyringUnavailable
    from my_app.vaulting import SlotKind

    vault = ctx.services.vault
    status = vault.status()
    if status.exists:
        vault.open()
    if kind is SlotKind.KEYRING and not status.keyring_usable:
        raise KeyringUnavailable(status.keyring)
    there = [slot.kind for slot in status.slots]
    if not status.exists:
        sentence = f"A new vault would be made; it would open by {kind.value}."
    elif kind in there:
        sentence = f"The {kind.value} slot would be replaced; the vault would open by {_named(there)}."
    else:
        sentence = f"The vault would open by {_named([*there, kind])}."
    after = there if kind in there else [*there, kind]
    return _done(ctx, _slots_after(kind, after, dry_run=True), f"{sentence} Nothing was changed.")


def _remove(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.vaulting import SlotKind

    kind = SlotKind(args.kind)
    vault = ctx.services.vault
    vault.open()
    vault.remove_slot(kind, dry_run=args.dry_run)
    slots = [slot.kind for slot in vault.status().slots]
    if args.dry_run:
        slots = [each for each in slots if each is not kind]
        sentence = f"The vault would open by {_named(slots)} alone. Nothing was changed."
    else:
        sentence = f"The vault no longer opens by {kind.value}."
    return _done(ctx, _slots_after(kind, slots, dry_run=args.dry_run), sentence)


def _named(kinds: Sequence[SlotKind]) -> str:
    return " or ".join(kind.value for kind in kinds)


def _slots_after(kind: SlotKind, slots: Sequence[SlotKind], *, dry_run: bool) -> dict[str, object]:
    return {"slot": kind.value, "slots": [each.value for each in slots], "dry_run": dry_run}


def _slot_secret(kind: SlotKind, ctx: Context) -> Secret | None:
    """The new passphrase (typed twice, or its variable) or key (its variable); None for the keyring."""
    from my_app.vaulting import SlotKind

    if kind is SlotKind.KEYRING:
        return None
    if kind is SlotKind.KEY:
        return _from_environment(ctx, "MY_APP_VAULT_KEY", "32 random bytes in base64url make a key.")
    if ctx.interactive:
        secret = ctx.new_passphrase()
        if secret is None:
            raise UsageFault("An empty passphrase protects nothing; nothing was changed.")
        return secret
    return _from_environment(ctx, "MY_APP_VAULT_PASSPHRASE", "Or run it on a terminal.")


def _from_environment(ctx: Context, name: str, more: str) -> Secret:
    from my_app.given.environment import read_secret_file, secret_variable

    secret = secret_variable(ctx.environ, name, read_secret_file)
    if secret is None:
        raise UsageFault(
            f"The new secret is expected in {name}_FILE.",
            hint=f"Put it into a file of mode 0600 and name that file in {name}_FILE. {more}",
        )
    return secret


def _rekey(args: argparse.Namespace, ctx: Context) -> int:
    ctx.services.vault.open()
    ctx.services.vault.rekey()
    return _done(ctx, {"rekeyed": True}, "Everything is sealed under a new key.")


def _export(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.audit import Event

    path = _path(args.file, ctx)
    ctx.services.vault.open()
    count = ctx.services.vault.export(path, _file_passphrase(ctx, ctx.new_passphrase))
    ctx.services.audit.append(Event.EXPORT, profile=None, detail=f"{count} records")
    return _done(ctx, {"file": str(path), "records": count}, f"{count} records are in {path}, sealed under the passphrase.")


def _import(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.audit import Event
    from my_app.secret import Secret

    path = _path(args.file, ctx)
    passphrase = _file_passphrase(ctx, lambda: Secret(ctx.ask("Passphrase of the file: ", secret=True)))
    if ctx.services.vault.status().exists:
        ctx.services.vault.open()
    done = ctx.services.vault.import_file(path, passphrase, replace=args.replace)
    ctx.services.audit.append(Event.IMPORT, profile=None, detail=f"{len(done.added)} records")
    kept = f", {len(done.kept)} were there already" if done.kept else ""
    return _done(ctx, {"added": list(done.added), "kept": list(done.kept)}, f"{len(done.added)} records taken{kept}.")


def _file_passphrase(ctx: Context, ask: Callable[[], Secret | None]) -> Secret:
    """Passphrase of an exported file: typed, else the one line on standard input."""
    from my_app.cli.values import secret_from

    secret = ask() if ctx.interactive else secret_from(ctx.stdin, "passphrase")
    if not secret:
        raise UsageFault("An empty passphrase protects nothing; nothing was changed.")
    return secret


def _restore(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.cli import shapes
    from my_app.text import clean

    done = ctx.services.vault.restore()
    again = f" Sign in again: {', '.join(clean(name) for name in done.sign_in_again)}." if done.sign_in_again else ""
    value = {
        "records": done.records,
        "taken_at": shapes.when(done.taken_at),
        "set_aside": str(done.set_aside) if done.set_aside else None,
        "sign_in_again": list(done.sign_in_again),
    }
    return _done(ctx, value, f"{done.records} records are back, as of {done.taken_at:%Y-%m-%d %H:%M:%S} UTC.{again}")


def _lock(args: argparse.Namespace, ctx: Context) -> int:
    ctx.services.vault.lock_now()
    return _done(ctx, {"locked": True}, "Locked. The next command opens the vault again by environment, keyring or passphrase.")


def _path(text: str, ctx: Context) -> Path:
    from pathlib import Path

    return (ctx.cwd or Path.cwd()) / Path(text).expanduser()


def _done(ctx: Context, value: Mapping[str, object], sentence: str) -> int:
    if ctx.json:
        ctx.result(value, "")
    else:
        ctx.note(sentence)
    return 0
