"""The public fakes keep their own promises."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from my_app.carry import arun, run
from my_app.errors import KeyringUnavailable, NetworkUnavailable
from my_app.oauth.exchange import Exchange, Response, Wire, get
from my_app.secret import Secret
from my_app.testing import NOON, FakeClock, FakeKeychain, ScriptedTransport, answer, seeded


def asking() -> Exchange[Response]:
    """One request."""
    response = yield get("https://id.example/x", purpose="test")
    return response


def test_the_clock_moves_only_when_told() -> None:
    """By a span or by seconds, forwards or back; pausing passes the time at once."""
    clock = FakeClock()
    assert clock.now() == clock.now() == NOON
    clock.advance(timedelta(hours=1))
    clock.advance(-60)
    clock.pause(5)
    assert clock.now() == NOON + timedelta(minutes=59, seconds=5)


def test_seeded_randomness_repeats() -> None:
    """The same seed gives the same bytes, one after the other, another seed others."""
    one, two, other = seeded(1), seeded(1), seeded(2)
    assert [one(12), one(12)] == [two(12), two(12)]
    assert one(12) != one(12)
    assert seeded(1)(12) != other(12)


async def test_a_function_is_a_server_for_both_carriers() -> None:
    """What was sent is kept, answers carry the clock's time, and a server that raises is unreachable."""
    clock = FakeClock()
    clock.advance(60)
    transport = ScriptedTransport(lambda wire: answer({"path": wire.url}, headers={"X-Y": "z"}), clock=clock)
    sync = run(asking(), transport, clock=clock, entropy=seeded(), pause=clock.pause)
    later = await arun(asking(), transport, clock=clock, entropy=seeded(), pause=clock.apause)
    for response in (sync, later):
        assert response.at == clock.now()
        assert response.headers == {"content-type": "application/json", "x-y": "z"}
        assert json.loads(response.body) == {"path": "https://id.example/x"}
    assert [wire.method for wire in transport.requests] == ["GET", "GET"]

    def down(wire: Wire) -> Response:
        raise NetworkUnavailable("No answer.")

    with pytest.raises(NetworkUnavailable):
        run(asking(), ScriptedTransport(down), clock=clock, entropy=seeded(), pause=clock.pause)


def test_the_keyring_can_be_unlocked_by_a_prompt() -> None:
    """Locked and nobody asked: refused; with a prompt it opens and stays open, unless the person closes it."""
    keychain = FakeKeychain(locked=True)
    with pytest.raises(KeyringUnavailable):
        keychain.get("x")
    assert keychain.get("x", prompt=True) is None
    keychain.set("x", Secret("y"))
    with pytest.raises(KeyringUnavailable, match="stayed locked"):
        FakeKeychain(locked=True, dismisses=True).get("x", prompt=True)
