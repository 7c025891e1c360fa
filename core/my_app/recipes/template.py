"""The little language of recipes: ``{name}`` in addresses and bodies, JSON Pointers in answers (RFC 6901). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote

from my_app.errors import SettingsFault
from my_app.secret import Secret
from my_app.text import clean

_NAME: Final = re.compile(r"\{([a-z][a-z0-9_.]*)\}")
_LONGEST: Final = 64 * 1024
SECRET_NAMES: Final = frozenset({"old", "new"})
"""Names that stand for secrets; they may be in a body or compared, never in an address."""
MISSING: Final = object()
"""What a pointer finds where nothing is; a member of a body that is only such a name is left out."""

Names = Mapping[str, object]
"""What names stand for: texts, Secrets, and JSON values taken from answers."""


def names_in(value: object) -> Iterator[str]:
    """Every name a template, or a body of templates, uses."""
    if isinstance(value, str):
        yield from _NAME.findall(value)
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from names_in(member)
    elif isinstance(value, list):
        for member in value:
            yield from names_in(member)


def filled_url(template: str, names: Names) -> str:
    """An address; every value but ``{api}`` becomes one percent-encoded segment. Raises SettingsFault."""

    def one(found: re.Match[str]) -> str:
        text = _text(found[1], names)
        if found[1] == "api":
            return text.rstrip("/")
        if text in ("", ".", ".."):
            raise SettingsFault(f"“{found[1]}” of the rotation recipe is empty or a path.", hint="Correct it in config.toml.")
        return quote(text, safe="")

    return _NAME.sub(one, template)


def filled_json(value: object, names: Names) -> object:
    """A body: a text that is only ``{name}`` becomes the value itself, secrets are revealed. Raises SettingsFault."""
    if isinstance(value, str):
        whole = _NAME.fullmatch(value)
        if whole:
            found = names.get(whole[1], MISSING)
            return found.reveal() if isinstance(found, Secret) else found
        return _NAME.sub(lambda found: _text(found[1], names), value)
    if isinstance(value, Mapping):
        members = ((name, filled_json(member, names)) for name, member in value.items())
        return {name: member for name, member in members if member is not MISSING}
    if isinstance(value, list):
        return [filled_json(member, names) for member in value]
    return value


def at(document: object, pointer: str) -> object:
    """The value at a JSON Pointer, or MISSING; ``""`` is the whole document."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(document, Mapping) and name in document:
            document = document[name]
        elif isinstance(document, list) and name.isascii() and name.isdigit() and len(name) < 6 and int(name) < len(document):
            document = document[int(name)]
        else:
            return MISSING
    return document


def matches(document: object, wanted: Mapping[str, object], names: Names) -> bool:
    """Whether everything at the pointers is what the templates say; a number equals its decimal text, secrets in constant time."""
    return bool(wanted) and all(_same(at(document, pointer), value, names) for pointer, value in wanted.items())


def word_at(document: object, pointer: str | None) -> str | None:
    """A text or whole number at the pointer as text; None for anything else, or for more than 64 KiB."""
    value = MISSING if pointer is None else at(document, pointer)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST else None


def _same(found: object, wanted: object, names: Names) -> bool:
    if isinstance(wanted, str) and (whole := _NAME.fullmatch(wanted)):
        wanted = names.get(whole[1], MISSING)
    if isinstance(wanted, Secret):
        return isinstance(found, str) and Secret(found) == wanted
    if isinstance(found, bool) or isinstance(wanted, bool) or found is MISSING or wanted is MISSING:
        return found is wanted and found is not MISSING
    return found == wanted or (isinstance(found, int | str) and str(found) == str(wanted))


def _text(name: str, names: Names) -> str:
    value = names.get(name)
    if not isinstance(value, str):
        raise SettingsFault(
            f"The rotation recipe needs “{clean(name, 60)}”, which is not known.", hint="Set it in [profiles.NAME.rotation]."
        )
    return value
