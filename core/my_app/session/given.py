"""Tokens of given credentials are told apart from those of profiles (CONTRACT, ``my-app token``)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from my_app.given.credentials_json import FILE
from my_app.given.layers import ENVIRONMENT
from my_app.model import AccessToken
from my_app.session import Sessions


class GivenSessions(Sessions):
    """Sessions whose tokens of the environment name no profile and say ``environment`` as their source."""

    def token(self, profile: str, *, min_valid: timedelta | None = None, force: bool = False) -> AccessToken:
        """See ``Sessions.token``."""
        return _told(super().token(profile, min_valid=min_valid, force=force))

    async def atoken(self, profile: str, *, min_valid: timedelta | None = None, force: bool = False) -> AccessToken:
        """See ``Sessions.atoken``."""
        return _told(await super().atoken(profile, min_valid=min_valid, force=force))


def _told(token: AccessToken) -> AccessToken:
    if token.profile == ENVIRONMENT:
        return replace(token, profile=None, source=ENVIRONMENT)
    return replace(token, profile=None) if token.profile == FILE else token
