"""The secrets of one account that may be copied or shown; never its refresh token or client secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from my_app.calls.api import header_line
from my_app.calls.key import header_of
from my_app.errors import LoginNeeded
from my_app.model import AccessToken, Kind, Profile, Record
from my_app.secret import Secret
from my_app.session import access_token
from my_app.wiring import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One secret, and how to get it when it is wanted."""

    key: str
    label: str
    about: str
    take: Callable[[], Secret]
    """Blocks; raises what the core raises."""


def held(services: Services, name: str, *, fresh: bool) -> tuple[Held, ...]:
    """What ``name`` has; blocks. ``fresh``: an access token is renewed when it has run out.

    Raises UnknownProfile, LoginNeeded when there is nothing, VaultLocked, VaultDamaged, DiskFault.
    """
    profile = services.accounts.profile(name)
    record = services.store.load(name)
    if record is None:
        raise LoginNeeded(f"“{name}” has no secret here.", hint="Press l to sign in.")
    if record.kind in (Kind.API_KEY, Kind.TOKEN):
        return _static(profile, record)
    return _tokens(services, name, record, fresh=fresh)


def _static(profile: Profile, record: Record) -> tuple[Held, ...]:
    key = record.api_key
    if key is None:
        hint = f"Store one with: my-app profile add {profile.name} --api-key-stdin"
        raise LoginNeeded(f"“{profile.name}” has no key here.", hint=hint)
    word = "API key" if record.kind is Kind.API_KEY else "Token"
    header = profile.header or "Authorization"

    def line() -> Secret:
        return Secret(f"{header}: {header_of(profile, key)[header.lower()]}")

    return (
        Held(key="key", label=word, about="the value alone", take=lambda: key),
        Held(key="header", label="Header line", about=f"{header}: ••••••••", take=line),
    )


def _tokens(services: Services, name: str, record: Record, *, fresh: bool) -> tuple[Held, ...]:
    tokens = record.tokens
    if tokens is None and not record.refreshable:
        raise LoginNeeded(f"“{name}” has no token here.", hint="Press l to sign in.")

    def access() -> AccessToken:
        if tokens is not None and not fresh:
            return access_token(record, tokens, "cache")
        return services.sessions.token(name)

    def line() -> Secret:
        return Secret(header_line(services.accounts.profile(name), access()))

    rows = [
        Held(key="access", label="Access token", about="what an API takes", take=lambda: access().value),
        Held(key="header", label="Header line", about="header, type and token as an API takes them", take=line),
    ]
    if tokens is not None and tokens.id_token is not None:
        identity = tokens.id_token
        rows.append(Held(key="id", label="ID token", about="who signed in; for no API", take=lambda: identity))
    return tuple(rows)
