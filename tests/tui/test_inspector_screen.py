"""The inspector: what is claimed apart from what is proven."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual import events

from my_app.inspecting import ClaimRow, SignatureState
from my_app.settings import Options
from my_app.text import clean
from my_app_accounts.screens.ask import AskScreen, TextScreen
from my_app_accounts.screens.inspector import InspectorScreen
from my_app_accounts.widgets.claim_list import ClaimList
from my_app_accounts.widgets.token_panes import TokenTime
from tui.driving import press, running, settle, shown, tick, toasts
from tui.fakes import CANARY, HOSTILE, inspection, world


async def test_t_takes_an_accounts_token_there_and_esc_comes_back_to_the_row() -> None:
    """Decoded, checked with the account's issuer, its signature hidden; Esc returns to the same account."""
    there = world()
    async with running(there, profile="work") as (app, pilot):
        await press(app, pilot, "t")
        assert isinstance(app.screen, InspectorScreen)
        assert there.inspector.issuers == ["http://127.0.0.1:9400"]
        text = shown(app)
        for word in ("Access token of work", "Signature is valid", "Who made this token", "iss", "RS256", "in 60 m"):
            assert word in text
        assert CANARY not in text
        assert "c2lnbmF0dXJl" not in text
        await press(app, pilot, "escape")
        assert app.current_mode == "accounts"
        assert app.screen.current.name == "work"


async def test_a_pasted_token_is_looked_at_and_its_issuer_confirmed_before_it_is_asked() -> None:
    """Pasting decodes without network; s asks whom to trust first, because the token names the issuer itself."""
    there = world()
    async with running(there) as (app, pilot):
        await press(app, pilot, "2")
        app.screen.post_message(events.Paste(CANARY))
        await settle(app, pilot)
        assert there.inspector.tokens == [CANARY]
        assert there.inspector.issuers == []
        assert "Signature not checked" in shown(app)
        await press(app, pilot, "s")
        assert isinstance(app.screen, AskScreen)
        assert "http://127.0.0.1:9400" in shown(app)
        await press(app, pilot, "enter")
        assert there.inspector.issuers == ["http://127.0.0.1:9400"]
        assert "Signature is valid" in shown(app)


@pytest.mark.slow
async def test_all_four_signature_states_have_words_and_a_reason() -> None:
    """Valid, not valid, not checked, cannot be checked: never just yes or no."""
    wanted = {
        SignatureState.VALID: "● Signature is valid",
        SignatureState.INVALID: "✕ Signature is NOT valid",
        SignatureState.NOT_CHECKED: "◔ Signature not checked",
        SignatureState.CANNOT_CHECK: "? Signature cannot be checked",
    }
    for state, words in wanted.items():
        there = world()
        there.inspector.verified = inspection(signature=state, signature_reason="because of the test")
        async with running(there, profile="work") as (app, pilot):
            await press(app, pilot, "t")
            assert words in shown(app)
            assert "because of the test" in shown(app)


@pytest.mark.slow
async def test_an_opaque_token_shows_what_is_wrong_and_no_part_of_itself() -> None:
    """It is all secret, so all of it is hidden."""
    there = world()
    there.inspector.looked = there.inspector.verified = replace(
        inspection(), readable=False, problem="This is not a JWT.", header=(), claims=(), raw_header="", raw_payload=""
    )
    async with running(there, profile="work") as (app, pilot):
        await press(app, pilot, "t")
        text = shown(app)
        assert "This is not a JWT." in text
        assert CANARY[:8] not in text
        await press(app, pilot, "s")
        assert "no signature" in toasts(app)


async def test_hostile_claims_are_text() -> None:
    """Escapes and markup in a claim are visible marks in every view of it (X1, X2)."""
    there = world()
    bad = clean(HOSTILE)
    there.inspector.verified = replace(
        inspection(),
        claims=(ClaimRow(name=bad, value=bad, meaning=bad),),
        raw_payload=f'{{"x": "{bad}"}}',
        signature_reason=HOSTILE,
    )
    async with running(there, profile="work") as (app, pilot):
        await press(app, pilot, "t")
        assert "\x1b" not in shown(app)
        assert "\\x1b" in shown(app)
        await press(app, pilot, "enter")
        assert isinstance(app.screen, TextScreen)
        await press(app, pilot, "escape", "w")
        assert '"x"' in shown(app)
        assert "\u202e" not in shown(app)


@pytest.mark.slow
async def test_raw_json_and_back() -> None:
    """w shows header and payload as they stand; Esc goes back to plain words first."""
    async with running(world(), profile="work") as (app, pilot):
        await press(app, pilot, "t", "w")
        assert '"kid": "k1"' in shown(app)
        assert not app.screen.query_one(ClaimList).display
        await press(app, pilot, "escape")
        assert app.screen.query_one(ClaimList).display
        assert app.current_mode == "inspector"


@pytest.mark.slow
async def test_times_count_with_the_clock() -> None:
    """The span beside exp follows, and turns when it is over."""
    there = world()
    there.accounts.current_options = Options(lock_after=None)
    async with running(there, profile="work") as (app, pilot):
        await press(app, pilot, "t")
        assert app.screen.query_one(TokenTime).display
        await tick(app, pilot, there, 60)
        assert "in 59 m" in shown(app)
        await tick(app, pilot, there, 3600)
        assert "60 s ago" in shown(app)


@pytest.mark.slow
async def test_locking_drops_an_accounts_token() -> None:
    """What came out of the vault goes when it closes (H4)."""
    there = world()
    async with running(there, profile="work") as (app, pilot):
        await press(app, pilot, "t", "ctrl+l")
        assert "No token yet" in shown(app)


@pytest.mark.slow
async def test_it_fits_the_smallest_terminal() -> None:
    """At 80x24 token, checks, claims and the time bar are all there."""
    async with running(world(), (80, 24), profile="work") as (app, pilot):
        await press(app, pilot, "t")
        for word in ("Access token of work", "Signature is valid", "iss", "issued", "expires"):
            assert word in shown(app)
