"""The demo's token endpoint and what can be done with tokens."""

from __future__ import annotations

from datetime import timedelta

import pytest

from demo_door import Door
from my_app.demo.options import DemoOptions
from my_app.jose.keys import Key
from my_app.jose.sign import sign_claims
from my_app.strict_json import parse_object

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def test_refresh_rotates_and_reuse_kills_the_login() -> None:
    """A spent refresh token ends the whole family, access tokens too (P2, RFC 9700 4.14.2)."""
    door = Door()
    first = door.signed_in()
    second = door.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert door.api("/storage/b", second["access_token"]).status_code == 200
    assert door.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert door.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"
    assert door.api("/storage/b", second["access_token"]).status_code == 401


def test_a_refresh_may_narrow_but_not_widen() -> None:
    """Fewer scopes for one token, never more, and the login keeps its own (RFC 6749 6)."""
    door = Door()
    tokens = door.signed_in()
    narrow = door.refresh(tokens["refresh_token"], scope="openid").json()
    assert narrow["scope"] == "openid"
    assert door.refresh(narrow["refresh_token"], scope="openid vms:read").json()["error"] == "invalid_scope"
    assert door.refresh(narrow["refresh_token"]).json()["scope"] == "openid profile files:read"


def test_a_refresh_token_is_of_its_client() -> None:
    """Another client's try is refused and harms nothing (RFC 6749 6)."""
    door = Door()
    tokens = door.signed_in()
    stranger = door.token(grant_type="refresh_token", client_id="demo-short", refresh_token=tokens["refresh_token"])
    assert stranger.json()["error"] == "invalid_grant"
    assert door.refresh(tokens["refresh_token"]).status_code == 200


def test_lifetimes_are_per_client_and_can_be_set_for_all() -> None:
    """``demo-short`` gives 30 seconds; ``--access-ttl`` overrides all."""
    door = Door()
    short = door.signed_in(client_id="demo-short")
    assert short["expires_in"] == 30
    door.wait(31)
    assert door.api("/storage/b", short["access_token"]).status_code == 401
    assert Door(access_ttl=timedelta(seconds=7)).signed_in()["expires_in"] == 7


@pytest.mark.parametrize("client_id", ["demo-service", "demo-service-post"])
def test_a_service_account_gets_a_token_its_own_way(client_id: str) -> None:
    """Basic and post are each taken from the client that uses them, and no refresh token is given (RFC 6749 4.4.3)."""
    door = Door()
    name, secret = door.secret(client_id)
    basic = door.token(auth=(name, secret), grant_type="client_credentials", scope="vms:read")
    post = door.token(grant_type="client_credentials", scope="vms:read", client_id=name, client_secret=secret)
    right, wrong = (basic, post) if client_id == "demo-service" else (post, basic)
    assert right.json()["scope"] == "vms:read"
    assert "refresh_token" not in right.json()
    assert right.headers["cache-control"] == "no-store"
    assert wrong.json()["error"] == "invalid_client"


def test_a_wrong_secret_is_invalid_client() -> None:
    """401 with a challenge (RFC 6749 5.2)."""
    answer = Door().token(auth=("demo-service", "wrong"), grant_type="client_credentials")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic")


def test_a_person_client_may_not_act_for_itself() -> None:
    """A public client has no client credentials grant, a service none for people."""
    door = Door()
    assert door.token(grant_type="client_credentials", client_id="demo-app").json()["error"] == "invalid_client"
    refused = door.http.get(door.authorize_url(client_id="demo-service"))
    assert refused.status_code == 400


def test_scopes_beyond_the_client_are_refused() -> None:
    """A service account has no ``openid``."""
    door = Door()
    answer = door.token(auth=door.secret("demo-service"), grant_type="client_credentials", scope="openid")
    assert answer.json()["error"] == "invalid_scope"


def _assertion(door: Door, **changes: object) -> str:
    key = Key.read(parse_object(next(one for one in door.info["clients"] if one["client_id"] == "demo-jwt")["client_key"]))
    claims = {"iss": "demo-jwt", "sub": "demo-jwt", "aud": door.demo.issuer, "jti": "j-1"} | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return sign_claims(claims, key, now=door.clock.now(), lifetime=timedelta(minutes=1))


def test_private_key_jwt_signs_in_once_per_assertion() -> None:
    """A fresh assertion works, the same again is refused (RFC 7523 3)."""
    door = Door()
    assertion = _assertion(door)
    fields = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION, "client_assertion": assertion}
    assert door.token(**fields).status_code == 200
    assert door.token(**fields).json()["error"] == "invalid_client"


@pytest.mark.parametrize("changes", [{"aud": "https://elsewhere.example"}, {"iss": "demo-app"}, {"jti": None}, {"exp": 1}])
def test_a_wrong_assertion_is_refused(changes: dict[str, object]) -> None:
    """Audience, issuer, expiry and ``jti`` are judged (RFC 7523 3)."""
    door = Door()
    answer = door.token(
        grant_type="client_credentials", client_assertion_type=ASSERTION, client_assertion=_assertion(door, **changes)
    )
    assert answer.json()["error"] == "invalid_client"


