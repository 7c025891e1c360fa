"""Secrets by value or by file, environment-only credentials, and hostile credentials.json."""

from __future__ import annotations

from pathlib import Path

import pytest

from my_app.errors import SettingsFault
from my_app.given.credentials_json import parse_credentials
from my_app.given.environment import default_profile, given, secret_variable, variable
from my_app.model import Flow
from my_app.secret import Secret
from public_vectors import json_suite


def test_a_secret_comes_from_its_file(tmp_path: Path) -> None:
    """One line break at the end is dropped; any mode is fine, since mounted secrets are 0444."""
    path = tmp_path / "secret"
    path.write_text("sesame\r\n")
    path.chmod(0o444)
    assert secret_variable({"MY_APP_API_KEY_FILE": str(path)}, "MY_APP_API_KEY") == Secret("sesame")


@pytest.mark.parametrize("content", ["", "\n", "a\nb", "a\0b", "a" * 70_000])
def test_a_file_that_is_no_secret_is_refused(tmp_path: Path, content: str) -> None:
    """The sentence names the variable, never the content (N4)."""
    path = tmp_path / "secret"
    path.write_text(content)
    with pytest.raises(SettingsFault, match="MY_APP_API_KEY_FILE"):
        secret_variable({"MY_APP_API_KEY_FILE": str(path)}, "MY_APP_API_KEY")


def test_a_missing_file_a_folder_and_both_ways_are_refused(tmp_path: Path) -> None:
    """Each says which variable to correct."""
    for environ in (
        {"MY_APP_API_KEY_FILE": str(tmp_path / "no")},
        {"MY_APP_API_KEY_FILE": str(tmp_path)},
        {"MY_APP_API_KEY_FILE": "x", "MY_APP_API_KEY": "y"},
    ):
        with pytest.raises(SettingsFault, match="MY_APP_API_KEY"):
            secret_variable(environ, "MY_APP_API_KEY")


@pytest.mark.parametrize("bad", ["a\nb", "a\rb", "a\0b"])
def test_line_breaks_are_refused_in_every_value(bad: str) -> None:
    """Nothing of the environment can add a header line (N4)."""
    with pytest.raises(SettingsFault):
        variable({"MY_APP_SCOPE": bad}, "MY_APP_SCOPE")


def test_a_token_goes_before_a_key_and_a_key_before_a_client() -> None:
    """The first of the three counts, whole."""
    environ = {"MY_APP_CLIENT_ID": "i", "MY_APP_CLIENT_SECRET": "s", "MY_APP_ISSUER": "https://i.example", "MY_APP_SCOPE": "a b"}
    found = given(environ)
    assert found is not None
    assert (found.profile.flow, found.profile.scopes, found.secret) == (Flow.CLIENT_CREDENTIALS, ("a", "b"), Secret("s"))
    found = given({**environ, "MY_APP_API_KEY": "k"})
    assert found is not None
    assert (found.profile.flow, found.profile.issuer, found.secret) == (Flow.API_KEY, None, Secret("k"))
    found = given({**environ, "MY_APP_API_KEY": "k", "MY_APP_ACCESS_TOKEN": "t"})
    assert found is not None
    assert (found.profile.flow, found.secret) == (Flow.TOKEN, Secret("t"))


def test_a_client_of_nowhere_names_both_ways() -> None:
    """Client id and secret alone are a settings fault."""
    with pytest.raises(SettingsFault) as caught:
        given({"MY_APP_CLIENT_ID": "i", "MY_APP_CLIENT_SECRET": "s"})
    assert "MY_APP_ISSUER" in caught.value.hint
    assert "MY_APP_TOKEN_URL" in caught.value.hint


def test_a_wrong_address_is_told_by_its_variable() -> None:
    """The person is told the variable, not an option they never typed."""
    with pytest.raises(SettingsFault, match=r"^MY_APP_ISSUER is not a usable address"):
        given({"MY_APP_CLIENT_ID": "i", "MY_APP_CLIENT_SECRET": "s", "MY_APP_ISSUER": "http://i.example"})


def test_the_default_profile_needs_issuer_and_client() -> None:
    """What ``login`` makes where nothing is set up."""
    made = default_profile(
        {"MY_APP_ISSUER": "https://i.example", "MY_APP_CLIENT_ID": "id", "MY_APP_API_URL": "https://api.example"}
    )
    assert made is not None
    assert (made.name, made.issuer, made.client_id, made.flow, made.api_url) == (
        "default",
        "https://i.example",
        "id",
        Flow.AUTO,
        "https://api.example",
    )
    assert default_profile({"MY_APP_ISSUER": "https://i.example"}) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff",
        b'\xef\xbb\xbf{"api_key": "k"}',
        b'{"api_key": NaN}',
        b'{"api_key": "a", "api_key": "b"}',
        b'{"api_key": 1}',
        b'{"api_key": ""}',
        b'{"api_key": "a\\nb"}',
        b'{"client_id": "i"}',
        b'{"client_id": "i", "client_secret": "sesame"}',
        b'{"client_id": "i", "client_secret": "sesame", "issuer": "http://x.example"}',
        b'{"profiles": []}',
        b'{"profiles": {"a b": {}}}',
        b'{"profiles": {"a": 1}}',
        b'{"api_key": ' + b"[" * 100_000 + b"}",
        b'{"issuer": "https://i.example"}',
    ],
)
def test_hostile_credentials_give_one_tidy_sentence(data: bytes) -> None:
    """Wrong shapes are settings faults that never show a value (D3)."""
    with pytest.raises(SettingsFault) as caught:
        parse_credentials(data)
    assert caught.value.message.startswith("credentials.json")
    assert "sesame" not in caught.value.message


def test_good_credentials_are_read() -> None:
    """A key at the top and a client by name; an unknown member only warns."""
    found = parse_credentials(
        b'{"api_key": "k", "api_uri": "x", "profiles": {"ci": {"client_id": "i", "client_secret": "s",'
        b' "token_url": "https://t.example/token", "scope": "a b"}}}'
    )
    assert found.default is not None
    assert found.default.secret == Secret("k")
    assert found.profiles["ci"].profile.scopes == ("a", "b")
    assert "“api_url”" in found.warnings[0]


def test_no_broken_json_passes_for_credentials() -> None:
    """Every must-refuse file of JSONTestSuite is a settings fault, not a traceback (D3)."""
    for name, data in json_suite().items():
        if name.startswith("n_"):
            with pytest.raises(SettingsFault):
                parse_credentials(data)
