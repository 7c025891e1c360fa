"""Use cases with the provider about a login that exists: revoke, sign out, introspect, userinfo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What ending a login did, honestly (U4, U5)."""

    profile: str
    revoked: tuple[str, ...]
    """``refresh_token``, ``access_token``: the server was told and agreed."""
    not_told: tuple[str, ...]
    """The server was not told (offline, refused, no endpoint)."""
    reason: str
    """Why not, one cleaned sentence; empty when all went well."""
    still_valid_until: datetime | None
    """Until when a token that was not revoked may still work; None: nothing left, or unknown."""
    forgotten: bool
    """The local record is gone."""
    end_session_url: str | None = None
    """Page that ends the session at the provider (RP-Initiated Logout), to be opened by the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    """What a revocation will mean, told before it is done."""

    lines: tuple[str, ...]
    can_tell_server: bool


class Grants:
    """What can be done with a stored login at its provider. All sync, all bounded in time."""

    def consequences(self, profile: str) -> Consequences:
        """For the confirmation; no network."""
        raise NotImplementedError

    def revoke(self, profile: str) -> Ended:
        """Revoke (refresh, then access token); the record stays, marked revoked. Raises Temporary, Refused, Unsupported."""
        raise NotImplementedError

    def logout(self, profile: str, *, local: bool = False) -> Ended:
        """Revoke what can be, then forget in any case; offline is no failure (``not_told``)."""
        raise NotImplementedError

    def userinfo(self, profile: str) -> Mapping[str, object]:
        """Claims of the userinfo endpoint; ``sub`` must be the signed-in one (U3). Raw values: clean before showing."""
        raise NotImplementedError

    def introspect(self, profile: str) -> Mapping[str, object]:
        """The introspection answer for the access token (RFC 7662)."""
        raise NotImplementedError

    def check_api_key(self, profile: str) -> str:
        """GET ``check_url`` with the key: a cleaned word on success. Raises WrongCredentials, Temporary, Unsupported."""
        raise NotImplementedError
