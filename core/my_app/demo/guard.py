"""Who may use the demo API: a valid access token or an API key, with the scopes the path needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from my_app.demo.realm import Realm
from my_app.demo.store import ApiKeyEntry, Issued
from my_app.errors import TokenInvalid
from my_app.text import clean
from my_app.validation import TokenValidator

KEY_HEADER: Final = "x-api-key"


class Refusal(Exception):
    """The request is not allowed; ``response`` is what to answer."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    scopes: frozenset[str]
    key: ApiKeyEntry | None = None
    token: Issued | None = None


class Guard:
    """Checks the credential of an API request."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm
        self._validator = TokenValidator(
            issuer=realm.issuer,
            audience=realm.audiences,
            keys=realm.tokens.key_set,
            typ="at+jwt",
            # The issuer lives here: there is no second clock to allow for.
            leeway=timedelta(0),
            clock=realm.clock,
        )

    def check(self, request: Request, *any_scope: str) -> Caller:
        """The caller, who holds one of the scopes (none given: any credential). Raises Refusal: 401 or 403 (RFC 6750 3.1)."""
        caller = self._caller(request)
        if any_scope and caller.scopes.isdisjoint(any_scope):
            raise self.forbidden(any_scope)
        return caller

    def _caller(self, request: Request) -> Caller:
        header = request.headers.get("authorization", "")
        scheme, _, value = header.partition(" ")
        value = value.strip() if scheme.lower() == "bearer" else request.headers.get(KEY_HEADER, "")
        if not value:
            raise self._unauthorized("")
        entry = self._realm.store.key_by_value(value)
        if entry is not None:
            entry.used_at = self._realm.now
            return Caller(frozenset(entry.scopes), key=entry)
        try:
            claims = self._validator.validate(value)
        except TokenInvalid as fault:
            raise self._unauthorized(fault.message) from None
        issued = self._realm.store.access_by_jti.get(str(claims.get("jti")))
        if issued is None or issued.dead:
            raise self._unauthorized("The token was revoked.")
        return Caller(frozenset(issued.scope.split()), token=issued)

    def _unauthorized(self, why: str) -> Refusal:
        described = f', error="invalid_token", error_description="{_quoted(why)}"' if why else ""
        body = {"error": "invalid_token", "error_description": why} if why else {"error": "missing_token"}
        return Refusal(JSONResponse(body, 401, {"WWW-Authenticate": f'Bearer realm="demo"{described}'}))

    def forbidden(self, needed: Iterable[str]) -> Refusal:
        """403, naming the scopes of which one is needed."""
        names = " ".join(needed)
        body = {"error": "insufficient_scope", "error_description": f"One of these scopes is needed: {names}.", "scope": names}
        return Refusal(JSONResponse(body, 403, {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{names}"'}))


def _quoted(text: str) -> str:
    """Text for a quoted header parameter: ASCII, without quotes and backslashes."""
    return clean(text).encode("ascii", "replace").decode("ascii").replace('"', "'").replace("\\", "/")
