"""Pushed authorization requests (RFC 9126): the parameters go to the server directly, the browser gets a reference."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from my_app.errors import BadAnswer
from my_app.oauth.answer import members_of, refusal_of
from my_app.oauth.authorize import PendingLogin
from my_app.oauth.client_auth import Client, post
from my_app.oauth.dpop import sent
from my_app.oauth.exchange import Exchange
from my_app.oauth.metadata import ServerMetadata
from my_app.text import host_of
from my_app.urls import checked_url

_LONGEST: Final = 2048


def push(metadata: ServerMetadata, client: Client, pending: PendingLogin) -> Exchange[None]:
    """Push the request of ``pending``, whose ``url`` then holds the client id and the reference only.

    A reference is for one sign-in (RFC 9126 4): every attempt pushes anew. Raises Unsupported without the
    endpoint, Refused, Temporary, BadAnswer.
    """
    url = metadata.endpoint("pushed_authorization_request")
    host = host_of(url)
    basic = client.method(metadata) == "client_secret_basic"
    form = [pair for pair in pending.parameters if basic or pair[0] != "client_id"]
    response = yield from sent(client.prover, post(metadata, client, url, form, purpose="par"))
    members = members_of(response)
    if (refusal := refusal_of(response, members, host)) is not None:
        raise refusal
    reference = members.get("request_uri")
    if (
        not isinstance(reference, str)
        or not 0 < len(reference) <= _LONGEST
        or not reference.isascii()
        or not reference.isprintable()
    ):
        raise BadAnswer(f"The answer of {host} to the pushed request holds no usable reference.")
    endpoint = checked_url(metadata.endpoint("authorization"), what="authorization endpoint")
    query = urlencode([("client_id", client.client_id), ("request_uri", reference)])
    pending.url = f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"
