"""TokenValidator as a service uses it: the snippet of CONTRACT, keys by the network, scopes, opaque tokens."""

from __future__ import annotations

import asyncio
import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from my_app.errors import BadMetadata, InsufficientScope, NetworkUnavailable, ServerBusy, SettingsFault, TokenInvalid
from my_app.issuers.issuing import TokenIssuer
from my_app.issuers.key_sets import KeySets
from my_app.oauth.client_auth import Client
from my_app.oauth.exchange import Response, Wire
from my_app.secret import Secret
from my_app.testing import NOON, FakeClock, ScriptedTransport, seeded
from my_app.validation import TokenValidator, granted_scopes

ISSUER = "https://issuer.example"
API = "https://api.example"


class IssuerServer:
    """An issuer as a function: metadata, keys, introspection; can be switched off."""

    def __init__(self, clock: FakeClock, algorithm: str = "ES256") -> None:
        self.tokens = TokenIssuer(issuer=ISSUER, clock=clock, entropy=seeded(), algorithm=algorithm)
        self.asked: list[str] = []
        self.down = False
        self.active: object = True
        self.about: dict[str, object] = {"scope": "files:read", "aud": API, "iss": ISSUER, "sub": "alice"}

    def __call__(self, wire: Wire) -> Response:
        path = wire.url.removeprefix(ISSUER)
        self.asked.append(path)
        if self.down:
            raise NetworkUnavailable("The issuer is down.")
        if path == "/.well-known/openid-configuration":
            document: object = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys", "introspection_endpoint": f"{ISSUER}/introspect"}
        elif path == "/keys":
            document = self.tokens.jwks()
        elif path == "/introspect":
            document = {"active": self.active, **self.about}
        else:
            return Response(at=NOON, status=404)
        return Response(at=NOON, status=200, headers={"content-type": "application/json"}, body=json.dumps(document).encode())

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        return self.asked.count(path)

    def token(self, *scopes: str, audience: str | list[str] = API) -> str:
        """An access token."""
        return self.tokens.access_token(subject="alice", client_id="cli", audience=audience, scopes=scopes)


class Bench:
    """A validator, its issuer and their clock."""

    def __init__(self, *, introspection: Client | None = None, keep: timedelta = timedelta(seconds=30)) -> None:
        self.clock = FakeClock()
        self.server = IssuerServer(self.clock)
        self.transport = ScriptedTransport(self.server, clock=self.clock)
        self.validator = TokenValidator(
            issuer=ISSUER, audience=API, transport=self.transport, clock=self.clock, introspection=introspection, keep=keep
        )


def test_the_first_token_fetches_the_keys_and_later_ones_nothing() -> None:
    """CONTRACT: issuer and audience are enough; with keys in memory there is no request."""
    bench = Bench()
    claims = bench.validator.validate(bench.server.token("files:write"), scopes=["files:write"])
    assert (claims["sub"], claims["client_id"]) == ("alice", "cli")
    asked = len(bench.server.asked)
    for _ in range(50):
        bench.validator.validate(bench.server.token("files:write"), scopes=["files:write"])
    assert len(bench.server.asked) == asked


async def test_asyncio_gets_the_same_answers() -> None:
    """The ASGI middleware's door judges as the sync one does, and a cold start fetches the keys once."""
    bench = Bench()
    text = bench.server.token("files:read")
    found = await asyncio.gather(*(bench.validator.avalidate(text, scopes=["files:read"]) for _ in range(20)))
    assert {claims["sub"] for claims in found} == {"alice"}
    assert bench.server.count("/keys") == 1
    assert bench.server.count("/.well-known/openid-configuration") == 1
    with pytest.raises(InsufficientScope):
        await bench.validator.avalidate(text, scopes=["files:write"])
    with pytest.raises(TokenInvalid):
        await bench.validator.avalidate(text[:-8])


