"""RFC 7592: the secret of a registered client rotated at the embedded demo, for real, and at servers that do otherwise (C5, C6)."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field, replace

import pytest

from my_app.adapters.clock import SystemClock
from my_app.adapters.http import HttpTransport
from my_app.carry import run
from my_app.demo.server import RunningDemo, serve
from my_app.discovery import Discovery
from my_app.errors import LoginNeeded, MyAppError, NetworkUnavailable, Unsupported, WrongCredentials
from my_app.grants.registration import kept
from my_app.model import Binding, Flow, Kind, Profile, Record
from my_app.oauth import registration
from my_app.oauth.client_auth import Client
from my_app.oauth.exchange import Response, Wire
from my_app.oauth.token import client_credentials
from my_app.rotation import Progress, Rotations, RotationStep, StepState
from my_app.secret import Secret
from my_app.testing import MemoryStore, ScriptedTransport, answer, seeded
from rotation_town import Killed
from sessions_door import ISSUER, METADATA, Trail


@dataclass
class Breaking:
    """The real transport, and something that goes wrong at the n-th request that changes or asks about the client."""

    inner: HttpTransport
    at: int = -1
    fault: str = ""
    managed: int = 0
    puts: int = 0

    def send(self, wire: Wire) -> Response:
        """Send it, or what went wrong."""
        self.managed += "/.well-known/" not in wire.url
        self.puts += wire.method == "PUT"
        fault = self.fault if self.managed == self.at else ""
        if fault == "killed before":
            raise Killed
        response = self.inner.send(wire)
        if fault == "killed after":
            raise Killed
        if fault == "cut after":
            raise NetworkUnavailable("cut", sent=True)
        return response

    async def asend(self, wire: Wire) -> Response:
        """Nobody here is asynchronous."""
        raise NotImplementedError


@dataclass
class One:
    """The only profile."""

    value: Profile

    def profile(self, name: str) -> Profile:
        """It."""
        return self.value


@dataclass
class Home:
    """One registered client in a store."""

    profile: Profile
    transport: Breaking
    store: MemoryStore = field(default_factory=MemoryStore)
    trail: Trail = field(default_factory=Trail)
    progress: list[Progress] = field(default_factory=list)

    @property
    def record(self) -> Record:
        """What is stored."""
        found = self.store.load(self.profile.name)
        assert found is not None
        return found

    def rotations(self) -> Rotations:
        """As a new process makes it."""
        return Rotations(
            accounts=One(self.profile),
            store=self.store,
            transport=self.transport,
            clock=SystemClock(),
            entropy=seeded(3),
            audit=self.trail,
            pause=lambda seconds: None,
        )

    def works(self, secret: Secret | None) -> bool:
        """Whether the demo gives a token for it."""
        http = self.transport.inner
        discovery = Discovery(transport=http, clock=SystemClock(), entropy=seeded(9))
        client = Client(client_id=self.profile.client_id or "", client_secret=secret)
        exchange = client_credentials(discovery.metadata(self.profile, None), client, scopes=())
        try:
            run(exchange, http, clock=SystemClock(), entropy=seeded(4), pause=lambda seconds: None)
        except WrongCredentials:
            return False
        return True


def registered_at(demo: RunningDemo, http: HttpTransport, flow: Flow = Flow.CLIENT_CREDENTIALS) -> Home:
    """A confidential client that has just registered itself."""
    profile = Profile(name="robot", provider="oidc", issuer=demo.issuer, flow=flow)
    clock = SystemClock()
    metadata = Discovery(transport=http, clock=clock, entropy=seeded(9)).metadata(replace(profile, client_id="x"), None)
    wanted: dict[str, object] = {"client_name": "robot", "token_endpoint_auth_method": "client_secret_basic"}
    wanted["grant_types"] = ["client_credentials"] if flow is Flow.CLIENT_CREDENTIALS else ["authorization_code"]
    wanted["redirect_uris"] = ["http://127.0.0.1/callback"]
    client = run(registration.register(metadata, wanted), http, clock=clock, entropy=seeded(1), pause=lambda seconds: None)
    home = Home(replace(profile, client_id=client.client_id), Breaking(http))
    kind = Kind.CLIENT_CREDENTIALS if flow is Flow.CLIENT_CREDENTIALS else Kind.OAUTH
    binding = Binding(issuer=demo.issuer, client_id=client.client_id)
    home.store.save(Record(name="robot", kind=kind, binding=binding, client_secret=client.client_secret, registration=kept(client)))
    return home


def test_a_registered_client_gets_a_new_secret_at_the_demo() -> None:
    """C5, C6: new secret and management token kept, proven by a token request, the old one dead; and it can be done again."""
    with serve() as running, closing(HttpTransport({})) as http:
        home = registered_at(running, http)
        plan = home.rotations().plan("robot")
        assert (plan.what, "management token" in plan.warning, "ends the moment" in plan.warning) == ("client secret", True, True)
        before = home.record
        done = home.rotations().rotate("robot", watch=home.progress.append)
        assert done.old_revoked
        assert [one.step for one in home.progress if one.state is StepState.DONE] == list(plan.steps)
        assert home.works(home.record.client_secret)
        assert not home.works(before.client_secret)
        assert home.record.registration != before.registration
        assert home.record.pending is None
        home.rotations().rotate("robot", watch=home.progress.append)
        assert home.works(home.record.client_secret)


def test_a_client_without_tokens_of_its_own_is_proven_by_a_revocation() -> None:
    """RFC 7009 2.2: a token nobody has is revoked, which shows that the new secret signs in and changes nothing."""
    with serve() as running, closing(HttpTransport({})) as http:
        home = registered_at(running, http, Flow.BROWSER)
        old = home.record.client_secret
        home.rotations().rotate("robot", watch=home.progress.append)
        assert home.record.client_secret != old
        assert home.record.pending is None


def test_killed_at_the_demo_the_truth_is_found_out() -> None:
    """C6: killed or cut at every request: finished by resume, or told that nothing happened, or that the answer was lost."""
    ends = set()
    with serve() as running, closing(HttpTransport({})) as http:
        for at in (1, 2):
            for fault in ("killed before", "killed after", "cut after"):
                home = registered_at(running, http)
                home.transport.at, home.transport.fault = at, fault
                with pytest.raises((Killed, NetworkUnavailable)):
                    home.rotations().rotate("robot", watch=home.progress.append)
                home.transport.at = -1
                gap = at == 1 and fault != "killed before"
                assert home.works(home.record.client_secret) != gap
                try:
                    end = home.rotations().resume("robot", watch=home.progress.append)
                    ends.add("nothing" if end.rolled_back else "finished")
                    assert home.works(home.record.client_secret)
                    assert home.record.pending is None
                except LoginNeeded as lost:
                    ends.add("lost")
                    said = f"{lost.message} {lost.hint}"
                    assert gap
                    assert "administrator" in said
                assert home.transport.puts <= 1
    assert ends == {"nothing", "finished", "lost"}


def scripted(*, secret: str | None, token: str, status: int = 200) -> tuple[Rotations, MemoryStore, list[str]]:
    """A server whose update answers as told."""
    methods: list[str] = []

    def server(wire: Wire) -> Response:
        methods.append(wire.method)
        if "/.well-known/" in wire.url:
            return answer({**METADATA, "registration_endpoint": f"{ISSUER}/register"})
        members = {"client_id": "cli", "client_name": "robot", "registration_access_token": token}
        return answer(members | ({"client_secret": secret, "client_secret_expires_at": 0} if secret else {}), status=status)

    store, trail = MemoryStore(), Trail()
    kept_then = {
        "client_id": "cli",
        "uri": f"{ISSUER}/register/cli",
        "token": Secret("management-1"),
        "client_secret_expires_at": None,
        "description": {"client_name": "robot"},
    }
    store.save(
        Record(
            name="robot",
            kind=Kind.CLIENT_CREDENTIALS,
            binding=Binding(issuer=ISSUER, client_id="cli"),
            client_secret=Secret("secret-1"),
            registration=kept_then,
        )
    )
    clock = SystemClock()
    rotations = Rotations(
        accounts=One(Profile(name="robot", issuer=ISSUER, client_id="cli", flow=Flow.CLIENT_CREDENTIALS)),
        store=store,
        transport=ScriptedTransport(server),
        clock=clock,
        entropy=seeded(2),
        audit=trail,
        pause=lambda seconds: None,
    )
    return rotations, store, methods


@pytest.mark.parametrize("secret", [None, "secret-1"])
def test_a_server_that_keeps_the_secret(secret: str | None) -> None:
    """C5: the secret stays, the new management token is kept, and the person is told what helps."""
    rotations, store, methods = scripted(secret=secret, token="management-2")
    with pytest.raises(Unsupported, match="still works"):
        rotations.rotate("robot", watch=lambda progress: None)
    record = store.load("robot")
    assert record is not None
    assert (record.client_secret, record.pending) == (Secret("secret-1"), None)
    assert (record.registration or {})["token"] == Secret("management-2")
    assert methods.count("PUT") == 1


def test_a_dead_management_token_changes_nothing() -> None:
    """A refused update leaves the secret in use and no journal."""
    rotations, store, _ = scripted(secret=None, token="x", status=401)
    with pytest.raises(MyAppError):
        rotations.rotate("robot", watch=lambda progress: None)
    record = store.load("robot")
    assert record is not None
    assert (record.client_secret, record.pending) == (Secret("secret-1"), None)


def test_rolling_back_what_ended_the_old_secret_is_refused() -> None:
    """There is no way back to a secret that is dead: the way on is named."""
    rotations, store, _ = scripted(secret="secret-2", token="management-2")
    with pytest.raises(MyAppError):  # its token endpoint answers nonsense, so the proof fails
        rotations.rotate("robot", watch=lambda progress: None)
    assert rotations.plan("robot").interrupted_at is RotationStep.PROVE
    with pytest.raises(Unsupported) as told:
        rotations.rollback("robot", watch=lambda progress: None)
    assert "--resume" in told.value.hint
    record = store.load("robot")
    assert record is not None
    assert record.client_secret == Secret("secret-2")
