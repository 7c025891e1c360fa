"""Presets are data that a profile overrides."""

import re
from importlib.resources import files

import pytest

from my_app import providers
from my_app.errors import SettingsFault
from my_app.model import Flow, Profile
from my_app.providers.reading import read
from my_app.urls import checked_url


@pytest.mark.parametrize("key", providers.KEYS)
def test_every_preset_is_sound(key: str) -> None:
    """A preset loads, names only usable addresses, and holds neither a client id nor a secret."""
    found = providers.preset(key)
    for url in (*found.endpoints.values(), *filter(None, (found.api_url, found.tokens_page, found.console_url, found.issuer))):
        checked_url(url, what="address")
    assert found.flows
    assert re.fullmatch(r"20\d\d-\d\d", found.checked)
    assert not re.search(r"client_id\s*=|client_secret\s*=\s*\"|eyJ", files(providers).joinpath(f"{key}.toml").read_text())


def test_every_file_is_offered() -> None:
    """No preset lies in the folder without being offered."""
    names = {entry.name.removesuffix(".toml") for entry in files(providers).iterdir() if entry.name.endswith(".toml")}
    assert names == set(providers.KEYS)


def test_a_profile_wins_over_its_preset() -> None:
    """What the person set is used; where they are silent the preset speaks."""
    mine = Profile(name="gh", provider="github", client_id="x", scopes=("repo",), endpoints={"token": "https://ghe.test/token"})
    laid = providers.laid_under(mine)
    assert laid.scopes == ("repo",)
    assert laid.endpoints["token"] == "https://ghe.test/token"
    assert laid.endpoints["device_authorization"].startswith("https://github.com/")
    assert providers.preset("github").flows[0] is Flow.DEVICE


def test_an_unknown_provider_is_named_with_the_known_ones() -> None:
    """A typo in --provider tells what there is."""
    with pytest.raises(SettingsFault) as caught:
        providers.preset("gihtub")
    assert "github" in caught.value.hint


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("surprise = 1", "surprise"),
        ("scopes = 1", "scopes"),
        ('issuer = "https://{tenant}"', "tenant_pattern"),
        ('issuer = "https://{host}"', "placeholder"),
        ('needs = ["luck"]', "needs"),
        ('identity = { url = "https://x.test" }', "identity"),
        ("nonce = 1", "nonce"),
        ("=", "TOML"),
    ],
)
def test_a_preset_that_is_not_understood_is_refused(line: str, named: str) -> None:
    """An unknown or wrong field refuses the file with its name and the field's, rather than being ignored."""
    with pytest.raises(SettingsFault, match=r"x\.toml") as caught:
        read("x", f'title = "x"\nabout = "y"\nflows = ["browser"]\nchecked = "2026-11"\n{line}')
    assert named in caught.value.message


def test_a_field_that_is_missing_is_named() -> None:
    """A preset without its month is no preset."""
    with pytest.raises(SettingsFault, match="checked is missing"):
        read("x", 'title = "x"\nabout = "y"\nflows = ["browser"]')
