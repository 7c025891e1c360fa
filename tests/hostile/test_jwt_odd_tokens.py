"""Odd tokens, one line of data each, with the check that refuses them (security.md 0.9, J1 to J11, J14)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from hostile.jwt_smith import API, CLIENT, ISSUER, KEY, KEYS, NOW, OTHER, REMOVED, access_claims, id_claims, raw, token
from my_app.errors import TokenInvalid
from my_app.jose.keys import KeySet
from my_app.jose.verify import verify_id_token
from my_app.testing import NOON, FakeClock
from my_app.validation import TokenValidator

HEAD = json.dumps({"alg": "ES256", "kid": "one", "typ": "JWT"}).encode()
GOOD = json.dumps(id_claims()).encode()


def judge_id_token(text: str, keys: KeySet = KEYS, **options: Any) -> None:
    """The ID token rules with what a sign-in knows."""
    given = {"issuer": ISSUER, "client_id": CLIENT, "nonce": "n-1", "now": NOON, "leeway": timedelta(seconds=60)}
    verify_id_token(text, keys, **{**given, **options})


HEADERS = {
    "alg none": ({"alg": "none"}, "alg"),
    "alg nOnE": ({"alg": "nOnE"}, "alg"),
    "alg empty": ({"alg": ""}, "alg"),
    "alg none with space": ({"alg": " none "}, "alg"),
    "alg missing": ({"alg": REMOVED}, "alg"),
    "alg a list": ({"alg": ["ES256"]}, "alg"),
    "alg a number": ({"alg": 256}, "alg"),
    "alg lower case": ({"alg": "es256"}, "alg"),
    "alg HS256 (key confusion)": ({"alg": "HS256"}, "alg"),
    "alg RS256 for an EC key": ({"alg": "RS256"}, "alg"),
    "alg ES384 for a P-256 key": ({"alg": "ES384"}, "alg"),
    "alg unknown with escapes": ({"alg": "\x1b[2J"}, "alg"),
    "crit unknown": ({"crit": ["exp"], "exp": 1}, "crit"),
    "crit empty": ({"crit": []}, "crit"),
    "crit not a list": ({"crit": "b64"}, "crit"),
    "crit null": ({"crit": None}, "crit"),
    "b64 false": ({"b64": False}, "crit"),
    "b64 false and critical": ({"b64": False, "crit": ["b64"]}, "crit"),
    "b64 zero": ({"b64": 0}, "crit"),
    "typ of an access token": ({"typ": "at+jwt"}, "typ"),
    "typ of an access token, long": ({"typ": "application/AT+JWT"}, "typ"),
    "typ of a logout token": ({"typ": "logout+jwt"}, "typ"),
    "typ a number": ({"typ": 1}, "typ"),
    "kid of nobody": ({"kid": "two"}, "key"),
    "kid a path": ({"kid": "../../../../dev/null"}, "key"),
    "kid a query": ({"kid": "x' UNION SELECT 'key"}, "key"),
    "kid a number": ({"kid": 1}, "key"),
    "kid too long": ({"kid": "k" * 257}, "key"),
    "kid of 40 KB": ({"kid": "k" * 40_000}, "key"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_an_odd_header_is_refused(name: str) -> None:
    """J1 to J3, J5, J11: the header neither chooses the algorithm nor brings extensions."""
    header, check = HEADERS[name]
    with pytest.raises(TokenInvalid) as refused:
        judge_id_token(token(id_claims(), **header))
    assert refused.value.facts["check"] == check
    assert refused.value.message.isprintable()


CLAIMS: dict[str, tuple[dict[str, Any], str]] = {
    "no exp": ({"exp": REMOVED}, "exp"),
    "exp text": ({"exp": str(NOW + 60)}, "exp"),
    "exp true": ({"exp": True}, "exp"),
    "exp null": ({"exp": None}, "exp"),
    "exp list": ({"exp": [NOW + 60]}, "exp"),
    "exp in milliseconds": ({"exp": (NOW + 60) * 1000}, "exp"),
    "exp in the year 292 billion": ({"exp": 2**63}, "exp"),
    "exp of 300 digits": ({"exp": 10**300}, "exp"),
    "exp float huge": ({"exp": 1e300}, "exp"),
    "exp negative": ({"exp": -1}, "exp"),
    "exp zero": ({"exp": 0}, "exp"),
    "exp 61 s ago": ({"exp": NOW - 61}, "exp"),
    "exp exactly 60 s ago": ({"exp": NOW - 60}, "exp"),
    "nbf in 61 s": ({"nbf": NOW + 61}, "nbf"),
    "nbf text": ({"nbf": "0"}, "nbf"),
    "nbf false": ({"nbf": False}, "nbf"),
    "iat in 61 s": ({"iat": NOW + 61}, "iat"),
    "iat text": ({"iat": "now"}, "iat"),
    "iat true": ({"iat": True}, "iat"),
    "iat in milliseconds": ({"iat": NOW * 1000}, "iat"),
    "no iat": ({"iat": REMOVED}, "iat"),
    "iss another": ({"iss": "https://evil.example"}, "iss"),
    "iss with slash": ({"iss": ISSUER + "/"}, "iss"),
    "iss other case": ({"iss": ISSUER.upper()}, "iss"),
    "iss only its beginning": ({"iss": ISSUER[:-1]}, "iss"),
    "iss a list": ({"iss": [ISSUER]}, "iss"),
    "no iss": ({"iss": REMOVED}, "iss"),
    "aud another": ({"aud": "other-client"}, "aud"),
    "aud longer": ({"aud": CLIENT + "2"}, "aud"),
    "aud only a part": ({"aud": CLIENT[1:]}, "aud"),
    "aud nested": ({"aud": [[CLIENT]]}, "aud"),
    "aud an object": ({"aud": {CLIENT: True}}, "aud"),
    "aud empty list": ({"aud": []}, "aud"),
    "aud with a number": ({"aud": [CLIENT, 1]}, "aud"),
    "aud one more, unknown": ({"aud": [CLIENT, "https://evil.example"], "azp": CLIENT}, "aud"),
    "no aud": ({"aud": REMOVED}, "aud"),
    "azp another": ({"azp": "other-client"}, "azp"),
    "azp a list": ({"azp": [CLIENT]}, "azp"),
    "azp missing with two audiences": ({"aud": [CLIENT, CLIENT]}, "azp"),
    "sub a number": ({"sub": 7}, "sub"),
    "sub empty": ({"sub": ""}, "sub"),
    "sub too long": ({"sub": "s" * 256}, "sub"),
    "no sub": ({"sub": REMOVED}, "sub"),
    "jti a number": ({"jti": 7}, "jti"),
    "nonce another": ({"nonce": "n-2"}, "nonce"),
    "nonce a list": ({"nonce": ["n-1"]}, "nonce"),
    "no nonce": ({"nonce": REMOVED}, "nonce"),
    "at_hash of another token": ({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "at_hash"),
    "at_hash a number": ({"at_hash": 1}, "at_hash"),
    "c_hash of another code": ({"c_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "c_hash"),
    "auth_time text": ({"auth_time": "now"}, "auth_time"),
    "auth_time in the future": ({"auth_time": NOW + 61}, "auth_time"),
    "auth_time too old": ({"auth_time": NOW - 700}, "auth_time"),
    "no auth_time although asked": ({"auth_time": REMOVED}, "auth_time"),
    "acr a number": ({"acr": 1}, "acr"),
    "acr too low": ({"acr": "urn:low"}, "acr"),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_odd_claims_are_refused(name: str) -> None:
    """J8 to J10: absurd times, foreign issuers and audiences, other sign-ins; the sentence stays short and printable."""
    changes, check = CLAIMS[name]
    asked = {"max_age": timedelta(minutes=10), "acr_values": ("urn:high",), "access_token": "an access token", "code": "a code"}
    with pytest.raises(TokenInvalid) as refused:
        judge_id_token(token(id_claims(**{"acr": "urn:high", **changes})), **asked)
    assert refused.value.facts["check"] == check
    assert refused.value.message.isprintable()
    assert len(refused.value.message) < 600


FORMS = {
    "empty": ("", "form"),
    "one part": ("abc", "form"),
    "two parts": (".".join(token(id_claims()).split(".")[:2]), "form"),
    "four parts": (token(id_claims()) + ".", "form"),
    "no signature": (token(id_claims()).rsplit(".", 1)[0] + ".", "signature"),
    "a space before": (" " + token(id_claims()), "form"),
    "a line break after": (token(id_claims()) + "\n", "form"),
    "padding": (token(id_claims()) + "==", "form"),
    "standard base64": (raw(HEAD, '{"a":"\u00bf\u00bf?>"}'.encode()).replace("_", "/"), "form"),
    "foreign letters": (token(id_claims()).replace("e", "\u0435", 1), "form"),
    "JSON form": (json.dumps({"payload": "e30", "signatures": []}), "form"),
    "five parts (JWE)": ("eyJhbGciOiJkaXIifQ..AA.AA.AA", "form"),
    "a name twice in the header": (raw(b'{"alg":"none","alg":"ES256","kid":"one"}', GOOD), "header"),
    "header a list": (raw(b'["ES256"]', GOOD), "header"),
    "header with a byte order mark": (raw(b"\xef\xbb\xbf" + HEAD, GOOD), "header"),
    "header with bytes after it": (raw(HEAD + b"x", GOOD), "header"),
    "payload a name twice": (raw(HEAD, GOOD[:-1] + b',"sub":"bob"}'), "payload"),
    "payload UTF-16": (raw(HEAD, json.dumps(id_claims()).encode("utf-16")), "payload"),
    "payload with NaN": (raw(HEAD, GOOD[:-1] + b',"x":NaN}'), "payload"),
    "payload with 1e999": (raw(HEAD, GOOD[:-1] + b',"x":1e999}'), "payload"),
    "payload 33 levels deep": (raw(HEAD, GOOD[:-1] + b',"x":' + b"[" * 32 + b"]" * 32 + b"}"), "payload"),
    "payload a lone surrogate": (raw(HEAD, GOOD[:-1] + b',"x":"\\ud800"}'), "payload"),
    "payload not an object": (raw(HEAD, b'"alice"'), "payload"),
    "payload empty": (raw(HEAD, b""), "payload"),
    "a claim of 2 MB": (raw(HEAD, GOOD[:-1] + b',"x":"' + b"x" * 2_000_000 + b'"}'), "size"),
    "signed by another key under our id": (token(id_claims(), OTHER, kid="one"), "signature"),
    "signature cut": (token(id_claims())[:-6], "signature"),
    "signature of zeros": (token(id_claims()).rsplit(".", 1)[0] + "." + "A" * 86, "signature"),
}


@pytest.mark.parametrize("name", FORMS)
def test_an_odd_form_is_refused(name: str) -> None:
    """J6, J7, J14: only three strict parts of strict JSON, small enough, with a right signature."""
    text, check = FORMS[name]
    with pytest.raises(TokenInvalid) as refused:
        judge_id_token(text)
    assert refused.value.facts["check"] == check
    assert text[:20] == "" or text[:20] not in refused.value.message


GOODS = {
    "plain": id_claims(),
    "a list of one": id_claims(aud=[CLIENT]),
    "59 s over": id_claims(exp=NOW - 59),
    "59 s early": id_claims(nbf=NOW + 59, iat=NOW + 59),
    "fractions": id_claims(exp=NOW + 0.5, iat=NOW - 0.25),
    "right azp": id_claims(azp=CLIENT),
    "many private claims": id_claims(**{f"c{number}": [{"x": number}] for number in range(100)}),
}


@pytest.mark.parametrize("name", GOODS)
def test_good_tokens_pass(name: str) -> None:
    """J8, J9: strictness refuses nothing that is right; a skew of 59 s is forgiven."""
    judge_id_token(token(GOODS[name]))


def test_a_trusted_audience_may_stand_beside_us() -> None:
    """J9: other audiences only when trusted, and then azp must be us."""
    text = token(id_claims(aud=[CLIENT, API], azp=CLIENT))
    judge_id_token(text, trusted_audiences=(API,))


@pytest.mark.parametrize("member", ["jku", "x5u", "jwk", "x5c"])
def test_keys_brought_by_the_token_are_never_used(member: str) -> None:
    """J4 (CVE-2026-27962): a token signed by the key it brings along is refused, a right one is not harmed by it."""
    brought: Any = OTHER.public_jwk() if member == "jwk" else ["AAAA"] if member == "x5c" else "http://127.0.0.1:9/keys"
    with pytest.raises(TokenInvalid):
        judge_id_token(token(id_claims(), OTHER, **{"kid": REMOVED, member: brought}))
    judge_id_token(token(id_claims(), **{member: brought}))


ACCESS: dict[str, tuple[dict[str, Any], dict[str, Any], str | None]] = {
    "at+jwt": ({}, {"typ": "at+jwt"}, None),
    "application/at+jwt": ({}, {"typ": "application/at+jwt"}, None),
    "plain JWT": ({}, {}, None),
    "no typ": ({}, {"typ": REMOVED}, None),
    "userinfo beside us": ({"aud": [API, f"{ISSUER}/userinfo"]}, {}, None),
    "an ID token by its nonce": ({"nonce": "n"}, {}, "typ"),
    "an ID token by its at_hash": ({"at_hash": "x"}, {}, "typ"),
    "an ID token of Cognito": ({"token_use": "id"}, {}, "typ"),
    "an ID token of Keycloak": ({"typ": "ID"}, {}, "typ"),
    "a DPoP proof": ({}, {"typ": "dpop+jwt"}, "typ"),
    "another audience": ({"aud": CLIENT}, {}, "aud"),
    "an unknown audience beside us": ({"aud": [API, "https://evil.example"]}, {}, "aud"),
    "expired": ({"exp": NOW - 61}, {}, "exp"),
    "no expiry": ({"exp": REMOVED}, {}, "exp"),
}


@pytest.mark.parametrize("name", ACCESS)
def test_access_tokens_are_judged_as_such(name: str) -> None:
    """J11, RFC 9068 4: an ID token is never taken for an access token."""
    claims, header, check = ACCESS[name]
    validator = TokenValidator(issuer=ISSUER, audience=API, keys=KEYS, clock=FakeClock())
    text = token(access_claims(**claims), **header)
    if check is None:
        assert validator.validate(text)["sub"] == "alice"
    else:
        with pytest.raises(TokenInvalid) as refused:
            validator.validate(text)
        assert refused.value.facts["check"] == check


@pytest.mark.parametrize("secret", ["PEM", "JWK", "DER"])
def test_a_public_key_is_never_an_hmac_key(secret: str) -> None:
    """J2 (CVE-2026-48526): HS256 with the text of the public key as secret is refused."""
    import hashlib
    import hmac

    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from jwt import PyJWK

    from my_app.jose import base64url

    public = PyJWK(KEY.public_jwk()).key
    forms = {
        "PEM": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "DER": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "JWK": json.dumps(KEY.public_jwk()).encode(),
    }
    signing_input = ".".join((base64url.encode(b'{"alg":"HS256","kid":"one"}'), base64url.encode(json.dumps(id_claims()).encode())))
    signature = hmac.new(forms[secret], signing_input.encode(), hashlib.sha256).digest()
    with pytest.raises(TokenInvalid) as refused:
        judge_id_token(f"{signing_input}.{base64url.encode(signature)}")
    assert refused.value.facts["check"] == "alg"


def test_nothing_to_check_is_a_failure() -> None:
    """Emptiness never reads as success: no keys, an empty signature, an empty set."""
    with pytest.raises(TokenInvalid) as refused:
        judge_id_token(token(id_claims()), KeySet(()))
    assert "empty" in refused.value.message
    with pytest.raises(TokenInvalid):
        judge_id_token(token(id_claims()).rsplit(".", 1)[0] + ".", KeySet((KEY,)))


def test_a_huge_token_costs_nothing() -> None:
    """J14 (CVE-2026-119284): 100 MB of dots are refused by their length, before they are taken apart."""
    text = "." * 100_000_000
    with pytest.raises(TokenInvalid) as refused:
        judge_id_token(text)
    assert refused.value.facts["check"] == "size"
