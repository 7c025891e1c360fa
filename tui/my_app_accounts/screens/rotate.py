"""Rotate: the steps as a live checklist; stop safely at any of them, finish or go back later."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Static

from my_app.errors import Cancelled, MyAppError
from my_app.rotation import Progress, ProgressWatch, Rotated, RotationPlan, RotationStep, StepState
from my_app.text import clean
from my_app_accounts.background import in_thread
from my_app_accounts.messages import AccountsChanged
from my_app_accounts.screens.host import host
from my_app_accounts.widgets.checklist import Checklist
from my_app_accounts.widgets.confirm_name import ConfirmName
from my_app_accounts.widgets.dialog import Dialog
from my_app_accounts.widgets.error_card import ErrorCard
from my_app_accounts.widgets.flat_button import FlatButton


def step_words(step: RotationStep, what: str) -> str:
    """A step in plain words; ``what`` is ``API key`` or ``client secret``."""
    match step:
        case RotationStep.CHECK_OLD:
            return f"Check that the old {what} works"
        case RotationStep.CREATE:
            return f"Create a new {what}"
        case RotationStep.SAVE:
            return "Save it to the vault"
        case RotationStep.PROVE:
            return f"Prove that the new {what} works"
        case RotationStep.SWITCH:
            return f"Switch to the new {what}"
        case RotationStep.REVOKE_OLD:
            return f"Delete the old {what}"


class RotateScreen(Dialog[Rotated]):
    """Rotates the secret of ``profile``; dismissed with what was done, or None.

    The app gets ``AccountsChanged(select=profile)`` after every run, also one that stopped.
    """

    DEFAULT_CSS = """
    RotateScreen #steps { height: auto; margin-top: 1; }
    RotateScreen #told { height: auto; margin-top: 1; }
    RotateScreen #warning { color: $vault-soon; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Stop safely", tooltip="Stop before the next step")]

    class Planned(Message):
        """What a rotation would do."""

        def __init__(self, plan: RotationPlan) -> None:
            super().__init__()
            self.plan = plan

    class Stepped(Message):
        """A step changed."""

        def __init__(self, progress: Progress) -> None:
            super().__init__()
            self.progress = progress

    class Ended(Message):
        """A run ended: done, stopped or failed; with the plan as it is now, for what is left to do."""

        def __init__(self, result: Rotated | MyAppError, plan: RotationPlan | None) -> None:
            super().__init__()
            self.result = result
            self.plan = plan

    def __init__(self, profile: str) -> None:
        super().__init__()
        self.profile = profile
        self._plan: RotationPlan | None = None
        self._stop = threading.Event()
        self._busy = False
        self._result: Rotated | None = None

    def compose(self) -> ComposeResult:
        """Plan, steps, the lock, buttons."""
        with Vertical(id="box") as box:
            box.border_title = f"Rotate · {self.profile}"
            box.border_subtitle = "esc close"
            yield Static("Looking at how it is done…", id="head", markup=False)
            yield Static("", id="warning", markup=False)
            yield Vertical(id="steps")
            yield Vertical(id="told")
            yield ConfirmName(self.profile)
            with Horizontal(classes="buttons"):
                yield FlatButton("Keep it as it is", id="keep")
                yield FlatButton("Go back to the old one", id="rollback")
                yield FlatButton("Finish it", id="resume")
                yield FlatButton("Rotate", id="rotate", disabled=True)

    def on_mount(self) -> None:
        """Read the plan in a thread."""
        self._buttons("keep")
        self.query_one(ConfirmName).display = self.query_one("#warning").display = False
        self.run_worker(self._read(), group="rotate", exclusive=True, exit_on_error=False)

    # -- work off the loop ---------------------------------------------------------------------

    async def _read(self) -> None:
        rotations, profile = host(self).services.rotations, self.profile
        try:
            self.post_message(self.Planned(await in_thread(lambda: rotations.plan(profile), "rotation plan")))
        except MyAppError as error:
            self.post_message(self.Ended(error, None))

    async def _run(self, act: Callable[..., Rotated]) -> None:
        rotations, profile = host(self).services.rotations, self.profile
        watch: ProgressWatch = self._watch
        result: Rotated | MyAppError
        try:
            result = await in_thread(lambda: act(profile, watch=watch), "rotate")
        except MyAppError as error:
            result = error
        plan: RotationPlan | None = None
        if isinstance(result, MyAppError):
            try:
                plan = await in_thread(lambda: rotations.plan(profile), "rotation plan")
            except MyAppError:
                plan = None
        self.post_message(self.Ended(result, plan))

    def _watch(self, progress: Progress) -> None:
        """Called in the worker's thread; the journal makes stopping here the same as being cut off.

        A secret that was just made is always saved: lost, it would only have to be deleted again.
        """
        begins = progress.state is StepState.RUNNING and progress.step is not RotationStep.SAVE
        if begins and self._stop.is_set():
            raise Cancelled("Stopped before the next step.", hint="Finish it or go back.")
        self.post_message(self.Stepped(progress))

    # -- what it shows -------------------------------------------------------------------------

    async def on_rotate_screen_planned(self, message: Planned) -> None:
        """Show the steps before anything is done."""
        plan = self._plan = message.plan
        what = clean(plan.what, 40)
        self.query_one("#head", Static).update(Content.assemble(f"The {what} of  ", (self.profile, "bold")))
        warning = self.query_one("#warning", Static)
        warning.display = bool(plan.warning)
        warning.update(Content(f"! {clean(plan.warning, 400)}"))
        await self._steps(plan)
        if plan.interrupted_at is not None:
            await self._offer(plan, clean(plan.note, 400) or "This rotation was interrupted.")
            return
        self.query_one(ConfirmName).display = True
        self.query_one(ConfirmName).query_one("Field").focus()
        self._buttons("keep", "rotate")
        self.query_one("#box").border_subtitle = "tab · esc keeps it"

    def on_rotate_screen_stepped(self, message: Stepped) -> None:
        """One step further."""
        progress = message.progress
        checklist = self.query_one(Checklist)
        checklist.set(progress.step.value, progress.state, note=clean(progress.detail, 60))

    async def on_rotate_screen_ended(self, message: Ended) -> None:
        """Done, stopped or failed: say where things stand and what can be done."""
        self._busy = False
        self.app.post_message(AccountsChanged(select=self.profile))
        result = message.result
        if isinstance(result, Rotated):
            self._result = result
            await self._tell(Static(self._done(result), markup=False))
            self._close()
            return
        if message.plan is not None and message.plan.interrupted_at is not None:
            self._plan = message.plan
            if isinstance(result, Cancelled):
                await self._offer(message.plan, "Stopped. Nothing is broken: a working secret is in the vault.")
            else:
                await self._offer(message.plan, "", ErrorCard(result))
            return
        if isinstance(result, Cancelled):
            await self._tell(Static("Stopped before anything was changed.", markup=False))
        else:
            await self._tell(ErrorCard(result, "esc close"))
        self._close()

    def _done(self, result: Rotated) -> Content:
        what = clean(self._plan.what, 40) if self._plan is not None else "secret"
        if result.detail:
            line = clean(result.detail, 300)
        elif result.rolled_back:
            line = f"Back to the old {what}. The new one is deleted."
        elif result.old_revoked:
            line = f"The new {what} is in use. The old one is deleted."
        else:
            line = f"The new {what} is in use. The old one still works at the provider."
        return Content.assemble(("✓ ", "$vault-ok"), (line, "bold"))

    async def _steps(self, plan: RotationPlan) -> None:
        box = self.query_one("#steps")
        await box.remove_children()
        checklist = Checklist([(step.value, step_words(step, clean(plan.what, 40))) for step in plan.steps])
        await box.mount(checklist)
        if plan.interrupted_at is None:
            return
        for step in plan.steps:
            if step is plan.interrupted_at:
                checklist.set(step.value, StepState.WAITING, note="interrupted here")
                return
            checklist.set(step.value, StepState.DONE)

    async def _offer(self, plan: RotationPlan, sentence: str, card: ErrorCard | None = None) -> None:
        """Finish or go back."""
        await self._steps(plan)
        await self._tell(card if card is not None else Static(Content.styled(sentence, "bold"), markup=False))
        self.query_one(ConfirmName).display = False
        self._buttons("keep", "rollback", "resume")
        self.query_one("#keep", FlatButton).say("Later")
        self.query_one("#resume").focus()
        self.query_one("#box").border_subtitle = "tab · enter · esc later"

    # -- what the person does ------------------------------------------------------------------

    def on_confirm_name_changed(self, event: ConfirmName.Changed) -> None:
        """The button is locked until the name is there."""
        event.stop()
        self.query_one("#rotate", Button).disabled = not event.matches or self._busy

    async def on_confirm_name_entered(self, event: ConfirmName.Entered) -> None:
        """Enter in the field is as good as the button."""
        event.stop()
        await self._start("rotate")

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        """Begin, finish, go back or leave."""
        event.stop()
        if event.button.id in ("rotate", "resume", "rollback"):
            await self._start(event.button.id)
        else:
            self.action_leave()

    def action_leave(self) -> None:
        """While it runs: stop before the next step. Else close."""
        if self._busy:
            self._stop.set()
            self.query_one("#box").border_subtitle = "stopping before the next step…"
            return
        self.dismiss(self._result)

    async def _start(self, act: str) -> None:
        if self._busy or (act == "rotate" and not self.query_one(ConfirmName).matches):
            return
        self._busy = True
        self._stop.clear()
        rotations = host(self).services.rotations
        acts: dict[str, Callable[..., Rotated]] = {
            "rotate": rotations.rotate,
            "resume": rotations.resume,
            "rollback": rotations.rollback,
        }
        self.query_one(ConfirmName).display = False
        self._buttons()
        self.set_focus(None)
        self.query_one("#box").border_subtitle = "esc stop safely"
        overlap = self._plan is None or RotationStep.SWITCH in self._plan.steps
        said = "The old one keeps working until its own step." if overlap else "The old one ends when the new one is made."
        await self._tell(Static(said, classes="dim", markup=False))
        self.run_worker(self._run(acts[act]), group="rotate", exclusive=True, exit_on_error=False)

    # -- small things --------------------------------------------------------------------------

    async def _tell(self, widget: Static) -> None:
        box = self.query_one("#told")
        await box.remove_children()
        await box.mount(widget)

    def _buttons(self, *shown: str) -> None:
        for button in self.query(FlatButton):
            button.display = button.id in shown

    def _close(self) -> None:
        self.query_one(ConfirmName).display = False
        self._buttons("keep")
        keep = self.query_one("#keep", FlatButton)
        keep.say("Close")
        keep.focus()
        self.query_one("#box").border_subtitle = "enter · esc close"
