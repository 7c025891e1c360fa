"""Which credential a call means, and what changes to profiles do and survive."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from my_app.accounts import Accounts, laid_under
from my_app.audit import NoAudit
from my_app.binding import binding_of, check_settings
from my_app.errors import (
    BindingChanged,
    DiskFault,
    InvalidName,
    NothingConfigured,
    ProfileExists,
    SettingsFault,
    UnknownProfile,
    UnsafeFile,
    UsageFault,
)
from my_app.given.layers import Givens
from my_app.model import Flow, Profile, State
from my_app.secret import Secret
from my_app.settings import Settings
from my_app.settings.parse import parse_settings
from my_app.testing import FakeClock, MemoryStore

TWO = '{active}[profiles.a]\nissuer = "https://a.example"\n[profiles.b]\nissuer = "https://b.example"\n'
ACTIVE = TWO.format(active='active = "a"\n')
CLIENT = {"MY_APP_CLIENT_ID": "id", "MY_APP_CLIENT_SECRET": "s", "MY_APP_ISSUER": "https://i.example"}


class TextConfig:
    """A config.toml in memory that can fail to be written."""

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.full = False

    def settings(self) -> Settings:
        return parse_settings(self.text)

    def edit(self, change: Callable[[str], str]) -> Settings:
        new = change(self.text)
        if self.full:
            raise DiskFault("The disk is full.")
        self.text = new
        return self.settings()


class House:
    """Accounts with everything in memory."""

    def __init__(
        self,
        text: str = "",
        environ: dict[str, str] | None = None,
        credentials: object = None,
        cwd: Path = Path("/"),
        wanted: str | None = None,
    ) -> None:
        self.config = TextConfig(text)
        self.store = MemoryStore(kept_in="key")
        data = None if credentials is None else json.dumps(credentials).encode()
        reader = SimpleNamespace(read=lambda: data)
        vault = cast(Any, SimpleNamespace(opened=False))
        self.accounts = Accounts(
            config=self.config,
            givens=Givens(environ or {}, reader, laid_under=laid_under),
            store=self.store,
            vault=vault,
            clock=FakeClock(),
            audit=NoAudit(),
            environ=environ or {},
            cwd=lambda: cwd,
            wanted=wanted,
        )


@pytest.mark.parametrize(
    ("house", "said", "expected"),
    [
        ({"text": ACTIVE, "environ": {"MY_APP_PROFILE": "a", **CLIENT}}, "b", ("b", "argument", "profile")),
        ({"text": ACTIVE, "environ": CLIENT, "wanted": "b"}, None, ("b", "argument", "profile")),
        ({"text": ACTIVE, "environ": {"MY_APP_PROFILE": "b", **CLIENT}}, None, ("b", "environment", "profile")),
        ({"text": ACTIVE, "environ": {"MY_APP_PROFILE": "", **CLIENT}}, None, (None, "environment", "environment")),
        ({"text": ACTIVE, "environ": {"MY_APP_ACCESS_TOKEN": "t"}}, None, (None, "environment", "environment")),
        ({"text": ACTIVE, "environ": {"MY_APP_API_KEY": "k"}}, None, (None, "environment", "environment")),
        ({"text": ACTIVE, "environ": {"MY_APP_CLIENT_ID": "id"}}, None, ("a", "config", "profile")),
        ({"text": ACTIVE + '[directories]\n"/srv" = "b"\n', "cwd": Path("/srv/x/y")}, None, ("b", "directory", "profile")),
        ({"text": ACTIVE + '[directories]\n"/srv" = "b"\n', "cwd": Path("/srvx")}, None, ("a", "config", "profile")),
        ({"text": ACTIVE, "credentials": {"api_key": "k"}}, None, ("a", "config", "profile")),
        ({"credentials": {"api_key": "k"}}, None, (None, "config", "credentials.json")),
        ({"credentials": {"profiles": {"ci": {"api_key": "k"}}}}, "ci", ("ci", "argument", "credentials.json")),
    ],
)
def test_a_credential_comes_whole_from_one_place(
    house: dict[str, Any], said: str | None, expected: tuple[str | None, str, str]
) -> None:
    """Argument, environment, directory, active profile, credentials.json, in that order."""
    choice = House(**house).accounts.choose(said)
    assert (choice.profile, choice.chosen_by.value, choice.source) == expected


def test_nothing_and_nobody_are_named() -> None:
    """No credential at all, no active one, and an unknown name each say what to do next."""
    with pytest.raises(NothingConfigured, match="No account"):
        House().accounts.choose(None)
    with pytest.raises(NothingConfigured, match="active"):
        House(TWO.format(active="")).accounts.choose(None)
    with pytest.raises(UnknownProfile):
        House(ACTIVE).accounts.choose("nobody")
    with pytest.raises(UnknownProfile):
        House(ACTIVE, {"MY_APP_PROFILE": "nobody"}).accounts.overview()


def test_the_environment_never_overrides_a_stored_profile() -> None:
    """The issuer of a stored profile is its own whatever MY_APP_ISSUER says."""
    assert House(ACTIVE, {"MY_APP_ISSUER": "https://evil.example"}).accounts.profile("a").issuer == "https://a.example"


def test_the_overview_tells_states_places_and_next_steps() -> None:
    """Stored and given credentials stand in one list by name, without the vault being opened."""
    house = House(ACTIVE, {"MY_APP_API_KEY": "k"})
    house.accounts.add(Profile(name="key", provider="oauth2"), api_key=Secret("k"))
    rows = {row.name: row for row in house.accounts.overview().accounts}
    assert rows["a"].state is State.LOGIN_NEEDED
    assert rows["a"].next == "my-app login a"
    assert rows["a"].sources["issuer"] == "config.toml"
    assert (rows["key"].state, rows["key"].kept_in, rows["key"].sources["api_key"]) == (State.STATIC, "key", "vault")
    assert rows["environment"].kept_in == "environment"
    assert rows["environment"].active


def test_adding_stores_the_record_first_and_leaves_nothing_on_failure() -> None:
    """A full disk at config.toml takes the record back; the next add works."""
    house = House()
    house.config.full = True
    profile = Profile(name="svc", issuer="https://i.example", client_id="id")
    with pytest.raises(DiskFault):
        house.accounts.add(profile, client_secret=Secret("s"))
    assert house.store.load("svc") is None
    house.config.full = False
    assert house.accounts.add(profile, client_secret=Secret("s")).flow is Flow.CLIENT_CREDENTIALS
    assert house.config.settings().active == "svc"
    with pytest.raises(ProfileExists):
        house.accounts.add(profile)
    with pytest.raises(InvalidName):
        house.accounts.add(replace(profile, name="../x"))


def test_a_failed_replacement_brings_the_old_secret_back() -> None:
    """Nothing already stored is lost when config.toml cannot be written."""
    house = House()
    profile = Profile(name="svc", issuer="https://i.example", client_id="id")
    house.accounts.add(profile, client_secret=Secret("old"))
    house.config.full = True
    with pytest.raises(DiskFault):
        house.accounts.add(profile, client_secret=Secret("new"), replace=True)
    kept = house.store.load("svc")
    assert kept is not None
    assert kept.client_secret == Secret("old")


def test_an_orphan_of_a_crash_is_overwritten_by_the_next_add() -> None:
    """A record without a profile shows nowhere and does not stand in the way."""
    house = House()
    profile = Profile(name="svc", issuer="https://i.example", client_id="id")
    house.accounts.add(profile, client_secret=Secret("old"))
    house.config.text = ""
    assert house.accounts.overview().accounts == ()
    house.accounts.add(profile, client_secret=Secret("new"))
    kept = house.store.load("svc")
    assert kept is not None
    assert kept.client_secret == Secret("new")


def test_a_cut_rename_keeps_the_login_under_the_old_name() -> None:
    """Record copied, config.toml not written: the old profile works; repeated, the rename completes."""
    house = House()
    house.accounts.add(Profile(name="old", issuer="https://i.example", client_id="id"), client_secret=Secret("s"))
    house.config.full = True
    with pytest.raises(DiskFault):
        house.accounts.rename("old", "new")
    assert house.store.load("old") is not None
    house.config.full = False
    house.accounts.rename("old", "new")
    assert house.store.load("old") is None
    assert house.store.load("new") is not None
    assert house.config.settings().active == "new"


def test_removing_leaves_no_secret() -> None:
    """Profile and record are gone (S11)."""
    house = House()
    house.accounts.add(Profile(name="a", provider="oauth2"), api_key=Secret("k"))
    house.accounts.remove("a")
    assert house.store.load("a") is None
    assert house.config.settings().profiles == {}


def test_a_changed_issuer_is_a_binding_problem_until_trusted() -> None:
    """An edited config.toml is noticed, and only trust accepts it (D6)."""
    house = House()
    house.accounts.add(Profile(name="svc", issuer="https://i.example", client_id="id"), client_secret=Secret("s"))
    house.config.text = house.config.text.replace("https://i.example", "https://evil.example")
    record = house.store.load("svc")
    assert record is not None
    with pytest.raises(BindingChanged, match=r"evil\.example"):
        check_settings(house.accounts.profile("svc"), record)
    assert house.accounts.trust("svc") == ("issuer: https://i.example -> https://evil.example",)
    record = house.store.load("svc")
    assert record is not None
    assert record.binding == binding_of(house.accounts.profile("svc"))
    assert house.accounts.trust("svc") == ()


def test_two_profiles_of_one_issuer_may_not_differ_in_token_host() -> None:
    """One issuer identifier stands for one server (R4)."""
    house = House()
    house.accounts.add(Profile(name="a", issuer="https://i.example", token_url="https://t.example/token", client_id="x"))
    house.accounts.add(Profile(name="b", issuer="https://i.example", token_url="https://t.example/token", client_id="y"))
    with pytest.raises(SettingsFault, match="same issuer"):
        house.accounts.add(Profile(name="c", issuer="https://i.example", token_url="https://evil.example/token", client_id="z"))


def test_settings_are_changed_by_option_name_or_not_at_all() -> None:
    """Lists, tables and removal work; a wrong key or value changes nothing."""
    house = House(ACTIVE)
    done = house.accounts.set("a", {"scope": "x y", "redirect-port": "8400,8401", "endpoint.revocation": "https://a.example/r"})
    assert (done.scopes, done.redirect_ports) == (("x", "y"), (8400, 8401))
    assert house.accounts.set("a", {"scope": None}).redirect_ports == (8400, 8401)
    before = house.config.text
    for changes in ({"scop": "x"}, {"client_secret": "s"}, {"api_url": "ftp://x"}, {"name": "b"}, {"redirect_port": "x"}):
        with pytest.raises(SettingsFault):
            house.accounts.set("a", changes)
    assert house.config.text == before


def test_a_given_credential_is_changed_where_it_stands() -> None:
    """Removing what the environment says is a usage fault, not a silent nothing."""
    with pytest.raises(UsageFault, match="environment"):
        House(environ={"MY_APP_API_KEY": "k"}).accounts.remove("environment")


def test_a_loose_credentials_file_is_refused(tmp_path: Path) -> None:
    """Looser than 0600: exit 6 and the chmod command (S2)."""
    from my_app.adapters.config_file import CredentialsFile
    from my_app.settings import Paths

    path = tmp_path / "credentials.json"
    path.write_text('{"api_key": "k"}')
    path.chmod(0o644)
    with pytest.raises(UnsafeFile) as caught:
        CredentialsFile(Paths(config_dir=tmp_path, data_dir=tmp_path)).read()
    assert "chmod 600" in caught.value.hint


def test_a_profile_that_is_there_gets_its_secret() -> None:
    """A profile written by hand is given its secret; what its record holds already is kept."""
    house = House('[profiles.build]\nprovider = "oauth2"\nflow = "api-key"\napi_url = "https://api.example"\n')
    house.accounts.store_secret("build", api_key=Secret("k1"))
    house.accounts.store_secret("build", api_key=Secret("k2"))
    record = house.store.load("build")
    assert record is not None
    assert (record.api_key, record.binding.api_origins) == (Secret("k2"), ("https://api.example",))
    house.accounts.store_secret("build", totp_seed=Secret("JBSWY3DPEHPK3PXP"))
    record = house.store.load("build")
    assert record is not None
    assert record.api_key == Secret("k2")
    with pytest.raises(UnknownProfile):
        house.accounts.store_secret("nobody", api_key=Secret("k"))


def test_a_secret_is_not_stored_beside_settings_that_moved() -> None:
    """Settings that say another place than the record are accepted by trust first, not by storing a secret."""
    house = House()
    house.accounts.add(Profile(name="svc", issuer="https://i.example", client_id="id"), client_secret=Secret("s"))
    house.config.text = house.config.text.replace("https://i.example", "https://evil.example")
    with pytest.raises(BindingChanged):
        house.accounts.store_secret("svc", client_secret=Secret("t"))


@pytest.mark.parametrize(
    ("flow", "command"),
    [
        ("api-key", "my-app profile add x --api-key-stdin"),
        ("client-credentials", "my-app profile add x --client-secret-stdin"),
        ("browser", "my-app login x"),
    ],
)
def test_the_next_step_of_a_profile_written_by_hand_works(flow: str, command: str) -> None:
    """What cannot sign in for want of a secret is told to store it, a person to sign in."""
    text = f'[profiles.x]\nprovider = "oauth2"\ntoken_url = "https://t.example/t"\nclient_id = "c"\nflow = "{flow}"\n'
    assert House(text).accounts.account("x").next == command
