"""Makes the pictures in this folder from the seeded demo: SVG and PNG of each screen, one command.

    .venv/bin/python screenshots/make.py [NAME ...]

Every account is got by a real protocol run; the clock starts at a fixed moment and stands still
while pictures are taken.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

HERE = Path(__file__).parent
START = datetime(2026, 11, 24, 9, 14, tzinfo=UTC)
SEED = "screenshots"
FONT = "DejaVu Sans Mono"

os.environ["TZ"] = "UTC"
sys.argv[0] = "my-app-accounts"  # the trail names the program
os.environ.pop("NO_COLOR", None)

import resvg_py  # noqa: E402
from textual.pilot import Pilot  # noqa: E402

from my_app.demo.clocks import TickingClock  # noqa: E402
from my_app.demo.home import isolated_home  # noqa: E402
from my_app.demo.options import DemoOptions  # noqa: E402
from my_app.demo.seed import seed  # noqa: E402
from my_app.demo.server import RunningDemo, serve  # noqa: E402
from my_app.wiring import open_services  # noqa: E402
from my_app_accounts.app import AccountsApp  # noqa: E402

Walk = Callable[[Pilot[int]], Awaitable[None]]


class Shutter:
    """A clock that ticks from START until it is stopped."""

    def __init__(self) -> None:
        self._ticking = TickingClock(START)
        self._stopped: datetime | None = None

    def now(self) -> datetime:
        """The time, aware, UTC."""
        return self._stopped or self._ticking.now()

    def stop(self, at: datetime) -> None:
        """Stand still at ``at``."""
        self._stopped = at


async def keys(pilot: Pilot[int], *pressed: str, wait: float = 0.4) -> None:
    """Press keys and let the workers finish."""
    await pilot.press(*pressed)
    await pilot.pause(wait)


async def settled(pilot: Pilot[int], text: str, seconds: float = 10) -> None:
    """Until ``text`` stands on the screen. Raises RuntimeError when it never does."""
    for _ in range(int(seconds / 0.1)):
        shown = re.sub(r"<[^>]+>|&#160;", " ", pilot.app.export_screenshot())
        if re.sub(r"\s+", "", text) in re.sub(r"\s+", "", shown):
            return
        await pilot.pause(0.1)
    raise RuntimeError(f"“{text}” never came")


def walks(named: str) -> Walk:
    """What to press before the picture of that name."""

    async def walk(pilot: Pilot[int]) -> None:
        await settled(pilot, "work")
        await pilot.pause(0.6)
        match named:
            case "inspector":
                await keys(pilot, "t")
                await settled(pilot, "Signature is valid")
            case "audit":
                await keys(pilot, "3", wait=0.8)
            case "settings":
                await keys(pilot, "4", wait=0.8)
            case "help":
                await keys(pilot, "?")
            case "wizard":
                await keys(pilot, "n")
            case "filter":
                await keys(pilot, "/", *"valid", wait=0.6)
            case "detail":
                await keys(pilot, "enter")
            case "revoke":
                await keys(pilot, "x")
            case "rotate":
                await keys(pilot, "/", *"storage", "enter", wait=0.6)
                await keys(pilot, "r", wait=0.8)
            case "people":
                await keys(pilot, "f2", wait=0.8)
            case "copy":
                await keys(pilot, "c")
            case "sign-in-device" | "sign-in-browser" | "sign-in-terminal":
                await keys(pilot, "/", *"side-project", "enter", wait=0.6)
                await keys(pilot, "l", wait=1.0)
                await SIGN_IN[named](pilot)
            case _:
                pass

    return walk


async def _browser(pilot: Pilot[int]) -> None:
    await settled(pilot, "Waiting")


async def _device(pilot: Pilot[int]) -> None:
    await keys(pilot, "d", wait=1.2)
    await settled(pilot, "Waiting for approval")


async def _terminal(pilot: Pilot[int]) -> None:
    await keys(pilot, "t", wait=1.2)


SIGN_IN: dict[str, Walk] = {"sign-in-browser": _browser, "sign-in-device": _device, "sign-in-terminal": _terminal}

PICTURES: tuple[tuple[str, tuple[int, int]], ...] = (
    ("accounts", (80, 24)),
    ("accounts", (120, 36)),
    ("accounts", (200, 60)),
    ("filter", (120, 36)),
    ("detail", (80, 24)),
    ("inspector", (80, 24)),
    ("inspector", (120, 36)),
    ("audit", (120, 36)),
    ("settings", (120, 36)),
    ("help", (120, 36)),
    ("wizard", (120, 36)),
    ("revoke", (120, 36)),
    ("rotate", (120, 36)),
    ("copy", (120, 36)),
    ("people", (120, 36)),
    ("sign-in-browser", (120, 36)),
    ("sign-in-device", (80, 24)),
    ("sign-in-device", (120, 36)),
    ("sign-in-terminal", (120, 36)),
)


async def picture(name: str, size: tuple[int, int], environ: dict[str, str], demo: RunningDemo, clock: Shutter) -> None:
    """One screen as SVG and PNG."""
    app = AccountsApp(open_services(environ, clock=clock), demo=demo, environ=environ, ticking=False)
    async with app.run_test(size=size) as pilot:
        await walks(name)(pilot)
        svg = app.export_screenshot(title="my-app-accounts")
    svg = re.sub(r"@font-face\s*\{[^}]*\}", "", svg).replace("Fira Code", FONT)
    stem = HERE / f"{name}-{size[0]}x{size[1]}"
    stem.with_suffix(".svg").write_text(svg)
    png = resvg_py.svg_to_bytes(svg_string=svg, font_family=FONT, monospace_family=FONT, sans_serif_family=FONT, zoom=1)
    stem.with_suffix(".png").write_bytes(bytes(png))
    sys.stderr.write(f"{stem.name}\n")


def main(wanted: list[str]) -> int:
    """All pictures, or those whose names are given."""
    clock = Shutter()
    options = DemoOptions(seed=SEED, interval=timedelta(seconds=1))
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MY_APP_")}
    environ["BROWSER"] = "true"
    with isolated_home(environ, seed=SEED) as home, serve(options, clock=clock) as demo:
        maker = threading.Thread(target=seed, args=(open_services(home, clock=clock), demo.info))
        maker.start()
        maker.join()
        clock.stop(START + timedelta(seconds=30))
        for name, size in PICTURES:
            if not wanted or name in wanted:
                asyncio.run(picture(name, size, dict(home), demo, clock))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
