"""Changes to the text of ``config.toml`` that keep the person's comments, order and spacing.

Every function takes the whole text and returns the new one. Each change is made twice, to the text and to
its plain values, and the two are compared: what cannot be edited safely is refused, never half done.
"""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any, Final

import tomlkit
from tomlkit.exceptions import TOMLKitError

from my_app.errors import ProfileExists, SettingsFault, UnknownProfile
from my_app.model import Flow, Profile
from my_app.settings.fields import PROFILE_OPTIONS
from my_app.settings.parse import parse_settings
from my_app.text import clean

_NEW: Final = "# Accounts of my-app: https and names only, no secrets. See `my-app profile --help`.\n"

_DEFAULT: Final = Profile(name="default")

Plain = dict[str, Any]
"""A TOML table as tomllib reads it."""


def profile_table(profile: Profile) -> dict[str, object]:
    """The options of ``profile`` that differ from the defaults, as they stand in the file."""
    bare = Profile(name=profile.name, provider="")
    table: dict[str, object] = {}
    for key, option in PROFILE_OPTIONS.items():
        value = getattr(profile, option.field)
        if value == getattr(bare, option.field):
            continue
        if isinstance(value, tuple):
            table[key] = list(value)
        elif isinstance(value, Mapping):
            table[key] = dict(value)
        else:
            table[key] = value.value if isinstance(value, Flow) else value
    return table


def put_profile(text: str, profile: Profile) -> str:
    """Add the profile, or bring the one of that name to these options; what is equal is not touched."""
    table = profile_table(profile)
    name = profile.name
    there = _values(text).get("profiles", {}).get(name)
    if there is not None and "provider" not in there and profile.provider == _DEFAULT.provider:
        del table["provider"]  # said nothing before, and still means the default

    def plain(values: Plain) -> None:
        kept = {key: value for key, value in values.get("profiles", {}).get(name, {}).items() if key not in PROFILE_OPTIONS}
        values.setdefault("profiles", {})[name] = {**kept, **table}

    def document(doc: Any) -> None:
        if "profiles" not in doc:
            doc["profiles"] = tomlkit.table(is_super_table=True)
        if name not in doc["profiles"]:
            doc["profiles"][name] = table
            return
        present = doc["profiles"][name]
        for key in PROFILE_OPTIONS:
            if key in present and key not in table:
                del present[key]
            elif key in table and present.get(key) != table[key]:
                present[key] = table[key]

    if there is not None:
        return _edit(text, plain, document)
    # A new table at the end of the text is right whatever stands above it.
    block = tomlkit.dumps({"profiles": {name: table}}).strip()
    appended = f"{text.rstrip()}\n\n{block}\n" if text.strip() else f"{_NEW}\n{block}\n"
    return appended if _holds(appended, text, plain) else _edit(text, plain, document)


def rename_profile(text: str, old: str, new: str) -> str:
    """The profile under another name, also where it is active or allowed. Raises UnknownProfile, ProfileExists."""
    values = _values(text)
    if old not in values.get("profiles", {}):
        raise UnknownProfile(f"There is no profile “{clean(old, 64)}”.")
    if new in values["profiles"]:
        raise ProfileExists(f"There is already a profile “{clean(new, 64)}”.")

    def plain(values: Plain) -> None:
        values["profiles"][new] = values["profiles"].pop(old)

    quoted = rf"(?:{re.escape(old)}|\"{re.escape(old)}\"|'{re.escape(old)}')"
    key = new if re.fullmatch(r"[A-Za-z0-9_-]+", new) else f'"{new}"'
    header = re.compile(rf"(?m)^(\s*\[\s*profiles\s*\.\s*){quoted}(\s*[.\]])")
    renamed = header.sub(lambda found: f"{found[1]}{key}{found[2]}", text)
    if not _holds(renamed, text, plain):

        def document(doc: Any) -> None:
            doc["profiles"][new] = doc["profiles"].pop(old)

        renamed = _edit(text, plain, document)
    return _repoint(renamed, old, new)


def remove_profile(text: str, name: str) -> str:
    """Without the profile, and without what points at it."""

    def plain(values: Plain) -> None:
        values.get("profiles", {}).pop(name, None)
        if not values.get("profiles", True):
            del values["profiles"]

    def document(doc: Any) -> None:
        if name in doc.get("profiles", {}):
            del doc["profiles"][name]
        if "profiles" in doc and not doc["profiles"]:
            del doc["profiles"]

    return _repoint(_edit(text, plain, document), name, None)


def set_active(text: str, name: str) -> str:
    """With ``name`` as the active profile."""

    def change(values: Any) -> None:
        values["active"] = name

    if "active" not in _values(text):
        # A new top-level key belongs above the first table, below the comment that opens the file.
        opening = re.match(r"(?:[ \t]*#[^\n]*\n)+[ \t]*\n", text)
        at = opening.end() if opening else 0
        added = f'{text[:at]}active = "{name}"\n{"" if text[at : at + 1] in ("", chr(10)) else chr(10)}{text[at:]}'
        if _holds(added, text, change):
            return added
    return _edit(text, change, change)


def allow_directory(text: str, directory: str, name: str) -> str:
    """With ``name`` allowed in ``directory``."""
    return _set_in(text, "directories", directory, name)


def set_option(text: str, key: str, value: str | int | bool) -> str:
    """With one of ``[settings]`` changed; the value is judged when the text is read again."""
    return _set_in(text, "settings", key, value)


def _set_in(text: str, section: str, key: str, value: str | int | bool) -> str:
    def change(values: Any) -> None:
        if section not in values:
            values[section] = {}
        values[section][key] = value

    return _edit(text, change, change)


def _repoint(text: str, old: str, new: str | None) -> str:
    """``active`` and the directories that name ``old`` now name ``new``, or nothing."""

    def change(values: Any) -> None:
        if values.get("active") == old:
            if new is None:
                del values["active"]
            else:
                values["active"] = new
        for folder in [folder for folder, name in values.get("directories", {}).items() if name == old]:
            if new is None:
                del values["directories"][folder]
            else:
                values["directories"][folder] = new

    return _edit(text, change, change)


def _values(text: str) -> Plain:
    parse_settings(text)  # names file, line and key of whatever is wrong before anything is changed
    return tomllib.loads(text)


def _holds(new: str, text: str, change: Callable[[Plain], None]) -> bool:
    """Whether ``new`` says what ``change`` makes of the values of ``text``."""
    wanted = copy.deepcopy(_values(text))
    change(wanted)
    try:
        return tomllib.loads(new) == wanted
    except tomllib.TOMLDecodeError:
        return False


def _edit(text: str, plain: Callable[[Plain], None], document: Callable[[Any], None]) -> str:
    _values(text)
    try:
        doc = tomlkit.parse(text)
        document(doc)
        new = tomlkit.dumps(doc)
    except (TOMLKitError, KeyError, ValueError):
        new = None
    if new is None or not _holds(new, text, plain):
        raise SettingsFault(
            "config.toml is written in a way this program cannot change without losing something.",
            hint="Make the change in an editor; nothing was changed.",
        )
    return new
