"""Token exchange, JWT bearer, logout pages and resources against a server that is a function (rows C4, C7, U5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from my_app.carry import run
from my_app.errors import BadAnswer, LoginExpired, RateLimited, ServerRefused, StateMismatch
from my_app.model import TokenSet
from my_app.oauth.authorize import AuthorizationCode
from my_app.oauth.client_auth import Client
from my_app.oauth.end_session import end_session
from my_app.oauth.exchange import Exchange, Response, Wire
from my_app.oauth.metadata import ENDPOINTS, ServerMetadata
from my_app.oauth.refresh import refresh
from my_app.oauth.token import client_credentials, exchange_code
from my_app.oauth.token_exchange import ACCESS_TOKEN, ID_TOKEN, JWT, Party, exchange, redeem
from my_app.secret import Secret
from my_app.testing import NOON, FakeClock, ScriptedTransport, answer, seeded

ISSUER = "https://issuer.test"
METADATA = ServerMetadata(issuer=ISSUER, endpoints={name: f"{ISSUER}/{name}" for name in ENDPOINTS})
PUBLIC = Client(client_id="app")
GOOD = {"access_token": "new", "token_type": "Bearer", "expires_in": 60, "issued_token_type": ACCESS_TOKEN}
T = TypeVar("T")


def carry(exchange: Exchange[T], server: Callable[[Wire], Response]) -> tuple[T, list[list[tuple[str, str]]]]:
    clock = FakeClock()
    transport = ScriptedTransport(server, clock=clock)
    result = run(exchange, transport, clock=clock, entropy=seeded(), pause=clock.pause)
    return result, [parse_qsl(wire.body.decode()) for wire in transport.requests]


def always(body: object, status: int = 200) -> Callable[[Wire], Response]:
    return lambda wire: answer(body, status=status)  # type: ignore[arg-type]


def test_a_token_is_exchanged_with_every_resource_and_audience() -> None:
    """RFC 8693 2.1: subject with its kind, several resources and audiences; no actor type without an actor (C7)."""
    done, [form] = carry(
        exchange(METADATA, PUBLIC, Party(token=Secret("mine")), resources=("a:1", "a:2"), audiences=("x", "y"), scopes=("s",)),
        always(GOOD),
    )
    assert done.tokens.access_token == Secret("new")
    assert done.kind == ACCESS_TOKEN
    assert [value for name, value in form if name in ("resource", "audience")] == ["a:1", "a:2", "x", "y"]
    assert dict(form)["subject_token_type"] == ACCESS_TOKEN
    assert not any(name.startswith("actor") for name, _ in form)


def test_an_actor_is_named_with_its_kind() -> None:
    """C7: actor_token and actor_token_type go together."""
    actor = Party(token=Secret("bot"), kind=JWT)
    _, [form] = carry(exchange(METADATA, PUBLIC, Party(token=Secret("mine")), actor=actor), always(GOOD))
    assert (dict(form)["actor_token"], dict(form)["actor_token_type"]) == ("bot", JWT)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"issued_token_type": None}, None),
        ({"issued_token_type": 7}, None),
        ({"issued_token_type": ID_TOKEN}, ACCESS_TOKEN),
        ({"token_type": "N_A"}, None),
        ({"token_type": "mac"}, None),
    ],
)
def test_an_issued_token_of_another_kind_is_refused(change: dict[str, object], wanted: str | None) -> None:
    """C7: issued_token_type is checked, and an access token says how it is used (RFC 8693 2.2.1)."""
    with pytest.raises(BadAnswer):
        carry(exchange(METADATA, PUBLIC, Party(token=Secret("mine")), wanted=wanted), always({**GOOD, **change}))


def test_a_token_that_is_no_access_token_has_no_type() -> None:
    """RFC 8693 2.2.1: N_A is right for an ID token."""
    done, _ = carry(
        exchange(METADATA, PUBLIC, Party(token=Secret("mine")), wanted=ID_TOKEN),
        always({**GOOD, "token_type": "N_A", "issued_token_type": ID_TOKEN}),
    )
    assert done.tokens.token_type == "N_A"


def test_an_assertion_becomes_an_access_token() -> None:
    """RFC 7523 2.1: one request, not repeated when the server is only busy."""
    tokens, [form] = carry(redeem(METADATA, PUBLIC, Secret("jwt"), scopes=("s",)), always(GOOD))
    assert tokens.access_token == Secret("new")
    assert dict(form)["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    count = 0

    def busy(wire: Wire) -> Response:
        nonlocal count
        count += 1
        return answer(status=429)

    with pytest.raises(RateLimited):
        carry(redeem(METADATA, PUBLIC, Secret("jwt")), busy)
    assert count == 1


def test_the_first_resource_is_named_again_at_the_token_endpoint() -> None:
    """RFC 8707 2.2: servers issue a token for one; a client of its own names all it wants."""
    code = AuthorizationCode(code=Secret("c"), code_verifier=Secret("v" * 43), redirect_uri=None, nonce=None)
    old = TokenSet(access_token=Secret("old"), refresh_token=Secret("rt"), obtained_at=NOON)
    both = ("a:1", "a:2")
    _, [first] = carry(exchange_code(METADATA, PUBLIC, code, scopes=(), resources=both), always(GOOD))
    _, [again] = carry(refresh(METADATA, PUBLIC, old, resources=both), always(GOOD))
    _, [own] = carry(client_credentials(METADATA, PUBLIC, scopes=(), resources=both), always(GOOD))
    named = [[value for name, value in form if name == "resource"] for form in (first, again, own)]
    assert named == [["a:1"], ["a:1"], ["a:1", "a:2"]]


def test_an_unknown_resource_does_not_end_the_session() -> None:
    """A resource that was mistyped later is told as such; any other refusal of a refresh means sign in again."""
    old = TokenSet(access_token=Secret("old"), refresh_token=Secret("rt"), obtained_at=NOON)
    with pytest.raises(ServerRefused, match="invalid_target"):
        carry(refresh(METADATA, PUBLIC, old, resources=("a:1",)), always({"error": "invalid_target"}, 400))
    with pytest.raises(LoginExpired):
        carry(refresh(METADATA, PUBLIC, old, resources=("a:1",)), always({"error": "invalid_request"}, 400))


def test_the_logout_page_names_the_client_and_checks_its_state() -> None:
    """U5: state goes with a redirect URI only, and only its own answer ends the wait."""
    pending = end_session(METADATA, client_id="app", id_token=Secret("idt"), redirect_uri="http://127.0.0.1:1/out", state="s1")
    query = parse_qs(urlsplit(pending.url).query)
    assert query["id_token_hint"] == ["idt"]
    assert query["state"] == ["s1"]
    assert "idt" not in repr(pending)
    pending.accept("http://127.0.0.1:1/out?state=s1")
    for callback in ("http://127.0.0.1:1/out", "http://127.0.0.1:1/out?state=s2", "/out?state="):
        with pytest.raises(StateMismatch):
            pending.accept(callback)
    with pytest.raises(BadAnswer):
        pending.accept("/out?state=s1&state=s1")
    plain = end_session(METADATA, client_id="app", state="s1")
    assert parse_qs(urlsplit(plain.url).query) == {"client_id": ["app"]}
    with pytest.raises(StateMismatch):
        plain.accept("/out?state=s1")
