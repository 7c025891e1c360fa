"""Use cases that live in memory, for tests of screens: the same methods, no network, no disk, a clock that is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from my_app.accounts import Account, Accounts, ChosenBy, Overview
from my_app.audit import Actor, Entry, Event, Result, Verdict
from my_app.errors import InvalidName, MyAppError, ProfileExists, UnknownProfile
from my_app.grants import Consequences, Ended, Grants
from my_app.inspecting import Inspection, Inspector, SignatureState
from my_app.login import Ask, Attempt, Logins, SignedIn, Watch
from my_app.model import (
    PROFILE_NAME,
    AccessToken,
    Flow,
    Identity,
    Kind,
    Profile,
    Record,
    Standing,
    State,
    Summary,
    TokenSet,
    kind_of,
    state_of,
)
from my_app.rotation import Progress, ProgressWatch, Rotated, RotationPlan, Rotations, RotationStep, StepState
from my_app.secret import Secret
from my_app.session import Sessions
from my_app.settings import Options, Paths
from my_app.testing import FakeClock, MemoryStore
from my_app.vaulting import Slot, SlotKind, VaultStatus
from my_app.wiring import Services

HOSTILE = "\x1b]52;c;aGk=\x07[/red][@click=app.quit]evil\u202egnp[/]"
"""A name no terminal and no markup parser should meet."""


class FakeAccounts(Accounts):
    """Accounts in a dict; states follow the clock."""

    def __init__(self, clock: FakeClock, rows: list[Account]) -> None:
        self.clock = clock
        self.rows = {row.name: row for row in rows}
        self.active: str | None = next(iter(self.rows), None)
        self.saved_options: dict[str, str] = {}
        self.current_options = Options()
        self.reads = 0
        self.fault: MyAppError | None = None

    def has(self, name: str) -> bool:
        return name in self.rows

    def overview(self) -> Overview:
        self.reads += 1
        if self.fault:
            raise self.fault
        rows = tuple(replace(row, active=row.name == self.active) for _, row in sorted(self.rows.items()))
        return Overview(active=self.active, chosen_by=ChosenBy.CONFIG, accounts=rows)

    def account(self, name: str) -> Account:
        try:
            return self.rows[name]
        except KeyError:
            raise UnknownProfile(f"There is no profile {name}.") from None

    def profile(self, name: str) -> Profile:
        return self.account(name).profile

    def add(
        self,
        profile: Profile,
        *,
        client_secret: Secret | None = None,
        api_key: Secret | None = None,
        totp_seed: Secret | None = None,
        replace: bool = False,
    ) -> Profile:
        if not PROFILE_NAME.fullmatch(profile.name):
            raise InvalidName(f"{profile.name} is not a profile name.")
        if profile.name in self.rows and not replace:
            raise ProfileExists(f"There is already a profile {profile.name}.")
        state = State.STATIC if api_key else State.LOGIN_NEEDED
        self.rows[profile.name] = account(profile.name, profile=profile, flow=profile.flow, state=state)
        return profile

    def rename(self, old: str, new: str) -> None:
        row = self.account(old)
        del self.rows[old]
        self.rows[new] = replace(row, name=new, profile=replace(row.profile, name=new))

    def use(self, name: str) -> None:
        self.account(name)
        self.active = name

    def remove(self, name: str) -> None:
        self.account(name)
        del self.rows[name]

    def options(self) -> Options:
        return self.current_options

    def set_option(self, key: str, value: str) -> None:
        self.saved_options[key] = value


class FakeSessions(Sessions):
    """Renews by moving expiry an hour ahead; ``fault`` makes it fail, ``gate`` makes it wait."""

    def __init__(self, accounts: FakeAccounts, clock: FakeClock) -> None:
        self.accounts = accounts
        self.clock = clock
        self.calls: list[tuple[str, bool]] = []
        self.fault: MyAppError | None = None
        self.gate: threading.Event | None = None

    def token(self, profile: str, *, min_valid: timedelta | None = None, force: bool = False) -> AccessToken:
        self.calls.append((profile, force))
        if self.gate:
            self.gate.wait(5)
        if self.fault:
            raise self.fault
        expires_at = self.clock.now() + timedelta(hours=1)
        row = self.accounts.account(profile)
        if row.refreshable or force:
            self.accounts.rows[profile] = replace(row, expires_at=expires_at, state=State.VALID)
        return AccessToken(
            profile=profile, value=Secret(CANARY), token_type="Bearer", expires_at=expires_at, scopes=row.scopes, source="refresh"
        )


CANARY = "eyJhbGciOiJub25lIn0.canary-secret-value.c2lnbmF0dXJl"
"""The secret of every fake record; no screen may hold it unless asked to reveal."""


class FakeAttempt(Attempt):
    """Runs a coroutine function given by the test."""

    def __init__(self, script: Callable[[Watch, Ask], object], watch: Watch, ask: Ask) -> None:
        self._script = script
        self._watch = watch
        self._ask = ask
        self.pasted: list[str] = []
        self.paste_answer: MyAppError | None = None
        self.cancelled = False

    async def run(self) -> SignedIn:
        import asyncio

        try:
            return await self._script(self._watch, self._ask)  # type: ignore[misc]
        except asyncio.CancelledError:
            self.cancelled = True
            raise

    def paste(self, text: str) -> MyAppError | None:
        self.pasted.append(text)
        return self.paste_answer


class FakeLogins(Logins):
    """``script(watch, ask)`` is an async function that plays a sign-in and returns a SignedIn."""

    def __init__(self, accounts: FakeAccounts) -> None:
        self.accounts = accounts
        self.script: Callable[[Watch, Ask], object] | None = None
        self.started: list[tuple[str, Flow | None]] = []
        self.attempts: list[FakeAttempt] = []
        self.opened: list[str] = []
        self.possible = frozenset({Flow.BROWSER, Flow.DEVICE, Flow.TERMINAL})
        self.automatic_fault: MyAppError | None = None

    def flows(self, profile: str) -> frozenset[Flow]:
        return self.possible

    def attempt(
        self,
        profile: str,
        *,
        flow: Flow | None = None,
        watch: Watch,
        ask: Ask,
        open_browser: bool = True,
        scopes: tuple[str, ...] | None = None,
        acr_values: str | None = None,
        max_age: timedelta | None = None,
        timeout: timedelta = timedelta(minutes=5),
    ) -> Attempt:
        assert self.script is not None, "give FakeLogins a script"
        self.started.append((profile, flow))
        attempt = FakeAttempt(self.script, watch, ask)
        self.attempts.append(attempt)
        return attempt

    def open_page(self, url: str) -> bool:
        self.opened.append(url)
        return True

    def automatic(self, profile: str) -> SignedIn:
        if self.automatic_fault:
            raise self.automatic_fault
        return signed_in(profile)


class FakeGrants(Grants):
    """Remembers what was revoked."""

    def __init__(self, accounts: FakeAccounts) -> None:
        self.accounts = accounts
        self.revoked: list[str] = []
        self.fault: MyAppError | None = None

    def consequences(self, profile: str) -> Consequences:
        return Consequences(lines=("Signed out here and wherever this grant is used.", "Cannot be undone."), can_tell_server=True)

    def revoke(self, profile: str) -> Ended:
        if self.fault:
            raise self.fault
        self.revoked.append(profile)
        self.accounts.rows[profile] = replace(
            self.accounts.account(profile), state=State.REVOKED, refreshable=False, expires_at=None
        )
        return Ended(
            profile=profile,
            revoked=("refresh_token", "access_token"),
            not_told=(),
            reason="",
            still_valid_until=None,
            forgotten=False,
        )

    def logout(self, profile: str, *, local: bool = False) -> Ended:
        self.accounts.remove(profile)
        return Ended(profile=profile, revoked=(), not_told=(), reason="", still_valid_until=None, forgotten=True)

    def userinfo(self, profile: str) -> Mapping[str, object]:
        return {"sub": "u1"}

    def introspect(self, profile: str) -> Mapping[str, object]:
        return {"active": True}

    def check_api_key(self, profile: str) -> str:
        return "works"


class FakeRotations(Rotations):
    """All steps succeed unless ``fault_at`` names one."""

    def __init__(self) -> None:
        self.fault_at: tuple[RotationStep, MyAppError] | None = None
        self.interrupted_at: RotationStep | None = None
        self.calls: list[str] = []

    def plan(self, profile: str) -> RotationPlan:
        return RotationPlan(
            profile=profile, what="API key", steps=tuple(RotationStep), warning="", interrupted_at=self.interrupted_at
        )

    def rotate(self, profile: str, *, watch: ProgressWatch) -> Rotated:
        self.calls.append("rotate")
        return self._run(profile, watch)

    def resume(self, profile: str, *, watch: ProgressWatch) -> Rotated:
        self.calls.append("resume")
        return self._run(profile, watch)

    def rollback(self, profile: str, *, watch: ProgressWatch) -> Rotated:
        self.calls.append("rollback")
        return Rotated(profile=profile, old_revoked=False, rolled_back=True, detail="")

    def _run(self, profile: str, watch: ProgressWatch) -> Rotated:
        for step in RotationStep:
            watch(Progress(step=step, state=StepState.RUNNING))
            if self.fault_at and self.fault_at[0] is step:
                watch(Progress(step=step, state=StepState.FAILED))
                raise self.fault_at[1]
            watch(Progress(step=step, state=StepState.DONE, detail="ending …c91e"))
        return Rotated(profile=profile, old_revoked=True, rolled_back=False, detail="")


class FakeInspector(Inspector):
    """Answers with ``looked`` and ``verified``; the real ``look`` is tested in core."""

    def __init__(self) -> None:
        self.looked = inspection()
        self.verified = inspection(signature=SignatureState.VALID, signature_reason="RS256, key k1 of the issuer's key set")
        self.tokens: list[str] = []
        self.issuers: list[str] = []

    def look(self, token: str) -> Inspection:
        self.tokens.append(token)
        return replace(self.looked, size=len(token))

    def verify(self, token: str, *, issuer: str, audience: str | None) -> Inspection:
        self.issuers.append(issuer)
        return replace(self.verified, size=len(token))


class FakeAudit:
    """A trail in a list."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.lines: list[Entry] = []

    def append(self, event: Event, *, profile: str | None, result: Result = Result.OK, code: str = "", detail: str = "") -> None:
        actor = Actor(program="my-app-accounts", pid=1, cwd="/home/ana", tty="pts/0")
        seq = len(self.lines) + 1
        self.lines.append(
            Entry(seq=seq, at=self.clock.now(), event=event, profile=profile, result=result, code=code, actor=actor, detail=detail)
        )

    def entries(self, *, limit: int = 500, before: int | None = None) -> tuple[Entry, ...]:
        lines = [line for line in self.lines if before is None or line.seq < before]
        return tuple(reversed(lines[-limit:]))

    def verify(self) -> Verdict:
        return Verdict(ok=True, events=len(self.lines), sealed_to=len(self.lines), broken_at=None)


