"""One account as a row to show: what is set where, how it stands, and the one next thing to do. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime

from my_app.model import Flow, Identity, Kind, Profile, State, Summary, kind_of, state_of
from my_app.words import store_command


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One row of the list: everything to show, nothing secret; the vault may be closed."""

    name: str
    profile: Profile
    provider: str
    """The preset's display name, e.g. ``GitHub``."""
    kind: Kind
    flow: Flow
    state: State
    expires_at: datetime | None
    refreshable: bool
    scopes: tuple[str, ...]
    requested_scopes: tuple[str, ...]
    identity: Identity | None
    kept_in: str
    """``keyring``, ``passphrase``, ``key``, ``environment`` or ``credentials.json``."""
    sources: Mapping[str, str]
    """Field to where its value comes from (``config.toml``, ``preset``, ``vault`` ...)."""
    next: str
    """The one next thing to do, a command or empty."""
    confirmed: bool
    """False while the vault is closed: shown dim, decides nothing."""
    active: bool


def row_of(
    own: Profile,
    laid: Profile,
    summary: Summary | None,
    *,
    title: str,
    now: datetime,
    kept_in: str,
    place: str,
    confirmed: bool,
    active: bool,
) -> Account:
    """The row of a profile.

    ``own`` is what ``place`` (``config.toml``, ``environment``, ``credentials.json``) says, ``laid`` the same with its
    preset laid under it; ``kept_in`` is what keeps the secret.
    """
    state = state_of(summary, now)
    kind = summary.kind if summary else kind_of(laid.flow)
    given = place != "config.toml"
    return Account(
        name=own.name,
        profile=laid,
        provider=title,
        kind=kind,
        flow=laid.flow,
        state=state,
        expires_at=summary.expires_at if summary else None,
        refreshable=summary.refreshable if summary else False,
        scopes=summary.scopes if summary else (),
        requested_scopes=(summary.requested_scopes if summary else ()) or laid.scopes or (),
        identity=summary.identity if summary else None,
        kept_in=kept_in,
        sources=_sources(own, laid, summary, place=place, secret_place=place if given else "vault"),
        next="" if given else next_step(own.name, state, kind, summary),
        confirmed=confirmed,
        active=active,
    )


def next_step(name: str, state: State, kind: Kind, summary: Summary | None) -> str:
    """The command that moves this account on; empty when there is nothing to do. ``summary``: what is stored of it."""
    match state:
        case State.LOGIN_NEEDED | State.REVOKED:
            stored = summary is not None and kind not in (Kind.API_KEY, Kind.TOKEN)
            return f"my-app login {name}" if stored else store_command(name, kind)
        case State.EXPIRED:
            return f"my-app refresh {name}"
        case State.EXPIRING:
            renews = kind is Kind.CLIENT_CREDENTIALS or (summary is not None and summary.refreshable)
            return "" if renews else f"my-app login {name}"
        case State.VALID | State.NO_EXPIRY | State.STATIC:
            return ""


def _sources(own: Profile, laid: Profile, summary: Summary | None, *, place: str, secret_place: str) -> dict[str, str]:
    bare = Profile(name=own.name)
    out = {}
    for each in fields(Profile):
        value = getattr(laid, each.name)
        if each.name == "name" or value == getattr(bare, each.name):
            continue
        out[each.name] = place if value == getattr(own, each.name) else "preset"
    if summary is not None and (summary.has_token or summary.kind is Kind.CLIENT_CREDENTIALS):
        secret = {Kind.OAUTH: "tokens", Kind.CLIENT_CREDENTIALS: "client_secret", Kind.API_KEY: "api_key", Kind.TOKEN: "token"}
        out[secret[summary.kind]] = secret_place
    return out
