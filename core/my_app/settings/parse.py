"""``config.toml`` text in, Settings out: strict about values, forgiving about unknown keys (E2)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import PurePath
from typing import Final

from my_app.model import PROFILE_NAME, Profile
from my_app.settings import Options, Settings, Where
from my_app.settings.durations import parse_duration
from my_app.settings.faults import nearest, secret_fault
from my_app.settings.fields import PROFILE_OPTIONS, SECRETS, text_value
from my_app.text import clean

LARGEST: Final = 4 << 20
"""Bytes a settings file may have."""
RESERVED: Final = frozenset({"environment", "credentials.json"})
"""Names that stand for credentials which are no profile."""
_TOP: Final = ("active", "settings", "profiles", "directories")
_AT: Final = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")


def parse_settings(text: str, *, file: str = "config.toml") -> Settings:
    """The settings. Unknown keys become warnings; anything wrong raises SettingsFault naming line and key."""
    table = _toml(text, file)
    top = Where(file=file, locate=_Lines(text).find)
    warnings: list[str] = []
    for key in table:
        if key.lower() in SECRETS:
            raise secret_fault(top.at(key))
        if key not in _TOP:
            warnings.append(_unknown(top.at(key), key, _TOP))
    profiles = {}
    at = top.at("profiles")
    for name, member in _section(table, at).items():
        if not PROFILE_NAME.fullmatch(name):
            raise at.at(name).fault(
                "is not a profile name",
                hint="Use letters, digits, dot, dash and underscore, at most 64, beginning with a letter or digit.",
            )
        if name in RESERVED:
            raise at.at(name).fault("is a reserved name", hint="Give the profile another name.")
        profiles[name] = read_profile(name, _inner(member, at.at(name)), at.at(name), warnings)
    directories = {}
    at = top.at("directories")
    for folder, member in _section(table, at).items():
        if not PurePath(folder).is_absolute():
            raise at.at(folder).fault("must be an absolute folder")
        directories[folder] = _name(member, at.at(folder))
    active = _name(table["active"], top.at("active")) if "active" in table else None
    at = top.at("settings")
    options = read_options(_section(table, at), at, warnings)
    return Settings(active=active, options=options, profiles=profiles, directories=directories, warnings=tuple(warnings))


def read_profile(name: str, table: Mapping[str, object], where: Where, warnings: list[str]) -> Profile:
    """One profile from its options; what is unknown is added to ``warnings``. Raises SettingsFault."""
    fields: dict[str, object] = {}
    for key, value in table.items():
        option = PROFILE_OPTIONS.get(key)
        if option is not None:
            fields[option.field] = option.read(value, where.at(key))
        elif key.lower().replace("-", "_") in SECRETS:
            raise secret_fault(where.at(key))
        else:
            warnings.append(_unknown(where.at(key), key, tuple(PROFILE_OPTIONS)))
    if "provider" not in fields and "issuer" not in fields and "token_url" in fields:
        fields["provider"] = "oauth2"
    return Profile(name=name, **fields)  # type: ignore[arg-type]  # each reader returns the type of its field


def read_options(table: Mapping[str, object], where: Where, warnings: list[str]) -> Options:
    """``[settings]``. Durations are texts such as ``"5m"`` or whole seconds; ``"never"`` where that makes sense."""
    fields: dict[str, object] = {}
    for key, value in table.items():
        reader = _OPTIONS.get(key)
        if reader is not None:
            fields[key] = reader(value, where.at(key))
        elif key.lower() in SECRETS:
            raise secret_fault(where.at(key))
        else:
            warnings.append(_unknown(where.at(key), key, OPTION_NAMES))
    return Options(**fields)  # type: ignore[arg-type]  # the same


def _toml(text: str, file: str) -> dict[str, object]:
    if len(text) > LARGEST:
        raise Where(file=file).fault(f"it is larger than {LARGEST >> 20} MiB")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        found = _AT.search(str(fault))
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        problem = clean(_AT.sub("", str(fault)).strip(), 120)
        raise Where(file=file, locate=lambda path: line).fault(f"not TOML: {problem[:1].lower()}{problem[1:]}") from None
    except RecursionError:
        raise Where(file=file).fault("not usable: it is nested too deeply") from None


def _section(table: Mapping[str, object], where: Where) -> Mapping[str, object]:
    key = where.path[-1]
    return _inner(table[key], where) if key in table else {}


def _inner(value: object, where: Where) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise where.fault("must be a table")
    return value


def _name(value: object, where: Where) -> str:
    name = text_value(value, where)
    if not PROFILE_NAME.fullmatch(name):
        raise where.fault(f"“{clean(name, 64)}” is not a profile name")
    return name


def _unknown(where: Where, key: str, known: tuple[str, ...]) -> str:
    return where.fault(f"is not a setting and was ignored{nearest(key, known)}").message


def _span(least: timedelta, most: timedelta, *, never: bool = False) -> Callable[[object, Where], timedelta | None]:
    def read(value: object, where: Where) -> timedelta | None:
        if never and value in ("never", "off"):
            return None
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise where.fault('must be a duration such as "5m"')
        try:
            span = parse_duration(str(value))
        except ValueError:
            raise where.fault('is not a duration such as "90s", "5m" or "2h"' + (' (or "never")' if never else "")) from None
        if not least <= span <= most:
            raise where.fault(f"must be between {_brief(least)} and {_brief(most)}")
        return span

    return read


def _brief(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    return f"{seconds // 3600} h" if seconds >= 7200 else f"{seconds // 60} m" if seconds >= 120 else f"{seconds} s"


def _flag(value: object, where: Where) -> bool:
    if not isinstance(value, bool):
        raise where.fault("must be true or false")
    return value


_DAY: Final = timedelta(days=1)
_OPTIONS: Final[Mapping[str, Callable[[object, Where], object]]] = {
    "margin": _span(timedelta(0), _DAY),
    "leeway": _span(timedelta(0), timedelta(minutes=5)),
    "theme": text_value,
    "reveal": _span(timedelta(seconds=1), timedelta(minutes=10)),
    "clipboard": _span(timedelta(seconds=1), _DAY, never=True),
    "lock_after": _span(timedelta(seconds=10), _DAY, never=True),
    "motion": _flag,
}
OPTION_NAMES: Final = tuple(_OPTIONS)
"""Keys of ``[settings]``, each a field of Options."""


class _Lines:
    """Finds the line of a key, for faults; None where the text is written in a way it does not follow."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: dict[tuple[str, ...], int] | None = None

    def find(self, path: tuple[str, ...]) -> int | None:
        """The line of ``path``, else of the nearest table around it."""
        if self._found is None:
            self._found = self._scan()
        while path:
            if path in self._found:
                return self._found[path]
            path = path[:-1]
        return None

    def _scan(self) -> dict[tuple[str, ...], int]:
        found: dict[tuple[str, ...], int] = {}
        table: tuple[str, ...] = ()
        for number, line in enumerate(self._text.split("\n"), 1):
            header = re.match(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?$", line)
            key = re.match(
                r"\s*((?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*'))*)\s*=", line
            )
            if header:
                table = _keys(header[1])
                found.setdefault(table, number)
            elif key:
                found.setdefault((*table, *_keys(key[1])), number)
        return found


def _keys(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(r"[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*'", dotted))
