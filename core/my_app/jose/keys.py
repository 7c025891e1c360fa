"""Keys and key sets (RFC 7517): judged when they are read, bound to one algorithm each (J2, J12).

A key that does not fit (weak, for another use, of an unknown algorithm, off its curve) is
dropped from its set and the reason kept; whoever has no key left says why.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from my_app import strict_json
from my_app.errors import BadMetadata
from my_app.jose import base64url
from my_app.jose.algorithms import ALGORITHMS, CURVES, Algorithm, engine
from my_app.jose.strength import key_fault, secret_warning
from my_app.secret import Secret
from my_app.text import clean

if TYPE_CHECKING:
    from jwt.algorithms import Algorithm as PyJwtAlgorithm

KEY_ID_LIMIT: Final = 256
"""Characters a key id may have (J5)."""
MOST_KEYS: Final = 100
"""Keys a set may hold."""

_MEMBERS: Final = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "oct": ("k", "kty")}
"""The members of a public key, in the order a thumbprint wants (RFC 7638 3.2)."""
_PRIVATE: Final = ("d", "p", "q", "dp", "dq", "qi")
_DOUBLED: Final = "its key id stands twice in the set"


class KeyUnfit(ValueError):
    """A key that may not be used; the message is the reason, cleaned."""


class Key:
    """One key and its one algorithm; holds private parts masked, if any."""

    __slots__ = ("_engine", "_members", "_private", "_signer", "_verifier", "algorithm", "declared", "kid", "names")

    def __init__(
        self, members: Mapping[str, str], private: Secret | None, algorithm: Algorithm, *, kid: str | None, declared: bool
    ) -> None:
        """Use ``read`` or ``my_app.jose.make.make_key`` instead."""
        self.kid = kid
        self.algorithm = algorithm
        self.declared = declared
        """Whether the key itself names its algorithm, or it was taken from its type and curve."""
        self.names = algorithm.names
        """``alg`` values of headers this key answers to."""
        self._members = dict(members)
        self._private = private
        self._engine: PyJwtAlgorithm = engine(algorithm.name)
        self._signer: Any = None
        secret = base64url.decode(private.reveal()) if private is not None and algorithm.kty == "oct" else None
        self._verifier: Any = self._load(self._members) if secret is None else secret

    @classmethod
    def read(cls, jwk: Mapping[str, object], *, algorithm: str | None = None) -> Key:
        """The key of a JWK. ``algorithm`` binds a key that names none. Raises KeyUnfit.

        Without either, RSA is RS256, ``oct`` HS256, curves have one algorithm each.
        """
        found, declared = _algorithm_of(jwk, algorithm)
        fault = key_fault(jwk, found)
        if fault:
            raise KeyUnfit(fault)
        kid = jwk.get("kid")
        if kid is not None and (not isinstance(kid, str) or len(kid) > KEY_ID_LIMIT):
            raise KeyUnfit(f"its key id is not a text of at most {KEY_ID_LIMIT} characters")
        names = _MEMBERS[found.kty]
        if found.kty == "oct":
            return cls({"kty": "oct"}, Secret(str(jwk["k"])), found, kid=kid, declared=declared)
        private = {name: jwk[name] for name in _PRIVATE if name in jwk}
        secret = Secret(json.dumps(private)) if "d" in private else None
        return cls({name: str(jwk[name]) for name in names}, secret, found, kid=kid, declared=declared)

    def _load(self, members: Mapping[str, object]) -> Any:
        """PyJWT's key object. Raises KeyUnfit."""
        from jwt.exceptions import InvalidKeyError

        try:
            return self._engine.from_jwk(dict(members))
        except (InvalidKeyError, ValueError, TypeError, OverflowError):
            raise KeyUnfit("its numbers are not those of a valid key") from None

    @property
    def symmetric(self) -> bool:
        """An HMAC secret."""
        return self.algorithm.kty == "oct"

    @property
    def can_sign(self) -> bool:
        """The private part, or the HMAC secret, is here."""
        return self._private is not None

    def warning(self) -> str:
        """Why its secret may be guessed although it is long enough, one sentence; empty otherwise (J15)."""
        return secret_warning(self._verifier) if self.symmetric else ""

    def bound_to(self, name: str) -> Key:
        """The same key for another algorithm of its type. Raises KeyUnfit when it does not fit."""
        return Key.read({**self._jwk(), "kid": self.kid}, algorithm=name)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether ``signature`` is this key's for ``message``; an empty one never is."""
        return bool(signature) and self._engine.verify(message, self._verifier, signature)

    def sign(self, message: bytes) -> bytes:
        """The signature. Raises KeyUnfit when the key has no (valid) private part."""
        if self._private is None:
            raise KeyUnfit("it has no private part, so it can only verify")
        if self._signer is None:
            self._signer = self._verifier if self.symmetric else self._load(self._jwk())
        return self._engine.sign(message, self._signer)

    def public_jwk(self) -> dict[str, str]:
        """The JWK to publish. Raises KeyUnfit for an HMAC secret, which is never published."""
        if self.symmetric:
            raise KeyUnfit("it is an HMAC secret, which has no public part")
        return self._described(self._members)

    def private_jwk(self) -> Secret:
        """The whole JWK as JSON text, private parts included."""
        return Secret(json.dumps(self._described(self._jwk())))

    def thumbprint(self) -> str:
        """RFC 7638 SHA-256 thumbprint, base64url."""
        members = self._jwk()
        canonical = {name: members[name] for name in _MEMBERS[self.algorithm.kty]}
        return base64url.encode(hashlib.sha256(json.dumps(canonical, separators=(",", ":"), sort_keys=True).encode()).digest())

    def _jwk(self) -> dict[str, str]:
        if self._private is None:
            return dict(self._members)
        if self.symmetric:
            return {"kty": "oct", "k": self._private.reveal()}
        private: dict[str, str] = json.loads(self._private.reveal())
        return self._members | private

    def _described(self, members: Mapping[str, str]) -> dict[str, str]:
        about = {"use": "sig", "alg": self.algorithm.name}
        return {**members, **about, **({"kid": self.kid} if self.kid is not None else {})}

    def __repr__(self) -> str:
        return f"Key({self.algorithm.name}, kid={clean(self.kid, 64)})"


