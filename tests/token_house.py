"""A strict token server on loopback and many processes at one vault, for the tests of ``one refresh``.

Run as a program it is the crowd: it forks ``count`` processes that each ask for the token of ``work``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"


@dataclass
class TokenHouse:
    """Rotates refresh tokens; an old one that comes back kills the login."""

    issuer: str = ""
    current: str = "r0"
    dead: bool = False
    refreshes: int = 0
    delay: float = 0.02
    in_flight: threading.Event = field(default_factory=threading.Event)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, path: str, form: Mapping[str, list[str]]) -> tuple[int, dict[str, object]]:
        """Status and members."""
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.issuer,
                "token_endpoint": f"{self.issuer}/token",
                "authorization_endpoint": f"{self.issuer}/a",
            }
        if path != "/token":
            return 404, {}
        with self.guard:
            self.refreshes += 1
            spent = self.dead or form.get("refresh_token") != [self.current]
            if spent:
                self.dead = True
                return 400, {"error": "invalid_grant"}
            number = self.refreshes
            self.current = f"r{number}"
        self.in_flight.set()
        time.sleep(self.delay)
        return 200, {"access_token": f"a{number}", "token_type": "Bearer", "expires_in": 600, "refresh_token": f"r{number}"}


@contextmanager
def token_house() -> Iterator[TokenHouse]:
    """The server, up."""
    house = TokenHouse()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply({})

        def do_POST(self) -> None:
            self.reply(parse_qs(self.rfile.read(int(self.headers["content-length"])).decode()))

        def reply(self, form: Mapping[str, list[str]]) -> None:
            status, members = house.answer(self.path, form)
            body = json.dumps(members).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    house.issuer = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield house
    finally:
        server.shutdown()
        server.server_close()


def environment(home: Path) -> dict[str, str]:
    """The variables of an isolated home with a key slot."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    return {
        **kept,
        "MY_APP_CONFIG_DIR": str(home / "config"),
        "MY_APP_DATA_DIR": str(home / "data"),
        "MY_APP_VAULT_KEY": KEY,
        "MY_APP_NO_INPUT": "1",
    }


def signed_in(home: Path, issuer: str, *, expired: bool = True) -> None:
    """A home whose profile ``work`` holds an expired token and the refresh token ``r0``."""
    from my_app.model import Binding, Flow, Kind, Profile, Record, TokenSet
    from my_app.secret import Secret
    from my_app.wiring import open_services

    services = open_services(environment(home))
    services.accounts.add(Profile(name="work", issuer=issuer, client_id="cli", flow=Flow.BROWSER))
    now = datetime.now(UTC)
    services.store.save(
        Record(
            name="work",
            kind=Kind.OAUTH,
            binding=Binding(issuer=issuer, client_id="cli", token_hosts=(issuer,)),
            tokens=TokenSet(
                access_token=Secret("a0"),
                refresh_token=Secret("r0"),
                obtained_at=now - timedelta(minutes=10),
                expires_at=now - timedelta(seconds=1) if expired else now + timedelta(minutes=9),
            ),
            endpoints={"token": f"{issuer}/token"},
        )
    )


def crowd(home: Path, count: int, *, tasks: int = 1) -> list[str]:
    """What ``count`` processes (``tasks`` asyncio tasks each) were given: a token or an error code per line."""
    done = subprocess.run(
        [sys.executable, __file__, str(count), str(tasks)],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def one_process(home: Path) -> subprocess.Popen[str]:
    """One process that asks by itself, without a fork, and may be killed."""
    return subprocess.Popen(
        [sys.executable, __file__, "0", "1"], env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ask(tasks: int) -> str:
    """In a forked process: what the token of ``work`` is."""
    import asyncio

    from my_app.errors import MyAppError
    from my_app.wiring import open_services

    sessions = open_services(os.environ).sessions

    async def gathered() -> list[str]:
        tokens = await asyncio.gather(*(sessions.atoken("work") for _ in range(tasks)))
        return [token.value.reveal() for token in tokens]

    try:
        if tasks == 1:
            return sessions.token("work").value.reveal()
        return " ".join(asyncio.run(gathered()))
    except MyAppError as error:
        return error.code


def main() -> None:
    """Fork the crowd; every member waits for the same moment."""
    import httpx  # noqa: F401 - loaded once, before the forks

    import my_app.adapters.vault
    import my_app.oauth.refresh
    import my_app.session.flight
    import my_app.wiring  # noqa: F401

    count, tasks = int(sys.argv[1]), int(sys.argv[2])
    if count == 0:
        sys.stdout.write(f"{ask(tasks)}\n")
        return
    gate, opener = os.pipe()
    children = []
    for _ in range(count):
        child = os.fork()
        if child == 0:
            os.close(opener)
            os.read(gate, 1)
            os.write(1, f"{ask(tasks)}\n".encode())
            for thread in threading.enumerate():
                if thread is not threading.current_thread() and not thread.daemon:
                    thread.join()
            os._exit(0)
        children.append(child)
    os.close(gate)
    os.close(opener)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
