"""Tokens for other tokens: the JWT bearer grant (RFC 7523 2.1) and token exchange (RFC 8693)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from my_app.errors import BadAnswer
from my_app.model import TokenSet
from my_app.oauth.answer import members_of, tokens_of
from my_app.oauth.client_auth import Client, post
from my_app.oauth.dpop import sent
from my_app.oauth.exchange import Exchange
from my_app.oauth.metadata import ServerMetadata
from my_app.oauth.token import patient
from my_app.secret import Secret
from my_app.text import clean, host_of

EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"
ID_TOKEN: Final = "urn:ietf:params:oauth:token-type:id_token"
JWT: Final = "urn:ietf:params:oauth:token-type:jwt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A token that stands for somebody, and what kind it is."""

    token: Secret
    kind: str = ACCESS_TOKEN
    """A token type URI (RFC 8693 3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """What came back."""

    tokens: TokenSet
    """``access_token`` holds the issued token, of whatever kind; its ``token_type`` is ``N_A`` when it is no access token."""
    kind: str
    """``issued_token_type``."""


def redeem(
    metadata: ServerMetadata, client: Client, assertion: Secret, *, scopes: tuple[str, ...] = (), resources: tuple[str, ...] = ()
) -> Exchange[TokenSet]:
    """An access token for a JWT somebody else signed (RFC 7523 2.1). Raises Refused, PeerFault, Temporary."""
    form = [("grant_type", BEARER), ("assertion", assertion.reveal())]
    if scopes:
        form.append(("scope", " ".join(scopes)))
    form += [("resource", resource) for resource in resources]
    url = metadata.endpoint("token")
    request = post(metadata, client, url, form, purpose="token")
    # An assertion may be good once only, so a busy answer without a time is not repeated.
    return (yield from patient(client, request, url, asked=scopes, busy_repeats=False))


def exchange(
    metadata: ServerMetadata,
    client: Client,
    subject: Party,
    *,
    actor: Party | None = None,
    wanted: str | None = None,
    scopes: tuple[str, ...] = (),
    resources: tuple[str, ...] = (),
    audiences: tuple[str, ...] = (),
) -> Exchange[Exchanged]:
    """A token that stands for ``subject``, with ``actor`` acting for it (RFC 8693 2.1); ``wanted`` is a token type URI.

    The actor's kind is sent only with an actor; the kind that came has to be the wanted one (C7).
    Raises Refused, PeerFault, Temporary.
    """
    form = [("grant_type", EXCHANGE), ("subject_token", subject.token.reveal()), ("subject_token_type", subject.kind)]
    if actor is not None:
        form += [("actor_token", actor.token.reveal()), ("actor_token_type", actor.kind)]
    if wanted is not None:
        form.append(("requested_token_type", wanted))
    if scopes:
        form.append(("scope", " ".join(scopes)))
    form += [("resource", resource) for resource in resources]
    form += [("audience", audience) for audience in audiences]
    url = metadata.endpoint("token")
    host = host_of(url)
    response = yield from sent(client.prover, post(metadata, client, url, form, purpose="token"))
    tokens = tokens_of(response, host, asked=scopes, proved=client.prover is not None, typeless=True)
    kind = members_of(response).get("issued_token_type")
    if not isinstance(kind, str) or not kind:
        raise BadAnswer(f"{host} does not say what kind of token it issued.")
    if wanted is not None and kind != wanted:
        raise BadAnswer(
            f"{host} issued another kind of token than was asked for ({clean(kind, 80)}).",
            expected=wanted,
            received=clean(kind, 80),
        )
    if tokens.token_type == "N_A" and kind == ACCESS_TOKEN:
        raise BadAnswer(f"{host} issued an access token and does not say how it is used.")
    return Exchanged(tokens=tokens, kind=clean(kind, 120))
