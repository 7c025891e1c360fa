"""What single providers do their own way, each quirk with its source (presets.md 2)."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from my_app import providers
from my_app.errors import BadAnswer, ServerRefused, UsageFault
from my_app.model import Profile, TokenSet
from my_app.oauth.answer import tokens_of
from my_app.oauth.authorize import PendingLogin, begin
from my_app.oauth.client_auth import Client
from my_app.oauth.exchange import Response
from my_app.oauth.metadata import by_hand
from my_app.testing import NOON


def pending(key: str, *scopes: str, **extra: str) -> PendingLogin:
    laid = providers.laid_under(Profile(name="work", provider=key, client_id="app", scopes=scopes or None))
    base = providers.preset(key)
    return begin(
        by_hand(laid.issuer, laid.endpoints),
        Client(client_id="app"),
        redirect_uri=laid.redirect_uri or "http://127.0.0.1:5000/callback",
        scopes=laid.scopes or (),
        entropy=bytes(96),
        extra={**laid.authorize_params, **extra},
        nonce=None if base.nonce else False,
        scope_parameter=base.scope_parameter,
        scope_separator=base.scope_separator,
    )


def asked(login: PendingLogin) -> dict[str, str]:
    found = parse_qs(urlsplit(login.url).query, strict_parsing=True)
    assert all(len(values) == 1 for values in found.values())
    return {name: values[0] for name, values in found.items()}


def tokens(**members: Any) -> TokenSet:
    return tokens_of(Response(at=NOON, status=200, body=json.dumps(members).encode()), "slack.com", asked=("users:read",))


USER = {
    "id": "U1",
    "scope": "users:read,chat:write",
    "access_token": "xoxe.xoxp-1",
    "token_type": "user",
    "expires_in": 43200,
    "refresh_token": "xoxe-1",
}


def test_slack_gets_the_persons_scopes_with_commas_in_a_parameter_of_their_own() -> None:
    """Slack, "Using PKCE": scope is the bot's and left out when empty; user_scope cannot be doubled by the profile."""
    query = asked(pending("slack", "users:read", "chat:write", user_scope="admin"))
    assert query["user_scope"] == "users:read,chat:write"
    assert "scope" not in query
    assert query["code_challenge_method"] == "S256"
    assert query["redirect_uri"] == "http://localhost:8771/callback"


def test_a_scope_that_holds_the_comma_is_refused() -> None:
    """Joined by commas it would be two scopes nobody named."""
    with pytest.raises(UsageFault, match="users:read,admin"):
        pending("slack", "users:read,admin")


def test_slack_hands_the_persons_token_inside_authed_user() -> None:
    """Slack, oauth.v2.access: without a bot there is no top-level token; ``user`` is a bearer token."""
    got = tokens(ok=True, team={"id": "T1"}, authed_user=USER)
    assert (got.access_token.reveal(), got.token_type) == ("xoxe.xoxp-1", "Bearer")
    assert got.refresh_token is not None
    assert got.refresh_token.reveal() == "xoxe-1"
    assert got.scopes == ("users:read", "chat:write")
    assert got.expires_at is not None


def test_slack_refreshes_with_a_flat_answer() -> None:
    """Slack, "Using token rotation": the refresh answer has the token at the top and says whose it is."""
    assert tokens(**{**USER, "ok": True}).token_type == "Bearer"
    assert tokens(**{**USER, "ok": True, "token_type": "bot"}).token_type == "Bearer"


def test_slacks_envelope_is_judged_before_its_token() -> None:
    """``ok`` false is a refusal with its code, whatever else is there; ``ok`` without a token is none (T2)."""
    with pytest.raises(ServerRefused, match="invalid_code"):
        tokens(ok=False, error="invalid_code", authed_user=USER)
    broken: tuple[object, ...] = ({}, "xoxp-1", None, [USER])
    for user in broken:
        with pytest.raises(BadAnswer):
            tokens(ok=True, authed_user=user)


@pytest.mark.parametrize("ok", [None, 1, "true", False])
def test_nothing_is_unwrapped_outside_the_envelope(ok: object) -> None:
    """Elsewhere a nested token is no token, and a kind nobody knows stays refused (T5)."""
    with pytest.raises((BadAnswer, ServerRefused)):
        tokens(ok=ok, authed_user=USER)
    with pytest.raises((BadAnswer, ServerRefused)):
        tokens(**{**USER, "ok": ok})


def test_atlassian_is_asked_for_its_audience_and_consent() -> None:
    """Atlassian, "OAuth 2.0 (3LO) apps": audience and prompt stand in the address; the secret goes into the body."""
    query = asked(pending("atlassian"))
    assert (query["audience"], query["prompt"], query["scope"]) == ("api.atlassian.com", "consent", "read:me offline_access")
    assert "nonce" not in query
    assert providers.preset("atlassian").secret_method == "client_secret_post"


def test_google_is_asked_for_offline_access_in_a_parameter() -> None:
    """Google, "OAuth 2.0 for Mobile & Desktop Apps": offline_access is no scope; the secret of a desktop client is needed."""
    laid = providers.laid_under(Profile(name="x", provider="google"))
    assert laid.authorize_params["access_type"] == "offline"
    assert "offline_access" not in (laid.scopes or ())
    assert "client_secret" in providers.preset("google").needs


def test_cognito_and_gitlab_are_not_asked_for_offline_access() -> None:
    """Both refuse the scope and give a refresh token without it (Cognito developer guide; gitlabhq doc/api/oauth2.md)."""
    for key in ("cognito", "gitlab"):
        assert "offline_access" not in providers.preset(key).scopes


def test_salesforce_answers_without_a_lifetime() -> None:
    """forcedotcom/sfdx-core: no expires_in is a lifetime unknown, and its own members are no part of the tokens."""
    got = tokens(
        access_token="00D!x", token_type="Bearer", instance_url="https://acme.my.salesforce.com", issued_at="1", refresh_token="r"
    )
    assert got.expires_at is None
    assert got.token_type == "Bearer"


def test_salesforce_goes_to_one_my_domain_alone() -> None:
    """Tokens and API calls of an org stay at the host that was typed."""
    laid = providers.laid_under(Profile(name="x", provider="salesforce", tenant="https://acme.my.salesforce.com/setup"))
    assert {urlsplit(url).hostname for url in (*laid.endpoints.values(), laid.api_url or "")} == {"acme.my.salesforce.com"}


def test_a_preset_never_changes_what_keeps_a_login_safe() -> None:
    """State, S256 and the redirect are the login's own, whatever a preset or profile wants to add."""
    query = asked(pending("slack", "users:read", state="x", code_challenge="x", scope="admin", redirect_uri="https://evil.example"))
    assert query["state"] != "x"
    assert query["code_challenge"] != "x"
    assert "scope" not in query
    assert query["redirect_uri"].startswith("http://localhost:8771")
