"""The other order: making the new secret ends the old one, so it is asked for once and kept before all else."""

from __future__ import annotations

from dataclasses import replace

from my_app.errors import BadAnswer, LoginNeeded, MyAppError, Unsupported, WrongCredentials
from my_app.recipes.template import word_at
from my_app.rotation import overlap
from my_app.rotation.calls import maybe_done
from my_app.rotation.journal import Journal
from my_app.rotation.proving import alive, new_secret_of, prove_patiently
from my_app.rotation.steps import Rotated, RotationStep, ending, stepped
from my_app.rotation.turn import Turn
from my_app.secret import Secret


def forward(turn: Turn) -> Rotated:
    """From wherever the journal stands to the end; a lost answer is looked into and never simply asked for again."""
    if turn.journal is not None and turn.journal.step is RotationStep.CREATE:
        if (nothing := looked_into(turn, turn.journal)) is not None:
            return nothing
    elif turn.journal is None:
        with stepped(turn.watch, RotationStep.CHECK_OLD):
            old_id = overlap.check_old(turn)
        create(turn, old_id)
    journal = overlap.cut(turn)
    with stepped(turn.watch, RotationStep.PROVE):
        prove(turn, journal)
    if "delete" in turn.recipe.calls:
        with stepped(turn.watch, RotationStep.REVOKE_OLD, ending(journal.old_key)):
            turn.ask("delete", turn.manager(turn.secret), turn.names(journal, id=journal.old_id))
    turn.write(None)
    return overlap.finished(turn, journal)


def back(turn: Turn) -> Rotated:
    """Only where nothing has happened. Raises Unsupported when the old secret is gone."""
    journal = overlap.cut(turn)
    if journal.step is RotationStep.CREATE and (nothing := looked_into(turn, journal)) is not None:
        return nothing
    raise Unsupported(
        f"The old {turn.recipe.kind.split()[-1]} ended when the new one was made, so there is no way back.",
        hint=f"Finish with: my-app rotate {turn.record.name} --resume",
    )


def create(turn: Turn, old_id: str | None) -> None:
    """Ask once; what comes is the secret in use from the moment it is saved."""
    entropy = turn.ground.entropy
    journal = Journal(
        step=RotationStep.CREATE,
        recipe=turn.recipe.key,
        mark=f"my-app {entropy(8).hex()}",
        old_id=old_id,
        old_key=turn.secret,
        new_key=Secret(entropy(32).hex()) if turn.recipe.own_secret else None,
    )
    signer = turn.manager(turn.secret)
    with stepped(turn.watch, RotationStep.CREATE):
        turn.write(journal)
        try:
            made = new_secret_of(turn, turn.ask("create", signer, turn.names(journal)), journal)
        except MyAppError as problem:
            if maybe_done(problem):
                raise unknown(turn, problem) from None
            turn.write(None)  # certainly nothing was made, so there is nothing to resume
            raise
    turn.keep(made, use=made.new_key)


def looked_into(turn: Turn, journal: Journal) -> Rotated | None:
    """After a lost answer: None when the new secret is known and kept now, else that nothing had happened.

    Raises LoginNeeded when the old one is dead and the new one lost, Temporary when it cannot be told yet.
    """
    if turn.saved_late(journal):
        return None
    if turn.recipe.own_secret or (turn.recipe.repeatable and turn.chosen.manager is not None and not _lives(turn, journal)):
        # The value is known, or a new one simply replaces the lost one: asking again does no harm.
        try:
            made = new_secret_of(turn, turn.ask("create", turn.manager(turn.secret), turn.names(journal)), journal)
        except MyAppError as problem:
            raise (unknown(turn, problem) if maybe_done(problem) else problem) from None
        turn.keep(made, use=made.new_key)
        return None
    if "read" in turn.recipe.calls:
        answer = turn.ask("read", turn.manager(turn.secret), turn.names(journal))
        value = word_at(answer.document(), turn.recipe.call("read").secret)
        if value is None:
            raise BadAnswer(f"The answer of {answer.host} holds no {turn.recipe.kind}.")
        if Secret(value) != journal.old_key:
            new = Secret(value)
            turn.keep(replace(journal, step=RotationStep.PROVE, new_key=new, new_id=journal.old_id), use=new)
            return None
        return nothing_happened(turn)
    if _lives(turn, journal):
        return nothing_happened(turn)
    raise lost(turn)


def nothing_happened(turn: Turn) -> Rotated:
    """The old secret is as good as before."""
    turn.write(None)
    name = turn.record.name
    return Rotated(
        profile=name,
        old_revoked=False,
        rolled_back=True,
        detail=f"Nothing had happened: the old {turn.recipe.kind.split()[-1]} still works. Start again with: my-app rotate {name}",
    )


def lost(turn: Turn) -> LoginNeeded:
    """The old one is dead and nobody heard the new one."""
    name = turn.record.name
    recover = turn.recipe.recover or "Make a new one on the provider's page, then store it with: my-app profile add NAME"
    return LoginNeeded(
        f"The provider replaced the {turn.recipe.kind} of “{name}”, but its answer was lost, and the old one is dead.",
        hint=f"{recover.replace(' NAME', f' {name}')}. Before that: my-app profile remove {name}",
    )


def unknown(turn: Turn, problem: MyAppError) -> MyAppError:
    """The same failure, saying that it is not known which secret is good and how to find out."""
    hint = f"It is not known whether a new one was made. Find out with: my-app rotate {turn.record.name} --resume"
    return type(problem)(problem.message, hint=hint, **problem.facts)


def prove(turn: Turn, journal: Journal) -> None:
    """The new one works; the old one is gone either way, so the new one is never given up."""
    try:
        prove_patiently(turn, journal)
    except WrongCredentials as refused:
        raise WrongCredentials(
            f"The new {turn.recipe.kind.split()[-1]} does not work yet, and the old one ended when it was made.",
            hint=f"The new one is kept. Prove it again in a minute: my-app rotate {turn.record.name} --resume",
            **refused.facts,
        ) from None


def _lives(turn: Turn, journal: Journal) -> bool:
    """Whether the old one does. Raises Unsupported when the provider cannot be asked now."""
    found = alive(turn, journal.old_key, journal)
    if found is None:
        raise Unsupported(
            f"Whether the old {turn.recipe.kind} still works cannot be told now.",
            hint=f"Try again later: my-app rotate {turn.record.name} --resume",
        )
    return found
