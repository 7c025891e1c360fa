"""Recipes as data: the shipped ones, the generic form in ``config.toml``, and what is wrong with one told by line and key."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from my_app.errors import MyAppError, SettingsFault
from my_app.oauth.exchange import Response, Wire
from my_app.recipes import KEYS, Order, recipe
from my_app.recipes.template import MISSING, at, filled_json, filled_url, matches
from my_app.secret import Secret
from my_app.settings.edit import put_profile
from my_app.settings.parse import parse_settings
from my_app.testing import answer
from rotation_town import OLD, TOWNS, Demo, place

GENERIC = """
[profiles.work]
provider = "oauth2"
flow = "api-key"
api_url = "https://api.example.test"

[profiles.work.rotation]
order = "overlap"
propagation = "10s"

[profiles.work.rotation.self]
url = "{api}/me"
check = { "/state" = "live" }
id = "/key/id"

[profiles.work.rotation.list]
url = "{api}/keys"
items = "/data"
id = "/id"
made = { "/label" = "{mark}" }

[profiles.work.rotation.create]
method = "POST"
url = "{api}/keys"
json = { label = "{mark}", ends = "{expires}", rights = ["read"] }
id = "/key/id"
secret = "/key/value"

[profiles.work.rotation.prove]
url = "{api}/me"
check = { "/key/id" = "{new_id}" }

[profiles.work.rotation.delete]
method = "DELETE"
url = "{api}/keys/{id}"
"""


class Own(Demo):
    """An API nobody has a recipe for."""

    recipe = ""
    bare = False
    """Takes a label only."""

    def handled(self, wire: Wire) -> Response:
        """Its own words for everything."""
        me = self.whose(wire)
        if me is None:
            return answer(status=401)
        if wire.url.endswith("/me"):
            return answer({"state": "live", "key": {"id": int(me)}})
        if wire.method == "POST":
            asked = json.loads(wire.body)
            assert self.bare or (asked["ends"], asked["rights"]) == ("2027-02-22", ["read"])
            number = self.make(asked["label"])
            return answer({"key": {"id": int(number), "value": self.keys[number].value}})
        if wire.method == "DELETE":
            self.keys[wire.url.rsplit("/", 1)[1]].there = False
            return answer(status=204)
        return answer({"data": [{"id": int(n), "label": key.name} for n, key in self.keys.items() if key.there]})


class Plain(Own):
    """The API of README's example."""

    bare = True


def test_every_shipped_recipe_is_whole_and_tested() -> None:
    """Each names its pages and the month they were read, warns where the old one dies at once, and has a provider in the tests."""
    tested = {getattr(make, "recipe", "") for make in TOWNS}
    for key in KEYS:
        found = recipe(key)
        assert found.documentation
        assert found.checked == "2026-11"
        assert found.order is Order.OVERLAP or found.recover or found.own_secret or "read" in found.calls
        assert key in tested | {"rfc7592"}


def test_the_generic_form_rotates_a_key() -> None:
    """A person describes a provider in config.toml; its key is made, proven, switched to and deleted."""
    profile = parse_settings(GENERIC).profiles["work"]
    here = place(Own)
    here.accounts.profiles["work"] = profile
    assert here.rotations.rotate("work", watch=here.progress.append).old_revoked
    assert here.secret != Secret(OLD)
    assert here.town.left == 1


def test_the_form_of_the_readme_works() -> None:
    """What README shows is read and rotates a key."""
    text = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    shown = next(block for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL) if "rotation" in block)
    here = place(Plain)
    rotation = parse_settings(shown).profiles["build"].rotation
    here.accounts.edit("work", rotation=rotation)
    assert here.rotations.rotate("work", watch=here.progress.append).old_revoked
    assert (here.town.left, here.town.works(here.secret)) == (1, True)
    assert all(key in text for key in KEYS if not key.endswith("-create"))


def test_the_generic_form_finds_its_leftovers() -> None:
    """C6: cut after the key was made, the leftover is found by its random name and removed."""
    here = place(Own)
    here.accounts.profiles["work"] = parse_settings(GENERIC).profiles["work"]
    here.town.at, here.town.fault = 2, "500 after"
    with pytest.raises(MyAppError, match="500"):
        here.rotations.rotate("work", watch=here.progress.append)
    assert here.town.left == 2
    here.again().resume("work", watch=here.progress.append)
    assert here.town.left == 1
    assert here.town.works(here.secret)


def test_without_a_list_a_lost_answer_is_for_the_person() -> None:
    """What cannot be found again is never guessed at: the name to look for is told, and rollback goes on with the old one."""
    here = place(Own)
    profile = parse_settings(GENERIC).profiles["work"]
    here.accounts.profiles["work"] = profile
    here.accounts.edit("work", rotation={name: value for name, value in profile.rotation.items() if name != "list"})
    here.town.at, here.town.fault = 2, "cut after"
    with pytest.raises(MyAppError, match="cut"):
        here.rotations.rotate("work", watch=here.progress.append)
    with pytest.raises(MyAppError, match="not known") as told:
        here.rotations.resume("work", watch=here.progress.append)
    assert here.town.keys["2"].name in told.value.hint
    done = here.rotations.rollback("work", watch=here.progress.append)
    assert here.town.keys["2"].name in done.detail
    assert (here.secret, here.record.pending) == (Secret(OLD), None)


