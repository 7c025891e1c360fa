"""Replace a key or secret without ever being without a working one: a journal of steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Final, TypeVar

from my_app.api_key import prove, require_origin
from my_app.audit import AuditLog, Event, Result
from my_app.carry import run
from my_app.discovery import BothTransports, Profiles
from my_app.errors import BadAnswer, LoginNeeded, MyAppError, NetworkUnavailable, Refused, Unsupported, WrongCredentials
from my_app.model import Record
from my_app.oauth.exchange import Exchange
from my_app.ports import Clock, CredentialStore, Entropy
from my_app.recipes import recipe_for
from my_app.rotation_steps import Progress, ProgressWatch, Rotated, RotationPlan, RotationStep, StepState, ending, stepped
from my_app.rotation_turn import Journal, Turn, deleted, journal_of, listing, made
from my_app.secret import Secret

__all__ = ["Progress", "ProgressWatch", "Rotated", "RotationPlan", "RotationStep", "Rotations", "StepState"]

T = TypeVar("T")
_LOCK: Final = timedelta(seconds=60)
_PROOFS: Final = 3
"""Tries to prove a new key; some providers need a moment until it works everywhere."""


class Rotations:
    """Rotates API keys of stored profiles. Sync, resumable.

    Constructor: ``Rotations(accounts=, store=, transport=, clock=, entropy=, audit=)``.
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
    ) -> None:
        self._accounts = accounts
        self._store = store
        self._transport = transport
        self._clock = clock
        self._entropy = entropy
        self._audit = audit
        self._pause = pause

    def plan(self, profile: str) -> RotationPlan:
        """Raises Unsupported when the provider has no recipe. No network."""
        settled = self._accounts.profile(profile)
        record = self._record(profile)
        recipe_for(settled, record.kind)
        journal = journal_of(record)
        return RotationPlan(
            profile=profile, what="API key", steps=tuple(RotationStep), warning="", interrupted_at=journal.step if journal else None
        )

    def rotate(self, profile: str, *, watch: ProgressWatch) -> Rotated:
        """All steps. A failure leaves a working secret and a journal. Raises Temporary, Refused, StorageFault."""
        with self._under_way(profile) as turn:
            if turn.journal is not None:
                raise Unsupported(
                    f"A rotation of “{profile}” was cut off at “{turn.journal.step.value}”.",
                    hint=f"Finish it with: my-app rotate {profile} --resume   or go back with: my-app rotate {profile} --rollback",
                )
            return self._forward(turn, watch)

    def resume(self, profile: str, *, watch: ProgressWatch) -> Rotated:
        """Finish a cut rotation. Raises Unsupported when none is under way."""
        with self._under_way(profile) as turn:
            journal = self._cut(turn)
            if journal.step is RotationStep.CREATE:
                self._remove_leftover(turn, journal)
                turn.record = self._write(turn, None)
            return self._forward(turn, watch)

    def rollback(self, profile: str, *, watch: ProgressWatch) -> Rotated:
        """Return to the old secret and delete the new one. Raises Unsupported when the old one is gone already."""
        with self._under_way(profile) as turn:
            journal = self._cut(turn)
            if journal.step is RotationStep.REVOKE_OLD:
                journal = self._switched_back(turn, journal)
            if journal.step is RotationStep.CREATE:
                self._remove_leftover(turn, journal)
            elif journal.new_id is not None:
                self._delete(turn, journal.new_id, journal.old_key)
            turn.record = self._write(turn, None)
            watch(Progress(step=RotationStep.CREATE, state=StepState.DONE, detail="undone"))
        return Rotated(
            profile=profile, old_revoked=False, rolled_back=True, detail="The old key is in use again; the new one was deleted."
        )

    def _forward(self, turn: Turn, watch: ProgressWatch) -> Rotated:
        """From wherever the journal stands to the end."""
        if turn.journal is None:
            with stepped(watch, RotationStep.CHECK_OLD):
                old_id = self._own_id(turn)
            turn.record = self._create(turn, old_id, watch)
        journal = self._cut(turn)
        if journal.step is RotationStep.PROVE:
            with stepped(watch, RotationStep.PROVE):
                self._prove(turn, journal)
            with stepped(watch, RotationStep.SWITCH, ending(journal.new_key)):
                journal = replace(journal, step=RotationStep.REVOKE_OLD)
                turn.record = self._write(turn, journal, api_key=journal.new_key, api_key_id=journal.new_id)
        with stepped(watch, RotationStep.REVOKE_OLD, ending(journal.old_key)):
            self._delete(turn, journal.old_id, journal.new_key or turn.key)
            turn.record = self._write(turn, None)
        return Rotated(
            profile=turn.record.name, old_revoked=True, rolled_back=False, detail="The new key is in use; the old one was deleted."
        )

    def _create(self, turn: Turn, old_id: str, watch: ProgressWatch) -> Record:
        mark = f"my-app {self._entropy(8).hex()}"
        journal = Journal(step=RotationStep.CREATE, mark=mark, old_id=old_id, old_key=turn.key)
        with stepped(watch, RotationStep.CREATE):
            turn.record = self._write(turn, journal)
            try:
                members = self._carried(made(turn, mark))
            except (Refused, NetworkUnavailable) as problem:
                if isinstance(problem, Refused) or problem.facts.get("sent") is False:
                    # Certainly nothing was made, so there is nothing to resume.
                    turn.record = self._write(turn, None)
                raise
            new_key, new_id = members.get(turn.recipe.key), members.get(turn.recipe.key_id)
            if not isinstance(new_key, str) or not new_key or not isinstance(new_id, (str, int)):
                raise BadAnswer(
                    "The answer holds no new key.",
                    hint=f"Undo what may have been made with: my-app rotate {turn.record.name} --rollback",
                )
        with stepped(watch, RotationStep.SAVE, ending(Secret(new_key))):
            return self._write(turn, replace(journal, step=RotationStep.PROVE, new_key=Secret(new_key), new_id=str(new_id)))

    def _prove(self, turn: Turn, journal: Journal) -> None:
        if journal.new_key is None:
            raise LoginNeeded("The journal holds no new key.", hint=f"Go back with: my-app rotate {turn.record.name} --rollback")
        for attempt in range(1, _PROOFS + 1):
            try:
                self._carried(prove(turn.profile, journal.new_key, turn.proof))
            except WrongCredentials:
                if attempt == _PROOFS:
                    raise WrongCredentials(
                        "The new key does not work yet; the old one is still in use.",
                        hint=f"Try again with: my-app rotate {turn.record.name} --resume   or go back with --rollback",
                    ) from None
                self._pause(1.0)
            else:
                return

    def _switched_back(self, turn: Turn, journal: Journal) -> Journal:
        try:
            self._carried(prove(turn.profile, journal.old_key, turn.proof))
        except WrongCredentials:
            raise Unsupported(
                "The old key is deleted already, so there is no way back; the new one works.",
                hint=f"Finish with: my-app rotate {turn.record.name} --resume",
            ) from None
        journal = replace(journal, step=RotationStep.PROVE)
        turn.record = self._write(turn, journal, api_key=journal.old_key, api_key_id=journal.old_id)
        return journal

    def _own_id(self, turn: Turn) -> str:
        """The provider's id of the key in use, so that exactly it is deleted in the end."""
        for item in self._listed(turn, turn.key):
            key_id = item.get(turn.recipe.key_id)
            if item.get(turn.recipe.current) is True or (
                turn.record.api_key_id is not None and str(key_id) == turn.record.api_key_id
            ):
                return str(key_id)
        raise Unsupported(
            "The provider does not say which of its keys is the one in use, so the old one could not be deleted.",
            hint="Make a new key on the provider's page, then store it with: my-app profile add NAME --api-key-stdin",
        )

    def _remove_leftover(self, turn: Turn, journal: Journal) -> None:
        """A key that was made while nobody heard the answer, found by its random name."""
        for item in self._listed(turn, journal.old_key):
            key_id = item.get(turn.recipe.key_id)
            if item.get(turn.recipe.name) == journal.mark and key_id is not None and str(key_id) != journal.old_id:
                self._delete(turn, str(key_id), journal.old_key)

    def _listed(self, turn: Turn, key: Secret) -> list[dict[str, object]]:
        return self._carried(listing(turn, key))

    def _delete(self, turn: Turn, key_id: str, key: Secret) -> None:
        self._carried(deleted(turn, key_id, key))

    def _write(
        self, turn: Turn, journal: Journal | None, *, api_key: Secret | None = None, api_key_id: str | None = None
    ) -> Record:
        changed = replace(turn.record, pending=journal.written() if journal else None)
        if api_key is not None:
            changed = replace(changed, api_key=api_key, api_key_id=api_key_id)
        return self._store.save(changed)

    def _cut(self, turn: Turn) -> Journal:
        if turn.journal is None:
            name = turn.record.name
            raise Unsupported(f"No rotation of “{name}” is under way.", hint=f"Start one with: my-app rotate {name}")
        return turn.journal

    @contextmanager
    def _under_way(self, name: str) -> Iterator[Turn]:
        """The profile's lock, the record as it is now, and one line in the trail for how it went."""
        settled = self._accounts.profile(name)
        try:
            with self._store.lock(name, _LOCK):
                record = self._record(name)
                recipe = recipe_for(settled, record.kind)
                turn = Turn(settled, record, recipe)
                require_origin(settled, record, turn.address(recipe.create))
                require_origin(settled, record, turn.proof)
                yield turn
        except MyAppError as problem:
            result = Result.DENIED if isinstance(problem, Refused) else Result.FAILED
            self._audit.append(Event.ROTATE, profile=name, result=result, code=problem.code)
            raise
        self._audit.append(Event.ROTATE, profile=name, detail="API key")

    def _record(self, name: str) -> Record:
        record = self._store.load(name)
        if record is None:
            raise LoginNeeded(f"Nothing is stored for “{name}”.", hint="Store a key with: my-app profile add NAME --api-key-stdin")
        return record

    def _carried(self, exchange: Exchange[T]) -> T:
        return run(exchange, self._transport, clock=self._clock, entropy=self._entropy, pause=self._pause)
