"""``profile add --register`` and ``--client-key``: what is asked, what is refused, what is handed on (rows C3, C5, H1)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from cli.door import Door, door
from my_app.errors import WrongCredentials
from my_app.model import Profile
from my_app.secret import Secret


@dataclass
class Registrar:
    """A provider that may want an initial access token."""

    wants: str = ""
    tokens: list[Secret | None] = field(default_factory=list)

    def register(self, profile: Profile, *, initial_token: Secret | None = None) -> Profile:
        """The profile with a client."""
        self.tokens.append(initial_token)
        if self.wants and (initial_token is None or initial_token.reveal() != self.wants):
            raise WrongCredentials("id.example registers clients only with an initial access token.")
        return replace(profile, client_id="c-1", redirect_uri="http://127.0.0.1/callback/x")


def home(wants: str = "", **environ: str) -> tuple[Door, Registrar]:
    """A home whose provider registers."""
    made, registrar = door(None, **environ), Registrar(wants)
    made.world.services = replace(made.world.services, registrations=cast(Any, registrar))
    return made, registrar


ADD = ("profile", "add", "new", "--issuer", "https://id.example", "--register")


def test_a_client_is_registered_without_a_question() -> None:
    """Open registration: one call, the profile names the client that was made."""
    made, registrar = home()
    said = made.run(*ADD, "--json")
    assert said.json("profile add")["profile"]["client_id"] == "c-1"
    assert registrar.tokens == [None]


def test_an_initial_token_is_asked_for_only_where_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """H1: typed without echo or taken from the environment, never an argument; without a person exit 5 says what is missing."""
    made, registrar = home("iat")
    monkeypatch.setattr("getpass.getpass", lambda prompt, stream: "iat")
    said = made.run(*ADD, terminal=True)
    assert said.code == 0, said
    assert registrar.tokens == [None, Secret("iat")]
    assert "iat" not in said.out + said.err.replace("initial", "")
    assert home("iat")[0].run(*ADD, "--no-input").code == 5
    given, registrar = home("iat", MY_APP_REGISTRATION_TOKEN="iat")
    assert given.run(*ADD, "--no-input").code == 0
    assert registrar.tokens == [Secret("iat")]
    wrong, registrar = home("iat", MY_APP_REGISTRATION_TOKEN="no")
    assert wrong.run(*ADD, terminal=True).code == 5
    assert len(registrar.tokens) == 1


@pytest.mark.parametrize(
    "more", [("--client-id", "c"), ("--client-secret-stdin",), ("--client-key", "k"), ("--auth-method", "none")]
)
def test_a_client_of_ones_own_has_no_place_beside_register(more: tuple[str, ...]) -> None:
    """Exit 2 names the option; nothing is sent."""
    made, registrar = home()
    said = made.run(*ADD, *more, "--no-input", stdin="s")
    assert said.code == 2
    assert more[0] in said.err
    assert registrar.tokens == []


def test_a_key_file_is_named_from_the_root(tmp_path: Path) -> None:
    """The settings are read from anywhere; a key and no flow means client credentials, and no secret is asked for."""
    made = door()
    made.cwd = tmp_path / "here"
    base = ("profile", "add", "svc", "--issuer", "https://id.example", "--client-id", "c", "--client-key", "../k.pem", "--no-input")
    profile = made.run(*base, "--json").json("profile add")["profile"]
    assert profile["client_key"] == str(tmp_path / "k.pem")
    assert profile["flow"] == "client-credentials"


def test_a_client_certificate_is_said_to_be_of_no_use() -> None:
    """It is stored as the contract says, and the note on standard error is plain."""
    said = door().run("profile", "add", "svc", "--issuer", "https://id.example", "--client-id", "c", "--client-cert", "c.pem")
    assert said.code == 0
    assert "--client-key" in said.err
