"""Revoke, sign out, userinfo, introspect: honest about what the provider was told (rows U1 to U5, F7)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from my_app.errors import BadAnswer, LoginNeeded, MyAppError, NetworkUnavailable, ServerBusy, Unsupported
from my_app.grants import Grants
from my_app.model import Identity, Kind, Standing
from my_app.oauth.exchange import Response, Wire
from my_app.secret import Secret
from my_app.testing import answer, seeded
from sessions_door import METADATA, House, house


@dataclass
class Side:
    """The provider's other endpoints, bent by fields."""

    home: House
    revocation: int = 200
    down: bool = False
    refuse_access: bool = False
    userinfo_status: int = 200
    sub: str = "u1"
    metadata: dict[str, object] | None = None

    def __call__(self, wire: Wire) -> Response:
        """The answer."""
        path = urlsplit(wire.url).path
        if self.down:
            raise NetworkUnavailable("id.example.test refused the connection.", sent=False)
        if "/.well-known/" in path and self.metadata is not None:
            return answer(self.metadata) if "openid" in path else answer(status=404)
        if path == "/revoke":
            form = dict(parse_qsl(wire.body.decode()))
            if self.refuse_access and form["token_type_hint"] == "access_token":
                return answer({"error": "unsupported_token_type"}, status=400)
            return answer(status=self.revocation)
        if path == "/userinfo":
            return answer({"sub": self.sub, "name": "Alice"}, status=self.userinfo_status)
        if path == "/introspect":
            return answer({"active": "true"})
        return self.home.server(wire)


def grants(home: House) -> tuple[Grants, Side]:
    """The use case, and the provider to bend."""
    side = Side(home)
    home.transport.server = side
    home.store.save(replace(home.record, identity=Identity(sub="u1"), endpoints={"revocation": "https://id.example.test/revoke"}))
    use = Grants(
        accounts=home.accounts,
        sessions=home.sessions,
        store=home.store,
        transport=home.transport,
        clock=home.clock,
        entropy=seeded(2),
        audit=home.trail,
        pause=home.clock.pause,
    )
    return use, side


MINUTES = timedelta(minutes=5)


def test_revoke_tells_the_server_refresh_token_first() -> None:
    """U5: refresh, then access token, by POST; the record stays, marked revoked, and asks nobody any more."""
    home = house(left=MINUTES)
    use, _ = grants(home)
    assert use.consequences("work").can_tell_server
    ended = use.revoke("work")
    assert (ended.revoked, ended.not_told, ended.reason) == (("refresh_token", "access_token"), (), "")
    assert ended.still_valid_until is None
    assert home.record.standing is Standing.REVOKED
    assert home.record.tokens is not None
    assert home.record.tokens.refresh_token is None
    with pytest.raises(LoginNeeded, match="revoked"):
        home.sessions.token("work")
    assert all("token=" not in wire.url for wire in home.transport.requests)


def test_access_token_that_is_not_revoked_is_said_to_live() -> None:
    """U4: a provider that revokes no access tokens: it is told until when one still works."""
    home = house(left=MINUTES)
    use, side = grants(home)
    side.refuse_access = True
    ended = use.revoke("work")
    assert (ended.revoked, ended.not_told) == (("refresh_token",), ("access_token",))
    assert ended.still_valid_until == home.clock.now() + MINUTES
    assert "does not revoke" in ended.reason


@pytest.mark.parametrize(("status", "kind"), [(503, ServerBusy), (400, MyAppError), (401, MyAppError)])
def test_refused_revocation_changes_nothing(status: int, kind: type[MyAppError]) -> None:
    """U4: 503 means it still lives; a refusal is told; the record is as it was."""
    home = house(left=MINUTES)
    use, side = grants(home)
    side.revocation = status
    before = home.record
    with pytest.raises(kind):
        use.revoke("work")
    assert home.record == before


def test_no_revocation_endpoint_is_explained() -> None:
    """A provider without the endpoint: one sentence naming it."""
    home = house(left=MINUTES)
    use, side = grants(home)
    side.metadata = {name: value for name, value in METADATA.items() if name != "revocation_endpoint"}
    with pytest.raises(Unsupported, match="revocation"):
        use.revoke("work")


def test_logout_forgets_even_offline() -> None:
    """U5: no network: forgotten all the same, and what the server was not told is said."""
    home = house(left=MINUTES)
    use, side = grants(home)
    side.down = True
    ended = use.logout("work")
    assert (ended.forgotten, ended.revoked, ended.not_told) == (True, (), ("refresh_token", "access_token"))
    assert "refused the connection" in ended.reason
    assert ended.still_valid_until == home.clock.now() + MINUTES
    assert home.store.load("work") is None
    assert home.trail.lines[-1] == ("logout", "ok", "")


def test_local_logout_sends_nothing_and_keeps_a_stored_client_secret() -> None:
    """``--local`` asks nobody; a client secret that was stored with the profile stays for the next sign-in."""
    home = house(left=MINUTES)
    use, _ = grants(home)
    home.store.save(replace(home.record, client_secret=Secret("s")))
    ended = use.logout("work", local=True)
    assert (ended.forgotten, ended.reason) == (True, "The server was not asked.")
    assert home.transport.requests == []
    assert (home.record.tokens, home.record.client_secret, home.record.identity) == (None, Secret("s"), None)


def test_logout_twice_is_no_failure() -> None:
    """Nothing stored: said, not raised."""
    home = house()
    use, _ = grants(home)
    use.logout("work")
    assert not use.logout("work").forgotten


def test_userinfo_is_about_the_signed_in_one() -> None:
    """U3: another subject is refused; the token goes in the header, never in the URL (U1)."""
    home = house(left=MINUTES)
    use, side = grants(home)
    assert use.userinfo("work")["name"] == "Alice"
    assert home.transport.requests[-1].headers["authorization"] == "Bearer a0"
    side.sub = "somebody"
    with pytest.raises(BadAnswer, match="somebody else"):
        use.userinfo("work")


def test_401_costs_one_refresh_and_one_repeat() -> None:
    """F7: a resource that always says 401: three requests in all, never a loop."""
    home = house(left=MINUTES)
    use, side = grants(home)
    side.userinfo_status = 401
    with pytest.raises(LoginNeeded):
        use.userinfo("work")
    paths = [urlsplit(wire.url).path for wire in home.transport.requests if "well-known" not in wire.url]
    assert paths == ["/userinfo", "/token", "/userinfo"]


def test_introspection_is_active_only_for_true() -> None:
    """U4: the text "true" is not true."""
    use, _ = grants(house(left=MINUTES))
    assert use.introspect("work")["active"] is False


def test_static_keys_cannot_be_revoked() -> None:
    """An API key: refused with the two ways there are."""
    home = house()
    use, _ = grants(home)
    home.store.save(replace(home.record, kind=Kind.API_KEY, api_key=Secret("k"), tokens=None))
    with pytest.raises(Unsupported) as told:
        use.revoke("work")
    assert "my-app rotate work" in told.value.hint
    assert not use.consequences("work").can_tell_server
