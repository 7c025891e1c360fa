"""The terminal is whole again after SIGTERM, SIGHUP and a crash (X7); a real terminal pair, a real process."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
from tui.fakes import world
from my_app_accounts.app import AccountsApp

class Probe(AccountsApp):
    def on_ready(self):
        if {crash}:
            token = "canary-secret-value"
            raise ValueError(token)

app = Probe(world().services, environ={{}})
app.run()
sys.exit(app.return_code or 0)
"""
LEAVE = b"\x1b[?1049l"
SHOW_CURSOR = b"\x1b[?25h"


def run(stop: int | None) -> tuple[int, bytes, bool]:
    """Exit code, everything written, and whether the terminal's modes are as before."""
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    code = PROGRAM.format(tests=str(Path(__file__).parents[1]), crash=stop is None)
    environ = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=theirs, stdout=theirs, stderr=theirs, env=environ, start_new_session=True
    )
    written = b""
    deadline = time.monotonic() + 30
    signalled = stop is None
    while time.monotonic() < deadline:
        ready, _, _ = select.select([ours], [], [], 0.05)
        if ready:
            written += os.read(ours, 65536)
        if not signalled and b"ci-deploy" in written:
            assert stop is not None
            process.send_signal(stop)
            signalled = True
        if process.poll() is not None and not ready:
            break
    assert process.poll() is not None, "it did not end"
    same = termios.tcgetattr(theirs)[:4] == before[:4]
    os.close(ours)
    os.close(theirs)
    return process.returncode, written, same


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    """128 plus the number; the other screen is left, the cursor is back, the modes are as before."""
    code, written, same = run(number)
    assert code == 128 + number
    assert LEAVE in written
    assert SHOW_CURSOR in written
    assert same


@pytest.mark.slow
def test_a_crash_leaves_the_terminal_whole_and_prints_no_value() -> None:
    """The report comes after the other screen was left, and names no local variable (H3)."""
    code, written, same = run(None)
    assert code == 1
    assert same
    report = written.split(LEAVE)[-1]
    assert b"ValueError" in report
    assert b"canary" not in written
