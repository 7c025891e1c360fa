"""Use case: rotate, resume, roll back; under the profile's lock, with one line in the trail."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from my_app.audit import AuditLog, Event, Result
from my_app.discovery import BothTransports, Discovery, Profiles
from my_app.errors import LoginNeeded, MyAppError, Refused, SettingsFault, Unsupported
from my_app.model import Record
from my_app.ports import Clock, CredentialStore, Entropy
from my_app.recipes import Order, Recipe, chosen
from my_app.rotation import overlap, registered, replacing
from my_app.rotation.journal import Journal
from my_app.rotation.steps import Progress, ProgressWatch, Rotated, RotationPlan, RotationStep, StepState
from my_app.rotation.turn import Ground, Tokens, Turn, api_of

_LOCK: Final = timedelta(seconds=60)


class Rotations:
    """Rotates API keys and client secrets of stored profiles. Sync, resumable.

    Constructor: ``Rotations(accounts=, store=, transport=, clock=, entropy=, audit=, sessions=, discovery=)``; ``sessions``
    gives the tokens of profiles that manage others' secrets.
    """

    def __init__(
        self,
        *,
        accounts: Profiles,
        store: CredentialStore,
        transport: BothTransports,
        clock: Clock,
        entropy: Entropy,
        audit: AuditLog,
        pause: Callable[[float], None] = time.sleep,
        sessions: Tokens | None = None,
        discovery: Discovery | None = None,
    ) -> None:
        self._accounts = accounts
        self._store = store
        self._audit = audit
        self._ground = Ground(
            accounts=accounts,
            store=store,
            transport=transport,
            clock=clock,
            entropy=entropy,
            pause=pause,
            sessions=sessions,
            discovery=discovery or Discovery(transport=transport, clock=clock, entropy=entropy, pause=pause),
        )

    def plan(self, profile: str) -> RotationPlan:
        """What a rotation will do, and what has to be known before. No network.

        Raises Unsupported when no recipe is known, SettingsFault for a wrong one.
        """
        turn = self._turn(profile, lambda progress: None)
        journal = turn.journal
        return RotationPlan(
            profile=profile,
            what=str(turn.recipe.kind),
            steps=steps_of(turn.recipe),
            warning=warning_of(turn.recipe),
            interrupted_at=journal.step if journal else None,
            note=_note(turn, journal),
        )

    def rotate(self, profile: str, *, watch: ProgressWatch) -> Rotated:
        """All steps. A failure leaves a working secret and a journal. Raises Temporary, Refused, StorageFault.

        In the order ``replace`` a lost answer may leave none: then the error says so and how to find out.
        """
        with self._under_way(profile, watch) as turn:
            if turn.journal is not None:
                raise Unsupported(
                    f"A rotation of “{profile}” was cut off at “{turn.journal.step.value}”.",
                    hint=f"Finish it with: my-app rotate {profile} --resume   or go back with: my-app rotate {profile} --rollback",
                )
            return forward_of(turn)(turn)

    def resume(self, profile: str, *, watch: ProgressWatch) -> Rotated:
        """Finish a cut rotation, or say that nothing had happened. Raises Unsupported when none is under way."""
        with self._under_way(profile, watch) as turn:
            overlap.cut(turn)
            return forward_of(turn)(turn)

    def rollback(self, profile: str, *, watch: ProgressWatch) -> Rotated:
        """Return to the old secret and delete the new one. Raises Unsupported when the old one is gone already."""
        with self._under_way(profile, watch) as turn:
            done = back_of(turn)(turn)
            watch(Progress(step=RotationStep.CREATE, state=StepState.DONE, detail="undone"))
            return done

    def _turn(self, name: str, watch: ProgressWatch) -> Turn:
        settled = self._accounts.profile(name)
        record = self._record(name)
        turn = Turn(self._ground, settled, record, chosen(settled, record), watch)
        if turn.journal is not None and turn.journal.recipe != turn.recipe.key:
            raise SettingsFault(
                f"The rotation under way was begun with the recipe “{turn.journal.recipe}”, not “{turn.recipe.key}”.",
                hint="Put that recipe back in config.toml until it is finished.",
            )
        if turn.chosen.manager is None and not turn.recipe.driver:
            api_of(settled, turn.recipe)
        return turn

    @contextmanager
    def _under_way(self, name: str, watch: ProgressWatch) -> Iterator[Turn]:
        """The profile's lock, the record as it is now, and one line in the trail for how it went."""
        try:
            with self._store.lock(name, _LOCK):
                turn = self._turn(name, watch)
                yield turn
        except MyAppError as problem:
            result = Result.DENIED if isinstance(problem, Refused) else Result.FAILED
            self._audit.append(Event.ROTATE, profile=name, result=result, code=problem.code)
            raise
        self._audit.append(Event.ROTATE, profile=name, detail=str(turn.recipe.kind))

    def _record(self, name: str) -> Record:
        record = self._store.load(name)
        if record is None:
            raise LoginNeeded(f"Nothing is stored for “{name}”.", hint="Store a key with: my-app profile add NAME --api-key-stdin")
        return record


def forward_of(turn: Turn) -> Callable[[Turn], Rotated]:
    """The way on, by the order of the recipe."""
    if turn.recipe.driver:
        return registered.forward
    return overlap.forward if turn.recipe.order is Order.OVERLAP else replacing.forward


def back_of(turn: Turn) -> Callable[[Turn], Rotated]:
    """The way back."""
    if turn.recipe.driver:
        return registered.back
    return overlap.back if turn.recipe.order is Order.OVERLAP else replacing.back


def steps_of(recipe: Recipe) -> tuple[RotationStep, ...]:
    """The steps a person is shown; where making ends the old one, there is nothing to switch and maybe nothing to end."""
    if recipe.order is Order.OVERLAP:
        return tuple(RotationStep)
    ends = (RotationStep.REVOKE_OLD,) if "delete" in recipe.calls else ()
    return (RotationStep.CHECK_OLD, RotationStep.CREATE, RotationStep.SAVE, RotationStep.PROVE, *ends)


def warning_of(recipe: Recipe) -> str:
    """What has to be known before it starts."""
    if recipe.order is Order.OVERLAP:
        return recipe.warning
    at_once = f"The old {recipe.kind} ends the moment the new one is made; whatever else uses it stops working."
    lost = (
        "" if recipe.own_secret or "read" in recipe.calls else f" If the answer is lost on the way, so is access: {recipe.recover}."
    )
    return f"{at_once}{lost} {recipe.warning}".strip()


def _note(turn: Turn, journal: Journal | None) -> str:
    if journal is None:
        return ""
    if journal.step is RotationStep.REVOKE_OLD and journal.off == "done":
        return overlap.waiting(turn, journal)
    if journal.step is RotationStep.CREATE and turn.recipe.order is Order.REPLACE:
        return "It is not known whether a new one was made: finishing asks the provider first."
    return ""
