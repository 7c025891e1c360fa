"""Terminal sign-in in Auth0's and Okta's dialects, against functions that give the documented answers.

Answers: Auth0 docs, "Authenticate using the Resource Owner Password flow with MFA" and "MFA API"; Okta guide
"Configure direct auth grants" (both August 2026). No server here speaks these dialects, so they are self-tested.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import ModuleType
from urllib.parse import parse_qsl

import pytest

from my_app.errors import (
    BadAnswer,
    LoginTimeout,
    MyAppError,
    NetworkUnavailable,
    RateLimited,
    ServerRefused,
    Unsupported,
    WrongCredentials,
)
from my_app.model import Challenge, PromptKind, TokenSet
from my_app.oauth import direct_auth0, direct_okta
from my_app.oauth.client_auth import Client
from my_app.oauth.exchange import Exchange, Response, Tick, Wire
from my_app.oauth.metadata import by_hand
from my_app.secret import Secret
from my_app.strict_json import parse_object
from my_app.testing import answer

AUTH0 = by_hand("https://acme.auth0.test/", {"token": "https://acme.auth0.test/oauth/token"})
OKTA = by_hand("https://acme.okta.test", {"token": "https://acme.okta.test/oauth2/default/v1/token"})
CLIENT = Client(client_id="cli")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TOKENS = answer({"access_token": "at", "token_type": "Bearer", "expires_in": 600})
MFA = answer({"error": "mfa_required", "error_description": "Multifactor authentication required", "mfa_token": "mt"}, status=403)
PENDING = answer({"error": "authorization_pending"}, status=400)
Reply = Response | MyAppError


class Talk:
    """One conversation with a scripted server; keeps what was sent and how long each request waited."""

    def __init__(self, dialect: ModuleType, *replies: Reply, **opening: str) -> None:
        self.dialect = dialect
        self.metadata = AUTH0 if dialect is direct_auth0 else OKTA
        self.replies = list(replies)
        self.sent: list[Wire] = []
        self.waits: list[float] = []
        self.now = NOW
        first = dialect.first(self.metadata, CLIENT, scopes=("openid",), entropy=bytes(32), **opening)
        self.at = self.carry(first)

    def carry(self, exchange: Exchange[Challenge | TokenSet]) -> Challenge | TokenSet:
        """To its end; every reply is used once."""
        try:
            request = next(exchange)
            while True:
                self.now += request.not_before
                self.waits.append(request.not_before.total_seconds())
                self.sent.append(request.build(Tick(self.now, bytes(64))))
                reply = self.replies.pop(0)
                if isinstance(reply, MyAppError):
                    request = exchange.throw(reply)
                else:
                    request = exchange.send(Response(at=self.now, status=reply.status, headers=reply.headers, body=reply.body))
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]

    def say(self, **answers: str) -> Challenge | TokenSet:
        """The person's answers."""
        given = {PromptKind(kind): Secret(text) for kind, text in answers.items()}
        assert isinstance(self.at, Challenge)
        self.at = self.carry(self.dialect.answer(self.metadata, CLIENT, self.at, given, scopes=("openid",)))
        return self.at

    @property
    def asked(self) -> Challenge:
        """What is asked now."""
        assert isinstance(self.at, Challenge)
        return self.at

    def form(self, place: int = -1) -> dict[str, str]:
        """The form of one request."""
        return dict(parse_qsl(self.sent[place].body.decode()))


def signing_in(dialect: ModuleType, *replies: Reply, **opening: str) -> Talk:
    """A conversation after user name and password."""
    talk = Talk(dialect, *replies, **opening)
    talk.say(username="alice", password="pw secret")
    return talk


BOTH = pytest.mark.parametrize("dialect", [direct_auth0, direct_okta])


@BOTH
def test_host_is_named_before_anything_is_sent(dialect: ModuleType) -> None:
    """Rule 2: the questions name the host that gets the password, and nothing left before they were answered."""
    talk = Talk(dialect)
    assert talk.asked.host == talk.metadata.endpoints["token"].split("/")[2]
    assert [prompt.kind for prompt in talk.asked.prompts] == [PromptKind.USERNAME, PromptKind.PASSWORD]
    assert not talk.sent


