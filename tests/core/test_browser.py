"""SystemBrowser: BROWSER as the contract says, no shell, no text browser, no secret to the child (A6, H7)."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from my_app.adapters.browser import SystemBrowser

URL = "https://id.example.test/authorize?a=b&c=$(id)"


def programs(folder: Path, *names: str) -> str:
    """A PATH with programs of these names."""
    for name in names:
        path = folder / name
        path.write_text("#!/bin/sh\nexit 0\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(folder)


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("firefox", ["firefox", URL]),
        ("firefox %s", ["firefox", URL]),
        ("'firefox' --new-window '%s' &", ["firefox", "--new-window", URL]),
        ("firefox --url=%s&", ["firefox", f"--url={URL}"]),
        ("missing:firefox --x", ["firefox", "--x", URL]),
        ("w3m:firefox", ["firefox", URL]),
        ("firefox 'unclosed:firefox", ["firefox", URL]),
    ],
)
def test_browser_variable(tmp_path: Path, variable: str, expected: list[str]) -> None:
    """Split as a shell would, ``%s`` or appended, ``:`` alternatives, trailing ``&``; the URL stays one word."""
    path = programs(tmp_path, "firefox", "w3m")
    command = SystemBrowser({"BROWSER": variable, "PATH": path}, platform="linux").commands(URL)[0]
    assert [Path(command[0]).name, *command[1:]] == expected
    assert os.path.isabs(command[0])


@pytest.mark.parametrize(
    ("environ", "platform", "expected"),
    [
        ({}, "linux", []),
        ({"DISPLAY": ":0"}, "linux", ["xdg-open"]),
        ({"WAYLAND_DISPLAY": "w"}, "linux", ["xdg-open"]),
        ({"WSL_DISTRO_NAME": "Debian"}, "linux", ["wslview", "xdg-open"]),
        ({}, "darwin", ["open"]),
        ({}, "win32", ["rundll32"]),
        ({"BROWSER": "w3m", "DISPLAY": ":0"}, "linux", []),
        ({"BROWSER": "missing", "DISPLAY": ":0"}, "linux", []),
    ],
)
def test_what_is_tried_where(tmp_path: Path, environ: dict[str, str], platform: str, expected: list[str]) -> None:
    """The desktop's opener where there is a desktop; nothing without one; a text browser never."""
    path = programs(tmp_path, "xdg-open", "wslview", "open", "rundll32", "w3m")
    commands = SystemBrowser({**environ, "PATH": path}, platform=platform).commands(URL)
    assert [Path(command[0]).name for command in commands] == expected


def test_child_gets_no_secret_and_is_not_waited_for(tmp_path: Path) -> None:
    """H7: none of our variables, no open descriptors, no output; ``open`` returns at once."""
    out = tmp_path / "out"
    script = tmp_path / "dump"
    script.write_text(
        f'#!/bin/sh\necho noise; echo noise >&2\n(env; ls /proc/self/fd; echo "$1") > {out}.part; mv {out}.part {out}\nsleep 3\n'
    )
    script.chmod(0o700)
    environ = {
        "BROWSER": str(script),
        "PATH": os.environ["PATH"],
        "MY_APP_VAULT_KEY": "s3cret",
        "my_app_password": "s3cret",
        "KEEP": "1",
    }
    began = time.monotonic()
    with (tmp_path / "open").open("w"):
        assert SystemBrowser(environ).open(URL)
    assert time.monotonic() - began < 1
    until = time.monotonic() + 5
    while not out.exists() and time.monotonic() < until:
        time.sleep(0.01)
    text = out.read_text()
    assert "s3cret" not in text
    assert "KEEP=1" in text
    assert text.rstrip().endswith(URL)


def test_next_choice_when_one_does_not_start(tmp_path: Path) -> None:
    """A choice that cannot be started gives way to the next; none at all is told as False."""
    path = programs(tmp_path, "one", "two")
    started: list[str] = []

    def spawn(command: list[str], environment: object) -> bool:
        started.append(Path(command[0]).name)
        return Path(command[0]).name == "two"

    assert SystemBrowser({"BROWSER": "one:two", "PATH": path}, spawn=spawn).open(URL)
    assert started == ["one", "two"]
    assert not SystemBrowser({"BROWSER": "one", "PATH": path}, spawn=spawn).open(URL)
