"""What README shows is what the program knows."""

from __future__ import annotations

import re
from pathlib import Path

from my_app.cli.table import COMMANDS, help_text
from my_app.model import Flow
from my_app.settings.fields import PROFILE_OPTIONS
from my_app.settings.parse import OPTION_NAMES, parse_settings

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_the_settings_file_parses_without_a_warning() -> None:
    """The block under ``## config.toml`` gives the three profiles it shows, the first one active."""
    settings = parse_settings(blocks("toml")[0])
    assert settings.warnings == ()
    assert settings.active == "work"
    assert set(settings.profiles) == {"work", "ci", "hub"}
    work, ci, hub = (settings.profiles[name] for name in ("work", "ci", "hub"))
    assert (work.provider, work.issuer, work.client_id) == ("oidc", "https://login.example.com", "my-client")
    assert work.scopes == ("openid", "profile", "email", "offline_access")
    assert (ci.flow, ci.scopes) == (Flow.CLIENT_CREDENTIALS, ("deploy",))
    assert (hub.provider, hub.flow) == ("github", Flow.DEVICE)


def test_the_other_settings_parse_too() -> None:
    """No block of settings holds a key that would be ignored."""
    for block in blocks("toml"):
        assert parse_settings(block).warnings == ()


def test_every_command_named_exists() -> None:
    """Each ``my-app WORD`` of README stands in ``my-app --help``."""
    named = set(re.findall(r"(?:`|\(|/|^|: )my-app ([a-z][a-z-]*)", README, re.MULTILINE))
    assert {"login", "status", "token", "profile", "rotate", "vault", "explain"} <= named
    listed = set(re.findall(r"[a-z][a-z-]*", help_text()))
    assert named <= listed
    assert named <= set(COMMANDS)


def test_every_setting_named_exists() -> None:
    """The table of keys, and every key of the blocks, are settings."""
    table = README[README.index("| key | meaning |") :].split("\n\n")[0]
    keys = set(re.findall(r"^\| `([a-z_]+)", table, re.MULTILINE))
    assert keys >= {"dpop", "par", "assertion_audience", "resource"}
    assert keys <= set(PROFILE_OPTIONS) | set(OPTION_NAMES)


def test_every_key_named_is_in_the_key_table() -> None:
    """Each key under ``## The app`` is one of the app's, and means what README says."""
    from my_app_accounts.keys import ACCOUNT, AREAS, EVERYWHERE

    section = README[README.index("## The app") :].split("\n\n")[1]
    labels = {act.key_label: act.label.lower() for act in (*AREAS, *EVERYWHERE, *ACCOUNT)}
    known = {key for act in (*AREAS, *EVERYWHERE, *ACCOUNT) for key in act.key.split(",")} | set(labels)
    said = dict(re.findall(r"`([a-z/?])` ([a-z]+)", section))
    assert len(said) >= 10
    assert set(said) <= known
    for key, word in said.items():
        if key not in "?q":
            assert labels[key].rstrip("…").split()[0] in (word, f"{word}s"), key
    for combined in re.findall(r"ctrl\+[a-z]", section):
        assert combined in known
    assert "1-4 areas" in section
    assert [act.key for act in AREAS] == ["1", "2", "3", "4"]
