"""``my-app jwt``: shows what it can of anything, and says valid or refused, never more."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.door import Door, door
from my_app.errors import NetworkUnavailable
from my_app.inspecting import Inspector
from my_app.issuers.key_sets import KeySets
from my_app.jose.make import make_key
from my_app.jose.sign import sign_claims, unsecured
from my_app.oauth.exchange import Response, Wire
from my_app.testing import NOON, ScriptedTransport, answer, seeded
from tui.fakes import HOSTILE

ISSUER = "https://id.example"
KEY = make_key("ES256", entropy=seeded())
CLAIMS = {"iss": ISSUER, "aud": "api://x", "sub": "ana"}
TOKEN = sign_claims(CLAIMS, KEY, now=NOON, lifetime=timedelta(hours=1))


def issuer(wire: Wire) -> Response:
    """An issuer with its keys."""
    if wire.url.endswith("/jwks"):
        return answer({"keys": [KEY.public_jwk()]})
    metadata = {
        "issuer": ISSUER,
        "jwks_uri": f"{ISSUER}/jwks",
        "authorization_endpoint": f"{ISSUER}/a",
        "token_endpoint": f"{ISSUER}/t",
    }
    return answer(metadata) if "/.well-known/" in wire.url else answer({}, status=404)


def unreachable(wire: Wire) -> Response:
    """Nobody there."""
    raise NetworkUnavailable("No answer came from id.example.")


def home_with(server: Any = issuer) -> Door:
    """A home whose inspector is the real one."""
    home = door()
    transport = ScriptedTransport(server)
    clock = home.world.clock
    inspector = Inspector(key_sets=KeySets(transport, clock, seeded()), transport=transport, clock=clock)
    home.world.services = replace(home.world.services, inspector=inspector)
    return home


def test_decode_shows_header_and_claims() -> None:
    """From standard input; claims raw in JSON, in words beside it; the signature is not checked and says so."""
    value = home_with().run("jwt", "decode", "--json", stdin=f"Bearer {TOKEN}\n").json("jwt decode")
    assert value["claims"] == {**CLAIMS, "iat": int(NOON.timestamp()), "exp": int(NOON.timestamp()) + 3600}
    assert (value["signature"], value["algorithm"]) == ("not_checked", "ES256")
    assert value["expires_at"] == "2026-11-24T13:00:00Z"
    text = home_with().run("jwt", "decode", "-", stdin=TOKEN).out
    assert "in 60 m" in text
    assert "Not verified" in text


def test_decode_a_file(tmp_path: Path) -> None:
    """``@FILE``; the token itself is never an argument (H1)."""
    home = home_with()
    (tmp_path / "t").write_text(TOKEN)
    home.cwd = tmp_path
    assert home.run("jwt", "decode", "@t").code == 0
    assert home.run("jwt", "decode", "@missing").code == 2
    said = home.run("jwt", "decode", TOKEN)
    assert said.code == 2
    assert TOKEN not in said.err


@pytest.mark.parametrize("text", ["", "garbage", "a.b.c", "..", "{}", HOSTILE, "\x00" * 50, "x" * 3_000_000, "eyJhbGciOiJub25lIn0"])
def test_decode_garbage_is_exit_5(text: str) -> None:
    """Never a traceback; under ``--json`` standard output is empty; nothing raw reaches the terminal."""
    home = home_with()
    said = home.run("jwt", "decode", "--json", stdin=text)
    assert said.code == 5
    assert said.error()["code"] == "token_invalid"
    words = home.run("jwt", "decode", stdin=text)
    assert words.code == 5
    assert not set("\x1b\x07\u202e\x00") & set(words.out + words.err)


def test_verify_by_the_issuer_s_keys() -> None:
    """Valid is exit 0, with every check and its reason."""
    value = home_with().run("jwt", "verify", "--issuer", ISSUER, "--audience", "api://x", "--json", stdin=TOKEN).json("jwt verify")
    assert (value["valid"], value["signature"]) == (True, "valid")
    assert value["claims"]["sub"] == "ana"
    assert {check["name"]: check["ok"] for check in value["checks"]}["aud"] is True


@pytest.mark.parametrize(
    ("token", "more", "signature"),
    [
        (TOKEN, ["--audience", "other"], "valid"),
        (TOKEN[:-6] + "AAAAAA", ["--audience", "api://x"], "invalid"),
        (TOKEN, ["--audience", "api://x", "--at", str(int(NOON.timestamp()) + 90_000)], "valid"),
        (TOKEN, ["--audience", "api://x", "--alg", "RS256"], "invalid"),
        (unsecured(CLAIMS, now=NOON), ["--audience", "api://x"], "invalid"),
        ("garbage", ["--audience", "api://x"], "cannot_check"),
    ],
    ids=["audience", "changed", "late", "algorithm", "none", "garbage"],
)
def test_refused_is_exit_5(token: str, more: list[str], signature: str) -> None:
    """A refusal prints its checks, then the error object; the reason is in both."""
    said = home_with().run("jwt", "verify", "--issuer", ISSUER, *more, "--json", stdin=token)
    value = said.json("jwt verify")
    assert (said.code, value["valid"], value["signature"]) == (5, False, signature)
    assert said.last_error()["code"] == "token_invalid"


def test_an_unreachable_issuer_is_temporary() -> None:
    """Keys that could not be fetched are no refusal: ``cannot_check`` and exit 4."""
    said = home_with(unreachable).run("jwt", "verify", "--issuer", ISSUER, "--audience", "api://x", "--json", stdin=TOKEN)
    assert (said.code, said.json("jwt verify")["signature"]) == (4, "cannot_check")


def test_verify_by_a_file_of_keys(tmp_path: Path) -> None:
    """``--jwks`` needs no network: a key set or one bare key; ``--signature-only`` checks no claims."""
    home = home_with(unreachable)
    home.cwd = tmp_path
    (tmp_path / "set.json").write_text(json.dumps({"keys": [KEY.public_jwk()]}))
    (tmp_path / "key.json").write_text(json.dumps(KEY.public_jwk()))
    (tmp_path / "bad.json").write_text("[]")
    old = sign_claims(CLAIMS, KEY, now=datetime(2020, 1, 1, tzinfo=UTC))
    for name in ("set.json", "key.json"):
        assert home.run("jwt", "verify", "--jwks", name, "--issuer", ISSUER, "--audience", "api://x", stdin=TOKEN).code == 0
        assert home.run("jwt", "verify", "--jwks", name, "--signature-only", stdin=old).code == 0
        assert home.run("jwt", "verify", "--jwks", name, "--issuer", ISSUER, "--audience", "api://x", stdin=old).code == 5
    assert home.run("jwt", "verify", "--jwks", "bad.json", "--signature-only", "--json", stdin=TOKEN).code == 5
    assert home.run("jwt", "verify", "--jwks", "none.json", "--signature-only", stdin=TOKEN).code == 2


@pytest.mark.parametrize(
    "argv",
    [
        [], ["--issuer", ISSUER], ["--audience", "x"], ["--jwks", "k.json"], ["--signature-only"],
        ["--issuer", ISSUER, "--audience", "x", "--jwks", "k", "--signature-only"],
        ["--issuer", ISSUER, "--audience", "x", "--at", "noon"],
    ],
)  # fmt: skip
def test_verify_demands_to_know_what_for(argv: list[str]) -> None:
    """Without issuer and audience any token would pass: exit 2."""
    assert home_with().run("jwt", "verify", *argv, stdin=TOKEN).code == 2


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA", "HS256"])
def test_keygen_sign_and_verify(algorithm: str, tmp_path: Path) -> None:
    """A key made here signs, and what it signed verifies; the private part is in a 0600 file only (H1, H2)."""
    home = home_with(unreachable)
    home.cwd = tmp_path
    made = home.run("jwt", "keygen", "--alg", algorithm, "--out", "key.json", "--json")
    public = made.json("jwt keygen")["public"]
    assert (public is None) == (algorithm == "HS256")
    private = json.loads((tmp_path / "key.json").read_text())
    assert private.get("d", private.get("k")) not in made.out
    assert (tmp_path / "key.json").stat().st_mode & 0o777 == 0o600
    token = home.run("jwt", "sign", "--key", "key.json", "--lifetime", "1h", "--json", stdin=json.dumps(CLAIMS)).json("jwt sign")[
        "token"
    ]
    said = home.run("jwt", "verify", "--jwks", "key.json", "--issuer", ISSUER, "--audience", "api://x", stdin=token)
    assert said.code == 0, said
    assert home.run("jwt", "keygen", "--out", "key.json").code == 2
    assert json.loads((tmp_path / "key.json").read_text()) == private


def test_sign_refuses_what_is_no_claims_or_no_key(tmp_path: Path) -> None:
    """Broken claims, a public key, no key at all: exit 2."""
    home = home_with(unreachable)
    home.cwd = tmp_path
    (tmp_path / "public.json").write_text(json.dumps(KEY.public_jwk()))
    (tmp_path / "text").write_text("no json")
    assert home.run("jwt", "sign", "--key", "public.json", stdin="{}").code == 2
    assert home.run("jwt", "sign", "--key", "text", stdin="{}").code == 2
    assert home.run("jwt", "sign", "--key", "missing", stdin="{}").code == 2
    home.run("jwt", "keygen", "--out", "key.json")
    for claims in ("", "[]", "{", '{"a":1,"a":2}'):
        assert home.run("jwt", "sign", "--key", "key.json", stdin=claims).code == 2


def test_diff(tmp_path: Path) -> None:
    """Only what differs, header and claims; garbage is exit 5; hostile values are harmless in words (X1)."""
    home = home_with(unreachable)
    home.cwd = tmp_path
    (tmp_path / "a").write_text(TOKEN)
    (tmp_path / "b").write_text(
        sign_claims({**CLAIMS, "sub": HOSTILE, "aud": "api://x"}, KEY, now=NOON, lifetime=timedelta(hours=1))
    )
    (tmp_path / "c").write_text("garbage")
    value = home.run("jwt", "diff", "@a", "@b", "--json").json("jwt diff")
    assert [(each["name"], each["left"]) for each in value["differences"]] == [("sub", "ana")]
    assert not set("\x1b\x07\u202e") & set(home.run("jwt", "diff", "@a", "@b").out)
    assert home.run("jwt", "diff", "@a", "@a", "--json").json("jwt diff")["equal"] is True
    assert home.run("jwt", "diff", "@a", "@c").code == 5
    assert home.run("jwt", "diff", "@a", TOKEN).code == 2
