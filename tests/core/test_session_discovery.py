"""Discovery by profile: remembered, bound, and standing in for itself when the network is down (rows D1 to D6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from my_app.discovery import Discovery, bound_to
from my_app.discovery.clients import client_of
from my_app.errors import BadMetadata, BindingChanged, IssuerMismatch, NetworkUnavailable, ServerBusy, SettingsFault
from my_app.model import Binding, Flow, Kind, Profile, Record
from my_app.oauth.exchange import Response, Wire
from my_app.secret import Secret
from my_app.testing import FakeClock, ScriptedTransport, Server, answer, seeded
from sessions_door import ISSUER, METADATA, TOKEN_URL

PROFILE = Profile(name="work", issuer=ISSUER, client_id="cli", flow=Flow.BROWSER)
RECORD = Record(
    name="work",
    kind=Kind.OAUTH,
    binding=Binding(issuer=ISSUER, client_id="cli", token_hosts=(ISSUER,)),
    client_secret=Secret("s"),
    endpoints={"token": TOKEN_URL},
)


def documents(wire: Wire) -> Response:
    """A good provider with OpenID discovery only."""
    return answer(METADATA) if "openid" in wire.url else answer(status=404)


def discovery(server: Server = documents) -> tuple[Discovery, ScriptedTransport, FakeClock]:
    """The lookup against a server that is a function."""
    clock = FakeClock()
    transport = ScriptedTransport(server, clock=clock)
    return Discovery(transport=transport, clock=clock, entropy=seeded()), transport, clock


async def test_a_document_is_remembered_for_ten_minutes_by_both_twins() -> None:
    """One look-up serves sync and async use, and is made anew after ten minutes."""
    use, transport, clock = discovery()
    assert use.metadata(PROFILE, None).endpoint("token") == TOKEN_URL
    asked = len(transport.requests)
    assert (await use.ametadata(PROFILE, RECORD)).endpoint("token") == TOKEN_URL
    assert len(transport.requests) == asked
    clock.advance(timedelta(minutes=11))
    await use.ametadata(PROFILE, None)
    assert len(transport.requests) == 2 * asked


def test_endpoints_by_hand_need_no_network() -> None:
    """Without an issuer, or for a service account with a token URL, nothing is fetched; with neither, both ways are named."""
    use, transport, _ = discovery()
    by_hand = Profile(name="work", provider="oauth2", client_id="cli", token_url="https://a.example.test/t")
    assert use.metadata(by_hand, None).endpoint("token") == "https://a.example.test/t"
    service = replace(PROFILE, flow=Flow.CLIENT_CREDENTIALS, token_url=TOKEN_URL)
    assert use.metadata(service, None).endpoint("token") == TOKEN_URL
    assert transport.requests == []
    with pytest.raises(SettingsFault) as told:
        use.metadata(Profile(name="work", provider="oauth2"), None)
    assert "my-app profile set work issuer=URL" in told.value.hint
    with pytest.raises(SettingsFault, match="client id"):
        client_of(Profile(name="work"), None)


@pytest.mark.parametrize("issuer", ["https://evil.test", ISSUER + "/", ISSUER.upper(), ISSUER + ":443", ""])
def test_another_issuer_in_the_document_is_refused(issuer: str) -> None:
    """D2: character by character."""
    use, _, _ = discovery(lambda wire: answer({**METADATA, "issuer": issuer}))
    with pytest.raises(IssuerMismatch):
        use.metadata(PROFILE, None)


@pytest.mark.parametrize("url", ["http://id.example.test/t", "https://169.254.169.254/t", "ftp://x/t", "", 7, "https://u@h/t"])
def test_endpoints_that_may_not_be_used_are_refused(url: object) -> None:
    """D4, D5: plain http, link-local addresses, other schemes, user names."""
    use, _, _ = discovery(lambda wire: answer({**METADATA, "token_endpoint": url}))
    with pytest.raises(BadMetadata):
        use.metadata(PROFILE, None)


def test_second_discovery_that_moves_the_token_endpoint_sends_nothing() -> None:
    """D6: the issuer's own document moves the token endpoint: a stored secret does not follow."""
    use, _, _ = discovery(lambda wire: answer({**METADATA, "token_endpoint": "https://evil.test/t"}))
    with pytest.raises(BindingChanged, match=r"evil\.test") as told:
        use.metadata(PROFILE, RECORD)
    assert told.value.exit_code == 2
    assert "my-app profile trust work" in told.value.hint


@pytest.mark.parametrize(
    "change", [{"issuer": "https://other.example.test"}, {"client_id": "other"}, {"token_url": "https://evil.test/t"}]
)
def test_edited_profile_is_noticed(change: dict[str, str]) -> None:
    """D6: an edited issuer, client id or token URL is noticed before anything is sent."""
    use, _, _ = discovery(lambda wire: answer({**METADATA, "issuer": change.get("issuer", ISSUER)}))
    with pytest.raises(BindingChanged):
        use.metadata(replace(PROFILE, **change), RECORD)  # type: ignore[arg-type]


def test_network_down_uses_what_sign_in_found() -> None:
    """No network: the endpoints of the record; a busy server is not gone round; without a record the failure is told."""

    def down(wire: Wire) -> Response:
        raise NetworkUnavailable("down", sent=False)

    use, _, _ = discovery(down)
    assert use.metadata(PROFILE, RECORD).endpoint("token") == TOKEN_URL
    with pytest.raises(NetworkUnavailable):
        use.metadata(PROFILE, None)
    busy, _, _ = discovery(lambda wire: answer(status=503))
    with pytest.raises(ServerBusy):
        busy.metadata(PROFILE, RECORD)


def test_new_binding_holds_every_place_a_secret_goes_to() -> None:
    """Token hosts are those that get secrets, API origins those that get tokens."""
    use, _, _ = discovery()
    profile = replace(PROFILE, api_url="https://api.example.test/v1")
    bound = bound_to(profile, use.metadata(profile, None))
    assert bound.token_hosts == (ISSUER,)
    assert bound.api_origins == ("https://api.example.test", ISSUER)
