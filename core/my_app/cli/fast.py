"""The way into ``my-app``: ``--version`` and a cached ``token`` at once, everything else by ``cli/main.py``.

Starting Python is most of what these two cost, so this module loads nothing it does not need
(a test lists what it may). It takes the quick way only where it is certain to do what the
ordinary way does; anything unusual goes there.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_KNOWN = frozenset(
    {"MY_APP_PROFILE", "MY_APP_CONFIG_DIR", "MY_APP_DATA_DIR", "MY_APP_VAULT_KEY", "MY_APP_VAULT_KEY_FILE", "MY_APP_NO_INPUT"}
)
"""Variables that the quick way understands; any other one may change what a call means."""
_LARGEST_KEY_FILE = 4096


def main() -> int:
    """The ``my-app`` command; returns its exit code."""
    argv = sys.argv[1:]
    if argv[:1] == ["--version"]:
        from my_app import __version__

        return _say(f"my-app {__version__}")
    if argv[:1] == ["token"]:
        try:
            token = cached_token(argv[1:], os.environ)
        except KeyboardInterrupt:
            return 130
        if token is not None:
            return _say(token)
    from my_app.cli.main import main as ordinary

    return ordinary(argv)


def _say(line: str) -> int:
    try:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except OSError:
        # Nobody reads; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    return 0


def cached_token(args: list[str], environ: Mapping[str, str]) -> str | None:
    """The token that ``my-app token ARGS`` prints, when it is at hand; None: the ordinary way decides."""
    name, certain = _named(args, environ)
    if not certain:
        return None
    config, data, certain = _places(environ)
    if not certain or os.path.lexists(f"{config}/credentials.json"):
        return None
    key, certain = _key(environ)
    if not certain:
        return None
    from my_app.adapters.vault_hot import cached, stamp_of

    stamp = stamp_of(f"{config}/config.toml")
    if stamp is None:
        return None
    import sqlite3

    from my_app.adapters.secret_service import Absent, Dismissed, Failed, Locked
    from my_app.adapters.vault_wire import Broken

    try:
        token = cached(f"{data}/vault.db", name, stamp, key)
    except (sqlite3.Error, OSError, ValueError, KeyError, TypeError, ImportError, Broken, Absent, Dismissed, Failed, Locked):
        return None
    return token if token and token.isascii() and token.isprintable() else None


def _named(args: list[str], environ: Mapping[str, str]) -> tuple[str | None, bool]:
    """The named profile, if any, and whether nothing else is asked for."""
    if any(name.startswith("MY_APP_") and name not in _KNOWN for name, value in environ.items() if value):
        return None, False
    match args:
        case []:
            return environ.get("MY_APP_PROFILE") or None, True
        case ["--profile", name] if name:
            return name, True
        case [name] if name.startswith("--profile=") and name != "--profile=":
            return name.removeprefix("--profile="), True
        case [name] if name and not name.startswith("-"):
            return name, True
        case _:
            return None, False


def _places(environ: Mapping[str, str]) -> tuple[str, str, bool]:
    """Config and data folder, and whether they are certain; ``settings.paths`` says the same."""
    config = _place(environ, "MY_APP_CONFIG_DIR", "XDG_CONFIG_HOME", ".config")
    data = _place(environ, "MY_APP_DATA_DIR", "XDG_DATA_HOME", ".local/share")
    return config or "", data or "", bool(config and data)


def _place(environ: Mapping[str, str], own: str, xdg: str, default: str) -> str | None:
    given = environ.get(own)
    if given:
        return given if given.startswith("/") and given.isprintable() else None
    if not sys.platform.startswith("linux"):
        return None
    home = environ.get("HOME", "")
    base = environ.get(xdg) or (f"{home}/{default}" if home else "")
    return f"{base}/my_app" if base.startswith("/") and base.isprintable() and base == base.strip() else None


def _key(environ: Mapping[str, str]) -> tuple[str | None, bool]:
    """The vault's key from the environment, None for the keyring's; and whether that is certain."""
    key, path = environ.get("MY_APP_VAULT_KEY") or None, environ.get("MY_APP_VAULT_KEY_FILE") or None
    if path is None:
        return key, key is not None or sys.platform.startswith("linux")
    if key is not None:
        return None, False
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError):
        return None, False
    try:
        data = os.read(handle, _LARGEST_KEY_FILE)
    except OSError:
        return None, False
    finally:
        os.close(handle)
    text = data.decode("ascii", "replace").removesuffix("\n").removesuffix("\r")
    return text, bool(text) and text.isprintable()
