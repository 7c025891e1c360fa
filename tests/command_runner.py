"""Whole ``my-app`` commands, each in a process of its own, that may be killed or failed at any system call.

Run as a program it loads ``my-app`` once and forks for every command it reads from standard input, so that a
thousand commands take minutes; strace is attached to the fork before it begins, and its counters start there.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHANGING = ("write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "unlink", "unlinkat", "ftruncate")
MAKING = ("openat", "mkdir", "mkdirat", "fchmod", "chmod", "fchmodat", "link", "linkat")
TALKING = ("sendto", "recvfrom")


@dataclass(frozen=True)
class Point:
    """The ``when``-th call of ``call`` in a thread of the command."""

    call: str
    when: int
    shown: str
    """The traced call, for a message."""


@dataclass(frozen=True)
class Ran:
    """One finished command; a killed one has code -9."""

    code: int
    out: str
    err: str
    struck: str = ""
    """The call that was made to fail, as strace shows it."""


class Runner:
    """Forks commands, one after the other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        environ = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "HOME": str(folder)}
        if "PYTHONPATH" in os.environ:
            environ["PYTHONPATH"] = os.environ["PYTHONPATH"]
        self._program = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ, bufsize=1
        )

    def run(
        self,
        argv: list[str],
        environ: Mapping[str, str],
        *,
        stdin: str = "",
        inject: str | None = None,
        trace: Path | None = None,
        kill_after: float | None = None,
    ) -> Ran:
        """``my-app ARGV``. ``inject`` as strace takes it, ``trace`` a file for the calls, ``kill_after`` in seconds."""
        order = {
            "argv": argv,
            "environ": dict(environ),
            "stdin": stdin,
            "inject": inject,
            "trace": str(trace) if trace else None,
            "folder": str(self._folder),
            "kill_after": kill_after,
        }
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(json.dumps(order) + "\n")
        return Ran(**json.loads(self._program.stdout.readline()))

    def points(self, argv: list[str], environ: Mapping[str, str], *, stdin: str = "", home: Path, reading: bool) -> list[Point]:
        """Where the command changes something on disk or talks; with ``reading`` also where it opens a file of ``home``.

        A call that another thread reaches with the same number before is left out: it would be that one that is hit.
        """
        trace = self._folder / "calls"
        done = self.run(argv, environ, stdin=stdin, trace=trace)
        assert done.code == 0, done
        seen: dict[tuple[str, str], int] = {}
        taken: set[tuple[str, int]] = set()
        found: list[Point] = []
        for line in trace.read_text(errors="replace").splitlines():
            called = re.match(r"(\d+) +(\w+)\((.*)", line)
            if called is None:
                continue
            thread, call, rest = called.groups()
            when = seen[thread, call] = seen.get((thread, call), 0) + 1
            first = (call, when) not in taken
            taken.add((call, when))
            if first and _ours(call, rest, str(home), reading):
                found.append(Point(call, when, f"{call}({rest[:120]}"))
        return found

    def close(self) -> None:
        """End the program."""
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.close()
        self._program.stdout.close()
        self._program.wait(30)


def _ours(call: str, rest: str, home: str, reading: bool) -> bool:
    if call == "openat":
        return home in rest and (reading or "O_CREAT" in rest)
    if call in TALKING:
        # A loop that wakes itself up sends itself a zero byte, more or less often.
        return not reading and '"\\0"' not in rest
    return not (call == "write" and rest.startswith(("1,", "2,")))


@contextmanager
def runner(folder: Path) -> Iterator[Runner]:
    """A runner, up."""
    made = Runner(folder)
    try:
        yield made
    finally:
        made.close()


def _child(order: dict[str, object], gate: int, streams: list[int]) -> None:
    """In the fork: become the command."""
    import ctypes

    # Where only descendants may be traced, this one lets anybody.
    ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1 & (2**64 - 1)), 0, 0, 0)
    for number, handle in enumerate(streams):
        os.dup2(handle, number)
    os.environ.clear()
    os.environ.update(order["environ"])  # type: ignore[call-overload]
    os.chdir(str(order["folder"]))
    sys.argv = ["my-app", *order["argv"]]  # type: ignore[misc]
    sys.stdin, sys.stdout, sys.stderr = (open(number, mode, encoding="utf-8") for number, mode in enumerate("rww"))  # noqa: SIM115
    from my_app.cli.fast import main

    os.read(gate, 1)
    code = 1
    try:
        code = main()
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _serve(order: dict[str, object]) -> dict[str, object]:
    """Fork one command and wait for it."""
    folder = Path(str(order["folder"]))
    (folder / "in").write_text(str(order["stdin"]))
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC
    streams = [
        os.open(folder / "in", os.O_RDONLY),
        os.open(folder / "out", flags, 0o600),
        os.open(folder / "err", flags, 0o600),
    ]
    gate, opener = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(opener)
        _child(order, gate, streams)
    os.close(gate)
    tracer = None
    if order["inject"] or order["trace"]:
        calls = ",".join(f"?{call}" for call in (*CHANGING, *MAKING, *TALKING))
        options = ["-e", f"trace={calls}"] if order["trace"] else ["-e", f"trace={str(order['inject']).split(':')[0]}"]
        if order["inject"]:
            options += ["-e", f"inject={order['inject']}"]
        tracer = subprocess.Popen(
            ["strace", "-f", "-o", str(order["trace"] or folder / "struck"), *options, "-p", str(child)],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert tracer.stderr is not None
        assert "attached" in tracer.stderr.readline()
    os.write(opener, b"x")
    os.close(opener)
    timer = None
    if order["kill_after"] is not None:
        timer = threading.Timer(float(str(order["kill_after"])), os.kill, (child, 9))
        timer.start()
    # Not reaped before the timer is stopped: its number cannot become another program's.
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    if timer is not None:
        timer.cancel()
        timer.join()
    _, status = os.waitpid(child, 0)
    if tracer is not None:
        tracer.communicate(timeout=30)
    for handle in streams:
        os.close(handle)
    log = (folder / "struck").read_text(errors="replace") if order["inject"] else ""
    return {
        "struck": "\n".join(line for line in log.splitlines() if "(INJECTED)" in line),
        "code": os.waitstatus_to_exitcode(status),
        "out": (folder / "out").read_text(errors="replace"),
        "err": (folder / "err").read_text(errors="replace"),
    }


def main() -> None:
    """Load everything a command may load, then serve."""
    import asyncio  # noqa: F401

    import cryptography.exceptions
    import cryptography.hazmat.primitives.kdf.argon2  # noqa: F401
    import filelock  # noqa: F401
    import httpx  # noqa: F401
    import tomlkit  # noqa: F401

    import my_app.cli.login
    import my_app.cli.profile_add
    import my_app.cli.profiles
    import my_app.cli.rotate
    import my_app.cli.tokens
    import my_app.cli.vault
    import my_app.login
    import my_app.oauth.challenge
    import my_app.oauth.refresh
    import my_app.rotation
    import my_app.session.flight
    import my_app.settings.edit
    import my_app.wiring  # noqa: F401

    for line in sys.stdin:
        print(json.dumps(_serve(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
