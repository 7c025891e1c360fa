"""Fetching a key set document (RFC 7517 5); ``jose/keys.py`` reads it."""

from __future__ import annotations

from my_app.errors import BadMetadata
from my_app.oauth.answer import busy_of
from my_app.oauth.exchange import Exchange, get
from my_app.text import host_of


def key_set_document(url: str) -> Exchange[bytes]:
    """The raw document. Raises BadMetadata, RateLimited, ServerBusy, NetworkUnavailable."""
    response = yield get(url, purpose="jwks")
    if (busy := busy_of(response, host_of(url))) is not None:
        raise busy
    if response.status != 200:
        raise BadMetadata(
            f"{host_of(url)} has no key set at the address it names (HTTP {response.status}).", status=response.status
        )
    return response.body
