"""The inspector: shows what it can of anything, trusts nothing, never raises for what a token holds."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

import public_vectors
from my_app.errors import NetworkUnavailable
from my_app.inspecting import Inspection, Inspector, SignatureState
from my_app.issuers.key_sets import KeySets
from my_app.jose import base64url
from my_app.jose.keys import Key, KeySet
from my_app.jose.make import make_key
from my_app.jose.sign import sign_bytes, sign_claims, unsecured
from my_app.oauth.exchange import Response, Wire
from my_app.testing import NOON, FakeClock, ScriptedTransport, answer, seeded

ISSUER = "https://issuer.example"
KEY = make_key("ES256", entropy=seeded(), kid="one")
CLAIMS: dict[str, Any] = {"iss": ISSUER, "sub": "alice", "aud": "api", "scope": "a b", "team": "red"}


def inspector(keys: KeySet | None = None) -> Inspector:
    """An inspector whose issuer has ``keys``; None: no network."""

    def server(wire: Wire) -> Response:
        if keys is None:
            raise NetworkUnavailable("issuer.example cannot be reached.")
        if wire.url.endswith("/openid-configuration"):
            return answer({"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"})
        return answer(keys.public_document()) if wire.url.endswith("/keys") else answer(status=404)

    clock = FakeClock()
    transport = ScriptedTransport(server, clock=clock)
    return Inspector(key_sets=KeySets(transport, clock, seeded()), transport=transport, clock=clock)


def token(key: Key = KEY, **claims: Any) -> str:
    """A good access token, changed by ``claims``."""
    return sign_claims({**CLAIMS, **claims}, key, now=NOON)


def check(found: Inspection, name: str) -> bool | None:
    """One check's verdict."""
    return next(check.ok for check in found.checks if check.name == name)


def jwks(*keys: Key) -> bytes:
    """A JWKS document."""
    return json.dumps(KeySet(keys).public_document()).encode()


def test_a_token_is_shown_in_plain_words_and_marked_unverified() -> None:
    """J15: claims with their meaning, times as moments, the signature ``not_checked``, nothing called valid."""
    found = inspector().look(f"  Bearer {token()}\n")
    assert found.readable
    assert (found.algorithm, found.key_id, found.issuer) == ("ES256", "one", ISSUER)
    assert (found.issued_at, found.expires_at) == (NOON, NOON + timedelta(hours=1))
    assert found.signature is SignatureState.NOT_CHECKED
    assert found.valid is None
    assert "anybody" in found.signature_reason
    rows = {row.name: row for row in found.claims}
    assert rows["exp"].moment == NOON + timedelta(hours=1)
    assert rows["sub"].meaning.startswith("Whom it is about")
    assert rows["team"].meaning == "Private claim, not registered"
    assert found.payload_json is not None
    assert found.payload_json["team"] == "red"
    assert '"sub": "alice"' in found.raw_payload


ANYTHING = {
    "nothing": "",
    "an API key": "sk_live_0123456789",
    "words": "this is no token",
    "dots": "...",
    "many dots": "." * 5000,
    "binary": "\x00\x1b[2J\x9b",
    "surrogates": "\ud800.\udfff.x",
    "two megabytes": "x" * 2_000_000,
    "JWE": "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAA.AAAA.AAAA",
    "JSON": '{"payload":"e30","signatures":[]}',
    "deep header": base64url.encode(b"[" * 100_000) + ".e30.AA",
    "deep payload": "e30." + base64url.encode(b'{"a":' * 400 + b"1" + b"}" * 400) + ".AA",
    "huge number": "e30." + base64url.encode(b'{"exp":' + b"9" * 5000 + b"}") + ".AA",
    "large number": "e30." + base64url.encode(b'{"exp":' + b"9" * 3000 + b',"iat":-1e308}') + ".AA",
    "NaN": "e30." + base64url.encode(b'{"exp":NaN,"iat":Infinity}') + ".AA",
    "odd times": "e30." + base64url.encode(b'{"exp":true,"iat":"x","nbf":[1],"auth_time":{}}') + ".AA",
    "a name twice": "e30." + base64url.encode(b'{"a":1,"a":2}') + ".AA",
    "Latin-1": "e30." + base64url.encode(b'{"a":"\xe9"}') + ".AA",
    "10,000 claims": "e30." + base64url.encode(json.dumps({f"c{number}": number for number in range(10_000)}).encode()) + ".AA",
    "one claim of 500 KB": "e30." + base64url.encode(json.dumps({"a": "x" * 500_000}).encode()) + ".AA",
}


@pytest.mark.parametrize("name", ANYTHING)
def test_looking_at_anything_never_fails(name: str) -> None:
    """CONTRACT ``jwt decode``: what it can of anything; all text cleaned and bounded, the problem one sentence."""
    found = inspector().look(ANYTHING[name])
    assert found.readable or found.problem
    for row in (*found.header, *found.claims):
        assert (row.name + row.value + row.meaning).isprintable()
        assert len(row.value) <= 201
    assert (found.problem + found.signature_reason).isprintable()
    assert found.raw_payload.replace("\n", "").isprintable()
    assert len(found.raw_payload) < 21_000
    for issuer in (None, ISSUER):
        judged = inspector().verify_offline(ANYTHING[name], keys=jwks(KEY), issuer=issuer, audience="api")
        assert judged.valid is False
        assert judged.signature in (SignatureState.CANNOT_CHECK, SignatureState.INVALID)


