"""The judgement: signature first, then type, then claims (RFC 7515 5.2, RFC 7519 7.2, RFC 8725).

The algorithm comes from the key. The header may pick among the issuer's own keys by ``kid``,
never bring a key, an address of one, an algorithm or an extension (J1 to J5). Every refusal is a
``TokenInvalid`` whose ``check`` names what failed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from my_app.errors import SettingsFault, TokenInvalid
from my_app.jose import claims as judge
from my_app.jose import parse
from my_app.jose.algorithms import ALGORITHMS
from my_app.jose.claims import Check, Expected
from my_app.jose.keys import KEY_ID_LIMIT, Key, KeySet, KeyUnfit
from my_app.jose.parse import UnverifiedToken
from my_app.text import clean

_MOST_TRIES: Final = 8
"""Keys that are tried for a token without key id."""
_ID_TYPES: Final = frozenset(("", "jwt"))
_ACCESS_TYPES: Final = frozenset(("", "jwt", "at+jwt"))
_ONLY_IN_ID_TOKENS: Final = ("nonce", "at_hash", "c_hash", "s_hash")
_HINTS: Final = {
    "exp": "Ask for a new token.",
    "nbf": "Compare the clocks of this machine and the issuer.",
    "iat": "Compare the clocks of this machine and the issuer.",
    "aud": "Ask for a token for this audience, or name the audience this token is for.",
    "key": "The issuer may have changed its keys, or the token is from somebody else.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedToken:
    """A token that passed; made in this module only."""

    header: Mapping[str, object]
    claims: Mapping[str, object]
    algorithm: str
    """As the key has it."""
    key_id: str | None
    """Of the key that fits, not of the header."""


def refusal(check: str, message: str, **facts: object) -> TokenInvalid:
    """The error for a failed check."""
    return TokenInvalid(message, hint=_HINTS.get(check, ""), check=check, **facts)


def checked_leeway(leeway: timedelta) -> float:
    """Seconds. Raises SettingsFault below 0 or above 300 s (J8)."""
    if not timedelta(0) <= leeway <= judge.MOST_LEEWAY:
        raise SettingsFault("The leeway for clock differences is not between 0 and 300 seconds.", hint="60 seconds are usual.")
    return leeway.total_seconds()


def verify_signature(token: UnverifiedToken, keys: KeySet, *, algorithms: Collection[str] | None = None) -> Key:
    """The key whose signature the token bears; says nothing about its claims.

    ``algorithms`` narrows what keys may be used with; the first of them that fits binds a key that names none.
    Raises TokenInvalid with ``check`` ``alg``, ``crit``, ``key`` or ``signature``; ``stale`` is True among
    the facts when newer keys of the issuer could change the answer.
    """
    header = token.header
    fault = header_fault(header)
    if fault is not None:
        raise fault
    alg, kid = header["alg"], header.get("kid")
    if kid is not None and (not isinstance(kid, str) or len(kid) > KEY_ID_LIMIT):
        raise refusal("key", f"Its key id (kid) is not a text of at most {KEY_ID_LIMIT} characters.")
    candidates = keys.candidates(kid)
    if not candidates:
        message = keys.why_empty() if not keys.keys else f"The issuer has no key “{clean(kid, 64)}”."
        raise refusal("key", message, stale=True)
    if algorithms is not None:
        candidates = tuple(bound for key in candidates if (bound := _bound(key, algorithms)) is not None)
        if not candidates:
            raise refusal(
                "alg", f"No key of the issuer is for {', '.join(clean(name, 20) for name in algorithms)}.", received=clean(alg, 20)
            )
    fitting = [key for key in candidates if alg in key.names]
    if not fitting:
        named = candidates[0].algorithm.name
        raise refusal(
            "alg",
            f"It says it is signed with {clean(alg, 20)}, and the key is for {named}.",
            expected=named,
            received=clean(alg, 20),
        )
    for key in fitting[:_MOST_TRIES]:
        if key.verify(token.signing_input, token.signature):
            return key
    raise refusal(
        "signature",
        "Its signature is wrong: it was changed, or signed with another key.",
        stale=fitting[0].kid is None or kid is None,
    )


def header_fault(header: Mapping[str, object]) -> TokenInvalid | None:
    """What makes a header unacceptable whatever the keys are."""
    alg = header.get("alg")
    if not isinstance(alg, str):
        return refusal("alg", "Its header names no algorithm (alg).")
    if alg not in ALGORITHMS:
        if alg.strip().lower() in ("none", ""):
            return refusal("alg", "It is not signed at all (alg “none”), so anybody could have made it.")
        return refusal("alg", f"Its algorithm {clean(alg, 20)} is not one in use.", received=clean(alg, 20))
    if "crit" in header:
        return refusal("crit", "Its header demands an extension (crit) that is not known here.")
    if header.get("b64", True) is not True:
        return refusal("crit", "Its header says the payload is not encoded (b64), which is not accepted.")
    if not isinstance(header.get("typ", ""), str):
        return refusal("typ", "Its type (typ) is not a text.")
    return None


def _bound(key: Key, algorithms: Collection[str]) -> Key | None:
    """The key, if one of ``algorithms`` is its own or may become it."""
    if not key.names.isdisjoint(algorithms):
        return key
    for name in () if key.declared else algorithms:
        try:
            return key.bound_to(name)
        except KeyUnfit:
            continue
    return None


def token_type(header: Mapping[str, object]) -> str:
    """``typ`` in lower case without ``application/`` (RFC 7515 4.1.9); empty when there is none."""
    typ = header.get("typ")
    return typ.lower().removeprefix("application/") if isinstance(typ, str) else ""


def judge_claims(claims: Mapping[str, object], checks: Collection[tuple[str, Check]], expected: Expected, now: float) -> None:
    """Raises TokenInvalid for the first of ``checks`` that fails."""
    for name, check in checks:
        fault = check(claims, expected, now)
        if fault:
            raise refusal(name, f"The token is refused. {fault}")


def id_token_fault(header: Mapping[str, object]) -> str:
    """Why a token of this type is no ID token; empty when it may be one (J11)."""
    typ = token_type(header)
    return "" if typ in _ID_TYPES else f"It is of the type {clean(typ, 40)}, not an ID token."


def access_token_fault(header: Mapping[str, object], claims: Mapping[str, object], typ: str | None = None) -> str:
    """Why this is no access token (of type ``typ``); empty when it may be one (RFC 9068 4, J11)."""
    found = token_type(header)
    if typ is not None:
        return "" if found == typ else f"It is of the type {clean(found, 40) or 'none'}, not {clean(typ, 40)}."
    if found not in _ACCESS_TYPES:
        return f"It is of the type {clean(found, 40)}, not an access token."
    if found == "at+jwt":
        return ""
    if any(name in claims for name in _ONLY_IN_ID_TOKENS) or claims.get("token_use") == "id" or claims.get("typ") == "ID":
        return "It is an ID token, and those are never accepted as access tokens."
    return ""


def verify_id_token(
    token: str,
    keys: KeySet,
    *,
    issuer: str,
    client_id: str,
    nonce: str | None,
    now: datetime,
    leeway: timedelta = judge.DEFAULT_LEEWAY,
    access_token: str | None = None,
    code: str | None = None,
    max_age: timedelta | None = None,
    acr_values: Collection[str] = (),
    trusted_audiences: Collection[str] = (),
    algorithms: Collection[str] | None = None,
) -> VerifiedToken:
    """An ID token by all the rules of OIDC Core 3.1.3.7 and 3.1.3.8.

    ``nonce``, ``access_token``, ``code``, ``max_age`` and ``acr_values`` are compared when given.
    Raises TokenInvalid, and SettingsFault for a leeway above 300 s.
    """
    expected = Expected(
        issuer=issuer,
        audiences=frozenset((client_id,)),
        trusted=frozenset(trusted_audiences),
        leeway=checked_leeway(leeway),
        client_id=client_id,
        nonce=nonce,
        max_age=None if max_age is None else max_age.total_seconds(),
        acr_values=frozenset(acr_values),
    )
    unverified = parse.decode(token)
    key = verify_signature(unverified, keys, algorithms=algorithms)
    fault = id_token_fault(unverified.header)
    if fault:
        raise refusal("typ", f"The token is refused. {fault}")
    judge_claims(unverified.claims, judge.ID_TOKEN, expected, now.timestamp())
    if "iat" not in unverified.claims:
        raise refusal("iat", "The token is refused. It does not say when it was issued (iat).")
    for name, value in (("at_hash", access_token), ("c_hash", code)):
        fault = judge.hash_fault(unverified.claims, name, value, key.algorithm.digest)
        if fault:
            raise refusal(name, f"The token is refused. {fault}")
    return verified(unverified, key)


def verified(token: UnverifiedToken, key: Key) -> VerifiedToken:
    """The token as proven by ``key``; for callers that have just judged it."""
    return VerifiedToken(header=token.header, claims=token.claims, algorithm=key.algorithm.name, key_id=key.kid)
