"""Token introspection (RFC 7662)."""

from __future__ import annotations

from my_app.errors import BadAnswer
from my_app.oauth.answer import members_of, refusal_of
from my_app.oauth.client_auth import Client, post
from my_app.oauth.exchange import Exchange
from my_app.oauth.metadata import ServerMetadata
from my_app.secret import Secret
from my_app.text import host_of


def introspect(metadata: ServerMetadata, client: Client, token: Secret) -> Exchange[dict[str, object]]:
    """What the server says of a token; ``active`` is True only for a JSON ``true`` (U4).

    Raises Unsupported without an endpoint, Refused, Temporary, BadAnswer.
    """
    url = metadata.endpoint("introspection")
    host = host_of(url)
    response = yield post(
        metadata, client, url, [("token", token.reveal()), ("token_type_hint", "access_token")], purpose="introspection"
    )
    members = members_of(response)
    if (refusal := refusal_of(response, members, host)) is not None:
        raise refusal
    if "active" not in members:
        raise BadAnswer(f"The introspection answer of {host} does not say whether the token is active.")
    return {**members, "active": members["active"] is True}