@dataclass
class FakeVault:
    """A vault that opens with ``passphrase``."""

    exists: bool = True
    is_open: bool = True
    passphrase: str = "correct horse"
    slots: tuple[Slot, ...] = ()
    keyring_usable: bool = True
    open_fault: MyAppError | None = None
    locked: int = 0
    created: list[SlotKind] = field(default_factory=list)

    @property
    def opened(self) -> bool:
        return self.status().open

    def status(self) -> VaultStatus:
        return VaultStatus(
            path=Path("/home/ana/.local/share/my_app/vault.db"),
            exists=self.exists,
            vault_id="v1",
            open=self.is_open,
            opened_by=SlotKind.KEYRING if self.is_open else None,
            slots=self.slots,
            records=3,
            backup_at=None,
            keyring="Secret Service" if self.keyring_usable else "No keyring answered on this machine.",
            keyring_usable=self.keyring_usable,
        )

    def open(self, *, ask: bool = True) -> SlotKind:
        if self.open_fault:
            raise self.open_fault
        self.is_open = True
        return SlotKind.KEYRING

    def unlock(self, passphrase: Secret) -> None:
        from my_app.errors import WrongPassphrase

        if passphrase.reveal() != self.passphrase:
            raise WrongPassphrase("The passphrase opens nothing.")
        self.is_open = True

    def create(self, kind: SlotKind, secret: Secret | None = None) -> None:
        self.created.append(kind)
        self.exists = self.is_open = True

    def add_slot(self, kind: SlotKind, secret: Secret | None = None) -> None:
        self.created.append(kind)

    def remove_slot(self, kind: SlotKind, *, dry_run: bool = False) -> None:
        if dry_run:
            return
        self.slots = tuple(slot for slot in self.slots if slot.kind is not kind)

    def lock_now(self) -> None:
        self.locked += 1
        self.is_open = False


