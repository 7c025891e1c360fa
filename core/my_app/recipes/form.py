"""What a rotation recipe may say, and the strict reader of that form: data only, an unknown key is an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from my_app.recipes.template import SECRET_NAMES, names_in
from my_app.settings import Where
from my_app.settings.durations import parse_duration


class SecretKind(StrEnum):
    """What is replaced, in words for a person."""

    API_KEY = "API key"
    CLIENT_SECRET = "client secret"


class Order(StrEnum):
    """Whether old and new live side by side for a while."""

    OVERLAP = "overlap"
    """Both work until the old one is deleted: safe to stop anywhere."""
    REPLACE = "replace"
    """Making the new one ends the old one at that moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request of a recipe, and what is read from its answer. Pointers are RFC 6901."""

    method: str
    url: str
    json: Mapping[str, object] | None = None
    accept: tuple[int, ...] = ()
    """Statuses besides 2xx that count as done."""
    expect: tuple[int, ...] = ()
    """Only these statuses let the rotation begin (``guard``)."""
    dead: tuple[int, ...] = (401,)
    """Statuses that say the old secret is dead (``probe``)."""
    check: Mapping[str, object] = field(default_factory=dict)
    """Pointer to the value that has to stand there."""
    id: str | None = None
    secret: str | None = None
    items: str | None = None
    current: Mapping[str, object] = field(default_factory=dict)
    """Which listed item is the one in use."""
    made: Mapping[str, object] = field(default_factory=dict)
    """Which listed item this rotation made."""
    most: int | None = None
    """More items than that: do not begin."""
    take: Mapping[str, str] = field(default_factory=dict)
    """Name to pointer; later bodies use it as ``{take.NAME}``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How one provider makes, proves and ends a secret."""

    key: str
    title: str
    kind: SecretKind
    order: Order
    calls: Mapping[str, Call]
    """By step: ``self look guard list create prove probe read disable enable delete``."""
    manager: bool = False
    """Another profile has to sign the management requests."""
    own_secret: bool = False
    """The new value is made here and sent, so a lost answer loses nothing."""
    repeatable: bool = False
    """A create whose answer was lost may be sent again, if another profile signs it."""
    propagation: timedelta = timedelta(seconds=3)
    """How long a new secret may take until it works everywhere."""
    params: Mapping[str, str] = field(default_factory=dict)
    """Names a person has to give, with what they are."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    warning: str = ""
    """Said before anything is done."""
    recover: str = ""
    """What to do when the old secret is dead and the new one was lost."""
    api: str = ""
    """What the ``api_url`` of the signing profile looks like."""
    driver: str = ""
    """``registration``: RFC 7592 instead of calls."""
    documentation: tuple[str, ...] = ()
    checked: str = ""
    """Month in which the documentation was last read."""

    def call(self, step: str) -> Call:
        """The request of that step; only asked for steps the reader guarantees."""
        return self.calls[step]


_STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "self": ("check", "id"),
    "look": ("take",),
    "guard": ("expect",),
    "list": ("items", "id", "current", "made", "most"),
    "create": ("json", "id", "secret"),
    "prove": ("check",),
    "probe": ("check", "dead"),
    "read": ("secret",),
    "disable": ("json", "accept"),
    "enable": ("json", "accept"),
    "delete": ("json", "accept"),
}
_TOP: Final = (
    "title",
    "kind",
    "order",
    "manager",
    "own_secret",
    "repeatable",
    "propagation",
    "params",
    "defaults",
    "warning",
    "recover",
    "api",
    "driver",
    "documentation",
    "checked",
)
TOP_KEYS: Final = (*_TOP, *_STEPS)
"""Every key a recipe may have."""
_NAMES: Final = frozenset({"api", "client_id", "id", "old_id", "new_id", "mark", "expires", *SECRET_NAMES})
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


def read_recipe(key: str, table: Mapping[str, object], where: Where) -> Recipe:
    """The recipe. Raises SettingsFault naming the key that is wrong."""
    values: dict[str, Any] = {}
    calls: dict[str, Call] = {}
    params, defaults = _texts(table.get("params", {}), where.at("params")), _texts(table.get("defaults", {}), where.at("defaults"))
    looked = table.get("look")
    taken = looked.get("take", {}) if isinstance(looked, Mapping) else {}
    names = _NAMES | set(params) | set(defaults) | ({f"take.{name}" for name in taken} if isinstance(taken, Mapping) else set())
    for name, value in table.items():
        inner = where.at(name)
        if name in _STEPS:
            calls[name] = _call(name, value, inner, names)
        elif name in _TOP:
            values[name] = _top(name, value, inner)
        else:
            raise inner.fault("has no place in a rotation recipe", hint=f"Known keys: {', '.join(TOP_KEYS)}.")
    values |= {"params": params, "defaults": defaults}
    recipe = Recipe(
        key=key,
        calls=calls,
        title=values.pop("title", key),
        kind=values.pop("kind", SecretKind.API_KEY),
        order=values.pop("order", Order.OVERLAP),
        **values,
    )
    _complete(recipe, where)
    return recipe