def test_what_strict_reading_refuses_is_still_shown() -> None:
    """A payload with a name twice or padding is shown, with the reason why nobody may trust it."""
    found = inspector().look(ANYTHING["a name twice"])
    assert found.readable
    assert "twice" in found.problem
    assert [row.value for row in found.claims] == ["2"]
    padded = inspector().look(token() + "==")
    assert not padded.readable
    assert {row.name for row in padded.claims} >= {"iss", "sub"}
    assert inspector().look(ANYTHING["JWE"]).algorithm == "dir"
    assert "encrypted" in inspector().look(ANYTHING["JWE"]).problem


def test_json_suite_in_the_inspector() -> None:
    """J7: every file of JSONTestSuite as header and payload is looked at without a traceback, and none verifies."""
    eye = inspector()
    key = make_key("HS256", entropy=seeded(), kid="s")
    document = key.private_jwk().reveal().encode()
    for name, data in public_vectors.json_suite().items():
        eye.look(f"{base64url.encode(data)}.{base64url.encode(data)}.AA")
        found = eye.verify_offline(sign_bytes(data, key), keys=document, at=NOON)
        assert found.signature is SignatureState.VALID or len(data) > 40_000, name
        assert found.valid is False


def test_the_issuer_vouches() -> None:
    """Four states: keys fetched for the issuer, every check with its reason."""
    found = inspector(KeySet((KEY,))).verify(token(), issuer=ISSUER, audience="api")
    assert found.valid is True
    assert found.signature is SignatureState.VALID
    assert [check(found, name) for name in ("signature", "iss", "aud", "exp", "iat")] == [True] * 5
    assert all(item.reason for item in found.checks)
    other = inspector(KeySet((KEY,))).verify(token(), issuer=ISSUER, audience="other")
    assert (other.valid, check(other, "aud"), other.signature) == (False, False, SignatureState.VALID)
    unasked = inspector(KeySet((KEY,))).verify(token(), issuer=ISSUER, audience=None)
    assert (unasked.valid, check(unasked, "aud")) == (True, None)


def test_each_signature_state_has_its_reason() -> None:
    """Invalid when wrong, cannot_check when nobody can tell: no network, unknown key."""
    stranger = make_key("ES256", entropy=seeded(1), kid="one")
    wrong = inspector(KeySet((stranger,))).verify(token(), issuer=ISSUER, audience="api")
    assert wrong.signature is SignatureState.INVALID
    unknown = inspector(KeySet((make_key("ES256", entropy=seeded(2), kid="two"),))).verify(token(), issuer=ISSUER, audience="api")
    assert unknown.signature is SignatureState.CANNOT_CHECK
    offline = inspector(None).verify(token(), issuer=ISSUER, audience="api")
    assert offline.signature is SignatureState.CANNOT_CHECK
    assert "reached" in offline.signature_reason
    assert offline.failure is not None
    assert (check(offline, "signature"), check(offline, "aud"), check(offline, "exp")) == (False, True, True)
    unsigned = inspector(KeySet((KEY,))).verify(unsecured(CLAIMS, now=NOON), issuer=ISSUER, audience="api")
    assert unsigned.signature is SignatureState.INVALID
    for found in (wrong, unknown, offline, unsigned):
        assert found.valid is False


def test_garbage_asks_nobody() -> None:
    """Nothing is fetched for what is no token at all."""
    found = inspector(None).verify("garbage", issuer=ISSUER, audience="api")
    assert (found.valid, found.failure, found.signature) == (False, None, SignatureState.CANNOT_CHECK)


def test_offline_with_a_key_file_and_a_moment() -> None:
    """CONTRACT ``jwt verify --jwks --at --alg --signature-only``."""
    eye = inspector(None)
    good = {"keys": jwks(KEY), "issuer": ISSUER, "audience": "api"}
    assert eye.verify_offline(token(), **good, at=NOON).valid is True
    late = eye.verify_offline(token(), **good, at=NOON + timedelta(hours=2))
    assert (late.valid, check(late, "exp"), late.signature) == (False, False, SignatureState.VALID)
    early = eye.verify_offline(token(nbf=NOON.timestamp() + 600), **good, at=NOON)
    assert check(early, "nbf") is False
    assert eye.verify_offline(token(), **good, at=NOON, algorithm="ES256").valid is True
    for algorithm in ("RS256", "none", "", "\x1b"):
        assert eye.verify_offline(token(), **good, at=NOON, algorithm=algorithm).valid is False
    text = sign_bytes(b"no JSON at all", KEY)
    only = eye.verify_offline(text, keys=jwks(KEY), signature_only=True)
    assert (only.valid, only.payload_json, [item.name for item in only.checks]) == (True, None, ["signature"])
    assert eye.verify_offline(text, keys=jwks(KEY), at=NOON).valid is False
    secret = make_key("HS256", entropy=seeded())
    assert eye.verify_offline(token(secret), keys=secret.private_jwk().reveal().encode(), at=NOON).valid is True


@pytest.mark.parametrize("document", [b"", b"<html>", b'{"keys":[]}', b'{"keys":[{"kty":"RSA","n":"AA","e":"AQAB"}]}'])
def test_a_key_file_without_keys_is_explained(document: bytes) -> None:
    """A broken or empty key file shows as ``cannot_check`` with the reason, never as a traceback."""
    found = inspector(None).verify_offline(token(), keys=document, issuer=ISSUER, audience="api")
    assert (found.valid, found.signature) == (False, SignatureState.CANNOT_CHECK)
    assert "key set" in found.signature_reason


def test_hostile_claims_show_as_harmless_text() -> None:
    """X1, X2: escapes, markup and direction overrides in names and values are marks, not commands."""
    hostile = "\x1b]52;c;x\x07[@click=app.quit]\u202eevil[/]"
    found = inspector().look(token(**{hostile: hostile}, sub=hostile))
    shown = "".join(row.name + row.value for row in found.claims) + found.raw_payload.replace("\n", "")
    assert shown.isprintable()
    assert "[@click=app.quit]" in shown
