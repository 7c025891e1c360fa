"""Rotation recipes as data: one small TOML file each beside this module, or the same form in ``config.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Final

from my_app.errors import SettingsFault, Unsupported
from my_app.model import Kind, Profile, Record
from my_app.recipes.form import Call, Order, Recipe, SecretKind, read_recipe
from my_app.settings import Where
from my_app.settings.durations import parse_duration
from my_app.settings.faults import nearest
from my_app.text import clean

__all__ = ["KEYS", "Call", "Chosen", "Order", "Recipe", "SecretKind", "chosen", "read_rotation", "recipe"]

KEYS: Final = (
    "demo",
    "rfc7592",
    "gitlab",
    "gitlab-project",
    "gitlab-project-create",
    "gitlab-group",
    "gitlab-group-create",
    "cloudflare",
    "cloudflare-roll",
    "auth0",
    "auth0-own",
    "keycloak",
    "okta",
)
"""Every recipe that is shipped."""
GENERIC: Final = "config.toml"
"""Key of a recipe that a person wrote."""
_GRACE: Final = timedelta(hours=24)
_SETTINGS: Final = ("recipe", "with", "grace")
_PARAM: Final = re.compile(r"[^\x00-\x1f\x7f]{1,500}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The recipe of one profile, with what the person gave."""

    recipe: Recipe
    params: Mapping[str, str]
    manager: str | None
    """Profile that signs the management requests; None: the secret itself."""
    grace: timedelta
    """How long a switched-off secret is kept before it is deleted, where off can be undone."""


@cache
def recipe(key: str) -> Recipe:
    """The shipped recipe of that key. Raises SettingsFault listing the keys."""
    if key not in KEYS:
        raise SettingsFault(
            f"There is no rotation recipe “{clean(key, 40)}”{nearest(key, KEYS)}.", hint=f"Known ones: {', '.join(KEYS)}."
        )
    text = files(__name__).joinpath(f"{key}.toml").read_text("utf-8")
    return read_recipe(key, tomllib.loads(text), Where(file=f"{key}.toml"))


def read_rotation(table: Mapping[str, object], where: Where) -> dict[str, object]:
    """``[profiles.NAME.rotation]`` as it stands, after it was judged. Raises SettingsFault naming the key."""
    _read(table, where)
    return dict(table)


def chosen(profile: Profile, record: Record) -> Chosen:
    """How the secret of ``profile`` is rotated. Raises Unsupported saying what can be done instead, SettingsFault."""
    kind = SecretKind.API_KEY if record.kind in (Kind.API_KEY, Kind.TOKEN) else SecretKind.CLIENT_SECRET
    if kind is SecretKind.CLIENT_SECRET and record.client_secret is None:
        raise Unsupported(
            f"“{profile.name}” holds neither an API key nor a client secret, so there is nothing to rotate.",
            hint=f"Its tokens are renewed with: my-app refresh {profile.name}",
        )
    where = Where(file="config.toml", path=("profiles", profile.name, "rotation"))
    found = _read(profile.rotation, where) or _usual(profile, record, kind)
    if found is None:
        option = "--api-key-stdin" if kind is SecretKind.API_KEY else "--client-secret-stdin"
        raise Unsupported(
            f"No way is known to make a new {kind} for “{profile.name}” ({profile.provider}).",
            hint=f"Name a recipe (my-app profile set {profile.name} rotation.recipe=...), or make one on the provider's page and "
            f"store it with: my-app profile add NAME {option}",
        )
    if found.kind is not kind:
        raise where.fault(f"names the recipe “{found.key}”, which is for another kind of secret than the {kind} stored here")
    given = {name: str(value) for name, value in profile.rotation.items() if name in found.params or name in found.defaults}
    for name, what in found.params.items():
        if name not in given:
            raise where.fault(
                f"lacks “{name}”: {what}", hint=f"Give it with: my-app profile set {profile.name} rotation.{name}=..."
            )
    manager = profile.rotation.get("with")
    if manager is None and found.manager:
        raise where.fault(
            f"lacks “with”: {found.title} needs another profile that may manage it",
            hint=f"Name it with: my-app profile set {profile.name} rotation.with=PROFILE   Its api_url: {found.api or 'the API'}",
        )
    grace = profile.rotation.get("grace")
    return Chosen(
        recipe=found,
        params={**found.defaults, **given},
        manager=str(manager) if manager is not None else None,
        grace=_GRACE if grace is None else parse_duration(str(grace)),
    )


def _usual(profile: Profile, record: Record, kind: SecretKind) -> Recipe | None:
    """Without settings: a client that was registered from here, and the demo's keys."""
    if kind is SecretKind.CLIENT_SECRET:
        return recipe("rfc7592") if record.registration else None
    return recipe("demo") if profile.provider == "demo" and profile.api_url is not None else None


def _read(table: Mapping[str, object], where: Where) -> Recipe | None:
    """The recipe the settings name or hold; None when they do neither."""
    for name in ("with", "recipe"):
        if name in table and not isinstance(table[name], str):
            raise where.at(name).fault("must be a text in quotes")
    if "grace" in table:
        try:
            parse_duration(str(table["grace"]))
        except ValueError:
            raise where.at("grace").fault('is not a duration such as "24h"') from None
    rest = {name: value for name, value in table.items() if name not in _SETTINGS}
    if "recipe" not in table:
        if "create" in table:
            return read_recipe(GENERIC, rest, where)
        if rest:
            raise where.fault(
                "names no recipe", hint=f"Set recipe to one of {', '.join(KEYS)}, or describe create, list and delete yourself."
            )
        return None
    key = str(table["recipe"])
    if key not in KEYS:
        raise where.at("recipe").fault(f"is not a rotation recipe{nearest(key, KEYS)}", hint=f"Known ones: {', '.join(KEYS)}.")
    found = recipe(key)
    known = (*found.params, *found.defaults)
    for name, value in rest.items():
        if name not in known:
            raise where.at(name).fault(f"is not a setting of the recipe “{key}”{nearest(name, known)}", hint=_known(known))
        if isinstance(value, bool) or not isinstance(value, str | int) or not _PARAM.fullmatch(str(value)):
            raise where.at(name).fault("must be a text or a whole number")
    return found


def _known(names: tuple[str, ...]) -> str:
    return f"It takes: {', '.join((*names, 'with', 'grace'))}." if names else "It takes: with, grace."
