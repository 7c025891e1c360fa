"""Presets are data that a profile overrides."""

import re
from dataclasses import replace
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
        checked_url(url.replace("{tenant}", "acme.example"), what="address")
        assert url.startswith("https://")
    assert found.flows
    assert {"issuer", "tenant", "token_url"}.intersection(found.needs) or found.issuer or found.endpoints or key == "demo"
    assert re.fullmatch(r"20\d\d-\d\d", found.checked)
    assert not re.search(r"client_id\s*=|client_secret\s*=\s*\"|eyJ", files(providers).joinpath(f"{key}.toml").read_text())


_WRONG = (
    "evil.example/",
    "a@b",
    "..",
    "a..b",
    "a b",
    "a\n",
    "\x00",
    "",
    "-a",
    ".a",
    "{tenant}",
    "a/b",
    "a?b",
    "a#b",
    "a\\b",
    "ä",
    "a:1",
)


@pytest.mark.parametrize("key", [key for key in providers.KEYS if providers.preset(key).tenant_pattern])
def test_a_tenant_is_checked_before_it_enters_an_address(key: str) -> None:
    """The example is taken; nothing that could lead to another host or path is (presets.md 1, rule 9)."""
    found = providers.preset(key)
    laid = providers.laid_under(Profile(name="x", provider=key, tenant=found.tenant_example))
    for url in filter(None, (laid.issuer, *laid.endpoints.values(), laid.api_url)):
        assert checked_url(url, what="address") == url
        assert "{" not in url
    assert "tenant" in found.needs
    for wrong in (*_WRONG, *(f"https://{each}" for each in ("a@evil.example", "evil.example:8443", "a b", "..", "x{tenant}"))):
        with pytest.raises(SettingsFault) as caught:
            providers.laid_under(Profile(name="x", provider=key, tenant=wrong))
        assert found.tenant_example in caught.value.hint
    with pytest.raises(SettingsFault, match="needs to know your tenant"):
        providers.laid_under(Profile(name="x", provider=key))


@pytest.mark.parametrize(
    ("key", "tenant", "issuer"),
    [
        ("okta", "acme", "https://acme.okta.com"),
        ("okta", "Acme.OktaPreview.com", "https://acme.oktapreview.com"),
        ("okta", "https://acme.okta.com/app/UserHome?x=1", "https://acme.okta.com"),
        ("auth0", "acme", "https://acme.auth0.com/"),
        ("auth0", "acme.eu.auth0.com", "https://acme.eu.auth0.com/"),
    ],
)
def test_a_tenant_is_a_name_a_host_or_a_pasted_address(key: str, tenant: str, issuer: str) -> None:
    """A name gets the provider's domain, a host is taken as it is, an address is reduced to its host."""
    assert providers.laid_under(Profile(name="x", provider=key, tenant=tenant)).issuer == issuer


@pytest.mark.parametrize(
    ("key", "tenant"),
    [
        ("okta", "acme-admin.okta.com"),
        ("salesforce", "acme.lightning.force.com"),
        ("entra", "common"),
        ("entra", "organizations"),
        ("entra", "acme.example"),
    ],
)
def test_a_console_or_a_tenant_for_everyone_is_refused_with_the_way_out(key: str, tenant: str) -> None:
    """Okta's console, Salesforce's pages and Entra's shared tenants are no issuers; the hint says what is (presets.md 2)."""
    with pytest.raises(SettingsFault) as caught:
        providers.laid_under(Profile(name="x", provider=key, tenant=tenant))
    assert providers.preset(key).tenant_hint in caught.value.hint


def test_an_issuer_stands_for_the_tenant() -> None:
    """A custom server's issuer is used as typed, and no endpoint of an unknown tenant beside it."""
    own = "https://login.acme.example/oauth2/default"
    for key in ("okta", "auth0", "salesforce"):
        laid = providers.laid_under(Profile(name="x", provider=key, issuer=own))
        assert (laid.issuer, dict(laid.endpoints)) == (own, {})


def test_a_registered_redirect_gives_way_to_ports_of_the_profile() -> None:
    """The redirect to register is the preset's until the profile names one, or ports."""
    okta = Profile(name="x", provider="okta", tenant="acme")
    assert providers.laid_under(okta).redirect_uri == "http://127.0.0.1:8771/callback"
    assert providers.laid_under(replace(okta, redirect_ports=(9000,))).redirect_uri == "http://127.0.0.1/callback"
    cognito = Profile(name="x", provider="cognito", issuer="https://c.example", redirect_ports=(9000,))
    assert providers.laid_under(cognito).redirect_uri == "http://localhost/callback"
    assert providers.laid_under(replace(okta, redirect_uri="http://127.0.0.1:1/x")).redirect_uri == "http://127.0.0.1:1/x"


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


def test_open_page_leads_where_grants_stand() -> None:
    """A provider's own page of grants goes before its issuer; GitHub, which has no issuer, has one."""
    assert providers.page_of(Profile(name="gh", provider="github", client_id="x")) == providers.preset("github").tokens_page
    assert providers.page_of(Profile(name="w", issuer="https://issuer.test")) == "https://issuer.test"
    assert providers.page_of(Profile(name="w", provider="oauth2")) is None
