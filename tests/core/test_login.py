"""Sign-in by every flow against a provider that is a function (rows A1 to A7, C, E, G)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from my_app.adapters.loopback import Listener
from my_app.errors import (
    AccessDenied,
    BindingChanged,
    DeviceCodeExpired,
    IssuerMismatch,
    LoginTimeout,
    MyAppError,
    NetworkUnavailable,
    PortInUse,
    PromptNeeded,
    StateMismatch,
    TokenInvalid,
    Unsupported,
    WrongAccount,
    WrongCredentials,
)
from my_app.events import BrowserPage, DevicePage, DevicePoll, LoginEvent, Saved, StrayCallback, TokensChecked
from my_app.jose.make import make_key
from my_app.jose.sign import sign_claims
from my_app.login import Logins
from my_app.model import Answers, Binding, Challenge, Flow, Kind, PromptKind, Record
from my_app.oauth.exchange import Response, Wire
from my_app.secret import Secret
from my_app.testing import FakeClock, MemoryStore, ScriptedTransport, answer, seeded
from sessions_door import ISSUER, METADATA, OneProfile, Trail

KEY = make_key("ES256", entropy=seeded(9), kid="k1")


@dataclass
class Provider:
    """An authorization server that is a function; fields bend it."""

    clock: FakeClock
    claims: dict[str, object] = field(default_factory=dict)
    token_extra: dict[str, object] = field(default_factory=dict)
    nonce: str | None = None
    polls: list[str] = field(default_factory=list)
    challenges: list[tuple[int, dict[str, object]]] = field(default_factory=list)
    userinfo: dict[str, object] | None = None
    metadata: dict[str, object] = field(default_factory=lambda: dict(METADATA))
    forms: list[dict[str, str]] = field(default_factory=list)
    refuse_scope: str = ""
    tokens: Response | None = None

    def __call__(self, wire: Wire) -> Response:
        """The answer."""
        path = urlsplit(wire.url).path
        if "/.well-known/" in path:
            return answer(self.metadata) if "openid" in path else answer(status=404)
        if path == "/jwks":
            return answer({"keys": [KEY.public_jwk()]})
        if path == "/userinfo":
            return answer(self.userinfo) if self.userinfo is not None else answer(status=404)
        form = dict(parse_qsl(wire.body.decode()))
        self.forms.append({"path": path, **form})
        if path == "/device":
            if self.refuse_scope and self.refuse_scope in form["scope"].split():
                return answer({"error": "invalid_scope"}, status=400)
            return answer(
                {
                    "device_code": "dc",
                    "user_code": "WDJB-MJHT",
                    "verification_uri": f"{ISSUER}/device-page",
                    "expires_in": 60,
                    "interval": 5,
                }
            )
        if path == "/challenge":
            status, body = self.challenges.pop(0)
            return answer(body, status=status)
        if self.polls:
            return answer({"error": self.polls.pop(0)}, status=400)
        return self.tokens or self.granted()

    def granted(self) -> Response:
        """A good token answer."""
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": ISSUER,
            "sub": "u1",
            "aud": "cli",
            "iat": now,
            "exp": now + 300,
            "preferred_username": "alice",
            **({"nonce": self.nonce} if self.nonce else {}),
            **self.claims,
        }
        id_token = sign_claims(claims, KEY, now=self.clock.now(), lifetime=None)
        return answer(
            {
                "access_token": "at",
                "token_type": "Bearer",
                "expires_in": 600,
                "refresh_token": "rt",
                "scope": "openid files",
                "id_token": id_token,
                **self.token_extra,
            }
        )


async def visit(url: str) -> None:
    """What a browser does with a redirect to the listener."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
    await reader.read(64)
    writer.close()


Reply = Callable[["Home", str, str], list[str]]


def good(home: Home, redirect_uri: str, state: str) -> list[str]:
    """The callbacks of a provider that does all right."""
    return [f"{redirect_uri}?code=c0de&state={state}&iss={ISSUER}"]


