"""State, expiry and error to words; the command line and the app say the same."""

from __future__ import annotations

from datetime import datetime, timedelta

from my_app.errors import MyAppError
from my_app.model import Flow, Kind, Prompt, State
from my_app.text import clean

_STATES: dict[State, tuple[str, str]] = {
    State.VALID: ("●", "Valid"),
    State.EXPIRING: ("◔", "Expiring"),
    State.EXPIRED: ("○", "Expired"),
    State.NO_EXPIRY: ("∞", "No expiry"),
    State.LOGIN_NEEDED: ("!", "Sign in"),
    State.REVOKED: ("✕", "Revoked"),
    State.STATIC: ("◆", "Static key"),
}


def mark(state: State) -> str:
    """The one-cell mark of a state."""
    return _STATES[state][0]


def word(state: State) -> str:
    """The word of a state."""
    return _STATES[state][1]


def span(delta: timedelta) -> str:
    """A short span: ``4 m 12 s`` below an hour's tenth, then ``58 m``, ``3 h``, ``12 d``; never negative."""
    seconds = max(0, int(delta.total_seconds()))
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 600:
        return f"{seconds // 60} m {seconds % 60:02d} s"
    if seconds < 7200:
        return f"{seconds // 60} m"
    if seconds < 172_800:
        return f"{seconds // 3600} h"
    return f"{seconds // 86_400} d"


def until(moment: datetime | None, now: datetime) -> str:
    """``in`` a span or a span ``ago`` in column form: ``58 m``, ``2 h ago``, ``-`` when unknown."""
    if moment is None:
        return "-"
    return span(moment - now) if moment > now else f"{_since(now - moment)} ago"


def _since(delta: timedelta) -> str:
    """A span that is over: one unit is enough, and a column of nine cells holds it with its ``ago``."""
    seconds = int(delta.total_seconds())
    return f"{seconds // 60} m" if 120 <= seconds < 7200 else span(delta)


def relative(moment: datetime, now: datetime) -> str:
    """The same in a sentence: ``in 58 m``, ``2 m ago``."""
    return f"in {span(moment - now)}" if moment > now else f"{span(now - moment)} ago"


def flow_words(flow: Flow) -> str:
    """A flow in the words of the field."""
    match flow:
        case Flow.BROWSER:
            return "Authorization code + PKCE"
        case Flow.DEVICE:
            return "Device code"
        case Flow.TERMINAL:
            return "User name, password and code"
        case Flow.CLIENT_CREDENTIALS:
            return "Client credentials"
        case Flow.API_KEY:
            return "API key"
        case Flow.TOKEN:
            return "Static token"
        case Flow.AUTO:
            return "Chosen at sign-in"


def error_lines(error: MyAppError) -> str:
    """What to print for an error: the sentence, then the hint on its own line."""
    return f"{error.message}\n{error.hint}" if error.hint else error.message


def problem(prompt: Prompt) -> str:
    """Why a question is asked again, with the tries left said once; empty when it is asked for the first time."""
    left = prompt.attempts_left
    told = left is None or "left" in prompt.problem
    tries = "" if told or not prompt.problem else f" {left} {'try' if left == 1 else 'tries'} left."
    return f"{clean(prompt.problem, 200)}{tries}"


def store_command(name: str, kind: Kind) -> str:
    """The command that stores the secret of a profile that is there; for a login, the one that signs in."""
    match kind:
        case Kind.API_KEY | Kind.TOKEN:
            return f"my-app profile add {name} --api-key-stdin"
        case Kind.CLIENT_CREDENTIALS:
            return f"my-app profile add {name} --client-secret-stdin"
        case Kind.OAUTH:
            return f"my-app login {name}"
