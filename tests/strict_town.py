"""A strict provider on loopback with all that the commands of the kill tests need: sign-in, refresh, API keys.

Refresh tokens rotate, and one that comes back spent kills its login. Everything is kept in plain
attributes, so that a test can ask what the provider thinks; ``reset`` begins anew under the same address.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

SECRET = "client-secret-of-ci"
FIRST_KEY = "key-1"


class Town:
    """The provider and its API."""

    def __init__(self) -> None:
        self.issuer = ""
        self.delay = 0.0
        """Seconds between a decision about a token and its answer, in which a client may be killed."""
        self.guard = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Two logins (of ``work`` and ``bank``) and one API key."""
        self.live = {"work-0": "work", "bank-0": "bank"}
        self.spent: dict[str, str] = {}
        self.keys = {"1": ("first", FIRST_KEY)}
        self.count = 0
        self.refreshes = 0

    def answer(self, method: str, path: str, body: str, bearer: str) -> tuple[int, dict[str, object]]:
        """Status and members."""
        with self.guard:
            if path.startswith("/keys"):
                return self._keys(method, path, body, bearer)
            form = {name: values[0] for name, values in parse_qs(body).items()}
            match path:
                case "/.well-known/openid-configuration":
                    return 200, self._metadata()
                case "/token":
                    return self._token(form)
                case "/challenge" if "password" in form:
                    return 200, {"authorization_code": "code"}
                case "/challenge":
                    asks = [{"kind": "username"}, {"kind": "password"}]
                    return 403, {"error": "insufficient_authorization", "auth_session": "s", "challenge": asks}
            return 404, {}

    def _metadata(self) -> dict[str, object]:
        places = {"token_endpoint": "token", "authorization_endpoint": "a", "authorization_challenge_endpoint": "challenge"}
        return {"issuer": self.issuer, **{name: f"{self.issuer}/{path}" for name, path in places.items()}}

    def _token(self, form: Mapping[str, str]) -> tuple[int, dict[str, object]]:
        self.count += 1
        number = self.count
        if form.get("grant_type") == "client_credentials":
            return 200, {"access_token": f"c{number}", "token_type": "Bearer", "expires_in": 600}
        family = f"login-{number}"
        if form.get("grant_type") == "refresh_token":
            self.refreshes += 1
            token = form.get("refresh_token", "")
            if token not in self.live:
                dead = self.spent.get(token)
                self.live = {each: owner for each, owner in self.live.items() if owner != dead}
                return 400, {"error": "invalid_grant"}
            family = self.live.pop(token)
            self.spent[token] = family
        self.live[f"{family}-{number}"] = family
        members = {"access_token": f"a{number}", "token_type": "Bearer", "expires_in": 600}
        return 200, {**members, "refresh_token": f"{family}-{number}"}

    def _keys(self, method: str, path: str, body: str, bearer: str) -> tuple[int, dict[str, object]]:
        own = next((key_id for key_id, (_, value) in self.keys.items() if value == bearer), None)
        if own is None:
            return 401, {}
        if method == "POST":
            self.count += 1
            key_id, value = str(self.count + 1), f"key-{self.count + 1}"
            self.keys[key_id] = (json.loads(body)["name"], value)
            return 201, {"id": key_id, "key": value}
        if method == "DELETE":
            return (200, {}) if self.keys.pop(path.rpartition("/")[2], None) else (404, {})
        return 200, {"items": [{"id": key_id, "name": name, "current": key_id == own} for key_id, (name, _) in self.keys.items()]}


@contextmanager
def strict_town() -> Iterator[Town]:
    """The provider, up."""
    town = Town()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            bearer = self.headers.get("authorization", "").removeprefix("Bearer ")
            status, members = town.answer(self.command, self.path, body, bearer)
            if self.path == "/token":
                time.sleep(town.delay)
            raw = json.dumps(members).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_DELETE = handle_any  # noqa: N815 - the names http.server asks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that was killed is expected here."""

    server = Server(("127.0.0.1", 0), Handler)
    town.issuer = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield town
    finally:
        server.shutdown()
        server.server_close()