@BOTH
def test_code_from_an_app_is_the_second_step(dialect: ModuleType) -> None:
    """Password, mfa_required, a code pasted with a space: the mfa-otp grant carries both and brings tokens."""
    talk = signing_in(dialect, MFA, TOKENS)
    assert talk.asked.prompts[0].kind is PromptKind.CHOICE
    talk.say(choice="Code from an app")
    assert isinstance(talk.say(otp="123 456"), TokenSet)
    assert talk.form(0)["grant_type"] == "password"
    assert talk.form()["grant_type"] == "http://auth0.com/oauth/grant-type/mfa-otp"
    assert (talk.form()["mfa_token"], talk.form()["otp"]) == ("mt", "123456")


@BOTH
def test_secrets_are_in_no_repr_and_no_address(dialect: ModuleType) -> None:
    """Rule 1: password, code and mfa_token show in no repr of the conversation and in no URL."""
    talk = signing_in(dialect, MFA)
    shown = repr(talk.asked) + repr(talk.sent) + "".join(wire.url for wire in talk.sent)
    assert "pw secret" not in shown
    assert "'mt'" not in shown


@BOTH
def test_three_wrong_passwords_end_it(dialect: ModuleType) -> None:
    """Rules 4 and 5: each wrong answer is one request and one question, with the tries left; the third ends it."""
    wrong = answer({"error": "invalid_grant", "error_description": "Wrong \x1b[31m[b]password."}, status=403)
    talk = signing_in(dialect, wrong, wrong, wrong)
    assert (talk.asked.prompts[1].attempts_left, len(talk.sent)) == (2, 1)
    assert "\x1b" not in talk.asked.prompts[1].problem
    talk.say(username="alice", password="b")
    with pytest.raises(WrongCredentials):
        talk.say(username="alice", password="c")
    assert len(talk.sent) == 3


@BOTH
@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (NetworkUnavailable("cut"), NetworkUnavailable),
        (Response(at=NOW, status=429, headers={"retry-after": "1"}), RateLimited),
        (Response(at=NOW, status=307, headers={"location": "https://evil.test/"}), BadAnswer),
        (answer({"error": "password_leaked"}, status=401), ServerRefused),
        (answer({"code": "too_many_attempts", "description": "\x1b[2Jblocked"}, status=429), ServerRefused),
        (Response(at=NOW, status=200, body=b"<html>proxy</html>"), BadAnswer),
        (answer({"error": "mfa_required"}, status=403), BadAnswer),
        (answer({"access_token": "at", "token_type": "mac"}), BadAnswer),
    ],
)
def test_password_is_never_repeated(dialect: ModuleType, reply: Reply, kind: type[MyAppError]) -> None:
    """Rules 3, 4, 6 and 11: whatever happens to a password request, it is sent once and the end is one clean sentence."""
    talk = Talk(dialect, reply)
    with pytest.raises(kind) as caught:
        talk.say(username="alice", password="pw")
    assert len(talk.sent) == 1
    assert "\x1b" not in str(caught.value)
    assert "pw" not in str(caught.value)


def to_push(dialect: ModuleType, *replies: Reply, **extra: object) -> Talk:
    """A conversation that waits for the phone."""
    started = answer({"challenge_type": "oob", "oob_code": "oc", **extra})
    talk = signing_in(dialect, MFA, started, *replies)
    ways = talk.asked.prompts[0].choices
    talk.say(choice=next(way for way in ways if way.startswith("Approve")))
    return talk


@BOTH
def test_push_is_polled_at_the_pace_asked_for(dialect: ModuleType) -> None:
    """Pending, slow_down and a lost answer are waited out; only this request is repeated (rule 4)."""
    slow = answer({"error": "slow_down"}, status=400)
    talk = to_push(dialect, PENDING, slow, NetworkUnavailable("cut"), TOKENS)
    assert talk.asked.prompts[0].kind is PromptKind.PUSH
    assert isinstance(talk.say(push=""), TokenSet)
    assert talk.waits[-4:] == [5, 5, 10, 20]
    assert (talk.form()["oob_code"], talk.form()["mfa_token"]) == ("oc", "mt")
    assert "binding_code" not in talk.form()


