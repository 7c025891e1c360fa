"""An error as a card: what, why, what to do, which keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from textual.content import Content
from textual.widgets import Static

from my_app.errors import MyAppError
from my_app.text import clean
from my_app.words import span

_FACTS: Final = ("status", "error", "expected", "received", "check", "holder", "retry_after", "attempts_left")
"""The facts a person can use; an error carries no secret (errors.py)."""


def facts_of(error: MyAppError) -> str:
    """The facts of an error in one line, cleaned."""
    parts: list[str] = []
    for name in _FACTS:
        value = error.facts.get(name)
        if value is None:
            continue
        shown = span(value) if isinstance(value, timedelta) else clean(value, 80)
        parts.append(f"{name.replace('_', ' ')} {shown}")
    return " · ".join(parts)


def card(error: MyAppError, keys: str) -> Content:
    """The lines of the card; ``keys`` are our own words."""
    facts = facts_of(error)
    rows = [("Why", error.code + (f" · {facts}" if facts else ""))]
    if error.hint:
        rows.append(("To do", clean(error.hint, 400)))
    if keys:
        rows.append(("Keys", keys))
    lines = [Content.assemble(("✗ ", "$vault-bad"), (clean(error.message, 400), "bold")), Content("")]
    lines += [Content.assemble((name.ljust(7), "$vault-dim"), text) for name, text in rows]
    return Content("\n").join(lines)


class ErrorCard(Static):
    """Shows one error; nothing in it is ever parsed as markup."""

    DEFAULT_CSS = "ErrorCard { width: 1fr; height: auto; }"

    def __init__(self, error: MyAppError, keys: str = "", *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(card(error, keys), markup=False, id=id)
        self.error = error
