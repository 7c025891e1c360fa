"""The UserInfo endpoint (OpenID Connect Core 5.3)."""

from __future__ import annotations

from my_app.errors import BadAnswer, LoginExpired
from my_app.oauth.answer import refusal_of
from my_app.oauth.dpop import Prover, sent
from my_app.oauth.exchange import Exchange, get
from my_app.oauth.metadata import ServerMetadata
from my_app.secret import Secret
from my_app.strict_json import JsonFault, parse_object
from my_app.text import host_of


def userinfo(
    metadata: ServerMetadata, token: Secret, *, sub: str | None, prover: Prover | None = None
) -> Exchange[dict[str, object]]:
    """Claims about the person; ``sub`` must be the signed-in one, distributed claims are not followed (U3).

    ``prover``: of a token that is bound to its key (RFC 9449 7). Raises Unsupported without an endpoint,
    LoginExpired (401), Refused, Temporary, BadAnswer.
    """
    url = metadata.endpoint("userinfo")
    host = host_of(url)
    scheme = "Bearer" if prover is None else "DPoP"
    request = get(url, headers={"authorization": f"{scheme} {token.reveal()}"}, purpose="userinfo")
    response = yield from sent(prover, request, token=token)
    if response.status == 401:
        raise LoginExpired(f"{host} does not accept the access token.", hint="Renew it or sign in again.")
    try:
        claims = parse_object(response.body)
    except JsonFault:
        claims = {}
    if (refusal := refusal_of(response, claims, host)) is not None:
        raise refusal
    if not claims:
        raise BadAnswer(f"The userinfo answer of {host} cannot be read.")
    if sub is not None and claims.get("sub") != sub:
        raise BadAnswer(f"The userinfo answer of {host} is about somebody else.", hint="Nothing of it was kept.")
    return claims