def account(
    name: str,
    *,
    provider: str = "Demo",
    flow: Flow = Flow.BROWSER,
    state: State = State.VALID,
    expires_in: timedelta | None = None,
    clock: FakeClock | None = None,
    refreshable: bool | None = None,
    scopes: tuple[str, ...] = ("openid", "profile", "email", "storage:read", "vms:read"),
    identity: Identity | None = None,
    confirmed: bool = True,
    profile: Profile | None = None,
    next_step: str = "",
) -> Account:
    """One account; ``expires_in`` counts from the clock's now."""
    now = (clock or FakeClock()).now()
    return Account(
        name=name,
        profile=profile or Profile(name=name, provider="demo", issuer="http://127.0.0.1:9400", client_id="demo-cli", flow=flow),
        provider=provider,
        kind=kind_of(flow),
        flow=flow,
        state=state,
        expires_at=None if expires_in is None else now + expires_in,
        refreshable=state in (State.VALID, State.EXPIRING, State.EXPIRED) if refreshable is None else refreshable,
        scopes=scopes,
        requested_scopes=scopes,
        identity=identity,
        kept_in="keyring",
        sources={"issuer": "config.toml", "client_id": "config.toml"},
        next=next_step,
        confirmed=confirmed,
        active=False,
    )


def some_accounts(clock: FakeClock) -> list[Account]:
    """One account in each state, as the demo has them."""
    ana = Identity(sub="u-ana", username="ana", email="ana@example.test", tenant="acme")
    return [
        account("work", provider="Okta", expires_in=timedelta(minutes=58), clock=clock, identity=ana),
        account(
            "github",
            provider="GitHub",
            state=State.EXPIRING,
            expires_in=timedelta(minutes=4, seconds=12),
            clock=clock,
            identity=ana,
        ),
        account("staging", provider="Keycloak", flow=Flow.DEVICE, state=State.EXPIRED, expires_in=-timedelta(hours=2), clock=clock),
        account("partner", provider="Auth0", state=State.REVOKED, clock=clock),
        account("openai", provider="API key", flow=Flow.API_KEY, state=State.STATIC, scopes=(), clock=clock),
        account("legacy", provider="OIDC", state=State.LOGIN_NEEDED, refreshable=False, clock=clock),
        account(
            "ci-deploy",
            provider="Demo",
            flow=Flow.CLIENT_CREDENTIALS,
            expires_in=timedelta(hours=6),
            clock=clock,
            scopes=("deployments:write",),
        ),
    ]


