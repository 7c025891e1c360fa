"""The demo's authorization endpoint and pages."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from demo_door import REDIRECT, VERIFIER, Door, challenge_of
from my_app.jose import parse
from my_app.jose.keys import KeySet
from my_app.jose.verify import verify_id_token


def test_a_person_signs_in_and_the_id_token_says_who() -> None:
    """Code with PKCE ends in tokens whose ID token passes the client's own checks (OIDC Core 3.1.3.7)."""
    from datetime import timedelta

    door = Door()
    answer = door.callback(username="ana")
    assert answer["state"] == "s-1"
    assert answer["iss"] == door.demo.issuer
    tokens = door.redeem(answer["code"]).json()
    keys = KeySet.parse(door.http.get("/jwks").content)
    verified = verify_id_token(
        tokens["id_token"], keys, issuer=door.demo.issuer, client_id="demo-app", nonce="n-1", now=door.clock.now(),
        leeway=timedelta(0), access_token=tokens["access_token"],
    )  # fmt: skip
    assert verified.claims["preferred_username"] == "ana"
    assert verified.claims["amr"] == ["pwd", "otp", "mfa"]
    assert tokens["expires_in"] == 3600
    assert tokens["scope"] == "openid profile files:read"


def test_access_tokens_are_jwts_of_rfc_9068() -> None:
    """The access token is typed ``at+jwt`` and names client, audience and scope (J11)."""
    token = parse.split(Door().signed_in()["access_token"])
    assert token.header["typ"] == "at+jwt"
    assert token.claims["aud"] == "api://demo"
    assert token.claims["client_id"] == "demo-app"
    assert token.claims["scope"] == "openid profile files:read"


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": None},
        {"code_challenge": VERIFIER, "code_challenge_method": "plain"},
        {"code_challenge": None},
        {"code_challenge": "short"},
    ],
)
def test_pkce_cannot_be_left_out_or_weakened(changes: dict[str, str | None]) -> None:
    """No challenge, ``plain``, or no method: refused at the authorization endpoint (P2, RFC 9700 2.1.1)."""
    door = Door()
    answer = door.http.get(door.authorize_url(**changes))
    assert answer.status_code == 303
    back = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    assert back["error"] == "invalid_request"
    assert back["state"] == "s-1"
    assert back["iss"] == door.demo.issuer


def test_a_code_needs_its_verifier() -> None:
    """A missing or wrong verifier gets no token (P2, RFC 7636 4.6)."""
    door = Door()
    code = door.callback()["code"]
    assert door.redeem(code, code_verifier="w" * 43).json()["error"] == "invalid_grant"
    without = door.token(grant_type="authorization_code", client_id="demo-app", code=code, redirect_uri=REDIRECT)
    assert without.json()["error"] == "invalid_request"
    assert door.redeem(code).status_code == 200


def test_a_code_is_good_once_and_a_second_try_revokes() -> None:
    """Using a code twice ends what the first use gave (P2, RFC 6749 4.1.2)."""
    door = Door()
    code = door.callback()["code"]
    tokens = door.redeem(code).json()
    assert door.api("/storage/b", tokens["access_token"]).status_code == 200
    assert door.redeem(code).json()["error"] == "invalid_grant"
    assert door.api("/storage/b", tokens["access_token"]).status_code == 401
    assert door.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_code_lives_a_minute() -> None:
    """An old code is refused."""
    door = Door()
    code = door.callback()["code"]
    door.wait(61)
    assert door.redeem(code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://evil.example/callback",
        "http://127.0.0.1:54321/other",
        "http://127.0.0.1:54321/callback?x=1",
        "http://127.0.0.1:54321/callback/../other",
        "http://127.0.0.1.evil.example:54321/callback",
        "http://user@127.0.0.1:54321/callback",
        "http://localhost:54321/callback",
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.1:54321/callback#x",
        "https://127.0.0.1:54321/callback",
        'http://127.0.0.1:54321/callback"<script>',
        "http://127.0.0.1:54321/callbäck",
    ],
)
def test_a_foreign_redirect_uri_is_never_followed(redirect_uri: str) -> None:
    """Exact match save the loopback port; else the person sees a page (P2, fosite CVE-2020-15233)."""
    door = Door()
    answer = door.http.get(door.authorize_url(redirect_uri=redirect_uri))
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    "redirect_uri", ["http://[::1]:9/callback", "http://127.0.0.1/callback", "http://127.0.0.1:65535/callback/idp1"]
)
def test_any_loopback_port_will_do(redirect_uri: str) -> None:
    """The port of a loopback literal may differ (RFC 8252 7.3)."""
    door = Door()
    assert "/interaction/" in door.http.get(door.authorize_url(redirect_uri=redirect_uri)).headers["location"]