@dataclass
class Home:
    """Everything a sign-in touches; the browser answers like a person who approves."""

    provider: Provider
    clock: FakeClock
    store: MemoryStore
    trail: Trail
    accounts: OneProfile
    logins: Logins
    transport: ScriptedTransport
    events: list[LoginEvent] = field(default_factory=list)
    reply: Reply = good
    opened: list[str] = field(default_factory=list)
    loop: asyncio.AbstractEventLoop | None = None
    visits: list[object] = field(default_factory=list)
    shown: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the browser page is told."""

    def watch(self, event: LoginEvent) -> None:
        """Keep the event."""
        self.events.append(event)
        if isinstance(event, BrowserPage):
            self.shown.set()

    def open(self, url: str) -> bool:
        """The Browser port."""
        self.opened.append(url)
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self.provider.nonce = query.get("nonce")
        assert self.loop is not None
        self.visits.append(asyncio.run_coroutine_threadsafe(self._visit(query), self.loop))
        return True

    async def _visit(self, query: dict[str, str]) -> None:
        for url in self.reply(self, query["redirect_uri"], query["state"]):
            await visit(url)

    async def sign_in(self, **how: object) -> object:
        """Run an attempt."""
        self.loop = asyncio.get_running_loop()
        how.setdefault("flow", Flow.BROWSER)
        how.setdefault("ask", nobody)
        return await self.logins.attempt("work", watch=self.watch, **how).run()  # type: ignore[arg-type]

    def event(self, kind: type) -> object:
        """The first event of a kind."""
        return next(event for event in self.events if isinstance(event, kind))


async def nobody(challenge: Challenge) -> Answers:
    """Nobody may be asked."""
    raise PromptNeeded("Nobody may be asked.")


def home(**profile: object) -> Home:
    """A home with a profile and nothing stored."""
    clock = FakeClock()
    provider = Provider(clock)
    transport = ScriptedTransport(provider, clock=clock)
    store, trail, accounts = MemoryStore(), Trail(), OneProfile(**profile)
    built = Home(provider, clock, store, trail, accounts, None, transport)  # type: ignore[arg-type]
    built.logins = Logins(
        accounts=accounts,
        store=store,
        transport=transport,
        listener=Listener,
        browser=built,
        clock=clock,
        entropy=seeded(3),
        audit=trail,
        environ={},
        pause=clock.pause,
        apause=clock.apause,
        platform="linux",
    )
    return built


async def test_browser_sign_in_is_saved_with_where_it_may_go() -> None:
    """PKCE, state, nonce, iss and the ID token are checked; the record holds its binding before anything is reported."""
    here = home(api_url="https://api.example.test/v1")
    done = await here.sign_in()
    record = here.store.load("work")
    assert record is not None
    assert record.tokens is not None
    assert record.identity is not None
    assert (record.identity.username, record.identity.sub) == ("alice", "u1")
    assert record.binding == Binding(
        issuer=ISSUER, client_id="cli", token_hosts=(ISSUER,), api_origins=("https://api.example.test", ISSUER)
    )
    assert done.scopes == ("openid", "files")  # type: ignore[attr-defined]
    query = parse_qs(urlsplit(here.opened[0]).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["response_type"] == ["code"]
    assert here.provider.forms[-1]["code_verifier"]
    assert isinstance(here.events[-1], Saved)
    assert here.trail.lines == [("login", "ok", "")]


async def test_strays_and_forgeries_do_not_end_the_wait() -> None:
    """L8: wrong state, doubled code, favicon first; then the right answer succeeds, and each forgery was told."""
    here = home()
    here.reply = lambda _, uri, state: [
        f"{uri}?code=evil&state=wrong",
        f"{uri}?error=access_denied&state=wrong",
        f"{uri}?code=a&code=b&state={state}",
        uri.replace("callback", "favicon.ico"),
        *good(here, uri, state),
    ]
    await here.sign_in()
    assert sum(isinstance(event, StrayCallback) for event in here.events) == 3
    assert here.provider.forms[-1]["code"] == "c0de"


@pytest.mark.parametrize(
    ("parameters", "kind", "words"),
    [
        ("error=access_denied&error_description=No%1b%5b2J", AccessDenied, "denied"),
        ("error=server_error", MyAppError, "refused"),
        ("code=c0de&iss=https://evil.test", IssuerMismatch, r"evil\.test"),
        ("code=c0de&iss=https://id.example.test/", IssuerMismatch, "not from"),
    ],
)
async def test_refusals_end_the_wait_and_store_nothing(parameters: str, kind: type[MyAppError], words: str) -> None:
    """L10, R1: a refusal with our state ends it, cleaned; no token request leaves and the store is unchanged."""
    here = home()
    here.reply = lambda _, uri, state: [f"{uri}?{parameters}&state={state}"]
    with pytest.raises(kind, match=words) as told:
        await here.sign_in()
    assert "\x1b" not in told.value.message
    assert here.store.load("work") is None
    assert here.provider.forms == []
    assert here.trail.lines[0][1] in ("denied", "failed")


async def test_pasted_address_goes_through_the_same_judge() -> None:
    """A7: without a browser the address may be pasted; foreign state, bare words and replays are refused, the right one taken."""
    here = home()
    attempt = here.logins.attempt("work", flow=Flow.BROWSER, watch=here.watch, ask=nobody, open_browser=False)
    early = attempt.paste("http://127.0.0.1/callback?code=x&state=y")
    assert isinstance(early, StateMismatch)
    running = asyncio.create_task(attempt.run())
    await here.shown.wait()
    page = here.event(BrowserPage)
    assert isinstance(page, BrowserPage)
    assert not page.opened
    query = parse_qs(urlsplit(page.url).query)
    here.provider.nonce = query["nonce"][0]
    assert isinstance(attempt.paste("c0de"), MyAppError)
    assert isinstance(attempt.paste(f"{page.redirect_uri}?code=x&state=other"), StateMismatch)
    assert attempt.paste(f"{page.redirect_uri}?code=c0de&state={query['state'][0]}") is None
    await running
    assert here.store.load("work") is not None


async def test_registered_address_elsewhere_is_pasted_only() -> None:
    """A redirect URI that is no loopback address: no listener stands, the address the browser ends on is pasted."""
    here = home(redirect_uri="https://app.example.test/done")
    attempt = here.logins.attempt("work", flow=Flow.BROWSER, watch=here.watch, ask=nobody, open_browser=False)
    running = asyncio.create_task(attempt.run())
    await here.shown.wait()
    page = here.event(BrowserPage)
    assert isinstance(page, BrowserPage)
    query = parse_qs(urlsplit(page.url).query)
    here.provider.nonce = query["nonce"][0]
    assert attempt.paste(f"https://app.example.test/done?code=c0de&state={query['state'][0]}") is None
    await running
    assert here.provider.forms[-1]["redirect_uri"] == "https://app.example.test/done"


async def test_cancel_frees_the_port_and_stores_nothing() -> None:
    """L4: cancelling the task (Esc) frees the port at once and leaves a line in the trail."""
    here = home()
    here.reply = lambda _, uri, state: []
    task = asyncio.create_task(here.sign_in())
    await here.shown.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    port = urlsplit(parse_qs(urlsplit(here.opened[0]).query)["redirect_uri"][0]).port
    with socket.socket() as free:
        free.bind(("127.0.0.1", port))
    assert here.store.load("work") is None
    assert here.trail.lines == [("login", "failed", "cancelled")]


async def test_nobody_finishes_in_time() -> None:
    """The wait has a limit, and the words say where to look."""
    here = home()
    here.reply = lambda _, uri, state: []
    with pytest.raises(LoginTimeout) as told:
        await here.sign_in(timeout=timedelta(milliseconds=50))
    assert "browser shows an error page" in told.value.hint


async def test_port_in_use_is_named() -> None:
    """L2: a fixed port that is taken gives a named error before any browser opens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        here = home(redirect_ports=(held.getsockname()[1],))
        with pytest.raises(PortInUse, match=str(held.getsockname()[1])):
            await here.sign_in()
    assert here.opened == []


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.test"},
        {"aud": "other"},
        {"nonce": "other"},
        {"exp": 1},
        {"iat": "now"},
        {"sub": None},
        {"aud": ["cli", "other"], "azp": "other"},
    ],
)
async def test_bad_id_token_voids_every_token(claims: dict[str, object]) -> None:
    """T8: an ID token that fails its checks leaves the store as it was."""
    here = home()
    before = here.store.save(Record(name="work", kind=Kind.OAUTH))
    here.provider.claims = claims
    with pytest.raises(TokenInvalid):
        await here.sign_in()
    assert here.store.load("work") == before


