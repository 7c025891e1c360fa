"""The challenges of a 401 or 403 (RFC 9110 11.6.1, RFC 6750 3); a malformed header yields what can be read of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from my_app.text import clean

_LONGEST: Final = 8192
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_VALUE: Final = re.compile(r'\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_GAP: Final = re.compile(r"[\s,]*")
_OLDEST: Final = 10 * 365 * 86_400


@dataclass(frozen=True, slots=True)
class AuthChallenge:
    """One challenge."""

    scheme: str
    """In lower case."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case; raw values, to be cleaned before showing."""


def challenges(header: str) -> tuple[AuthChallenge, ...]:
    """The challenges of ``WWW-Authenticate``, in order."""
    text = header[:_LONGEST]
    found: list[tuple[str, dict[str, str]]] = []
    at = 0
    while at < len(text):
        at = _end(_GAP.match(text, at), at)
        token = _TOKEN.match(text, at)
        if token is None:
            at += 1
            continue
        at = token.end()
        value = _VALUE.match(text, at)
        if value is None:
            found.append((token.group().lower(), {}))
        else:
            at = value.end()
            if found:
                raw = value.group(1)
                found[-1][1].setdefault(token.group().lower(), value.group(2) if raw is None else re.sub(r"\\(.)", r"\1", raw))
    return tuple(AuthChallenge(scheme, parameters) for scheme, parameters in found)


def _end(match: re.Match[str] | None, at: int) -> int:
    return at if match is None else match.end()


def error_of(header: str, *schemes: str) -> str:
    """The first ``error`` among the challenges of ``schemes`` (all when none is named), cleaned; empty when there is none."""
    for challenge in challenges(header):
        if (not schemes or challenge.scheme in schemes) and "error" in challenge.parameters:
            return clean(challenge.parameters["error"], 60)
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepUp:
    """What a resource wants before it answers (RFC 9470 3)."""

    acr_values: tuple[str, ...] = ()
    """Authentication context classes, any of which will do; cleaned."""
    max_age: timedelta | None = None
    """How old the sign-in may be."""


def step_up_of(header: str) -> StepUp | None:
    """The step-up a resource asks for; None when it asks for none (RFC 9470 3)."""
    for challenge in challenges(header):
        if challenge.parameters.get("error") != "insufficient_user_authentication":
            continue
        age = challenge.parameters.get("max_age", "")
        seconds = int(age) if age.isascii() and age.isdigit() and len(age) <= 9 else None
        return StepUp(
            acr_values=tuple(clean(value, 120) for value in challenge.parameters.get("acr_values", "").split()[:20]),
            max_age=timedelta(seconds=min(seconds, _OLDEST)) if seconds is not None else None,
        )
    return None
