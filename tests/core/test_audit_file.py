"""The trail in a file: chained, sealed, rotated, and not to be forged (E3)."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from my_app.adapters.audit_file import AuditFile, current_actor
from my_app.adapters.vault import Vault
from my_app.audit import Actor, Event, Result, Seal, Verdict
from my_app.errors import StorageFault, UnsafeFile
from my_app.model import Kind, Record
from my_app.secret import Secret
from my_app.testing import FakeClock, FakeKeychain, seeded

ME = Actor(program="my-app", pid=7, cwd="/home/ada", tty="/dev/pts/1")


def trail(home: Path, *, seal: Seal | None = None, rotate_at: int = 1 << 20) -> AuditFile:
    """A trail in ``home``."""
    return AuditFile(home / "audit.jsonl", clock=FakeClock(), actor=ME, seal=seal, rotate_at=rotate_at)


def open_vault(home: Path) -> Vault:
    """A vault that is open."""
    vault = Vault(
        home / "vault.db",
        locks=home / "lock",
        keychain=FakeKeychain(),
        key=None,
        passphrase=None,
        clock=FakeClock(),
        entropy=seeded(),
    )
    vault.save(Record(name="work", kind=Kind.API_KEY, api_key=Secret("k")))
    return vault


def fill(log: AuditFile, count: int) -> None:
    """Some lines."""
    for number in range(count):
        log.append(Event.REFRESH, profile="work", detail=f"number {number}")


def test_entries_come_newest_first_and_in_pages(tmp_path: Path) -> None:
    """What was appended is read back, newest first, a page at a time."""
    log = trail(tmp_path)
    assert log.entries() == ()
    assert log.verify() == Verdict(ok=True, events=0, sealed_to=0, broken_at=None)
    fill(log, 7)
    log.append(Event.LOGIN, profile=None, result=Result.DENIED, code="access_denied", detail="device code")
    newest = log.entries(limit=3)
    assert [entry.seq for entry in newest] == [8, 7, 6]
    assert newest[0].event is Event.LOGIN
    assert newest[0].result is Result.DENIED
    assert newest[0].actor == ME
    assert newest[0].code == "access_denied"
    assert [entry.seq for entry in log.entries(limit=10, before=6)] == [5, 4, 3, 2, 1]
    assert log.verify() == Verdict(ok=True, events=8, sealed_to=0, broken_at=None)


def test_newlines_and_escapes_cannot_forge_a_line(tmp_path: Path) -> None:
    """A detail or profile that holds line breaks, escapes or a whole forged entry stays one harmless line (E3)."""
    log = trail(tmp_path)
    fill(log, 1)
    forged = (tmp_path / "audit.jsonl").read_text()
    log.append(Event.COPY, profile="a\nb\u2028\x1b]0;x\x07", detail=f"x\n{forged}\r\n\x1b[2J")
    raw = (tmp_path / "audit.jsonl").read_bytes()
    assert raw.count(b"\n") == 2
    assert b"\x1b" not in raw
    assert log.verify().events == 2
    assert log.verify().ok


@pytest.mark.parametrize(
    ("harm", "broken_at"),
    [
        (lambda lines: [*lines[:2], lines[2].replace(b"number 2", b"number 9"), *lines[3:]], 3),
        (lambda lines: lines[1:], 1),
        (lambda lines: [*lines[:2], *lines[3:]], 3),
        (lambda lines: [lines[1], lines[0], *lines[2:]], 1),
        (lambda lines: [*lines[:3], lines[2], *lines[3:]], 4),
        (lambda lines: [*lines[:3], b"{}\n", *lines[3:]], 4),
        (lambda lines: [*lines[:3], lines[3].replace(b'"seq":4', b'"seq":4,"seq":4'), *lines[4:]], 4),
        (lambda lines: [*lines[:3], b"x" * 20_000 + b"\n", *lines[3:]], 4),
        (lambda lines: [*lines[:3], lines[3].replace(b"ok", b"\xff\xfe"), *lines[4:]], 4),
    ],
)
def test_edits_cuts_and_reordering_are_found(harm: object, broken_at: int, tmp_path: Path) -> None:
    """Every change to what was written is found, and the first line that does not hold is named."""
    log = trail(tmp_path)
    fill(log, 6)
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b"".join(harm(path.read_bytes().splitlines(keepends=True))))  # type: ignore[operator]
    verdict = log.verify()
    assert (verdict.ok, verdict.broken_at) == (False, broken_at)
    fill(log, 1)
    assert log.verify().broken_at == broken_at, "what comes later does not heal it"


def test_a_changed_last_line_does_not_stop_the_trail(tmp_path: Path) -> None:
    """Acts are still recorded after somebody spoilt the end, and the spoilt line is still found."""
    log = trail(tmp_path)
    fill(log, 2)
    path = tmp_path / "audit.jsonl"
    path.write_bytes(path.read_bytes().replace(b"number 1", b"number 7"))
    fill(log, 1)
    assert log.entries()[0].seq == 3
    assert log.verify().broken_at == 2


def test_the_vault_vouches_for_the_head(tmp_path: Path) -> None:
    """A chain that was written anew or cut is found by the vault's keyed mark; a closed vault says nothing."""
    vault = open_vault(tmp_path)
    log = trail(tmp_path, seal=vault)
    fill(log, 5)
    assert log.verify() == Verdict(ok=True, events=5, sealed_to=5, broken_at=None)
    path = tmp_path / "audit.jsonl"
    good = path.read_bytes()
    path.write_bytes(b"".join(good.splitlines(keepends=True)[:3]))
    assert log.verify() == Verdict(ok=False, events=3, sealed_to=0, broken_at=4)
    path.unlink()
    trail(tmp_path).append(Event.LOGIN, profile="made up")
    fill(trail(tmp_path), 9)
    assert not log.verify().ok
    fill(log, 1)
    assert not log.verify().ok, "the mark does not move on along a chain that was made anew"
    vault.lock_now()
    assert log.verify().ok, "without the key a chain made anew looks whole"
    assert log.verify().sealed_to == 0
    path.write_bytes(good)
    fill(log, 1)
    vault.open()
    assert log.verify() == Verdict(ok=True, events=6, sealed_to=5, broken_at=None)
    fill(log, 1)
    assert log.verify().sealed_to == 7


