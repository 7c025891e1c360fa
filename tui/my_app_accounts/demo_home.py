"""``--demo``: a provider on loopback, a home that is thrown away, accounts made by real protocol runs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from my_app.errors import DiskFault, Unsupported
from my_app.text import clean

if TYPE_CHECKING:
    from my_app.demo.server import RunningDemo
    from my_app.wiring import Services


@contextmanager
def demo_home(environ: Mapping[str, str]) -> Iterator[tuple[Mapping[str, str], RunningDemo]]:
    """The environment of a throw-away home and the demo that runs beside the app until the end.

    Its start line goes to the file ``MY_APP_DEMO_INFO`` names. Raises Unsupported without the extra
    ``demo``, DiskFault when the file cannot be written, PortInUse.
    """
    try:
        from my_app.demo.home import isolated_home
        from my_app.demo.server import serve
    except ModuleNotFoundError as missing:
        raise Unsupported(
            f"The demo needs {clean(missing.name, 40)}, which is not installed.",
            hint="Install it with: pip install 'my-app-accounts[demo]'",
        ) from None
    with isolated_home(environ) as home, serve() as demo:
        if wanted := environ.get("MY_APP_DEMO_INFO"):
            _write(Path(wanted), json.dumps(demo.info, ensure_ascii=False) + "\n")
        yield home, demo


def filler(services: Services, demo: RunningDemo) -> Callable[[Callable[[str], None]], None]:
    """What fills the home: blocks for some seconds, calls back with the name of each account that is ready."""
    from my_app.demo.seed import seed

    return lambda told: seed(services, demo.info, told=told)


def _write(path: Path, text: str) -> None:
    """Whole or not at all, readable by this user only."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        beside.replace(path)
    except OSError as fault:
        raise DiskFault(f"The file {clean(path, 120)} cannot be written.", errno=fault.errno) from fault