def test_a_hundred_threads_fetch_the_keys_once() -> None:
    """J5: a cold cache under load costs one request for the keys."""
    bench = Bench()
    text, failures = bench.server.token(), []

    def work() -> None:
        try:
            bench.validator.validate(text)
        except TokenInvalid as fault:
            failures.append(fault)

    threads = [threading.Thread(target=work) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert bench.server.count("/keys") == 1


def test_a_new_key_is_found_at_once_even_after_a_fresh_fetch() -> None:
    """J5: the issuer changes its keys twice within seconds; the token of the unknown key still passes."""
    bench = Bench()
    bench.validator.validate(bench.server.token())
    bench.server.tokens.rotate()
    bench.server.tokens.rotate()
    assert bench.validator.validate(bench.server.token())["sub"] == "alice"
    assert bench.server.count("/keys") == 2


def test_a_thousand_unknown_key_ids_cost_one_fetch() -> None:
    """J5: 1,000 forged key ids, one new fetch; after the cooldown one more."""
    bench = Bench()
    bench.validator.validate(bench.server.token())
    for number in range(1000):
        forged = TokenIssuer(issuer=ISSUER, clock=bench.clock, entropy=seeded(number), algorithm="HS256")
        with pytest.raises(TokenInvalid):
            bench.validator.validate(forged.access_token(subject="eve", client_id="x", audience=API))
    assert bench.server.count("/keys") == 2
    bench.clock.advance(31)
    with pytest.raises(TokenInvalid):
        bench.validator.validate(forged.access_token(subject="eve", client_id="x", audience=API))
    assert bench.server.count("/keys") == 3


def test_old_keys_go_on_while_the_issuer_is_down_and_not_for_ever() -> None:
    """Keys are kept on failure for a day; then the temporary failure is told."""
    bench = Bench()
    bench.validator.validate(bench.server.token())
    bench.server.down = True
    bench.clock.advance(timedelta(hours=5))
    assert bench.validator.validate(bench.server.token())["sub"] == "alice"
    before = len(bench.server.asked)
    bench.clock.advance(5)
    bench.validator.validate(bench.server.token())
    assert len(bench.server.asked) == before
    bench.clock.advance(timedelta(hours=20))
    with pytest.raises(NetworkUnavailable):
        bench.validator.validate(bench.server.token())
    bench.server.down = False
    bench.clock.advance(31)
    assert bench.validator.validate(bench.server.token())["sub"] == "alice"


def test_an_issuer_that_never_answered_is_not_hammered() -> None:
    """A dead key address costs one request in five seconds, however many tokens come."""
    clock = FakeClock()
    calls: list[str] = []

    def server(wire: Wire) -> Response:
        calls.append(wire.url)
        return Response(at=NOON, status=503)

    sets = KeySets(ScriptedTransport(server), clock, seeded())
    for _ in range(10):
        with pytest.raises(ServerBusy):
            sets.get(f"{ISSUER}/keys")
    assert len(calls) == 1
    clock.advance(6)
    with pytest.raises(ServerBusy):
        sets.get(f"{ISSUER}/keys")
    assert len(calls) == 2
    calls.clear()
    validator = TokenValidator(issuer=ISSUER, audience=API, transport=ScriptedTransport(server), clock=clock)
    for _ in range(10):
        with pytest.raises(ServerBusy):
            validator.validate(IssuerServer(clock).token())
    assert len(calls) <= 2


def test_a_broken_key_document_keeps_the_old_keys() -> None:
    """One failed fetch never wipes the cache: HTML instead of keys changes nothing."""
    clock = FakeClock()
    pages = [json.dumps(TokenIssuer(issuer=ISSUER, clock=clock, entropy=seeded(), algorithm="ES256").jwks()).encode(), b"<html>"]

    def server(wire: Wire) -> Response:
        return Response(at=NOON, status=200, body=pages.pop(0) if len(pages) > 1 else pages[0])

    sets = KeySets(ScriptedTransport(server), clock, seeded())
    first = sets.get(f"{ISSUER}/keys")
    clock.advance(timedelta(minutes=11))
    assert sets.get(f"{ISSUER}/keys") is first
    with pytest.raises(BadMetadata):
        KeySets(ScriptedTransport(server), clock, seeded()).get(f"{ISSUER}/keys")


def test_scopes_all_of_and_any_of() -> None:
    """RFC 6750 3.1: a missing scope names what was needed and what was granted."""
    bench = Bench()
    text = bench.server.token("files:read", "vms:list")
    bench.validator.validate(text, scopes=["files:read", "vms:list"])
    bench.validator.validate(text, scopes="files:read vms:list")
    bench.validator.validate(text, any_scope=["files:write", "vms:list"])
    with pytest.raises(InsufficientScope) as missing:
        bench.validator.validate(text, scopes=["files:read", "files:write"])
    assert missing.value.facts == {"required": ("files:read", "files:write"), "granted": ("files:read", "vms:list")}
    with pytest.raises(InsufficientScope):
        bench.validator.validate(text, any_scope=["databases:create"])


def test_scopes_are_read_as_providers_write_them() -> None:
    """``scope`` as text or list, ``scp`` as list or text; a part of a scope is no scope."""
    assert granted_scopes({"scope": "a b"}) == {"a", "b"}
    assert granted_scopes({"scp": ["a", 1, "b"]}) == {"a", "b"}
    assert granted_scopes({"scp": "a", "scope": ["b"]}) == {"a", "b"}
    assert granted_scopes({"scope": {"a": 1}}) == frozenset()
    assert granted_scopes({"scope": "files:readwrite"}).isdisjoint({"files:read"})


def test_only_at_jwt_when_asked() -> None:
    """RFC 9068 4: with ``typ`` a plain JWT is refused."""
    bench = Bench()
    bench.validator.validate(bench.server.tokens.sign({"sub": "alice", "aud": API}))
    strict = TokenValidator(issuer=ISSUER, audience=API, transport=bench.transport, clock=bench.clock, typ="at+jwt")
    strict.validate(bench.server.token())
    with pytest.raises(TokenInvalid):
        strict.validate(bench.server.tokens.sign({"sub": "alice", "aud": API}))


def test_wrong_settings_are_told_at_once() -> None:
    """A leeway above 300 s or an empty audience is a settings error, not a hole."""
    leeways: tuple[dict[str, object], ...] = ({"leeway": timedelta(seconds=301)}, {"leeway": timedelta(seconds=-1)})
    for wrong in (*leeways, {"audience": ""}, {"audience": []}, {"issuer": ""}):
        with pytest.raises(SettingsFault):
            TokenValidator(**{"issuer": ISSUER, "audience": API, **wrong})


def test_opaque_tokens_are_asked_about_and_remembered_shortly() -> None:
    """RFC 7662: one question per 30 s and token; a revocation is noticed when the answer is over."""
    bench = Bench(introspection=Client(client_id="api", client_secret=Secret("s")))
    for _ in range(5):
        assert bench.validator.validate("opaque-token", scopes=["files:read"])["sub"] == "alice"
    assert bench.server.count("/introspect") == 1
    bench.server.active = False
    bench.clock.advance(29)
    bench.validator.validate("opaque-token")
    bench.clock.advance(1)
    with pytest.raises(TokenInvalid):
        bench.validator.validate("opaque-token")


async def test_introspection_answers_are_judged() -> None:
    """U4: ``active`` is only JSON true, and what the answer says of audience, issuer and expiry counts."""
    late = NOON.timestamp() - 61
    for active, about in (
        ("true", {}),
        (1, {}),
        (True, {"aud": "other"}),
        (True, {"iss": "https://evil.example"}),
        (True, {"exp": late}),
    ):
        bench = Bench(introspection=Client(client_id="api", client_secret=Secret("s")), keep=timedelta(0))
        bench.server.active = active
        bench.server.about |= about
        with pytest.raises(TokenInvalid):
            bench.validator.validate("opaque-token")
        with pytest.raises(TokenInvalid):
            await bench.validator.avalidate("opaque-token")


def test_without_introspection_an_opaque_token_is_refused_without_a_request() -> None:
    """Nothing is sent anywhere for a token that is no JWT."""
    bench = Bench()
    with pytest.raises(TokenInvalid) as refused:
        bench.validator.validate("opaque-token")
    assert "opaque" in refused.value.message
    assert bench.server.asked == []


def test_keys_of_the_issuer_rotate_while_old_tokens_live() -> None:
    """TokenIssuer: the old key stays published while its tokens live, the next one is there beforehand."""
    clock = FakeClock()
    issuer = TokenIssuer(issuer=ISSUER, clock=clock, entropy=seeded(), algorithm="ES256", rotate_every=timedelta(hours=1))
    validator = TokenValidator(issuer=ISSUER, audience=API, keys=issuer.key_set, clock=clock)
    old = issuer.access_token(subject="alice", client_id="cli", audience=API)
    published = issuer.key_set()
    clock.advance(timedelta(hours=1) - timedelta(seconds=10))
    late = issuer.access_token(subject="alice", client_id="cli", audience=API)
    clock.advance(20)
    new = issuer.access_token(subject="alice", client_id="cli", audience=API)
    TokenValidator(issuer=ISSUER, audience=API, keys=published, clock=clock).validate(new)
    validator.validate(new)
    validator.validate(late)
    with pytest.raises(TokenInvalid):
        validator.validate(old)
    assert len(issuer.jwks()["keys"]) == 3
    clock.advance(timedelta(minutes=6))
    assert len(issuer.jwks()["keys"]) == 2
    assert all("d" not in key for key in issuer.jwks()["keys"])


def test_issuer_and_audience_are_all_it_takes() -> None:
    """CONTRACT: the snippet as it stands, against a real issuer on loopback, with the program's own transport."""
    clock = FakeClock(datetime.now(UTC))
    pages: dict[str, bytes] = {}

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path)
            self.send_response(404 if page is None else 200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(page or b"{}")

        def log_message(self, *args: object) -> None:
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        issuer = f"http://127.0.0.1:{server.server_port}"
        tokens = TokenIssuer(issuer=issuer, clock=clock, entropy=seeded(), algorithm="RS256")
        pages["/.well-known/openid-configuration"] = json.dumps({"issuer": issuer, "jwks_uri": f"{issuer}/keys"}).encode()
        pages["/keys"] = json.dumps(tokens.jwks()).encode()
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        token = tokens.access_token(subject="alice", client_id="cli", audience="api://files", scopes=["files:write"])
        claims = TokenValidator(issuer=issuer, audience="api://files").validate(token, scopes=["files:write"])
        server.shutdown()
    assert claims["sub"] == "alice"