def signed_in(profile: str) -> SignedIn:
    """The end of a sign-in that went well."""
    return SignedIn(
        profile=profile,
        state=State.VALID,
        expires_at=None,
        scopes=("openid", "profile"),
        requested_scopes=("openid", "profile"),
        identity=Identity(sub="u-ana", username="ana"),
    )


def inspection(
    *, signature: SignatureState = SignatureState.NOT_CHECKED, signature_reason: str = "The issuer's keys were not asked for."
) -> Inspection:
    """A readable token with two claims."""
    from datetime import timedelta as td

    from my_app.inspecting import Check, ClaimRow
    from my_app.testing import NOON

    return Inspection(
        readable=True,
        problem="",
        header=(
            ClaimRow(name="alg", value="RS256", meaning="How it is signed"),
            ClaimRow(name="kid", value="k1", meaning="Which key signed it"),
        ),
        claims=(
            ClaimRow(name="iss", value="http://127.0.0.1:9400", meaning="Who made this token"),
            ClaimRow(name="sub", value="u-ana", meaning="The user's id at the issuer"),
            ClaimRow(name="aud", value="demo-api", meaning="Which API may accept it"),
            ClaimRow(name="iat", value="1795521600", meaning="Made at", moment=NOON),
            ClaimRow(name="exp", value="1795525200", meaning="Must be refused after this", moment=NOON + td(hours=1)),
            ClaimRow(name="scope", value="openid profile", meaning="What it may do"),
        ),
        raw_header='{\n  "alg": "RS256",\n  "kid": "k1"\n}',
        raw_payload='{\n  "iss": "http://127.0.0.1:9400",\n  "sub": "u-ana"\n}',
        algorithm="RS256",
        key_id="k1",
        issuer="http://127.0.0.1:9400",
        issued_at=NOON,
        expires_at=NOON + td(hours=1),
        signature=signature,
        signature_reason=signature_reason,
        checks=(
            Check(name="exp", ok=True, reason="58 m left"),
            Check(name="iss", ok=True, reason="It names the issuer of this profile."),
            Check(name="revocation", ok=None, reason="Not asked: the issuer offers no way."),
        ),
        size=836,
    )


