"""The installed ``my-app`` with tokens it holds: renewed, revoked, rotated, recorded; and credentials that are only given."""

from __future__ import annotations

import json
import sys

import pytest

from cli.blackbox import VAULT_KEY, Demo, Home, demo


def service(
    home: Home, provider: Demo, name: str = "svc", scope: str = "vms:read databases:write deployments:write files:write"
) -> None:
    """A profile that needs no person."""
    client = provider.client("client-credentials", "client_secret_basic")
    said = home.run(
        "profile", "add", name, "--issuer", provider.issuer, "--client-id", client["client_id"], "--client-secret-stdin",
        "--scope", scope, "--api-url", provider.api_url, stdin=client["client_secret"],
    )  # fmt: skip
    assert said.code == 0, said


@pytest.mark.slow
def test_given_credentials_write_nothing(home: Home, provider: Demo) -> None:
    """Four variables are enough for the four service commands; nothing reaches the disk."""
    client = provider.client("client-credentials", "client_secret_basic")
    home.extra = {
        "MY_APP_VAULT_KEY": "",
        "MY_APP_CLIENT_ID": client["client_id"],
        "MY_APP_CLIENT_SECRET": client["client_secret"],
        "MY_APP_ISSUER": provider.issuer,
        "MY_APP_API_URL": provider.api_url,
    }
    assert [item["id"] for item in home.run("list", "vms", "--json").json("list")["items"]][:1] == ["vm-1"]
    assert home.run("create", "database", "--name", "my-prod-db", "--json").json("create")["result"]["name"] == "my-prod-db"
    assert home.run("deploy", "service-name", "--version", "1.2.3", "--region", "us-east-1", "--json").json("deploy")["result"]
    (home.path / "data.csv").write_text("a,b\n")
    assert home.run("upload", "data.csv", "my-bucket/data.csv", "--json").json("upload")["status"] in (200, 201)
    token = home.run("token", "--json").json("token")
    assert (token["profile"], home.files()) == (None, ["data.csv"])


@pytest.mark.slow
def test_an_api_key_from_the_environment_and_from_credentials_json(home: Home, provider: Demo) -> None:
    """Both work; a file that others may read is refused with exit 6 and the way to close it."""
    key = {"MY_APP_API_KEY": provider.api_key, "MY_APP_API_URL": provider.api_url}
    assert home.run("list", "vms", "--json", **key).json("list")["items"]
    file = home.path / "config" / "credentials.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"api_key": provider.api_key, "api_url": provider.api_url}))
    file.chmod(0o600)
    assert home.run("list", "vms", "--json").json("list")["items"]
    file.chmod(0o644)
    said = home.run("list", "vms", "--json")
    assert said.error()["code"] == "unsafe_file"
    assert said.code == 6


@pytest.mark.slow
def test_exec_hands_the_child_one_token(home: Home, provider: Demo) -> None:
    """H7: the child sees the token and no other variable of ours; its exit code is ours."""
    service(home, provider)
    child = "import os, sys; print(sorted(n for n in os.environ if n.startswith('MY_APP_'))); sys.exit(7)"
    said = home.run("exec", "svc", "--", sys.executable, "-c", child)
    assert (said.code, said.out) == (7, "['MY_APP_ACCESS_TOKEN']\n")


@pytest.mark.slow
def test_the_life_of_a_token(home: Home, provider: Demo) -> None:
    """Cached, renewed on demand, introspected, revoked, forgotten; each act is one line in a trail that holds."""
    service(home, provider)
    first = home.run("token", "svc", "--json").json("token")
    again = home.run("token", "svc", "--json").json("token")
    assert (again["from"], again["access_token"]) == ("cache", first["access_token"])
    long = home.run("token", "svc", "--min-valid", "10d", "--json")
    assert long.json("token")["access_token"] != first["access_token"]
    assert long.err.strip()
    home.run("refresh", "svc", "--json").json("refresh")
    assert home.run("introspect", "svc", "--json").json("introspect")["claims"]["active"] is True
    assert "access_token" in home.run("revoke", "svc", "--json").json("revoke")["revoked"]
    assert home.run("status", "--json").json("status")["profiles"][0]["state"] == "revoked"
    assert home.run("status", "--check", "--json").code == 3
    assert home.run("logout", "svc", "--json").json("logout")["forgotten"] is True
    events = [each["event"] for each in home.run("audit", "list", "--json").json("audit list")["events"]]
    assert events[::-1] == ["profile", "refresh", "refresh", "refresh", "revoke", "logout"]
    verdict = home.run("audit", "verify", "--json").json("audit verify")
    assert (verdict["ok"], verdict["events"]) == (True, len(events))


