"""TokenValidator.validate against jwt.decode, in one sitting: prints a table; only the ratios count.

python tests/bench/bench_validation.py
"""

from __future__ import annotations

import json
import secrets
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import jwt

from my_app.issuers.key_sets import KeySets
from my_app.jose.keys import KeySet
from my_app.jose.make import make_key
from my_app.jose.sign import sign_claims
from my_app.oauth.exchange import Response, Wire
from my_app.testing import ScriptedTransport
from my_app.validation import TokenValidator

ISSUER = "https://issuer.example"
AUDIENCE = "https://api.example"
ROUNDS = 15


class WallClock:
    """The real time: what a service uses."""

    def now(self) -> datetime:
        """The time, aware, UTC."""
        return datetime.now(UTC)


def timed(call: Callable[[], object], count: int) -> float:
    """Calls per second of one round."""
    start = time.perf_counter()
    for _ in range(count):
        call()
    return count / (time.perf_counter() - start)


def main() -> None:
    """Shuffled rounds of both, per algorithm; the keys of ours come through the cached key set."""
    print(f"{'algorithm':10} {'ours /s':>10} {'jwt.decode /s':>14} {'ratio':>7}")
    for algorithm in ("RS256", "ES256", "EdDSA", "HS256"):
        key = make_key(algorithm, entropy=secrets.token_bytes)
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "alice",
            "scope": "files:read files:write",
            "client_id": "cli",
            "jti": "a1b2c3",
        }
        token = sign_claims(claims, key, now=datetime.now(UTC), lifetime=timedelta(hours=1), typ="at+jwt")
        clock = WallClock()
        if key.symmetric:
            ours = TokenValidator(issuer=ISSUER, audience=AUDIENCE, keys=KeySet((key,)))
            theirs: object = jwt.PyJWK(json.loads(key.private_jwk().reveal()))
        else:
            document = json.dumps(KeySet((key,)).public_document()).encode()

            def serve(wire: Wire, document: bytes = document) -> Response:
                return Response(at=datetime.now(UTC), status=200, body=document)

            sets = KeySets(ScriptedTransport(serve), clock, secrets.token_bytes)
            ours = TokenValidator(issuer=ISSUER, audience=AUDIENCE, jwks_url=f"{ISSUER}/jwks", key_sets=sets)
            theirs = jwt.PyJWK(key.public_jwk())

        def validate(ours: TokenValidator = ours, token: str = token) -> object:
            return ours.validate(token, scopes=("files:write",))

        def decode(theirs: object = theirs, token: str = token, algorithm: str = algorithm) -> object:
            options = {"require": ["exp", "iss", "aud"]}
            return jwt.decode(token, theirs, algorithms=[algorithm], audience=AUDIENCE, issuer=ISSUER, options=options)

        results: dict[str, list[float]] = {"ours": [], "theirs": []}
        for _ in range(ROUNDS):
            results["ours"].append(timed(validate, 300))
            results["theirs"].append(timed(decode, 300))
        left, right = statistics.median(results["ours"]), statistics.median(results["theirs"])
        print(f"{algorithm:10} {left:10.0f} {right:14.0f} {left / right:7.2f}")


if __name__ == "__main__":
    main()
