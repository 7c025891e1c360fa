"""``my-app-accounts --demo`` as a person starts it: a real terminal pair, a real provider, real sign-ins."""

from __future__ import annotations

import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from fcntl import ioctl
from pathlib import Path

import pytest

ACCOUNTS = (
    b"work",
    b"prod",
    b"build-box",
    b"ci-deploy",
    b"storage-key",
    b"staging",
    b"old-laptop",
    b"contractor",
    b"retired",
    b"side-project",
)


@pytest.mark.slow
def test_the_demo_fills_itself_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """Every account appears, the start line is written, q ends with 0, the home and the keyring are untouched."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    info = tmp_path / "demo.json"
    home = tmp_path / "home"
    home.mkdir()
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(tmp_path),
        "TERM": "xterm-256color",
        "MY_APP_DEMO_INFO": str(info),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "my_app_accounts", "--demo"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environ,
        start_new_session=True,
    )
    written = b""
    asked = False
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        ready, _, _ = select.select([ours], [], [], 0.1)
        if ready:
            written += os.read(ours, 65536)
        if not asked and all(name in written for name in ACCOUNTS) and "✕ Revoked".encode() in written:
            os.write(ours, b"q")
            asked = True
    process.kill()
    assert process.wait() == 0
    os.close(ours)
    os.close(theirs)
    start = json.loads(info.read_text())
    assert {user["username"] for user in start["users"]} >= {"ana", "ben"}
    assert info.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob("my-app-demo-*"))
    assert not [path for path in home.rglob("*") if path.is_file() and "my_app" in str(path)]
    for user in start["users"]:
        assert user["password"].encode() not in written
    assert start["api_key"].encode() not in written
