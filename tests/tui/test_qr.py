"""The QR code: right size, right colours, and a reader that reads it from a picture of the screen."""

from __future__ import annotations

import asyncio
import subprocess
from functools import partial
from pathlib import Path

import pytest
from textual.geometry import Size

from my_app_accounts.screens.sign_in import SignInScreen
from my_app_accounts.widgets.qr import QR, fit, modules
from tui.fakes import world
from tui.screening import staged
from tui.test_sign_in_device import PAGE, page, play

LINK = "https://acme.okta.com/activate?user_code=BDSD-HQMK&pad=12345678901"


def test_sizes_are_as_measured() -> None:
    """66 characters make version 4: 41 x 21 cells with the standard's quiet zone, 37 x 19 with two modules."""
    code = modules(LINK)
    assert code is not None
    assert len(code) == 33
    four = fit(len(code), Size(41, 21))
    two = fit(len(code), Size(40, 21))
    assert four is not None
    assert (four.zone, four.size) == (4, Size(41, 21))
    assert two is not None
    assert (two.zone, two.size) == (2, Size(37, 19))
    assert fit(len(code), Size(36, 40)) is None
    big = fit(len(code), Size(90, 50), big=True)
    assert big is not None
    assert big.size == Size(82, 41)


def test_a_link_too_long_for_a_terminal_makes_no_code() -> None:
    """A whole authorization URL is never offered as a QR."""
    assert modules("https://a.test/" + "x" * 400) is None


async def test_modules_are_black_on_white_in_every_theme() -> None:
    """Explicit #000 and #fff with a white quiet zone, whatever the theme; i turns it round."""
    w = world()
    play(w, page(w.clock))
    async with staged(w, SignInScreen("work")) as stage:
        await stage.sees("BDSD-HQMK")
        qr = stage.app.screen.query_one(QR)
        for theme in ("vault-dark", "vault-light", "textual-light", "dracula"):
            stage.app.theme = theme
            await stage.pilot.pause()
            first = next(iter(qr.render_line(0)))
            assert first.style is not None
            assert first.style.bgcolor is not None
            assert first.style.bgcolor.get_truecolor() == (255, 255, 255)
            colours = {
                colour.get_truecolor()
                for y in range(qr.size.height)
                for segment in qr.render_line(y)
                if segment.style
                for colour in (segment.style.color, segment.style.bgcolor)
                if colour
            }
            assert colours == {(0, 0, 0), (255, 255, 255)}
        await stage.press("i")
        await stage.pilot.pause()
        first = next(iter(qr.render_line(0)))
        assert first.style is not None
        assert first.style.bgcolor is not None
        assert first.style.bgcolor.get_truecolor() == (0, 0, 0)


async def test_without_colours_light_modules_are_drawn() -> None:
    """Under NO_COLOR the code is made of block glyphs alone; i turns it round for a light terminal."""
    w = world()
    play(w, page(w.clock))
    async with staged(w, SignInScreen("work")) as stage:
        await stage.sees("BDSD-HQMK")
        stage.app.colourless = True
        qr = stage.app.screen.query_one(QR)
        assert set(qr.render_line(0).text) == {"█"}
        assert all(segment.style is None for segment in qr.render_line(5))
        assert set(qr.render_line(5).text) <= set("█▀▄ ")
        await stage.press("i")
        await stage.pilot.pause()
        assert set(qr.render_line(0).text) == {" "}


@pytest.mark.interop
@pytest.mark.parametrize(("size", "keys"), [((80, 24), ()), ((120, 36), ()), ((200, 60), ("b",))])
async def test_a_reader_reads_it_from_a_screenshot(tmp_path: Path, size: tuple[int, int], keys: tuple[str, ...]) -> None:
    """A picture of the app at three sizes is decoded by zbarimg to the link with the code."""
    import resvg_py

    w = world()
    play(w, page(w.clock))
    async with staged(w, SignInScreen("work"), size) as stage:
        await stage.sees("BDSD-HQMK")
        await stage.until(lambda: stage.app.screen.query_one(QR).display)
        await stage.press(*keys)
        await stage.pilot.pause()
        svg = stage.app.export_screenshot()
    png = tmp_path / "screen.png"
    png.write_bytes(
        bytes(resvg_py.svg_to_bytes(svg_string=svg, font_family="DejaVu Sans Mono", monospace_family="DejaVu Sans Mono"))
    )
    reader = partial(
        subprocess.run, ["zbarimg", "--quiet", "--raw", str(png)], capture_output=True, text=True, timeout=30, check=False
    )
    read = await asyncio.to_thread(reader)
    assert read.stdout.strip() == f"{PAGE}?user_code=BDSD-HQMK", read.stderr
