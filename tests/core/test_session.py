"""session.py and flight.py: a token that is always valid (security rows F1 to F8, D6)."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from my_app.errors import (
    BadAnswer,
    BindingChanged,
    DiskFault,
    LockTimeout,
    LoginExpired,
    LoginInterrupted,
    LoginNeeded,
    MyAppError,
    NetworkUnavailable,
    RateLimited,
    ServerBusy,
    TokenInvalid,
    UnknownProfile,
)
from my_app.model import Kind, Record, Standing, TokenSet
from my_app.oauth.exchange import Response
from my_app.secret import Secret
from my_app.testing import answer
from sessions_door import ISSUER, House, expired, house, unsigned

MINUTE = timedelta(minutes=1)


def test_token_that_lives_costs_no_request() -> None:
    """A token beyond the margin comes from the store; the provider is not asked."""
    home = house(left=5 * MINUTE)
    token = home.sessions.token("work")
    assert (token.value.reveal(), token.source) == ("a0", "cache")
    assert home.transport.requests == []


def test_expired_token_is_renewed_and_saved_first() -> None:
    """F1: the new refresh token is in the store before anyone gets the access token, and the mark is gone."""
    home = house()
    token = home.sessions.token("work")
    assert (token.value.reveal(), token.source) == ("a1", "refresh")
    tokens = home.record.tokens
    assert tokens is not None
    assert Secret("r1") == tokens.refresh_token
    assert home.record.refresh_in_flight is None
    assert home.trail.lines == [("refresh", "ok", "")]


def test_within_the_margin_is_renewed_ahead_of_time() -> None:
    """A token with less than the margin left is renewed on use."""
    home = house(left=timedelta(seconds=59))
    assert home.sessions.token("work").source == "refresh"


async def test_hundred_tasks_make_one_request() -> None:
    """F2: 100 asyncio tasks at an expired token: one refresh, everyone served."""
    home = house()
    tokens = await asyncio.gather(*(home.sessions.atoken("work") for _ in range(100)))
    assert {"a1"} == {token.value.reveal() for token in tokens}
    assert home.server.refreshes == 1


async def test_a_client_object_per_task_still_makes_one_request() -> None:
    """F2: 100 tasks, each with objects of its own, share the lock of the profile: one refresh."""
    home = house()
    tokens = await asyncio.gather(*(home.again().atoken("work") for _ in range(100)))
    assert {"a1"} == {token.value.reveal() for token in tokens}
    assert home.server.refreshes == 1


def test_hundred_threads_make_one_request() -> None:
    """F2: 100 threads at an expired token: one refresh, everyone served."""
    home = house()
    with ThreadPoolExecutor(100) as pool:
        tokens = list(pool.map(lambda _: home.sessions.token("work"), range(100)))
    assert {"a1"} == {token.value.reveal() for token in tokens}
    assert home.server.refreshes == 1


def test_dead_refresh_token_costs_one_request_and_is_remembered() -> None:
    """A dead refresh token: one request, every waiter and every later caller told, the record kept."""
    home = house()
    home.server.dead = True

    def ask(_: int) -> str:
        try:
            home.again().token("work")
        except LoginExpired as error:
            return error.hint
        return ""

    with ThreadPoolExecutor(20) as pool:
        hints = set(pool.map(ask, range(50)))
    assert {"Sign in again with: my-app login work"} == hints
    assert home.server.refreshes == 1
    assert Standing.LOGIN_NEEDED is home.record.standing
    assert home.record.tokens is not None


async def test_cancelled_caller_loses_nothing() -> None:
    """Cancelling the task that started the refresh does not stop it: the answer is saved and the next caller has it."""
    home = house()
    asked, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        asked.set()
        go_on.wait(5)

    home.server.before = slow
    task = asyncio.create_task(home.sessions.atoken("work"))
    await asyncio.to_thread(asked.wait, 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    assert (await home.sessions.atoken("work")).value.reveal() == "a1"
    assert home.server.refreshes == 1


async def test_waiting_blocks_no_loop() -> None:
    """While a refresh hangs, other tasks of the loop go on."""
    home = house()
    go_on = threading.Event()

    def hang() -> None:
        go_on.wait(5)

    home.server.before = hang
    waiting = [asyncio.create_task(home.sessions.atoken("work")) for _ in range(50)]
    ticks = 0
    while ticks < 20:
        await asyncio.sleep(0)
        ticks += 1
    assert not any(task.done() for task in waiting)
    go_on.set()
    assert len(await asyncio.gather(*waiting)) == 50


FAILURES: list[tuple[str, type[MyAppError], Response | NetworkUnavailable]] = [
    ("down", NetworkUnavailable, NetworkUnavailable("id.example.test refused the connection.", sent=False)),
    ("cut", NetworkUnavailable, NetworkUnavailable("The connection was cut.", sent=True)),
    ("429", RateLimited, answer(status=429, headers={"Retry-After": "30"})),
    ("500", ServerBusy, answer(status=500)),
    ("503", ServerBusy, answer("<html>busy</html>", status=503)),
    ("html", BadAnswer, answer("<html>Welcome to the hotel network</html>", headers={"content-type": "text/html"})),
    ("empty", BadAnswer, answer("")),
    ("list", BadAnswer, answer("[]")),
    ("redirect", BadAnswer, answer(status=302, headers={"location": "https://evil.test"})),
]


def _failing(home: House, failure: Response | NetworkUnavailable) -> None:
    def before() -> Response:
        if isinstance(failure, NetworkUnavailable):
            raise failure
        return failure

    home.server.before = before


@pytest.mark.parametrize(("name", "kind", "failure"), FAILURES, ids=[name for name, _, _ in FAILURES])
def test_no_failure_ends_a_session(name: str, kind: type[MyAppError], failure: Response | NetworkUnavailable) -> None:
    """Network, 429, 5xx, HTML: the error is told, the session stays, and the next try succeeds (T5, F4)."""
    home = house()
    _failing(home, failure)
    with pytest.raises(kind):
        home.sessions.token("work")
    assert Standing.ACTIVE is home.record.standing
    home.server.before = lambda: None
    home.clock.advance(31)
    assert home.again().token("work").source == "refresh"


@pytest.mark.parametrize(("name", "kind", "failure"), FAILURES, ids=[name for name, _, _ in FAILURES])
def test_a_token_that_still_lives_is_given_with_a_note(
    name: str, kind: type[MyAppError], failure: Response | NetworkUnavailable
) -> None:
    """Within the margin a failed renewal hands out the living token and says why it was not renewed."""
    home = house(left=timedelta(seconds=30))
    _failing(home, failure)
    token = home.sessions.token("work")
    assert token.value.reveal() == "a0"
    assert token.note.startswith("Not renewed: ")


def test_answer_cut_after_every_byte_keeps_the_session() -> None:
    """T7: a good answer cut anywhere stores nothing of itself and ends no session."""
    body = b'{"access_token":"a9","token_type":"Bearer","expires_in":600,"refresh_token":"r9"}'
    for length in range(len(body)):
        home = house()
        _failing(home, answer(body[:length], headers={"content-type": "application/json"}))
        with pytest.raises(MyAppError):
            home.sessions.token("work")
        assert home.record.tokens is not None
        assert Secret("r0") == home.record.tokens.refresh_token
        assert Standing.ACTIVE is home.record.standing


def test_retry_after_is_shared_by_all() -> None:
    """429 with Retry-After: nobody asks again before, whoever it was told to; afterwards all goes on."""
    home = house()
    _failing(home, answer(status=429, headers={"Retry-After": "30"}))
    with pytest.raises(RateLimited):
        home.sessions.token("work")
    asked = len(home.server.seen)
    home.server.before = lambda: None
    for _ in range(5):
        with pytest.raises(RateLimited) as told:
            home.again().token("work")
    assert asked == len(home.server.seen)
    assert timedelta(seconds=30) == told.value.facts["retry_after"]
    home.clock.advance(31)
    assert home.again().token("work").value.reveal() == "a1"


def test_lost_answer_then_refused_says_it_was_cut() -> None:
    """F4: an answer lost on the wire leaves the mark; when the token turns out spent, that is what is said."""
    home = house()
    _failing(home, NetworkUnavailable("The connection was cut.", sent=True))
    with pytest.raises(NetworkUnavailable):
        home.sessions.token("work")
    assert home.record.refresh_in_flight is not None
    home.server.before = lambda: None
    home.server.current = "spent"
    with pytest.raises(LoginInterrupted, match="cut off"):
        home.again().token("work")
    with pytest.raises(LoginInterrupted):
        home.again().token("work")
    assert home.server.refreshes == 1


def test_answer_lost_and_the_second_try_refused_is_an_interruption() -> None:
    """F4: one retry with the same token after a lost answer; refused then, it was cut, not expired."""
    home = house()
    first = [True]

    def before() -> None:
        if first.pop() if first else False:
            home.server.current = "spent by the lost answer"
            raise NetworkUnavailable("The connection was cut.", sent=True)

    home.server.before = before
    with pytest.raises(LoginInterrupted):
        home.sessions.token("work")
    assert len(home.server.seen) == 2


def test_unsent_request_leaves_no_mark() -> None:
    """A request that certainly did not leave cannot have spent the token."""
    home = house()
    _failing(home, NetworkUnavailable("No such name.", sent=False))
    with pytest.raises(NetworkUnavailable):
        home.sessions.token("work")
    assert home.record.refresh_in_flight is None


def test_loser_of_a_race_uses_what_the_winner_saved() -> None:
    """F3: refused, but another program without our lock saved newer tokens: those are used and nothing is overwritten."""
    home = house()

    def race() -> Response:
        record = home.record
        tokens = TokenSet(
            access_token=Secret("winner"),
            refresh_token=Secret("r-winner"),
            obtained_at=home.clock.now(),
            expires_at=home.clock.now() + 10 * MINUTE,
        )
        home.store.save(replace(record, tokens=tokens, refresh_in_flight=None))
        return answer({"error": "invalid_grant"}, status=400)

    home.server.before = race
    assert home.sessions.token("work").value.reveal() == "winner"
    assert Standing.ACTIVE is home.record.standing


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("body", ['{"error":"invalid_grant"}', '{"error":"invalid_request"}', "", "<html>no</html>"])
def test_disguises_of_a_dead_refresh_token(status: int, body: str) -> None:
    """Any 400, 401 or 403 to a refresh means sign in again; the record is kept."""
    home = house()
    _failing(home, answer(body, status=status))
    with pytest.raises(LoginExpired):
        home.sessions.token("work")
    assert Standing.LOGIN_NEEDED is home.record.standing
    assert home.record.tokens is not None


def test_answer_without_refresh_token_keeps_the_old() -> None:
    """F5: what the answer leaves out is kept."""
    home = house()
    _failing(home, answer({"access_token": "a9", "token_type": "Bearer", "expires_in": 600}))
    home.sessions.token("work")
    assert home.record.tokens is not None
    assert Secret("r0") == home.record.tokens.refresh_token


def test_renewed_id_token_of_another_account_is_refused() -> None:
    """F6: a refreshed ID token with another subject voids the answer."""
    home = house()
    record = home.record
    assert record.tokens is not None
    before = replace(record.tokens, id_token=Secret(unsigned({"iss": ISSUER, "sub": "me"})))
    home.store.save(replace(record, tokens=before))
    other = unsigned({"iss": ISSUER, "sub": "somebody"})
    _failing(home, answer({"access_token": "a9", "token_type": "Bearer", "expires_in": 600, "id_token": other}))
    with pytest.raises(TokenInvalid, match="another account"):
        home.sessions.token("work")
    assert before == home.record.tokens


def test_min_valid_beyond_the_lifetime_costs_one_refresh_and_a_note() -> None:
    """A wish the provider cannot grant: one refresh, then the token with a note."""
    home = house(left=5 * MINUTE)
    token = home.sessions.token("work", min_valid=timedelta(hours=2))
    assert (token.value.reveal(), token.source) == ("a1", "refresh")
    assert "live only 10 m" in token.note
    assert home.server.refreshes == 1


def test_force_refreshes_a_fresh_token() -> None:
    """``force`` asks the provider whatever the token's age."""
    home = house(left=9 * MINUTE)
    assert home.sessions.token("work", force=True).value.reveal() == "a1"


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=-1)])
def test_clock_jumps_cost_at_most_one_refresh(jump: timedelta) -> None:
    """F8: a day forward or back: at most one extra refresh, no login lost."""
    home = house(left=9 * MINUTE)
    home.clock.advance(jump)
    for _ in range(3):
        assert home.sessions.token("work").value.reveal() in ("a0", "a1")
    assert home.server.refreshes <= 1
    home.clock.advance(-jump)
    home.sessions.token("work")
    assert home.server.refreshes <= 2
    assert Standing.ACTIVE is home.record.standing


