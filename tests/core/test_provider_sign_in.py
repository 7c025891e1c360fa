"""A sign-in at providers of the list, each a function at its real address: name, tenant and client id are enough."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from urllib.parse import parse_qs, parse_qsl, urlsplit

from my_app.adapters.loopback import Listener
from my_app.errors import PromptNeeded
from my_app.jose.make import make_key
from my_app.jose.sign import sign_claims
from my_app.login import Logins
from my_app.model import Answers, Challenge, Flow, Profile, Record
from my_app.oauth.exchange import Response, Wire
from my_app.providers import laid_under
from my_app.testing import FakeClock, MemoryStore, ScriptedTransport, answer, seeded
from sessions_door import OneProfile, Trail

KEY = make_key("ES256", entropy=seeded(9), kid="k1")


async def nobody(challenge: Challenge) -> Answers:
    """Nobody may be asked."""
    raise PromptNeeded("Nobody may be asked.")


@dataclass
class Approving:
    """A browser in which a person approves at once."""

    loop: asyncio.AbstractEventLoop
    opened: list[str] = field(default_factory=list)
    visits: list[object] = field(default_factory=list)

    def open(self, url: str) -> bool:
        """The Browser port."""
        self.opened.append(url)
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        back = urlsplit(f"{query['redirect_uri']}?code=c0de&state={query['state']}")
        self.visits.append(
            asyncio.run_coroutine_threadsafe(_visit(back.port or 80, f"{back.path}?{back.query}", back.netloc), self.loop)
        )
        return True


async def _visit(port: int, target: str, host: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    await reader.read(64)
    writer.close()


async def signed_in(profile: Profile, provider: object, clock: FakeClock, flow: Flow) -> tuple[Record, Approving]:
    store, browser = MemoryStore(), Approving(asyncio.get_running_loop())
    accounts = OneProfile()
    accounts.value = laid_under(profile)
    logins = Logins(
        accounts=accounts,
        store=store,
        transport=ScriptedTransport(provider, clock=clock),  # type: ignore[arg-type]
        listener=Listener,
        browser=browser,
        clock=clock,
        entropy=seeded(3),
        audit=Trail(),
        environ={},
        pause=clock.pause,
        apause=clock.apause,
        platform="linux",
    )
    await logins.attempt("work", watch=lambda event: None, flow=flow, ask=nobody).run()
    record = store.load("work")
    assert record is not None
    return record, browser


async def test_okta_by_tenant_and_client_id_signs_in() -> None:
    """``--provider okta --tenant acme --client-id ID`` finds the organization's server and binds the tokens to it."""
    clock, issuer = FakeClock(), "https://acme.okta.com"
    scopes: list[str] = []

    def okta(wire: Wire) -> Response:
        assert wire.url.startswith(f"{issuer}/")
        match urlsplit(wire.url).path:
            case "/.well-known/openid-configuration":
                places = {"token": "token", "device_authorization": "device/authorize"}
                named = {f"{name}_endpoint": f"{issuer}/oauth2/v1/{path}" for name, path in places.items()}
                return answer({"issuer": issuer, "jwks_uri": f"{issuer}/oauth2/v1/keys", **named})
            case "/oauth2/v1/keys":
                return answer({"keys": [KEY.public_jwk()]})
            case "/oauth2/v1/device/authorize":
                scopes.append(dict(parse_qsl(wire.body.decode()))["scope"])
                page = {"user_code": "WDJB-MJHT", "verification_uri": f"{issuer}/activate"}
                return answer({"device_code": "dc", "expires_in": 600, "interval": 5, **page})
            case "/oauth2/v1/token":
                now = int(clock.now().timestamp())
                claims = {"iss": issuer, "sub": "00u1", "aud": "app", "iat": now, "exp": now + 300, "preferred_username": "ana"}
                tokens = {"access_token": "at", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "rt"}
                return answer({**tokens, "id_token": sign_claims(claims, KEY, now=clock.now(), lifetime=None)})
        return answer(status=404)

    profile = Profile(name="work", provider="okta", tenant="acme", client_id="app")
    record, _ = await signed_in(profile, okta, clock, Flow.DEVICE)
    assert record.identity is not None
    assert (record.identity.username, record.identity.sub) == ("ana", "00u1")
    assert (record.binding.issuer, record.binding.token_hosts) == (issuer, (issuer,))
    assert scopes == ["openid profile email offline_access"]


async def test_slack_by_client_id_signs_in() -> None:
    """Slack's comma, its own parameter and its nested token end in a bearer token of the person who approved."""
    clock = FakeClock()

    def slack(wire: Wire) -> Response:
        match wire.url:
            case "https://slack.com/api/oauth.v2.access":
                form = dict(parse_qsl(wire.body.decode()))
                assert form["code_verifier"]
                user = {"id": "U1", "scope": "users:read,chat:write", "access_token": "xoxp-1", "token_type": "user"}
                return answer({"ok": True, "team": {"id": "T1"}, "authed_user": user})
            case "https://slack.com/api/auth.test":
                assert wire.headers["authorization"] == "Bearer xoxp-1"
                return answer({"ok": True, "user_id": "U1", "user": "ana", "team_id": "T1"})
        return answer(status=404)

    # A free port instead of the registered one, so that tests may run side by side.
    scopes, place = ("users:read", "chat:write"), "http://localhost/callback"
    profile = Profile(name="work", provider="slack", client_id="app", scopes=scopes, redirect_uri=place)
    record, browser = await signed_in(profile, slack, clock, Flow.BROWSER)
    assert "user_scope=users%3Aread%2Cchat%3Awrite&" in browser.opened[0]
    assert "&scope=" not in browser.opened[0]
    assert record.tokens is not None
    assert (record.tokens.access_token.reveal(), record.tokens.scopes) == ("xoxp-1", scopes)
    assert record.tokens.expires_at is None
    assert record.identity is not None
    assert (record.identity.sub, record.identity.username) == ("U1", "ana")
    assert "https://slack.com" in record.binding.token_hosts
