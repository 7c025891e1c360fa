"""Public vectors of others: Wycheproof, the JOSE cookbook, JSONTestSuite, RFC examples (DESIGN 2, rank 8 of the bar)."""

from __future__ import annotations

import json
from typing import Any

import pytest

import public_vectors
from my_app.errors import BadMetadata, TokenInvalid
from my_app.jose import base64url, parse
from my_app.jose.keys import Key, KeySet
from my_app.jose.sign import sign_bytes
from my_app.jose.verify import verify_signature


def accepted(jws: str, keys: KeySet, algorithms: tuple[str, ...] | None = None) -> bool:
    """Whether the signature layer takes the token; anything but a tidy refusal fails the test."""
    try:
        verify_signature(parse.split(jws), keys, algorithms=algorithms)
    except TokenInvalid:
        return False
    return True


def refused_for(token: str) -> object:
    """The check a token fails when it is read; None when it is read."""
    try:
        parse.decode(token, limit=parse.LOOK_LIMIT)
    except TokenInvalid as fault:
        return fault.facts["check"]
    return None


def usable_keys(document: bytes) -> tuple[Key, ...]:
    """The keys of a published document; none when it is refused as one."""
    try:
        return KeySet.parse(document).keys
    except BadMetadata:
        return ()


def local(document: dict[str, Any]) -> KeySet:
    """A key set of this machine's own."""
    return KeySet.parse(json.dumps(document).encode(), local=True)


def test_every_sound_wycheproof_signature_vector_comes_out_right() -> None:
    """J1, J2, J6: 393 of 393 sound JWS vectors, and the two that only look valid are refused."""
    errata = public_vectors.load("errata.json")["wycheproof/json_web_signature_test.json"]
    use = {number: entry["use"] for entry in errata for number in entry["tcId"]}
    right, wrong, refusals = 0, [], 0
    for group in public_vectors.load("wycheproof/json_web_signature_test.json")["testGroups"]:
        keys = local(group.get("public") or group["private"])
        for case in group["tests"]:
            verdict = use.get(case["tcId"], case["result"])
            taken = isinstance(case["jws"], str) and accepted(case["jws"], keys)
            if case["tcId"] in (372, 373):
                refusals += not taken
            elif verdict in ("valid", "invalid") and case["tcId"] not in (367, 370):
                right += taken == (verdict == "valid")
                if taken != (verdict == "valid"):
                    wrong.append(case["tcId"])
    assert wrong == []
    assert (right, refusals) == (393, 2)


def test_keys_that_name_another_algorithm_refuse_until_that_name_is_dropped() -> None:
    """RFC 8725 3.1: the four ambiguous vectors are refused as they are, and right without the key's alg."""
    seen = 0
    for group in public_vectors.load("wycheproof/json_web_signature_test.json")["testGroups"]:
        for case in group["tests"]:
            if case["tcId"] in (346, 347, 350, 351):
                seen += 1
                assert not accepted(case["jws"], local(group["public"]))
                bare = {name: value for name, value in group["public"].items() if name != "alg"}
                wanted = ("PS384",) if bare["kty"] == "RSA" else ("ES512",)
                assert accepted(case["jws"], local(bare), wanted)
    assert seen == 4


def test_every_wycheproof_key_case_comes_out_right() -> None:
    """J12: weak, short, mixed, doubled, misused and off-curve keys are refused, 26 of 26."""
    wrong, count = [], 0
    for group in public_vectors.load("wycheproof/json_web_key_test.json")["testGroups"]:
        for document in filter(None, (group.get("public"), group["private"])):
            for case in group["tests"]:
                count += document is group["private"]
                if accepted(case["jws"], local(document)) != (case["result"] == "valid"):
                    wrong.append(case["tcId"])
    assert (wrong, count) == ([], 26)


def test_the_signatures_of_the_mixed_wycheproof_file_come_out_right() -> None:
    """RFC 8725 3.1: all 49 JWS cases of the file that mixes algorithms and keys."""
    wrong, count = [], 0
    for group in public_vectors.load("wycheproof/json_web_crypto_test.json")["testGroups"]:
        for case in group["tests"]:
            if "jws" in case:
                count += 1
                jws = case["jws"] if isinstance(case["jws"], str) else json.dumps(case["jws"])
                if accepted(jws, local(group.get("public") or group["private"])) != (case["result"] == "valid"):
                    wrong.append(case["tcId"])
    assert (wrong, count) == ([], 49)


