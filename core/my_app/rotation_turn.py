"""One rotation under the profile's lock: its journal, and its requests by the provider's recipe."""

from __future__ import annotations

import json
from dataclasses import dataclass

from my_app.api_key import judged, keyed
from my_app.errors import BadAnswer, LoginNeeded
from my_app.model import Profile, Record
from my_app.oauth.exchange import Exchange
from my_app.recipes import Recipe
from my_app.rotation_steps import RotationStep
from my_app.secret import Secret
from my_app.strict_json import JsonFault, parse_object
from my_app.text import host_of
from my_app.urls import checked_url


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """What the record says of a rotation under way; written before and after each step that changes something."""

    step: RotationStep
    """CREATE: a key may have been made; PROVE: made and saved; REVOKE_OLD: switched to."""
    mark: str
    """Random name of the new key, by which a leftover is found."""
    old_id: str
    old_key: Secret
    new_key: Secret | None = None
    new_id: str | None = None

    def written(self) -> dict[str, object]:
        """As the record's ``pending``."""
        return {
            "step": self.step.value,
            "mark": self.mark,
            "old_id": self.old_id,
            "old_key": self.old_key,
            "new_key": self.new_key,
            "new_id": self.new_id,
        }


class Turn:
    """One rotation under the lock: the profile, its recipe, and the record as last saved."""

    def __init__(self, profile: Profile, record: Record, recipe: Recipe) -> None:
        self.profile = profile
        self.record = record
        self.recipe = recipe

    @property
    def journal(self) -> Journal | None:
        """As the record has it now."""
        return journal_of(self.record)

    @property
    def key(self) -> Secret:
        """The key in use. Raises LoginNeeded."""
        if self.record.api_key is None:
            raise LoginNeeded(
                f"No key is stored for “{self.record.name}”.", hint="Store one with: my-app profile add NAME --api-key-stdin"
            )
        return self.record.api_key

    @property
    def proof(self) -> str:
        """The address that proves a key."""
        return self.address(self.recipe.proof or self.profile.check_url or self.recipe.listing)

    def address(self, template: str, key_id: str = "") -> str:
        """A template of the recipe filled in. Raises BadMetadata."""
        api = (self.profile.api_url or "").rstrip("/")
        return checked_url(template.replace("{api}", api).replace("{id}", key_id), what="address of the keys")


def made(turn: Turn, mark: str) -> Exchange[dict[str, object]]:
    """Make a key named ``mark``; the members of the answer. Raises Refused, Temporary, BadAnswer."""
    url = turn.address(turn.recipe.create)
    body = json.dumps({"name": mark}).encode()
    response = yield keyed("POST", url, turn.profile, turn.key, purpose="create key", body=body)
    judged(response, url)
    return _members(response.body, url)


def listing(turn: Turn, key: Secret) -> Exchange[list[dict[str, object]]]:
    """The keys there are. Raises Refused, Temporary, BadAnswer."""
    url = turn.address(turn.recipe.listing)
    response = yield keyed("GET", url, turn.profile, key, purpose="list keys")
    judged(response, url)
    items = _members(response.body, url).get(turn.recipe.items)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def deleted(turn: Turn, key_id: str, key: Secret) -> Exchange[None]:
    """Delete one key; one that is gone already counts as done. Raises Refused, Temporary, BadAnswer."""
    if not key_id.replace("-", "").replace("_", "").isalnum() or not key_id.isascii():
        raise BadAnswer("The id of a key is not a plain word, so nothing was deleted.")
    url = turn.address(turn.recipe.delete, key_id)
    response = yield keyed("DELETE", url, turn.profile, key, purpose="delete key")
    if response.status not in (404, 410):
        judged(response, url)


def _members(body: bytes, url: str) -> dict[str, object]:
    try:
        return parse_object(body)
    except JsonFault as fault:
        raise BadAnswer(f"The answer of {host_of(url)} cannot be read: {fault}.") from None


def journal_of(record: Record) -> Journal | None:
    """The rotation that is under way, if one is."""
    pending = record.pending
    if pending is None:
        return None
    old_key, new_key, new_id = pending.get("old_key"), pending.get("new_key"), pending.get("new_id")
    return Journal(
        step=RotationStep(str(pending.get("step"))),
        mark=str(pending.get("mark")),
        old_id=str(pending.get("old_id")),
        old_key=old_key if isinstance(old_key, Secret) else record.api_key or Secret(""),
        new_key=new_key if isinstance(new_key, Secret) else None,
        new_id=new_id if isinstance(new_id, str) else None,
    )
