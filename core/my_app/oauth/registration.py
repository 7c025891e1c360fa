"""Dynamic client registration and its management (RFC 7591, RFC 7592; C5)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from my_app.errors import BadAnswer, Unsupported, WrongCredentials
from my_app.oauth.answer import MAX_TOKEN, members_of, refusal_of
from my_app.oauth.exchange import Exchange, Request, Response, Wire
from my_app.oauth.metadata import ServerMetadata
from my_app.secret import Secret
from my_app.text import clean, host_of
from my_app.urls import checked_url

_MADE_BY_SERVER: Final = frozenset(
    {
        "registration_access_token",
        "registration_client_uri",
        "client_secret",
        "client_secret_expires_at",
        "client_id_issued_at",
    }
)
"""Members an update must not echo back (RFC 7592 2.2); ``client_secret`` is left out too, since it may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A client as its server knows it."""

    client_id: str
    client_secret: Secret | None = None
    secret_expires_at: datetime | None = None
    """None: the secret does not expire."""
    management_uri: str | None = None
    """Used as given (RFC 7592 2); None: this server has no management."""
    management_token: Secret | None = None
    description: Mapping[str, object]
    """The client's metadata as the server last gave it, without what the server makes itself."""


def register(
    metadata: ServerMetadata, wanted: Mapping[str, object], *, initial_token: Secret | None = None
) -> Exchange[Registered]:
    """A new client (RFC 7591 3.1); success is 200 or 201. Sent once.

    Raises Unsupported without the endpoint, WrongCredentials where an initial access token is needed or not accepted,
    Refused, Temporary, BadAnswer.
    """
    url = metadata.endpoint("registration")
    host = host_of(url)
    response = yield _request("POST", url, initial_token, wanted, purpose="registration")
    members = members_of(response)
    if response.status in (401, 403):
        said = (
            "does not accept the initial access token" if initial_token else "registers clients only with an initial access token"
        )
        raise WrongCredentials(
            f"{host} {said}.", hint="Ask whoever runs the provider for one, or for a client id.", status=response.status
        )
    if (refusal := refusal_of(response, members, host)) is not None:
        raise refusal
    client_id = members.get("client_id")
    if not isinstance(client_id, str) or not client_id or len(client_id) > 512 or not client_id.isprintable():
        raise BadAnswer(f"The answer of {host} holds no client id.")
    return _taken(Registered(client_id=client_id, description=dict(wanted)), members, host)


def read(client: Registered) -> Exchange[Registered]:
    """The client as the server has it now; what is new in the answer replaces the old (RFC 7592 2.1). Raises as ``update``."""
    url, token = _managed(client)
    return (yield from _answered(client, _request("GET", url, token, None, purpose="registration")))


def update(client: Registered, changes: Mapping[str, object]) -> Exchange[Registered]:
    """The whole description with ``changes``, as an update has to be (RFC 7592 2.2); a value of None removes a member.

    The answer may hold a new secret, a new management token, both or neither: the result has what is good now.
    Raises Unsupported without management, WrongCredentials for a token that is not accepted, Refused, Temporary, BadAnswer.
    """
    url, token = _managed(client)
    whole = {**client.description, **changes, "client_id": client.client_id}
    body = {name: value for name, value in whole.items() if value is not None and name not in _MADE_BY_SERVER}
    return (yield from _answered(client, _request("PUT", url, token, body, purpose="registration")))


def delete(client: Registered) -> Exchange[None]:
    """End the client at its server; one that is gone already counts as done (RFC 7592 2.3).

    Raises Unsupported, Refused, Temporary.
    """
    url, token = _managed(client)
    response = yield _request("DELETE", url, token, None, purpose="registration")
    if response.status in (401, 404):
        # RFC 7592 2.3: what is asked about a client that does not exist is answered 401.
        return
    _judge(response, host_of(url))


def _managed(client: Registered) -> tuple[str, Secret]:
    if client.management_uri is None or client.management_token is None:
        raise Unsupported(
            "This client cannot be managed from here: its provider gave no management address.",
            hint="Change it on the provider's page.",
        )
    return client.management_uri, client.management_token


def _answered(client: Registered, request: Request) -> Exchange[Registered]:
    host = host_of(client.management_uri or "")
    response = yield request
    members = _judge(response, host)
    if members.get("client_id", client.client_id) != client.client_id:
        raise BadAnswer(f"The answer of {host} is about another client.", hint="Nothing of it was kept.")
    return _taken(client, members, host)


def _judge(response: Response, host: str) -> dict[str, object]:
    members = members_of(response)
    if response.status in (401, 403):
        raise WrongCredentials(
            f"{host} does not accept the management token of this client.",
            hint="Register a new client: my-app profile add NAME --issuer URL --register",
            status=response.status,
        )
    if response.status in (404, 405):
        raise Unsupported(f"{host} does not manage clients so (HTTP {response.status}).", hint="Change it on the provider's page.")
    if (refusal := refusal_of(response, members, host)) is not None:
        raise refusal
    return members


def _taken(client: Registered, members: Mapping[str, object], host: str) -> Registered:
    """What came replaces what was; nothing is overwritten with nothing (C5)."""
    secret, token, uri = (members.get(name) for name in ("client_secret", "registration_access_token", "registration_client_uri"))
    for value in (secret, token):
        if isinstance(value, str) and (len(value) > MAX_TOKEN or not value.isprintable()):
            raise BadAnswer(f"The answer of {host} holds a secret that cannot be one.")
    described = {name: value for name, value in members.items() if name not in _MADE_BY_SERVER and name != "client_id"}
    changed = replace(
        client,
        management_uri=checked_url(uri, what=f"management address of {host}") if isinstance(uri, str) else client.management_uri,
        management_token=Secret(token) if isinstance(token, str) and token else client.management_token,
        description={**client.description, **described},
    )
    if not isinstance(secret, str) or not secret:
        return changed
    return replace(changed, client_secret=Secret(secret), secret_expires_at=_end(members.get("client_secret_expires_at"), host))


def _end(value: object, host: str) -> datetime | None:
    """``client_secret_expires_at``: seconds since the epoch, 0 for never (RFC 7591 3.2.1)."""
    if value in (None, 0, "0"):
        return None
    try:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise ValueError
        return datetime.fromtimestamp(float(value), UTC)
    except (ValueError, OverflowError, OSError):
        raise BadAnswer(f"{host} gives a time for the end of the secret that is none: {clean(value, 40)}.") from None


def _request(method: str, url: str, token: Secret | None, body: Mapping[str, object] | None, *, purpose: str) -> Request:
    head = {"accept": "application/json"}
    if token is not None:
        head["authorization"] = f"Bearer {token.reveal()}"
    data = b""
    if body is not None:
        head["content-type"] = "application/json"
        data = json.dumps(body, allow_nan=False).encode()
    wire = Wire(method=method, url=url, headers=head, body=data)
    return Request(build=lambda tick: wire, purpose=purpose)