def test_a_mark_that_was_made_elsewhere_is_no_mark(tmp_path: Path) -> None:
    """A mark without the data key's voucher counts for nothing, and rekeying keeps the mark that is good."""
    vault = open_vault(tmp_path)
    log = trail(tmp_path, seal=vault)
    fill(log, 2)
    vault.rekey()
    assert log.verify().sealed_to == 2
    with vault._db.writing() as view:
        mark = json.loads(view.meta("checkpoint") or b"")
        view.put_meta("checkpoint", json.dumps({**mark, "seq": 9}).encode())
    assert log.verify().sealed_to == 0


def test_rotation_by_size_stays_one_chain(tmp_path: Path) -> None:
    """Parts are begun by size, the chain runs through them, and a missing or changed part is found."""
    vault = open_vault(tmp_path)
    log = trail(tmp_path, seal=vault, rotate_at=1500)
    fill(log, 20)
    parts = sorted(path.name for path in tmp_path.glob("audit*.jsonl"))
    assert len(parts) > 3
    assert log.verify() == Verdict(ok=True, events=20, sealed_to=20, broken_at=None)
    assert [entry.seq for entry in log.entries()] == list(range(20, 0, -1))
    second = tmp_path / parts[1]
    first_of_second = int(second.stem.rpartition("-")[2])
    second.rename(tmp_path / "elsewhere")
    assert log.verify().broken_at == first_of_second


def test_a_torn_last_line_is_no_line(tmp_path: Path) -> None:
    """What a killed program wrote in part was never acknowledged: it is passed over, then cut off."""
    log = trail(tmp_path)
    fill(log, 3)
    path = tmp_path / "audit.jsonl"
    whole = path.read_bytes()
    for torn in (b"{", whole.splitlines()[2], b"\xff" * 100):
        path.write_bytes(whole + torn)
        assert log.verify() == Verdict(ok=True, events=3, sealed_to=0, broken_at=None)
        assert [entry.seq for entry in log.entries()] == [3, 2, 1]
        fill(log, 1)
        assert log.verify().events == 4
    path.write_bytes(b'{"seq"')
    fill(log, 1)
    assert log.verify() == Verdict(ok=True, events=1, sealed_to=0, broken_at=None)


def test_it_is_private_and_refuses_what_is_strange(tmp_path: Path) -> None:
    """The file is 0600 under any umask, and a link in its place is refused (S1, S2)."""
    before = os.umask(0)
    try:
        fill(trail(tmp_path / "home"), 1)
    finally:
        os.umask(before)
    path = tmp_path / "home" / "audit.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.rename(tmp_path / "other")
    path.symlink_to(tmp_path / "other")
    with pytest.raises(UnsafeFile):
        fill(trail(tmp_path / "home"), 1)


class _Failing:
    """A vault whose disk is full."""

    def checkpoint(self, seq: int, head: str) -> None:
        raise StorageFault("no")

    def checkpointed(self) -> tuple[int, str] | None:
        return None


def test_a_vault_that_cannot_take_the_mark_does_not_lose_the_act(tmp_path: Path) -> None:
    """The line is written whatever becomes of the mark."""
    log = trail(tmp_path, seal=_Failing())
    fill(log, 2)
    assert log.verify().events == 2


def test_many_programs_write_one_chain(tmp_path: Path) -> None:
    """Eight programs that append at once make one unbroken chain."""
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[2]);"
        "from my_app.adapters.audit_file import AuditFile, current_actor; from my_app.audit import Event;"
        "from my_app.adapters.clock import SystemClock;"
        "log = AuditFile(Path(sys.argv[1]), clock=SystemClock(), actor=current_actor());"
        "[log.append(Event.COPY, profile=None) for _ in range(5)]"
    )
    path = str(tmp_path / "audit.jsonl")
    running = [subprocess.Popen([sys.executable, "-c", code, path, "."]) for _ in range(8)]
    assert [one.wait(60) for one in running] == [0] * 8
    log = trail(tmp_path)
    assert log.verify() == Verdict(ok=True, events=40, sealed_to=0, broken_at=None)
    assert len({entry.actor.pid for entry in log.entries()}) == 8


def test_the_actor_is_a_program_never_its_arguments() -> None:
    """The actor names program, process, folder and terminal; no argument gets in (O)."""
    actor = current_actor()
    assert actor.pid == os.getpid()
    assert actor.cwd == str(Path.cwd())
    assert "/" not in actor.program
    assert " " not in actor.program