@pytest.mark.parametrize(
    "name", ["4_1.rsa_v15_signature", "4_2.rsa-pss_signature", "4_3.ecdsa_signature", "4_4.hmac-sha2_integrity_protection"]
)
def test_cookbook_signatures_verify_and_deterministic_ones_are_made_again(name: str) -> None:
    """RFC 7520 4.1 to 4.4: the cookbook's compact tokens verify with the cookbook's keys."""
    entry = public_vectors.load(f"jose-cookbook/jws/{name}.json")
    # The cookbook's example keys name no algorithm, or none of their own.
    jwk = {member: value for member, value in entry["input"]["key"].items() if member != "alg"}
    keys, wanted = local(jwk), (entry["input"]["alg"],)
    token = entry["output"]["compact"]
    assert accepted(token, keys, wanted)
    assert not accepted(token[:-6] + ("AAAAAA" if token[-6:] != "AAAAAA" else "BBBBBB"), keys, wanted)
    if entry.get("reproducible"):
        key = Key.read(jwk, algorithm=wanted[0])
        assert sign_bytes(entry["input"]["payload"].encode(), key, header=entry["signing"]["protected"]) == token


def test_cookbook_forms_other_than_compact_are_refused() -> None:
    """J6: JSON, flattened, detached and unencoded forms are no tokens here, even with a right signature."""
    for name in (
        "jws/4_5.signature_with_detached_content",
        "jws/4_6.protecting_specific_header_fields",
        "jws/4_8.multiple_signatures",
    ):
        entry = public_vectors.load(f"jose-cookbook/{name}.json")
        key = entry["input"].get("key", entry["input"].get("keys"))
        keys = local({"keys": key if isinstance(key, list) else [key]})
        for form in entry["output"].values():
            assert not accepted(form if isinstance(form, str) else json.dumps(form), keys)
    for name in ("hmac-sha2_b64_false", "4.2.hmac-sha2_b64_false"):
        entry = public_vectors.load(f"jose-cookbook/rfc7797/{name}.json")
        keys = local(entry["input"]["key"])
        for form in entry["output"].values():
            assert not accepted(form if isinstance(form, str) else json.dumps(form), keys)
    curve = public_vectors.load("jose-cookbook/curve25519/jws.json")
    assert accepted(curve["output"]["compact"], local(curve["input"]["key"]))


def test_rfc_examples_come_out_as_the_rfcs_say() -> None:
    """RFC 7515 A and E, RFC 7519 3.1 and 6.1, RFC 8037 A: right verdicts, unsecured and critical ones refused."""
    vectors = public_vectors.load("rfc/rfc-vectors.json")
    for name in ("rfc7515-A.1", "rfc7515-A.2", "rfc7515-A.3", "rfc7515-A.4", "rfc7519-3.1", "rfc8037-A"):
        assert accepted(vectors[name]["compact"], local(vectors[name]["jwk"])), name
    some = local(vectors["rfc7515-A.1"]["jwk"])
    for name in ("rfc7515-A.5", "rfc7519-6.1"):
        assert not accepted(vectors[name]["compact"], some), name
    for name in ("rfc7515-A.6.4", "rfc7515-A.7"):
        assert not accepted(json.dumps(vectors[name]["json"]), some), name
    assert not accepted(vectors["rfc7515-E"]["compact"][0], some)


def test_thumbprints_are_those_of_the_rfcs() -> None:
    """J15, RFC 7638 3.1 and RFC 8037 A.3."""
    vectors = public_vectors.load("rfc/rfc-vectors.json")
    rsa = vectors["rfc7638-3.1"]
    assert Key.read(rsa["jwk"]).thumbprint() == next(value for name, value in rsa.items() if "thumbprint" in name)
    assert Key.read(vectors["rfc8037-A"]["jwk"]).thumbprint() == vectors["rfc8037-A"]["thumbprint_sha256"]


def test_json_suite_as_header_and_as_payload() -> None:
    """J7: every file that must be refused is refused tidily in both places; good objects are read in both."""
    key = Key.read({"kty": "oct", "k": base64url.encode(bytes(32))})
    header = base64url.encode(b'{"alg":"HS256"}')
    refused = read = 0
    for name, data in public_vectors.json_suite().items():
        part = base64url.encode(data)
        as_payload = f"{header}.{part}.{base64url.encode(key.sign(f'{header}.{part}'.encode()))}"
        as_header = f"{part}.e30.AAAA"
        for token in (as_header, as_payload):
            check = refused_for(token)
            refused += check is not None
            read += check is None
            assert check in (None, "header", "payload", "form"), name
            assert check is not None or not name.startswith("n_"), name
            assert check is None or not name.startswith("y_object") or "duplicated" in name, name
    assert refused > 500
    assert read == 20


def test_json_suite_as_a_key_set() -> None:
    """J12: no file of JSONTestSuite becomes a key set, and each refusal is one of ours."""
    for name, data in public_vectors.json_suite().items():
        for document in (data, b'{"keys":' + data + b"}"):
            assert usable_keys(document) == (), name
