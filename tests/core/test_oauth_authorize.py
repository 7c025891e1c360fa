"""The authorization request and its answer, judged by the pending login alone."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from my_app.errors import AccessDenied, BadAnswer, BadMetadata, IssuerMismatch, MyAppError, ServerRefused, StateMismatch
from my_app.oauth.authorize import PendingLogin, begin
from my_app.oauth.client_auth import Client
from my_app.oauth.metadata import ServerMetadata
from my_app.oauth.pkce import code_challenge, code_verifier
from my_app.secret import Secret

ISSUER = "https://issuer.test"
REDIRECT = "http://127.0.0.1:5000/cb"
ENTROPY = bytes(range(96))


def pending(
    *,
    iss_promised: bool = False,
    scopes: tuple[str, ...] = ("openid", "profile"),
    endpoint: str = f"{ISSUER}/authorize",
    extra: dict[str, str] | None = None,
) -> PendingLogin:
    metadata = ServerMetadata(issuer=ISSUER, endpoints={"authorization": endpoint}, iss_parameter=iss_promised)
    return begin(metadata, Client(client_id="app"), redirect_uri=REDIRECT, scopes=scopes, entropy=ENTROPY, extra=extra)


def query(login: PendingLogin) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(login.url).query).items()}


def callback(login: PendingLogin, **changes: str | None) -> str:
    found = {"code": "abc", "state": query(login)["state"], **changes}
    return f"{REDIRECT}?{urlencode({name: value for name, value in found.items() if value is not None})}"


def test_pkce_matches_the_vector_of_the_rfc() -> None:
    """A2: RFC 7636 appendix B."""
    octets = bytes(
        [
            116,
            24,
            223,
            180,
            151,
            153,
            224,
            37,
            79,
            250,
            96,
            125,
            216,
            173,
            187,
            186,
            22,
            212,
            37,
            77,
            105,
            214,
            191,
            240,
            91,
            88,
            5,
            88,
            83,
            132,
            141,
            121,
        ]
    )
    assert code_verifier(octets) == Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert code_challenge(code_verifier(octets)) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_request_holds_everything_a_safe_login_needs() -> None:
    """A1, A3, A4: S256, a long state, a nonce when openid is asked; parameters of a profile never replace ours."""
    sent = query(pending(extra={"prompt": "consent", "state": "evil", "code_challenge_method": "plain"}))
    assert sent["response_type"] == "code"
    assert sent["code_challenge_method"] == "S256"
    assert len(sent["state"]) >= 22
    assert len(sent["nonce"]) >= 22
    assert sent["prompt"] == "consent"
    assert sent["state"] != "evil"
    assert "nonce" not in query(pending(scopes=("repo",)))


def test_a_query_in_the_endpoint_is_kept() -> None:
    """A6: the endpoint's own query stays."""
    assert query(pending(endpoint=f"{ISSUER}/authorize?tenant=a"))["tenant"] == "a"


@pytest.mark.parametrize(
    "endpoint",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "-x",
        "%action",
        "$(id)",
        "https://a.test/&calc|x",
        "https://a.test/\r\nX",
        "https://a.test/#f",
        "http://a.test/",
    ],
)
def test_an_endpoint_that_may_not_be_opened_is_refused(endpoint: str) -> None:
    """A6: hostile metadata never reaches a browser."""
    with pytest.raises(BadMetadata):
        pending(endpoint=endpoint)


def test_a_good_callback_is_accepted_once() -> None:
    """A3, L13: the code comes out with its verifier and nonce; a replay is refused."""
    login = pending()
    code = login.accept(callback(login))
    assert code.code == Secret("abc")
    assert code.nonce == query(login)["nonce"]
    with pytest.raises(StateMismatch):
        login.accept(callback(login))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"state": "wrong"}, StateMismatch),
        ({"state": None}, StateMismatch),
        ({"state": ""}, StateMismatch),
        ({"code": None}, BadAnswer),
        ({"code": ""}, BadAnswer),
        ({"code": "x" * 9000}, BadAnswer),
        ({"error": "access_denied"}, BadAnswer),
        ({"code": None, "error": "access_denied"}, AccessDenied),
        ({"code": None, "error": "server_error"}, ServerRefused),
        ({"code": None, "error": "access_denied", "state": "wrong"}, StateMismatch),
        ({"iss": "https://issuer.test/"}, IssuerMismatch),
        ({"iss": "https://ISSUER.test"}, IssuerMismatch),
        ({"iss": "https://issuer.test:443"}, IssuerMismatch),
        ({"iss": "https://evil.test"}, IssuerMismatch),
        ({"iss": ""}, IssuerMismatch),
    ],
)
def test_every_odd_callback_is_refused(change: dict[str, str | None], fault: type[MyAppError]) -> None:
    """L8 to L10, R1: wrong state, issuer or shape ends in its own error; state is looked at first."""
    login = pending()
    with pytest.raises(fault):
        login.accept(callback(login, **change))


def test_a_wrong_state_does_not_spend_the_login() -> None:
    """L8: after strays the right answer still counts."""
    login = pending()
    for _ in range(20):
        with pytest.raises(StateMismatch):
            login.accept(callback(login, state="x"))
    assert login.accept(callback(login)).code == Secret("abc")


@pytest.mark.parametrize("doubled", ["code", "state", "iss", "error"])
def test_doubled_parameters_are_refused(doubled: str) -> None:
    """L9: each parameter that matters stands at most once, however it is encoded."""
    login = pending()
    with pytest.raises(BadAnswer):
        login.accept(callback(login, iss=ISSUER) + f"&{doubled}=a&%{ord(doubled[0]):02x}{doubled[1:]}=b")


def test_a_promised_issuer_must_be_there() -> None:
    """R2: metadata that promises ``iss`` makes an answer without it a forgery."""
    login = pending(iss_promised=True)
    with pytest.raises(IssuerMismatch):
        login.accept(callback(login))
    again = pending(iss_promised=True)
    assert again.accept(callback(again, iss=ISSUER)).code == Secret("abc")


@pytest.mark.parametrize(
    "pasted", ["abc", "https://evil.test/", "", "?", "code=", "http://127.0.0.1:5000/cb", "x" * 50_000, "\x1b]52;c;aGk=\x07"]
)
def test_pasting_something_else_gives_one_sentence(pasted: str) -> None:
    """A7: a bare code or foreign text is refused in words, and the wait goes on."""
    with pytest.raises(MyAppError) as caught:
        pending().accept(pasted)
    assert "\x1b" not in caught.value.message


def test_foreign_error_text_is_cleaned() -> None:
    """L10, X1: an error description cannot move the cursor."""
    login = pending()
    with pytest.raises(ServerRefused) as caught:
        login.accept(callback(login, code=None, error="bad\x1b[2J", error_description="\x1b]52;c;aGk=\x07[red]" + "x" * 9000))
    assert "\x1b" not in caught.value.message
    assert len(caught.value.message) < 500
