"""The installed ``my-app`` signs in at the running demo: browser, device code, terminal, without a person."""

from __future__ import annotations

import json
import os
import signal
import stat
import sys

import pytest

from cli.blackbox import Demo, Home, event_of, finish

SCOPES = "openid profile offline_access vms:read"


def profile(home: Home, provider: Demo, name: str = "dev", flow: str = "browser") -> None:
    """A profile of the demo's public client."""
    client = provider.client(flow)["client_id"]
    said = home.run(
        "profile", "add", name, "--issuer", provider.issuer, "--client-id", client, "--scope", SCOPES, "--api-url", provider.api_url
    )
    assert said.code == 0, said


def answers(**values: str) -> str:
    """Lines for ``--answers``."""
    return "".join(json.dumps({"kind": kind, "value": value}) + "\n" for kind, value in values.items())


def test_browser_sign_in_told_by_events(home: Home, provider: Demo) -> None:
    """``--events`` gives the address; a browser goes there and comes back; then the token is at hand and the list says so."""
    profile(home, provider)
    process = home.start("login", "dev", "--flow", "browser", "--no-browser", "--events", "--json")
    event = event_of(process, "browser")
    assert event["redirect_uri"].startswith("http://127.0.0.1:")
    provider.person().visit(event["url"])
    value = finish(process).json("login")
    assert (value["profile"], value["state"], value["identity"]["username"]) == ("dev", "valid", "ben")
    token = home.run("token", "dev")
    assert (token.code, token.err) == (0, "")
    assert token.out.strip() == home.run("token", "--json").json("token")["access_token"]
    row = home.run("status", "--json").json("status")["profiles"][0]
    assert (row["state"], row["refreshable"], row["kept_in"], row["kind"]) == ("valid", True, "key", "oauth")


@pytest.mark.slow
def test_the_browser_of_the_environment_is_started(home: Home, provider: Demo) -> None:
    """BROWSER is split as a shell would, ``%s`` replaced; its child gets none of our variables (H7)."""
    profile(home, provider)
    script = home.path / "fake browser.py"
    script.write_text(
        "import json, os, sys, pathlib\n"
        "pathlib.Path('seen.json').write_text(json.dumps([sys.argv[1], [n for n in os.environ if n.startswith('MY_APP_')]]))\n"
    )
    browser = f"'{sys.executable}' '{script}' %s"
    process = home.start("login", "dev", "--flow", "browser", "--events", BROWSER=browser, MY_APP_NO_INPUT="1")
    event = event_of(process, "browser")
    provider.person().visit(event["url"])
    assert finish(process).code == 0
    url, ours = json.loads((home.path / "seen.json").read_text())
    assert url == event["url"]
    assert [name for name in ours if "KEY" in name or "SECRET" in name or "TOKEN" in name] == []


@pytest.mark.slow
def test_a_pasted_callback_finishes_the_sign_in(home: Home, provider: Demo) -> None:
    """A7: the address the browser ended on, given as an answer, counts; a foreign one does not end the wait."""
    profile(home, provider)
    process = home.start("login", "dev", "--flow", "browser", "--no-browser", "--events", "--answers", "-")
    event = event_of(process, "browser")
    callback = provider.person().visit(event["url"], stop=event["redirect_uri"])
    foreign = event["redirect_uri"] + "?code=x&state=foreign"
    said = finish(process, json.dumps({"kind": "callback", "value": foreign}) + "\n" + answers(callback=callback))
    assert said.code == 0, said


@pytest.mark.slow
def test_denied_consent_is_exit_5(home: Home, provider: Demo) -> None:
    """Deny ends in ``access_denied``, as event and as error, and nothing is stored."""
    profile(home, provider)
    process = home.start("login", "dev", "--flow", "browser", "--no-browser", "--events", "--json")
    provider.person().visit(event_of(process, "browser")["url"], press="Deny")
    said = finish(process)
    assert said.code == 5
    assert said.error()["code"] == "access_denied"
    assert '"event":"failed","code":"access_denied"' in said.err
    assert home.run("token", "dev", "--json").error()["exit"] == 3


