"""Rotation: named first, shown step by step, stopped safely, finished or taken back."""

from __future__ import annotations

import threading
from dataclasses import replace

from my_app.errors import ServerBusy, Unsupported
from my_app.rotation import Progress, ProgressWatch, Rotated, RotationPlan, RotationStep, StepState
from my_app_accounts.screens.rotate import RotateScreen
from tui.fakes import HOSTILE, FakeRotations, World, world
from tui.screening import staged


class Journal(FakeRotations):
    """Remembers where a run was cut, and waits before each step when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.gate: threading.Semaphore | None = None
        self.warning = ""

    def plan(self, profile: str) -> RotationPlan:
        return replace(super().plan(profile), warning=self.warning)

    def _run(self, profile: str, watch: ProgressWatch) -> Rotated:
        steps = tuple(RotationStep)
        start = steps.index(self.interrupted_at) if self.interrupted_at else 0
        for step in steps[start:]:
            self.interrupted_at = step
            if self.gate is not None:
                self.gate.acquire(timeout=5)
            watch(Progress(step=step, state=StepState.RUNNING))
            if self.fault_at and self.fault_at[0] is step:
                watch(Progress(step=step, state=StepState.FAILED))
                raise self.fault_at[1]
            watch(Progress(step=step, state=StepState.DONE, detail="ending …c91e"))
        self.interrupted_at = None
        return Rotated(profile=profile, old_revoked=True, rolled_back=False, detail="")


def rotating() -> tuple[World, Journal]:
    """A world whose rotations keep a journal."""
    w = world()
    journal = Journal()
    return replace(w, rotations=journal, services=replace(w.services, rotations=journal)), journal


async def test_nothing_starts_before_the_name_is_typed() -> None:
    """The steps and a warning come first; the button is locked until the name matches exactly."""
    w, journal = rotating()
    journal.warning = "The provider deletes the old key at once."
    async with staged(w, RotateScreen("openai")) as stage:
        await stage.sees("The API key of  openai", "! The provider deletes the old key at once.", "· Delete the old API key")
        await stage.type("open")
        await stage.press("enter", "enter")
        assert journal.calls == []
        await stage.press("tab", "enter")
        await stage.until(lambda: stage.app.dismissed == [None])
        assert journal.calls == []


async def test_all_steps_run_and_the_end_is_told() -> None:
    """Typed name, Enter, six ticks with their details, one button left; the account is read again."""
    w, _ = rotating()
    async with staged(w, RotateScreen("openai")) as stage:
        await stage.sees("Type  openai  to confirm:")
        await stage.type("openai")
        await stage.press("enter")
        await stage.sees("✓ Delete the old API key", "ending …c91e", "✓ The new API key is in use. The old one is deleted.")
        await stage.until(lambda: stage.app.changed == ["openai"])
        await stage.press("enter")
        await stage.until(lambda: stage.app.dismissed)
        assert stage.app.dismissed[0] == Rotated(profile="openai", old_revoked=True, rolled_back=False, detail="")


async def test_escape_stops_before_the_next_step_and_it_can_be_finished() -> None:
    """Esc lets the step end, saves a key that was just made, begins no other, and offers to finish from there."""
    w, journal = rotating()
    journal.gate = threading.Semaphore(2)
    async with staged(w, RotateScreen("openai")) as stage:
        await stage.sees("Type  openai  to confirm:")
        await stage.type("openai")
        await stage.press("enter")
        await stage.sees("✓ Create a new API key")
        await stage.press("escape")
        await stage.sees("stopping before the next step")
        journal.gate.release(2)
        await stage.sees("Stopped. Nothing is broken", "interrupted here", "[ Finish it ]", "[ Go back to the old one ]")
        assert journal.interrupted_at is RotationStep.PROVE
        journal.gate = None
        await stage.press("enter")
        await stage.sees("✓ The new API key is in use.")
        assert journal.calls == ["rotate", "resume"]


async def test_a_failed_step_keeps_the_old_key_and_offers_the_way_back() -> None:
    """The error is a card with its code; going back is one button away."""
    w, journal = rotating()
    journal.fault_at = (RotationStep.PROVE, ServerBusy("The server is busy (HTTP 503)."))
    async with staged(w, RotateScreen("openai")) as stage:
        await stage.sees("Type  openai  to confirm:")
        await stage.type("openai")
        await stage.press("enter")
        await stage.sees("✗ The server is busy (HTTP 503).", "server_busy", "interrupted here")
        await stage.press("shift+tab", "enter")
        await stage.sees("✓ Back to the old API key. The new one is deleted.")
        assert journal.calls == ["rotate", "rollback"]


async def test_an_interrupted_rotation_is_offered_at_once_and_later_is_fine() -> None:
    """Opening the screen again shows where it was cut; Esc leaves it for later."""
    w, journal = rotating()
    journal.interrupted_at = RotationStep.SWITCH
    async with staged(w, RotateScreen("openai")) as stage:
        await stage.sees("This rotation was interrupted.", "✓ Prove that the new API key works", "[ Later ]")
        await stage.press("escape")
        await stage.until(lambda: stage.app.dismissed == [None])
        assert journal.calls == []


async def test_a_provider_without_a_recipe_is_said_so() -> None:
    """Unsupported is a card, hostile words in it stay text (X2)."""
    w, _ = rotating()

    class Recipeless(Journal):
        def plan(self, profile: str) -> RotationPlan:
            raise Unsupported(f"{HOSTILE} has no recipe.", hint="Make a new key on its page.")

    w = replace(w, services=replace(w.services, rotations=Recipeless()))
    async with staged(w, RotateScreen("github")) as stage:
        await stage.sees("has no recipe.", "Make a new key on its page.", "[ Close ]")
        assert "\x1b" not in stage.text
