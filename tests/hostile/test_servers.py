"""Hostile servers before the real use cases: one line of data each in ``scenarios_*.py`` (security.md A to J).

The verdict is an error with its words, or success; after each refusal both stored accounts are as they were.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from hostile.scenarios_callback import CALLBACKS
from hostile.scenarios_device import DEVICE
from hostile.scenarios_discovery import DISCOVERY
from hostile.scenarios_id_token import ID_TOKENS
from hostile.scenarios_refresh import REFRESH
from hostile.scenarios_tokens import TOKENS
from hostile.town import FORGED, Kind, Town, judged
from my_app.errors import LoginNeeded, MyAppError, TokenInvalid
from my_app.events import DevicePage
from my_app.model import Standing

WELL_KNOWN = "/.well-known/openid-configuration"


async def ended(town: Town, sign_in: Any, kind: Kind, words: str) -> Any:
    """The one runner of sign-ins: run it, then judge message and store."""
    before = town.snapshot()
    if kind is None:
        done = await sign_in
        after = town.snapshot()
        assert after[0] != before[0]
        assert after[1] == before[1]
        return done
    with pytest.raises(MyAppError) as refused:
        await sign_in
    judged(refused.value, kind, words)
    assert town.snapshot() == before
    assert all(urlsplit(url).hostname == "id.example.test" for _, url in town.seen)
    return None


def ids(table: list[Any]) -> list[str]:
    """The ids; each stands once."""
    names = [line[0] for line in table]
    assert len(set(names)) == len(names)
    return names


@pytest.mark.parametrize(("_id", "query", "kind", "words"), CALLBACKS, ids=ids(CALLBACKS))
async def test_callback(_id: str, query: str, kind: Kind, words: str) -> None:
    """L8 to L10, R1, R5: a callback is taken whole or not at all, and no token request follows a refusal."""
    town = Town({})
    await ended(town, town.sign_in(lambda uri, state: f"{uri}?{query.replace('{state}', state)}"), kind, words)
    if kind is not None:
        assert not town.times


@pytest.mark.parametrize(("_id", "bend", "kind", "words"), TOKENS, ids=ids(TOKENS))
async def test_token_answer(_id: str, bend: Any, kind: Kind, words: str) -> None:
    """T1 to T7: the code is spent on one request, whatever comes back."""
    town = Town({"/token": bend})
    await ended(town, town.sign_in(), kind, words)
    if kind is not None and "T6" not in _id:
        assert len(town.times) == 1


@pytest.mark.parametrize(("_id", "bend", "kind", "words"), DISCOVERY, ids=ids(DISCOVERY))
async def test_discovery(_id: str, bend: Any, kind: Kind, words: str) -> None:
    """D2 to D5, A6: a document that lies about itself or points elsewhere is left, nothing is sent anywhere."""
    town = Town({WELL_KNOWN: bend})
    await ended(town, town.sign_in(), kind, words)
    if kind is not None:
        assert all(method == "GET" for method, _ in town.seen)


@pytest.mark.parametrize(("_id", "claims", "kind", "words"), ID_TOKENS, ids=ids(ID_TOKENS))
async def test_id_token(_id: str, claims: dict[str, Any], kind: Kind, words: str) -> None:
    """T8, A4: an ID token that fails its checks voids every token of the answer."""
    town = Town({}, claims=claims)
    await ended(town, town.sign_in(), kind, words)


async def test_id_token_of_another_key() -> None:
    """T8: a token signed by somebody else under the provider's key id is refused, and the keys are asked for at most twice."""
    town = Town({}, signer=FORGED)
    await ended(town, town.sign_in(), TokenInvalid, "signature")
    assert sum(url.endswith("/jwks") for _, url in town.seen) <= 2


@pytest.mark.parametrize(("_id", "start", "polls", "kind", "words"), DEVICE, ids=ids(DEVICE))
async def test_device(_id: str, start: Any, polls: Any, kind: Kind, words: str) -> None:
    """V1 to V8: polls keep their distance, end with the code, and what is shown is clean."""
    town = Town({"/device": start, "/token": polls} if polls else {"/device": start})
    began = town.clock.now().timestamp()
    pages: list[DevicePage] | None = await ended(town, town.by_device(), kind, words if kind else "")
    if kind is None:
        gaps = [round(b - a) for a, b in zip(town.times, town.times[1:], strict=False)]
        assert gaps == [int(word) for word in words.split()]
        assert pages is not None
        shown = f"{pages[0].user_code}{pages[0].verification_uri}{pages[0].verification_uri_complete}"
        assert shown.isprintable()
        assert len(pages[0].user_code) <= 41
    elif polls:
        assert min(b - a for a, b in zip([began, *town.times], town.times, strict=False)) >= 5


@pytest.mark.parametrize(("_id", "bend", "kind", "words", "requests"), REFRESH, ids=ids(REFRESH))
def test_refresh(_id: str, bend: Any, kind: Kind, words: str, requests: int) -> None:
    """F1 to F5: no answer loses the login; a dead one keeps its record and asks for a sign-in, without a second request."""
    town = Town({"/token": bend})
    before = town.snapshot()
    assert before[0] is not None
    if kind is None:
        town.refresh()
        after = town.store.load("work")
        assert after is not None
        assert after.tokens is not None
        assert after.tokens.refresh_token is not None
        assert after.refresh_in_flight is None
        assert after.tokens.scopes
    else:
        with pytest.raises(MyAppError) as refused:
            town.refresh()
        judged(refused.value, kind, words)
        after = town.store.load("work")
        assert after is not None
        asks = isinstance(refused.value, LoginNeeded)
        assert after.standing is (Standing.LOGIN_NEEDED if asks else Standing.ACTIVE)
        kept = {"generation": 0, "standing": Standing.ACTIVE, "reason": "", "refresh_in_flight": None, "not_before": None}
        assert replace(after, **kept) == replace(before[0], **kept)  # type: ignore[arg-type]
    assert town.store.load("other") == before[1]
    assert len(town.times) == requests