def test_edited_config_sends_nothing() -> None:
    """D6: a token endpoint the record was not stored for gets nothing; the next command is named."""
    home = house()
    home.accounts.value = replace(home.accounts.value, token_url="https://evil.test/token")
    with pytest.raises(BindingChanged, match=r"evil\.test") as told:
        home.sessions.token("work")
    assert "my-app profile trust work" in told.value.hint
    assert home.server.seen == []


def test_endpoints_found_at_sign_in_serve_when_discovery_is_down() -> None:
    """Discovery without an answer does not stop a renewal: the endpoints of the sign-in are used."""
    home = house()
    strict = home.server

    def server(wire: object) -> Response:
        if "/.well-known/" in wire.url:  # type: ignore[attr-defined]
            raise NetworkUnavailable("down", sent=False)
        return strict(wire)  # type: ignore[arg-type]

    home.transport.server = server
    assert home.sessions.token("work").value.reveal() == "a1"


class FullDisk:
    """A store whose next saves fail, in front of a real one."""

    def __init__(self, home: House) -> None:
        self._inner = home.store
        self.fail_after = 10**9
        self.failures = 0
        self.saves = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def save(self, record: Record) -> Record:
        """Save, or be full."""
        self.saves += 1
        if self.saves > self.fail_after and self.failures > 0:
            self.failures -= 1
            raise DiskFault("The disk is full.", errno=28)
        return self._inner.save(record)


