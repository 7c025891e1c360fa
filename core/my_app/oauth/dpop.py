"""Demonstrating proof of possession (RFC 9449): tokens that work only together with a key kept here."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import MutableMapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from my_app.jose.keys import Key
from my_app.jose.sign import sign_claims
from my_app.oauth.answer import members_of
from my_app.oauth.exchange import Exchange, Request, Response, Tick, Wire
from my_app.oauth.www_authenticate import error_of
from my_app.secret import Secret
from my_app.urls import origin

ALGORITHMS: Final = ("ES256", "EdDSA", "PS256", "RS256")
"""What a new key may sign with, the first that the server lists."""
_LONGEST_NONCE: Final = 1024
_PUBLIC: Final = ("kty", "crv", "x", "y", "n", "e")


class Prover:
    """One login's key, and the newest nonce of each server (RFC 9449 8.2, 9)."""

    def __init__(self, key: Key, nonces: MutableMapping[str, str]) -> None:
        """``nonces`` by origin; shared by all provers of the same key."""
        self._key = key
        self._nonces = nonces
        self._jwk = {name: value for name, value in key.public_jwk().items() if name in _PUBLIC}

    def __repr__(self) -> str:
        return "Prover()"

    @property
    def thumbprint(self) -> str:
        """``dpop_jkt`` of the authorization request (RFC 9449 10)."""
        return self._key.thumbprint()

    def proof(self, tick: Tick, method: str, url: str, *, token: Secret | None = None) -> str:
        """The ``DPoP`` header of one request; ``token`` is the access token it carries (RFC 9449 4.2, 7)."""
        address = url.split("#", 1)[0].split("?", 1)[0]
        claims: dict[str, object] = {"jti": _encoded(tick.entropy[16:32]), "htm": method, "htu": address}
        if token is not None:
            claims["ath"] = _encoded(hashlib.sha256(token.reveal().encode("ascii")).digest())
        if (nonce := self._nonces.get(origin(address))) is not None:
            claims["nonce"] = nonce
        return sign_claims(claims, self._key, now=tick.now, lifetime=None, typ="dpop+jwt", header={"jwk": self._jwk})

    def learn(self, url: str, nonce: str | None) -> bool:
        """Take over the ``DPoP-Nonce`` of an answer; whether it is another than was used."""
        if not nonce or len(nonce) > _LONGEST_NONCE or not nonce.isascii() or not nonce.isprintable():
            return False
        place = origin(url)
        fresh = self._nonces.get(place) != nonce
        self._nonces[place] = nonce
        return fresh


def new_nonce_wanted(status: int, challenge: str, error: object = None) -> bool:
    """Whether an answer only asks for its nonce: in the challenge of a resource, in ``error`` of an authorization server.

    Some of those say HTTP 200 to everything.
    """
    if error == "use_dpop_nonce":
        return status in (200, 400, 401)
    return status == 401 and error_of(challenge, "dpop") == "use_dpop_nonce"


def sent(prover: Prover | None, request: Request, *, token: Secret | None = None) -> Exchange[Response]:
    """Yield ``request`` with a proof; once more when the server asks for its nonce, and no oftener (C7)."""
    if prover is None:
        return (yield request)
    urls: list[str] = []

    def build(tick: Tick) -> Wire:
        wire = request.build(tick)
        urls.append(wire.url)
        proof = prover.proof(tick, wire.method, wire.url, token=token)
        return replace(wire, headers={**wire.headers, "dpop": proof})

    proved = replace(request, build=build)
    response = yield proved
    fresh = prover.learn(urls[-1], response.headers.get("dpop-nonce"))
    challenge, error = response.headers.get("www-authenticate", ""), members_of(response).get("error")
    if fresh and new_nonce_wanted(response.status, challenge, error):
        response = yield replace(proved, not_before=timedelta(0))
        prover.learn(urls[-1], response.headers.get("dpop-nonce"))
    return response


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
