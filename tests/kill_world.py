"""A home with three accounts at the strict town, the commands that change it, and what must hold whatever happened.

``work`` is a login, ``bank`` another one that no command touches, ``hub`` an API key.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from command_runner import Ran, Runner
from my_app.model import Binding, Flow, Kind, Profile, Record, Standing, TokenSet
from my_app.secret import Secret
from my_app.vaulting import SlotKind
from my_app.wiring import Services, open_services
from strict_town import FIRST_KEY, SECRET, Town

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
PASSPHRASE = "correct horse battery"
ANSWERS = '{"kind": "username", "value": "ben"}\n{"kind": "password", "value": "pw"}\n'
Check = Callable[["World", Ran], None]


@dataclass
class World:
    """One home, its provider, and a hand that runs commands in it."""

    home: Path
    town: Town
    runner: Runner
    before: Mapping[str, Record] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        """The variables of the home."""
        return environment(self.home)

    def services(self) -> Services:
        """What a new process would have."""
        return open_services(self.environ)

    def run(self, *argv: str, stdin: str = "") -> Ran:
        """A command that nobody disturbs."""
        return self.runner.run(list(argv), self.environ, stdin=stdin)

    def profiles(self) -> set[str]:
        """The names in config.toml, read without this project."""
        path = self.home / "config" / "config.toml"
        return set(tomllib.loads(path.read_text())["profiles"]) if path.exists() else set()

    def records(self) -> dict[str, Record]:
        """Every record; raises when the vault is not whole."""
        services = self.services()
        names = [summary.name for summary in services.store.summaries()]
        if names:
            services.vault.open()
        found = {name: services.store.load(name) for name in names}
        return {name: record for name, record in found.items() if record is not None}

    def record(self, name: str) -> Record:
        """One that must be there."""
        return self.records()[name]

    def refresh_token(self, name: str) -> str:
        """What is stored of a login."""
        tokens = self.record(name).tokens
        assert tokens is not None
        assert tokens.refresh_token is not None
        return tokens.refresh_token.reveal()

    def others_untouched(self, *mine: str) -> None:
        """Every account that the command was not about is as it was, here and at the provider."""
        records = self.records()
        for name, record in self.before.items():
            if name not in mine:
                assert records[name] == record, name
                assert name in self.profiles()
        if self.before:
            assert "bank-0" in self.town.live


def environment(home: Path) -> dict[str, str]:
    """The variables of a home with a key slot."""
    return {
        "HOME": str(home),
        "MY_APP_CONFIG_DIR": str(home / "config"),
        "MY_APP_DATA_DIR": str(home / "data"),
        "MY_APP_VAULT_KEY": KEY,
        "MY_APP_VAULT_PASSPHRASE": PASSPHRASE,
        "MY_APP_NO_INPUT": "1",
    }


def furnished(home: Path, town: Town) -> Mapping[str, Record]:
    """Three accounts in ``home``."""
    services = open_services(environment(home))
    for name in ("work", "bank"):
        services.accounts.add(Profile(name=name, issuer=town.issuer, client_id=name, flow=Flow.TERMINAL))
        services.store.save(login(name, town.issuer))
    hub = Profile(name="hub", provider="demo", issuer=town.issuer, api_url=town.issuer, flow=Flow.API_KEY)
    services.accounts.add(hub, api_key=Secret(FIRST_KEY))
    return {name: record for name in ("work", "bank", "hub") if (record := services.store.load(name))}


def login(name: str, issuer: str) -> Record:
    """A login whose access token has expired."""
    now = datetime.now(UTC)
    return Record(
        name=name,
        kind=Kind.OAUTH,
        binding=Binding(issuer=issuer, client_id=name, token_hosts=(issuer,)),
        tokens=TokenSet(
            access_token=Secret(f"access-{name}"),
            refresh_token=Secret(f"{name}-0"),
            obtained_at=now - timedelta(minutes=10),
            expires_at=now - timedelta(seconds=1),
        ),
        endpoints={"token": f"{issuer}/token"},
    )


@dataclass(frozen=True)
class Act:
    """A command, the home it begins in, and what must hold after it was killed or failed anywhere."""

    argv: tuple[str, ...]
    check: Check
    stdin: str = ""
    prepare: Callable[[Path], None] = lambda home: None
    empty: bool = False


def added(name: str) -> Check:
    """The profile is there with its secret, or adding it again works."""

    def check(world: World, ran: Ran) -> None:
        world.others_untouched(name)
        if name not in world.profiles():
            act = ACTS["add"]
            argv = [part.replace("ISSUER", world.town.issuer) for part in act.argv]
            assert world.run(*argv, stdin=act.stdin).code == 0
        secret = world.record(name).client_secret
        assert secret is not None
        assert secret.reveal() == SECRET

    return check


def signed_in(world: World, ran: Ran) -> None:
    """The login is the old or the new one, either lives at the provider, and signing in again works."""
    world.others_untouched("work")
    assert world.refresh_token("work") in world.town.live
    assert world.record("work").standing is Standing.ACTIVE
    assert world.run("login", "work", "--flow", "terminal", "--answers", "-", stdin=ANSWERS).code == 0


def refreshed(world: World, ran: Ran) -> None:
    """What is stored lives at the provider; else the answer was lost before the save, and the next start says so (F1)."""
    world.others_untouched("work")
    record = world.record("work")
    if world.refresh_token("work") in world.town.live:
        assert world.run("refresh", "work").code == 0
        assert world.run("token", "work").code == 0
        return
    assert ran.code != 0
    assert record.refresh_in_flight is not None
    told = world.run("--json", "token", "work")
    assert told.code == 3
    assert '"login_interrupted"' in told.err
    assert "work" in world.records()
    world.others_untouched("work")
    assert world.run("login", "work", "--flow", "terminal", "--answers", "-", stdin=ANSWERS).code == 0


def rotated(world: World, ran: Ran) -> None:
    """At no moment without a working key; what was begun can be finished, and no key is left over."""
    world.others_untouched("hub")
    works = {value for _, value in world.town.keys.values()}
    assert key_of(world) in works
    if world.record("hub").pending is not None:
        assert world.run("rotate", "hub", "--resume").code == 0
    assert [value for _, value in world.town.keys.values()] == [key_of(world)]
    assert world.record("hub").pending is None


def rolled_back(world: World, ran: Ran) -> None:
    """The same with the way back, where there still is one."""
    world.others_untouched("hub")
    assert key_of(world) in {value for _, value in world.town.keys.values()}
    if world.record("hub").pending is not None:
        back = world.run("rotate", "hub", "--rollback")
        if back.code:
            assert FIRST_KEY not in {value for _, value in world.town.keys.values()}
            assert world.run("rotate", "hub", "--resume").code == 0
        else:
            assert key_of(world) == FIRST_KEY
    assert [value for _, value in world.town.keys.values()] == [key_of(world)]


def key_of(world: World) -> str:
    """The stored API key."""
    key = world.record("hub").api_key
    assert key is not None
    return key.reveal()


def renamed(world: World, ran: Ran) -> None:
    """The login is under exactly one of the names, works there, and the rename can be repeated."""
    world.others_untouched("work")
    names = world.profiles() & {"work", "moved"}
    assert len(names) == 1
    assert world.record(names.copy().pop()).tokens == world.before["work"].tokens
    if names == {"work"}:
        assert world.run("profile", "rename", "work", "moved").code == 0
    assert world.run("refresh", "moved").code == 0
    assert world.profiles() == {"moved", "bank", "hub"}


def removed(world: World, ran: Ran) -> None:
    """Gone, or still there whole and removable; never a record whose profile nobody sees."""
    world.others_untouched("work")
    if "work" in world.profiles():
        if "work" in world.records():
            assert world.record("work") == world.before["work"]
        assert world.run("profile", "remove", "work").code == 0
    assert "work" not in world.profiles()
    assert "work" not in world.records()


def whole(world: World, ran: Ran) -> None:
    """Every account is as it was, and the vault still opens."""
    world.others_untouched()


def slot_gone(world: World, ran: Ran) -> None:
    """Every account is as it was, and the removal can be repeated."""
    world.others_untouched()
    if SlotKind.PASSPHRASE in {slot.kind for slot in world.services().vault.status().slots}:
        assert world.run("vault", "slot", "remove", "passphrase").code == 0


def restored(world: World, ran: Ran) -> None:
    """Every account is back, at once or by the next ``vault restore``; a login that may be spent asks for a sign-in."""
    if (world.home / "data" / "vault.db").stat().st_size == 4096:
        assert world.run("vault", "restore").code == 0
    found = world.records()
    assert set(found) == set(world.before)
    for name, record in world.before.items():
        assert (found[name].tokens, found[name].api_key) == (record.tokens, record.api_key)
    assert found["work"].standing is Standing.LOGIN_NEEDED
    assert found["hub"].standing is Standing.ACTIVE
    assert list((world.home / "data").glob("vault.db.damaged-*"))


def cut(home: Path) -> None:
    """Leave the first page of the vault."""
    path = home / "data" / "vault.db"
    path.write_bytes(path.read_bytes()[:4096])


def with_passphrase(home: Path) -> None:
    """Give the vault a second slot."""
    vault = open_services(environment(home)).vault
    vault.open()
    vault.add_slot(SlotKind.PASSPHRASE, Secret(PASSPHRASE))


ADD = ("profile", "add", "fresh", "--issuer", "ISSUER", "--client-id", "ci", "--client-secret-stdin")
ACTS: Mapping[str, Act] = {
    "first": Act(ADD, added("fresh"), stdin=SECRET, empty=True),
    "add": Act(ADD, added("fresh"), stdin=SECRET),
    "login": Act(("login", "work", "--flow", "terminal", "--answers", "-"), signed_in, stdin=ANSWERS),
    "refresh": Act(("refresh", "work"), refreshed),
    "rotate": Act(("rotate", "hub", "--yes"), rotated),
    "rotate back": Act(("rotate", "hub", "--yes"), rolled_back),
    "rename": Act(("profile", "rename", "work", "moved"), renamed),
    "remove": Act(("profile", "remove", "work"), removed),
    "slot add": Act(("vault", "slot", "add", "passphrase"), whole),
    "slot remove": Act(("vault", "slot", "remove", "passphrase"), slot_gone, prepare=with_passphrase),
    "rekey": Act(("vault", "rekey"), whole),
    "restore": Act(("vault", "restore"), restored, prepare=cut),
}


class Stage:
    """The same home again and again for one act."""

    def __init__(self, act: Act, folder: Path, town: Town, runner: Runner) -> None:
        self.act = act
        self._town = town
        self._runner = runner
        self._template = folder / "template"
        self._folder = folder
        self._template.mkdir(mode=0o700)
        self._before = {} if act.empty else furnished(self._template, town)
        if not act.empty:
            act.prepare(self._template)

    @property
    def argv(self) -> list[str]:
        """The command's arguments."""
        return [part.replace("ISSUER", self._town.issuer) for part in self.act.argv]

    def world(self) -> World:
        """A fresh copy of the home; the provider begins anew."""
        home = self._folder / "home"
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(self._template, home)
        self._town.reset()
        return World(home, self._town, self._runner, self._before)
