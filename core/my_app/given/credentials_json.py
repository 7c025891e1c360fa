"""``credentials.json``: the simplest thing that works, judged strictly (CONTRACT, Files; D3, E2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from my_app.errors import SettingsFault
from my_app.model import PROFILE_NAME, Flow, Profile
from my_app.secret import Secret
from my_app.settings import Where
from my_app.settings.faults import nearest
from my_app.settings.fields import issuer_value, text_value, url_value
from my_app.settings.parse import read_profile
from my_app.strict_json import JsonFault, parse
from my_app.text import clean

FILE: Final = "credentials.json"
_KEYS: Final = ("api_key", "client_id", "client_secret", "issuer", "token_url", "scope", "api_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A credential that is not kept in the vault: where it is for, and its secret."""

    profile: Profile
    secret: Secret
    """The access token, API key or client secret, as the profile's flow says."""
    source: str
    """``environment`` or ``credentials.json``; also ``kept_in`` in JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """All that ``credentials.json`` holds."""

    default: Given | None = None
    """The one at the top of the file, used when nothing else is meant."""
    profiles: Mapping[str, Given] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def parse_credentials(data: bytes) -> Credentials:
    """The credentials. Unknown keys become warnings. Raises SettingsFault, whose sentence never holds a value."""
    top = Where(file=FILE)
    try:
        table = parse(data)
    except JsonFault as fault:
        raise top.fault(f"not strict JSON ({fault})", hint='Write it like {"api_key": "..."} and chmod 600 it.') from None
    if not isinstance(table, dict):
        raise top.fault("must hold one JSON object", hint='Write it like {"api_key": "..."}.')
    warnings: list[str] = []
    named = table.pop("profiles", {})
    if not isinstance(named, dict):
        raise top.at("profiles").fault("must be an object of names and credentials")
    profiles = {}
    for name, member in named.items():
        at = top.at("profiles").at(name)
        if not PROFILE_NAME.fullmatch(name):
            raise at.fault("is not a profile name")
        if not isinstance(member, dict):
            raise at.fault("must be an object")
        profiles[name] = _given(name, member, at, warnings)
    default = _given("credentials.json", table, top, warnings) if table else None
    return Credentials(default=default, profiles=profiles, warnings=tuple(warnings))


def _given(name: str, table: Mapping[str, object], at: Where, warnings: list[str]) -> Given:
    for key in table:
        if key not in _KEYS:
            warnings.append(at.at(key).fault(f"is not known here and was ignored{nearest(key, _KEYS)}").message)

    def secret(key: str) -> Secret:
        value = table[key]
        if not isinstance(value, str):
            raise at.at(key).fault("must be a text in quotes")
        return Secret(text_value(value.strip(), at.at(key)))

    options: dict[str, object] = {}
    if "api_url" in table:
        options["api_url"] = url_value(table["api_url"], at.at("api_url"))
    if "api_key" in table:
        options["flow"] = Flow.API_KEY.value
        return Given(profile=_profile(name, options, at), secret=secret("api_key"), source=FILE)
    if "client_id" not in table or "client_secret" not in table:
        missing = "client_secret" if "client_id" in table else "client_id" if "client_secret" in table else "api_key"
        raise at.fault(
            f"needs “{missing}”: either api_key, or client_id and client_secret",
            hint="A client without a secret belongs in config.toml: my-app profile add NAME --issuer URL --client-id ID",
        )
    options |= {"flow": Flow.CLIENT_CREDENTIALS.value, "client_id": text_value(table["client_id"], at.at("client_id"))}
    if "issuer" in table:
        options["issuer"] = issuer_value(table["issuer"], at.at("issuer"))
    if "token_url" in table:
        options["token_url"] = url_value(table["token_url"], at.at("token_url"))
    if "issuer" not in options and "token_url" not in options:
        raise at.fault("needs “issuer” or “token_url” beside client_id and client_secret")
    if "scope" in table:
        options["scope"] = _scopes(table["scope"], at.at("scope"))
    return Given(profile=_profile(name, options, at), secret=secret("client_secret"), source=FILE)


def _scopes(value: object, at: Where) -> list[object]:
    if isinstance(value, str):
        return list(value.split())
    if isinstance(value, list):
        return value
    raise at.fault("must be a text of scopes with spaces between, or a list")


def _profile(name: str, options: Mapping[str, object], at: Where) -> Profile:
    try:
        return read_profile(name, options, at, [])
    except SettingsFault as fault:
        raise SettingsFault(clean(fault.message, 400), hint=fault.hint, **fault.facts) from None
