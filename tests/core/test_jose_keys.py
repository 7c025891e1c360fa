"""Keys: judged when read, one algorithm each, private parts masked; tokens made with them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from my_app.errors import BadMetadata, TokenInvalid, Unsupported
from my_app.jose import base64url, parse
from my_app.jose.algorithms import ALGORITHMS
from my_app.jose.diff import Change, compare
from my_app.jose.keys import Key, KeySet, KeyUnfit
from my_app.jose.make import make_key
from my_app.jose.sign import sign_bytes, sign_claims, unsecured
from my_app.jose.verify import verify_id_token, verify_signature
from my_app.testing import NOON, seeded


@pytest.mark.parametrize("algorithm", sorted(set(ALGORITHMS) - {"Ed25519"}))
def test_made_keys_sign_and_verify_and_survive_their_document(algorithm: str) -> None:
    """Each algorithm: make, sign, verify, write out, read back; a changed payload fails."""
    key = make_key(algorithm, entropy=seeded())
    text = sign_claims({"sub": "alice"}, key, now=NOON)
    again = KeySet.parse(key.private_jwk().reveal().encode(), local=True)
    assert verify_signature(parse.decode(text), again).algorithm.name == algorithm
    assert again.keys[0].sign(b"x")
    header, _, signature = text.split(".")
    with pytest.raises(TokenInvalid):
        verify_signature(parse.split(f"{header}.{base64url.encode(b'{}')}.{signature}"), again)


def test_both_names_of_ed25519_are_one_algorithm() -> None:
    """RFC 9864: a header may say Ed25519 where the key says EdDSA."""
    key = make_key("Ed25519", entropy=seeded())
    text = sign_claims({"sub": "alice"}, key, now=NOON, header={"alg": "Ed25519"})
    assert verify_signature(parse.decode(text), KeySet((key,))).algorithm.name == "EdDSA"


def test_tokens_end_by_default_and_secrets_stay_out_of_sight() -> None:
    """J15: exp is added unless refused; nothing private shows in a rendering or a published document."""
    key = make_key("ES256", entropy=seeded())
    claims = parse.decode(sign_claims({"sub": "a"}, key, now=NOON, lifetime=timedelta(minutes=2))).claims
    assert claims == {"iat": NOON.timestamp(), "exp": NOON.timestamp() + 120, "sub": "a"}
    assert "exp" not in parse.decode(sign_claims({}, key, now=NOON, lifetime=None)).claims
    secret = json.loads(key.private_jwk().reveal())["d"]
    assert secret not in f"{key!r}{key}{KeySet((key,))!r}{key.private_jwk()}"
    assert "d" not in key.public_jwk()
    with pytest.raises(KeyUnfit):
        make_key("HS256", entropy=seeded()).public_jwk()


def test_none_is_made_by_name_only_and_accepted_never() -> None:
    """J15, RFC 7519 6: an unsecured token can be made for tests of others; no key set takes it."""
    text = unsecured({"sub": "alice"}, now=NOON)
    assert text.endswith(".")
    with pytest.raises(TokenInvalid) as refused:
        verify_signature(parse.decode(text), KeySet((make_key("HS256", entropy=seeded()),)))
    assert "not signed" in refused.value.message
    with pytest.raises(Unsupported):
        sign_bytes(b"x", make_key("ES256", entropy=seeded()), header={"alg": "none"})
    with pytest.raises(Unsupported):
        make_key("none", entropy=seeded())


def test_secrets_that_can_be_guessed_are_warned_about() -> None:
    """J15: repeated bytes and words are told although they are long enough; random secrets never are."""
    for secret in (b"a" * 40, b"my-super-secret-signing-key-for-development", b"Correct Horse Battery Staple Correct 2026!"):
        assert "guessed" in Key.read({"kty": "oct", "k": base64url.encode(secret)}).warning()
    random = seeded()
    for _ in range(500):
        for secret in (random(32), base64url.encode(random(32)).encode(), random(32).hex().encode()):
            assert Key.read({"kty": "oct", "k": base64url.encode(secret)}).warning() == ""
    assert make_key("ES256", entropy=seeded()).warning() == ""


def test_a_public_key_cannot_sign() -> None:
    """Signing with the public half is one plain sentence."""
    key = make_key("ES256", entropy=seeded())
    with pytest.raises(Unsupported) as refused:
        sign_claims({}, Key.read(key.public_jwk()), now=NOON)
    assert "private" in refused.value.message


def test_published_sets_lose_their_secrets_and_private_keys() -> None:
    """J12: an HMAC secret or a private key in a remote set is dropped, and the reason kept; the others stay."""
    good, leaked, shared = (make_key(name, entropy=seeded()) for name in ("ES256", "EdDSA", "HS256"))
    document = {"keys": [good.public_jwk(), json.loads(leaked.private_jwk().reveal()), json.loads(shared.private_jwk().reveal())]}
    found = KeySet.parse(json.dumps(document).encode())
    assert [key.kid for key in found.keys] == [good.kid]
    assert ["private" in dropped.reason or "HMAC" in dropped.reason for dropped in found.dropped] == [True, True]


RSA = make_key("RS256", entropy=seeded()).public_jwk()
EC = make_key("ES256", entropy=seeded()).public_jwk()


@pytest.mark.parametrize(
    ("jwk", "reason"),
    [
        ("text", "not a JSON object"),
        ({}, "type"),
        ({"kty": ["RSA"]}, "type"),
        ({"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"}, "curve"),
        ({**EC, "alg": "ES384"}, "curve"),
        ({**EC, "alg": "ES224"}, "algorithm"),
        ({**EC, "alg": 1}, "algorithm"),
        ({**EC, "alg": "HS256"}, "type"),
        ({**EC, "x": EC["y"]}, "numbers"),
        ({**EC, "x": "AAAA" + EC["x"]}, "length"),
        ({**EC, "x": EC["x"] + "="}, "base64url"),
        ({**EC, "x": 5}, "missing"),
        ({**EC, "use": "enc"}, "use"),
        ({**EC, "use": 1}, "use"),
        ({**EC, "key_ops": ["encrypt"]}, "key_ops"),
        ({**EC, "key_ops": []}, "key_ops"),
        ({**EC, "key_ops": "verify"}, "key_ops"),
        ({**EC, "kid": 7}, "key id"),
        ({**EC, "kid": "k" * 257}, "key id"),
        ({**RSA, "e": "AQ"}, "exponent"),
        ({**RSA, "e": "AQAA"}, "exponent"),
        ({**RSA, "e": base64url.encode(b"\x01" * 9)}, "exponent"),
        ({**RSA, "n": RSA["n"][:172]}, "bits"),
        ({**RSA, "n": base64url.encode(b"\xff" * 4096)}, "bits"),
        ({**RSA, "n": ""}, "missing"),
    ],
)
def test_unfit_keys_are_dropped_with_their_reason(jwk: object, reason: str) -> None:
    """J2, J12: an unfit key leaves its set, the fit one beside it stays, and the reason is told."""
    found = KeySet.parse(json.dumps({"keys": [jwk, make_key("EdDSA", entropy=seeded(), kid="fit").public_jwk()]}).encode())
    assert [key.kid for key in found.keys] == ["fit"]
    assert reason in found.dropped[0].reason
    assert found.dropped[0].reason.isprintable()


def test_two_keys_of_one_id_are_both_dropped() -> None:
    """J12: one kid twice is ambiguous; neither key decides."""
    keys = [make_key("ES256", entropy=seeded(), kid="same").public_jwk() for _ in range(2)]
    found = KeySet.parse(json.dumps({"keys": keys}).encode())
    assert found.keys == ()
    assert "twice" in found.why_empty()
    other = make_key("ES256", entropy=seeded(), kid="same").public_jwk() | {"use": "enc"}
    assert len(KeySet.parse(json.dumps({"keys": [keys[0], other]}).encode()).keys) == 1


@pytest.mark.parametrize(
    "document", [b"", b"[]", b"{}", b'{"keys":{}}', b'{"keys":null}', b"<html>", b'{"keys":[' + b"1," * 200 + b"1]}"]
)
def test_what_is_no_key_set_is_said_so(document: bytes) -> None:
    """A page, an array or an endless list instead of keys is one plain error."""
    with pytest.raises(BadMetadata):
        KeySet.parse(document)


def test_a_key_without_algorithm_takes_the_one_asked_for() -> None:
    """RFC 8725 3.1: RS256 unless the verifier says PS256, and then that alone; a key that names one keeps it."""
    key = make_key("PS256", entropy=seeded())
    text = sign_claims({"sub": "alice"}, key, now=NOON)
    bare = {name: value for name, value in key.public_jwk().items() if name != "alg"}
    found = KeySet.parse(json.dumps({"keys": [bare]}).encode())
    with pytest.raises(TokenInvalid):
        verify_signature(parse.decode(text), found)
    assert verify_signature(parse.decode(text), found, algorithms=("PS256",)).algorithm.name == "PS256"
    with pytest.raises(TokenInvalid):
        verify_signature(parse.decode(text), KeySet((key,)), algorithms=("RS256", "none"))


def test_a_token_without_key_id_is_tried_with_the_few_keys_that_fit() -> None:
    """OIDC Core 10.1: no kid, several keys: the right one is found, and only a bounded number is tried."""
    keys = KeySet(tuple(make_key("EdDSA", entropy=seeded()) for _ in range(12)))
    for index, passes in ((3, True), (11, False)):
        text = sign_bytes(b"{}", Key.read({**json.loads(keys.keys[index].private_jwk().reveal()), "kid": None}))
        if passes:
            assert verify_signature(parse.split(text), keys) is keys.keys[index]
        else:
            with pytest.raises(TokenInvalid):
                verify_signature(parse.split(text), keys)


def test_hashes_of_access_token_and_code_are_checked() -> None:
    """J10, OIDC Core 3.1.3.6: the example of OpenID Connect Core A.3 has the at_hash of its token."""
    key = make_key("RS256", entropy=seeded())
    claims = {
        "iss": "https://i.example",
        "aud": "c",
        "sub": "s",
        "at_hash": "77QmUPtjPfzWtF2AnpK9RQ",
        "c_hash": "LDktKdoQak3Pk0cnXxCltA",
    }
    text = sign_claims(claims, key, now=NOON)
    verified = verify_id_token(
        text,
        KeySet((key,)),
        issuer="https://i.example",
        client_id="c",
        nonce=None,
        now=NOON,
        access_token="jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
        code="Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk",
    )
    assert verified.claims["sub"] == "s"
    assert verified.algorithm == "RS256"


def test_two_tokens_side_by_side() -> None:
    """Issue 4, 8: what changed, what is only in one, and times as moments; ``true`` is not ``1``."""
    key = make_key("ES256", entropy=seeded(), kid="k")
    left = sign_claims({"sub": "a", "old": 1, "flag": True, "aud": ["x"]}, key, now=NOON)
    right = sign_claims({"sub": "a", "new": "\x1b[2J", "flag": 1, "aud": ["x"]}, key, now=NOON + timedelta(minutes=1))
    rows = {(row.part, row.name): row for row in compare(left, right)}
    assert rows["header", "alg"].change is Change.SAME
    assert rows["claims", "sub"].change is Change.SAME
    assert rows["claims", "aud"].change is Change.SAME
    assert rows["claims", "flag"].change is Change.CHANGED
    assert rows["claims", "old"].change is Change.ONLY_LEFT
    assert rows["claims", "new"].right == "\\x1b[2J"
    assert rows["claims", "iat"].left_moment == NOON
    with pytest.raises(TokenInvalid):
        compare(left, "garbage")
