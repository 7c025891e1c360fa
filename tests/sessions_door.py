"""Doors the session and sign-in tests share: one profile, a strict token server that is a function, the fakes wired up."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import parse_qsl

from my_app.audit import NoAudit
from my_app.errors import UnknownProfile
from my_app.model import Binding, Flow, Kind, Profile, Record, TokenSet
from my_app.oauth.exchange import Response, Wire
from my_app.secret import Secret
from my_app.session import Sessions
from my_app.testing import NOON, FakeClock, MemoryStore, ScriptedTransport, answer, seeded

ISSUER = "https://id.example.test"
TOKEN_URL = f"{ISSUER}/token"
LIFE = timedelta(minutes=10)
METADATA = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": TOKEN_URL,
    "device_authorization_endpoint": f"{ISSUER}/device",
    "revocation_endpoint": f"{ISSUER}/revoke",
    "introspection_endpoint": f"{ISSUER}/introspect",
    "userinfo_endpoint": f"{ISSUER}/userinfo",
    "jwks_uri": f"{ISSUER}/jwks",
    "authorization_challenge_endpoint": f"{ISSUER}/challenge",
}


class OneProfile:
    """Whoever knows the profiles; here one, which may be edited as a person edits config.toml."""

    def __init__(self, **changes: object) -> None:
        base = Profile(name="work", issuer=ISSUER, client_id="cli", scopes=("openid", "files"), flow=Flow.BROWSER)
        self.value = replace(base, **changes)  # type: ignore[arg-type]

    def profile(self, name: str) -> Profile:
        """The profile. Raises UnknownProfile."""
        if name != self.value.name:
            raise UnknownProfile(f"There is no profile “{name}”.")
        return self.value


class Trail(NoAudit):
    """An audit log in memory."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, str]] = []

    def append(self, event: object, *, profile: str | None, result: object = "ok", code: str = "", detail: str = "") -> None:
        """Keep it."""
        self.lines.append((str(event), str(result), code))


@dataclass
class StrictServer:
    """A token server that rotates and kills the login when an old refresh token comes back."""

    clock: FakeClock
    current: str = "r0"
    refreshes: int = 0
    dead: bool = False
    before: Callable[[], Response | None] = lambda: None
    """Called before a refresh is judged; a Response takes its place."""
    seen: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, wire: Wire) -> Response:
        """The answer."""
        if "/.well-known/" in wire.url:
            return answer(METADATA) if "openid" in wire.url else answer(status=404)
        form = dict(parse_qsl(wire.body.decode()))
        self.seen.append({"url": wire.url, **form})
        if form.get("grant_type") == "client_credentials":
            self.refreshes += 1
            return answer({"access_token": f"c{self.refreshes}", "token_type": "bearer", "expires_in": 600})
        if (instead := self.before()) is not None:
            return instead
        self.refreshes += 1
        if self.dead or form.get("refresh_token") != self.current:
            self.dead = True
            return answer({"error": "invalid_grant"}, status=400)
        self.current = f"r{self.refreshes}"
        return answer(
            {"access_token": f"a{self.refreshes}", "token_type": "Bearer", "expires_in": 600, "refresh_token": self.current}
        )


def expired(clock: FakeClock, *, left: timedelta = timedelta(seconds=-1), refresh_token: str | None = "r0") -> Record:
    """A signed-in record whose access token has ``left`` to live."""
    return Record(
        name="work",
        kind=Kind.OAUTH,
        binding=Binding(issuer=ISSUER, client_id="cli", token_hosts=(ISSUER,)),
        tokens=TokenSet(
            access_token=Secret("a0"),
            refresh_token=Secret(refresh_token) if refresh_token else None,
            obtained_at=clock.now() - LIFE + left,
            expires_at=clock.now() + left,
            scopes=("files",),
        ),
        requested_scopes=("files",),
        endpoints={"token": TOKEN_URL},
    )


@dataclass
class House:
    """Everything a session test touches."""

    clock: FakeClock
    server: StrictServer
    transport: ScriptedTransport
    store: MemoryStore
    trail: Trail
    accounts: OneProfile
    sessions: Sessions

    def again(self) -> Sessions:
        """Another process: new objects on the same store."""
        return sessions_on(self)

    @property
    def record(self) -> Record:
        """What is stored now."""
        found = self.store.load("work")
        assert found is not None
        return found


def house(*, left: timedelta = timedelta(seconds=-1), refresh_token: str | None = "r0", **profile: object) -> House:
    """A home with one login whose access token has ``left`` to live."""
    clock = FakeClock(NOON)
    server = StrictServer(clock)
    transport = ScriptedTransport(server, clock=clock)
    store = MemoryStore()
    store.save(expired(clock, left=left, refresh_token=refresh_token))
    built = House(clock, server, transport, store, Trail(), OneProfile(**profile), None)  # type: ignore[arg-type]
    built.sessions = sessions_on(built)
    return built


def sessions_on(built: House) -> Sessions:
    """The use case on that home."""
    return Sessions(
        accounts=built.accounts,
        store=built.store,
        transport=built.transport,
        clock=built.clock,
        entropy=seeded(1),
        audit=built.trail,
        lock_deadline=timedelta(seconds=5),
        pause=built.clock.pause,
    )


def unsigned(claims: dict[str, object]) -> str:
    """A JWT that nobody signed, for what is judged by its claims alone."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'RS256'})}.{part(claims)}.c2ln"
