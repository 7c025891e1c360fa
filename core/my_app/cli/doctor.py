"""``my-app doctor``: looks at this machine, changes nothing, and names the fix for what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from my_app.errors import MyAppError

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from my_app.cli.context import Context
    from my_app.cli.parsing import Parser


class Finding(NamedTuple):
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str
    fix: str = ""


def configure(command: str, parser: Parser) -> None:
    """``doctor``."""
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, ctx: Context) -> int:
    """Exit 0 when all is well, else 1."""
    from my_app.text import clean

    found = findings(ctx)
    value = {
        "ok": all(each.ok for each in found),
        "checks": [{"name": each.name, "ok": each.ok, "detail": each.detail, "fix": each.fix or None} for each in found],
    }
    lines = []
    for each in found:
        lines.append(f"{'ok' if each.ok else '!!'}  {each.name:<12} {clean(each.detail, 400)}")
        if each.fix:
            lines.append(f"    {'':<12} {clean(each.fix, 400)}")
    ctx.result(value, "\n".join(lines))
    wrong = [each.name for each in found if not each.ok]
    if wrong:
        ctx.flush()
        raise MyAppError(f"Something needs attention: {', '.join(wrong)}.")
    return 0


def findings(ctx: Context) -> list[Finding]:
    """Everything that was looked at, in order. No network, nothing is unlocked."""
    return [
        *(_mode(name, path) for name, path in _places(ctx)),
        _settings(ctx),
        _vault(ctx),
        _keyring(ctx),
        _audit(ctx),
        _browser(ctx),
        _proxy(ctx),
        _bundle(ctx),
        _loopback(),
    ]


def _places(ctx: Context) -> list[tuple[str, Path]]:
    paths = ctx.services.paths
    return [
        ("config dir", paths.config_dir),
        ("credentials", paths.credentials),
        ("data dir", paths.data_dir),
        ("vault file", paths.vault),
        ("audit file", paths.audit),
    ]


def _mode(name: str, path: Path) -> Finding:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return Finding(name, True, f"{path} (not there yet)")
    except OSError as error:
        return Finding(name, False, f"{path}: {error.strerror}", "Check the path and its permissions.")
    # A configuration folder may be listed by others; what holds secrets may not be read by them.
    loose = mode & (0o022 if name == "config dir" else 0o077)
    if loose:
        wanted = "go-w" if name == "config dir" else "go-rwx"
        return Finding(name, False, f"{path} is open to others", f"chmod {wanted} {path}")
    return Finding(name, True, str(path))


def _settings(ctx: Context) -> Finding:
    try:
        overview = ctx.services.accounts.overview()
    except MyAppError as error:
        return Finding("settings", False, error.message, error.hint)
    if overview.warnings:
        return Finding("settings", False, " ".join(overview.warnings), "Correct config.toml.")
    return Finding("settings", True, f"{len(overview.accounts)} profiles")


def _vault(ctx: Context) -> Finding:
    from my_app.vaulting import SlotKind

    try:
        status = ctx.services.vault.status()
    except MyAppError as error:
        return Finding("vault", False, error.message, error.hint)
    if not status.exists:
        return Finding("vault", True, "not made yet")
    kinds = [slot.kind for slot in status.slots]
    what = f"{status.records} records, opens by {', '.join(kinds) or 'nothing'}"
    try:
        ctx.services.vault.open(ask=False)
    except MyAppError as error:
        if SlotKind.PASSPHRASE in kinds:
            return Finding("vault", True, f"{what}; its passphrase will be asked for")
        return Finding("vault", False, f"{what}, but not here: {error.message}", error.hint)
    return Finding("vault", True, what)


def _keyring(ctx: Context) -> Finding:
    from my_app.vaulting import SlotKind

    try:
        status = ctx.services.vault.status()
    except MyAppError as error:
        return Finding("keyring", False, error.message, error.hint)
    needed = any(slot.kind is SlotKind.KEYRING for slot in status.slots)
    others = any(slot.kind is not SlotKind.KEYRING for slot in status.slots)
    if status.keyring_usable:
        return Finding("keyring", True, status.keyring)
    if needed:
        return Finding("keyring", False, status.keyring, "Unlock it, or add another way in: my-app vault slot add passphrase")
    if others:
        return Finding("keyring", True, f"not used ({status.keyring})")
    return Finding("keyring", True, status.keyring, "Without it the vault needs a passphrase: my-app vault slot add passphrase")


def _audit(ctx: Context) -> Finding:
    try:
        verdict = ctx.services.audit.verify()
    except MyAppError as error:
        return Finding("audit", False, error.message, error.hint)
    if verdict.ok:
        sealed = f"sealed up to {verdict.sealed_to}" if verdict.sealed_to else "not sealed: the vault is closed or has no mark yet"
        return Finding("audit", True, f"{verdict.events} events, {sealed}")
    return Finding("audit", False, f"broken at event {verdict.broken_at}", "my-app audit verify")


def _browser(ctx: Context) -> Finding:
    chosen = ctx.environ.get("BROWSER")
    if chosen:
        return Finding("browser", True, f"BROWSER is {chosen}")
    import sys

    if sys.platform in ("darwin", "win32") or ctx.environ.get("DISPLAY") or ctx.environ.get("WAYLAND_DISPLAY"):
        return Finding("browser", True, "a display is there")
    return Finding("browser", True, "no display: device code or a pasted address is used")


def _proxy(ctx: Context) -> Finding:
    names = [
        name
        for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
        if ctx.environ.get(name)
    ]
    if not names:
        return Finding("proxy", True, "none")
    from my_app.text import host_of

    return Finding("proxy", True, ", ".join(f"{name} goes to {host_of(ctx.environ[name]).rpartition('@')[2]}" for name in names))


def _bundle(ctx: Context) -> Finding:
    from pathlib import Path

    bundle = ctx.environ.get("MY_APP_CA_BUNDLE")
    if not bundle:
        return Finding("CA bundle", True, "the system's")
    if Path(bundle).is_file():
        return Finding("CA bundle", True, bundle)
    return Finding("CA bundle", False, f"{bundle} is no file", "Correct or unset MY_APP_CA_BUNDLE.")


def _loopback() -> Finding:
    import socket

    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind(("127.0.0.1", 0))
    except OSError as error:
        return Finding(
            "loopback", False, f"no port can be opened: {error.strerror}", "Browser sign-in needs it; use --flow device."
        )
    return Finding("loopback", True, "a port can be opened on 127.0.0.1")
