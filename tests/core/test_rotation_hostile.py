"""Rotation at providers that lie, dawdle or forget, at full disks and edited settings: nothing is lost, nothing leaks."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from pathlib import Path

import pytest

from my_app.errors import (
    BadAnswer,
    BindingChanged,
    DiskFault,
    MyAppError,
    NetworkUnavailable,
    RateLimited,
    ServerBusy,
    ServerRefused,
    SettingsFault,
    Unsupported,
    WrongCredentials,
)
from my_app.model import Record
from my_app.oauth.exchange import Response, Wire
from my_app.rotation import RotationStep, StepState
from my_app.secret import Secret
from my_app.testing import MemoryStore, answer
from rotation_town import OLD, Auth0, Auth0Own, Demo, GitLab, KeycloakPolicy, Killed, Okta, Place, Town, place, rotations_of
from vault_tools import KEY, trail, vault_at

BAD_CREATES: tuple[object, ...] = (
    b"",
    b"{",
    b"[]",
    b'{"id": "2", "key": NaN}',
    b'{"id": "2", "id": "2", "key": "x"}',
    {"id": "2"},
    {"id": "2", "key": ""},
    {"id": "2", "key": None},
    {"id": "2", "key": ["x"]},
    {"id": "2", "key": "x" * 1_000_000},
    {"id": "2", "key": "new\r\nX-Evil: 1"},
    {"id": "2", "key": "new\x1b[31m"},
    {"id": "2", "key": "n\u00e9w"},
    {"id": "2", "key": OLD},
    {"key": "new-9-0123456789abcdefghij"},
    {"id": "../../admin", "key": "new-9-0123456789abcdefghij"},
    {"id": True, "key": "new-9-0123456789abcdefghij"},
    {"id": "1", "key": "new-9-0123456789abcdefghij"},
)


class Lying(Demo):
    """Makes a key and says something else."""

    told: object = b""

    def handled(self, wire: Wire) -> Response:
        """The lie."""
        response = super().handled(wire)
        if wire.method != "POST":
            return response
        return answer(self.told) if isinstance(self.told, bytes | dict) else response


@pytest.mark.parametrize("number", range(len(BAD_CREATES)))
def test_a_bad_answer_costs_nothing(number: int) -> None:
    """C6: whatever the answer holds, the old key stays in use, nothing of it is kept, and rollback removes what was made."""
    here = place(Lying)
    town = here.town
    assert isinstance(town, Lying)
    town.told = BAD_CREATES[number]
    with pytest.raises(BadAnswer) as told:
        here.rotations.rotate("work", watch=here.progress.append)
    assert "--rollback" in told.value.hint
    assert (here.secret, here.town.left) == (Secret(OLD), 2)
    assert here.record.pending is not None
    assert here.record.pending["new_key"] is None
    here.rotations.rollback("work", watch=here.progress.append)
    assert (here.secret, here.town.left, here.record.pending) == (Secret(OLD), 1, None)


def test_an_own_secret_is_saved_before_it_is_sent() -> None:
    """Rule 1: killed while the value is on its way, it is in the sealed journal, so a lost answer loses nothing."""
    here = place(Auth0Own)
    here.town.at, here.town.fault = 2, "killed after"
    with pytest.raises(Killed):
        here.rotations.rotate("work", watch=here.progress.append)
    assert here.record.pending is not None
    new = here.record.pending["new_key"]
    assert isinstance(new, Secret)
    assert here.town.works(new)
    here.again().resume("work", watch=here.progress.append)
    assert here.secret == new


class Slow(Demo):
    """A new key works only after some asking."""

    refusals = 0
    status = 401

    def handled(self, wire: Wire) -> Response:
        """Not yet."""
        by = wire.headers["authorization"].removeprefix("Bearer ")
        if by != OLD and self.refusals:
            self.refusals -= 1
            return answer({}, status=self.status)
        return super().handled(wire)


def test_a_new_key_may_take_a_moment() -> None:
    """Propagation: a 401 to the new key is asked again for the time the recipe gives, and only then is a failed proof."""
    here = place(Slow)
    assert isinstance(here.town, Slow)
    here.town.refusals = 2
    here.rotations.rotate("work", watch=here.progress.append)
    assert here.town.left == 1
    never = place(Slow)
    assert isinstance(never.town, Slow)
    never.town.refusals = 1000
    with pytest.raises(WrongCredentials, match="old one is still in use"):
        never.rotations.rotate("work", watch=never.progress.append)
    assert never.secret == Secret(OLD)
    never.town.refusals = 0
    never.rotations.resume("work", watch=never.progress.append)
    assert never.town.works(never.secret)


@pytest.mark.parametrize(("status", "error"), [(403, ServerRefused), (503, ServerBusy), (429, RateLimited)])
def test_other_failures_are_no_failed_proof(status: int, error: type[MyAppError]) -> None:
    """Rule 4: a missing right, a busy server or a rate limit says nothing about the key: both are kept."""
    here = place(Slow)
    assert isinstance(here.town, Slow)
    here.town.refusals, here.town.status = 1, status
    with pytest.raises(error):
        here.rotations.rotate("work", watch=here.progress.append)
    assert (here.secret, here.town.left) == (Secret(OLD), 2)
    here.rotations.resume("work", watch=here.progress.append)
    assert here.town.left == 1


class Undead(GitLab):
    """Rotates, and goes on taking the old token."""

    def handled(self, wire: Wire) -> Response:
        """The old one lives on."""
        response = super().handled(wire)
        self.keys["1"].live = self.keys["1"].there = True
        return response


def test_an_old_secret_that_lives_on_is_told() -> None:
    """Rule 6: the old one is asked for after the end, and no success is claimed that is none."""
    here = place(Undead)
    done = here.rotations.rotate("work", watch=here.progress.append)
    assert not done.old_revoked
    assert "still accepts the old one" in done.detail


def test_an_earlier_grace_period_is_not_cut_short() -> None:
    """Keycloak: while a rotated secret still lives, a second rotation would end it early, so none is begun."""
    here = place(KeycloakPolicy)
    here.town.make()
    here.town.keys["1"].value, here.town.keys["2"].value = "rotated-earlier-abcdefghij", OLD
    with pytest.raises(Unsupported, match="earlier rotation"):
        here.rotations.rotate("work", watch=here.progress.append)
    assert here.record.pending is None


def test_a_full_disk_after_the_answer_loses_nothing() -> None:
    """The only copy of a new secret is saved three times over, and by resume in the same process when there is room again."""

    class Full(MemoryStore):
        fails = 0

        def save(self, record: Record) -> Record:
            if self.fails and record.pending is not None and record.pending["step"] == "prove":
                self.fails -= 1
                raise DiskFault("The disk is full.", errno=28)
            return super().save(record)

    for fails, left in ((2, True), (3, False)):
        store = Full()
        here = place(Auth0, store)
        store.fails = fails
        if not left:
            with pytest.raises(DiskFault):
                here.rotations.rotate("work", watch=here.progress.append)
            assert [one.step for one in here.progress if one.state is StepState.FAILED] == [RotationStep.SAVE]
            here.rotations.resume("work", watch=here.progress.append)
        else:
            here.rotations.rotate("work", watch=here.progress.append)
        assert here.town.works(here.secret)
        assert (here.town.creates, here.record.pending) == (1, None)


def test_settings_cannot_send_a_secret_elsewhere() -> None:
    """U2, D6: neither the key nor the manager's credential goes to an origin it was not stored for; nothing is sent."""
    evil = {"method": "POST", "url": "https://evil.test/keys", "json": {}, "secret": "/key", "id": "/id"}
    own = {"create": evil, "self": {"url": "https://evil.test/me", "id": "/id"}, "delete": {"url": "https://evil.test/{id}"}}
    here = place(Demo)
    here.accounts.edit("work", rotation=own)
    managed = place(Okta)
    managed.accounts.edit("admin", api_url="https://evil.test")
    for one in (here, managed):
        with pytest.raises(BindingChanged, match=r"evil\.test"):
            one.rotations.rotate("work", watch=one.progress.append)
        assert not any("evil.test" in wire.url for wire in one.town.seen)
        assert one.record.pending is None
    token = place(Okta)
    token.accounts.edit("work", token_url="https://evil.test/token")
    with pytest.raises(BindingChanged):
        token.rotations.rotate("work", watch=token.progress.append)
    assert token.town.requests == 0