def _algorithm_of(jwk: Mapping[str, object], wanted: str | None) -> tuple[Algorithm, bool]:
    """The key's algorithm and whether the key names it. Raises KeyUnfit."""
    kty, named = jwk.get("kty"), jwk.get("alg")
    if not isinstance(kty, str) or kty not in _MEMBERS:
        raise KeyUnfit(f"its type {clean(kty, 20)} is not one that signs")
    if named is not None:
        found = ALGORITHMS.get(named) if isinstance(named, str) else None
        if found is None:
            raise KeyUnfit(f"its algorithm {clean(named, 20)} is not a signature algorithm in use")
        return found, True
    if wanted is not None and wanted in ALGORITHMS:
        return ALGORITHMS[wanted], False
    if kty in ("EC", "OKP"):
        curve = jwk.get("crv")
        if not isinstance(curve, str) or curve not in CURVES:
            raise KeyUnfit(f"its curve {clean(curve, 20)} is not one in use")
        return CURVES[curve], False
    return ALGORITHMS["RS256" if kty == "RSA" else "HS256"], False


@dataclass(frozen=True, slots=True)
class Dropped:
    """A key that was left out of its set."""

    kid: str
    """Its key id, cleaned; empty when it has none."""
    reason: str


class KeySet:
    """The usable keys of one issuer, and why the others were dropped."""

    __slots__ = ("_by_kid", "_nameless", "dropped", "keys")

    def __init__(self, keys: tuple[Key, ...], dropped: tuple[Dropped, ...] = ()) -> None:
        """A set made here; of two keys with one id and algorithm neither is used (J12)."""
        twice = _twice(keys)
        self.keys = tuple(key for key in keys if (key.kid, key.algorithm.name) not in twice)
        self.dropped = dropped + tuple(Dropped(clean(kid, 64), _DOUBLED) for kid, _ in twice)
        self._by_kid: dict[str, tuple[Key, ...]] = {}
        for key in self.keys:
            if key.kid is not None:
                self._by_kid[key.kid] = (*self._by_kid.get(key.kid, ()), key)
        self._nameless = tuple(key for key in self.keys if key.kid is None)

    @classmethod
    def parse(cls, data: bytes, *, local: bool = False) -> KeySet:
        """The set of a JWKS document, at most 1 MiB. Raises BadMetadata when it is none.

        ``local``: the document is this machine's own and may hold private keys and HMAC secrets, or be
        one bare JWK. Elsewhere such keys are dropped: what is published is no secret.
        """
        try:
            document = strict_json.parse_object(data)
        except strict_json.JsonFault as fault:
            raise BadMetadata(f"The key set cannot be read: {fault}.") from None
        members = [document] if local and "kty" in document and "keys" not in document else document.get("keys")
        if not isinstance(members, list):
            raise BadMetadata("The key set has no list named “keys”.")
        if len(members) > MOST_KEYS:
            raise BadMetadata(f"The key set holds more than {MOST_KEYS} keys.")
        public = any(isinstance(jwk, dict) and jwk.get("kty") != "oct" for jwk in members)
        keys: list[Key] = []
        dropped: list[Dropped] = []
        names = Counter(_name(jwk) for jwk in members)
        for jwk in members:
            try:
                if _name(jwk) is not None and names[_name(jwk)] > 1:
                    raise KeyUnfit(_DOUBLED)
                keys.append(_usable(jwk, local=local, public=public))
            except KeyUnfit as fault:
                kid = jwk.get("kid") if isinstance(jwk, dict) else None
                dropped.append(Dropped("" if kid is None else clean(kid, 64), str(fault)))
        return cls(tuple(keys), tuple(dropped))

    def candidates(self, kid: str | None) -> tuple[Key, ...]:
        """The keys a token may be signed with: those of its key id, else those without one; all when it names none."""
        if kid is None:
            return self.keys
        return self._by_kid.get(kid) or self._nameless

    def signing_key(self, kid: str | None = None) -> Key:
        """The first key that can sign (of that id). Raises KeyUnfit."""
        for key in self.keys if kid is None else self._by_kid.get(kid, ()):
            if key.can_sign:
                return key
        raise KeyUnfit("there is no private key to sign with")

    def public_document(self) -> dict[str, list[dict[str, str]]]:
        """The JWKS document to publish: public parts only, HMAC secrets left out."""
        return {"keys": [key.public_jwk() for key in self.keys if not key.symmetric]}

    def why_empty(self) -> str:
        """One sentence for a set without a usable key."""
        if not self.dropped:
            return "The key set is empty."
        first = self.dropped[0]
        return f"The key set has no usable key: key {first.kid or 'without id'} was dropped because {first.reason}."

    def __repr__(self) -> str:
        return f"KeySet({len(self.keys)} keys, {len(self.dropped)} dropped)"


def _usable(jwk: object, *, local: bool, public: bool) -> Key:
    """The key, if it may be used at all. Raises KeyUnfit."""
    if not isinstance(jwk, dict):
        raise KeyUnfit("it is not a JSON object")
    if jwk.get("kty") == "oct":
        if not local:
            raise KeyUnfit("it is an HMAC secret, and a published one is no secret")
        if public:
            raise KeyUnfit("it is an HMAC secret in a set with public keys")
    elif not local and "d" in jwk:
        raise KeyUnfit("its private part was published")
    return Key.read(jwk)


def _name(jwk: object) -> tuple[str, str] | None:
    """Key id and algorithm of a signature key as the document has them, fit or not."""
    if not isinstance(jwk, dict) or jwk.get("kid") is None or jwk.get("use") == "enc":
        return None
    return str(jwk["kid"]), str(jwk.get("alg", jwk.get("kty")))


def _twice(keys: tuple[Key, ...]) -> set[tuple[str, str]]:
    seen: set[tuple[str, str]] = set()
    twice: set[tuple[str, str]] = set()
    for key in keys:
        if key.kid is not None:
            name = (key.kid, key.algorithm.name)
            (twice if name in seen else seen).add(name)
    return twice
