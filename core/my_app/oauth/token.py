"""The token endpoint: authorization code and client credentials grants (RFC 6749 4.1.3, 4.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from my_app.errors import RateLimited, ServerBusy
from my_app.model import TokenSet
from my_app.oauth.answer import MAX_WAIT, tokens_of
from my_app.oauth.authorize import AuthorizationCode
from my_app.oauth.client_auth import Client, post
from my_app.oauth.dpop import sent
from my_app.oauth.exchange import Exchange, Request
from my_app.oauth.metadata import ServerMetadata
from my_app.text import host_of

_TRIES: Final = 3


def exchange_code(
    metadata: ServerMetadata, client: Client, code: AuthorizationCode, *, scopes: tuple[str, ...], resources: tuple[str, ...] = ()
) -> Exchange[TokenSet]:
    """Tokens for a code, sent once; only a server that says when to come back is asked again (T6).

    The token is for the first of ``resources``; the refresh token stands for all of them (RFC 8707 2.2).

    Raises Refused, PeerFault, Temporary.
    """
    form = [("grant_type", "authorization_code"), ("code", code.code.reveal()), ("code_verifier", code.code_verifier.reveal())]
    if code.redirect_uri is not None:
        form.append(("redirect_uri", code.redirect_uri))
    form += leading(resources)
    url = metadata.endpoint("token")
    request = post(metadata, client, url, form, purpose="token")
    return (yield from patient(client, request, url, asked=scopes, busy_repeats=False))


def client_credentials(
    metadata: ServerMetadata,
    client: Client,
    *,
    scopes: tuple[str, ...],
    resources: tuple[str, ...] = (),
    audience: str | None = None,
) -> Exchange[TokenSet]:
    """A token for the client itself (RFC 6749 4.4; RFC 8707 2). Raises Refused, PeerFault, Temporary."""
    form = [("grant_type", "client_credentials")]
    if scopes:
        form.append(("scope", " ".join(scopes)))
    form += [("resource", resource) for resource in resources]
    if audience:
        form.append(("audience", audience))
    url = metadata.endpoint("token")
    request = post(metadata, client, url, form, purpose="token")
    return (yield from patient(client, request, url, asked=scopes, busy_repeats=True))


def leading(resources: tuple[str, ...]) -> list[tuple[str, str]]:
    """The resource of a later token request: the first, since servers refuse to issue one token for several (RFC 8707 2.2)."""
    return [("resource", resource) for resource in resources[:1]]


def patient(client: Client, request: Request, url: str, *, asked: tuple[str, ...], busy_repeats: bool) -> Exchange[TokenSet]:
    """The tokens, after waiting as long as Retry-After says, at most a minute and three tries (T6).

    ``busy_repeats``: a busy answer without Retry-After may be repeated too, after a short back-off.
    """
    host = host_of(url)
    for tried in range(1, _TRIES + 1):
        response = yield from sent(client.prover, request)
        try:
            return tokens_of(response, host, asked=asked, proved=client.prover is not None)
        except (RateLimited, ServerBusy) as busy:
            wait = busy.facts.get("retry_after")
            if not isinstance(wait, timedelta):
                wait = timedelta(seconds=tried) if busy_repeats else None
            if wait is None or wait > MAX_WAIT or tried == _TRIES:
                raise
            request = later(request, wait)
    raise AssertionError("the last try returns or raises")


def later(request: Request, wait: timedelta) -> Request:
    """The same request, not before ``wait``."""
    return replace(request, not_before=wait)