@BOTH
def test_push_refused_or_unanswered_ends_it(dialect: ModuleType) -> None:
    """A refusal on the phone is final, and so is its time limit (rule 8)."""
    no = answer({"error": "invalid_grant", "error_description": "MFA Authorization rejected."}, status=403)
    with pytest.raises(WrongCredentials, match="phone"):
        to_push(dialect, no).say(push="")
    talk = to_push(dialect, *[PENDING] * 9, expires_in=30)
    assert talk.asked.expires_at == NOW + timedelta(seconds=30)
    with pytest.raises(LoginTimeout):
        talk.say(push="")


@BOTH
def test_sent_code_is_not_one_a_seed_could_answer(dialect: ModuleType) -> None:
    """A code sent by text message is asked for as its own kind, so that no stored seed answers it."""
    talk = to_push(dialect, TOKENS, binding_method="prompt")
    assert talk.asked.prompts[0].kind is PromptKind.CODE
    assert isinstance(talk.say(code="12 34 56"), TokenSet)
    assert talk.form()["binding_code"] == "123456"


@BOTH
def test_number_to_pick_is_shown_not_sent(dialect: ModuleType) -> None:
    """A transfer shows the number, cleaned, and polls without it."""
    talk = to_push(dialect, TOKENS, binding_method="transfer", binding_code="95\x1b")
    assert "95" in talk.asked.prompts[0].label
    assert "\x1b" not in talk.asked.prompts[0].label
    talk.say(push="")
    assert "binding_code" not in talk.form()


@BOTH
def test_choice_outside_the_list_is_asked_again(dialect: ModuleType) -> None:
    """An answer that is none of the choices reaches no server."""
    talk = signing_in(dialect, MFA)
    talk.say(choice="carrier pigeon")
    assert talk.asked.prompts[0].problem
    assert len(talk.sent) == 1


def test_auth0_recovery_code_and_audience() -> None:
    """The recovery grant, and the API's audience with the password."""
    talk = signing_in(direct_auth0, MFA, TOKENS, audience="https://api.test")
    assert talk.form(0)["audience"] == "https://api.test"
    talk.say(choice="Recovery code")
    assert isinstance(talk.say(recovery="ABCD EFGH"), TokenSet)
    assert talk.form()["grant_type"] == "http://auth0.com/oauth/grant-type/mfa-recovery-code"
    assert talk.form()["recovery_code"] == "ABCDEFGH"


def test_auth0_challenge_is_json_beside_the_token_endpoint() -> None:
    """/mfa/challenge on the same host, with the mfa_token in the body."""
    talk = to_push(direct_auth0)
    assert talk.sent[-1].url == "https://acme.auth0.test/mfa/challenge"
    assert parse_object(talk.sent[-1].body) == {"client_id": "cli", "challenge_type": "oob otp", "mfa_token": "mt"}


def test_okta_phone_alone() -> None:
    """Without a password the person approves on the phone (primary-authenticate, then the oob grant)."""
    started = answer({"oob_code": "oc", "expires_in": 300, "interval": 7, "channel": "push", "binding_method": "none"})
    talk = Talk(direct_okta, started, PENDING, TOKENS)
    talk.say(username="alice", password="")
    assert talk.sent[0].url == "https://acme.okta.test/oauth2/default/v1/primary-authenticate"
    assert isinstance(talk.say(push=""), TokenSet)
    assert talk.form()["grant_type"] == "urn:okta:params:oauth:grant-type:oob"
    assert talk.waits[1:] == [7, 7]


def test_okta_offers_only_what_its_policy_takes() -> None:
    """supported_challenge_types narrows the choice; one way left is asked at once."""
    only = {"error": "mfa_required", "mfa_token": "mt", "supported_challenge_types": direct_okta.MFA_OTP}
    assert signing_in(direct_okta, answer(only, status=403)).asked.prompts[0].kind is PromptKind.OTP


def test_second_step_elsewhere_is_not_guessed() -> None:
    """A token endpoint at another path gives no address to send an mfa_token to."""
    talk = signing_in(direct_auth0, MFA)
    talk.metadata = by_hand(None, {"token": "https://acme.auth0.test/elsewhere"})
    with pytest.raises(Unsupported):
        talk.say(choice=talk.asked.prompts[0].choices[1])