@pytest.mark.slow
def test_device_sign_in(home: Home, provider: Demo) -> None:
    """Code and address are told, polls are told, approval on the page ends it."""
    profile(home, provider, flow="device")
    process = home.start("login", "dev", "--flow", "device", "--events", "--json", "--no-input")
    event = event_of(process, "device")
    assert event["verification_uri"] == provider.info["device_page"]
    provider.person().visit(event["verification_uri"], user_code=event["user_code"])
    assert finish(process).json("login")["identity"]["username"] == "ben"


@pytest.mark.slow
def test_terminal_sign_in_and_a_wrong_password(home: Home, provider: Demo) -> None:
    """Name and password by ``--answers``; a wrong password is exit 5; a missing answer exit 3; no password is kept."""
    profile(home, provider, flow="terminal")
    ben = provider.user("ben")
    wrong = home.run("login", "dev", "--flow", "terminal", "--answers", "-", "--json", stdin=answers(username="ben", password="no"))
    assert wrong.code in (3, 5), wrong
    right = home.run(
        "login", "dev", "--flow", "terminal", "--answers", "-", "--json", stdin=answers(username="ben", password=ben["password"])
    )
    right.json("login")
    assert home.run("login", "dev", "--flow", "terminal", "--json", "--no-input").error()["exit"] == 3
    kept = b"".join((home.path / name).read_bytes() for name in home.files())
    assert ben["password"].encode() not in kept


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
@pytest.mark.slow
def test_client_credentials(home: Home, provider: Demo, method: str) -> None:
    """A secret by standard input, no browser, a token at once; the secret stands in no file and no output."""
    client = provider.client("client-credentials", method)
    added = home.run(
        "profile", "add", "svc", "--issuer", provider.issuer, "--client-id", client["client_id"], "--client-secret-stdin",
        "--auth-method", method, "--scope", "vms:read", "--json", stdin=client["client_secret"] + "\n",
    )  # fmt: skip
    assert added.json("profile add")["profile"]["flow"] == "client-credentials"
    assert home.run("token", "svc", "--json").json("token")["from"] == "refresh"
    kept = b"".join((home.path / name).read_bytes() for name in home.files())
    assert client["client_secret"].encode() not in kept + added.out.encode()
    assert stat.S_IMODE((home.path / "data" / "vault.db").stat().st_mode) == 0o600


@pytest.mark.slow
def test_the_default_profile_comes_from_two_variables(home: Home, provider: Demo) -> None:
    """``my-app login`` with only issuer and client id set makes ``default``; the next commands use it without them."""
    ben = provider.user("ben")
    variables = {
        "MY_APP_ISSUER": provider.issuer,
        "MY_APP_CLIENT_ID": provider.client("terminal")["client_id"],
        "MY_APP_SCOPE": SCOPES,
    }
    said = home.run(
        "login",
        "--flow",
        "terminal",
        "--answers",
        "-",
        "--json",
        stdin=answers(username="ben", password=ben["password"]),
        **variables,
    )
    assert said.json("login")["profile"] == "default"
    assert home.run("userinfo", "--json").json("userinfo")["claims"]["preferred_username"] == "ben"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.slow
def test_a_signal_ends_a_waiting_sign_in(home: Home, provider: Demo, number: signal.Signals, code: int) -> None:
    """Ctrl-C is 130, SIGTERM 143, without a traceback, and the port is free again."""
    profile(home, provider)
    process = home.start("login", "dev", "--flow", "browser", "--no-browser", "--events")
    event_of(process, "browser")
    os.kill(process.pid, number)
    said = finish(process)
    assert said.code == code
    assert "Traceback" not in said.err


@pytest.mark.slow
def test_nobody_finishing_in_time_is_exit_4(home: Home, provider: Demo) -> None:
    """``--timeout`` ends the wait."""
    profile(home, provider)
    said = home.run("login", "dev", "--flow", "browser", "--no-browser", "--timeout", "1s", "--json")
    assert said.error()["code"] == "login_timeout"
    assert said.code == 4
