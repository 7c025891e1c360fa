"""The demo as a server: start, stop, faults, limits, names."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime

import httpx
import pytest

from demo_door import Door
from my_app.demo.options import DemoOptions
from my_app.demo.server import RunningDemo, serve
from my_app.errors import PortInUse, SettingsFault


def token(demo: RunningDemo) -> httpx.Response:
    """A service account's token request over a real connection."""
    client = next(one for one in demo.info["clients"] if one["client_id"] == "demo-service")
    return httpx.post(
        f"{demo.issuer}/token",
        data={"grant_type": "client_credentials"},
        auth=(client["client_id"], client["client_secret"]),
        trust_env=False,
    )


def test_it_answers_before_serve_returns_and_is_gone_after() -> None:
    """A port of the kernel's choice on 127.0.0.1, closed at the end (P1)."""
    with serve() as demo:
        assert demo.issuer.startswith("http://127.0.0.1:")
        assert httpx.get(f"{demo.issuer}/.well-known/openid-configuration", trust_env=False).json()["issuer"] == demo.issuer
        port = int(demo.issuer.rsplit(":", 1)[1])
        with socket.socket() as outside, pytest.raises(OSError, match="refused"):
            outside.connect(("127.0.0.2", port))
    with socket.socket() as probe, pytest.raises(OSError, match="refused"):
        probe.connect(("127.0.0.1", port))


def test_a_taken_port_is_said_plainly() -> None:
    """One sentence and a hint."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        with pytest.raises(PortInUse, match="is not free"), serve(DemoOptions(port=holder.getsockname()[1])):
            pass


@pytest.mark.parametrize(("fault", "status"), [("token-503", 503), ("token-429", 429)])
def test_busy_faults_happen_as_often_as_asked(fault: str, status: int) -> None:
    """Once, with Retry-After, then never again."""
    with serve(DemoOptions(faults={fault: 1})) as demo:
        first = token(demo)
        assert (first.status_code, first.headers["retry-after"]) == (status, "1")
        assert token(demo).status_code == 200


def test_a_lost_answer_was_carried_out_and_a_drop_was_not() -> None:
    """``lose-answer`` issues a token nobody gets, ``drop`` does nothing; both cut the connection."""
    with serve() as demo:
        demo.faults.arm("drop")
        with pytest.raises(httpx.TransportError):
            token(demo)
        assert demo.realm.store.tokens == {}
        demo.faults.arm("lose-answer")
        with pytest.raises(httpx.TransportError):
            token(demo)
        assert len(demo.realm.store.tokens) == 1
        assert demo.count("/token") == 2
        assert token(demo).status_code == 200


def test_other_faults() -> None:
    """HTML in place of JSON, a revocation that fails, an API that refuses or is busy, early ``slow_down``."""
    door = Door(faults={"html": 1, "revoke-503": 1, "api-401": 1, "slow-down": 1})
    page = door.token(grant_type="client_credentials", client_id="demo-app")
    assert page.headers["content-type"].startswith("text/html")
    assert door.http.post("/revoke", data={"client_id": "demo-app", "token": "x"}).status_code == 503
    assert door.api("/vms", door.info["api_key"]).status_code == 401
    door.demo.faults.arm("api-503")
    assert door.api("/vms", door.info["api_key"]).status_code == 503
    codes = door.http.post("/device_authorization", data={"client_id": "demo-app"}).json()
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    answers = [door.token(grant_type=grant, client_id="demo-app", device_code=codes["device_code"]).json()["error"]]
    door.wait(11)
    answers.append(door.token(grant_type=grant, client_id="demo-app", device_code=codes["device_code"]).json()["error"])
    assert answers == ["slow_down", "authorization_pending"]


def test_an_unknown_fault_lists_the_known_ones() -> None:
    """The hint names them."""
    with pytest.raises(SettingsFault) as refused:
        Door(faults={"earthquake": 1})
    assert "lose-answer" in refused.value.hint


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(
            ("POST", path)
            for path in ("/token", "/device_authorization", "/device", "/challenge", "/introspect", "/revoke", "/register")
        ),
        *(("GET", path) for path in ("/authorize", "/interaction/x", "/keys", "/userinfo")),
    ],
)
def test_every_authentication_endpoint_has_a_limit(method: str, path: str) -> None:
    """The third request in a minute is 429 with the seconds to wait; after them it works again."""
    door = Door(rate_limit=2)
    for _ in range(2):
        assert door.http.request(method, path).status_code != 429
    stopped = door.http.request(method, path)
    assert stopped.status_code == 429
    assert stopped.headers["retry-after"] == "60"
    door.wait(60)
    assert door.http.request(method, path).status_code != 429


@pytest.mark.parametrize(
    "headers", [{"host": "evil.test"}, {"host": "localhost:7878"}, {"origin": "https://evil.test"}, {"origin": "null"}]
)
def test_other_names_and_origins_are_refused(headers: dict[str, str]) -> None:
    """DNS rebinding and foreign pages get nothing (P1, L7)."""
    assert Door().http.get("/jwks", headers=headers).status_code == 421


def test_the_documents_agree_and_name_only_this_issuer() -> None:
    """OIDC and RFC 8414 documents; every address begins with the issuer, whatever the request said."""
    door = Door()
    openid = door.http.get("/.well-known/openid-configuration").json()
    plain = door.http.get("/.well-known/oauth-authorization-server").json()
    assert {name: openid[name] for name in plain} == plain
    addresses = [value for name, value in openid.items() if name.endswith(("_endpoint", "_uri"))]
    assert len(addresses) == 10
    assert all(value.startswith(door.demo.issuer + "/") for value in addresses)
    assert openid["code_challenge_methods_supported"] == ["S256"]
    assert openid["authorization_response_iss_parameter_supported"] is True


def test_the_home_page_says_what_this_is() -> None:
    """For whoever opens the bare address."""
    assert "demo-app" in Door().http.get("/").text


PROGRAM = """
import sys
from datetime import datetime, UTC
from my_app.demo.options import DemoOptions
from my_app.demo.server import run
sys.exit(run(DemoOptions(seed="s", at=datetime(2030, 1, 1, tzinfo=UTC))))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_prints_one_line_and_serves_until_a_signal(number: signal.Signals) -> None:
    """The start line of CONTRACT, a clock that starts where asked, and a clean end."""
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        info = json.loads(child.stdout.readline())
        assert {"schema", "issuer", "api_url", "device_page", "clients", "users", "api_key"} <= info.keys()
        made = httpx.post(
            f"{info['api_url']}/databases", json={"name": "x"}, headers={"x-api-key": info["api_key"]}, trust_env=False
        )
        assert datetime.fromisoformat(made.json()["created_at"]) >= datetime(2030, 1, 1, tzinfo=UTC)
        child.send_signal(number)
        rest, errors = child.communicate(timeout=10)
    assert (rest, errors, child.returncode) == ("", "", 128 + number)


def test_without_the_extra_the_import_says_what_to_install() -> None:
    """One clear sentence when starlette is missing."""
    program = """
import sys
sys.modules["starlette"] = None
try:
    import my_app.demo
except Exception as fault:
    print(type(fault).__name__, fault, fault.hint)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=dict(os.environ))
    assert done.stdout.startswith("Unsupported The demo provider is not installed. Install it with: pip install")
