"""A provider bent by one line of data, and the one runner that judges what our use cases make of it.

Before every scenario two accounts are stored; after a refusal both are compared with what they were.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, NoReturn
from urllib.parse import parse_qs, parse_qsl, urlsplit

from my_app.discovery import Discovery
from my_app.errors import MyAppError, NetworkUnavailable, Unsupported
from my_app.events import BrowserPage, DevicePage, LoginEvent
from my_app.jose.keys import Key
from my_app.jose.make import make_key
from my_app.jose.sign import sign_claims
from my_app.login import Logins
from my_app.model import Answers, Challenge, Flow, Record
from my_app.oauth.exchange import Response, Wire
from my_app.secret import Secret
from my_app.session import Sessions
from my_app.testing import FakeClock, MemoryStore, ScriptedTransport, answer, seeded
from sessions_door import ISSUER, METADATA, OneProfile, Trail, expired

REDIRECT = "https://app.example.test/done"
KEY = make_key("ES256", entropy=seeded(9), kid="k1")
FORGED = make_key("ES256", entropy=seeded(10), kid="k1")
"""Another key under the provider's key id."""
CANARIES = ("canary-access", "canary-refresh", "canary-device", "canary-code", "canary-old")
"""What no message may hold."""


class _Gone:
    def __repr__(self) -> str:
        return "left out"


GONE = _Gone()
"""Stands for a member that is left out."""
Kind = type[MyAppError] | None

Bend = Mapping[str, Any]
"""By path: a Response, a mapping laid over the good answer, or a list of such, one a request (the last one stays)."""


def page(status: int = 200, text: str = "<html>\x1b]0;owned\x07<b>canary-access</b></html>", **headers: str) -> Response:
    """A web page where an answer was due."""
    return answer(text, status=status, headers={"content-type": "text/html", **headers})


def raw(text: str | bytes, status: int = 200, kind: str = "application/json", **headers: str) -> Response:
    """Exactly these bytes."""
    return answer(
        text, status=status, headers={"content-type": kind, **{name.replace("_", "-"): headers[name] for name in headers}}
    )


def error(code: object, description: object = None, status: int = 400, **headers: str) -> Response:
    """An error answer (RFC 6749 5.2)."""
    body = {"error": code, **({"error_description": description} if description is not None else {})}
    return answer(body, status=status, headers={name.replace("_", "-"): headers[name] for name in headers})


@dataclass(frozen=True)
class Cut:
    """The connection ends; ``sent``: after the request had left."""

    sent: bool = True