@dataclass
class World:
    """The fakes behind one app."""

    clock: FakeClock
    accounts: FakeAccounts
    sessions: FakeSessions
    logins: FakeLogins
    grants: FakeGrants
    rotations: FakeRotations
    inspector: FakeInspector
    audit: FakeAudit
    vault: FakeVault
    store: MemoryStore
    services: Services


def world(rows: list[Account] | None = None) -> World:
    """Fakes with ``rows`` (default: one account in each state) and a record with ``CANARY`` for each."""
    clock = FakeClock()
    chosen = some_accounts(clock) if rows is None else rows
    accounts = FakeAccounts(clock, chosen)
    store = MemoryStore()
    for row in chosen:
        store.save(record(row, clock))
    sessions = FakeSessions(accounts, clock)
    logins = FakeLogins(accounts)
    grants = FakeGrants(accounts)
    rotations = FakeRotations()
    inspector = FakeInspector()
    audit = FakeAudit(clock)
    vault = FakeVault()
    services = Services(
        paths=Paths(config_dir=Path("/home/ana/.config/my_app"), data_dir=Path("/home/ana/.local/share/my_app")),
        clock=clock,
        accounts=accounts,
        sessions=sessions,
        logins=logins,
        grants=grants,
        rotations=rotations,
        registrations=None,  # type: ignore[arg-type]  # the app does not use it
        delegations=None,  # type: ignore[arg-type]  # nor this
        inspector=inspector,
        audit=audit,
        vault=vault,
        store=store,
    )
    return World(
        clock=clock,
        accounts=accounts,
        sessions=sessions,
        logins=logins,
        grants=grants,
        rotations=rotations,
        inspector=inspector,
        audit=audit,
        vault=vault,
        store=store,
        services=services,
    )


def record(row: Account, clock: FakeClock) -> Record:
    """The sealed side of an account."""
    if row.kind in (Kind.API_KEY, Kind.TOKEN):
        return Record(name=row.name, kind=row.kind, api_key=Secret(CANARY))
    tokens = TokenSet(
        access_token=Secret(CANARY),
        refresh_token=Secret(CANARY) if row.refreshable else None,
        scopes=row.scopes,
        obtained_at=clock.now(),
        expires_at=row.expires_at,
    )
    standing = Standing.REVOKED if row.state is State.REVOKED else Standing.ACTIVE
    return Record(name=row.name, kind=row.kind, tokens=tokens, identity=row.identity, standing=standing)


def state_now(row: Account, clock: FakeClock) -> State:
    """The state the core would compute for ``row`` now."""
    return state_of(
        Summary(
            name=row.name,
            generation=1,
            kind=row.kind,
            expires_at=row.expires_at,
            scopes=row.scopes,
            requested_scopes=row.requested_scopes,
            identity=row.identity,
            standing=Standing.REVOKED if row.state is State.REVOKED else Standing.ACTIVE,
            refreshable=row.refreshable,
            has_token=row.state is not State.LOGIN_NEEDED,
        ),
        clock.now(),
    )
