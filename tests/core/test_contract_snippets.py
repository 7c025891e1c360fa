"""The Python snippets users were promised, run unchanged against the demo."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from my_app.demo.server import RunningDemo, serve

STORAGE = """
from my_app.auth import AuthClient
from my_app.api import StorageClient
auth_client = AuthClient.from_config()
access_token = auth_client.get_access_token()          # a plain str: the one documented way out
storage_client = StorageClient(token=access_token)     # base_url= or MY_APP_API_URL
storage_client.upload_file("data.csv", "my-bucket/data.csv")
"""
SERVICE = """
from my_app.auth import AuthClient
from my_app.service import MyServiceClient
auth_client = AuthClient()                             # same sources as from_config()
authenticated_session = auth_client.get_authenticated_session()   # an httpx.Client: base_url = api_url; the token goes only to bound origins
service_client = MyServiceClient(session=authenticated_session)
data = service_client.fetch_data()
"""  # noqa: E501 - as it was promised
PROFILE = """
from my_app.cli_auth import CLIAuthenticator
CLIAuthenticator.configure_profile("dev-env", client_id="...", client_secret="...")
CLIAuthenticator.login(profile_name="dev-env")         # and makes it the active profile
active_client = CLIAuthenticator.get_active_client()   # an AuthClient
"""
VALIDATOR = """
from my_app.validation import TokenValidator
claims = TokenValidator(issuer="https://...", audience="api://...").validate(token, scopes=["files:write"])
"""


@pytest.fixture(scope="module")
def demo() -> Iterator[RunningDemo]:
    """One demo on loopback for the module."""
    with serve() as running:
        yield running


@pytest.fixture
def home(demo: RunningDemo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A process environment with a home of its own and only the demo's addresses set."""
    for name in [name for name in os.environ if name.startswith("MY_APP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MY_APP_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("MY_APP_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("MY_APP_ISSUER", demo.issuer)
    monkeypatch.setenv("MY_APP_API_URL", demo.info["api_url"])
    (tmp_path / "data.csv").write_text("a,b\n1,2\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def client_of(demo: RunningDemo) -> tuple[str, str]:
    """A client of the demo that signs in by itself, with its secret."""
    for client in demo.info["clients"]:
        if "client-credentials" in client["flows"] and client.get("client_secret"):
            return client["client_id"], client["client_secret"]
    raise AssertionError("the demo has no such client")


def as_client(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set client id and secret, as a service would."""
    client_id, secret = client_of(demo)
    monkeypatch.setenv("MY_APP_CLIENT_ID", client_id)
    monkeypatch.setenv("MY_APP_CLIENT_SECRET", secret)


def run(snippet: str, **names: Any) -> dict[str, Any]:
    """The names the snippet leaves; ``names`` are there before it."""
    exec(snippet, names)  # noqa: S102 - our own text, as a user would paste it
    return names


def as_profile(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile ``named`` with its secret in the vault, chosen by MY_APP_PROFILE; another one is active."""
    from my_app.cli_auth import CLIAuthenticator

    monkeypatch.setenv("MY_APP_VAULT_KEY", "A" * 43)
    client_id, secret = client_of(demo)
    CLIAuthenticator.configure_profile("other", client_id=client_id, client_secret="not-this-one")
    CLIAuthenticator.configure_profile("named", client_id=client_id, client_secret=secret)
    monkeypatch.setenv("MY_APP_PROFILE", "named")


def test_the_storage_snippet_takes_a_named_profile(demo: RunningDemo, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MY_APP_PROFILE chooses whose token is taken; the snippet is the same."""
    as_profile(demo, monkeypatch)
    names = run(STORAGE)
    assert names["auth_client"].source.name == "named"
    assert names["storage_client"].download("my-bucket/data.csv") == b"a,b\n1,2\n"
    names["storage_client"].close()


def test_the_service_snippet_takes_a_named_profile(demo: RunningDemo, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The session of a named profile is bound to the API address stored with it."""
    as_profile(demo, monkeypatch)
    monkeypatch.delenv("MY_APP_API_URL")
    names = run(SERVICE)
    assert names["auth_client"].source.name == "named"
    assert isinstance(names["data"], list)
    names["authenticated_session"].close()


def test_the_storage_snippet_uploads(demo: RunningDemo, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is uploaded with only the environment set, and nothing is written to disk (E1)."""
    as_client(demo, monkeypatch)
    names = run(STORAGE)
    assert type(names["access_token"]) is str
    assert names["storage_client"].download("my-bucket/data.csv") == b"a,b\n1,2\n"
    names["storage_client"].close()
    assert [path.name for path in home.iterdir()] == ["data.csv"]


def test_the_service_snippet_fetches(demo: RunningDemo, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data comes through the session, and so do the acts of the service commands."""
    as_client(demo, monkeypatch)
    names = run(SERVICE)
    service = names["service_client"]
    assert isinstance(names["data"], list)
    assert isinstance(names["authenticated_session"], httpx.Client)
    assert service.list_vms()
    assert service.create_database(name="my-prod-db")["name"] == "my-prod-db"
    assert service.deploy("service-name", version="1.2.3", region="us-east-1")["region"] == "us-east-1"
    names["authenticated_session"].close()
    assert [path.name for path in home.iterdir()] == ["data.csv"]


def test_the_profile_snippet_signs_in(demo: RunningDemo, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configured profile signs in and is the active one, its secret in the vault alone."""
    monkeypatch.setenv("MY_APP_VAULT_KEY", "A" * 43)
    client_id, secret = client_of(demo)
    filled = PROFILE.replace('client_id="..."', f"client_id={client_id!r}").replace(
        'client_secret="..."', f"client_secret={secret!r}"
    )
    names = run(filled)
    assert names["active_client"].source.name == "dev-env"
    assert names["active_client"].get_access_token()
    text = (home / "config" / "config.toml").read_text()
    assert 'active = "dev-env"' in text
    assert secret not in text


def test_the_validator_snippet_judges(demo: RunningDemo, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token of the demo is valid for its API and shows its scopes."""
    as_client(demo, monkeypatch)
    token = run("from my_app.auth import AuthClient\ntoken = AuthClient().get_access_token()")["token"]
    claims = run(VALIDATOR.replace("https://...", demo.issuer).replace("api://...", "api://demo"), token=token)["claims"]
    assert claims["iss"] == demo.issuer


def test_the_token_goes_to_bound_origins_only(demo: RunningDemo, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request of the session to another origin leaves without the token (U2)."""
    as_client(demo, monkeypatch)
    from my_app.auth import AuthClient

    with socket.create_server(("127.0.0.1", 0)) as other, AuthClient().get_authenticated_session() as session:
        seen: list[bytes] = []

        def answer() -> None:
            connection, _ = other.accept()
            with connection:
                seen.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")

        import threading

        thread = threading.Thread(target=answer)
        thread.start()
        assert session.get(f"http://127.0.0.1:{other.getsockname()[1]}/").status_code == 200
        thread.join()
    assert b"authorization" not in seen[0].lower()


async def test_the_async_client_mirrors(demo: RunningDemo, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """AsyncAuthClient gives the token and a session in the same words."""
    as_client(demo, monkeypatch)
    from my_app.auth import AsyncAuthClient

    client = AsyncAuthClient.from_config()
    assert await client.get_access_token()
    async with client.get_authenticated_session() as session:
        assert (await session.get("/data")).status_code == 200


def test_requests_gets_the_token_too(demo: RunningDemo, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The requests class signs calls to the bound API."""
    import requests

    as_client(demo, monkeypatch)
    from my_app.auth import AuthClient
    from my_app.integrations.requests_auth import TokenAuth

    with requests.Session() as session:
        session.trust_env = False
        session.auth = TokenAuth(AuthClient().source)
        assert session.get(f"{demo.info['api_url']}/data", timeout=5).status_code == 200


def test_the_keyring_backend_answers_for_ours_only(demo: RunningDemo, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens are read by profile; anything else is None, and saving is left to other backends."""
    from my_app.integrations.keyring_backend import MyAppKeyring

    as_client(demo, monkeypatch)
    backend = MyAppKeyring()
    assert backend.get_password("my-app:environment", "any")
    assert backend.get_password("my-app:nobody", "any") is None
    assert backend.get_credential("https://packages.example/simple/", None) is None
    with pytest.raises(NotImplementedError):
        backend.set_password("my-app:x", "u", "p")
