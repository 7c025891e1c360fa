"""Presets: what each provider needs, as data (one small TOML file each beside this module).

A preset holds no client id, no secret and no code; a profile overrides every field, a preset never
overrides a safety rule.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from my_app.errors import SettingsFault
from my_app.model import Flow, Profile
from my_app.text import clean

KEYS: Final = ("oidc", "oauth2", "github", "demo")
"""All presets, in the order a person is offered them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserinfoIdentity:
    """A plain request that tells who signed in, for providers without ID tokens."""

    url: str
    sub: str
    """Member of the JSON answer that identifies the account."""
    username: str
    """Member that names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One provider's ways."""

    key: str
    title: str
    about: str
    """A line for the list a person chooses from."""
    issuer: str | None = None
    scopes: tuple[str, ...] = ()
    flows: tuple[Flow, ...]
    """Flows that work there; the first is preferred where nothing speaks against it."""
    endpoints: Mapping[str, str]
    """Endpoints that win over discovery, by metadata name without ``_endpoint``."""
    needs: tuple[str, ...] = ()
    """Profile fields a person has to give: ``issuer``, ``client_id``, ``token_url`` ..."""
    authorize_params: Mapping[str, str]
    secret_method: str | None = None
    """How a client secret is sent when there is one; None: as the metadata suggests."""
    assertion_audience: str | None = None
    """``aud`` of client assertions: ``token`` where the provider wants its token endpoint; None: the issuer."""
    nonce: bool = True
    """Whether ``openid`` means an ID token there."""
    userinfo_identity: UserinfoIdentity | None = None
    api_url: str | None = None
    tokens_page: str | None = None
    """Page where the person sees and ends what was granted."""
    console_url: str | None = None
    """Page where a client is registered."""
    notes: str = ""
    checked: str
    """Month in which the documentation was last read."""


@cache
def preset(key: str) -> Preset:
    """The preset of that key. Raises SettingsFault listing the keys."""
    if key not in KEYS:
        raise SettingsFault(
            f"There is no provider “{clean(key, 40)}”.", hint=f"Known providers: {', '.join(KEYS)}.", received=clean(key, 40)
        )
    return _read(key, tomllib.loads(Path(__file__).with_name(f"{key}.toml").read_text("utf-8")))


def presets() -> tuple[Preset, ...]:
    """All of them, in the order of ``KEYS``."""
    return tuple(preset(key) for key in KEYS)


def laid_under(profile: Profile) -> Profile:
    """The profile with its preset's values where it is silent. Raises SettingsFault.

    A preset's scopes are those a person signs in with; a client on its own asks for none unless told.
    """
    base = preset(profile.provider)
    usual = () if profile.flow in (Flow.CLIENT_CREDENTIALS, Flow.API_KEY, Flow.TOKEN) else base.scopes
    return replace(
        profile,
        issuer=profile.issuer or base.issuer,
        scopes=usual if profile.scopes is None else profile.scopes,
        endpoints={**base.endpoints, **profile.endpoints},
        authorize_params={**base.authorize_params, **profile.authorize_params},
        api_url=profile.api_url or base.api_url,
        assertion_audience=profile.assertion_audience or base.assertion_audience,
    )


def _read(key: str, data: dict[str, Any]) -> Preset:
    identity = data.pop("identity", None)
    return Preset(
        key=key,
        scopes=tuple(data.pop("scopes", ())),
        flows=tuple(Flow(name) for name in data.pop("flows")),
        needs=tuple(data.pop("needs", ())),
        endpoints=data.pop("endpoints", {}),
        authorize_params=data.pop("authorize_params", {}),
        userinfo_identity=UserinfoIdentity(**identity) if identity else None,
        **data,
    )
