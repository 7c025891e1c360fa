"""Pushed authorization requests and challenges of resources (row C7; RFC 9126, RFC 9470)."""

from __future__ import annotations

import base64
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from my_app.carry import run
from my_app.errors import BadAnswer, ServerBusy, ServerRefused, Unsupported
from my_app.oauth.authorize import PendingLogin, begin
from my_app.oauth.client_auth import Client
from my_app.oauth.metadata import ENDPOINTS, ServerMetadata
from my_app.oauth.par import push
from my_app.oauth.www_authenticate import AuthChallenge, challenges, step_up_of
from my_app.secret import Secret
from my_app.testing import FakeClock, ScriptedTransport, answer, seeded

ISSUER = "https://issuer.test"
METADATA = ServerMetadata(issuer=ISSUER, endpoints={name: f"{ISSUER}/{name}" for name in ENDPOINTS})
GOOD = {"request_uri": "urn:ietf:params:oauth:request_uri:x", "expires_in": 60}
REDIRECT = "http://127.0.0.1:1/cb"
PUBLIC = Client(client_id="app")


def pushed(client: Client, body: object = GOOD, status: int = 201) -> tuple[PendingLogin, ScriptedTransport]:
    """A pending login whose request was pushed to a server that answers so."""
    clock = FakeClock()
    transport = ScriptedTransport(lambda wire: answer(body, status=status), clock=clock)  # type: ignore[arg-type]
    pending = begin(METADATA, client, redirect_uri=REDIRECT, scopes=("openid",), entropy=bytes(96), resources=("a:1", "a:2"))
    run(push(METADATA, client, pending), transport, clock=clock, entropy=seeded(), pause=clock.pause)
    return pending, transport


def test_the_browser_gets_a_reference_and_nothing_else() -> None:
    """RFC 9126 4: client_id and request_uri; state, nonce, challenge and both resources went to the server directly."""
    pending, transport = pushed(PUBLIC)
    assert dict(parse_qsl(urlsplit(pending.url).query)) == {"client_id": "app", "request_uri": GOOD["request_uri"]}
    [wire] = transport.requests
    form = parse_qsl(wire.body.decode())
    assert wire.url == f"{ISSUER}/pushed_authorization_request"
    assert [value for name, value in form if name == "resource"] == ["a:1", "a:2"]
    assert [name for name, _ in form if name == "client_id"] == ["client_id"]
    assert {"state", "nonce", "code_challenge", "redirect_uri", "response_type"} <= {name for name, _ in form}


def test_a_confidential_client_is_authenticated_while_pushing() -> None:
    """RFC 9126 2: as at the token endpoint, once."""
    client = Client(client_id="app", client_secret=Secret("s3cret"))
    _, transport = pushed(client)
    [wire] = transport.requests
    assert base64.b64decode(wire.headers["authorization"].removeprefix("Basic ")) == b"app:s3cret"
    assert b"s3cret" not in wire.body
    assert dict(parse_qsl(wire.body.decode()))["client_id"] == "app"


def test_the_answer_is_judged_by_the_login_that_pushed() -> None:
    """R3: state and verifier stay with the pending login."""
    pending, transport = pushed(PUBLIC)
    state = dict(parse_qsl(transport.requests[0].body.decode()))["state"]
    assert pending.accept(f"{REDIRECT}?code=c&state={state}").code.reveal() == "c"


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"error": "invalid_request"}, 400, ServerRefused),
        ("<html>", 503, ServerBusy),
        ({}, 201, BadAnswer),
        ({"request_uri": 7}, 201, BadAnswer),
        ({"request_uri": "a\u202eb"}, 201, BadAnswer),
        ({"request_uri": "x" * 5000}, 201, BadAnswer),
    ],
)
def test_a_refused_push_is_one_sentence(body: object, status: int, error: type[Exception]) -> None:
    """T5: whatever comes, no browser is opened with half a request."""
    with pytest.raises(error):
        pushed(PUBLIC, body, status)


def test_a_provider_without_the_endpoint_is_named() -> None:
    """The hint names the setting."""
    metadata = ServerMetadata(issuer=ISSUER, endpoints={"authorization": f"{ISSUER}/a"})
    pending = begin(metadata, PUBLIC, redirect_uri=REDIRECT, scopes=(), entropy=bytes(96))
    with pytest.raises(Unsupported, match="pushed authorization request"):
        next(push(metadata, PUBLIC, pending))


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", ()),
        ("Bearer", (AuthChallenge("bearer"),)),
        ('Bearer realm="a, b", error=invalid_token', (AuthChallenge("bearer", {"realm": "a, b", "error": "invalid_token"}),)),
        (
            'Basic realm="x", DPoP algs="ES256 PS256"',
            (AuthChallenge("basic", {"realm": "x"}), AuthChallenge("dpop", {"algs": "ES256 PS256"})),
        ),
        ('Bearer error="say \\"hi\\""', (AuthChallenge("bearer", {"error": 'say "hi"'}),)),
        ('error="lonely"', ()),
        ('"""; ,,, = Bearer error="x', (AuthChallenge("bearer"), AuthChallenge("error"), AuthChallenge("x"))),
    ],
)
def test_challenges_are_read_however_they_are_written(header: str, found: tuple[AuthChallenge, ...]) -> None:
    """Providers: a malformed WWW-Authenticate yields what can be read of it, never a traceback."""
    assert challenges(header) == found


def test_a_resource_may_ask_for_a_stronger_sign_in() -> None:
    """RFC 9470 3: acr_values and max_age, cleaned; any other error asks for nothing."""
    wanted = step_up_of('Bearer error="insufficient_user_authentication", acr_values="urn:a urn:b\x1b", max_age=300')
    assert wanted is not None
    assert wanted.acr_values == ("urn:a", "urn:b\\x1b")
    assert wanted.max_age == timedelta(minutes=5)
    assert step_up_of('Bearer error="invalid_token", acr_values="urn:a"') is None
    bare = step_up_of('DPoP error="insufficient_user_authentication", max_age="soon"')
    assert bare is not None
    assert bare.max_age is None


def test_a_hostile_header_costs_no_time() -> None:
    """X4: a megabyte of quotes or commas is read up to its limit."""
    for piece in ('"', ",", "a=", 'a="', "\\", " "):
        challenges(piece * 1_000_000)
