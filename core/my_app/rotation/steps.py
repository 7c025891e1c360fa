"""The steps of a rotation, and how they are told to whoever watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from my_app.errors import MyAppError
from my_app.secret import Secret
from my_app.text import clean


class RotationStep(StrEnum):
    """The steps, in order."""

    CHECK_OLD = "check_old"
    CREATE = "create"
    SAVE = "save"
    PROVE = "prove"
    SWITCH = "switch"
    REVOKE_OLD = "revoke_old"


class StepState(StrEnum):
    """How far a step is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One change of one step."""

    step: RotationStep
    state: StepState
    detail: str = ""
    """A few cleaned words, e.g. ``ending …7f3a``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationPlan:
    """What a rotation will do, told before it starts."""

    profile: str
    what: str
    """``API key`` or ``client secret``."""
    steps: tuple[RotationStep, ...]
    warning: str
    """Said first where the old secret dies at once; else empty."""
    interrupted_at: RotationStep | None
    """A rotation was cut here: resume or roll back."""
    note: str = ""
    """What an interrupted rotation waits for, or what is not known; a sentence, else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """What happened."""

    profile: str
    old_revoked: bool
    rolled_back: bool
    detail: str


ProgressWatch = Callable[[Progress], None]


@contextmanager
def stepped(watch: ProgressWatch, step: RotationStep, detail: str = "") -> Iterator[None]:
    """Tell that the step runs, then how it went."""
    watch(Progress(step=step, state=StepState.RUNNING, detail=detail))
    try:
        yield
    except MyAppError as problem:
        watch(Progress(step=step, state=StepState.FAILED, detail=clean(problem.message, 120)))
        raise
    watch(Progress(step=step, state=StepState.DONE, detail=detail))


def ending(key: Secret | None) -> str:
    """The last four characters of a long key, enough to tell two apart; nothing of a short one."""
    value = key.reveal() if key is not None else ""
    return f"ending …{clean(value[-4:])}" if len(value) >= 20 else ""
