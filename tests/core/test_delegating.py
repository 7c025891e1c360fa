"""Token exchange and JWT bearer as the library offers them (rows C7, D6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qsl

import pytest

from my_app.auth import AsyncAuthClient, AuthClient
from my_app.calls.token_source import TokenSource
from my_app.discovery import Discovery
from my_app.errors import BadAnswer, BindingChanged, LoginNeeded
from my_app.grants.token_exchange import Delegations
from my_app.oauth.exchange import Response, Wire
from my_app.oauth.token_exchange import ACCESS_TOKEN, ID_TOKEN
from my_app.testing import answer, seeded
from sessions_door import METADATA, House, house


def client(built: House, **issued: object) -> tuple[AuthClient, list[dict[str, str]]]:
    """An AuthClient on that house, whose provider issues so; and the forms it got."""
    forms: list[dict[str, str]] = []
    good = {"access_token": "other", "token_type": "Bearer", "issued_token_type": ACCESS_TOKEN, **issued}

    def server(wire: Wire) -> Response:
        if "/.well-known/" in wire.url:
            return answer(METADATA)
        forms.append(dict(parse_qsl(wire.body.decode())))
        return answer(good)

    built.transport.server = server
    discovery = Discovery(transport=built.transport, clock=built.clock, entropy=seeded(), pause=built.clock.pause)
    delegations = Delegations(
        accounts=built.accounts,
        sessions=built.sessions,
        store=built.store,
        discovery=discovery,
        transport=built.transport,
        clock=built.clock,
        entropy=seeded(),
        pause=built.clock.pause,
    )
    accounts = SimpleNamespace(choose=lambda name: SimpleNamespace(name="work"), profile=built.accounts.profile)
    services = SimpleNamespace(accounts=accounts, store=built.store, sessions=built.sessions, delegations=delegations)
    made = AuthClient(environ={})
    made._source = TokenSource(cast(Any, services))
    return made, forms


def living() -> House:
    """A login whose access token lives."""
    return house(left=timedelta(minutes=5))


def test_the_profiles_own_token_is_the_subject() -> None:
    """RFC 8693 2.1: the living access token stands for the person; what comes back is plain text and not stored."""
    built = living()
    use, forms = client(built)
    before = built.record
    assert use.exchange_token(audience="https://b.test", scopes=("x",)) == "other"
    assert (forms[0]["subject_token"], forms[0]["audience"], forms[0]["client_id"]) == ("a0", "https://b.test", "cli")
    assert built.record == before


async def test_the_async_client_mirrors_both() -> None:
    """The same answers under asyncio, without blocking the loop."""
    use, forms = client(living())
    mirror = AsyncAuthClient(environ={})
    mirror._source = use.source
    assert await mirror.exchange_token(audience="b") == "other"
    assert await mirror.redeem_assertion("a.b.c", resource="https://r.test") == "other"
    assert [form["grant_type"].rsplit(":", 1)[1] for form in forms] == ["token-exchange", "jwt-bearer"]


def test_given_tokens_take_its_place() -> None:
    """A service exchanges the token of its caller, itself being the actor."""
    use, forms = client(living(), issued_token_type=ID_TOKEN, token_type="N_A")
    use.exchange_token(subject_token="caller", actor_token="me", requested_token_type=ID_TOKEN)
    assert (forms[0]["subject_token"], forms[0]["actor_token"], forms[0]["requested_token_type"]) == ("caller", "me", ID_TOKEN)
    with pytest.raises(BadAnswer):
        use.exchange_token(requested_token_type=ACCESS_TOKEN)


def test_an_assertion_is_redeemed() -> None:
    """RFC 7523 2.1."""
    use, forms = client(living())
    assert use.redeem_assertion("a.b.c", scopes=("x",)) == "other"
    assert (forms[0]["assertion"], forms[0]["scope"]) == ("a.b.c", "x")


def test_an_edited_issuer_gets_no_subject_token() -> None:
    """D6: the token endpoint has to be the one the login came from; nothing is sent."""
    built = living()
    use, forms = client(built)
    built.accounts.value = replace(built.accounts.value, issuer="https://evil.test")
    with pytest.raises(BindingChanged):
        use.exchange_token()
    assert forms == []


def test_without_a_login_there_is_nothing_to_exchange() -> None:
    """LoginNeeded names the command."""
    built = living()
    use, _ = client(built)
    built.store.delete("work")
    with pytest.raises(LoginNeeded):
        use.redeem_assertion("a.b.c")