async def test_wrong_account_is_refused_before_anything_is_saved() -> None:
    """The identity guard names both accounts; nothing is stored. The right one passes in any case of letters."""
    here = home(expect_account="bob@example.test")
    with pytest.raises(WrongAccount, match=r"bob@example\.test.*alice") as told:
        await here.sign_in()
    assert (told.value.facts["expected"], told.value.facts["received"]) == ("bob@example.test", "alice")
    assert here.store.load("work") is None
    here.accounts.value = replace(here.accounts.value, expect_account="Alice")
    await here.sign_in()
    assert here.store.load("work") is not None


async def test_identity_from_userinfo_or_unknown() -> None:
    """Without an ID token userinfo says who it is; without either the identity is unknown, and that is said."""
    here = home()
    here.provider.token_extra = {"id_token": ""}
    here.provider.userinfo = {"sub": "u7", "email": "zoe@example.test"}
    done = await here.sign_in()
    assert done.identity.email == "zoe@example.test"  # type: ignore[attr-defined]
    here.provider.userinfo = None
    here.events.clear()
    done = await here.sign_in()
    assert done.identity is None  # type: ignore[attr-defined]
    checked = here.event(TokensChecked)
    assert isinstance(checked, TokensChecked)
    assert not checked.identity_known


async def test_client_secret_goes_nowhere_new() -> None:
    """D6: a stored client secret is not sent to a token endpoint the config was edited to."""
    here = home(token_url="https://evil.test/token")
    binding = Binding(issuer=ISSUER, client_id="cli", token_hosts=(ISSUER,))
    here.store.save(Record(name="work", kind=Kind.OAUTH, binding=binding, client_secret=Secret("s")))
    with pytest.raises(BindingChanged):
        await here.sign_in()
    assert here.provider.forms == []


