"""Sentences that mislead nobody: what is set, what comes next, what to correct, valid or not."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from cli.door import Said
from my_app.cli.context import Context
from my_app.cli.main import main


def call(home: Path, *argv: str, stdin: str = "") -> Said:
    """``my-app`` on a home on disk."""
    out, err = io.StringIO(), io.StringIO()
    environ = {"MY_APP_CONFIG_DIR": str(home / "c"), "MY_APP_DATA_DIR": str(home / "d"), "MY_APP_VAULT_KEY": "A" * 43}
    context = Context(environ=environ, stdin=io.StringIO(stdin), stdout=out, stderr=err, cwd=home)
    code = main([*argv, "--no-input"], context)
    return Said(code, out.getvalue(), err.getvalue())


def test_show_names_only_what_is_set(tmp_path: Path) -> None:
    """Switches that are off are not shown; one that is on is."""
    assert call(tmp_path, "profile", "add", "a", "--issuer", "https://i.example", "--client-id", "x").code == 0
    said = call(tmp_path, "profile", "show", "a")
    assert "False" not in said.out
    assert "dpop" not in said.out
    assert call(tmp_path, "profile", "set", "a", "dpop=true").code == 0
    assert "dpop" in call(tmp_path, "profile", "show", "a").out


def test_a_key_that_works_at_once_needs_no_sign_in(tmp_path: Path) -> None:
    """After adding an API key nobody is sent to ``login``."""
    said = call(tmp_path, "profile", "add", "k", "--flow", "api-key", "--api-key-stdin", stdin="s3cr3t-key-0001")
    assert said.code == 0, said
    assert "my-app login" not in said.err
    assert "my-app token k" in said.err


def test_a_bad_url_says_what_to_correct(tmp_path: Path) -> None:
    """No file is concerned, so none is named."""
    said = call(tmp_path, "profile", "add", "a", "--issuer", "http://i.example", "--client-id", "x")
    assert said.code == 2
    assert "the file" not in said.err
    assert "Correct “issuer”" in said.err


@pytest.mark.parametrize(("typed", "meant"), [("frobnicate", None), ("statsu", "status"), ("logn", "login"), ("profil", "profile")])
def test_only_a_near_command_is_suggested(tmp_path: Path, typed: str, meant: str | None) -> None:
    """A slip of the fingers is understood, another word is not taken for one."""
    said = call(tmp_path, typed)
    assert said.code == 2
    assert (f"my-app {meant}" in said.err) if meant else "Did you mean" not in said.err


def test_a_verdict_comes_first(tmp_path: Path) -> None:
    """The first line of ``jwt verify`` is valid, or refused and why."""
    assert call(tmp_path, "jwt", "keygen", "--out", "key.jwk").code == 0
    token = call(tmp_path, "jwt", "sign", "--key", "key.jwk", stdin='{"sub": "ana", "iss": "https://i.example", "aud": "me"}').out
    check = ("jwt", "verify", "--issuer", "https://i.example", "--jwks", "key.jwk", "--audience")
    assert call(tmp_path, *check, "me", stdin=token).out.splitlines()[0] == "Valid."
    refused = call(tmp_path, *check, "you", stdin=token)
    assert refused.code == 5
    assert refused.out.startswith("Refused: ")