def test_a_recipe_changed_in_the_middle_is_refused() -> None:
    """A journal is finished with the recipe it was begun with, and the person is told which."""
    here = place(Auth0)
    cut_at(here, 2, "cut after")
    with pytest.raises(NetworkUnavailable):
        here.rotations.rotate("work", watch=here.progress.append)
    here.accounts.edit("work", rotation={"recipe": "okta", "with": "admin"})
    with pytest.raises(SettingsFault, match="“auth0”"):
        here.again().resume("work", watch=here.progress.append)


def test_nobody_manages_himself() -> None:
    """A profile named as its own manager, or one that is not there, is told before anything is sent."""
    for manager in ("work", "nobody"):
        here = place(Okta)
        here.accounts.edit("work", rotation={"recipe": "okta", "with": manager})
        with pytest.raises(MyAppError):
            here.rotations.rotate("work", watch=here.progress.append)
        assert here.record.pending is None


def test_the_journal_is_never_in_clear(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """C6, H3: cut at every request, no byte on the disk, no line of log or trail holds a secret or its mark."""
    caplog.set_level(logging.DEBUG)
    for make in (Demo, Auth0Own, Okta):
        for at in range(2, 6):
            folder = tmp_path / f"{make.__name__}{at}"
            folder.mkdir(mode=0o700)
            vault = vault_at(folder, key=KEY)
            here = place(make, vault)  # type: ignore[arg-type]  # the vault is a store
            here.trail = trail(vault, folder)  # type: ignore[assignment]
            rotations = rotations_of(here)
            here.town.at, here.town.fault = at, "500 after"
            with suppress(MyAppError):
                rotations.rotate("work", watch=here.progress.append)
            pending = here.record.pending or {}
            held = [one.value for one in here.town.keys.values()] + [str(pending.get("mark", OLD))]
            for file in folder.rglob("*"):
                if file.is_file():
                    raw = file.read_bytes()
                    assert not any(value.encode() in raw for value in held), file.name
            assert not any(value in caplog.text for value in held)


def cut_at(here: Place, at: int, fault: str) -> Town:
    """The town with that trouble."""
    here.town.at, here.town.fault = at, fault
    return here.town


def test_a_rate_limited_create_leaves_nothing_to_resume() -> None:
    """429 to a create: certainly nothing was made, so the next try is a new one; Retry-After is handed on."""
    here = place(GitLab)
    cut_at(here, 2, "429")
    with pytest.raises(RateLimited) as told:
        here.rotations.rotate("work", watch=here.progress.append)
    assert told.value.facts["retry_after"] is not None
    assert here.record.pending is None
    here.rotations.rotate("work", watch=here.progress.append)
    assert here.town.works(here.secret)


def test_a_redirect_is_never_followed() -> None:
    """N3: a create that is answered by a redirect goes nowhere; whether it was made is found out by the probe."""
    here = place(GitLab)
    cut_at(here, 2, "redirect")
    with pytest.raises(BadAnswer, match="redirect"):
        here.rotations.rotate("work", watch=here.progress.append)
    assert "not known" in here.rotations.plan("work").note
    assert here.rotations.resume("work", watch=here.progress.append).rolled_back
    assert json.dumps([wire.url for wire in here.town.seen]).count("evil") == 0
    assert here.town.creates == 0
