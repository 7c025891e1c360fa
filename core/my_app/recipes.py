"""How a provider makes, lists and deletes keys: rotation recipes as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from my_app.errors import Unsupported
from my_app.model import Kind, Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """An *overlap* recipe: the new key lives beside the old one until that is deleted.

    Addresses are templates over ``{api}`` (the profile's API URL) and ``{id}``; members are names in JSON answers.
    """

    title: str
    create: str
    """POST, body ``{"name": ...}``; the answer holds ``key`` and ``id``."""
    listing: str
    """GET; the answer holds ``items``."""
    delete: str
    """DELETE; 404 counts as done."""
    key: str = "key"
    key_id: str = "id"
    items: str = "items"
    current: str = "current"
    """Member of a listed item that is true for the key that asks."""
    name: str = "name"
    """Member that carries the name given at making; a leftover is found by it."""
    proof: str | None = None
    """GET that proves a key; None: the profile's ``check_url``."""
    needs: str = ""
    """What the old key must be allowed to do, in words."""


RECIPES: Final[Mapping[str, Recipe]] = {
    "demo": Recipe(
        title="Demo API keys",
        create="{api}/keys",
        listing="{api}/keys",
        delete="{api}/keys/{id}",
        proof="{api}/keys",
        needs="keys:manage",
    )
}
"""By preset key."""


def recipe_for(profile: Profile, kind: Kind) -> Recipe:
    """The recipe of the profile's provider. Raises Unsupported saying what can be done instead."""
    if kind is not Kind.API_KEY:
        raise Unsupported(
            f"Only API keys can be rotated here, and “{profile.name}” holds another kind of secret.",
            hint="Make a new one on the provider's page, then store it with: my-app profile add NAME --client-secret-stdin",
        )
    found = RECIPES.get(profile.provider)
    if found is None or profile.api_url is None:
        raise Unsupported(
            f"No way is known to make new keys for “{profile.name}” ({profile.provider}).",
            hint="Make a new key on the provider's page, then store it with: my-app profile add NAME --api-key-stdin",
        )
    return found
