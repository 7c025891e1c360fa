"""Locks over all processes (S6)."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from my_app.adapters.lock import file_lock, program
from my_app.errors import LockTimeout, UnsafeFile

HOLD = (
    "import sys, time; from pathlib import Path; from datetime import timedelta;"
    "from my_app.adapters.lock import file_lock\n"
    "with file_lock(Path(sys.argv[1]), 'work', timedelta(seconds=5), what='it'):\n"
    "    print('held', flush=True); sys.stdin.read()"
)


def holder(folder: Path) -> subprocess.Popen[bytes]:
    """Another process that holds the lock."""
    running = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert running.stdout
    assert running.stdout.readline() == b"held\n"
    return running


def test_a_deadline_names_the_holder(tmp_path: Path) -> None:
    """Who waits too long is told which program holds the lock, and under which process id."""
    other = holder(tmp_path)
    try:
        with pytest.raises(LockTimeout) as caught, file_lock(tmp_path, "work", timedelta(0), what="“work”"):
            pass
    finally:
        other.communicate(timeout=10)
    assert f"(pid {other.pid})" in caught.value.message
    assert caught.value.facts["holder"] in caught.value.message
    assert caught.value.exit_code == 4


def test_a_killed_holder_frees_the_lock(tmp_path: Path) -> None:
    """The kernel frees what kill -9 left, at once, and the file stays."""
    other = holder(tmp_path)
    other.send_signal(signal.SIGKILL)
    other.communicate(timeout=10)
    with file_lock(tmp_path, "work", timedelta(seconds=2), what="it"):
        assert (tmp_path / "work.lock").exists()
    assert (tmp_path / "work.lock").exists(), "never deleted: a deleted lock file would be two locks"


def test_lock_files_are_private(tmp_path: Path) -> None:
    """0600 in a folder of 0700, under any umask."""
    before = os.umask(0)
    try:
        with file_lock(tmp_path / "lock", "work", timedelta(0), what="it"):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "lock").stat().st_mode) == 0o700
    for path in (tmp_path / "lock").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_a_link_in_place_of_a_lock_is_refused(tmp_path: Path) -> None:
    """A lock that leads elsewhere is no lock."""
    (tmp_path / "work.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnsafeFile), file_lock(tmp_path, "work", timedelta(0), what="it"):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_an_unreadable_holder_is_another_program(tmp_path: Path) -> None:
    """Whatever stands in the holder's file, the message is a plain sentence."""
    other = holder(tmp_path)
    try:
        for junk in (b"", b"{", b"[]", b"\xff", b'{"program": "\\u001b[2J", "pid": 1}'):
            (tmp_path / "work.holder").write_bytes(junk)
            with pytest.raises(LockTimeout) as caught, file_lock(tmp_path, "work", timedelta(0), what="it"):
                pass
            assert "\x1b" not in caught.value.message
    finally:
        other.communicate(timeout=10)


def test_the_program_is_named_without_its_folder_or_arguments() -> None:
    """Only the name: arguments may hold what is nobody's business."""
    assert "/" not in program()
