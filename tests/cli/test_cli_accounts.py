"""``my-app profile`` and ``status``: what is shown, what is changed, and that secrets only come by standard input."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.door import Door, door
from my_app.model import Flow, State
from my_app.secret import Secret
from tui.fakes import HOSTILE, account


def added(home: Door, *argv: str, **more: Any) -> dict[str, Any]:
    """The profile that ``profile add ARGV`` makes, as JSON."""
    said = home.run("profile", "add", *argv, "--json", **more)
    assert said.code == 0, said
    profile: dict[str, Any] = said.json("profile add")["profile"]
    return profile


def test_add_by_issuer() -> None:
    """An issuer and a client id make a profile of the generic preset whose way in is chosen at sign-in."""
    profile = added(door(), "new", "--issuer", "https://id.example", "--client-id", "cli", "--scope", "a b", "--scope", "b c")
    assert (profile["provider"], profile["flow"], profile["scopes"]) == ("oidc", "auto", ["a", "b", "c"])


def test_add_takes_every_option_of_the_contract() -> None:
    """Each option lands in the field of its name."""
    home = door()
    profile = added(
        home, "new", "--provider", "oidc", "--tenant", "t", "--issuer", "https://id.example", "--client-id", "c",
        "--flow", "browser", "--auth-method", "client_secret_post", "--resource", "https://r.example", "--audience", "aud",
        "--redirect-port", "8400,8401", "--redirect-uri", "http://127.0.0.1/cb",
        "--authorize-param", "prompt=login", "--endpoint", "revocation=https://id.example/r",
        "--api-url", "https://api.example", "--header", "X-Key", "--prefix", "Key", "--check-url", "https://api.example/me",
        "--expect-account", "ana", "--client-key", "k.pem", "--client-cert", "c.pem", "--authorization-url", "https://id.example/a",
        "--device-url", "https://id.example/d", "--token-url", "https://id.example/t",
    )  # fmt: skip
    assert profile["redirect_ports"] == [8400, 8401]
    assert profile["authorize_params"] == {"prompt": "login"}
    assert profile["endpoints"] == {"revocation": "https://id.example/r"}
    assert all(value not in (None, [], {}) for key, value in profile.items() if key not in ("scopes", "par", "assertion_audience"))


@pytest.mark.parametrize(
    ("option", "flow", "field"),
    [
        ("--client-secret-stdin", "client-credentials", "client_secret"),
        ("--api-key-stdin", "api-key", "api_key"),
        ("--totp-stdin", "auto", "totp_seed"),
    ],
)
def test_add_reads_one_secret_from_standard_input(option: str, flow: str, field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """H1: the secret arrives by standard input, one line end removed; it decides the flow when none is named."""
    home = door()
    seen: dict[str, Secret | None] = {}
    inner = home.accounts.add

    def spy(profile: Any, **secrets: Any) -> Any:
        seen.update(secrets)
        return inner(profile, **secrets)

    monkeypatch.setattr(home.accounts, "add", spy)
    said = home.run("profile", "add", "new", "--issuer", "https://id.example", option, stdin="s3cr3t \r\n", terminal=False)
    assert said.code == 0
    assert home.accounts.rows["new"].flow == flow
    assert seen[field] == Secret("s3cr3t ")
    assert [name for name, value in seen.items() if value] == [field]
    assert "s3cr3t" not in said.out + said.err


@pytest.mark.parametrize("typed", ["", "\n", "a\nb\n", "a\x00b", "a\x1bb", "x" * 70_000])
def test_add_refuses_a_secret_that_is_none(typed: str) -> None:
    """N4: an empty secret, or one with a control character inside, is a usage error and adds nothing."""
    home = door()
    said = home.run("profile", "add", "new", "--issuer", "https://id.example", "--client-secret-stdin", stdin=typed)
    assert said.code == 2
    assert "new" not in home.accounts.rows


@pytest.mark.parametrize(
    "argv",
    [
        ["new"],
        ["new", "--client-id", "x"],
        ["bad name", "--issuer", "https://id.example"],
        ["-x", "--issuer", "https://id.example"],
        ["new", "--issuer", "https://id.example", "--client-secret-stdin", "--api-key-stdin"],
        ["new", "--issuer", "https://id.example", "--redirect-port", "0"],
        ["new", "--issuer", "https://id.example", "--redirect-port", "80,x"],
        ["new", "--issuer", "https://id.example", "--authorize-param", "novalue"],
        ["new", "--issuer", "https://id.example", "--endpoint", "=x"],
        ["new", "--issuer", "https://id.example", "--flow", "password"],
        ["new", "--issuer", "https://id.example", "--iss", "https://id.example"],
        ["new", "--flow", "api-key"],
        ["new", "--issuer", "https://id.example", "--flow", "client-credentials"],
    ],
)
def test_add_refuses_what_makes_no_profile(argv: list[str]) -> None:
    """A profile that cannot work, or that lacks the secret its flow needs, is exit 2 and nothing is added."""
    home = door()
    before = dict(home.accounts.rows)
    said = home.run("profile", "add", *argv, "--json")
    assert said.code == 2
    assert said.error()["exit"] == 2
    assert home.accounts.rows == before


def test_add_a_taken_name_is_refused() -> None:
    """A second profile of a name is not added over the first."""
    assert door().run("profile", "add", "work", "--issuer", "https://id.example", "--json").error()["code"] == "profile_exists"


def test_list_and_show_hold_no_secret() -> None:
    """L: lists and details have every setting and never a secret, which have no field there."""
    home = door()
    listed = home.run("profile", "list", "--json").json("profile list")
    assert [row["name"] for row in listed["profiles"]] == sorted(home.accounts.rows)
    assert [row["name"] for row in listed["profiles"] if row["active"]] == ["work"]
    shown = home.run("profile", "show", "openai", "--json").json("profile show")
    assert (shown["kind"], shown["state"]) == ("api_key", "static")
    text = home.run("profile", "show", "work").out
    assert "● Valid" in text
    assert "ana" in text


def test_an_unknown_profile_is_exit_2() -> None:
    """Each sub-command that names a profile says so when there is none."""
    for argv in (["show"], ["use"], ["remove"], ["trust"], ["allow"]):
        assert door().run("profile", *argv, "nobody", "--json").error()["code"] == "unknown_profile"
    assert door().run("status", "nobody", "--json").error()["code"] == "unknown_profile"


def test_use_rename_remove_and_set() -> None:
    """Each act reaches the core, answers in JSON, and in words only on standard error."""
    home = door()
    home.run("profile", "use", "github", "--json").json("profile use")
    assert home.accounts.active == "github"
    home.run("profile", "rename", "github", "hub", "--json").json("profile rename")
    home.run("profile", "remove", "hub", "--json").json("profile remove")
    assert not {"hub", "github"} & set(home.accounts.rows)
    changed = home.run("profile", "set", "work", "api-url=https://api.example", "client_id=", "--json").json("profile set")[
        "profile"
    ]
    assert (changed["api_url"], changed["client_id"]) == ("https://api.example", None)
    said = home.run("profile", "use", "work")
    assert (said.out, said.code) == ("", 0)
    assert "work" in said.err


def test_set_needs_key_and_value() -> None:
    """A change without an equals sign is a usage error."""
    assert door().run("profile", "set", "work", "client_id").code == 2
    assert door().run("profile", "set", "work").code == 2


def test_trust_and_allow(tmp_path: Path) -> None:
    """``trust`` tells what changed; ``allow`` is for the directory one stands in."""
    home = door()
    home.cwd = tmp_path
    home.accounts.trusted = ("token host https://old.example is https://new.example now",)
    assert home.run("profile", "trust", "work", "--json").json("profile trust")["changed"] == list(home.accounts.trusted)
    assert home.run("profile", "allow", "work", "--json").json("profile allow")["directory"] == str(tmp_path)
    assert home.accounts.allowed == ("work", str(tmp_path))


def test_status_has_every_account_and_the_fields_of_the_contract() -> None:
    """``status`` is exit 0 whatever the states."""
    said = door().run("status", "--json")
    value = said.json("status")
    assert said.code == 0
    assert {row["name"]: row["state"] for row in value["profiles"]} == {
        "work": "valid", "github": "expiring", "staging": "expired", "partner": "revoked",
        "openai": "static", "legacy": "login_needed",
        "ci-deploy": "valid",
    }  # fmt: skip
    assert (value["active"], value["chosen_by"]) == ("work", "config")
    assert next(row for row in value["profiles"] if row["name"] == "work")["identity"]["username"] == "ana"


def test_status_check_is_exit_3_and_still_prints() -> None:
    """``--check`` answers 3 when an account needs a sign-in; the list is printed all the same."""
    home = door()
    said = home.run("status", "--check", "--json")
    said.json("status")
    assert said.code == 3
    assert said.last_error()["code"] == "login_needed"
    assert home.run("status", "work", "--check").code == 0
    assert home.run("status", "legacy", "--check").code == 3


def test_status_in_words_is_aligned_and_marked() -> None:
    """A table with mark and word of each state, the active one starred."""
    said = door().run("status")
    lines = said.out.splitlines()
    assert lines[0].split() == ["STATE", "NAME", "PROVIDER", "ACCOUNT", "EXPIRES", "SCOPES", "NEXT"]
    for mark in ("● Valid", "◔ Expiring", "○ Expired", "✕ Revoked", "◆ Static key", "! Sign in"):
        assert any(line.startswith(mark) for line in lines), mark
    assert any("work *" in line for line in lines)
    column = lines[0].index("PROVIDER")
    assert all(line[column - 1] == " " and line[column] != " " for line in lines)


def test_status_fits_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """X4: on a terminal no line is wider than it; foreign names are cleaned and clipped."""
    monkeypatch.setenv("COLUMNS", "80")
    rows = [account("a", provider=HOSTILE), account("b", scopes=tuple(f"scope:{n}" for n in range(500)))]
    said = door([replace(row, state=State.VALID) for row in rows], active="a").run("status", terminal=True)
    plain = [line.replace("\x1b[32m", "").replace("\x1b[0m", "").replace("\x1b[1m", "") for line in said.out.splitlines()]
    assert max(map(len, plain)) <= 80
    assert "\x1b]" not in said.out
    assert "\u202e" not in said.out


def test_an_empty_home_says_how_to_begin() -> None:
    """No accounts: nothing on standard output, the next step on standard error, exit 0."""
    for argv in (["status"], ["profile", "list"]):
        said = door([], active=None).run(*argv)
        assert (said.code, said.out) == (0, "")
        assert "my-app profile add" in said.err


def test_a_secret_is_typed_without_echo_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """X6: a person at a terminal is asked with echo off, also where ``-stdin`` was given."""
    asked: list[str] = []
    monkeypatch.setattr("getpass.getpass", lambda prompt, stream: asked.append(prompt) or "typed-key")
    home = door()
    said = home.run("profile", "add", "key", "--flow", "api-key", "--api-url", "https://api.example", terminal=True)
    assert said.code == 0
    assert asked == ["API key: "]
    assert home.accounts.rows["key"].flow is Flow.API_KEY
