"""Token revocation (RFC 7009)."""

from __future__ import annotations

from typing import Literal

from my_app.errors import Unsupported
from my_app.oauth.answer import members_of, refusal_of
from my_app.oauth.client_auth import Client, post
from my_app.oauth.exchange import Exchange
from my_app.oauth.metadata import ServerMetadata
from my_app.secret import Secret
from my_app.text import host_of

Hint = Literal["refresh_token", "access_token"]


def revoke(metadata: ServerMetadata, client: Client, token: Secret, *, hint: Hint) -> Exchange[None]:
    """Tell the server the token is over; an unknown token counts as success (RFC 7009 2.2).

    Raises ServerBusy (it still lives), Unsupported (no endpoint, or not for this kind of token), Refused, NetworkUnavailable.
    """
    url = metadata.endpoint("revocation")
    host = host_of(url)
    response = yield post(metadata, client, url, [("token", token.reveal()), ("token_type_hint", hint)], purpose="revocation")
    members = members_of(response)
    if members.get("error") == "unsupported_token_type":
        raise Unsupported(f"{host} does not revoke this kind of token.", hint="It stays valid until it expires.", token=hint)
    if (refusal := refusal_of(response, members, host)) is not None:
        raise refusal
