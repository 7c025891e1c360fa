"""Presets: what each provider needs, as data (one small TOML file each beside this module).

A preset holds no client id, no secret and no code; a profile overrides every field, a preset never
overrides a safety rule. A file is read when its provider is first named.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from my_app.errors import SettingsFault
from my_app.model import Flow, Profile
from my_app.providers.reading import read
from my_app.providers.shape import Preset, UserinfoIdentity
from my_app.providers.tenants import filled, tenant_of
from my_app.text import clean

__all__ = ["KEYS", "Preset", "UserinfoIdentity", "laid_under", "preset", "presets", "tenant_of"]

KEYS: Final = (
    "oidc",
    "oauth2",
    "google",
    "entra",
    "okta",
    "auth0",
    "keycloak",
    "github",
    "gitlab",
    "bitbucket",
    "atlassian",
    "slack",
    "discord",
    "salesforce",
    "zitadel",
    "authentik",
    "cognito",
    "ping",
    "huggingface",
    "demo",
)
"""All presets, in the order a person is offered them."""

_UNATTENDED: Final = (Flow.CLIENT_CREDENTIALS, Flow.API_KEY, Flow.TOKEN)


@cache
def preset(key: str) -> Preset:
    """The preset of that key. Raises SettingsFault listing the keys."""
    if key not in KEYS:
        raise SettingsFault(
            f"There is no provider “{clean(key, 40)}”.", hint=f"Known providers: {', '.join(KEYS)}.", received=clean(key, 40)
        )
    return read(key, Path(__file__).with_name(f"{key}.toml").read_text("utf-8"))


def presets() -> tuple[Preset, ...]:
    """All of them, in the order of ``KEYS``: for lists a person chooses from."""
    return tuple(preset(key) for key in KEYS)


def page_of(profile: Profile) -> str | None:
    """The page to open for an account: where its grants stand, else where clients are registered, else the issuer."""
    base = preset(profile.provider)
    return base.tokens_page or base.console_url or profile.issuer


def laid_under(profile: Profile) -> Profile:
    """The profile with its preset's values where it is silent, its tenant filled in. Raises SettingsFault.

    A preset's scopes are those a person signs in with; a client on its own asks for none unless told. An issuer
    of the profile's own stands for the tenant: endpoints and API of the tenant are then left to discovery.
    """
    base = preset(profile.provider)
    usual = () if profile.flow in _UNATTENDED else base.scopes
    tenant, own = profile.tenant, profile.issuer is not None and profile.tenant is None
    places = {name: url for name, url in base.endpoints.items() if not (own and "{tenant}" in url)}
    places = {name: url if name in profile.endpoints else filled(base, url, tenant) for name, url in places.items()}
    api_url = None if base.api_url is None or (own and "{tenant}" in base.api_url) else filled(base, base.api_url, tenant)
    return replace(
        profile,
        issuer=profile.issuer or (filled(base, base.issuer, tenant) if base.issuer else None),
        scopes=usual if profile.scopes is None else profile.scopes,
        endpoints={**places, **profile.endpoints},
        redirect_uri=profile.redirect_uri or _redirect(base, profile),
        authorize_params={**base.authorize_params, **profile.authorize_params},
        api_url=profile.api_url or api_url,
        assertion_audience=profile.assertion_audience or base.assertion_audience,
    )


def _redirect(base: Preset, profile: Profile) -> str | None:
    """The preset's redirect URI; ports of the profile take the place of its port."""
    if base.redirect_uri is None or not profile.redirect_ports:
        return base.redirect_uri
    return re.sub(r":\d+(?=/|$)", "", base.redirect_uri)
