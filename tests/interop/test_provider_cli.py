"""``my-app`` against a provider nobody here wrote, with a real browser."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytestmark = pytest.mark.interop

USER = "--user alice --password alice-pw"
SCOPES = ["--scope", "openid", "--scope", "profile", "--scope", "email", "--scope", "offline_access"]


def my_app(home: dict[str, str], *args: str, code: int = 0, stdin: str | None = None, timeout: float = 60) -> str:
    """Standard output of one command that must end with ``code``."""
    done = subprocess.run(["my-app", *args], env=home, capture_output=True, text=True, input=stdin, timeout=timeout)
    assert done.returncode == code, (args, done.returncode, done.stdout, done.stderr)
    if code:
        assert "Traceback" not in done.stderr
    return done.stdout


def add(home: dict[str, str], issuer: str, *more: str, name: str = "work", client: str = "native") -> None:
    my_app(
        home,
        "profile",
        "add",
        name,
        "--issuer",
        issuer,
        "--client-id",
        client,
        *SCOPES,
        "--redirect-uri",
        "http://127.0.0.1/callback",
        *more,
        "--no-input",
    )


def sign_in(home: dict[str, str], browser_command: str, name: str = "work") -> dict[str, object]:
    """Browser sign-in; the JSON of ``my-app login``."""
    env = {**home, "BROWSER": f"{browser_command} {USER} %s &"}
    found: dict[str, object] = json.loads(my_app(env, "login", name, "--flow", "browser", "--json", "--no-input"))
    return found


def test_browser_sign_in_with_pkce(home: dict[str, str], provider: str, browser_command: str) -> None:
    """A real browser signs in; identity and state are right, and the next start shows the same account."""
    add(home, provider, "--authorize-param", "prompt=consent")
    found = sign_in(home, browser_command)
    assert found["state"] == "valid"
    assert found["identity"]["sub"] == "alice"  # type: ignore[index]
    [row] = json.loads(my_app(home, "status", "--json"))["profiles"]
    assert row["state"] == "valid"
    assert row["refreshable"] is True
    assert row["identity"]["sub"] == "alice"
    assert json.loads(my_app(home, "userinfo", "work", "--json"))["claims"]["sub"] == "alice"
    assert json.loads(my_app(home, "introspect", "work", "--json"))["claims"]["active"] is True


def test_a_denied_consent_is_told_and_nothing_is_kept(home: dict[str, str], provider: str, browser_command: str) -> None:
    """Deny in the browser ends the wait with exit 5 and no record."""
    add(home, provider)
    env = {**home, "BROWSER": f"{browser_command} --deny %s &"}
    my_app(env, "login", "work", "--flow", "browser", "--no-input", code=5)
    [row] = json.loads(my_app(home, "status", "--json"))["profiles"]
    assert row["state"] == "login_needed"


def test_device_code_sign_in(home: dict[str, str], provider: str, browser_command: str) -> None:
    """The device page is approved in a real browser while the command polls."""
    add(home, provider, "--flow", "device", "--authorize-param", "prompt=consent")
    with subprocess.Popen(
        ["my-app", "login", "work", "--events", "--json", "--no-input"],
        env=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as login:
        assert login.stderr is not None
        assert login.stdout is not None
        for line in login.stderr:
            event = json.loads(line)
            if event["event"] == "device":
                break
        page = event["verification_uri_complete"]
        subprocess.run([*browser_command.split(), *USER.split(), page], check=True, timeout=60)
        login.stderr.read()
        assert json.loads(login.stdout.read())["state"] == "valid"
    assert login.returncode == 0


@pytest.mark.parametrize(
    ("client", "method", "secret"),
    [("service-basic", "client_secret_basic", "basic/+ %:&="), ("service-post", "client_secret_post", "post/+ %:&=")],
)
def test_client_credentials(home: dict[str, str], provider: str, client: str, method: str, secret: str) -> None:
    """C1: a secret full of reserved characters signs in by basic and by post."""
    my_app(
        home,
        *("profile", "add", "svc", "--issuer", provider, "--client-id", client, "--auth-method", method),
        *("--flow", "client-credentials", "--scope", "api:read", "--client-secret-stdin"),
        stdin=secret,
    )
    first = json.loads(my_app(home, "token", "svc", "--json"))
    assert first["access_token"]
    assert json.loads(my_app(home, "token", "svc", "--json"))["from"] == "cache"


def test_a_token_is_renewed_once_for_fifty_processes(home: dict[str, str], brief_provider: str, browser_command: str) -> None:
    """One refresh: the strict provider kills a reused refresh token, and everybody is served."""
    add(home, brief_provider, "--authorize-param", "prompt=consent")
    sign_in(home, browser_command)
    before = json.loads(my_app(home, "audit", "list", "--json"))["events"]
    time.sleep(2.1)
    with ThreadPoolExecutor(50) as pool:
        served = list(
            pool.map(lambda _: my_app({**home, "PYTHONDONTWRITEBYTECODE": "1"}, "token", "work", "--min-valid", "0s"), range(50))
        )
    assert len(served) == 50
    assert all(served)
    my_app(home, "refresh", "work")
    after = json.loads(my_app(home, "audit", "list", "--json"))["events"]
    refreshes = [event for event in after[: len(after) - len(before)] if event["event"] == "refresh"]
    assert all(event["result"] == "ok" for event in refreshes)


def test_a_spent_refresh_token_asks_for_a_sign_in_and_keeps_the_record(
    home: dict[str, str], brief_provider: str, browser_command: str
) -> None:
    """Reuse detection at the provider ends in exit 3 and “Sign in”, never in a lost account."""
    add(home, brief_provider, "--authorize-param", "prompt=consent")
    sign_in(home, browser_command)
    vault = Path(home["MY_APP_DATA_DIR"]) / "vault.db"
    shutil.copy2(vault, vault.with_suffix(".old"))
    my_app(home, "refresh", "work")
    shutil.copy2(vault.with_suffix(".old"), vault)
    my_app(home, "refresh", "work", code=3)
    [row] = json.loads(my_app(home, "status", "--json"))["profiles"]
    assert row["state"] == "login_needed"
    assert row["identity"]["sub"] == "alice"


def test_revocation_reaches_the_provider(home: dict[str, str], provider: str, browser_command: str) -> None:
    """After revoke the provider itself says the token is over; logout then forgets."""
    add(home, provider, "--authorize-param", "prompt=consent")
    sign_in(home, browser_command)
    my_app(home, "revoke", "work", "--json", "--no-input")
    [row] = json.loads(my_app(home, "status", "--json"))["profiles"]
    assert row["state"] == "revoked"
    my_app(home, "token", "work", code=3)
    my_app(home, "logout", "work")


def test_an_issuer_that_names_itself_otherwise_is_refused(home: dict[str, str], provider: str) -> None:
    """D2: a slash more is another issuer; one sentence, exit 5, nothing stored."""
    add(home, f"{provider}/")
    done = subprocess.run(
        ["my-app", "login", "work", "--flow", "device", "--no-input"], env=home, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 5
    assert "issuer" in done.stderr


def test_the_interpreter_running_this_is_the_installed_one() -> None:
    """The commands under test are those of this environment."""
    assert shutil.which("my-app", path=str(Path(sys.executable).parent))
