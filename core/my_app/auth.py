"""AuthClient: a token that is always valid, for scripts and services.

::

    auth_client = AuthClient.from_config()
    access_token = auth_client.get_access_token()
    session = auth_client.get_authenticated_session()
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from my_app.calls.token_source import TokenSource

if TYPE_CHECKING:
    import ssl

    import httpx

    from my_app.oauth.token_exchange import Party

_ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"


class AuthClient:
    """The credential a call means: argument, environment, directory, active profile, ``credentials.json``.

    Nothing is read until a token or session is asked for. One client may be shared by threads.
    """

    def __init__(self, profile: str | None = None, *, environ: Mapping[str, str] | None = None) -> None:
        """``profile`` names a stored one; ``environ`` stands for the process environment."""
        self._environ = dict(os.environ if environ is None else environ)
        self._source = _source(self._environ, profile)

    @classmethod
    def from_config(cls, profile: str | None = None, *, environ: Mapping[str, str] | None = None) -> AuthClient:
        """The same client; the name says where its profiles live."""
        return cls(profile, environ=environ)

    @property
    def source(self) -> TokenSource:
        """For the classes of ``my_app.integrations``."""
        return self._source

    def get_access_token(self, *, min_valid: timedelta | None = None) -> str:
        """A token with at least ``min_valid`` left (None: the margin of the settings), as plain text.

        Raises NothingConfigured, UnknownProfile, LoginNeeded, Temporary, Refused, StorageFault, BindingChanged.
        """
        return self._source.token(min_valid=min_valid).value.reveal()

    def exchange_token(
        self,
        *,
        audience: str | None = None,
        resource: str | None = None,
        scopes: tuple[str, ...] = (),
        subject_token: str | None = None,
        subject_token_type: str = _ACCESS_TOKEN,
        actor_token: str | None = None,
        actor_token_type: str = _ACCESS_TOKEN,
        requested_token_type: str | None = None,
    ) -> str:
        """Another token for ``subject_token``, by default for this profile's own access token (RFC 8693); never stored.

        Raises what ``get_access_token`` raises, and BadAnswer for a token of another kind than was asked for.
        """
        return _exchanged(
            self._source,
            subject=(subject_token, subject_token_type),
            actor=(actor_token, actor_token_type),
            wanted=requested_token_type,
            scopes=scopes,
            resource=resource,
            audience=audience,
        )

    def redeem_assertion(self, assertion: str, *, scopes: tuple[str, ...] = (), resource: str | None = None) -> str:
        """An access token for a JWT that somebody signed for this profile's provider (RFC 7523 2.1); never stored.

        Raises what ``get_access_token`` raises.
        """
        return _redeemed(self._source, assertion, scopes, resource)

    def get_authenticated_session(self) -> httpx.Client:
        """An ``httpx.Client`` on the profile's API URL; close it when done.

        The token goes only to the origins it was stored for, never along a redirect; a 401 costs at most one
        refresh and one repeat. Raises NothingConfigured, UnknownProfile, SettingsFault.
        """
        import httpx

        from my_app.integrations.httpx_auth import TokenAuth

        base = self._source.profile.api_url or ""
        return httpx.Client(auth=TokenAuth(self._source), base_url=base, verify=_trust(self._environ), trust_env=_proxied(base))


class AsyncAuthClient:
    """The asyncio twin of AuthClient."""

    def __init__(self, profile: str | None = None, *, environ: Mapping[str, str] | None = None) -> None:
        """``profile`` names a stored one; ``environ`` stands for the process environment."""
        self._environ = dict(os.environ if environ is None else environ)
        self._source = _source(self._environ, profile)

    @classmethod
    def from_config(cls, profile: str | None = None, *, environ: Mapping[str, str] | None = None) -> AsyncAuthClient:
        """The same client; the name says where its profiles live."""
        return cls(profile, environ=environ)

    @property
    def source(self) -> TokenSource:
        """For the classes of ``my_app.integrations``."""
        return self._source

    async def get_access_token(self, *, min_valid: timedelta | None = None) -> str:
        """A token with at least ``min_valid`` left; see AuthClient."""
        return (await self._source.atoken(min_valid=min_valid)).value.reveal()

    async def exchange_token(
        self,
        *,
        audience: str | None = None,
        resource: str | None = None,
        scopes: tuple[str, ...] = (),
        subject_token: str | None = None,
        subject_token_type: str = _ACCESS_TOKEN,
        actor_token: str | None = None,
        actor_token_type: str = _ACCESS_TOKEN,
        requested_token_type: str | None = None,
    ) -> str:
        """Another token for this profile's own, or a given one (RFC 8693); see AuthClient."""
        return await asyncio.to_thread(
            _exchanged,
            self._source,
            subject=(subject_token, subject_token_type),
            actor=(actor_token, actor_token_type),
            wanted=requested_token_type,
            scopes=scopes,
            resource=resource,
            audience=audience,
        )

    async def redeem_assertion(self, assertion: str, *, scopes: tuple[str, ...] = (), resource: str | None = None) -> str:
        """An access token for a JWT that somebody signed (RFC 7523 2.1); see AuthClient."""
        return await asyncio.to_thread(_redeemed, self._source, assertion, scopes, resource)

    def get_authenticated_session(self) -> httpx.AsyncClient:
        """An ``httpx.AsyncClient`` on the profile's API URL; see AuthClient."""
        import httpx

        from my_app.integrations.httpx_auth import TokenAuth

        base = self._source.profile.api_url or ""
        return httpx.AsyncClient(
            auth=TokenAuth(self._source), base_url=base, verify=_trust(self._environ), trust_env=_proxied(base)
        )


def _exchanged(
    source: TokenSource,
    *,
    subject: tuple[str | None, str],
    actor: tuple[str | None, str],
    wanted: str | None,
    scopes: tuple[str, ...],
    resource: str | None,
    audience: str | None,
) -> str:
    done = source.delegations.exchange(
        source.name,
        subject=_party(*subject),
        actor=_party(*actor),
        wanted=wanted,
        scopes=scopes,
        resources=(resource,) if resource else (),
        audiences=(audience,) if audience else (),
    )
    return done.tokens.access_token.reveal()


def _party(token: str | None, kind: str) -> Party | None:
    from my_app.oauth.token_exchange import Party
    from my_app.secret import Secret

    return Party(token=Secret(token), kind=kind) if token else None


def _redeemed(source: TokenSource, assertion: str, scopes: tuple[str, ...], resource: str | None) -> str:
    from my_app.secret import Secret

    resources = (resource,) if resource else ()
    return source.delegations.redeem(source.name, Secret(assertion), scopes=scopes, resources=resources).access_token.reveal()


def _source(environ: Mapping[str, str], profile: str | None) -> TokenSource:
    from my_app.wiring import open_services

    return TokenSource(open_services(environ), profile)


def _trust(environ: Mapping[str, str]) -> ssl.SSLContext:
    from my_app.wiring import trust

    return trust(environ)


def _proxied(url: str) -> bool:
    """Loopback is reached directly, never through a proxy."""
    from my_app.urls import is_loopback

    return not is_loopback(url)
