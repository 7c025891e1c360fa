"""config.toml: read strictly, edited with comments kept, safe on disk."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from my_app.adapters.config_file import ConfigFile
from my_app.errors import ProfileExists, SettingsFault, UnknownProfile, UnsafeFile
from my_app.model import Flow, Profile
from my_app.settings import Paths, paths
from my_app.settings.edit import allow_directory, put_profile, remove_profile, rename_profile, set_active, set_option
from my_app.settings.parse import parse_settings

TEXT = """# my accounts

active = "work"

# the first
[profiles.work]  # at work
issuer = "https://a.example"
scope = ["a", "b"]  # two
redirect_port = [8400, 8401]

[settings]
theme = "dark"  # not too bright
margin = "2m"
clipboard = "never"

[profiles.home]
issuer = "https://b.example"
[profiles.home.endpoint]
revocation = "https://b.example/r"

[directories]
"/srv/x" = "work"
"""


def test_every_part_is_read() -> None:
    """Profiles, settings, directories and the active name come out typed."""
    found = parse_settings(TEXT)
    assert found.active == "work"
    assert found.profiles["work"].scopes == ("a", "b")
    assert found.profiles["work"].redirect_ports == (8400, 8401)
    assert found.profiles["home"].endpoints == {"revocation": "https://b.example/r"}
    assert found.options.margin == timedelta(minutes=2)
    assert found.options.clipboard is None
    assert found.directories == {"/srv/x": "work"}
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("[profiles.a]\nissuer = 3\n", 2, "a number"),
        ("[profiles.a]\nissuer = 'http://a.example'\n", 2, "not https"),
        ("[profiles.a]\nissuer = 'https://u:p@a.example'\n", 2, "user name"),
        ("\n[profiles.a]\nflow = 'brwser'\n", 3, "“browser”"),
        ("[profiles.a]\nscope = 'a b'\n", 2, "a list"),
        ("[profiles.a]\nscope = ['a b']\n", 2, "not one scope"),
        ("[profiles.a]\nredirect_port = [0]\n", 2, "65535"),
        ("[profiles.a]\nheader = 'Host'\n", 2, "header"),
        ('[profiles.a]\nclient_id = "a\\nb"\n', 2, "line break"),
        ("[profiles.a.endpoint]\nrevoke = 'https://a.example'\n", 2, "not an endpoint"),
        ("[profiles.a]\nclient_secret = 'sesame'\n", 2, "is a secret"),
        ("[profiles.'a b']\n", None, "profile name"),
        ("[profiles.environment]\n", 1, "reserved"),
        ("active = 1\n", 1, "a text"),
        ("[settings]\nleeway = '10m'\n", 2, "between"),
        ("[directories]\n'x' = 'a'\n", 2, "absolute"),
        ("[profiles.a]\nissuer = \n", 2, "not TOML"),
        ("a = " + "[" * 5000, None, "too deeply"),
    ],
)
def test_a_wrong_line_is_named(text: str, line: int | None, word: str) -> None:
    """A fault is one sentence with file, line and what is wrong, never the secret itself (E2)."""
    with pytest.raises(SettingsFault) as caught:
        parse_settings(text)
    assert caught.value.exit_code == 2
    assert caught.value.message.startswith(f"config.toml, line {line}:" if line else "config.toml")
    assert word in caught.value.message
    assert "sesame" not in caught.value.message
    assert caught.value.hint


def test_unknown_keys_are_warned_of_with_the_nearest_name() -> None:
    """A typing mistake is told and does not stop the program (E2)."""
    found = parse_settings("colour = 1\n[profiles.a]\nisuer = 'https://a.example'\n")
    assert any("line 3" in warning and "“issuer”" in warning for warning in found.warnings)
    assert len(found.warnings) == 2


def test_edits_keep_every_comment() -> None:
    """Adding, changing, renaming, allowing and setting leave the person's own words alone."""
    text = put_profile(TEXT, replace(parse_settings(TEXT).profiles["work"], api_url="https://api.example"))
    text = put_profile(text, Profile(name="new", flow=Flow.DEVICE, issuer="https://c.example"))
    text = rename_profile(text, "work", "job.one")
    text = set_option(set_active(allow_directory(text, "/a b", "new"), "new"), "margin", "5m")
    for comment in ("# my accounts", "# the first", "# at work", "# two", "# not too bright"):
        assert comment in text
    found = parse_settings(text)
    assert found.active == "new"
    assert found.profiles["job.one"].api_url == "https://api.example"
    assert found.profiles["new"].flow is Flow.DEVICE
    assert found.directories == {"/srv/x": "job.one", "/a b": "new"}
    assert found.options.margin == timedelta(minutes=5)


def test_removing_takes_what_points_at_it() -> None:
    """No active name and no directory is left behind."""
    found = parse_settings(remove_profile(TEXT, "work"))
    assert (found.active, found.directories, list(found.profiles)) == (None, {}, ["home"])


def test_renaming_is_refused_where_it_would_lose_something() -> None:
    """A missing or a taken name changes nothing."""
    with pytest.raises(UnknownProfile):
        rename_profile(TEXT, "nobody", "x")
    with pytest.raises(ProfileExists):
        rename_profile(TEXT, "work", "home")


def home(tmp_path: Path) -> Paths:
    """Places below a temporary folder."""
    return paths({"MY_APP_CONFIG_DIR": str(tmp_path / "c"), "MY_APP_DATA_DIR": str(tmp_path / "d")})


def test_the_file_is_private_and_read_again_when_changed(tmp_path: Path) -> None:
    """Made 0600 in a 0700 folder; an edit by hand is seen at once (S1)."""
    config = ConfigFile(home(tmp_path))
    assert config.settings().profiles == {}
    config.edit(lambda text: put_profile(text, Profile(name="a", issuer="https://a.example")))
    path = tmp_path / "c" / "config.toml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.write_text(path.read_text() + "\n[profiles.b]\n")
    assert set(config.settings().profiles) == {"a", "b"}


def test_a_broken_file_is_never_overwritten(tmp_path: Path) -> None:
    """An edit of a file with a broken line is refused and leaves it byte for byte."""
    config = ConfigFile(home(tmp_path))
    path = tmp_path / "c" / "config.toml"
    path.parent.mkdir()
    path.write_text("[profiles.a\n")
    with pytest.raises(SettingsFault):
        config.edit(lambda text: put_profile(text, Profile(name="b")))
    assert path.read_text() == "[profiles.a\n"


def test_a_file_everybody_may_write_is_refused(tmp_path: Path) -> None:
    """Exit 6 with the command that puts it right (S2)."""
    path = tmp_path / "c" / "config.toml"
    path.parent.mkdir()
    path.write_text("")
    path.chmod(0o666)
    with pytest.raises(UnsafeFile) as caught:
        ConfigFile(home(tmp_path)).settings()
    assert caught.value.hint.startswith("Run: chmod 600")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """People keep the file under version control; an edit goes to where it points."""
    (tmp_path / "c").mkdir()
    (tmp_path / "dotfiles").mkdir()
    target = tmp_path / "dotfiles" / "config.toml"
    target.write_text("# mine\n")
    os.symlink(target, tmp_path / "c" / "config.toml")
    ConfigFile(home(tmp_path)).edit(lambda text: put_profile(text, Profile(name="a")))
    assert (tmp_path / "c" / "config.toml").is_symlink()
    assert target.read_text().startswith("# mine")
