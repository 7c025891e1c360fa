"""``my-app api``, ``upload``, ``list``, ``create`` and ``deploy``: the credential goes to its own API and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cli.door import Door, door
from my_app.errors import NetworkUnavailable
from my_app.model import Binding, Record
from my_app.oauth.exchange import Response, Wire
from my_app.testing import ScriptedTransport, answer
from tui.fakes import CANARY, HOSTILE

API = "https://api.example"


def home_with(
    server: Callable[[Wire], Response], name: str = "work", api_url: str | None = f"{API}/v1", **fields: str
) -> tuple[Door, list[Wire]]:
    """A home whose profile ``name`` has an API that ``server`` plays, and what it was sent."""
    home = door(active=name)
    seen: list[Wire] = []

    def listening(wire: Wire) -> Response:
        seen.append(wire)
        return server(wire)

    home.transport = ScriptedTransport(listening)
    row = home.accounts.rows[name]
    home.accounts.rows[name] = replace(row, profile=replace(row.profile, api_url=api_url, **fields))
    record = home.world.store.load(name)
    assert isinstance(record, Record)
    home.world.store.save(replace(record, binding=Binding(api_origins=(API,))))
    return home, seen


def test_api_sends_the_credential_in_its_header() -> None:
    """A GET with the token; the body is the result, in JSON with status and profile."""
    home, seen = home_with(lambda wire: answer({"items": [1]}))
    assert home.run("api", "GET", "/vms").out == '{"items": [1]}\n'
    assert (seen[0].url, seen[0].headers["authorization"]) == (f"{API}/v1/vms", f"Bearer {CANARY}")
    value = home.run("api", "get", "/vms", "--json").json("api")
    assert value == {"schema": 1, "profile": "work", "status": 200, "body": {"items": [1]}}


def test_an_api_key_goes_into_its_own_header() -> None:
    """U1: header and prefix of the profile; nothing in Authorization."""
    home, seen = home_with(lambda wire: answer({}), header="X-Key", prefix="Key")
    home.run("api", "GET", "/")
    assert seen[0].headers["x-key"] == f"Key {CANARY}"
    assert "authorization" not in seen[0].headers


@pytest.mark.parametrize(
    ("argv", "url", "body"),
    [
        (["POST", "/a", "--field", "name=x", "--field", "n=1"], "/v1/a", '{"name": "x", "n": "1"}'),
        (["GET", "/a", "--field", "q=x y&z"], "/v1/a?q=x+y%26z", ""),
        (["GET", "/a?b=c", "--field", "q=1"], "/v1/a?b=c&q=1", ""),
        (["PUT", "/a", "--data", "@body.json"], "/v1/a", '{"k": 1}'),
        (["POST", "/a", "--data", "-"], "/v1/a", "from stdin"),
        (["DELETE", "/a b"], "/v1/a%20b", ""),
    ],
)
def test_fields_and_data(argv: list[str], url: str, body: str, tmp_path: Path) -> None:
    """Fields are JSON members, in a GET query parameters; ``--data`` is a file or standard input."""
    home, seen = home_with(lambda wire: answer({}))
    home.cwd = tmp_path
    (tmp_path / "body.json").write_text('{"k": 1}')
    said = home.run("api", *argv, stdin="from stdin")
    assert said.code == 0, said
    assert (seen[0].url, seen[0].body.decode()) == (API + url, body)


@pytest.mark.parametrize(
    "argv",
    [
        ["FETCH", "/a"], ["GET", "a"], ["GET", "//evil.example/a"],
        ["POST", "/a", "--data", "text"], ["POST", "/a", "--data", "@missing"],
        ["POST", "/a", "--field", "x"], ["POST", "/a", "--field", "a=b", "--data", "-"], ["GET", "https://evil.example/"], ["GET"],
        ["GET", "/a", "extra"],
    ],
)  # fmt: skip
def test_api_refuses_before_anything_is_sent(argv: list[str]) -> None:
    """Unclear requests, and hosts the credential was not stored for (U2), are exit 2; nothing leaves."""
    home, seen = home_with(lambda wire: answer({}))
    assert home.run("api", *argv).code == 2
    assert seen == []


def test_an_edited_api_url_gets_nothing() -> None:
    """D6: a profile whose API URL moved to another host sends no token there."""
    home, seen = home_with(lambda wire: answer({}), api_url="https://evil.example")
    said = home.run("api", "GET", "/", "--json")
    assert said.error()["code"] == "binding_changed"
    assert "profile trust" in said.err
    assert seen == []
    home, seen = home_with(lambda wire: answer({}), api_url=None)
    assert home.run("list", "vms", "--json").error()["code"] == "settings"


def test_a_401_costs_one_renewal_and_one_more_try() -> None:
    """A token revoked early is renewed once; a second 401 is a refusal."""
    answers = [answer({}, status=401), answer({"ok": True})]
    home, seen = home_with(lambda wire: answers.pop(0))
    assert home.run("api", "GET", "/").code == 0
    assert home.world.sessions.calls == [("work", False), ("work", True)]
    home, seen = home_with(lambda wire: answer({}, status=401))
    said = home.run("api", "GET", "/")
    assert said.code == 5
    assert "my-app login work" in said.err
    assert len(seen) == 2
    home, seen = home_with(lambda wire: answer({}, status=401), name="openai")
    assert home.run("api", "GET", "/").code == 5
    assert len(seen) == 1


@pytest.mark.parametrize(("status", "code"), [(400, 5), (403, 5), (404, 5), (409, 5), (429, 4), (500, 4), (503, 4)])
def test_statuses_and_exit_codes(status: int, code: int) -> None:
    """4xx is refused, 429 and 5xx are temporary; what the API says of it is cleaned (X1)."""
    home, _ = home_with(lambda wire: answer({"error": "x", "error_description": f"because {HOSTILE}"}, status=status))
    said = home.run("api", "POST", "/", "--json")
    assert said.error()["exit"] == said.code == code
    assert not set("\x1b\x07\u202e") & set(home.run("api", "POST", "/").err)


def test_a_missing_scope_is_named() -> None:
    """RFC 6750 3.1: ``insufficient_scope`` has a code of its own and the way to more."""
    head = {"WWW-Authenticate": 'Bearer error="insufficient_scope", scope="vms:read"'}
    home, _ = home_with(lambda wire: answer({}, status=403, headers=head))
    assert home.run("list", "vms", "--json").error()["code"] == "insufficient_scope"


def test_no_network_is_exit_4() -> None:
    """Nobody there: temporary."""

    def gone(wire: Wire) -> Response:
        raise NetworkUnavailable("No answer came from api.example.")

    home, _ = home_with(gone)
    assert home.run("list", "vms").code == 4


def test_list_is_a_table() -> None:
    """Each item a row, members as columns, cleaned; an empty list is said on standard error."""
    items = [{"id": "vm-1", "name": HOSTILE}, {"id": "vm-2", "cpu": 4}]
    home, seen = home_with(lambda wire: answer({"items": items}))
    said = home.run("list", "vms")
    assert said.out.splitlines()[0].split() == ["ID", "NAME", "CPU"]
    assert not set("\x1b\x07\u202e") & set(said.out)
    assert home.run("list", "vm", "--json").json("list")["items"] == items
    assert {wire.url for wire in seen} == {f"{API}/v1/vms"}
    home, _ = home_with(lambda wire: answer({"items": []}))
    assert home.run("list", "databases").out == ""
    home, _ = home_with(lambda wire: answer("no list"))
    assert home.run("list", "vms", "--json").error()["code"] == "bad_answer"


def test_create_and_deploy() -> None:
    """A kind in the singular is its collection; ``--version`` of a deployment is its own."""
    home, seen = home_with(lambda wire: answer({"id": "1"}, status=201))
    assert home.run("create", "database", "--name", "my-prod-db", "--json").json("create")["result"] == {"id": "1"}
    assert (seen[-1].method, seen[-1].url, json.loads(seen[-1].body)) == ("POST", f"{API}/v1/databases", {"name": "my-prod-db"})
    home.run("deploy", "web", "--version", "1.2.3", "--region", "us-east-1", "--json").json("deploy")
    assert json.loads(seen[-1].body) == {"service": "web", "version": "1.2.3", "region": "us-east-1"}
    assert home.run("create", "Database!", "--name", "x").code == 2
    assert home.run("create", "database").code == 2
    assert home.run("deploy", "web", "--version", "1").code == 2


def test_upload(tmp_path: Path) -> None:
    """The file's bytes at bucket and key; odd names are escaped, odd targets refused."""
    home, seen = home_with(lambda wire: answer({"name": "b/k", "size": 3}, status=201))
    home.cwd = tmp_path
    (tmp_path / "data.csv").write_bytes(b"\x00\xff\n")
    value = home.run("upload", "data.csv", "my bucket/a/ü.csv", "--json").json("upload")
    assert (value["status"], value["result"]) == (201, {"name": "b/k", "size": 3})
    assert (seen[-1].method, seen[-1].url, seen[-1].body) == ("PUT", f"{API}/v1/storage/my%20bucket/a/%C3%BC.csv", b"\x00\xff\n")
    for target in ("bucket", "bucket/", "/key", "a/../b", "a/./b", "a/\x1b"):
        assert home.run("upload", "data.csv", target).code == 2, target
    assert home.run("upload", "missing.csv", "a/b").code == 2
    assert len(seen) == 1