@pytest.mark.parametrize(
    ("change", "key", "said"),
    [
        (('url = "{api}/me"\ncheck', 'url = "http://api.example.test/me"\ncheck'), "self.url", "https"),
        (('url = "{api}/keys/{id}"', 'url = "{api}/keys/{old}"'), "delete.url", "never stand in an address"),
        (('label = "{mark}", ends', 'label = "{marc}", ends'), "create", "{marc}"),
        (('secret = "/key/value"', 'secret = "key.value"'), "create.secret", "JSON Pointer"),
        (('secret = "/key/value"', ""), "create", "new secret stands"),
        (('method = "DELETE"', 'method = "PURGE"'), "delete.method", "one of"),
        (('propagation = "10s"', 'propagation = "soon"'), "propagation", "duration"),
        (('order = "overlap"', 'order = "any"'), "order", "kind"),
        (('order = "overlap"', 'shell = "rm"'), "shell", "no place"),
        (('items = "/data"', 'items = "/data"\nretry = 3'), "list.retry", "no place"),
        (('id = "/key/id"\n\n[profiles.work.rotation.list]', "[profiles.work.rotation.list]"), "", ""),
    ],
)
def test_a_wrong_recipe_is_told_by_key(change: tuple[str, str], key: str, said: str) -> None:
    """The form is strict: an unknown key, a secret in an address or a wrong pointer is refused when the file is read."""
    text = GENERIC.replace(*change)
    assert text != GENERIC
    if not key:
        assert parse_settings(text).profiles["work"].rotation
        return
    with pytest.raises(SettingsFault) as told:
        parse_settings(text)
    assert f"profiles.work.rotation.{key}" in told.value.message
    assert "line" in told.value.message
    assert said in told.value.message


def test_a_named_recipe_takes_only_its_own_settings() -> None:
    """A misspelt setting or recipe is told with the nearest one; a missing one when it is needed, with the command."""
    for line, said in (('recipe = "gitlab-projekt"', "gitlab-project"), ('recipe = "gitlab-project"\nprojct = "4"', "project")):
        with pytest.raises(SettingsFault, match=f"did you mean “{said}”"):
            parse_settings(f"[profiles.work.rotation]\n{line}\n")
    here = place(Demo)
    for rotation, said in (
        ({"recipe": "gitlab-project"}, "lacks “project”"),
        ({"recipe": "gitlab-project-create", "project": "4"}, "lacks “with”"),
        ({"recipe": "okta", "with": "admin"}, "another kind of secret"),
        ({"recipe": "gitlab", "days": "many"}, "days"),
    ):
        here.accounts.edit("work", rotation=rotation)
        with pytest.raises(SettingsFault, match=said):
            here.rotations.rotate("work", watch=here.progress.append)
    assert not any(wire.method != "GET" for wire in here.town.seen)


def test_a_recipe_survives_an_edit_of_the_file() -> None:
    """``profile set`` keeps the tables of a recipe as they are."""
    profile = parse_settings(GENERIC).profiles["work"]
    assert parse_settings(put_profile(GENERIC, profile)).profiles["work"] == profile
    assert parse_settings(put_profile("", profile)).profiles["work"] == profile


def test_templates_and_pointers() -> None:
    """RFC 6901 examples; one segment per value; whole values keep their type; what is missing is left out."""
    document = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8}
    assert [at(document, one) for one in ("/foo/0", "/", "/a~1b", "/m~0n")] == ["bar", 0, 1, 8]
    assert at(document, "") is document
    assert at(document, "/foo/9") is at(document, "/foo/-1") is at(document, "/x") is MISSING
    assert filled_url("{api}/p/{id}", {"api": "https://a.test/v1/", "id": "a/../b?c"}) == "https://a.test/v1/p/a%2F..%2Fb%3Fc"
    with pytest.raises(SettingsFault):
        filled_url("{api}/p/{id}", {"api": "https://a.test", "id": ".."})
    names = {"new": Secret("s"), "take.x": [1], "take.y": MISSING}
    assert filled_json({"a": "{new}", "b": "{take.x}", "c": "{take.y}", "d": "{take.z}"}, names) == {"a": "s", "b": [1]}
    assert matches({"id": 7, "on": True}, {"/id": "7", "/on": True}, {})
    assert not matches({"on": 1}, {"/on": True}, {})
    assert not matches({}, {}, {})
    assert not matches({"a": None}, {"/a": "{old}"}, {})
