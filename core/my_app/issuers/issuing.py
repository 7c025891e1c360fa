"""Use case of services that hand out tokens: short-lived JWTs from keys that rotate.

The JWKS document holds the next key before it signs and the last keys until their tokens are
over, so that services with a cached set never meet an unknown key.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from my_app.jose import base64url
from my_app.jose.keys import Key, KeySet
from my_app.jose.make import make_key
from my_app.jose.sign import sign_claims
from my_app.ports import Clock, Entropy

ACCESS_TOKEN_LIFETIME: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Shift:
    """A key that has stopped signing."""

    key: Key
    until: datetime
    """When its last token is over."""


class TokenIssuer:
    """Makes JWT access tokens (RFC 9068) and ID tokens under one issuer name; thread safe.

    ``rotate_every`` changes the signing key on use once it has signed that long (None: only by ``rotate``).
    """

    def __init__(
        self,
        *,
        issuer: str,
        clock: Clock,
        entropy: Entropy,
        algorithm: str = "RS256",
        lifetime: timedelta = ACCESS_TOKEN_LIFETIME,
        rotate_every: timedelta | None = None,
        keys: Iterable[Key] = (),
    ) -> None:
        """``keys``: the first signs now, the second next; made when not given. Raises Unsupported."""
        self.issuer = issuer
        self.lifetime = lifetime
        self._algorithm = algorithm
        self._clock = clock
        self._entropy = entropy
        self._rotate_every = rotate_every
        self._lock = threading.Lock()
        given = list(keys)
        self._current = given[0] if given else self._new_key()
        self._next = given[1] if len(given) > 1 else self._new_key()
        self._since = clock.now()
        self._longest = lifetime
        self._past: list[_Shift] = []

    def _new_key(self) -> Key:
        return make_key(self._algorithm, entropy=self._entropy)

    def access_token(
        self,
        *,
        subject: str,
        client_id: str,
        audience: str | list[str],
        scopes: Iterable[str] = (),
        lifetime: timedelta | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> str:
        """A JWT access token of type ``at+jwt`` with ``iat``, ``exp`` and a fresh ``jti`` (RFC 9068 2.2)."""
        claims: dict[str, object] = {
            "sub": subject,
            "client_id": client_id,
            "aud": audience,
            "jti": base64url.encode(self._entropy(16)),
            **({"scope": scope} if (scope := " ".join(scopes)) else {}),
            **(extra or {}),
        }
        return self.sign(claims, lifetime=lifetime, typ="at+jwt")

    def id_token(
        self, *, subject: str, client_id: str, lifetime: timedelta | None = None, extra: Mapping[str, object] | None = None
    ) -> str:
        """An ID token for ``client_id``; ``extra`` brings ``nonce``, ``at_hash``, ``auth_time``, profile claims (OIDC Core 2)."""
        return self.sign({"sub": subject, "aud": client_id, **(extra or {})}, lifetime=lifetime, typ="JWT")

    def sign(self, claims: Mapping[str, object], *, lifetime: timedelta | None = None, typ: str = "JWT") -> str:
        """Any claims under this issuer; ``lifetime`` None takes the issuer's own."""
        now = self._clock.now()
        span = self.lifetime if lifetime is None else lifetime
        with self._lock:
            if self._rotate_every is not None and now - self._since >= self._rotate_every:
                self._rotate(now)
            self._longest = max(self._longest, span)
            key = self._current
        return sign_claims({"iss": self.issuer, **claims}, key, now=now, lifetime=span, typ=typ)

    def rotate(self) -> None:
        """The next key signs from now on, a new next one is published, the old one stays while its tokens live."""
        with self._lock:
            self._rotate(self._clock.now())

    def _rotate(self, now: datetime) -> None:
        self._past.append(_Shift(self._current, now + self._longest))
        self._current, self._next, self._since = self._next, self._new_key(), now

    def key_set(self) -> KeySet:
        """The keys that verify: the current, the next, and past ones whose tokens may still live."""
        now = self._clock.now()
        with self._lock:
            self._past = [shift for shift in self._past if shift.until > now]
            return KeySet((self._current, self._next, *(shift.key for shift in self._past)))

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The JWKS document to serve (RFC 7517 5): public parts only."""
        return self.key_set().public_document()