def test_garbage_is_refused_without_a_crash() -> None:
    """Odd bodies, headers and parameters are client errors, never 500."""
    door = Door()
    form = {"content-type": "application/x-www-form-urlencoded"}
    for body in (
        b"\xff\xfe",
        b"%zz&&=",
        b"grant_type=a&grant_type=b",
        b"grant_type=%22%5c",
        b"x" * 70_000,
        b"grant_type=%C3%A9",
        b"",
    ):
        assert door.http.post("/token", content=body, headers=form).status_code == 400
    assert door.http.post("/token", json={"grant_type": "client_credentials"}).status_code == 400
    for header in ("Basic !!!", "Basic /w==", "Basic", "Basic YTpi YQ=="):
        answer = door.http.post("/token", data={"grant_type": "client_credentials"}, headers={"authorization": header})
        assert 400 <= answer.status_code < 500
    both = door.token(auth=("demo-service", "x"), grant_type="client_credentials", client_secret="x", client_id="demo-service")
    assert both.json()["error"] == "invalid_request"


def test_revoking_a_refresh_token_ends_the_login() -> None:
    """RFC 7009 2.1: the refresh token and its access tokens are over; an unknown token is 200 too."""
    door = Door()
    tokens = door.signed_in()
    fields = {"client_id": "demo-app", "token": tokens["refresh_token"], "token_type_hint": "refresh_token"}
    assert door.http.post("/revoke", data=fields).status_code == 200
    assert door.api("/storage/b", tokens["access_token"]).status_code == 401
    assert door.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert door.http.post("/revoke", data=fields | {"token": "unknown"}).status_code == 200


def test_revoking_an_access_token_leaves_the_login() -> None:
    """Only that token is over, whatever the hint said."""
    door = Door()
    tokens = door.signed_in()
    door.http.post("/revoke", data={"client_id": "demo-app", "token": tokens["access_token"], "token_type_hint": "strange"})
    assert door.api("/storage/b", tokens["access_token"]).status_code == 401
    assert door.refresh(tokens["refresh_token"]).status_code == 200


def test_introspection_tells_the_owner_and_the_resource_server() -> None:
    """RFC 7662 2.2: active with facts for those who may know, only ``active: false`` for others and the dead."""
    door = Door()
    tokens = door.signed_in()
    own = door.http.post("/introspect", data={"client_id": "demo-app", "token": tokens["access_token"]}).json()
    assert own["active"] is True
    assert own["username"] == "ben"
    assert own["exp"] - own["iat"] == 3600
    server = door.http.post("/introspect", data={"token": tokens["refresh_token"]}, auth=door.secret("demo-api")).json()
    assert server["active"] is True
    stranger = door.http.post("/introspect", data={"token": tokens["access_token"]}, auth=door.secret("demo-service")).json()
    assert stranger == {"active": False}
    door.wait(3601)
    assert door.http.post("/introspect", data={"client_id": "demo-app", "token": tokens["access_token"]}).json() == {
        "active": False
    }


def test_what_is_over_is_forgotten_and_reuse_is_noticed_till_then() -> None:
    """A demo can run for days; a spent refresh token still ends the login a week later."""
    door = Door()
    first = door.signed_in()
    door.wait(7 * 24 * 3600)
    second = door.refresh(first["refresh_token"]).json()
    assert first["access_token"] not in door.demo.realm.store.tokens
    assert door.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert door.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"
    door.wait(60 * 24 * 3600)
    again = door.signed_in()
    assert set(door.demo.realm.store.tokens) == {again["access_token"], again["refresh_token"]}
    assert len(door.demo.realm.store.codes) == 1


def test_userinfo_gives_the_claims_of_the_scopes() -> None:
    """OIDC Core 5.3, 5.4: ``sub`` and what the scopes cover."""
    door = Door()
    tokens = door.signed_in(username="zoë", scope="openid profile")
    assert door.api("/userinfo", tokens["access_token"]).json() == {
        "sub": "u-1003",
        "name": "Zoë Grünwald",
        "preferred_username": "zoë",
    }
    without = door.signed_in(scope="files:read")
    assert door.api("/userinfo", without["access_token"]).status_code == 403
    assert "id_token" not in without


def test_a_seed_makes_the_same_secrets_and_no_seed_new_ones() -> None:
    """``--seed`` repeats passwords, secrets and keys; without one nothing repeats (P1)."""
    from my_app.demo.server import unserved

    assert Door().info == Door().info
    assert Door().http.get("/jwks").text == Door().http.get("/jwks").text
    one, other = unserved(DemoOptions()).info, unserved(DemoOptions()).info
    assert one["api_key"] != other["api_key"]
    assert one["users"] != other["users"]
