"""Discovery, tokens, device, revocation, introspection, userinfo and challenge against a server that is a function."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TypeVar
from urllib.parse import parse_qs

import pytest

from my_app.carry import run
from my_app.errors import (
    AccessDenied,
    BadAnswer,
    BadMetadata,
    DeviceCodeExpired,
    IssuerMismatch,
    LoginExpired,
    MyAppError,
    NetworkUnavailable,
    RateLimited,
    ServerBusy,
    ServerRefused,
    Temporary,
    Unsupported,
    WrongCredentials,
)
from my_app.model import Challenge, PromptKind, TokenSet
from my_app.oauth import challenge, device
from my_app.oauth.authorize import AuthorizationCode
from my_app.oauth.client_auth import Client
from my_app.oauth.exchange import Exchange, Response, Wire
from my_app.oauth.introspect import introspect
from my_app.oauth.metadata import ENDPOINTS, ServerMetadata, discover, well_known
from my_app.oauth.refresh import refresh
from my_app.oauth.revoke import revoke
from my_app.oauth.token import client_credentials, exchange_code
from my_app.oauth.userinfo import userinfo
from my_app.secret import Secret
from my_app.testing import NOON, FakeClock, ScriptedTransport, answer, seeded

ISSUER = "https://issuer.test"
METADATA = ServerMetadata(issuer=ISSUER, endpoints={name: f"{ISSUER}/{name}" for name in ENDPOINTS})
PUBLIC = Client(client_id="app")
T = TypeVar("T")
CODE = AuthorizationCode(code=Secret("c0de"), code_verifier=Secret("v" * 43), redirect_uri="http://127.0.0.1:1/cb", nonce=None)
GOOD = {"access_token": "at", "token_type": "Bearer", "expires_in": 60, "refresh_token": "rt2"}
OLD = TokenSet(access_token=Secret("old"), refresh_token=Secret("rt1"), scopes=("a",), obtained_at=NOON)


def carry(exchange: Exchange[T], server: Callable[[Wire], Response], clock: FakeClock | None = None) -> tuple[T, list[Wire]]:
    clock = clock or FakeClock()
    transport = ScriptedTransport(server, clock=clock)
    return run(exchange, transport, clock=clock, entropy=seeded(), pause=clock.pause), transport.requests


def always(*args: object, **kwargs: object) -> Callable[[Wire], Response]:
    return lambda wire: answer(*args, **kwargs)  # type: ignore[arg-type]


def in_turn(*answers: Response | MyAppError) -> Callable[[Wire], Response]:
    turns: Iterator[Response | MyAppError] = iter(answers)

    def server(wire: Wire) -> Response:
        found = next(turns)
        if isinstance(found, MyAppError):
            raise found
        return found

    return server


def document(**changes: object) -> dict[str, object]:
    return {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/authorize",
        "token_endpoint": f"{ISSUER}/token",
        "jwks_uri": f"{ISSUER}/jwks",
        **changes,
    }


@pytest.mark.parametrize(
    ("issuer", "oidc", "oauth"),
    [
        (ISSUER, "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"),
        (f"{ISSUER}/", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"),
        (f"{ISSUER}/a/b", "/a/b/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/a/b"),
        (f"{ISSUER}/a/", "/a/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/a"),
    ],
)
def test_the_document_is_looked_for_in_both_places(issuer: str, oidc: str, oauth: str) -> None:
    """D1: OpenID Connect appends, RFC 8414 inserts before the path."""
    assert well_known(issuer) == (ISSUER + oidc, ISSUER + oauth)


def test_two_half_documents_make_one_whole() -> None:
    """Providers: an endpoint that stands in only one of the two documents is found."""

    def server(wire: Wire) -> Response:
        if "openid" in wire.url:
            return answer(document())
        return answer(document(revocation_endpoint=f"{ISSUER}/revoke"))

    metadata, _ = carry(discover(ISSUER, {}), server)
    assert metadata.endpoint("revocation") == f"{ISSUER}/revoke"
    assert metadata.endpoint("jwks") == f"{ISSUER}/jwks"
    with pytest.raises(Unsupported):
        metadata.endpoint("introspection")


@pytest.mark.parametrize("named", [f"{ISSUER}/", "https://ISSUER.test", f"{ISSUER}:443", "https://evil.test", None, 7, [ISSUER]])
def test_a_document_of_another_issuer_is_refused(named: object) -> None:
    """D2: character by character, no normalising."""
    with pytest.raises(IssuerMismatch):
        carry(discover(ISSUER, {}), always(document(issuer=named)))


@pytest.mark.parametrize(
    "value", ["http://issuer.test/t", "ftp://issuer.test", "", 7, None, "https://u@issuer.test/", "https://169.254.169.254/"]
)
@pytest.mark.parametrize("member", ["token_endpoint", "authorization_endpoint", "jwks_uri", "userinfo_endpoint"])
def test_an_endpoint_that_could_leak_is_refused(member: str, value: object) -> None:
    """D4, D5: each endpoint that gets secrets is https and not inside a private network."""
    with pytest.raises(BadMetadata):
        carry(discover(ISSUER, {}), always(document(**{member: value})))


@pytest.mark.parametrize(
    "body", ["<html>", "", "[]", "\ufeff{}", '{"issuer":"a","issuer":"b"}', "{" * 100_000, "NaN", "x" * 2_000_000]
)
def test_what_is_no_document_gives_one_sentence(body: str) -> None:
    """D3: HTML, lists, doubled names, bombs and nonsense end in BadMetadata."""
    with pytest.raises(BadMetadata):
        carry(discover(ISSUER, {}), always(body))


def test_an_unreachable_issuer_is_temporary() -> None:
    """A network failure is not a wrong issuer."""
    with pytest.raises(NetworkUnavailable):
        carry(discover(ISSUER, {}), in_turn(NetworkUnavailable("no route")))


def test_basic_authentication_encodes_both_parts() -> None:
    """C1: RFC 6749 2.3.1; the body then holds neither id nor secret."""
    client = Client(client_id="a:b", client_secret=Secret("/+ %:&=ü"), auth_method="client_secret_basic")
    _, [sent] = carry(client_credentials(METADATA, client, scopes=("x",)), always(GOOD))
    assert base64.b64decode(sent.headers["authorization"].removeprefix("Basic ")) == b"a%3Ab:%2F%2B+%25%3A%26%3D%C3%BC"
    assert b"client" not in sent.body.replace(b"client_credentials", b"")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (60, 60),
        ("60", 60),
        (59.9, 59),
        (None, None),
        (0, None),
        (-1, None),
        ("x", None),
        ("NaN", None),
        ("1e308", None),
        (1e308, None),
        (True, None),
        ([], None),
        ({}, None),
        ("", None),
        (10**12, None),
        ("inf", None),
    ],
)
def test_every_lifetime_is_survived(value: object, seconds: int | None) -> None:
    """T3: missing or odd means unknown, neither for ever nor zero."""
    tokens, _ = carry(exchange_code(METADATA, PUBLIC, CODE, scopes=()), always({**GOOD, "expires_in": value}))
    assert tokens.expires_at == (None if seconds is None else NOON + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"access_token": "a"}, BadAnswer),
        ({"token_type": "Bearer"}, BadAnswer),
        ({**GOOD, "token_type": "mac"}, BadAnswer),
        ({**GOOD, "token_type": ["Bearer"]}, BadAnswer),
        ({**GOOD, "token_type": "DPoP"}, BadAnswer),
        ({**GOOD, "access_token": 7}, BadAnswer),
        ({**GOOD, "access_token": "a\r\nb"}, BadAnswer),
        ({**GOOD, "access_token": "a" * 70_000}, BadAnswer),
        ({**GOOD, "error": "invalid_grant"}, ServerRefused),
        ({"ok": False, "error": "bad_auth"}, ServerRefused),
        ("<html>hello</html>", BadAnswer),
        ("", BadAnswer),
        ("[]", BadAnswer),
        ("null", BadAnswer),
    ],
)
def test_a_faulty_success_stores_nothing(body: dict[str, object] | str, fault: type[MyAppError]) -> None:
    """T2, T5: what lacks a usable token is one tidy error."""
    with pytest.raises(fault):
        carry(exchange_code(METADATA, PUBLIC, CODE, scopes=()), always(body))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(status: int) -> None:
    """T1: a secret does not travel on."""
    sent: list[Wire] = []

    def server(wire: Wire) -> Response:
        sent.append(wire)
        return answer(status=status, headers={"location": "https://evil.test/"})

    with pytest.raises(BadAnswer):
        carry(exchange_code(METADATA, PUBLIC, CODE, scopes=()), server)
    assert len(sent) == 1


def test_form_answers_and_comma_scopes_are_read() -> None:
    """Providers: GitHub answers with a form and commas."""
    body = "access_token=x&token_type=bEaReR&scope=repo%2Cgist"
    tokens, _ = carry(
        exchange_code(METADATA, PUBLIC, CODE, scopes=("repo",)),
        always(body, headers={"content-type": "application/x-www-form-urlencoded"}),
    )
    assert tokens.scopes == ("repo", "gist")
    assert tokens.token_type == "Bearer"


@pytest.mark.parametrize("wait", ["-1", "1000000000", "garbage", "Thu, 01 Jan 1970 00:00:00 GMT", ""])
def test_retry_after_nonsense_ends_within_three_tries(wait: str) -> None:
    """T6: a storm of 429 costs at most three requests."""
    with pytest.raises(RateLimited):
        carry(client_credentials(METADATA, PUBLIC, scopes=()), in_turn(*[answer(status=429, headers={"retry-after": wait})] * 3))


def test_a_named_wait_is_obeyed() -> None:
    """T6: the next try comes when the server said."""
    clock = FakeClock()
    tokens, sent = carry(
        exchange_code(METADATA, PUBLIC, CODE, scopes=()),
        in_turn(answer("<html>", status=503, headers={"Retry-After": "7"}), answer(GOOD)),
        clock,
    )
    assert clock.now() - NOON == timedelta(seconds=7)
    assert len(sent) == 2
    assert tokens.access_token == Secret("at")


def test_a_code_is_not_sent_twice_after_a_lost_answer() -> None:
    """T6: once bytes were sent the code may be spent."""
    transport = ScriptedTransport(in_turn(NetworkUnavailable("cut", sent=True), answer(GOOD)))
    clock = FakeClock()
    with pytest.raises(NetworkUnavailable):
        run(exchange_code(METADATA, PUBLIC, CODE, scopes=()), transport, clock=clock, entropy=seeded(), pause=clock.pause)
    assert len(transport.requests) == 1


@pytest.mark.parametrize(
    "dead",
    [
        answer({"error": "invalid_grant"}, status=400),
        answer({"error": "invalid_request"}, status=400),
        answer(status=400),
        answer("no", status=401),
        answer(status=403),
        answer({"error": "bad_refresh_token"}),
    ],
)
def test_every_disguise_of_a_dead_refresh_token_means_sign_in(dead: Response) -> None:
    """F3, providers: 400, 401, 403 or an error with 200 to a refresh."""
    with pytest.raises(LoginExpired):
        carry(refresh(METADATA, PUBLIC, OLD), lambda wire: dead)


@pytest.mark.parametrize(
    "busy",
    [
        answer(status=500),
        answer("<html>", status=502),
        answer({"error": "temporarily_unavailable"}, status=503),
        answer(status=429),
        answer({"error": "server_error"}, status=400),
    ],
)
def test_trouble_at_the_server_never_ends_a_session(busy: Response) -> None:
    """A busy server is temporary."""
    with pytest.raises(Temporary):
        carry(refresh(METADATA, PUBLIC, OLD), lambda wire: busy)


def test_a_refresh_keeps_what_the_answer_leaves_out() -> None:
    """F5: no new refresh token means the old one goes on; no scope is sent."""
    tokens, [sent] = carry(refresh(METADATA, PUBLIC, OLD), always({"access_token": "new", "token_type": "bearer"}))
    assert tokens.refresh_token == Secret("rt1")
    assert tokens.scopes == ("a",)
    assert "scope" not in parse_qs(sent.body.decode())


def test_a_lost_refresh_answer_is_asked_for_once_more() -> None:
    """F4: one retry with the same token, never a loop."""
    lost = NetworkUnavailable("cut", sent=True)
    tokens, sent = carry(refresh(METADATA, PUBLIC, OLD), in_turn(lost, answer(GOOD)))
    assert tokens.refresh_token == Secret("rt2")
    assert len(sent) == 2
    with pytest.raises(NetworkUnavailable):
        carry(refresh(METADATA, PUBLIC, OLD), in_turn(lost, lost, answer(GOOD)))


def test_a_client_that_is_not_accepted_is_not_a_dead_login() -> None:
    """``invalid_client`` tells about the client, not about the refresh token."""
    with pytest.raises(WrongCredentials):
        carry(refresh(METADATA, PUBLIC, OLD), always({"error": "invalid_client"}, status=401))


def started(**changes: object) -> device.DeviceAuthorization:
    body = {
        "device_code": "dc",
        "user_code": "BDSD-HQMK",
        "verification_uri": f"{ISSUER}/device",
        "expires_in": 600,
        "interval": 5,
        **changes,
    }
    found, _ = carry(
        device.start(METADATA, PUBLIC, scopes=("a",)), always({name: value for name, value in body.items() if value is not None})
    )
    return found


def gaps(*errors: str) -> tuple[TokenSet, list[float]]:
    clock = FakeClock()
    moments: list[float] = []
    turns = in_turn(
        *[answer({"error": error}, status=400) if error != "timeout" else NetworkUnavailable("slow") for error in errors],
        answer(GOOD),
    )

    def server(wire: Wire) -> Response:
        moments.append((clock.now() - NOON).total_seconds())
        return turns(wire)

    tokens, _ = carry(device.poll(METADATA, PUBLIC, started(), scopes=("a",)), server, clock)
    return tokens, [later - earlier for earlier, later in zip([0.0, *moments], moments, strict=False)]


def test_polling_waits_at_least_the_interval() -> None:
    """V1: no gap is shorter than asked."""
    tokens, waited = gaps("authorization_pending", "authorization_pending")
    assert waited == [5, 5, 5]
    assert tokens.access_token == Secret("at")


def test_each_slow_down_adds_five_seconds_for_good() -> None:
    """V2: three in a row."""
    assert gaps("slow_down", "slow_down", "slow_down", "authorization_pending")[1] == [5, 10, 15, 20, 20]


def test_a_timeout_doubles_the_gap() -> None:
    """V3: a server that does not answer is asked less often."""
    assert gaps("timeout", "timeout")[1] == [5, 10, 20]


def test_the_code_ends_by_its_own_clock() -> None:
    """V4: a server that says pending for ever does not keep us for ever."""
    with pytest.raises(DeviceCodeExpired):
        carry(device.poll(METADATA, PUBLIC, started(), scopes=()), always({"error": "authorization_pending"}, status=400))


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        ("access_denied", AccessDenied),
        ("expired_token", DeviceCodeExpired),
        ("invalid_grant", ServerRefused),
        ("strange", ServerRefused),
    ],
)
def test_the_ends_of_polling_read_differently(error: str, fault: type[MyAppError]) -> None:
    """V4: denied, expired and faults are told apart."""
    with pytest.raises(fault):
        carry(device.poll(METADATA, PUBLIC, started(), scopes=()), always({"error": error}, status=400))


@pytest.mark.parametrize("value", [0, -1, "5", 1e9, None, "NaN", [], 10**30])
def test_odd_intervals_and_lifetimes_are_survived(value: object) -> None:
    """V8: zero, negative, text, huge and missing."""
    found = started(interval=value, expires_in=value)
    assert timedelta(seconds=1) <= found.interval <= timedelta(minutes=5)
    assert timedelta(0) < found.expires_at - NOON <= timedelta(hours=1)


@pytest.mark.parametrize("page", ["http://issuer.test/device", "javascript:alert(1)", "https://u@x.test/", "x" * 10_000, 7])
def test_a_page_that_may_not_be_shown_is_refused(page: object) -> None:
    """V6: https only; a bad complete address is left out, a bad plain one refused."""
    with pytest.raises(BadMetadata):
        started(verification_uri=page)
    assert started(verification_uri_complete=page).verification_uri_complete is None


def test_a_user_code_is_cleaned() -> None:
    """V6: escapes in a code show as text."""
    assert "\x1b" not in started(user_code="AB\x1b[2JCD").user_code


def test_revocation_is_honest() -> None:
    """U4: 200 is success, 503 means it still lives, an unsupported kind is explained."""
    _, [sent] = carry(revoke(METADATA, PUBLIC, Secret("t"), hint="refresh_token"), always())
    assert parse_qs(sent.body.decode())["token"] == ["t"]
    assert "t" not in sent.url.split("/")
    with pytest.raises(ServerBusy):
        carry(revoke(METADATA, PUBLIC, Secret("t"), hint="refresh_token"), always(status=503))
    with pytest.raises(Unsupported):
        carry(revoke(METADATA, PUBLIC, Secret("t"), hint="access_token"), always({"error": "unsupported_token_type"}, status=400))


@pytest.mark.parametrize(("said", "active"), [(True, True), (False, False), ("true", False), (1, False), (None, False)])
def test_only_true_is_active(said: object, active: bool) -> None:
    """U4: introspection needs a JSON true."""
    found, _ = carry(introspect(METADATA, PUBLIC, Secret("t")), always({"active": said}))
    assert found["active"] is active


def test_userinfo_of_somebody_else_is_refused() -> None:
    """U3: the subject must be the signed-in one."""
    found, _ = carry(userinfo(METADATA, Secret("t"), sub="ana"), always({"sub": "ana"}))
    assert found == {"sub": "ana"}
    with pytest.raises(BadAnswer):
        carry(userinfo(METADATA, Secret("t"), sub="ana"), always({"sub": "eve"}))
    with pytest.raises(LoginExpired):
        carry(userinfo(METADATA, Secret("t"), sub="ana"), always(status=401))


def asked(kind: str, **more: object) -> Response:
    return answer({"error": "insufficient_authorization", "auth_session": "s1", "challenge": [{"kind": kind, **more}]}, status=403)


def test_direct_sign_in_asks_answers_and_ends_in_tokens() -> None:
    """The challenge endpoint: each question is a value, the newest session goes along, the code is exchanged without a redirect."""
    outcome, _ = carry(
        challenge.first(METADATA, PUBLIC, scopes=("openid",), entropy=bytes(64)),
        always(
            {
                "error": "insufficient_authorization",
                "auth_session": "s0",
                "challenge": [{"kind": "username"}, {"kind": "password"}],
            },
            status=401,
        ),
    )
    assert isinstance(outcome, Challenge)
    assert [prompt.kind for prompt in outcome.prompts] == [PromptKind.USERNAME, PromptKind.PASSWORD]
    assert outcome.host == "issuer.test"
    again, [sent] = carry(
        challenge.answer(
            METADATA, PUBLIC, outcome, {PromptKind.USERNAME: Secret("ana"), PromptKind.PASSWORD: Secret("pw")}, scopes=()
        ),
        lambda wire: asked("otp", attempts_left=2),
    )
    assert parse_qs(sent.body.decode())["auth_session"] == ["s0"]
    assert isinstance(again, Challenge)
    assert again.prompts[0].attempts_left == 2
    tokens, [_, exchanged] = carry(
        challenge.answer(METADATA, PUBLIC, again, {PromptKind.OTP: Secret("123456")}, scopes=()),
        in_turn(answer({"authorization_code": "c"}), answer(GOOD)),
    )
    assert isinstance(tokens, TokenSet)
    assert "redirect_uri" not in parse_qs(exchanged.body.decode())
    assert "s1" not in repr(again) + str(again.continuation)


@pytest.mark.parametrize(
    "wanted", [None, [], [{"kind": "retina"}], [{"kind": "otp"}, {"kind": "dance"}], "otp", [7], {"kind": "otp"}]
)
def test_a_question_nobody_knows_is_refused(wanted: object) -> None:
    """An unknown challenge suggests the browser instead of guessing."""
    with pytest.raises(BadAnswer) as caught:
        carry(
            challenge.first(METADATA, PUBLIC, scopes=(), entropy=bytes(64)),
            always(json.dumps({"error": "insufficient_authorization", "challenge": wanted}), status=403),
        )
    assert "browser" in caught.value.hint or wanted in ([7], [], None, "otp", {"kind": "otp"})
