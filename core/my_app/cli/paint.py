"""The few colours of the command line: a state's mark and word, a heading; plain when colour is off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from my_app import words
from my_app.model import State

if TYPE_CHECKING:
    from collections.abc import Sequence

_CODES: Final = {
    State.VALID: "32",
    State.EXPIRING: "33",
    State.EXPIRED: "33",
    State.NO_EXPIRY: "36",
    State.LOGIN_NEEDED: "31",
    State.REVOKED: "31",
    State.STATIC: "35",
}


def state_text(state: State) -> str:
    """Mark and word, e.g. ``● Valid``."""
    return f"{words.mark(state)} {words.word(state)}"


def coloured(line: str, state: State) -> str:
    """``line`` with its state's mark and word in the state's colour."""
    text = state_text(state)
    return line.replace(text, f"\x1b[{_CODES[state]}m{text}\x1b[0m", 1)


def heading(line: str) -> str:
    """A table's header line."""
    return f"\x1b[1m{line}\x1b[0m"


def painted(lines: list[str], states: Sequence[State], *, colour: bool) -> list[str]:
    """A table whose rows begin with a state, coloured when ``colour``."""
    if not colour:
        return lines
    return [heading(lines[0]), *[coloured(line, state) for line, state in zip(lines[1:], states, strict=True)]]