def test_a_redirect_uri_must_come_again_unchanged() -> None:
    """The token request names the redirect URI of the authorization request (RFC 6749 4.1.3)."""
    door = Door()
    code = door.callback()["code"]
    assert door.redeem(code, redirect_uri="http://127.0.0.1:1/callback").json()["error"] == "invalid_grant"


def test_a_doubled_parameter_is_refused() -> None:
    """No parameter may come twice (RFC 6749 3.1)."""
    door = Door()
    answer = door.http.get(door.authorize_url() + "&client_id=demo-app")
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_saying_no_reaches_the_client() -> None:
    """Deny gives ``access_denied`` with state and issuer (RFC 6749 4.1.2.1, RFC 9207 2)."""
    door = Door()
    back = door.callback(allow=False)
    assert (back["error"], back["state"], back["iss"]) == ("access_denied", "s-1", door.demo.issuer)
    assert "code" not in back


def test_unknown_scopes_are_told_to_the_client() -> None:
    """``invalid_scope`` comes back by redirect, before anybody is asked."""
    door = Door()
    assert "error=invalid_scope" in door.http.get(door.authorize_url(scope="openid nuclear:launch")).headers["location"]


def test_pages_hold_nothing_foreign_and_answer_303() -> None:
    """Strict CSP, no script, no framing; a form is answered 303 (P2, RFC 9700 4.12)."""
    door = Door()
    first = door.http.get(door.authorize_url(), follow_redirects=True)
    policy = first.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "<script" not in first.text
    assert door.user("ana")["password"] in first.text
    assert door.visitor("ana").code() in first.text
    ben = door.user("ben")
    assert door.http.post(str(first.url), data={"username": "ben", "password": ben["password"]}).status_code == 303


def test_a_consent_page_lets_its_form_lead_to_the_client() -> None:
    """Browsers apply form-action to redirects, so the client's origin stands there and nothing else."""
    door = Door()
    page = door.http.get(door.authorize_url(), follow_redirects=True)
    door.http.post(str(page.url), data={"username": "ben", "password": door.user("ben")["password"]})
    consent = door.http.get(str(page.url))
    assert "form-action 'self' http://127.0.0.1:54321" in consent.headers["content-security-policy"]
    assert "Allow my-app-accounts?" in consent.text


def test_a_wrong_password_is_said_and_slowed_down() -> None:
    """The page says it; after ten wrong ones in a minute it asks to wait (429 with Retry-After)."""
    door = Door()
    page = door.http.get(door.authorize_url(), follow_redirects=True)
    for _ in range(10):
        door.http.post(str(page.url), data={"username": "ben", "password": "wrong"})
    assert "is not right" in door.http.get(str(page.url)).text
    stopped = door.http.post(str(page.url), data={"username": "ben", "password": door.user("ben")["password"]})
    assert stopped.status_code == 429
    assert int(stopped.headers["retry-after"]) == 60
    door.wait(61)
    assert door.http.post(str(page.url), data={"username": "ben", "password": door.user("ben")["password"]}).status_code == 303


