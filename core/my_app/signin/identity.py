"""Who signed in: from a verified ID token or userinfo, and the guard against another account."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from my_app.errors import TokenInvalid, WrongAccount
from my_app.jose.parse import decode
from my_app.model import Identity, Profile, Record, TokenSet
from my_app.text import clean


def identity_of(claims: Mapping[str, object], *, sub: str = "sub", username: str = "preferred_username") -> Identity | None:
    """The identity that claims of an ID token or userinfo hold, cleaned; None when they name nobody.

    ``sub`` and ``username`` are member names; a provider without OpenID Connect has its own.
    """
    found = Identity(
        sub=_text(claims.get(sub)),
        username=_text(claims.get(username)) or _text(claims.get("nickname")),
        email=_text(claims.get("email")),
        tenant=_text(claims.get("tid")) or _text(claims.get("org_id")) or _text(claims.get("hd")),
    )
    return found if found.label else None


def check_account(profile: Profile, identity: Identity | None) -> None:
    """The identity guard: ``expect_account`` must be the ``sub``, user name or e-mail. Raises WrongAccount naming both."""
    expected = profile.expect_account
    if expected is None:
        return
    if identity is None:
        raise WrongAccount(
            f"“{profile.name}” expects the account {clean(expected, 80)}, but the provider does not say who signed in. "
            "Nothing was saved.",
            hint="Ask for the scope openid, or remove expect_account from the profile.",
            expected=clean(expected),
            received=None,
        )
    if (
        _folded(expected) not in {_folded(name) for name in (identity.username, identity.email) if name}
        and expected != identity.sub
    ):
        raise WrongAccount(
            f"“{profile.name}” expects the account {clean(expected, 80)}, but {clean(identity.label, 80)} signed in. "
            "Nothing was saved.",
            hint="Sign out at the provider (or use a private window) and sign in with the right account.",
            expected=clean(expected),
            received=identity.label,
        )


def same_account(record: Record, tokens: TokenSet) -> None:
    """A renewed ID token is of the same issuer, subject and client (OpenID Connect Core 12.2; F6). Raises TokenInvalid.

    It came straight from the token endpoint, so its signature is not asked for (3.1.3.7, item 6).
    """
    if tokens.id_token is None or (record.tokens is not None and tokens.id_token == record.tokens.id_token):
        return
    claims = decode(tokens.id_token.reveal()).claims
    known = _known(record)
    for name, expected in known.items():
        received = claims.get(name)
        if received != expected:
            raise TokenInvalid(
                f"The renewed ID token of “{record.name}” names another {_WORDS[name]} than the sign-in. Its tokens were not kept.",
                hint=f"Sign in again with: my-app login {record.name}",
                check=name,
            )


_WORDS = {"iss": "issuer", "sub": "account"}


def _known(record: Record) -> dict[str, object]:
    """Issuer and subject as the earlier ID token had them; without one, the subject the record shows."""
    if record.tokens is not None and record.tokens.id_token is not None:
        claims = decode(record.tokens.id_token.reveal()).claims
        return {name: claims[name] for name in _WORDS if name in claims}
    sub = record.identity.sub if record.identity else None
    return {} if sub is None else {"sub": sub}


def _text(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
        return None
    return clean(value, 120)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