@pytest.mark.slow
def test_an_api_key_is_rotated(home: Home, provider: Demo) -> None:
    """A new key is made, proven and switched to; the old one is dead."""
    home.run(
        "profile", "add", "key", "--provider", "demo", "--issuer", provider.issuer, "--flow", "api-key", "--api-key-stdin",
        "--api-url", provider.api_url, stdin=provider.api_key,
    )  # fmt: skip
    fresh = home.run("api", "POST", "/keys", "--field", "name=second", "--profile", "key", "--json").json("api")["body"]["key"]
    home.run("profile", "remove", "key")
    home.run(
        "profile", "add", "key", "--provider", "demo", "--issuer", provider.issuer, "--flow", "api-key", "--api-key-stdin",
        "--api-url", provider.api_url, stdin=fresh,
    )  # fmt: skip
    assert home.run("rotate", "key", "--yes", "--json").json("rotate")["old_revoked"] is True
    assert home.run("list", "vms", "--profile", "key", "--json").json("list")["items"]
    assert home.run("list", "vms", "--json", MY_APP_API_KEY=fresh, MY_APP_API_URL=provider.api_url).code == 5


@pytest.mark.slow
def test_logout_with_the_provider_gone_is_exit_0(home: Home, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Offline: the login is forgotten, ``not_told`` says who was not told, exit 0."""
    with demo(Home(tmp_path_factory.mktemp("gone"))) as leaving:
        service(home, leaving)
        assert home.run("token", "svc").code == 0
    ended = home.run("logout", "svc", "--json").json("logout")
    assert (ended["revoked"], ended["not_told"], ended["forgotten"]) == ([], ["access_token"], True)
    assert ended["still_valid_until"]


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:1", "https://nobody.invalid"])
@pytest.mark.slow
def test_an_unreachable_issuer_is_exit_4(home: Home, issuer: str) -> None:
    """One sentence that names the host; nothing is lost."""
    home.run("profile", "add", "far", "--issuer", issuer, "--client-id", "x", "--client-secret-stdin", stdin="s")
    said = home.run("token", "far", "--json")
    assert said.error()["code"] == "network"
    assert said.code == 4


@pytest.mark.slow
def test_a_wrong_issuer_and_a_wrong_secret_are_exit_5(home: Home, provider: Demo) -> None:
    """An issuer with another name, and a secret that is not accepted, are refusals."""
    client = provider.client("client-credentials", "client_secret_basic")["client_id"]
    home.run(
        "profile", "add", "slash", "--issuer", f"{provider.issuer}/", "--client-id", client, "--client-secret-stdin", stdin="s"
    )
    home.run("profile", "add", "wrong", "--issuer", provider.issuer, "--client-id", client, "--client-secret-stdin", stdin="nope")
    assert home.run("token", "slash", "--json").error()["code"] == "issuer_mismatch"
    said = home.run("token", "wrong", "--json")
    assert said.error()["code"] == "wrong_credentials"
    assert said.code == 5


def test_an_edited_config_sends_nothing_elsewhere(home: Home, provider: Demo) -> None:
    """D6: when ``config.toml`` names another token endpoint the secret stays here, exit 2; the hint names ``profile trust``."""
    service(home, provider)
    assert home.run("token", "svc").code == 0
    config = home.path / "config" / "config.toml"
    config.write_text(config.read_text().replace("[profiles.svc]\n", '[profiles.svc]\ntoken_url = "http://127.0.0.1:9/token"\n'))
    said = home.run("refresh", "svc", "--json")
    assert said.error()["code"] == "binding_changed"
    assert "profile trust svc" in said.error()["hint"]


@pytest.mark.parametrize("text", ["this is no toml [", '[profiles.a]\nflow = "magic"\n', "[profiles]\na = 1\n"])
def test_a_broken_config_names_its_line(home: Home, text: str) -> None:
    """Exit 2, one sentence with file and line; the file stays as it was."""
    config = home.path / "config" / "config.toml"
    config.parent.mkdir()
    config.write_text(text)
    said = home.run("status", "--json")
    assert said.error()["code"] == "settings"
    assert "config.toml" in said.error()["message"]
    assert config.read_text() == text


@pytest.mark.slow
def test_a_vault_that_cannot_be_opened_is_exit_6(home: Home, provider: Demo) -> None:
    """A wrong key, none at all, and a damaged file: exit 6, the list still works, the file is not touched."""
    service(home, provider)
    vault = home.path / "data" / "vault.db"
    before = vault.read_bytes()
    other = VAULT_KEY.replace("M", "N", 1)
    assert home.run("token", "svc", "--json", MY_APP_VAULT_KEY=other).error()["exit"] == 6
    home.extra["MY_APP_VAULT_KEY"] = ""
    assert home.run("token", "svc", "--no-input", "--json").error()["exit"] == 6
    assert home.run("status", "--json").json("status")["profiles"][0]["name"] == "svc"
    assert vault.read_bytes() == before
    vault.write_bytes(b"no vault at all" * 500)
    assert home.run("token", "svc", "--json", MY_APP_VAULT_KEY=VAULT_KEY).error()["code"] == "vault_damaged"


def test_no_way_to_keep_a_secret_is_told_not_worked_around(home: Home) -> None:
    """No keyring, no passphrase, no key, ``--no-input``: exit 6 and no secret on disk."""
    home.extra["MY_APP_VAULT_KEY"] = ""
    said = home.run(
        "profile",
        "add",
        "svc",
        "--issuer",
        "https://id.example",
        "--client-id",
        "x",
        "--client-secret-stdin",
        "--no-input",
        "--json",
        stdin="s3cr3t",
    )
    assert said.error()["exit"] == 6
    assert not any(b"s3cr3t" in (home.path / name).read_bytes() for name in home.files())
