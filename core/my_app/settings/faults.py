"""What is said of a settings value that cannot be used."""

from __future__ import annotations

from collections.abc import Mapping

from my_app.errors import SettingsFault
from my_app.settings import Where


def secret_fault(where: Where) -> SettingsFault:
    """What to raise for a secret in a settings file; never shows it."""
    return where.fault(
        "is a secret, and secrets do not belong in this file",
        hint="Remove the line and give the secret to: my-app profile add NAME --client-secret-stdin (or --api-key-stdin)",
    )


def nearest(name: str, known: tuple[str, ...]) -> str:
    """`` (did you mean “x”?)``, or empty when nothing is near."""
    import difflib  # only a mistake needs it

    found = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f" (did you mean “{found[0]}”?)" if found else ""


def kind_of_value(value: object) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case Mapping():
            return "a table"
        case None:
            return "nothing"
        case _:
            return "a date"
