"""How a login ends: what a provider was told, what stays valid, and the account call of a provider without userinfo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from my_app.errors import BadAnswer, LoginExpired, MyAppError
from my_app.model import Kind, Record
from my_app.oauth.answer import members_of, refusal_of
from my_app.oauth.exchange import Exchange, get
from my_app.oauth.revoke import Hint
from my_app.secret import Secret
from my_app.text import host_of


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How far the server was told."""

    revoked: tuple[str, ...] = ()
    not_told: tuple[str, ...] = ()
    problem: MyAppError | None = None


def kinds_of(record: Record) -> tuple[Hint, ...]:
    """The tokens there are to revoke, refresh token first (U5)."""
    if record.tokens is None or record.kind in (Kind.API_KEY, Kind.TOKEN):
        return ()
    return ("refresh_token", "access_token") if record.tokens.refresh_token is not None else ("access_token",)


def account_call(url: str, token: Secret) -> Exchange[dict[str, object]]:
    """The account call of a provider without a userinfo endpoint. Raises LoginExpired (401), Refused, Temporary, BadAnswer."""
    response = yield get(url, headers={"authorization": f"Bearer {token.reveal()}"}, purpose="userinfo")
    host = host_of(url)
    if response.status == 401:
        raise LoginExpired(f"{host} does not accept the access token.", hint="Renew it or sign in again.")
    members = members_of(response)
    if (refusal := refusal_of(response, {} if response.status == 200 else members, host)) is not None:
        raise refusal
    if not members:
        raise BadAnswer(f"The answer of {host} cannot be read.")
    return members