async def test_device_code_waits_as_the_server_says() -> None:
    """V1, V2: code and page are told; each poll waits the interval, slow_down adds five seconds for good."""
    here = home()
    here.provider.polls = ["authorization_pending", "slow_down", "authorization_pending", "slow_down"]
    await here.sign_in(flow=Flow.DEVICE)
    page = here.event(DevicePage)
    assert isinstance(page, DevicePage)
    assert (page.user_code, page.same_host) == ("WDJB-MJHT", True)
    waits = [event.interval.total_seconds() for event in here.events if isinstance(event, DevicePoll)]
    assert waits == [5, 5, 10, 10, 15]
    assert here.store.load("work") is not None


@pytest.mark.parametrize(
    ("polls", "kind"),
    [
        (["access_denied"], AccessDenied),
        (["expired_token"], DeviceCodeExpired),
        (["authorization_pending"] * 99, DeviceCodeExpired),
        (["something_else"], MyAppError),
    ],
)
async def test_device_endings_read_differently(polls: list[str], kind: type[MyAppError]) -> None:
    """V4: denial, expiry (also when the server says pending for ever) and faults end the polling, each in its own words."""
    here = home()
    here.provider.polls = polls
    with pytest.raises(kind):
        await here.sign_in(flow=Flow.DEVICE)
    assert here.store.load("work") is None


async def test_unknown_offline_access_is_dropped_once() -> None:
    """A provider that does not know offline_access is asked again without it."""
    here = home(scopes=("openid", "offline_access"))
    here.provider.refuse_scope = "offline_access"
    done = await here.sign_in(flow=Flow.DEVICE)
    assert done.requested_scopes == ("openid",)  # type: ignore[attr-defined]


INSUFFICIENT = "insufficient_authorization"


async def test_terminal_sign_in_asks_until_the_code_is_right() -> None:
    """User name and password, a wrong code with tries left, the right code; then tokens without a redirect URI."""
    here = home()
    here.provider.challenges = [
        (403, {"error": INSUFFICIENT, "auth_session": "s1", "challenge": [{"kind": "username"}, {"kind": "password"}]}),
        (403, {"error": INSUFFICIENT, "auth_session": "s2", "challenge": [{"kind": "otp"}]}),
        (
            403,
            {
                "error": INSUFFICIENT,
                "auth_session": "s2",
                "challenge": [{"kind": "otp", "attempts_left": 2}],
                "error_description": "That code is wrong.",
            },
        ),
        (200, {"authorization_code": "c0de"}),
    ]
    asked: list[Challenge] = []
    codes = iter(["000000", "123456"])

    async def ask(challenge: Challenge) -> Answers:
        asked.append(challenge)
        given = {PromptKind.USERNAME: "alice", PromptKind.PASSWORD: "pw"}
        return {prompt.kind: Secret(given.get(prompt.kind) or next(codes)) for prompt in challenge.prompts}

    await here.sign_in(flow=Flow.TERMINAL, ask=ask)
    assert [prompt.kind for prompt in asked[0].prompts] == [PromptKind.USERNAME, PromptKind.PASSWORD]
    assert (asked[2].prompts[0].attempts_left, asked[2].prompts[0].problem) == (2, "That code is wrong.")
    assert asked[0].host == "id.example.test"
    assert "redirect_uri" not in here.provider.forms[-1]
    assert here.store.load("work") is not None


async def test_terminal_without_an_answer_names_the_prompt() -> None:
    """A prompt nobody answers ends the sign-in with exit 3 and stores nothing."""
    here = home()
    here.provider.challenges = [(403, {"error": INSUFFICIENT, "challenge": [{"kind": "username"}]})]

    async def ask(challenge: Challenge) -> Answers:
        return {}

    with pytest.raises(PromptNeeded, match="User name"):
        await here.sign_in(flow=Flow.TERMINAL, ask=ask)
    assert here.store.load("work") is None


