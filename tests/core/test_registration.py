"""Dynamic registration and its management against a server that is a function (row C5; RFC 7591, RFC 7592)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from my_app.carry import run
from my_app.discovery import Discovery
from my_app.errors import (
    BadAnswer,
    BadMetadata,
    DiskFault,
    MyAppError,
    ProfileExists,
    ServerBusy,
    ServerRefused,
    UnknownProfile,
    Unsupported,
    WrongCredentials,
)
from my_app.grants.registration import Registrations, kept, registered, wanted
from my_app.model import Flow, Kind, Profile, Record
from my_app.oauth import registration
from my_app.oauth.exchange import Exchange, Response, Wire
from my_app.oauth.metadata import ENDPOINTS, ServerMetadata
from my_app.oauth.registration import Registered
from my_app.secret import Secret
from my_app.testing import NOON, FakeClock, MemoryStore, ScriptedTransport, answer, seeded

ISSUER = "https://issuer.test"
METADATA = ServerMetadata(issuer=ISSUER, endpoints={name: f"{ISSUER}/{name}" for name in ENDPOINTS})
MADE = {
    "client_id": "c-1",
    "client_id_issued_at": 1,
    "client_name": "my-app",
    "token_endpoint_auth_method": "none",
    "registration_access_token": "rat-1",
    "registration_client_uri": f"{ISSUER}/manage?client=c-1",
    "server_made_up": ["x"],
}
CLIENT = Registered(
    client_id="c-1",
    management_uri=f"{ISSUER}/manage?client=c-1",
    management_token=Secret("rat-1"),
    description={"client_name": "my-app", "contacts": ["a"]},
)
T = TypeVar("T")


def carry(exchange: Exchange[T], server: Callable[[Wire], Response]) -> tuple[T, list[Wire]]:
    clock = FakeClock()
    transport = ScriptedTransport(server, clock=clock)
    return run(exchange, transport, clock=clock, entropy=seeded(), pause=clock.pause), transport.requests


def always(body: object, status: int = 200) -> Callable[[Wire], Response]:
    return lambda wire: answer(body, status=status)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [200, 201])
def test_a_client_is_made(status: int) -> None:
    """Providers: 200 or 201; identifier, management token and address are taken as given, the token is a Secret."""
    made, [wire] = carry(registration.register(METADATA, {"client_name": "my-app"}), always(MADE, status))
    assert (made.client_id, made.management_uri) == ("c-1", f"{ISSUER}/manage?client=c-1")
    assert made.management_token == Secret("rat-1")
    assert "rat-1" not in repr(made)
    assert wire.headers["content-type"] == "application/json"
    assert "authorization" not in wire.headers


def test_an_initial_token_goes_into_the_header() -> None:
    """RFC 7591 3: as a bearer token, never in the body or the address."""
    _, [wire] = carry(registration.register(METADATA, {}, initial_token=Secret("iat")), always(MADE))
    assert wire.headers["authorization"] == "Bearer iat"
    assert b"iat" not in wire.body
    with pytest.raises(WrongCredentials, match="initial access token"):
        carry(registration.register(METADATA, {}), always({"error": "invalid_token"}, 401))


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"error": "invalid_client_metadata", "error_description": "no \x1b[2J"}, 400, ServerRefused),
        ("<html>", 500, ServerBusy),
        ({}, 201, BadAnswer),
        ({"client_id": ""}, 201, BadAnswer),
        ({"client_id": "a\nb"}, 201, BadAnswer),
        ({**MADE, "registration_client_uri": "http://issuer.test/m"}, 201, BadMetadata),
        ({**MADE, "client_secret": "s", "client_secret_expires_at": "soon"}, 201, BadAnswer),
        ({**MADE, "client_secret": "s", "client_secret_expires_at": 1e300}, 201, BadAnswer),
    ],
)
def test_what_is_no_client_is_one_sentence(body: object, status: int, error: type[MyAppError]) -> None:
    """T5, X1: refused in one clean sentence."""
    with pytest.raises(error) as told:
        carry(registration.register(METADATA, {}), always(body, status))
    assert "\x1b" not in told.value.message


def test_an_update_sends_everything_and_nothing_forbidden() -> None:
    """C5: full metadata with the change, client_id, and none of the members a server makes (RFC 7592 2.2)."""
    made, _ = carry(registration.register(METADATA, {"client_name": "my-app"}), always({**MADE, "client_secret": "s"}))
    _, [wire] = carry(registration.update(made, {"client_uri": "https://x.test", "server_made_up": None}), always(MADE))
    assert (wire.method, wire.url) == ("PUT", f"{ISSUER}/manage?client=c-1")
    assert wire.headers["authorization"] == "Bearer rat-1"
    assert json.loads(wire.body) == {
        "client_id": "c-1",
        "client_name": "my-app",
        "token_endpoint_auth_method": "none",
        "client_uri": "https://x.test",
    }


@pytest.mark.parametrize(
    ("more", "secret", "token"),
    [
        ({}, "s-1", "rat-1"),
        ({"client_secret": "s-2"}, "s-2", "rat-1"),
        ({"registration_access_token": "rat-2"}, "s-1", "rat-2"),
        ({"client_secret": "s-2", "registration_access_token": "rat-2"}, "s-2", "rat-2"),
        ({"client_secret": None, "registration_access_token": ""}, "s-1", "rat-1"),
    ],
)
def test_what_comes_replaces_and_nothing_overwrites(more: dict[str, object], secret: str, token: str) -> None:
    """C5: a server may rotate both, one or neither on any request, reading too."""
    before = Registered(
        client_id="c-1", client_secret=Secret("s-1"), management_uri=f"{ISSUER}/m", management_token=Secret("rat-1"), description={}
    )
    for exchange in (registration.read(before), registration.update(before, {})):
        after, _ = carry(exchange, always({"client_id": "c-1", **more}))
        assert (after.client_secret, after.management_token) == (Secret(secret), Secret(token))
        assert after.management_uri == f"{ISSUER}/m"


def test_an_answer_about_another_client_is_refused() -> None:
    """Nothing of it is kept."""
    with pytest.raises(BadAnswer, match="another client"):
        carry(registration.read(CLIENT), always({"client_id": "c-2"}))


@pytest.mark.parametrize(
    ("status", "error"), [(401, WrongCredentials), (403, WrongCredentials), (405, Unsupported), (503, ServerBusy)]
)
def test_a_refused_management_call_says_what_is_wrong(status: int, error: type[MyAppError]) -> None:
    """RFC 7592 2: the token, the method or the moment."""
    with pytest.raises(error):
        carry(registration.update(CLIENT, {}), always({}, status))


@pytest.mark.parametrize("status", [204, 200, 401, 404])
def test_a_client_that_is_gone_is_deleted(status: int) -> None:
    """RFC 7592 2.3: 204, and what a server says of a client that does not exist."""
    carry(registration.delete(CLIENT), always("", status))


def test_a_client_without_management_is_left_alone() -> None:
    """RFC 7591 alone gives no management address."""
    with pytest.raises(Unsupported):
        next(registration.delete(Registered(client_id="c", description={})))


def test_a_native_client_describes_itself() -> None:
    """RFC 8252: public, loopback addresses of both families, device code where there is one, no scope unless chosen."""
    told = wanted(Profile(name="w", issuer=ISSUER), METADATA, "/callback/x")
    assert told["redirect_uris"] == ["http://127.0.0.1/callback/x", "http://[::1]/callback/x"]
    assert told["token_endpoint_auth_method"] == "none"
    assert "urn:ietf:params:oauth:grant-type:device_code" in told["grant_types"]  # type: ignore[operator]
    assert "scope" not in told
    fixed = wanted(Profile(name="w", issuer=ISSUER, redirect_ports=(8400,), scopes=("a", "b"), dpop=True), METADATA, "/x")
    assert fixed["redirect_uris"] == ["http://127.0.0.1:8400/x", "http://[::1]:8400/x"]
    assert fixed["scope"] == "a b"
    assert fixed["dpop_bound_access_tokens"] is True


@dataclass
class Accounts:
    """Profiles in memory, on a disk that may be full."""

    store: MemoryStore
    full: bool = False
    profiles: dict[str, Profile] = field(default_factory=dict)

    def profile(self, name: str) -> Profile:
        """The profile."""
        if name not in self.profiles:
            raise UnknownProfile("unknown")
        return self.profiles[name]

    def add(
        self, profile: Profile, *, client_secret: Secret | None = None, registration: Mapping[str, object] | None = None
    ) -> Profile:
        """Keep it."""
        if self.full:
            raise DiskFault("full")
        self.profiles[profile.name] = profile
        self.store.save(Record(name=profile.name, kind=Kind.OAUTH, client_secret=client_secret, registration=registration))
        return profile


@dataclass
class House:
    """A home with a provider that registers."""

    accounts: Accounts
    use: Registrations
    discovery: Discovery
    clock: FakeClock
    seen: list[Wire]


def house(made: dict[str, object], *, full: bool = False) -> House:
    """A provider that makes ``made`` and counts up management tokens and secrets on updates."""
    clock = FakeClock()
    store = MemoryStore()
    accounts = Accounts(store, full)
    seen: list[Wire] = []

    def server(wire: Wire) -> Response:
        seen.append(wire)
        if "/.well-known/" in wire.url:
            document = {"issuer": ISSUER, "token_endpoint": f"{ISSUER}/t", "registration_endpoint": f"{ISSUER}/r"}
            return answer(document)
        if wire.method == "DELETE":
            return answer(status=204)
        if wire.method == "PUT":
            end = int(NOON.timestamp()) + 60
            return answer({**made, "client_secret": "s-2", "client_secret_expires_at": end, "registration_access_token": "rat-2"})
        return answer(made, status=201)

    transport = ScriptedTransport(server, clock=clock)
    discovery = Discovery(transport=transport, clock=clock, entropy=seeded())
    use = Registrations(
        accounts=accounts, store=store, discovery=discovery, transport=transport, clock=clock, entropy=seeded(), pause=clock.pause
    )
    return House(accounts, use, discovery, clock, seen)


def test_a_registered_profile_holds_its_management_sealed() -> None:
    """C5: the token is in the record as a Secret, the redirect URI has a path of its own (L6), nothing is in the profile."""
    home = house(MADE)
    added = home.use.register(Profile(name="work", issuer=ISSUER))
    assert added.client_id == "c-1"
    assert added.redirect_uri is not None
    assert added.redirect_uri.startswith("http://127.0.0.1/callback/")
    record = home.accounts.store.load("work")
    assert record is not None
    assert registered(record).management_token == Secret("rat-1")
    assert "rat-1" not in repr(record) + repr(added)
    assert record.client_secret is None


def test_nothing_is_sent_for_a_name_that_is_taken() -> None:
    """No orphan at the provider for a slip of the person."""
    home = house(MADE)
    home.accounts.profiles["work"] = Profile(name="work")
    with pytest.raises(ProfileExists):
        home.use.register(Profile(name="work", issuer=ISSUER))
    assert home.seen == []


def test_what_cannot_be_saved_is_deleted_at_the_provider() -> None:
    """A full disk leaves no client behind, and the disk is what is told."""
    home = house(MADE, full=True)
    with pytest.raises(DiskFault):
        home.use.register(Profile(name="work", issuer=ISSUER))
    assert home.seen[-1].method == "DELETE"


def test_a_server_that_gives_a_secret_anyway_makes_a_confidential_client() -> None:
    """RFC 7591 3.2.1: the server may change what was asked; a person still signs in."""
    home = house({**MADE, "token_endpoint_auth_method": "client_secret_basic", "client_secret": "s-1"})
    added = home.use.register(Profile(name="work", issuer=ISSUER))
    assert added.flow is Flow.BROWSER
    record = home.accounts.store.load("work")
    assert record is not None
    assert record.client_secret == Secret("s-1")


def test_an_update_keeps_the_new_secret_and_token_and_the_end_is_honoured() -> None:
    """C5: what an update gives is saved; after client_secret_expires_at the client is refused before anything is sent."""
    home = house(MADE)
    profile = home.use.register(Profile(name="work", issuer=ISSUER))
    home.use.update("work", {"client_name": "other"})
    record = home.accounts.store.load("work")
    assert record is not None
    assert record.client_secret == Secret("s-2")
    assert registered(record).management_token == Secret("rat-2")
    home.discovery.clients.of(profile, record)
    home.clock.advance(timedelta(seconds=61))
    with pytest.raises(WrongCredentials, match="expired on 2026-11-24"):
        home.discovery.clients.of(profile, record)
    home.use.unregister("work")
    with pytest.raises(Unsupported):
        home.use.update("work", {})


def test_what_is_kept_comes_back_whole() -> None:
    """The record's form and the value are two writings of one thing."""
    whole = Registered(
        client_id="c",
        client_secret=Secret("s"),
        secret_expires_at=datetime(2027, 1, 1, tzinfo=UTC),
        management_uri=f"{ISSUER}/m",
        management_token=Secret("t"),
        description={"a": ["b"]},
    )
    record = Record(name="n", kind=Kind.OAUTH, client_secret=Secret("s"), registration=kept(whole))
    assert registered(record) == whole
