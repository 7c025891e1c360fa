"""Where a stored secret may be sent, and whether the profile still says the same (D6, U2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from my_app.errors import BindingChanged
from my_app.model import Binding, Profile, Record
from my_app.text import clean
from my_app.urls import UrlFault, origin

SECRET_ENDPOINTS: Final = (
    "token",
    "revocation",
    "introspection",
    "device_authorization",
    "authorization_challenge",
    "pushed_authorization_request",
    "registration",
)
"""Endpoints that are sent a client secret or refresh token, by metadata name without ``_endpoint``."""


def set_endpoints(profile: Profile) -> dict[str, str]:
    """Endpoints the profile or its preset names itself, by metadata name without ``_endpoint``."""
    named = {"token": profile.token_url, "authorization": profile.authorization_url, "device_authorization": profile.device_url}
    return {**profile.endpoints, **{name: url for name, url in named.items() if url}}


def token_hosts(endpoints: Mapping[str, str]) -> tuple[str, ...]:
    """Origins of those endpoints that are sent secrets, in order."""
    return _origins(*(endpoints.get(name) for name in SECRET_ENDPOINTS))


def binding_of(profile: Profile) -> Binding:
    """The binding of a secret that is stored before its provider was ever asked.

    ``profile`` has its preset laid under it. The token hosts stay open (empty) where only discovery will tell
    them: the first use fills them in from the document of the bound issuer.
    """
    endpoints = set_endpoints(profile)
    return Binding(
        issuer=profile.issuer,
        client_id=profile.client_id,
        token_hosts=token_hosts(endpoints) if "token" in endpoints else (),
        set_hosts=token_hosts(endpoints),
        api_origins=_origins(profile.api_url, profile.check_url, endpoints.get("userinfo")),
    )


def binding_changes(profile: Profile, record: Record) -> tuple[str, ...]:
    """What the profile now says otherwise than when the secret was stored, one cleaned line each; empty: nothing."""
    bound = record.binding
    now = binding_of(profile)
    lines = []
    if bound.issuer != now.issuer:
        lines.append(_line("issuer", bound.issuer, now.issuer))
    if bound.client_id != now.client_id:
        lines.append(_line("client id", bound.client_id, now.client_id))
    known = bound.token_hosts or bound.set_hosts
    if new := [host for host in now.set_hosts if host not in known]:
        lines.append(_line("token host", known[0] if known else "found by discovery", ", ".join(new)))
    if new := [host for host in now.api_origins if host not in bound.api_origins]:
        lines.append(_line("API", ", ".join(bound.api_origins) or None, ", ".join(new)))
    return tuple(lines)


def check_settings(profile: Profile, record: Record) -> None:
    """Whether the settings alone already say another place than the secret was stored for; asked before any request.

    Raises BindingChanged; nothing was sent.
    """
    now, bound = binding_of(profile), record.binding
    known = bound.token_hosts or bound.set_hosts
    new = [host for host in now.set_hosts if host not in known]
    if bound != Binding() and now.issuer != bound.issuer:
        what, expected, received = "issuer", bound.issuer or "no issuer", now.issuer or "none"
    elif bound.client_id is not None and now.client_id != bound.client_id:
        what, expected, received = "client id", bound.client_id, now.client_id or "none"
    elif new and bound != Binding():
        what, expected, received = "token endpoint", known[0] if known else "what its issuer names", new[0]
    else:
        return
    raise changed(profile, what, expected, received)


def changed(profile: Profile, what: str, expected: str, received: str) -> BindingChanged:
    """The refusal to send a secret elsewhere, with the two ways out."""
    return BindingChanged(
        f"The {what} of “{clean(profile.name, 64)}” is now {clean(received, 80)}, but its secrets were stored for "
        f"{clean(expected, 80)}. Nothing was sent.",
        hint=f"If you changed it on purpose: my-app profile trust {profile.name}. Else put the old value back in config.toml.",
        what=what,
        expected=clean(expected, 200),
        received=clean(received, 200),
    )


def check_api(profile: Profile, record: Record) -> None:
    """Whether the API the profile names may get the record's token. Raises BindingChanged; nothing was sent."""
    wanted = _origins(profile.api_url)
    if not set(wanted) <= set(record.binding.api_origins):
        raise BindingChanged(
            f"The API URL of “{clean(profile.name, 64)}” is now {clean(profile.api_url, 80)}, which its token was not stored for. "
            "Nothing was sent.",
            hint=f"If you changed it on purpose: my-app profile trust {profile.name}. Else put the old value back in config.toml.",
            expected=record.binding.api_origins,
            received=wanted,
        )


def trusted(profile: Profile, record: Record) -> Record:
    """``record`` bound to what the profile says now; what did not change keeps what discovery found."""
    new, old = binding_of(profile), record.binding
    same_provider = (new.issuer, new.client_id) == (old.issuer, old.client_id) and set(new.token_hosts) <= set(old.token_hosts)
    if same_provider:
        hosts, endpoints = old.token_hosts, record.endpoints
        api = tuple(dict.fromkeys((*new.api_origins, *_origins(record.endpoints.get("userinfo")))))
    else:
        hosts, endpoints, api = new.token_hosts, {}, new.api_origins
    return replace(record, binding=replace(new, token_hosts=hosts, api_origins=api), endpoints=endpoints)


def _origins(*urls: str | None) -> tuple[str, ...]:
    found = []
    for url in urls:
        if url:
            try:
                found.append(origin(url))
            except UrlFault:  # judged where it is used; a URL that cannot be used gets nothing
                continue
    return tuple(dict.fromkeys(found))


def _line(what: str, old: str | None, new: str | None) -> str:
    return f"{what}: {clean(old or 'none', 80)} -> {clean(new or 'none', 80)}"