async def test_stored_seed_answers_the_code_once() -> None:
    """A stored TOTP seed answers the first code prompt; after a refusal a person is asked."""
    here = home()
    here.store.save(Record(name="work", kind=Kind.OAUTH, totp_seed=Secret("JBSWY3DPEHPK3PXP")))
    here.provider.challenges = [
        (403, {"error": INSUFFICIENT, "challenge": [{"kind": "otp"}]}),
        (403, {"error": INSUFFICIENT, "challenge": [{"kind": "otp"}], "error_description": "wrong"}),
    ]
    with pytest.raises(PromptNeeded):
        await here.sign_in(flow=Flow.TERMINAL)
    assert here.provider.forms[1]["otp"].isdigit()


def test_client_credentials_need_no_person() -> None:
    """A service account signs in with its stored secret by basic; a wrong one is said, nothing stored is lost."""
    here = home(flow=Flow.CLIENT_CREDENTIALS)
    record = here.store.save(
        Record(
            name="work",
            kind=Kind.CLIENT_CREDENTIALS,
            binding=Binding(issuer=ISSUER, client_id="cli"),
            client_secret=Secret("s3cret"),
        )
    )
    here.provider.tokens = answer({"error": "invalid_client"}, status=401)
    with pytest.raises(WrongCredentials):
        here.logins.automatic("work")
    assert here.store.load("work") == record
    here.provider.tokens = None
    done = here.logins.automatic("work")
    assert done.scopes == ("openid", "files")
    saved = here.store.load("work")
    assert saved is not None
    assert saved.client_secret == Secret("s3cret")
    assert saved.binding.token_hosts == (ISSUER,)
    assert any(wire.headers.get("authorization", "").startswith("Basic ") for wire in here.transport.requests)


@pytest.mark.parametrize(("status", "kind"), [(200, None), (401, WrongCredentials), (403, WrongCredentials), (404, MyAppError)])
def test_api_key_is_proven_at_its_check_url(status: int, kind: type[MyAppError] | None) -> None:
    """An API key is sent in its header to its check URL only; 401 and 403 mean a wrong key."""
    here = home(flow=Flow.API_KEY, header="X-Key", check_url="https://api.example.test/me")
    binding = Binding(api_origins=("https://api.example.test",))
    here.store.save(Record(name="work", kind=Kind.API_KEY, binding=binding, api_key=Secret("k-1")))
    here.transport.server = lambda wire: answer(status=status)
    if kind is None:
        assert here.logins.automatic("work").state == "static"
    else:
        with pytest.raises(kind):
            here.logins.automatic("work")
    assert here.transport.requests[0].headers["x-key"] == "k-1"


def test_flows_follow_preset_endpoints_and_secrets() -> None:
    """What can be offered: by preset, by endpoints set by hand, and client credentials only with a secret."""
    here = home(provider="github", flow=Flow.AUTO, issuer=None)
    assert here.logins.flows("work") == {Flow.BROWSER, Flow.DEVICE}
    here.store.save(Record(name="work", kind=Kind.OAUTH, client_secret=Secret("s")))
    assert Flow.CLIENT_CREDENTIALS in here.logins.flows("work")
    with pytest.raises(Unsupported):
        home().logins.attempt("work", flow=Flow.API_KEY, watch=lambda event: None, ask=nobody)


async def test_automatic_device_becomes_browser_where_not_offered() -> None:
    """No display: device code, unless the metadata names no endpoint for it; the reason is said."""
    here = home(flow=Flow.AUTO)
    del here.provider.metadata["device_authorization_endpoint"]
    await here.sign_in(flow=None)
    assert "no device code" in here.events[0].reason  # type: ignore[union-attr]


async def test_unreachable_provider_is_named() -> None:
    """Discovery that cannot be reached ends the sign-in before any browser opens."""
    here = home()

    def down(wire: Wire) -> Response:
        raise NetworkUnavailable("id.example.test refused the connection.", sent=False)

    here.transport.server = down
    with pytest.raises(NetworkUnavailable):
        await here.sign_in()
    assert here.opened == []


def test_open_page_checks_the_address() -> None:
    """A6: only checked addresses reach a browser."""
    here = home()
    for url in ("file:///etc/passwd", "javascript:alert(1)", "-x", "https://a b", "http://evil.test"):
        with pytest.raises(MyAppError):
            here.logins.open_page(url)
    assert here.opened == []