def _complete(recipe: Recipe, where: Where) -> None:
    """What a rotation cannot do without."""
    if recipe.driver:
        return
    create, listed = recipe.calls.get("create"), recipe.calls.get("list")
    if create is None:
        raise where.fault("holds no request that makes a new secret (create)")
    if create.secret is None and not recipe.own_secret:
        raise where.at("create").fault("does not say where the new secret stands in the answer (secret)")
    if recipe.own_secret and "new" not in names_in(create.json):
        raise where.at("create").fault("does not send the new secret although own_secret is set")
    if listed is not None and (listed.items is None or listed.id is None):
        raise where.at("list").fault("does not say where items and their id stand")
    if recipe.order is Order.OVERLAP:
        if "delete" not in recipe.calls:
            raise where.fault("ends no old secret (delete), which the order “overlap” needs")
        if create.id is None:
            raise where.at("create").fault("does not say where the id stands, by which the new one could be undone")
        if "self" not in recipe.calls and not (listed and listed.current):
            raise where.fault("does not say which one is in use (self, or list with current)")


def _call(step: str, value: object, where: Where, names: set[str] | frozenset[str]) -> Call:
    if not isinstance(value, Mapping):
        raise where.fault("must be a table")
    method = value.get("method", "GET")
    if method not in _METHODS:
        raise where.at("method").fault(f"must be one of {', '.join(_METHODS)}")
    url = value.get("url")
    if not isinstance(url, str) or not url.startswith(("{api}", "https://", "http://127.0.0.1", "http://[::1]")):
        raise where.at("url").fault("must be an https address, or begin with {api}")
    if SECRET_NAMES & set(names_in(url)):
        raise where.at("url").fault("holds a secret, and secrets never stand in an address")
    fields: dict[str, Any] = {}
    for name, member in value.items():
        inner = where.at(name)
        if name in ("method", "url"):
            continue
        if name not in _STEPS[step]:
            raise inner.fault(f"has no place in “{step}”", hint=f"Known keys: method, url, {', '.join(_STEPS[step])}.")
        fields[name] = _member(name, member, inner)
    for used in {*names_in(url), *(name for member in fields.values() for name in names_in(member))}:
        if used not in names:
            raise where.fault(f"uses {{{used}}}, which is not known", hint=f"Known names: {', '.join(sorted(names))}.")
    return Call(method=method, url=url, **fields)


def _member(name: str, value: object, where: Where) -> object:
    match name, value:
        case (("json" | "current" | "made" | "check"), Mapping()):
            if name != "json":
                for pointer in value:
                    _pointer(pointer, where)
            return dict(value)
        case "take", Mapping():
            return {member: _pointer(pointer, where.at(member)) for member, pointer in value.items()}
        case (("id" | "secret" | "items"), str()):
            return _pointer(value, where)
        case "most", int() if not isinstance(value, bool) and value > 0:
            return value
        case (("accept" | "expect" | "dead"), list()) if all(type(one) is int and 200 <= one < 500 for one in value):
            return tuple(value)
    raise where.fault("is not of the right kind")


def _pointer(value: object, where: Where) -> str:
    if not isinstance(value, str) or (value and not value.startswith("/")) or len(value) > 200:
        raise where.fault('must be a JSON Pointer such as "/result/id"')
    return value


def _top(name: str, value: object, where: Where) -> object:
    match name, value:
        case "kind", ("api-key" | "client-secret"):
            return SecretKind.API_KEY if value == "api-key" else SecretKind.CLIENT_SECRET
        case "order", ("overlap" | "replace"):
            return Order(value)
        case (("manager" | "own_secret" | "repeatable"), bool()):
            return value
        case "propagation", str():
            try:
                return parse_duration(value)
            except ValueError:
                raise where.fault('must be a duration such as "60s"') from None
        case (("params" | "defaults"), Mapping()):
            return value
        case "documentation", list() if all(isinstance(one, str) for one in value):
            return tuple(value)
        case (("title" | "warning" | "recover" | "api" | "checked"), str()):
            return value
        case "driver", "registration":
            return value
    raise where.fault("is not of the right kind")


def _texts(value: object, where: Where) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(one, str) for one in value.values()):
        raise where.fault("must be a table of texts")
    return dict(value)
