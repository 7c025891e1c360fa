"""Preset files, read strictly: what is not known refuses the file."""

from __future__ import annotations

import re
import tomllib
from dataclasses import MISSING, fields
from typing import Any, Final

from my_app.errors import SettingsFault
from my_app.model import Flow
from my_app.providers.shape import Preset, UserinfoIdentity
from my_app.text import clean

_LISTS: Final = frozenset({"scopes", "flows", "needs"})
_TABLES: Final = frozenset({"endpoints", "authorize_params", "identity"})
_WORDS: Final = frozenset({"nonce"})
_TEXTS: Final = frozenset(each.name for each in fields(Preset)) - _LISTS - _TABLES - _WORDS - {"key", "userinfo_identity"}
_NEEDED: Final = tuple(
    each.name
    for each in fields(Preset)
    if each.default is MISSING and each.default_factory is MISSING and each.name not in {"key", *_TABLES}
)
_NEEDABLE: Final = frozenset({"issuer", "tenant", "client_id", "client_secret", "token_url", "authorization_url"})
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")


def read(key: str, text: str) -> Preset:
    """The preset in a file's text. Raises SettingsFault naming file and field."""
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise _fault(key, "", f"is not TOML: {clean(str(fault), 80)}") from None
    for name, value in data.items():
        _check(key, name, value)
    for name in _NEEDED:
        if name not in data:
            raise _fault(key, name, "is missing")
    identity = data.pop("identity", None)
    if identity is not None and identity.keys() != {"url", "sub", "username"}:
        raise _fault(key, "identity", "must hold url, sub and username, nothing else")
    try:
        flows = tuple(Flow(name) for name in data.pop("flows"))
    except ValueError:
        raise _fault(key, "flows", f"must be some of {', '.join(Flow)}") from None
    found = Preset(
        key=key,
        flows=flows,
        scopes=tuple(data.pop("scopes", ())),
        needs=tuple(data.pop("needs", ())),
        endpoints=data.pop("endpoints", {}),
        authorize_params=data.pop("authorize_params", {}),
        userinfo_identity=UserinfoIdentity(**identity) if identity is not None else None,
        **data,
    )
    _check_tenant(found)
    return found


def _check(key: str, name: str, value: object) -> None:
    if name in _LISTS:
        good = isinstance(value, list) and all(isinstance(item, str) for item in value)
    elif name in _TABLES:
        good = isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
    elif name in _WORDS:
        good = isinstance(value, bool)
    elif name in _TEXTS:
        good = isinstance(value, str)
    else:
        raise _fault(key, name, "is not a field of a preset")
    if not good:
        raise _fault(key, name, "has a value of the wrong kind")
    if name == "needs" and isinstance(value, list) and not _NEEDABLE.issuperset(value):
        raise _fault(key, name, f"must be some of {', '.join(sorted(_NEEDABLE))}")


def _check_tenant(found: Preset) -> None:
    """The placeholder is the only one there is, and stands only where a pattern guards it."""
    places = {"issuer": found.issuer, "api_url": found.api_url, **found.endpoints}
    used = {name: _PLACEHOLDER.findall(url) for name, url in places.items() if url}
    if found.userinfo_identity is not None:
        used["identity"] = _PLACEHOLDER.findall(found.userinfo_identity.url)
        if used["identity"]:
            raise _fault(found.key, "identity", "may hold no placeholder")
    for name, holders in used.items():
        if set(holders) - {"tenant"}:
            raise _fault(found.key, name, "holds a placeholder that is not {tenant}")
        if holders and found.tenant_pattern is None:
            raise _fault(found.key, name, "holds {tenant}, but there is no tenant_pattern")
    # A token made for one server must never reach another (presets.md 4.2).
    if "tenant" in used.get("issuer", ()) and any("tenant" not in holders for name, holders in used.items() if name != "issuer"):
        raise _fault(found.key, "endpoints", "name a fixed host beside an issuer with {tenant}")


def _fault(key: str, name: str, what: str) -> SettingsFault:
    field = f" {clean(name, 40)}" if name else ""
    return SettingsFault(
        f"The provider file {key}.toml:{field} {what}.", hint="Reinstall my-app, or correct the file.", file=f"{key}.toml", key=name
    )