def test_full_disk_before_the_request_sends_nothing() -> None:
    """The mark cannot be written: no request leaves, nothing is lost."""
    home = house()
    disk = FullDisk(home)
    disk.fail_after, disk.failures = 0, 1
    home.store = disk  # type: ignore[assignment]
    with pytest.raises(DiskFault):
        home.again().token("work")
    assert home.server.seen == []


def test_full_disk_after_the_answer_is_retried_and_never_handed_out_unsaved() -> None:
    """F1: tokens that cannot be saved are not handed out, and are saved by the next call once there is room."""
    home = house()
    disk = FullDisk(home)
    disk.fail_after, disk.failures = 1, 3
    home.store = disk  # type: ignore[assignment]
    sessions = home.again()
    with pytest.raises(DiskFault):
        sessions.token("work")
    assert home.server.refreshes == 1
    assert sessions.token("work").value.reveal() == "a1"
    assert home.server.refreshes == 1
    assert home.record.tokens is not None
    assert Secret("r1") == home.record.tokens.refresh_token


def test_held_lock_names_its_holder_and_spares_a_living_token() -> None:
    """A deadline at the lock: an error naming the holder, or the living token with a note."""
    home = house()
    home.sessions._lock_deadline = timedelta(0)
    with home.store.lock("work", timedelta(0)), pytest.raises(LockTimeout) as told:
        home.sessions.token("work")
    assert told.value.facts["holder"]
    living = house(left=timedelta(seconds=30))
    living.sessions._lock_deadline = timedelta(0)
    with living.store.lock("work", timedelta(0)):
        assert "Not renewed" in living.sessions.token("work").note


