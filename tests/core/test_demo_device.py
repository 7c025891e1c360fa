"""The demo's device flow (RFC 8628) and authorization challenge endpoint."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from demo_door import VERIFIER, Door, challenge_of

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def start(door: Door, **fields: str) -> dict[str, Any]:
    """A device authorization."""
    answer = door.http.post("/device_authorization", data={"client_id": "demo-app", "scope": "openid files:read"} | fields)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def poll(door: Door, codes: dict[str, Any], client_id: str = "demo-app") -> dict[str, Any]:
    """One poll."""
    body: dict[str, Any] = door.token(grant_type=DEVICE, client_id=client_id, device_code=codes["device_code"]).json()
    return body


def test_a_device_waits_and_is_allowed_once() -> None:
    """Pending, then tokens, then the code is spent."""
    door = Door()
    codes = start(door)
    assert codes["interval"] == 5
    assert codes["verification_uri_complete"] == f"{door.demo.issuer}/device?user_code={codes['user_code']}"
    assert poll(door, codes)["error"] == "authorization_pending"
    door.visitor("ana").approve(codes["user_code"])
    door.wait(5)
    tokens = poll(door, codes)
    assert tokens["scope"] == "openid files:read"
    assert "id_token" in tokens
    assert poll(door, codes)["error"] == "invalid_grant"


def test_an_early_poll_is_told_to_slow_down() -> None:
    """``slow_down`` asks for five seconds more from then on (RFC 8628 3.5)."""
    door = Door()
    codes = start(door)
    poll(door, codes)
    door.wait(3)
    assert poll(door, codes)["error"] == "slow_down"
    door.wait(6)
    assert poll(door, codes)["error"] == "slow_down"
    door.wait(15)
    assert poll(door, codes)["error"] == "authorization_pending"


def test_a_denied_or_expired_device_code_says_so() -> None:
    """``access_denied`` and ``expired_token`` (RFC 8628 3.5)."""
    door = Door(device_ttl=timedelta(seconds=60))
    denied, late = start(door), start(door)
    door.visitor().approve(denied["user_code"], allow=False)
    assert poll(door, denied)["error"] == "access_denied"
    door.wait(61)
    assert poll(door, late)["error"] == "expired_token"
    visitor = door.visitor()
    visitor.approve(late["user_code"])
    assert "has expired" in visitor.last_page


def test_the_interval_is_an_option() -> None:
    """``--interval 1s`` for the impatient."""
    door = Door(interval=timedelta(seconds=1))
    codes = start(door)
    assert codes["interval"] == 1
    poll(door, codes)
    door.wait(1)
    assert poll(door, codes)["error"] == "authorization_pending"


def test_a_typed_code_is_taken_in_any_shape_and_a_wrong_one_is_refused() -> None:
    """Lower case and without the dash; a wrong one says where to look (RFC 8628 6.1)."""
    door = Door()
    codes = start(door)
    plain = codes["user_code"].replace("-", "").lower()
    assert "/interaction/" in door.http.post("/device", data={"user_code": f" {plain} "}).headers["location"]
    assert "no such code" in door.http.post("/device", data={"user_code": "BBBB-BBBB"}).text


def test_a_link_with_the_code_still_asks() -> None:
    """``verification_uri_complete`` fills the code in and does not go on by itself (RFC 8628 3.3.1)."""
    door = Door()
    codes = start(door)
    page = door.http.get(codes["verification_uri_complete"])
    assert codes["user_code"] in page.text
    assert "Continue" in page.text


def test_a_device_code_is_of_its_client() -> None:
    """Another client, or one without the grant, gets nothing."""
    door = Door()
    codes = start(door)
    assert "error" in poll(door, codes, "demo-short")
    refused = door.http.post("/device_authorization", auth=door.secret("demo-service"), data={"scope": "vms:read"})
    assert refused.json()["error"] == "unauthorized_client"


def ask(door: Door, **fields: str) -> httpx.Response:
    """A challenge request."""
    first = {
        "client_id": "demo-app", "response_type": "code", "scope": "openid files:read",
        "code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256",
    }  # fmt: skip
    return door.http.post("/challenge", data=first | fields)


def redeem(door: Door, code: str) -> httpx.Response:
    """The token request without a redirect URI."""
    return door.token(grant_type="authorization_code", client_id="demo-app", code=code, code_verifier=VERIFIER)


def test_password_then_code_signs_in() -> None:
    """Each answer brings a new session and the next question; the code is redeemed without redirect URI."""
    door = Door()
    first = ask(door)
    assert first.status_code == 403
    assert first.json()["error"] == "insufficient_authorization"
    assert first.json()["challenge"] == [{"kind": "username"}, {"kind": "password"}]
    ana = door.user("ana")
    second = ask(door, auth_session=first.json()["auth_session"], username="ana", password=ana["password"])
    assert second.json()["challenge"] == [{"kind": "otp"}]
    assert second.json()["auth_session"] != first.json()["auth_session"]
    third = ask(door, auth_session=second.json()["auth_session"], otp=door.visitor("ana").code())
    assert third.status_code == 200
    assert "id_token" in redeem(door, third.json()["authorization_code"]).json()


def test_a_person_without_second_factor_needs_one_step() -> None:
    """Name and password in the first request are enough for ben."""
    door = Door()
    answer = ask(door, username="ben", password=door.user("ben")["password"])
    assert redeem(door, answer.json()["authorization_code"]).status_code == 200


def test_a_wrong_code_counts_down_and_ends() -> None:
    """Two left, one left, over: ``access_denied``, and the session is gone."""
    door = Door()
    session = ask(door, username="ana", password=door.user("ana")["password"]).json()["auth_session"]
    for left, words in ((2, "2 tries left"), (1, "1 try left")):
        answer = ask(door, auth_session=session, otp="000000").json()
        assert answer["challenge"] == [{"kind": "otp", "attempts_left": left}]
        assert words in answer["error_description"]
        session = answer["auth_session"]
    last = ask(door, auth_session=session, otp="000000")
    assert (last.status_code, last.json()["error"]) == (403, "access_denied")
    assert ask(door, auth_session=session, otp="000000").json()["error"] == "invalid_session"


def test_a_wrong_password_counts_down() -> None:
    """The same for the password; which of the two was wrong is not said."""
    door = Door()
    answer = ask(door, username="nobody", password="x").json()
    assert answer["challenge"] == [{"kind": "username"}, {"kind": "password", "attempts_left": 2}]
    other = ask(door, username="ben", password="x").json()
    assert other["error_description"] == answer["error_description"]


def test_an_old_session_is_over() -> None:
    """Only the newest ``auth_session`` goes on, and not for ever."""
    door = Door()
    first = ask(door).json()["auth_session"]
    second = ask(door, auth_session=first).json()["auth_session"]
    assert ask(door, auth_session=first).json()["error"] == "invalid_session"
    door.wait(301)
    assert ask(door, auth_session=second).json()["error"] == "invalid_session"


@pytest.mark.parametrize("changes", [{"code_challenge_method": "plain"}, {"code_challenge": ""}, {"response_type": "token"}])
def test_the_challenge_endpoint_wants_pkce_too(changes: dict[str, str]) -> None:
    """Without S256, or for another response type, nothing is asked."""
    assert ask(Door(), **changes).json()["error"] == "invalid_request"


def test_registered_clients_never_see_a_password() -> None:
    """Only first-party clients may use the endpoint."""
    door = Door()
    client = door.http.post(
        "/register", json={"redirect_uris": ["http://127.0.0.1/cb"], "token_endpoint_auth_method": "none"}
    ).json()
    assert ask(door, client_id=client["client_id"]).json()["error"] == "unauthorized_client"
