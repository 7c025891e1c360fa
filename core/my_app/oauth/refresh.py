"""The refresh grant (RFC 6749 6): one request, judged as real providers answer it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from my_app.errors import LoginExpired, NetworkUnavailable, RateLimited, Refused, ServerBusy, WrongCredentials
from my_app.model import TokenSet
from my_app.oauth.answer import tokens_of
from my_app.oauth.client_auth import Client, post
from my_app.oauth.dpop import sent
from my_app.oauth.exchange import Exchange
from my_app.oauth.metadata import ServerMetadata
from my_app.oauth.token import later, leading
from my_app.text import host_of

_SHORT: Final = timedelta(seconds=5)


def refresh(metadata: ServerMetadata, client: Client, tokens: TokenSet, *, resources: tuple[str, ...] = ()) -> Exchange[TokenSet]:
    """The successor of ``tokens``; what the answer leaves out is kept (F5).

    A lost answer is asked for once more with the same token (F4), a busy server once more when it
    names a wait of at most five seconds. Raises LoginExpired for any refusal (a dead refresh token
    comes as ``invalid_grant``, ``invalid_request`` or a bare status), WrongCredentials for a client
    that is not accepted, ServerRefused for an unknown resource (``invalid_target``), RateLimited,
    ServerBusy, NetworkUnavailable, BadAnswer.
    """
    if tokens.refresh_token is None:
        raise LoginExpired("There is no refresh token.", hint="Sign in again.")
    url = metadata.endpoint("token")
    host = host_of(url)
    form = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh_token.reveal()), *leading(resources)]
    request = post(metadata, client, url, form, purpose="refresh")
    again = True
    while True:
        try:
            response = yield from sent(client.prover, request)
            return tokens.succeeded_by(tokens_of(response, host, asked=tokens.scopes, proved=client.prover is not None))
        except NetworkUnavailable as lost:
            if not again or lost.facts.get("sent") is not True:
                raise
        except (RateLimited, ServerBusy) as busy:
            wait = busy.facts.get("retry_after")
            if not again or not isinstance(wait, timedelta) or wait > _SHORT:
                raise
            request = later(request, wait)
        except WrongCredentials:
            raise
        except Refused as refusal:
            error = refusal.facts.get("error")
            if error == "invalid_target":
                # About the resource setting, which can be corrected; the sign-in is none the worse.
                raise
            raise LoginExpired(f"{host} no longer accepts the sign-in ({error}).", hint="Sign in again.", error=error) from refusal
        again = False
