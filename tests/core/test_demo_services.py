"""The demo's registration, API keys and API."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from demo_door import Door


def register(door: Door, **changes: Any) -> httpx.Response:
    """A registration."""
    return door.http.post("/register", json={"client_name": "Tool", "redirect_uris": ["http://127.0.0.1/cb"]} | changes)


def manage(door: Door, client: dict[str, Any], method: str = "GET", **more: Any) -> httpx.Response:
    """A request of client management."""
    headers = {"authorization": f"Bearer {client['registration_access_token']}"}
    return door.http.request(method, client["registration_client_uri"], headers=headers, **more)


def test_a_registered_client_can_sign_people_in() -> None:
    """RFC 7591: 201 with id, secret and management address; the client then works."""
    door = Door()
    answer = register(door, grant_types=["authorization_code", "refresh_token"])
    assert answer.status_code == 201
    client = answer.json()
    assert client["client_secret_expires_at"] == 0
    back = door.callback(client_id=client["client_id"], redirect_uri="http://127.0.0.1:4000/cb")
    tokens = door.token(
        auth=(client["client_id"], client["client_secret"]),
        grant_type="authorization_code",
        code=back["code"],
        redirect_uri="http://127.0.0.1:4000/cb",
        code_verifier="v" * 43,
    )
    assert tokens.status_code == 200
    assert "refresh_token" in tokens.json()


def test_a_registered_redirect_uri_is_exact() -> None:
    """A registered client gets only its own paths."""
    door = Door()
    client = register(door).json()
    for uri in ("http://127.0.0.1:4000/callback", "http://[::1]:4000/cb", "http://127.0.0.1:4000/cb/"):
        assert door.http.get(door.authorize_url(client_id=client["client_id"], redirect_uri=uri)).status_code == 400


def test_an_update_rotates_the_secret_and_the_management_token() -> None:
    """RFC 7592 2.2: the old secret and token die at once, the new ones work."""
    door = Door()
    client = register(door, grant_types=["client_credentials"], redirect_uris=[], response_types=[]).json()
    body = {"client_id": client["client_id"], "client_name": "Tool 2", "grant_types": ["client_credentials"]}
    new = manage(door, client, "PUT", json=body).json()
    assert new["client_name"] == "Tool 2"
    assert new["client_secret"] != client["client_secret"]
    assert new["registration_access_token"] != client["registration_access_token"]
    old = door.token(auth=(client["client_id"], client["client_secret"]), grant_type="client_credentials")
    assert old.json()["error"] == "invalid_client"
    assert door.token(auth=(new["client_id"], new["client_secret"]), grant_type="client_credentials").status_code == 200
    assert manage(door, client).status_code == 401
    assert manage(door, new).json()["client_secret"] == new["client_secret"]


def test_a_deleted_client_is_gone() -> None:
    """RFC 7592 2.3: 204, then nothing works."""
    door = Door()
    client = register(door).json()
    assert manage(door, client, "DELETE").status_code == 204
    assert manage(door, client).status_code == 401
    assert door.http.get(door.authorize_url(client_id=client["client_id"], redirect_uri="http://127.0.0.1/cb")).status_code == 400


def test_a_management_token_is_of_its_client() -> None:
    """One client cannot read another (RFC 7592 2)."""
    door = Door()
    one, other = register(door).json(), register(door).json()
    assert manage(door, one | {"registration_client_uri": other["registration_client_uri"]}).status_code == 401


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uris": ["http://evil.example/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://127.0.0.1/cb#f"]}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": 5}, "invalid_client_metadata"),
        ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"grant_types": [{}]}, "invalid_client_metadata"),
        ({"scope": ["openid"]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "none_at_all"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"jwks": "x"}, "invalid_client_metadata"),
        ({"jwks": {}}, "invalid_client_metadata"),
        ({"jwks": {"keys": [{"kty": "EC"}]}}, "invalid_client_metadata"),
        ({"client_name": 7}, "invalid_client_metadata"),
    ],
)
def test_odd_registrations_are_refused(changes: dict[str, Any], error: str) -> None:
    """RFC 7591 3.2.2: a named error, never a crash."""
    answer = register(Door(), **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_an_api_key_makes_its_successor_and_is_deleted() -> None:
    """Create with the old, prove the new, delete the old: what a rotation does."""
    door = Door()
    old = door.info["api_key"]
    made = door.api("/keys", old, "POST", json={"name": "second"})
    assert made.status_code == 201
    new = made.json()["key"]
    listed = door.api("/keys", new).json()["items"]
    assert [entry["current"] for entry in listed] == [False, True]
    assert "key" not in listed[0]
    assert listed[0]["ends_with"] == old[-4:]
    assert door.api(f"/keys/{listed[0]['id']}", new, "DELETE").status_code == 204
    assert door.api("/vms", old).status_code == 401
    assert door.api("/vms", new).status_code == 200
    assert door.api("/keys/unknown", new, "DELETE").status_code == 404


def test_a_key_never_makes_a_stronger_one() -> None:
    """A new key has at most the scopes of who makes it."""
    door = Door()
    weak = door.api("/keys", door.info["api_key"], "POST", json={"name": "weak", "scopes": ["keys:manage"]}).json()["key"]
    assert door.api("/vms", weak).status_code == 403
    assert door.api("/keys", weak, "POST", json={"name": "x", "scopes": ["vms:read"]}).status_code == 403
    assert door.api("/keys", weak, "POST", json={"name": "x", "scopes": ["root"]}).status_code == 400


def test_a_key_may_come_in_its_own_header() -> None:
    """``X-API-Key`` for profiles that set a header."""
    door = Door()
    assert door.http.get("/vms", headers={"x-api-key": door.info["api_key"]}).status_code == 200


def test_the_api_wants_the_right_scope() -> None:
    """403 names the scope that is missing (RFC 6750 3.1)."""
    door = Door()
    token = door.signed_in()["access_token"]
    assert door.api("/storage/b", token).json() == {"items": []}
    refused = door.api("/vms", token)
    assert refused.status_code == 403
    assert 'scope="vms:read vms:write"' in refused.headers["www-authenticate"]


def test_the_api_takes_access_tokens_only() -> None:
    """Neither an ID token nor garbage nor nothing opens it (J11)."""
    door = Door()
    tokens = door.signed_in()
    for token in (tokens["id_token"], tokens["refresh_token"], "a.b.c", "x", tokens["access_token"][:-4] + "AAAA"):
        answer = door.api("/storage/b", token)
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
        assert token not in answer.text
    assert door.http.get("/vms").status_code == 401


def test_files_are_stored_and_read() -> None:
    """PUT, list, GET, DELETE; a file beyond the limit is refused."""
    door = Door()
    key = door.info["api_key"]
    assert door.api("/storage/my-bucket/a/data.csv", key, "PUT", content=b"1,2").json() == {
        "name": "my-bucket/a/data.csv",
        "size": 3,
    }
    assert door.api("/storage/my-bucket", key).json()["items"] == [{"name": "my-bucket/a/data.csv", "size": 3}]
    assert door.api("/storage/my-bucket/a/data.csv", key).content == b"1,2"
    assert door.api("/storage/my-bucket/a/data.csv", key, "DELETE").status_code == 204
    assert door.api("/storage/my-bucket/a/data.csv", key).status_code == 404
    assert door.api("/storage/b/big", key, "PUT", content=b"x" * (8 * 1024 * 1024 + 1)).status_code == 400


def test_things_are_created_and_listed() -> None:
    """Databases and deployments as the service commands send them; odd bodies are refused."""
    door = Door()
    key = door.info["api_key"]
    assert door.api("/databases", key, "POST", json={"name": "my-prod-db"}).status_code == 201
    assert "my-prod-db" in door.api("/databases", key).text
    deployed = door.api("/deployments", key, "POST", json={"service": "web", "version": "1.2.3", "region": "us-east-1"})
    assert deployed.json()["version"] == "1.2.3"
    for odd in ({}, {"name": ""}, {"name": 5}, {"name": "a", "x": {}}, {"name": "<b>"}):
        assert door.api("/vms", key, "POST", json=odd).status_code == 400
    assert door.api("/data", key).json()["items"][0] == {"id": "row-1", "value": 1}
