"""Signed clients, pushed requests, bound tokens, resources, step-up and registration at a provider nobody here wrote."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from my_app.oauth.registration import Registered
from my_app.wiring import open_services

pytestmark = pytest.mark.interop

USER = "--user alice --password alice-pw"
SCOPES = ("--scope", "openid", "--scope", "profile", "--scope", "offline_access", "--scope", "api:read")
CONSENT = ("--authorize-param", "prompt=consent")


def my_app(home: dict[str, str], *args: str, code: int = 0, stdin: str | None = None) -> str:
    """Standard output of one command that must end with ``code``; standard error when it must fail."""
    done = subprocess.run(["my-app", *args], env=home, capture_output=True, text=True, input=stdin, timeout=90)
    assert done.returncode == code, (args, done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done.stderr if code else done.stdout


def add(home: dict[str, str], issuer: str, client: str, *more: str) -> None:
    """The profile ``work``."""
    place = ("--redirect-uri", "http://127.0.0.1/callback")
    my_app(home, "profile", "add", "work", "--issuer", issuer, "--client-id", client, *SCOPES, *CONSENT, *place, *more)


def sign_in(home: dict[str, str], browser_command: str, *more: str, code: int = 0) -> str:
    """By a real browser."""
    env = {**home, "BROWSER": f"{browser_command} {USER} %s &"}
    return my_app(env, "login", "work", "--flow", "browser", "--json", "--no-input", *more, code=code)


def claims_of(home: dict[str, str]) -> dict[str, Any]:
    """The access token as ``jwt decode`` shows it."""
    found: dict[str, Any] = json.loads(my_app(home, "jwt", "decode", "-", "--json", stdin=my_app(home, "token", "work")))
    claims = found["claims"]
    return dict(claims) if isinstance(claims, dict) else {item["name"]: item["value"] for item in claims}


@pytest.mark.parametrize("algorithm", ["ES256", "PS256", "EdDSA"])
def test_a_service_signs_in_with_its_private_key(home: dict[str, str], provider: str, algorithm: str, tmp_path: Path) -> None:
    """C3: a fresh assertion at every request, renewals and introspection included."""
    key = tmp_path / "client.jwk"
    my_app(home, "jwt", "keygen", "--alg", algorithm, "--out", str(key))
    jwk = json.loads(key.read_text())
    public = {name: value for name, value in jwk.items() if name not in ("d", "p", "q", "dp", "dq", "qi")}
    client = {
        "grant_types": ["client_credentials"],
        "response_types": [],
        "redirect_uris": [],
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": algorithm,
        "jwks": {"keys": [public]},
    }
    made = httpx.post(f"{provider}/reg", json=client, trust_env=False)
    assert made.status_code == 201, made.text
    my_app(
        home,
        *("profile", "add", "work", "--issuer", provider, "--client-id", made.json()["client_id"]),
        *("--client-key", str(key), "--scope", "api:read"),
    )
    assert my_app(home, "token", "work")
    my_app(home, "refresh", "work")
    assert json.loads(my_app(home, "introspect", "work", "--json"))["claims"]["active"] is True
    my_app(home, "profile", "set", "work", "assertion_audience=token")
    my_app(home, "refresh", "work")
    my_app(home, "profile", "set", "work", "assertion_audience=https://other.test")
    assert "auth method" in my_app(home, "refresh", "work", code=5)


def test_a_service_signs_in_with_its_secret_as_a_key(home: dict[str, str], provider: str) -> None:
    """client_secret_jwt: the secret itself never travels."""
    my_app(
        home,
        *("profile", "add", "work", "--issuer", provider, "--client-id", "service-secret-jwt", "--scope", "api:read"),
        *("--auth-method", "client_secret_jwt", "--client-secret-stdin"),
        stdin="a secret of at least 32 bytes: enough",
    )
    assert my_app(home, "token", "work")


def test_requests_are_pushed(home: dict[str, str], provider: str, browser_command: str) -> None:
    """RFC 9126: a client that must push signs in, and renews as any other."""
    add(home, provider, "pushed")
    my_app(home, "profile", "set", "work", "par=true")
    assert json.loads(sign_in(home, browser_command))["state"] == "valid"
    my_app(home, "refresh", "work")


def test_tokens_are_bound_to_a_key(home: dict[str, str], provider: str, browser_command: str) -> None:
    """C7: sign-in, renewal, userinfo and revocation with proofs and server nonces; each command starts without a nonce."""
    add(home, provider, "bound")
    assert "dpop" not in sign_in(home, browser_command, code=5)
    my_app(home, "profile", "set", "work", "dpop=true")
    assert json.loads(sign_in(home, browser_command))["state"] == "valid"
    my_app(home, "refresh", "work")
    assert json.loads(my_app(home, "token", "work", "--json"))["token_type"] == "DPoP"
    assert json.loads(my_app(home, "userinfo", "work", "--json"))["claims"]["sub"] == "alice"
    my_app(home, "revoke", "work", "--no-input")


def test_several_resources_can_be_asked_for(home: dict[str, str], provider: str, browser_command: str) -> None:
    """RFC 8707: the token is for the first; an unknown resource later is told and the login stays."""
    add(home, provider, "native", "--resource", "https://api.example.test/a", "--resource", "https://api.example.test/b")
    sign_in(home, browser_command)
    assert claims_of(home)["aud"] == "https://api.example.test/a"
    my_app(home, "refresh", "work")
    my_app(home, "profile", "set", "work", "resource=https://api.example.test/b")
    my_app(home, "refresh", "work")
    assert claims_of(home)["aud"] == "https://api.example.test/b"
    my_app(home, "profile", "set", "work", "resource=https://evil.test/")
    assert "--resource" in my_app(home, "refresh", "work", code=5)
    [row] = json.loads(my_app(home, "status", "--json"))["profiles"]
    assert row["state"] == "valid"


def test_a_step_up_is_checked(home: dict[str, str], provider: str, browser_command: str) -> None:
    """RFC 9470: the class that was reached is accepted, a stronger one that was not is refused; the old login stays."""
    add(home, provider, "native")
    sign_in(home, browser_command, "--acr", "urn:interop:password", "--max-age", "5m")
    assert "urn:interop:key" in sign_in(home, browser_command, "--acr", "urn:interop:key", code=5)
    [row] = json.loads(my_app(home, "status", "--json"))["profiles"]
    assert row["state"] == "valid"


def test_a_profile_registers_its_own_client(home: dict[str, str], provider: str, browser_command: str) -> None:
    """C5: no hand-made client; browser and renewal work, the client outlives a logout, and updates keep what is new."""
    my_app(home, "profile", "add", "work", "--issuer", provider, *SCOPES, *CONSENT, "--register")
    assert json.loads(sign_in(home, browser_command))["identity"]["sub"] == "alice"
    my_app(home, "refresh", "work")
    my_app(home, "logout", "work")
    registrations = open_services(home).registrations
    first = registrations.update("work", {"client_name": "renamed"})
    second = registrations.update("work", {"client_uri": "https://example.test"})
    assert isinstance(second, Registered)
    assert first.management_token != second.management_token
    assert second.description["client_name"] == "renamed"
    sign_in(home, browser_command)
    registrations.unregister("work")
    my_app(home, "refresh", "work", code=5)
