"""Proof of possession against a server that is a function (row C7, RFC 9449)."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest

from my_app.carry import run
from my_app.errors import BadAnswer, MyAppError, Temporary, WrongCredentials
from my_app.jose.keys import Key, KeySet
from my_app.jose.make import make_key
from my_app.jose.parse import UnverifiedToken, decode
from my_app.jose.verify import verify_signature
from my_app.model import TokenSet
from my_app.oauth.authorize import begin
from my_app.oauth.client_auth import Client
from my_app.oauth.dpop import Prover, new_nonce_wanted, sent
from my_app.oauth.exchange import Exchange, Response, Tick, Wire, get
from my_app.oauth.metadata import ENDPOINTS, ServerMetadata
from my_app.oauth.refresh import refresh
from my_app.oauth.token import client_credentials
from my_app.secret import Secret
from my_app.testing import NOON, FakeClock, ScriptedTransport, answer, seeded

ISSUER = "https://issuer.test"
METADATA = ServerMetadata(issuer=ISSUER, endpoints={name: f"{ISSUER}/{name}" for name in ENDPOINTS})
KEY = make_key("ES256", entropy=seeded(5))
BOUND = {"access_token": "at", "token_type": "DPoP", "expires_in": 60, "refresh_token": "rt2"}
OLD = TokenSet(access_token=Secret("old"), token_type="DPoP", refresh_token=Secret("rt1"), obtained_at=NOON)
T = TypeVar("T")


def client(nonces: dict[str, str] | None = None) -> Client:
    return Client(client_id="app", prover=Prover(KEY, {} if nonces is None else nonces))


def carry(exchange: Exchange[T], server: Callable[[Wire], Response]) -> tuple[T, list[Wire]]:
    clock = FakeClock()
    transport = ScriptedTransport(server, clock=clock)
    return run(exchange, transport, clock=clock, entropy=seeded(2), pause=clock.pause), transport.requests


def proof_of(wire: Wire) -> UnverifiedToken:
    """The proof, its signature checked with the key in its own header."""
    token = decode(wire.headers["dpop"])
    jwk = token.header["jwk"]
    assert isinstance(jwk, dict)
    assert set(jwk) == {"kty", "crv", "x", "y"}
    verify_signature(token, KeySet((Key.read({**jwk, "kid": token.header.get("kid")}),)))
    return token


def strict(nonce: str) -> Callable[[Wire], Response]:
    """A server that wants its nonce in every proof."""

    def server(wire: Wire) -> Response:
        if proof_of(wire).claims.get("nonce") == nonce:
            return answer(BOUND, headers={"DPoP-Nonce": nonce})
        return answer({"error": "use_dpop_nonce"}, status=400, headers={"DPoP-Nonce": nonce})

    return server


def test_a_proof_names_method_address_time_and_its_own_id() -> None:
    """C7: htm, htu without query, iat by our clock, a fresh jti, the public key in the header, no lifetime of its own."""
    _, [wire] = carry(client_credentials(METADATA, client(), scopes=()), lambda wire: answer(BOUND))
    proof = proof_of(wire)
    assert proof.header["typ"] == "dpop+jwt"
    assert proof.header["alg"] == "ES256"
    jti = proof.claims["jti"]
    assert isinstance(jti, str)
    assert len(jti) == 22
    assert dict(proof.claims) == {"jti": jti, "htm": "POST", "htu": f"{ISSUER}/token", "iat": int(NOON.timestamp())}


def test_a_proof_for_an_api_names_the_token_and_no_query() -> None:
    """C7: ath is the hash of the access token, htu has neither query nor fragment (RFC 9449 4.2, 7.1)."""
    made = Prover(KEY, {}).proof(Tick(NOON, bytes(64)), "GET", "https://api.test/vms?x=1#y", token=Secret("at"))
    claims = decode(made).claims
    assert claims["htu"] == "https://api.test/vms"
    assert claims["ath"] == base64.urlsafe_b64encode(hashlib.sha256(b"at").digest()).rstrip(b"=").decode()


def test_a_nonce_costs_one_repeat_and_is_remembered() -> None:
    """C7: use_dpop_nonce is answered once with the nonce; the next request has it at once."""
    nonces: dict[str, str] = {}
    tokens, wires = carry(client_credentials(METADATA, client(nonces), scopes=()), strict("n1"))
    assert tokens.token_type == "DPoP"
    assert len(wires) == 2
    assert proof_of(wires[0]).claims["jti"] != proof_of(wires[1]).claims["jti"]
    _, again = carry(client_credentials(METADATA, client(nonces), scopes=()), strict("n1"))
    assert len(again) == 1


def test_the_newest_nonce_is_used() -> None:
    """C7: a nonce that comes with a good answer replaces the one before (RFC 9449 8.2)."""
    nonces = {ISSUER: "n1"}
    carry(client_credentials(METADATA, client(nonces), scopes=()), lambda wire: answer(BOUND, headers={"DPoP-Nonce": "n2"}))
    assert nonces == {ISSUER: "n2"}


@pytest.mark.parametrize("grant", ["client_credentials", "refresh"])
def test_a_server_that_asks_for_nonces_for_ever_is_left(grant: str) -> None:
    """C7: two requests, then a temporary failure; a refresh token is not given up for it."""
    count = 0

    def server(wire: Wire) -> Response:
        nonlocal count
        count += 1
        return answer({"error": "use_dpop_nonce"}, status=401, headers={"DPoP-Nonce": f"n{count}"})

    exchange: Exchange[TokenSet] = (
        refresh(METADATA, client(), OLD) if grant == "refresh" else client_credentials(METADATA, client(), scopes=())
    )
    with pytest.raises(Temporary):
        carry(exchange, server)
    assert count == 2


def test_a_refused_proof_does_not_end_the_session() -> None:
    """invalid_dpop_proof (a wrong clock, say) is no dead refresh token."""
    with pytest.raises(WrongCredentials) as told:
        carry(refresh(METADATA, client(), OLD), lambda wire: answer({"error": "invalid_dpop_proof"}, status=400))
    assert "clock" in told.value.hint


def test_a_server_that_ignores_proofs_gives_bearer_tokens() -> None:
    """Providers: token_type says what came; it is kept as it is."""
    tokens, _ = carry(client_credentials(METADATA, client(), scopes=()), lambda wire: answer({**BOUND, "token_type": "bearer"}))
    assert tokens.token_type == "Bearer"


def test_a_bound_token_nobody_asked_for_is_refused() -> None:
    """T2: without a key of ours a DPoP token is of no use, and never used as Bearer."""
    with pytest.raises(BadAnswer):
        carry(client_credentials(METADATA, Client(client_id="app"), scopes=()), lambda wire: answer(BOUND))


def test_the_code_is_bound_to_the_key_from_the_start() -> None:
    """RFC 9449 10: dpop_jkt is the thumbprint, and no parameter of the profile replaces it."""
    pending = begin(
        METADATA, client(), redirect_uri="http://127.0.0.1:1/cb", scopes=(), entropy=bytes(96), extra={"dpop_jkt": "evil"}
    )
    assert f"dpop_jkt={KEY.thumbprint()}" in pending.url
    assert "evil" not in pending.url


def test_a_proof_repeats_at_an_api_too() -> None:
    """RFC 9449 9: the challenge of a resource asks for its own nonce, kept apart by origin."""
    nonces = {ISSUER: "of the issuer"}

    def api(wire: Wire) -> Response:
        if proof_of(wire).claims.get("nonce") == "api":
            return answer({"ok": True})
        return answer(status=401, headers={"WWW-Authenticate": 'DPoP error="use_dpop_nonce"', "DPoP-Nonce": "api"})

    response, wires = carry(sent(Prover(KEY, nonces), get("https://api.test/x"), token=Secret("at")), api)
    assert response.status == 200
    assert len(wires) == 2
    assert nonces == {ISSUER: "of the issuer", "https://api.test": "api"}


@pytest.mark.parametrize("nonce", ["", "x" * 5000, "a\nb", "\u00fc"])
def test_a_nonce_that_cannot_be_one_is_ignored(nonce: str) -> None:
    """N4: what holds control characters or is absurdly long is never sent back."""
    nonces: dict[str, str] = {}
    assert not Prover(KEY, nonces).learn(ISSUER, nonce)
    assert nonces == {}


@pytest.mark.parametrize(
    ("status", "challenge", "error", "wanted"),
    [
        (400, "", "use_dpop_nonce", True),
        (200, "", "use_dpop_nonce", True),
        (401, 'DPoP algs="ES256", error="use_dpop_nonce"', None, True),
        (401, 'Bearer realm="x", DPoP error="use_dpop_nonce"', None, True),
        (200, 'DPoP error="use_dpop_nonce"', None, False),
        (503, 'DPoP error="use_dpop_nonce"', "use_dpop_nonce", False),
        (401, 'Bearer error="use_dpop_nonce"', 7, False),
        (400, "", "invalid_grant", False),
    ],
)
def test_only_a_plain_request_for_a_nonce_is_one(status: int, challenge: str, error: object, wanted: bool) -> None:
    """RFC 9449 8 and 9: body at the authorization server, challenge at the resource; some servers say 200 to everything."""
    assert new_nonce_wanted(status, challenge, error) is wanted


def test_a_form_encoded_request_for_a_nonce_is_understood() -> None:
    """Providers: errors come form-encoded with HTTP 200 too."""

    def server(wire: Wire) -> Response:
        if proof_of(wire).claims.get("nonce") == "n":
            return answer(BOUND)
        form = {"DPoP-Nonce": "n", "Content-Type": "application/x-www-form-urlencoded"}
        return answer("error=use_dpop_nonce", headers=form)

    tokens, _ = carry(client_credentials(METADATA, client(), scopes=()), server)
    assert tokens.token_type == "DPoP"


def test_nothing_of_the_key_is_shown() -> None:
    """H3: no repr, no message and no proof holds the private part."""
    private = json.loads(KEY.private_jwk().reveal())["d"]
    prover = Prover(KEY, {})
    proof = decode(prover.proof(Tick(NOON, bytes(64)), "GET", ISSUER))
    assert private not in repr(prover) + repr(client()) + json.dumps(dict(proof.header))


def test_waiting_is_not_repeated_for_a_nonce() -> None:
    """A poll that waited its interval is repeated with the nonce at once."""
    from dataclasses import replace

    clock = FakeClock()
    waits: list[float] = []
    transport = ScriptedTransport(strict("n"), clock=clock)
    request = replace(get(f"{ISSUER}/token"), not_before=timedelta(seconds=5))
    try:
        run(sent(Prover(KEY, {}), request), transport, clock=clock, entropy=seeded(), pause=waits.append)
    except MyAppError:
        pytest.fail("the second answer was good")
    assert waits == [5.0]
