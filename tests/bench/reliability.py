"""What is promised, measured today: one command, a table, the peers in the same run.

python tests/bench/reliability.py          (needs the extra ``bench`` and strace; a few minutes)

A strict provider rotates refresh tokens and ends the login when an old one comes back. "Sent / served" is how
many refresh requests left and how many callers got a token. The rest of the promises is in the slow tier of the
tests: ``MY_APP_FULL=1 pytest -m slow`` runs all of it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(Path(__file__).parent)]

from peers import AUTHORITY, CLIENT_INFO, started  # noqa: E402

from token_house import TokenHouse, token_house  # noqa: E402

PEERS = Path(__file__).with_name("peers.py")
CALLS = "write,pwrite64,fsync,fdatasync,rename,unlink,ftruncate,openat,mkdir,fchmod,chmod,link"
KINDS = ("ours", "msal", "authlib")
HARD = 0.05
"""Seconds a refresh takes at the provider."""


def answers_for_all(house: TokenHouse) -> None:
    """Teach the provider what MSAL expects of it: its own issuer, whose tokens these are, a first answer that has expired."""
    plain = house.answer

    def answer(path: str, form: Mapping[str, list[str]]) -> tuple[int, dict[str, object]]:
        if form.get("refresh_token") == ["first"]:
            base = {"access_token": "a0", "token_type": "Bearer", "expires_in": 1, "refresh_token": "r0"}
            return 200, {**base, "client_info": CLIENT_INFO, "scope": "files"}
        status, members = plain(path, form)
        return status, members | ({"client_info": CLIENT_INFO, "scope": "files"} if status == 200 else {})

    house.answer = answer  # type: ignore[method-assign]


def crowd(kind: str, mode: str, count: int, *, dead: bool = False) -> str:
    """``sent / served`` of one crowd."""
    with tempfile.TemporaryDirectory() as folder, token_house() as house:
        answers_for_all(house)
        if kind == "msal":
            house.issuer, address = AUTHORITY, house.issuer
        else:
            address = house.issuer
        home = Path(folder) / "home"
        started(kind, home, address)
        house.delay, house.dead = HARD, dead
        order = [sys.executable, str(PEERS), kind, str(home), address, mode, str(count)]
        done = subprocess.run(order, capture_output=True, text=True, timeout=300, check=False)
        said = Counter(done.stdout.split())
        assert sum(said.values()) == count, done
        return f"{house.refreshes} / {said['served']}"


def msal_kills() -> str:
    """MSAL's file killed in a save at every changing call: how often the login is gone, of how many."""
    with tempfile.TemporaryDirectory() as folder, token_house() as house:
        answers_for_all(house)
        house.issuer, address = AUTHORITY, house.issuer
        start = Path(folder) / "start"
        started("msal", start, address)
        home = Path(folder) / "home"
        environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        order = [sys.executable, str(PEERS), "msal", str(home), address, "save", "1"]

        def fresh() -> None:
            shutil.rmtree(home, ignore_errors=True)
            shutil.copytree(start, home)

        fresh()
        log = Path(folder) / "log"
        trace = ["strace", "-o", str(log), "-e", f"trace={CALLS}"]
        subprocess.run([*trace, *order], env=environ, check=True, capture_output=True, timeout=60)
        seen: Counter[str] = Counter()
        points, ready = [], False
        for line in log.read_text(errors="replace").splitlines():
            if (called := re.match(r"(\w+)\(", line)) is None:
                continue
            seen[called[1]] += 1
            if ready and (called[1] != "openat" or str(home) in line):
                points.append((called[1], seen[called[1]]))
            ready = ready or '(1, "ready' in line
        lost = 0
        for call, when in points:
            fresh()
            inject = ["-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={when}"]
            subprocess.run(
                ["strace", "-o", "/dev/null", *inject, *order], env=environ, check=False, capture_output=True, timeout=60
            )
            try:
                lost += not json.loads((home / "msal.json").read_text())["RefreshToken"]
            except (OSError, ValueError, KeyError):
                lost += 1
        return f"{lost} of {len(points)}"


def our_kills() -> str:
    """The vault killed in a save at every changing call: how often anything is lost, of how many."""
    from core.test_vault_kill import killed_at

    with tempfile.TemporaryDirectory() as folder:
        # It raises at the first account that is lost, changed or unreadable.
        return f"0 of {killed_at(Path(folder), 'save', sys.maxsize)[1]}"


def random_kills() -> str:
    """Whole commands killed at random under load."""
    order = [sys.executable, "-m", "pytest", "-q", "-s", "-n", "0", "-m", "slow", str(TESTS / "core" / "test_random_kills.py")]
    done = subprocess.run(order, capture_output=True, text=True, timeout=1200, check=False, cwd=TESTS.parent)
    found = re.search(r"(\d+) of \d+ commands killed, (\d+) accounts lost", done.stdout)
    assert done.returncode == 0, done.stdout
    assert found is not None
    return f"{found[2]} of {found[1]}"


def rows() -> list[tuple[str, str, str, str, str]]:
    """Promise, target, and the three figures."""
    return [
        ("50 processes, one expired login: requests sent / served", "1 / 50", *(crowd(kind, "processes", 50) for kind in KINDS)),
        ("8 processes", "1 / 8", *(crowd(kind, "processes", 8) for kind in KINDS)),
        ("100 threads", "1 / 100", *(crowd(kind, "threads", 100) for kind in KINDS)),
        ("100 asyncio tasks, a client each", "1 / 100", crowd("ours", "tasks", 100), "-", crowd("authlib", "tasks", 100)),
        ("refresh token already dead, 100 threads", "1 / 0", *(crowd(kind, "threads", 100, dead=True) for kind in KINDS)),
        ("saves killed at every system call: logins lost", "0", our_kills(), msal_kills(), "keeps no file"),
        ("commands killed at random under load: accounts lost", "0", random_kills(), "-", "-"),
    ]


def main() -> None:
    """Print the table."""
    peers = f"MSAL {version('msal')} + extensions {version('msal-extensions')}", f"Authlib {version('authlib')} clients"
    head = ("promise", "target", "my-app", *peers)
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows():
        print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
