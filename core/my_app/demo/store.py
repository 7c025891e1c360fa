"""Everything the demo remembers, in memory and gone with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from my_app.demo.clients import DemoClient
from my_app.demo.people import Person

GRACE: Final = timedelta(minutes=10)
"""How long something that is over is still known, so that whoever comes late is told why."""
MOST_SESSIONS: Final = 1000
"""Browser sessions and ID tokens that are remembered; the oldest go first."""


@dataclass(slots=True, kw_only=True, eq=False)
class Grant:
    """One approval by a person, or one run of a client for itself; revoked as a whole (RFC 9700 4.14)."""

    client: DemoClient
    person: Person | None
    """None: the client acts for itself."""
    scope: str
    audience: str | list[str]
    nonce: str | None = None
    auth_time: datetime | None = None
    amr: tuple[str, ...] = ()
    """How the person signed in (RFC 8176)."""
    revoked: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Issued:
    """An access or refresh token; the methods are those Authlib asks a token for."""

    value: str
    kind: str
    """``access_token`` or ``refresh_token``."""
    grant: Grant
    scope: str
    issued_at: datetime
    expires_at: datetime
    jti: str = ""
    spent: bool = False
    """A refresh token that was exchanged for its successor."""
    revoked: bool = False

    def check_client(self, client: DemoClient) -> bool:
        """Whether it was issued to this client."""
        return self.grant.client.client_id == client.client_id

    def get_scope(self) -> str:
        """Space separated."""
        return self.scope

    @property
    def dead(self) -> bool:
        """Revoked itself, spent, or its whole grant revoked."""
        return self.revoked or self.spent or self.grant.revoked


@dataclass(slots=True, kw_only=True, eq=False)
class Code:
    """An authorization code (RFC 6749 4.1.2)."""

    value: str
    grant: Grant
    redirect_uri: str
    """Empty: it came from the challenge endpoint, where there is none."""
    code_challenge: str
    expires_at: datetime
    code_challenge_method: str = "S256"
    used: bool = False

    def get_redirect_uri(self) -> str:
        """As it was asked for."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """Space separated."""
        return self.grant.scope


@dataclass(slots=True, kw_only=True, eq=False)
class DeviceCode:
    """A device authorization that waits for a person (RFC 8628)."""

    device_code: str
    user_code: str
    client: DemoClient
    scope: str
    audience: str | list[str]
    expires_at: datetime
    interval: float
    """Seconds; five more after every ``slow_down``."""
    polled_at: datetime | None = None
    person: Person | None = None
    auth_time: datetime | None = None
    amr: tuple[str, ...] = ()
    decision: bool | None = None
    """True: allowed, False: denied, None: nobody answered yet."""
    redeemed: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Conversation:
    """A sign-in at the authorization challenge endpoint that is not finished."""

    client: DemoClient
    scope: str
    audience: str | list[str]
    code_challenge: str
    expires_at: datetime
    person: Person | None = None
    """Known once the password was right."""
    tries_left: int = 3
    """For the question that is open: first the password, then the code."""


@dataclass(slots=True, kw_only=True, eq=False)
class ApiKeyEntry:
    """One API key."""

    key_id: str
    value: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    used_at: datetime | None = None

    def shown(self, by: str | None = None) -> dict[str, object]:
        """For lists: never the key, only its end; ``by`` is the key that asks."""
        return {
            "id": self.key_id,
            "name": self.name,
            "ends_with": self.value[-4:],
            "scopes": list(self.scopes),
            "created_at": self.created_at.isoformat(timespec="seconds"),
            "current": self.value == by,
        }


@dataclass(slots=True, kw_only=True, eq=False)
class Visit:
    """A browser in which somebody signed in."""

    person: Person
    auth_time: datetime
    amr: tuple[str, ...]


@dataclass(slots=True, kw_only=True, eq=False)
class Interaction:
    """Pages between an authorization request or a user code and its answer."""

    browser: str
    """The cookie of the browser it belongs to; another one may not answer it."""
    expires_at: datetime
    request: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the authorization request; empty for a device."""
    audience: str | list[str] = ""
    device: DeviceCode | None = None
    person: Person | None = None
    """Known once the password was right."""
    visit: Visit | None = None
    """Set once the person is signed in."""
    tries_left: int = 5
    problem: str = ""
    """Shown once on the next page."""


@dataclass(slots=True, kw_only=True)
class Store:
    """The tables."""

    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, Issued] = field(default_factory=dict)
    """By value, access and refresh tokens alike."""
    access_by_jti: dict[str, Issued] = field(default_factory=dict)
    device_codes: dict[str, DeviceCode] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    """By the newest ``auth_session``; older ones are unknown."""
    api_keys: dict[str, ApiKeyEntry] = field(default_factory=dict)
    """By id."""
    visits: dict[str, Visit] = field(default_factory=dict)
    """By the value of the session cookie."""
    interactions: dict[str, Interaction] = field(default_factory=dict)
    assertions: dict[str, datetime] = field(default_factory=dict)
    """``jti`` of client assertions seen, and until when it matters (RFC 7523 3)."""
    id_tokens: dict[str, Grant] = field(default_factory=dict)
    """For ``id_token_hint`` (RP-Initiated Logout 2)."""
    files: dict[str, bytes] = field(default_factory=dict)
    """Uploads by ``bucket/key``."""
    things: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    """Virtual machines, databases, deployments, data."""

    def device_by_user_code(self, typed: str) -> DeviceCode | None:
        """The device authorization of a typed user code, whatever its case and dashes (RFC 8628 6.1)."""
        wanted = "".join(ch for ch in typed.upper() if ch.isalnum())
        return next((entry for entry in self.device_codes.values() if entry.user_code.replace("-", "") == wanted), None)

    def key_by_value(self, value: str) -> ApiKeyEntry | None:
        """The API key with this value."""
        return next((entry for entry in self.api_keys.values() if entry.value == value), None)

    def sweep(self, now: datetime) -> None:
        """Forget what is over, so that a demo can run for days.

        A spent refresh token stays until it would have expired: until then its reuse is noticed.
        """
        for table in (self.interactions, self.conversations, self.codes, self.device_codes, self.tokens, self.access_by_jti):
            for name in [name for name, one in table.items() if one.expires_at + GRACE <= now]:
                del table[name]
        for name in [name for name, until in self.assertions.items() if until <= now]:
            del self.assertions[name]
        for newest in (self.visits, self.id_tokens):
            for name in list(newest)[:-MOST_SESSIONS]:
                del newest[name]
