"""The tenant of a provider that has many: checked from end to end before it enters an address (presets.md 1, rule 9)."""

from __future__ import annotations

import re

from my_app.errors import BadMetadata, SettingsFault
from my_app.providers.shape import Preset
from my_app.text import clean
from my_app.urls import UrlFault, checked_url, parse


def tenant_of(preset: Preset, typed: str) -> str:
    """What stands for ``{tenant}``: the host where the tenant is one, else the value itself, in lower case.

    Raises SettingsFault with an example.
    """
    value = typed.lower()
    if preset.tenant_host is not None and value.startswith("https://"):
        value = _host(preset, typed)
    if preset.tenant_pattern is None:
        raise SettingsFault(
            f"{preset.title} has no tenants.", hint="Leave --tenant out; an issuer is set with --issuer.", key="tenant"
        )
    if not re.fullmatch(preset.tenant_pattern, value, re.ASCII):
        raise _refused(preset, typed)
    if preset.tenant_host is not None and "." not in value:
        value = preset.tenant_host.replace("{tenant}", value)
    return value


def filled(preset: Preset, url: str, tenant: str | None) -> str:
    """``url`` with its ``{tenant}`` filled in and checked once more as a whole. Raises SettingsFault."""
    if "{tenant}" not in url:
        return url
    if tenant is None:
        raise SettingsFault(
            f"{preset.title} needs to know your tenant.",
            hint=f"Give --tenant, for example {preset.tenant_example}, or --issuer with the whole address.",
            key="tenant",
        )
    value = tenant_of(preset, tenant)
    try:
        return checked_url(url.replace("{tenant}", value), what="tenant's address")
    except BadMetadata:
        raise _refused(preset, tenant) from None


def _host(preset: Preset, typed: str) -> str:
    try:
        parts = parse(typed)
    except UrlFault:
        raise _refused(preset, typed) from None
    if parts.port != 443:
        raise _refused(preset, typed)
    return parts.host


def _refused(preset: Preset, typed: str) -> SettingsFault:
    return SettingsFault(
        f"“{clean(typed, 60)}” is not a tenant of {preset.title}.",
        hint=" ".join(filter(None, (f"It looks like: {preset.tenant_example}.", preset.tenant_hint))),
        key="tenant",
        received=clean(typed, 60),
    )
