"""The grants of the token endpoint."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc8628 import DeviceCodeGrant

from my_app.demo.messages import FormRequest
from my_app.demo.oauth import DemoAuthorizationServer, audience_for, scope_for
from my_app.demo.people import Person
from my_app.demo.realm import Realm
from my_app.demo.store import Code, DeviceCode, Grant, Issued

AUTH_METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")
JITTER = 0.25
"""Seconds a poll may come early before it is told ``slow_down``."""


class _Minting:
    """How each grant gets its answer from the realm."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[list[str]] = list(AUTH_METHODS)
    request: Any
    server: DemoAuthorizationServer

    @property
    def _realm(self) -> Realm:
        return self.server.realm


class CodeGrant(_Minting, grants.AuthorizationCodeGrant):  # type: ignore[misc]
    """Authorization code, good once; a second try revokes what the first gave (RFC 6749 4.1.2)."""

    def query_authorization_code(self, code: str, client: Any) -> Code | None:
        """The code, if it is this client's, alive and unused."""
        found = self._realm.store.codes.get(code)
        if found is None or found.grant.client is not client:
            return None
        if found.used:
            found.grant.revoked = True
            return None
        return found if found.expires_at > self._realm.now and not found.grant.revoked else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Kept as used, so that a second try is noticed."""
        authorization_code.used = True

    def authenticate_user(self, authorization_code: Code) -> Person | None:
        """Who allowed it."""
        return authorization_code.grant.person

    def generate_token(self, *args: object, include_refresh_token: bool = True, **kwargs: object) -> dict[str, Any]:
        """Tokens for the grant behind the code."""
        grant = self.request.authorization_code.grant
        return self._realm.mint(grant, scope=grant.scope, refresh=include_refresh_token)


class S256Only(CodeChallenge):  # type: ignore[misc]
    """PKCE with S256 for every client, in both requests, without a way around it (RFC 9700 2.1.1, 4.8.2)."""

    SUPPORTED_CODE_CHALLENGE_METHOD: ClassVar[list[str]] = ["S256"]

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """There must be a challenge, and its method must be named: left out it would mean ``plain``."""
        check_challenge(grant.request)
        super().validate_code_challenge(grant, redirect_uri)


def check_challenge(request: FormRequest) -> str:
    """The S256 challenge of an authorization request. Raises InvalidRequestError."""
    fields = request.form
    challenge = fields.get("code_challenge", "")
    if not challenge or fields.get("code_challenge_method") != "S256":
        raise InvalidRequestError("PKCE is required: send code_challenge and code_challenge_method=S256.")
    if len(challenge) != 43:
        raise InvalidRequestError("The code_challenge is not the BASE64URL of a SHA-256 hash.")
    return challenge


class RotatingRefreshGrant(_Minting, grants.RefreshTokenGrant):  # type: ignore[misc]
    """Each refresh token once; a spent one ends the whole login (RFC 9700 4.14.2)."""

    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Issued | None:
        """The token, if it is this client's and alive."""
        found = self._realm.store.tokens.get(refresh_token)
        if found is None or found.kind != "refresh_token" or not found.check_client(self.request.client):
            return None
        if found.spent:
            found.grant.revoked = True
            return None
        return found if not found.dead and found.expires_at > self._realm.now else None

    def authenticate_user(self, refresh_token: Issued) -> Person | None:
        """Whose login it is."""
        return refresh_token.grant.person

    def revoke_old_credential(self, refresh_token: Issued) -> None:
        """It is spent."""
        refresh_token.spent = True

    def generate_token(self, *args: object, scope: str = "", **kwargs: object) -> dict[str, Any]:
        """Tokens for the same grant, perhaps with fewer scopes."""
        return self._realm.mint(self.request.refresh_token.grant, scope=scope, refresh=True)


class ServiceGrant(_Minting, grants.ClientCredentialsGrant):  # type: ignore[misc]
    """Client credentials (RFC 6749 4.4): no person, no refresh token."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[list[str]] = ["client_secret_basic", "client_secret_post", "private_key_jwt"]

    def generate_token(self, *args: object, scope: str | None = None, **kwargs: object) -> dict[str, Any]:
        """Tokens for the client itself."""
        client = self.request.client
        granted = scope_for(client, scope)
        grant = Grant(client=client, person=None, scope=granted, audience=audience_for(self._realm, self.request))
        return self._realm.mint(grant, scope=granted, refresh=False)


class DeviceGrant(_Minting, DeviceCodeGrant):  # type: ignore[misc]
    """Device code (RFC 8628 3.4, 3.5), redeemed once."""

    def query_device_credential(self, device_code: str) -> _Credential:
        """The device authorization. Raises InvalidGrantError when there is none or it was redeemed."""
        found = self._realm.store.device_codes.get(device_code)
        if found is None or found.redeemed:
            raise InvalidGrantError("The device code is unknown or was used.")
        return _Credential(found, self._realm)

    def query_user_grant(self, user_code: str) -> tuple[Person | None, bool] | None:
        """What the person decided, if anything."""
        entry = self._realm.store.device_codes[self.request.form["device_code"]]
        return None if entry.decision is None else (entry.person, entry.decision)

    def should_slow_down(self, credential: _Credential) -> bool:
        """Whether the poll came too early; from then on five seconds more are asked for (RFC 8628 3.5)."""
        return credential.polled_too_early(forced=self._realm.faults.take("slow-down"))

    def generate_token(self, *args: object, include_refresh_token: bool = True, **kwargs: object) -> dict[str, Any]:
        """Tokens for the person who allowed it."""
        entry: DeviceCode = self.request.credential.entry
        entry.redeemed = True
        grant = Grant(
            client=entry.client,
            person=entry.person,
            scope=entry.scope,
            audience=entry.audience,
            auth_time=entry.auth_time,
            amr=entry.amr,
        )
        return self._realm.mint(grant, scope=entry.scope, refresh=include_refresh_token)


class _Credential:
    """A device authorization with the methods Authlib asks for."""

    def __init__(self, entry: DeviceCode, realm: Realm) -> None:
        self.entry = entry
        self._realm = realm

    def get_client_id(self) -> str:
        return self.entry.client.client_id

    def get_scope(self) -> str:
        return self.entry.scope

    def get_user_code(self) -> str:
        return self.entry.user_code

    def is_expired(self) -> bool:
        return self.entry.expires_at <= self._realm.now

    def polled_too_early(self, *, forced: bool) -> bool:
        now, before = self._realm.now, self.entry.polled_at
        self.entry.polled_at = now
        early = before is not None and now - before < timedelta(seconds=self.entry.interval - JITTER)
        if early or forced:
            self.entry.interval += 5
        return early or forced