def without(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``changes`` laid over ``base``, GONE members left out."""
    return {name: value for name, value in {**base, **changes}.items() if value is not GONE}


@dataclass
class Town:
    """The provider (a function) and a home with an account whose token has run out."""

    bend: Bend
    claims: Mapping[str, Any] = field(default_factory=dict)
    signer: Key = KEY
    nonce: str | None = None
    clock: FakeClock = field(default_factory=FakeClock)
    store: MemoryStore = field(default_factory=MemoryStore)
    seen: list[tuple[str, str]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    """Seconds on the clock at each token request."""
    turns: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        record = expired(self.clock)
        assert record.tokens is not None
        kept = replace(record.tokens, access_token=Secret("canary-old"), refresh_token=Secret("canary-refresh"))
        self.store.save(replace(record, tokens=kept))
        self.store.save(replace(record, name="other"))
        self.transport = ScriptedTransport(self, clock=self.clock)

    def __call__(self, wire: Wire) -> Response:
        """The answer, bent."""
        path = urlsplit(wire.url).path
        self.seen.append((wire.method, wire.url))
        if path == "/token":
            self.times.append(self.clock.now().timestamp())
        bent = self.bend.get(path)
        if isinstance(bent, list):
            turn = self.turns.get(path, 0)
            self.turns[path] = turn + 1
            bent = bent[min(turn, len(bent) - 1)]
        if isinstance(bent, Cut):
            raise NetworkUnavailable(f"{urlsplit(wire.url).hostname} did not answer.", sent=bent.sent)
        if isinstance(bent, Response):
            return bent
        good = self.good(path, dict(parse_qsl(wire.body.decode())))
        return good if bent is None else answer(without(json.loads(good.body), bent), status=good.status)

    def good(self, path: str, form: Mapping[str, str]) -> Response:
        """What a right server says."""
        if path == "/.well-known/openid-configuration":
            return answer(METADATA)
        if path == "/jwks":
            return answer({"keys": [KEY.public_jwk()]})
        if path == "/device":
            return answer(
                {
                    "device_code": "canary-device",
                    "user_code": "WDJB-MJHT",
                    "verification_uri": f"{ISSUER}/page",
                    "expires_in": 60,
                    "interval": 5,
                }
            )
        if path == "/token":
            return answer(self.tokens(form))
        return answer(status=404)

    def tokens(self, form: Mapping[str, str]) -> dict[str, Any]:
        """A token answer."""
        found: dict[str, Any] = {
            "access_token": "canary-access",
            "token_type": "Bearer",
            "expires_in": 600,
            "refresh_token": "canary-refresh-2",
            "scope": "openid files",
        }
        if form.get("grant_type") == "authorization_code" or self.claims:
            now = int(self.clock.now().timestamp())
            base = {"iss": ISSUER, "sub": "u1", "aud": "cli", "iat": now, "exp": now + 300, "nonce": self.nonce}
            claims = without({**base, "preferred_username": "alice"}, self.claims)
            found["id_token"] = sign_claims(claims, self.signer, now=self.clock.now(), lifetime=None)
        return found

    def snapshot(self) -> list[Record | None]:
        """What is stored."""
        return [self.store.load("work"), self.store.load("other")]

    def logins(self, accounts: OneProfile) -> Logins:
        """The sign-in use case; no listener, the callback is pasted."""
        return Logins(
            accounts=accounts,
            store=self.store,
            transport=self.transport,
            listener=no_listener,
            browser=NoBrowser(),
            clock=self.clock,
            entropy=seeded(3),
            audit=Trail(),
            environ={},
            pause=self.clock.pause,
            apause=self.clock.apause,
            platform="linux",
        )

    async def sign_in(self, callback: Callable[[str, str], str] | None = None) -> None:
        """A browser sign-in whose address is pasted. Raises what refused the address or the sign-in."""
        events: list[LoginEvent] = []
        shown = asyncio.Event()

        def watch(event: LoginEvent) -> None:
            events.append(event)
            if isinstance(event, BrowserPage):
                shown.set()

        attempt = self.logins(OneProfile(redirect_uri=REDIRECT)).attempt(
            "work", flow=Flow.BROWSER, watch=watch, ask=nobody, open_browser=False
        )
        running = asyncio.create_task(attempt.run())
        waiting = asyncio.create_task(shown.wait())
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not shown.is_set():
            waiting.cancel()
            await running
        opened = next(event.url for event in events if isinstance(event, BrowserPage))
        query = parse_qs(urlsplit(opened).query)
        self.nonce = query["nonce"][0]
        state = query["state"][0]
        given = callback(REDIRECT, state) if callback else f"{REDIRECT}?code=canary-code&state={state}"
        refused = attempt.paste(given)
        if refused is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            raise refused
        await running

    async def by_device(self) -> list[DevicePage]:
        """A device sign-in; the pages that were shown."""
        pages: list[DevicePage] = []

        def watch(event: LoginEvent) -> None:
            if isinstance(event, DevicePage):
                pages.append(event)

        await self.logins(OneProfile(flow=Flow.DEVICE)).attempt("work", flow=Flow.DEVICE, watch=watch, ask=nobody).run()
        return pages

    def refresh(self) -> None:
        """The token, which has to be renewed."""
        transport, clock = self.transport, self.clock
        Sessions(
            accounts=OneProfile(),
            store=self.store,
            transport=transport,
            clock=clock,
            entropy=seeded(1),
            audit=Trail(),
            discovery=Discovery(transport=transport, clock=clock, entropy=seeded(2), pause=clock.pause),
            lock_deadline=timedelta(seconds=5),
            pause=clock.pause,
        ).token("work")


class NoBrowser:
    """Nothing can be opened here."""

    def open(self, url: str) -> bool:
        """Never."""
        return False


def no_listener(*, ports: tuple[int, ...], redirect_uri: str | None) -> NoReturn:
    """The redirect address is elsewhere."""
    raise Unsupported("The address is pasted.")


async def nobody(challenge: Challenge) -> Answers:
    """Nobody is asked."""
    raise AssertionError("nobody should be asked")


def judged(problem: MyAppError, kind: type[MyAppError], words: str) -> None:
    """The refusal is of the kind, names its cause, and is one clean plain sentence without a secret."""
    told = f"{problem.message} {problem.hint}"
    assert isinstance(problem, kind), repr(problem)
    assert words.lower() in told.lower(), told
    assert told.isprintable(), told
    assert len(told) < 600, told
    assert "Traceback" not in told
    for secret in CANARIES:
        assert secret not in told, told
