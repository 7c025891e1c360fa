"""The app in a real terminal, signing in at the independent provider with a real browser."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path

import pytest

from interop.terminal import Terminal, terminal

pytestmark = pytest.mark.interop

USER = "--user alice --password alice-pw"


def add(home: dict[str, str], issuer: str, flow: str) -> None:
    """A profile named ``work`` at the independent provider."""
    command = ["my-app", "profile", "add", "work", "--issuer", issuer, "--client-id", "native", "--flow", flow]
    subprocess.run(
        [*command, "--authorize-param", "prompt=consent", "--no-input"], env=home, check=True, capture_output=True, timeout=30
    )


def state(home: dict[str, str]) -> str:
    """What the command line says of the account."""
    done = subprocess.run(["my-app", "status", "--json"], env=home, check=True, capture_output=True, text=True, timeout=30)
    return str(json.loads(done.stdout)["profiles"][0]["state"])


def quit_app(screen: Terminal) -> None:
    """Leave by the one key that always works, and see the shell's word."""
    screen.keys("C-q")
    screen.wait_for("the app has ended")


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 36)])
def test_browser_sign_in_through_the_app(
    home: dict[str, str], provider: str, browser_command: str, columns: int, rows: int
) -> None:
    """l opens the browser, the checklist runs, the row turns valid; the command line sees the same account."""
    add(home, provider, "browser")
    env = {**home, "BROWSER": f"{browser_command} {USER} %s &"}
    with terminal("my-app-accounts; echo the app has ended; cat", env, columns=columns, rows=rows) as screen:
        screen.wait_for("work", "Sign in")
        screen.keys("l")
        screen.wait_for("● Valid", seconds=40)
        quit_app(screen)
    assert state(home) == "valid"


def test_device_sign_in_through_the_app(home: dict[str, str], provider: str, browser_command: str) -> None:
    """The code and link of the screen, typed into a real browser elsewhere, sign the account in."""
    add(home, provider, "device")
    with terminal("my-app-accounts; echo the app has ended; cat", home) as screen:
        screen.wait_for("work", "Sign in")
        screen.keys("l")
        shown = screen.wait_for("Waiting for approval")
        link = re.search(r"http://127\.0\.0\.1:\d+/device", shown)
        code = re.search(r"\b([A-Z] ?){4} ?- ?([A-Z] ?){4}\b", shown)
        assert link, shown
        assert code, shown
        typed = code.group(0).replace(" ", "")
        subprocess.run([*browser_command.split(), *USER.split(), "--code", typed, link.group(0)], check=True, timeout=60)
        screen.wait_for("● Valid", seconds=40)
        quit_app(screen)
    assert state(home) == "valid"


def test_escape_cancels_at_once_and_frees_the_port(home: dict[str, str], provider: str, tmp_path: Path) -> None:
    """L4: Esc on the waiting screen returns to the list, and nothing listens any more."""
    add(home, provider, "browser")
    opened = tmp_path / "opened"
    env = {**home, "BROWSER": f"sh -c 'echo \"$0\" > {opened}' %s &"}
    with terminal("my-app-accounts; echo the app has ended; cat", env) as screen:
        screen.wait_for("work", "Sign in")
        screen.keys("l")
        screen.wait_for("Waiting")
        for _ in range(50):
            if opened.exists() and opened.read_text():
                break
            time.sleep(0.1)
        port = int(re.search(r"redirect_uri=http%3A%2F%2F127\.0\.0\.1%3A(\d+)", opened.read_text()).group(1))  # type: ignore[union-attr]
        screen.keys("Escape")
        screen.wait_for("Accounts", "Scopes")
        end = time.monotonic() + 1
        listening = subprocess.run(["bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}"], capture_output=True, check=False)
        while listening.returncode == 0 and time.monotonic() < end:
            listening = subprocess.run(["bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}"], capture_output=True, check=False)
        assert listening.returncode != 0
        quit_app(screen)
    assert state(home) == "login_needed"
