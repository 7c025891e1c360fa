"""A home of its own for one demo: a temporary folder and an environment that points into it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from my_app.demo.chance import Chance

_KEPT = ("MY_APP_DEMO_INFO",)


@contextlib.contextmanager
def isolated_home(environ: Mapping[str, str], *, seed: str | None = None) -> Iterator[dict[str, str]]:
    """The environment for a demo; its folder, readable only by this user, is deleted at the end.

    No ``MY_APP_*`` variable of the person comes in, so nothing of theirs is read or written, and
    the vault's key is made for this run, so no keyring is asked. ``seed`` makes the key the same each time.
    """
    with tempfile.TemporaryDirectory(prefix="my-app-demo-", ignore_cleanup_errors=True) as folder:
        yield home_environment(environ, Path(folder), seed=seed)


def home_environment(environ: Mapping[str, str], folder: Path, *, seed: str | None = None) -> dict[str, str]:
    """The same for a folder that is the caller's."""
    kept = {name: value for name, value in environ.items() if not name.startswith("MY_APP_") or name in _KEPT}
    return kept | {
        "MY_APP_CONFIG_DIR": str(folder / "config"),
        "MY_APP_DATA_DIR": str(folder / "data"),
        "MY_APP_VAULT_KEY": Chance(None if seed is None else f"vault {seed}").token(32),
    }
