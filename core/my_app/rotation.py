"""Replace a key or secret without ever being without a working one: a journal of steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """What happened."""

    profile: str
    old_revoked: bool
    rolled_back: bool
    detail: str


ProgressWatch = Callable[[Progress], None]


class Rotations:
    """Rotates API keys (and client secrets) of stored profiles. Sync, resumable."""

    def plan(self, profile: str) -> RotationPlan:
        """Raises Unsupported when the provider has no recipe. No network."""
        raise NotImplementedError

    def rotate(self, profile: str, *, watch: ProgressWatch) -> Rotated:
        """All steps. A failure leaves a working secret and a journal. Raises Temporary, Refused, StorageFault."""
        raise NotImplementedError

    def resume(self, profile: str, *, watch: ProgressWatch) -> Rotated:
        """Finish a cut rotation. Raises Unsupported when none is under way."""
        raise NotImplementedError

    def rollback(self, profile: str, *, watch: ProgressWatch) -> Rotated:
        """Return to the old secret and delete the new one."""
        raise NotImplementedError