def test_client_credentials_are_renewed_by_the_same_flight() -> None:
    """C4: a service account's token is renewed with its client secret, once."""
    home = house()
    home.store.save(replace(home.record, kind=Kind.CLIENT_CREDENTIALS, client_secret=Secret("s3cret"), tokens=None))
    with ThreadPoolExecutor(20) as pool:
        tokens = list(pool.map(lambda _: home.sessions.token("work"), range(20)))
    assert {"c1"} == {token.value.reveal() for token in tokens}


def test_api_keys_are_handed_out_as_they_are() -> None:
    """An API key never expires and never asks anybody."""
    home = house()
    home.store.save(replace(home.record, kind=Kind.API_KEY, api_key=Secret("k"), tokens=None))
    assert home.sessions.token("work").value.reveal() == "k"
    assert home.transport.requests == []


def test_nothing_stored_says_what_to_do() -> None:
    """No record: sign in; no profile: unknown profile; no refresh token: sign in again."""
    home = house(refresh_token=None)
    with pytest.raises(LoginExpired, match="no refresh token"):
        home.sessions.token("work")
    home.store.delete("work")
    with pytest.raises(LoginNeeded) as told:
        home.sessions.token("work")
    assert "my-app login work" in told.value.hint
    with pytest.raises(UnknownProfile):
        home.sessions.token("other")


def test_revoked_login_is_not_renewed() -> None:
    """A revoked record asks nobody and says so."""
    home = house()
    home.store.save(replace(home.record, standing=Standing.REVOKED))
    with pytest.raises(LoginNeeded, match="revoked"):
        home.sessions.token("work")
    assert home.transport.requests == []


def test_signed_out_while_renewing_stays_signed_out() -> None:
    """A logout that comes between request and save wins: nothing is written back."""
    home = house()
    home.server.before = lambda: home.store.delete("work")
    with pytest.raises(LoginNeeded, match="signed out"):
        home.sessions.token("work")
    assert home.store.load("work") is None


def test_expired_fixture_is_what_it_says() -> None:
    """The door's record is refreshable and expired."""
    home = house()
    assert expired(home.clock).refreshable
