"""Bound tokens, pushed requests, key files and step-up through the use cases (rows C3, C7, J10)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest

from my_app.adapters.key_file import KeyFiles
from my_app.adapters.loopback import Listener
from my_app.calls.api import ApiCalls
from my_app.calls.token_source import TokenSource
from my_app.discovery import Discovery
from my_app.errors import LoginNeeded, PromptNeeded, SettingsFault, StepUpNeeded, TokenInvalid, UnsafeFile, Unsupported
from my_app.integrations.httpx_auth import TokenAuth
from my_app.jose.keys import Key
from my_app.jose.make import make_key
from my_app.jose.parse import decode
from my_app.jose.private_key import signing_key
from my_app.jose.sign import sign_claims
from my_app.login import Logins
from my_app.model import Answers, Binding, Challenge, Flow, Kind, Record
from my_app.oauth.exchange import Response, Wire
from my_app.secret import Secret
from my_app.session import Sessions
from my_app.testing import FakeClock, MemoryStore, ScriptedTransport, answer, seeded
from sessions_door import ISSUER, METADATA, OneProfile, Trail

SIGNER = make_key("ES256", entropy=seeded(9), kid="k1")
API = "https://api.example.test"


def proof_of(wire: Wire) -> dict[str, Any]:
    """Claims of the proof with the thumbprint of its key as ``jkt``."""
    token = decode(wire.headers["dpop"])
    return {**token.claims, "jkt": Key.read(cast(Any, token.header["jwk"])).thumbprint()}


@dataclass
class Server:
    """An authorization server and its API in one function."""

    clock: FakeClock
    binds: bool = True
    demands_push: bool = False
    nonce: str = ""
    """Asked for in every proof when set."""
    id_claims: dict[str, object] = field(default_factory=dict)
    challenge: str = ""
    """``WWW-Authenticate`` of the API's 401, when set."""
    pushed: dict[str, str] = field(default_factory=dict)
    seen: list[Wire] = field(default_factory=list)
    issued: int = 0

    def __call__(self, wire: Wire) -> Response:
        """The answer."""
        self.seen.append(wire)
        path = urlsplit(wire.url).path
        if "/.well-known/" in path:
            more: dict[str, object] = {
                "pushed_authorization_request_endpoint": f"{ISSUER}/par",
                "dpop_signing_alg_values_supported": ["ES256"],
            }
            if self.demands_push:
                more["require_pushed_authorization_requests"] = True
            return answer({**METADATA, **more}) if "openid" in path else answer(status=404)
        if path == "/jwks":
            return answer({"keys": [SIGNER.public_jwk()]})
        if path == "/par":
            self.pushed = dict(parse_qsl(wire.body.decode()))
            return answer({"request_uri": "urn:r:1", "expires_in": 60}, status=201)
        if path == "/token":
            return self._tokens(wire)
        if self.challenge:
            return answer(status=401, headers={"WWW-Authenticate": self.challenge})
        if "dpop" in wire.headers and self.nonce and proof_of(wire).get("nonce") != self.nonce:
            return answer(status=401, headers={"WWW-Authenticate": 'DPoP error="use_dpop_nonce"', "DPoP-Nonce": self.nonce})
        return answer({"sub": "u1", "email": "a@example.test"})

    def _tokens(self, wire: Wire) -> Response:
        if self.nonce and "dpop" in wire.headers and proof_of(wire).get("nonce") != self.nonce:
            return answer({"error": "use_dpop_nonce"}, status=400, headers={"DPoP-Nonce": self.nonce})
        self.issued += 1
        claims = {"iss": ISSUER, "sub": "u1", "aud": "cli", "nonce": self.pushed.get("nonce"), **self.id_claims}
        id_token = sign_claims({name: value for name, value in claims.items() if value}, SIGNER, now=self.clock.now())
        kind = "DPoP" if self.binds and "dpop" in wire.headers else "Bearer"
        grant = dict(parse_qsl(wire.body.decode())).get("grant_type")
        more = {"id_token": id_token} if grant == "authorization_code" else {}
        return answer({"access_token": f"at{self.issued}", "token_type": kind, "expires_in": 600, "refresh_token": "rt", **more})


