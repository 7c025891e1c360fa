"""This project's protocol code and the demo, one against the other."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

import httpx
import pytest

from demo_door import Door
from my_app.carry import run
from my_app.errors import AccessDenied, LoginExpired, WrongCredentials
from my_app.model import Challenge, PromptKind, TokenSet
from my_app.oauth import authorize, challenge, device, introspect, refresh, revoke, token, userinfo
from my_app.oauth.client_auth import Client
from my_app.oauth.exchange import Exchange, Response, Wire
from my_app.oauth.metadata import ServerMetadata, discover
from my_app.secret import Secret
from my_app.testing import seeded

T = TypeVar("T")
APP = Client(client_id="demo-app")
SCOPES = ("openid", "profile", "files:read")


class Line:
    """A transport into the demo of a door."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.entropy = seeded()

    def send(self, wire: Wire) -> Response:
        """One request."""
        answer = self.door.http.send(httpx.Request(wire.method, wire.url, headers=dict(wire.headers), content=wire.body))
        return Response(at=self.door.clock.now(), status=answer.status_code, headers=dict(answer.headers), body=answer.content)

    def run(self, exchange: Exchange[T]) -> T:
        """Carry it; waiting is free."""
        return run(exchange, self, clock=self.door.clock, entropy=self.entropy, pause=self.door.clock.pause)

    def metadata(self) -> ServerMetadata:
        """By discovery."""
        return self.run(discover(self.door.demo.issuer, {}))

    def browser(self, *, allow: bool = True) -> TokenSet:
        """A whole browser sign-in by ana."""
        metadata = self.metadata()
        pending = authorize.begin(
            metadata, APP, redirect_uri="http://127.0.0.1:4711/callback", scopes=SCOPES, entropy=self.entropy(96)
        )
        callback = self.door.visitor("ana").open(pending.url, allow=allow)
        return self.run(token.exchange_code(metadata, APP, pending.accept(callback), scopes=SCOPES))


def test_discovery_finds_every_endpoint() -> None:
    """Both documents are merged without a warning."""
    metadata = Line(Door()).metadata()
    assert metadata.warnings == ()
    assert metadata.iss_parameter is True
    assert metadata.pkce_s256 is True
    for name in ("authorization", "token", "device_authorization", "revocation", "introspection", "userinfo", "jwks",
                 "end_session", "registration", "authorization_challenge"):  # fmt: skip
        assert metadata.endpoint(name).startswith("http://127.0.0.1:7878/")


def test_browser_refresh_userinfo_introspection_revocation() -> None:
    """The whole life of a login."""
    line = Line(Door())
    metadata, tokens = line.metadata(), line.browser()
    assert tokens.scopes == SCOPES
    newer = line.run(refresh.refresh(metadata, APP, tokens))
    assert line.run(userinfo.userinfo(metadata, newer.access_token, sub="u-1001"))["preferred_username"] == "ana"
    assert line.run(introspect.introspect(metadata, APP, newer.access_token))["active"] is True
    assert newer.refresh_token is not None
    line.run(revoke.revoke(metadata, APP, newer.refresh_token, hint="refresh_token"))
    assert line.run(introspect.introspect(metadata, APP, newer.access_token)) == {"active": False}
    with pytest.raises(LoginExpired):
        line.run(refresh.refresh(metadata, APP, newer))


def test_a_denied_consent_is_access_denied() -> None:
    """Deny on the page."""
    with pytest.raises(AccessDenied):
        Line(Door()).browser(allow=False)


def test_device_is_polled_until_approved() -> None:
    """Pending, one forced ``slow_down``, then tokens."""
    line = Line(Door(faults={"slow-down": 1}))
    metadata = line.metadata()
    started = line.run(device.start(metadata, APP, scopes=SCOPES))
    polls = 0

    class Approving(Line):
        def send(self, wire: Wire) -> Response:
            nonlocal polls
            polls += 1
            if polls == 3:
                self.door.visitor("ben").approve(started.user_code)
            return super().send(wire)

    tokens = Approving(line.door).run(device.poll(metadata, APP, started, scopes=SCOPES))
    assert tokens.refresh_token is not None
    assert polls == 3


def test_terminal_sign_in_counts_tries() -> None:
    """Password, a wrong code with the tries left, the right one."""
    line = Line(Door())
    metadata, ana = line.metadata(), line.door.visitor("ana")
    asked = line.run(challenge.first(metadata, APP, scopes=SCOPES, entropy=line.entropy(96)))
    assert isinstance(asked, Challenge)
    assert [prompt.kind for prompt in asked.prompts] == [PromptKind.USERNAME, PromptKind.PASSWORD]
    answers = {PromptKind.USERNAME: Secret(ana.username), PromptKind.PASSWORD: Secret(ana.password)}
    otp = line.run(challenge.answer(metadata, APP, asked, answers, scopes=SCOPES))
    assert isinstance(otp, Challenge)
    wrong = line.run(challenge.answer(metadata, APP, otp, {PromptKind.OTP: Secret("000000")}, scopes=SCOPES))
    assert isinstance(wrong, Challenge)
    assert wrong.prompts[0].attempts_left == 2
    done = line.run(challenge.answer(metadata, APP, wrong, {PromptKind.OTP: Secret(ana.code())}, scopes=SCOPES))
    assert isinstance(done, TokenSet)
    assert done.id_token is not None


@pytest.mark.parametrize("client_id", ["demo-service", "demo-service-post"])
def test_service_accounts_get_tokens(client_id: str) -> None:
    """Basic and post; a wrong secret is WrongCredentials."""
    line = Line(Door())
    metadata, (name, secret) = line.metadata(), line.door.secret(client_id)
    method = "client_secret_basic" if client_id == "demo-service" else "client_secret_post"
    client = Client(client_id=name, client_secret=Secret(secret), auth_method=method)
    tokens = line.run(token.client_credentials(metadata, client, scopes=("vms:read",)))
    assert tokens.scopes == ("vms:read",)
    assert tokens.expires_at == line.door.clock.now() + timedelta(hours=1)
    bad = Client(client_id=name, client_secret=Secret("wrong"), auth_method=method)
    with pytest.raises(WrongCredentials):
        line.run(token.client_credentials(metadata, bad, scopes=()))


def test_tokens_without_a_known_end() -> None:
    """``demo-classic`` names no lifetime: unknown, neither for ever nor expired (T3)."""
    answer = Door().signed_in(client_id="demo-classic")
    assert "expires_in" not in answer
    assert "refresh_token" not in answer
