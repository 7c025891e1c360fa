"""Client assertions by secret and by key against a server that is a function (rows C1 to C3)."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest

from my_app.carry import run
from my_app.errors import SettingsFault, Unsupported
from my_app.jose.keys import Key, KeySet
from my_app.jose.make import make_key
from my_app.jose.parse import decode
from my_app.jose.private_key import signing_key
from my_app.jose.verify import verify_signature
from my_app.model import TokenSet
from my_app.oauth.client_auth import Client
from my_app.oauth.exchange import Response, Wire
from my_app.oauth.metadata import ENDPOINTS, ServerMetadata
from my_app.oauth.refresh import refresh
from my_app.oauth.token import client_credentials
from my_app.secret import Secret
from my_app.testing import NOON, FakeClock, ScriptedTransport, answer, seeded

ISSUER = "https://issuer.test"
METADATA = ServerMetadata(issuer=ISSUER, endpoints={name: f"{ISSUER}/{name}" for name in ENDPOINTS})
GOOD = {"access_token": "at", "token_type": "Bearer", "expires_in": 60}
LONG = Secret("svc-secret-jwt-secret-of-32-bytes-or-more")


def keys(*algorithms: str) -> list[Key]:
    return [make_key(name, entropy=seeded(3)) for name in algorithms]


def asked(client: Client, metadata: ServerMetadata = METADATA, *, times: int = 1) -> list[dict[str, str]]:
    """The forms of ``times`` client credentials requests."""
    clock = FakeClock()
    transport = ScriptedTransport(lambda wire: answer(GOOD), clock=clock)
    entropy = seeded(1)
    for _ in range(times):
        run(client_credentials(metadata, client, scopes=()), transport, clock=clock, entropy=entropy, pause=clock.pause)
        clock.advance(timedelta(seconds=1))
    assert all("authorization" not in wire.headers for wire in transport.requests)
    return [dict(parse_qsl(wire.body.decode())) for wire in transport.requests]


@pytest.mark.parametrize("key", keys("RS256", "PS256", "ES256", "EdDSA"), ids=lambda key: key.algorithm.name)
def test_a_private_key_signs_who_the_client_is(key: Key) -> None:
    """C3, C1: iss and sub are the client id, the audience is the issuer, two minutes to live; nothing else proves it."""
    [form] = asked(Client(client_id="svc", key=key))
    assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert "client_secret" not in form
    token = decode(form["client_assertion"])
    assert verify_signature(token, KeySet((key,))) is key
    now = int(NOON.timestamp())
    assert {name: token.claims[name] for name in ("iss", "sub", "aud", "iat", "exp")} == {
        "iss": "svc",
        "sub": "svc",
        "aud": ISSUER,
        "iat": now,
        "exp": now + 120,
    }


def test_every_request_has_an_assertion_of_its_own() -> None:
    """C3: a thousand requests, a thousand jti; iat moves with the clock of sending."""
    [key] = keys("ES256")
    claims = [decode(form["client_assertion"]).claims for form in asked(Client(client_id="svc", key=key), times=1000)]
    assert len({str(one["jti"]) for one in claims}) == 1000
    assert claims[-1]["iat"] == int(NOON.timestamp()) + 999


def test_a_repeated_refresh_signs_anew() -> None:
    """C3 and F4: the second try after a busy answer never replays the first assertion."""
    [key] = keys("ES256")
    clock = FakeClock()
    answers: list[Response] = [answer({}, status=503, headers={"retry-after": "1"}), answer(GOOD)]
    transport = ScriptedTransport(lambda wire: answers.pop(0), clock=clock)
    old = TokenSet(access_token=Secret("old"), refresh_token=Secret("rt"), obtained_at=NOON)
    client = Client(client_id="svc", key=key)
    run(refresh(METADATA, client, old), transport, clock=clock, entropy=seeded(1), pause=clock.pause)
    first, second = (decode(dict(parse_qsl(wire.body.decode()))["client_assertion"]).claims for wire in transport.requests)
    assert first["jti"] != second["jti"]
    assert second["iat"] == int(NOON.timestamp()) + 1


@pytest.mark.parametrize(
    ("audience", "issuer", "expected"),
    [
        (None, ISSUER, ISSUER),
        ("issuer", ISSUER, ISSUER),
        ("token", ISSUER, f"{ISSUER}/token"),
        ("https://other.test/aud", ISSUER, "https://other.test/aud"),
        (None, None, f"{ISSUER}/token"),
    ],
)
def test_the_audience_can_be_chosen(audience: str | None, issuer: str | None, expected: str) -> None:
    """C3: issuer unless told, token endpoint where there is no issuer, or any text a provider documents."""
    [key] = keys("ES256")
    metadata = ServerMetadata(issuer=issuer, endpoints=METADATA.endpoints)
    [form] = asked(Client(client_id="svc", key=key, audience=audience), metadata)
    assert decode(form["client_assertion"]).claims["aud"] == expected


def test_a_secret_signs_with_hs256_and_never_travels() -> None:
    """client_secret_jwt: the secret is the key, and no byte of it is in the request."""
    [form] = asked(Client(client_id="svc", client_secret=LONG, auth_method="client_secret_jwt"))
    assert decode(form["client_assertion"]).header["alg"] == "HS256"
    assert LONG.reveal() not in str(form)


def test_a_secret_too_short_to_sign_is_said_so() -> None:
    """RFC 7518 3.2: under 32 bytes there is no HS256 key; the message shows nothing of it."""
    client = Client(client_id="svc", client_secret=Secret("tiny-secret"), auth_method="client_secret_jwt")
    with pytest.raises(SettingsFault) as told:
        asked(client)
    assert "tiny-secret" not in told.value.message


def test_an_rsa_key_without_alg_signs_as_the_server_lists() -> None:
    """Providers: a list of PS256 only is obeyed, an unknown or empty list changes nothing, a named alg is kept."""
    [key] = keys("RS256")
    jwk = {name: value for name, value in json.loads(key.private_jwk().reveal()).items() if name != "alg"}
    plain = Key.read(jwk)
    for listed, expected in ((("PS256",), "PS256"), (("ES256",), "RS256"), ((), "RS256"), (("RS256", "PS256"), "RS256")):
        metadata = ServerMetadata(issuer=ISSUER, endpoints=METADATA.endpoints, auth_signing_algorithms=listed)
        [form] = asked(Client(client_id="svc", key=plain), metadata)
        assert decode(form["client_assertion"]).header["alg"] == expected
        [form] = asked(Client(client_id="svc", key=key), metadata)
        assert decode(form["client_assertion"]).header["alg"] == "RS256"


@pytest.mark.parametrize("method", ["client_secret_jwt", "private_key_jwt", "client_secret_basic"])
def test_a_method_without_its_secret_names_what_is_missing(method: str) -> None:
    """One sentence and the next command; nothing is sent."""
    with pytest.raises(SettingsFault) as told:
        asked(Client(client_id="svc", auth_method=method))
    assert "my-app profile" in told.value.hint


def test_an_unknown_method_lists_the_known_ones() -> None:
    """mTLS and typos are refused plainly."""
    with pytest.raises(Unsupported):
        asked(Client(client_id="svc", auth_method="tls_client_auth"))


def pem(kind: str) -> bytes:
    """A fresh PKCS #8 key."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    made: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
    if kind == "EC":
        made = ec.generate_private_key(ec.SECP256R1())
    elif kind == "OKP":
        made = ed25519.Ed25519PrivateKey.generate()
    else:
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    hidden: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if kind == "encrypted":
        hidden = serialization.BestAvailableEncryption(b"pw")
    return made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden)


