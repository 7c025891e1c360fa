"""Rotation as a journal: killed or failing at every step, a working key is left (row C6)."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from my_app.errors import BindingChanged, MyAppError, NetworkUnavailable, Unsupported, WrongCredentials
from my_app.model import Binding, Flow, Kind, Record
from my_app.oauth.exchange import Response, Wire
from my_app.rotation import Progress, Rotations, RotationStep, StepState
from my_app.secret import Secret
from my_app.testing import FakeClock, MemoryStore, ScriptedTransport, answer, seeded
from sessions_door import ISSUER, OneProfile, Trail

API = "https://api.example.test/v1"


class Killed(BaseException):
    """The process dies here."""


@dataclass
class KeyServer:
    """An API that makes, lists and deletes keys."""

    keys: dict[str, tuple[str, str]] = field(default_factory=lambda: {"1": ("key-old-0123456789abcdef", "first")})
    made: int = 1
    die_at: int = -1
    """Number of the request at which the process is killed: before it is handled, or after."""
    die_after: bool = False
    requests: int = 0
    refuse: str = ""

    def __call__(self, wire: Wire) -> Response:
        """The answer."""
        self.requests += 1
        if self.requests == self.die_at and not self.die_after:
            raise Killed
        response = self._handled(wire)
        if self.requests == self.die_at:
            raise Killed
        return response

    def _handled(self, wire: Wire) -> Response:
        by = wire.headers["authorization"].removeprefix("Bearer ")
        if by not in [value for value, _ in self.keys.values()]:
            return answer({"error": "invalid_token"}, status=401)
        path = urlsplit(wire.url).path
        if wire.method == self.refuse:
            return answer(status=503)
        if wire.method == "POST":
            self.made += 1
            name = json.loads(wire.body)["name"]
            value = f"key-{self.made}-0123456789abcdef"
            self.keys[str(self.made)] = (value, name)
            return answer({"id": str(self.made), "key": value}, status=201)
        if wire.method == "DELETE":
            return answer(status=204 if self.keys.pop(path.rsplit("/", 1)[1], None) else 404)
        items = [{"id": key_id, "name": name, "current": value == by} for key_id, (value, name) in self.keys.items()]
        return answer({"items": items})

    def works(self, key: Secret | None) -> bool:
        """Whether the key is alive."""
        return key is not None and key.reveal() in [value for value, _ in self.keys.values()]


class KillingStore(MemoryStore):
    """A store whose process dies before or after its n-th save."""

    def __init__(self) -> None:
        super().__init__()
        self.saves = 0
        self.die_at = -1
        self.die_after = False

    def save(self, record: Record) -> Record:
        """Save, or die."""
        self.saves += 1
        if self.saves == self.die_at and not self.die_after:
            raise Killed
        saved = super().save(record)
        if self.saves == self.die_at:
            raise Killed
        return saved


@dataclass
class Home:
    """Everything a rotation touches."""

    server: KeyServer
    store: KillingStore
    trail: Trail
    transport: ScriptedTransport
    rotations: Rotations
    progress: list[Progress] = field(default_factory=list)

    @property
    def record(self) -> Record:
        """What is stored."""
        found = self.store.load("work")
        assert found is not None
        return found


def home(**profile: object) -> Home:
    """A profile of the demo with one API key."""
    server, store, trail, clock = KeyServer(), KillingStore(), Trail(), FakeClock()
    settled = {"provider": "demo", "flow": Flow.API_KEY, "api_url": API, "check_url": f"{API}/keys", **profile}
    binding = Binding(issuer=ISSUER, api_origins=("https://api.example.test",))
    store.save(Record(name="work", kind=Kind.API_KEY, binding=binding, api_key=Secret("key-old-0123456789abcdef")))
    store.saves = 0
    transport = ScriptedTransport(server, clock=clock)
    rotations = Rotations(
        accounts=OneProfile(**settled),
        store=store,
        transport=transport,
        clock=clock,
        entropy=seeded(5),
        audit=trail,
        pause=clock.pause,
    )
    return Home(server, store, trail, transport, rotations)


def test_rotation_replaces_the_key_step_by_step() -> None:
    """New key made, saved, proven, switched to, old one deleted; each step told; one line in the trail."""
    here = home()
    plan = here.rotations.plan("work")
    assert (plan.what, plan.warning, plan.interrupted_at) == ("API key", "", None)
    done = here.rotations.rotate("work", watch=here.progress.append)
    assert done.old_revoked
    assert [one.step for one in here.progress if one.state is StepState.DONE] == list(RotationStep)
    assert here.record.api_key == Secret("key-2-0123456789abcdef")
    assert (here.record.api_key_id, here.record.pending) == ("2", None)
    assert list(here.server.keys) == ["2"]
    assert here.trail.lines == [("rotate", "ok", "")]
    assert not any("0123456789" in one.detail for one in here.progress)


def killed_homes() -> list[tuple[str, int, bool]]:
    """Every point at which the process may die: before and after each request and each save."""
    return [(where, number, after) for where in ("request", "save") for number in range(1, 6) for after in (False, True)]


@pytest.mark.parametrize(("where", "number", "after"), killed_homes())
@pytest.mark.parametrize("way", ["resume", "rollback"])
def test_killed_anywhere_a_working_key_is_left(where: str, number: int, after: bool, way: str) -> None:
    """C6: killed at any point the stored key works; afterwards resume or rollback leaves one key and no journal."""
    here = home()
    victim = here.server if where == "request" else here.store
    victim.die_at, victim.die_after = number, after
    with suppress(Killed):
        here.rotations.rotate("work", watch=here.progress.append)
    victim.die_at = -1
    assert here.server.works(here.record.api_key)
    if here.record.pending is None:
        return
    assert here.rotations.plan("work").interrupted_at is not None
    with pytest.raises(Unsupported, match="cut off"):
        here.rotations.rotate("work", watch=here.progress.append)
    gone = here.record.api_key != Secret("key-old-0123456789abcdef") and "1" not in here.server.keys
    if way == "rollback" and gone:
        with pytest.raises(Unsupported, match="deleted already"):
            here.rotations.rollback("work", watch=here.progress.append)
        way = "resume"
    getattr(here.rotations, way)("work", watch=here.progress.append)
    assert here.server.works(here.record.api_key)
    assert here.record.pending is None
    assert len(here.server.keys) == 1


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_busy_provider_leaves_a_working_key(method: str) -> None:
    """A 503 at any step: the error is told, the stored key works, and resume or a new start finishes."""
    here = home()
    here.server.refuse = method
    with pytest.raises(MyAppError):
        here.rotations.rotate("work", watch=here.progress.append)
    assert here.server.works(here.record.api_key)
    here.server.refuse = ""
    act = here.rotations.resume if here.record.pending else here.rotations.rotate
    act("work", watch=here.progress.append)
    assert len(here.server.keys) == 1


def test_refused_before_anything_was_made_leaves_no_journal() -> None:
    """A key that is not accepted, or a network that is down: nothing to resume."""
    here = home()
    here.server.keys.clear()
    with pytest.raises(WrongCredentials):
        here.rotations.rotate("work", watch=here.progress.append)
    assert here.record.pending is None

    def down(wire: Wire) -> Response:
        raise NetworkUnavailable("down", sent=False)

    other = home()
    other.transport.server = down
    with pytest.raises(NetworkUnavailable):
        other.rotations.rotate("work", watch=here.progress.append)
    assert other.record.pending is None
    with pytest.raises(Unsupported, match="No rotation"):
        other.rotations.resume("work", watch=here.progress.append)


def test_no_recipe_says_what_to_do() -> None:
    """A provider without a recipe, or another kind of secret, is refused with the manual way."""
    with pytest.raises(Unsupported) as told:
        home(provider="oidc").rotations.plan("work")
    assert "--api-key-stdin" in told.value.hint


def test_edited_api_url_gets_no_key() -> None:
    """U2: the key is not sent to an API the profile was edited to."""
    here = home(api_url="https://evil.test")
    with pytest.raises(BindingChanged, match=r"evil\.test"):
        here.rotations.rotate("work", watch=here.progress.append)
    assert here.server.requests == 0
