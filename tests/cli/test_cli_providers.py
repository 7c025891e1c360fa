"""``my-app profile add work --provider KEY``: every provider by its name alone, in a home on disk."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from cli.door import door
from my_app.cli.context import Context
from my_app.cli.main import main
from my_app.model import Flow, Profile
from my_app.providers import KEYS, laid_under, preset


def run(folder: Path, *argv: str) -> tuple[int, dict[str, object], str]:
    out, err = io.StringIO(), io.StringIO()
    environ = {"MY_APP_CONFIG_DIR": str(folder / "config"), "MY_APP_DATA_DIR": str(folder / "data")}
    code = main([*argv, "--json"], Context(environ=environ, stdin=io.StringIO(""), stdout=out, stderr=err))
    return code, json.loads(out.getvalue() or "{}"), err.getvalue()


@pytest.mark.parametrize("key", [key for key in KEYS if key not in ("oauth2", "demo")])
def test_a_provider_is_added_by_its_name_and_what_it_needs(key: str, tmp_path: Path) -> None:
    """What ``needs`` lists is enough; the profile is read back with usable addresses and waits for a sign-in."""
    needs, base = preset(key).needs, preset(key)
    options = ["--client-id", "app"]
    if "tenant" in needs:
        options += ["--tenant", base.tenant_example]
    if "issuer" in needs:
        options += ["--issuer", base.issuer_example or "https://id.example"]
    code, said, err = run(tmp_path, "profile", "add", "work", "--provider", key, *options)
    assert code == 0, err
    code, said, err = run(tmp_path, "profile", "show", "work")
    assert code == 0, err
    shown = json.dumps(said)
    assert "{tenant}" not in shown
    assert base.title in shown or key in shown
    mine = Profile(
        name="work", provider=key, tenant=base.tenant_example or None, issuer=base.issuer_example or "https://id.example"
    )
    laid = laid_under(mine)
    assert laid.issuer or laid.endpoints["token"]
    assert laid.flow is Flow.AUTO


@pytest.mark.parametrize("key", [key for key in KEYS if {"tenant", "issuer"} & set(preset(key).needs)])
def test_what_is_missing_is_named_with_an_example(key: str, tmp_path: Path) -> None:
    """Without tenant or issuer nothing is stored, and the hint shows how it looks."""
    code, _, told = run(tmp_path, "profile", "add", "work", "--provider", key, "--client-id", "app")
    assert code == 2
    assert (preset(key).tenant_example or preset(key).issuer_example or "https://login.example.com") in told
    assert run(tmp_path, "profile", "show", "work")[0] != 0


def test_a_tenant_that_leads_elsewhere_is_never_stored(tmp_path: Path) -> None:
    """A tenant holding a path or a user name is refused with the example, at ``add`` and at ``set``."""
    for wrong in ("evil.example/", "a@evil.example", "..", "acme okta", "https://acme.okta.com:1"):
        code, _, told = run(tmp_path, "profile", "add", "work", "--provider", "okta", "--tenant", wrong, "--client-id", "a")
        assert code == 2
        assert "It looks like: acme." in told
    assert run(tmp_path, "profile", "add", "work", "--provider", "okta", "--tenant", "acme", "--client-id", "a")[0] == 0
    assert run(tmp_path, "profile", "set", "work", "tenant=evil.example/")[0] == 2


def test_add_tells_what_to_register(tmp_path: Path) -> None:
    """The redirect address a provider compares is told when the profile is made, beside the next command."""
    err = io.StringIO()
    environ = {"MY_APP_CONFIG_DIR": str(tmp_path / "config"), "MY_APP_DATA_DIR": str(tmp_path / "data")}
    argv = ["profile", "add", "work", "--provider", "okta", "--tenant", "acme", "--client-id", "a"]
    assert main(argv, Context(environ=environ, stdin=io.StringIO(""), stdout=io.StringIO(), stderr=err)) == 0
    assert "my-app login work" in err.getvalue()
    assert "http://127.0.0.1:8771/callback" in err.getvalue()


@pytest.mark.parametrize(
    ("key", "flow"), [("google", "auto"), ("github", "auto"), ("atlassian", "auto"), ("demo", "client-credentials")]
)
def test_a_secret_decides_the_flow_only_where_it_signs_in_alone(key: str, flow: str) -> None:
    """Google's desktop client has a secret and still signs a person in; a service account's secret needs nobody."""
    options = ["--provider", key, "--issuer", "https://id.example", "--client-id", "app", "--client-secret-stdin", "--json"]
    said = door().run("profile", "add", "new", *options, stdin="s3cret\n")
    assert said.code == 0, said
    assert said.json("profile add")["profile"]["flow"] == flow