@pytest.mark.parametrize(("kind", "algorithm"), [("RSA", "RS256"), ("EC", "ES256"), ("OKP", "EdDSA")])
def test_a_pem_file_is_a_signing_key(kind: str, algorithm: str) -> None:
    """PKCS #8 of the three kinds signs with its usual algorithm."""
    key = signing_key(pem(kind))
    assert key.algorithm.name == algorithm
    assert key.can_sign


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"{}",
        b'{"kty":"oct","k":"' + b"A" * 43 + b'"}',
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ],
)
def test_what_is_no_private_key_is_one_sentence(data: bytes) -> None:
    """No traceback, nothing of the file in the message."""
    with pytest.raises(SettingsFault):
        signing_key(data)


def test_an_encrypted_or_public_key_is_told_apart() -> None:
    """The sentence says which of the two it is."""
    with pytest.raises(SettingsFault, match="encrypted"):
        signing_key(pem("encrypted"))
    [key] = keys("ES256")
    public = json.dumps(key.public_jwk()).encode()
    with pytest.raises(SettingsFault, match="no private key"):
        signing_key(public)


def test_the_wire_form_shows_no_secret() -> None:
    """H3: the repr of a request holds method and address only."""
    assert "body" not in repr(Wire(method="POST", url=f"{ISSUER}/t?x=1", body=b"secret"))