def test_a_wrong_code_says_how_many_tries_are_left() -> None:
    """Five wrong one-time codes end the sign-in with ``access_denied``."""
    door = Door()
    ana = door.user("ana")
    page = door.http.get(door.authorize_url(), follow_redirects=True)
    door.http.post(str(page.url), data={"username": "ana", "password": ana["password"]})
    door.http.post(str(page.url), data={"code": "000000"})
    assert "4 tries left" in door.http.get(str(page.url)).text
    for _ in range(3):
        door.http.post(str(page.url), data={"code": "000000"})
    last = door.http.post(str(page.url), data={"code": "000000"})
    assert "error=access_denied" in last.headers["location"]


def test_a_code_may_be_pasted_with_a_space() -> None:
    """Authenticator apps show ``123 456``."""
    door = Door()
    ana, code = door.user("ana"), door.visitor("ana").code()
    page = door.http.get(door.authorize_url(), follow_redirects=True)
    door.http.post(str(page.url), data={"username": "ana", "password": ana["password"]})
    door.http.post(str(page.url), data={"code": f" {code[:3]} {code[3:]}"})
    assert "Allow" in door.http.get(str(page.url)).text


def test_another_browser_cannot_answer() -> None:
    """The pages belong to the browser that began (login CSRF)."""
    door = Door()
    page = door.http.get(door.authorize_url(), follow_redirects=True)
    stranger = door.browser().post(str(page.url), data={"username": "ben", "password": door.user("ben")["password"]})
    assert stranger.status_code == 400


def test_an_interaction_ends_after_ten_minutes() -> None:
    """An old page is over."""
    door = Door()
    page = door.http.get(door.authorize_url(), follow_redirects=True)
    door.wait(601)
    assert door.http.get(str(page.url)).status_code == 400


def test_a_session_spares_the_password_unless_asked_again() -> None:
    """A second sign-in asks only for consent; ``prompt=login`` asks for the password; ``prompt=none`` asks nobody."""
    door = Door()
    visitor = door.visitor("zoë")
    assert "code=" in visitor.open(door.authorize_url())
    browser = visitor._client
    assert "Allow" in browser.get(door.authorize_url(), follow_redirects=True).text
    assert 'name="password"' in browser.get(door.authorize_url(prompt="login"), follow_redirects=True).text
    assert "error=consent_required" in browser.get(door.authorize_url(prompt="none")).headers["location"]
    assert "error=login_required" in door.http.get(door.authorize_url(prompt="none")).headers["location"]


def test_signing_out_ends_the_session_and_follows_only_known_addresses() -> None:
    """RP-initiated logout: a known ID token ends it at once, a stranger's address is not followed (RP-Initiated Logout 2, 3)."""
    door = Door()
    visitor = door.visitor()
    callback = visitor.open(door.authorize_url())
    tokens = door.redeem(dict(parse_qsl(urlsplit(callback).query))["code"]).json()
    browser = visitor._client
    assert "Yes" in browser.get("/logout").text
    bad = browser.get("/logout", params={"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": "https://evil.example/"})
    assert bad.status_code == 200
    assert "signed out" in bad.text
    assert 'name="password"' in browser.get(door.authorize_url(), follow_redirects=True).text
    good = browser.get("/logout", params={"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": REDIRECT, "state": "z"})
    assert good.headers["location"] == f"{REDIRECT}?state=z"


def test_names_from_requests_are_escaped() -> None:
    """What a request brings never becomes markup."""
    door = Door()
    page = door.http.get("/device", params={"user_code": '"><script>'})
    assert "<script>" not in page.text


def test_a_resource_is_honoured_or_refused() -> None:
    """RFC 8707: a known resource becomes the audience, an unknown one is ``invalid_target``."""
    door = Door()
    tokens = door.signed_in(resource=door.demo.issuer)
    assert parse.split(tokens["access_token"]).claims["aud"] == door.demo.issuer
    refused = door.http.get(door.authorize_url(resource="https://elsewhere.example"))
    assert "error=invalid_target" in refused.headers["location"]


def test_challenge_of_is_the_rfc_vector() -> None:
    """RFC 7636 appendix B, so that the tests above test what they say."""
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