@dataclass
class Home:
    """What a sign-in touches; the browser answers at once."""

    server: Server
    store: MemoryStore
    accounts: OneProfile
    logins: Logins
    sessions: Sessions
    calls: ApiCalls
    loop: asyncio.AbstractEventLoop | None = None
    opened: list[str] = field(default_factory=list)
    visits: list[object] = field(default_factory=list)

    def open(self, url: str) -> bool:
        """The Browser port."""
        self.opened.append(url)
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        if "request_uri" not in query:
            self.server.pushed = query
        assert self.loop is not None
        self.visits.append(asyncio.run_coroutine_threadsafe(self._visit(), self.loop))
        return True

    async def _visit(self) -> None:
        asked = self.server.pushed
        parts = urlsplit(asked["redirect_uri"])
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        target = f"{parts.path}?code=c0de&state={asked['state']}&iss={ISSUER}"
        writer.write(f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        await reader.read(64)
        writer.close()

    async def sign_in(self, **how: object) -> None:
        """By browser."""
        self.loop = asyncio.get_running_loop()
        await self.logins.attempt("work", flow=Flow.BROWSER, watch=lambda event: None, ask=nobody, **how).run()  # type: ignore[arg-type]

    @property
    def record(self) -> Record:
        """What is stored now."""
        found = self.store.load("work")
        assert found is not None
        return found

    def requests(self, path: str) -> list[Wire]:
        """What reached one path."""
        return [wire for wire in self.server.seen if urlsplit(wire.url).path == path]


async def nobody(challenge: Challenge) -> Answers:
    """Nobody may be asked."""
    raise PromptNeeded("Nobody may be asked.")


def home(tmp_path: Path | None = None, **profile: object) -> Home:
    """A home with a profile and nothing stored."""
    clock = FakeClock()
    server = Server(clock)
    transport = ScriptedTransport(server, clock=clock)
    store, accounts = MemoryStore(), OneProfile(api_url=API, **profile)
    key_file = KeyFiles(tmp_path) if tmp_path is not None else None
    discovery = Discovery(transport=transport, clock=clock, entropy=seeded(), pause=clock.pause, key_file=key_file)
    common: dict[str, Any] = {
        "accounts": accounts,
        "store": store,
        "transport": transport,
        "clock": clock,
        "entropy": seeded(3),
        "audit": Trail(),
        "discovery": discovery,
        "pause": clock.pause,
    }
    sessions = Sessions(**common)
    calls = ApiCalls(accounts=accounts, sessions=sessions, store=store, transport=transport)
    built = Home(server, store, accounts, None, sessions, calls)  # type: ignore[arg-type]
    built.logins = Logins(**common, listener=Listener, browser=built, environ={}, apause=clock.apause, platform="linux")
    return built


async def test_a_bound_sign_in_uses_one_key_from_push_to_api() -> None:
    """C7: dpop_jkt, code exchange, userinfo, renewal and API calls all prove the one key that is sealed in the record."""
    here = home(dpop=True, par=True)
    here.server.nonce = "n1"
    await here.sign_in()
    assert parse_qs(urlsplit(here.opened[0]).query) == {"client_id": ["cli"], "request_uri": ["urn:r:1"]}
    key = here.record.dpop_key
    assert key is not None
    jkt = signing_key(key.reveal().encode()).thumbprint()
    assert here.server.pushed["dpop_jkt"] == jkt
    assert here.record.tokens is not None
    assert here.record.tokens.token_type == "DPoP"
    token = here.sessions.token("work", force=True)
    assert here.calls.call("work", "GET", "/vms?x=1").status == 200
    proofs = [proof_of(wire) for path in ("/token", "/userinfo", "/vms") for wire in here.requests(path)]
    assert {proof["jkt"] for proof in proofs} == {jkt}
    assert len({proof["jti"] for proof in proofs}) == len(proofs)
    last = here.requests("/vms")[-1]
    assert last.headers["authorization"] == f"DPoP {token.value.reveal()}"
    ath = base64.urlsafe_b64encode(hashlib.sha256(token.value.reveal().encode()).digest()).rstrip(b"=").decode()
    assert (proofs[-1]["htu"], proofs[-1]["ath"], proofs[-1]["nonce"]) == (f"{API}/vms", ath, "n1")


@pytest.mark.parametrize(("demanded", "par", "pushed"), [(True, None, True), (False, None, False), (False, True, True)])
async def test_requests_are_pushed_where_it_is_demanded_or_asked_for(demanded: bool, par: bool | None, pushed: bool) -> None:
    """RFC 9126 5: the provider's demand is enough; every sign-in has a reference of its own (C7)."""
    here = home(par=par)
    here.server.demands_push = demanded
    await here.sign_in()
    await here.sign_in()
    assert len(here.requests("/par")) == (2 if pushed else 0)
    assert all(("request_uri" in url) is pushed for url in here.opened)


async def test_the_key_stays_with_the_profile_until_it_is_switched_off() -> None:
    """A second sign-in proves the same key; without dpop the next one gives bearer tokens and forgets it."""
    here = home(dpop=True)
    await here.sign_in()
    first = here.record.dpop_key
    await here.sign_in()
    assert here.record.dpop_key == first
    here.accounts.value = replace(here.accounts.value, dpop=False)
    here.sessions.token("work", force=True)
    assert "dpop" in here.requests("/token")[-1].headers
    await here.sign_in()
    assert here.record.dpop_key is None
    assert here.record.tokens is not None
    assert here.record.tokens.token_type == "Bearer"


async def test_a_provider_that_ignores_proofs_gives_ordinary_tokens() -> None:
    """Providers: Bearer is used as Bearer, without proofs at the API."""
    here = home(dpop=True)
    here.server.binds = False
    await here.sign_in()
    here.calls.call("work", "GET", "/vms")
    [wire] = here.requests("/vms")
    assert wire.headers["authorization"].startswith("Bearer ")
    assert "dpop" not in wire.headers


async def test_the_library_proves_its_key_too() -> None:
    """An httpx session on a bound token sends proofs, and once more where the API asks for its nonce (RFC 9449 9)."""
    here = home(dpop=True)
    await here.sign_in()
    here.server.nonce = "api"
    services = SimpleNamespace(
        accounts=SimpleNamespace(choose=lambda name: SimpleNamespace(name="work"), profile=here.accounts.profile),
        store=here.store,
        sessions=here.sessions,
    )

    def api(request: httpx.Request) -> httpx.Response:
        wire = Wire(method=request.method, url=str(request.url), headers=dict(request.headers))
        found = here.server(wire)
        return httpx.Response(found.status, headers=dict(found.headers), content=found.body)

    auth = TokenAuth(TokenSource(cast(Any, services)))

    def once() -> int:
        with httpx.Client(auth=auth, transport=httpx.MockTransport(api)) as client:
            return client.get(f"{API}/data").status_code

    assert await asyncio.to_thread(once) == 200
    async with httpx.AsyncClient(auth=auth, transport=httpx.MockTransport(api)) as client:
        assert (await client.get(f"{API}/data")).status_code == 200
    assert [proof_of(wire).get("nonce") for wire in here.requests("/data")] == [None, "api", "api"]


@pytest.mark.parametrize(
    ("challenge", "hint"),
    [
        ('Bearer error="insufficient_user_authentication", acr_values="urn:mfa urn:hw"', '--acr "urn:mfa urn:hw"'),
        ('Bearer error="insufficient_user_authentication", max_age=300', "--max-age 300s"),
        ('DPoP error="insufficient_user_authentication", acr_values="a", max_age="5"', '--acr "a" --max-age 5s'),
    ],
)
async def test_a_refused_call_names_the_sign_in_it_wants(challenge: str, hint: str) -> None:
    """C7, RFC 9470: LoginNeeded with acr_values and max_age, after one request; the token is neither renewed nor dropped."""
    here = home()
    await here.sign_in()
    here.server.challenge = challenge
    issued = here.server.issued
    with pytest.raises(StepUpNeeded) as told:
        here.calls.call("work", "GET", "/secret")
    assert isinstance(told.value, LoginNeeded)
    assert hint in told.value.hint
    assert len(here.requests("/secret")) == 1
    assert here.server.issued == issued
    services = SimpleNamespace(
        accounts=SimpleNamespace(choose=lambda name: SimpleNamespace(name="work"), profile=here.accounts.profile),
        store=here.store,
        sessions=here.sessions,
    )
    refusing = httpx.MockTransport(lambda request: httpx.Response(401, headers={"WWW-Authenticate": challenge}))
    async with httpx.AsyncClient(auth=TokenAuth(TokenSource(cast(Any, services))), transport=refusing) as client:
        with pytest.raises(StepUpNeeded):
            await client.get(f"{API}/secret")


@pytest.mark.parametrize(
    ("claims", "good"),
    [
        ({"acr": "urn:mfa", "auth_time": 0}, True),
        ({"acr": "urn:pwd", "auth_time": 0}, False),
        ({"auth_time": 0}, False),
        ({"acr": "urn:mfa", "auth_time": -400}, False),
        ({"acr": "urn:mfa"}, False),
    ],
)
async def test_a_step_up_is_asked_for_and_checked(claims: dict[str, object], good: bool) -> None:
    """J10: acr_values and max_age are sent; an ID token that does not keep them voids everything, and the old login stays."""
    here = home()
    await here.sign_in()
    before = here.record
    now = int(here.server.clock.now().timestamp())
    here.server.id_claims = {name: now + value if isinstance(value, int) else value for name, value in claims.items()}
    how: dict[str, object] = {"acr_values": "urn:mfa urn:hw", "max_age": timedelta(seconds=300)}
    if good:
        await here.sign_in(**how)
    else:
        with pytest.raises(TokenInvalid):
            await here.sign_in(**how)
        assert here.record == before
    query = parse_qs(urlsplit(here.opened[-1]).query)
    assert (query["acr_values"], query["max_age"]) == (["urn:mfa urn:hw"], ["300"])


def write_key(place: Path, mode: int = 0o600) -> Key:
    """A fresh key as a JWK file."""
    key = make_key("ES256", entropy=seeded(4))
    place.write_text(key.private_jwk().reveal())
    place.chmod(mode)
    return key


def test_a_service_signs_in_with_its_key_file(tmp_path: Path) -> None:
    """private_key_jwt without any stored secret: the first sign-in makes the record, renewals sign anew (C3)."""
    write_key(tmp_path / "k.jwk")
    here = home(tmp_path, flow=Flow.CLIENT_CREDENTIALS, client_key="k.jwk", scopes=())
    here.logins.automatic("work")
    here.sessions.token("work", force=True)
    claims = [decode(dict(parse_qsl(wire.body.decode()))["client_assertion"]).claims for wire in here.requests("/token")]
    assert [one["aud"] for one in claims] == [ISSUER, ISSUER]
    assert claims[0]["jti"] != claims[1]["jti"]
    assert here.record.kind is Kind.CLIENT_CREDENTIALS


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """S2: nothing is sent; the sentence names the remedy. A missing one, a link and a folder are told apart too."""
    write_key(tmp_path / "k.jwk", 0o644)
    here = home(tmp_path, flow=Flow.CLIENT_CREDENTIALS, client_key="k.jwk", scopes=())
    with pytest.raises(UnsafeFile) as told:
        here.logins.automatic("work")
    assert "chmod 600" in told.value.hint
    assert here.requests("/token") == []
    here.accounts.value = replace(here.accounts.value, client_key="gone.jwk")
    with pytest.raises(SettingsFault, match="not there"):
        here.logins.automatic("work")
    (tmp_path / "link").symlink_to(tmp_path / "k.jwk")
    here.accounts.value = replace(here.accounts.value, client_key="link")
    with pytest.raises(UnsafeFile, match="link"):
        here.logins.automatic("work")


def test_a_service_may_bind_its_tokens() -> None:
    """DPoP for client credentials: a key is made at the first use, also when that is a renewal."""
    here = home(dpop=True, flow=Flow.CLIENT_CREDENTIALS, scopes=())
    binding = Binding(issuer=ISSUER, client_id="cli", token_hosts=(ISSUER,), api_origins=(API,))
    here.store.save(Record(name="work", kind=Kind.CLIENT_CREDENTIALS, binding=binding, client_secret=Secret("s")))
    assert here.sessions.token("work").token_type == "DPoP"
    first = here.record.dpop_key
    here.logins.automatic("work")
    assert here.record.dpop_key == first is not None


def test_mutual_tls_is_refused_plainly() -> None:
    """Unsupported says so and names what works; nothing is sent."""
    for field_name, value in (("client_cert", "c.pem"), ("auth_method", "tls_client_auth")):
        here = home(None, flow=Flow.CLIENT_CREDENTIALS, **{field_name: value})
        binding = Binding(issuer=ISSUER, client_id="cli")
        here.store.save(
            Record(
                name="work",
                kind=Kind.CLIENT_CREDENTIALS,
                binding=binding,
                client_secret=Secret("s"),
            )
        )
        with pytest.raises(Unsupported, match="mutual TLS"):
            here.logins.automatic("work")
        assert here.requests("/token") == []


def test_nothing_of_a_key_is_in_a_record_that_is_shown() -> None:
    """H3: repr masks the proof key and the management token."""
    key = make_key("ES256", entropy=seeded(4)).private_jwk()
    record = Record(name="work", kind=Kind.OAUTH, dpop_key=key, registration={"token": Secret("m4nagement")})
    assert json.loads(key.reveal())["d"] not in repr(record)
    assert "m4nagement" not in repr(record)
