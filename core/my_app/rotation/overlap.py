"""The safe order: old and new live side by side, and only a proven new one ends the old one."""

from __future__ import annotations

from dataclasses import replace

from my_app.errors import BadAnswer, MyAppError, Refused, ServerRefused, Unsupported, WrongCredentials
from my_app.recipes.template import matches, word_at
from my_app.rotation.calls import Signer, maybe_done
from my_app.rotation.journal import Journal
from my_app.rotation.proving import alive, new_secret_of, prove_patiently, works
from my_app.rotation.steps import Rotated, RotationStep, ending, stepped
from my_app.rotation.turn import Turn, plain_id
from my_app.secret import Secret


def forward(turn: Turn) -> Rotated:
    """From wherever the journal stands to the end, of a rollback too that was cut. A failure leaves a working secret in use."""
    asked_to_finish = turn.journal is not None
    if turn.journal is not None and turn.journal.undoing:
        return back(turn)
    if turn.journal is not None and turn.journal.step is RotationStep.CREATE:
        if not findable(turn) and turn.record.name not in turn.ground.unsaved:
            raise Unsupported(
                f"It is not known whether a new {turn.recipe.kind} was made; the old one is in use and works.",
                hint=f"Look for “{turn.journal.mark}” on the provider's page, then: my-app rotate {turn.record.name} --rollback",
            )
        if not turn.saved_late(turn.journal):
            remove_leftover(turn, turn.journal)
            turn.write(None)
    if turn.journal is None:
        with stepped(turn.watch, RotationStep.CHECK_OLD):
            old_id = check_old(turn)
        _create(turn, old_id)
    journal = cut(turn)
    if journal.step is RotationStep.PROVE:
        with stepped(turn.watch, RotationStep.PROVE):
            prove(turn, journal)
        with stepped(turn.watch, RotationStep.SWITCH, ending(journal.new_key)):
            journal = replace(journal, step=RotationStep.REVOKE_OLD)
            turn.write(journal, use=journal.new_key, use_id=journal.new_id)
    with stepped(turn.watch, RotationStep.REVOKE_OLD, ending(journal.old_key)):
        if "disable" in turn.recipe.calls:
            was_off = asked_to_finish and journal.off == "done"
            journal = _switched_off(turn, journal)
            if not was_off and turn.chosen.grace:
                return Rotated(
                    profile=turn.record.name,
                    old_revoked=False,
                    rolled_back=False,
                    detail=f"The new {turn.recipe.kind} is in use. {waiting(turn, journal)}",
                )
        _end(turn, journal.old_id, journal.new_key or turn.secret, journal)
        turn.write(None)
    return finished(turn, journal)


def back(turn: Turn) -> Rotated:
    """Return to the old secret and delete the new one. Raises Unsupported when the old one is gone."""
    journal = cut(turn)
    if journal.step is RotationStep.REVOKE_OLD:
        journal = _switched_back(turn, journal)
    left = ""
    if journal.step is RotationStep.CREATE and not findable(turn):
        left = f" Whether a new one was made is not known: look for “{journal.mark}” on the provider's page and delete it."
    elif journal.step is RotationStep.CREATE:
        remove_leftover(turn, journal)
    elif journal.new_id is not None:
        journal = replace(journal, undoing=True)
        turn.write(journal)
        _disabled(turn, journal.new_id, journal.old_key, journal, again=True)
        _end(turn, journal.new_id, journal.old_key, journal)
    turn.write(None)
    word = turn.recipe.kind.split()[-1]
    return Rotated(
        profile=turn.record.name,
        old_revoked=False,
        rolled_back=True,
        detail=f"The old {word} is in use.{left}" if left else f"The old {word} is in use again; the new one was deleted.",
    )


def cut(turn: Turn) -> Journal:
    """The journal. Raises Unsupported when no rotation is under way."""
    if turn.journal is None:
        name = turn.record.name
        raise Unsupported(f"No rotation of “{name}” is under way.", hint=f"Start one with: my-app rotate {name}")
    return turn.journal


def waiting(turn: Turn, journal: Journal) -> str:
    """What a switched-off old secret waits for."""
    name = turn.record.name
    until = f" on {journal.off_at + turn.chosen.grace:%Y-%m-%d %H:%M} UTC or before" if journal.off_at else ""
    return (
        f"The old one is switched off and not yet deleted: see whether anything still needs it, then delete it{until} with "
        f"my-app rotate {name} --resume, or go back with --rollback."
    )


def finished(turn: Turn, journal: Journal) -> Rotated:
    """The last word: whether the provider really lets the old one go, where that can be asked."""
    if "probe" in turn.recipe.calls and alive(turn, journal.old_key, journal):
        return Rotated(
            profile=turn.record.name,
            old_revoked=False,
            rolled_back=False,
            detail="The new one is in use, but the provider still accepts the old one: end it on the provider's page.",
        )
    return Rotated(
        profile=turn.record.name,
        old_revoked=True,
        rolled_back=False,
        detail=f"The new {turn.recipe.kind.split()[-1]} is in use; the old one was deleted.",
    )


def check_old(turn: Turn) -> str | None:
    """The old secret works, a new one may be made, and which one is to be ended in the end. Nothing is changed."""
    recipe, signer = turn.recipe, turn.manager(turn.secret)
    old_id: str | None = None
    if "self" in recipe.calls:
        call = recipe.call("self")
        answer = turn.ask("self", turn.by(turn.secret), turn.names())
        document = answer.document()
        if call.check and not matches(document, call.check, turn.names()):
            raise WrongCredentials(f"{answer.host} says that the {recipe.kind} in use is not active.", status=answer.status)
        old_id = word_at(document, call.id)
    elif turn.chosen.manager is not None or "list" not in recipe.calls:
        works(turn, turn.secret)
    if "list" in recipe.calls and recipe.call("list").current:
        old_id = _found_in_use(turn, signer)
    if old_id is not None and not plain_id(old_id):
        raise BadAnswer("The id of the secret in use is not a plain word, so nothing was done.")
    if "guard" in recipe.calls:
        expect = recipe.call("guard").expect
        if turn.ask("guard", signer, turn.names(old_id=old_id)).status not in expect:
            raise Unsupported(
                "The provider still keeps the secret of an earlier rotation, which a new one would end early.",
                hint="Wait until it has expired, or end it on the provider's page.",
            )
    turn.look(signer, old_id)
    return old_id


def _found_in_use(turn: Turn, signer: Signer) -> str:
    call = turn.recipe.call("list")
    names = turn.names()
    items = turn.items(signer, names)
    if call.most is not None and len(items) > call.most:
        raise Unsupported(
            f"The provider has {len(items)} secrets already and takes no more than {call.most + 1}.",
            hint="Delete the one nobody uses on the provider's page, then try again.",
        )
    ids = [word_at(item, call.id) for item in items if matches(item, call.current, names)]
    if not ids and turn.record.api_key_id is not None:
        ids = [word for item in items if (word := word_at(item, call.id)) == turn.record.api_key_id]
    if len(ids) != 1 or ids[0] is None:
        raise Unsupported(
            "The provider does not say which of its secrets is the one in use, so the old one could not be deleted.",
            hint="Make a new one on the provider's page, then store it with: my-app profile add NAME --api-key-stdin",
        )
    return ids[0]


def _create(turn: Turn, old_id: str | None) -> None:
    signer = turn.manager(turn.secret)
    entropy = turn.ground.entropy
    journal = Journal(
        step=RotationStep.CREATE,
        recipe=turn.recipe.key,
        mark=f"my-app {entropy(8).hex()}",
        old_id=old_id,
        old_key=turn.secret,
        new_key=Secret(entropy(32).hex()) if turn.recipe.own_secret else None,
    )
    with stepped(turn.watch, RotationStep.CREATE):
        turn.write(journal)
        try:
            made = new_secret_of(turn, turn.ask("create", signer, turn.names(journal)), journal)
            if made.new_id == old_id:
                raise BadAnswer("The provider gave the new secret the id of the old one.")
        except MyAppError as problem:
            if not maybe_done(problem):
                turn.write(None)  # certainly nothing was made, so there is nothing to resume
            elif isinstance(problem, BadAnswer):
                name = turn.record.name
                raise BadAnswer(
                    problem.message, hint=f"Undo what may have been made with: my-app rotate {name} --rollback"
                ) from None
            raise
    turn.keep(made)


def prove(turn: Turn, journal: Journal) -> None:
    """The new one works. Raises WrongCredentials naming both ways on."""
    try:
        prove_patiently(turn, journal)
    except WrongCredentials as refused:
        raise WrongCredentials(
            f"The new {turn.recipe.kind.split()[-1]} does not work yet; the old one is still in use.",
            hint=f"Try again with: my-app rotate {turn.record.name} --resume   or go back with --rollback",
            **refused.facts,
        ) from None


def findable(turn: Turn) -> bool:
    """Whether a secret that nobody heard of can be found again."""
    return "list" in turn.recipe.calls and bool(turn.recipe.call("list").made)


def remove_leftover(turn: Turn, journal: Journal) -> None:
    """A secret that was made while nobody heard the answer: found by its random name or value, and by nothing else."""
    call = turn.recipe.call("list")
    signer, names = turn.manager(journal.old_key), turn.names(journal)
    for item in turn.items(signer, names):
        key_id = word_at(item, call.id)
        if matches(item, call.made, names) and key_id is not None and key_id != journal.old_id:
            _disabled(turn, key_id, journal.old_key, journal, again=True)
            _end(turn, key_id, journal.old_key, journal)


def _switched_off(turn: Turn, journal: Journal) -> Journal:
    """Off, but so that it can be undone; then the new one proven again. Written before and after."""
    if journal.off != "done":
        again = journal.off == "asked"
        journal = replace(journal, off="asked")
        turn.write(journal)
        _disabled(turn, journal.old_id, turn.secret, journal, again=again)
        journal = replace(journal, off="done", off_at=turn.ground.clock.now())
        turn.write(journal)
    works(turn, turn.secret, journal)
    return journal


def _disabled(turn: Turn, key_id: str | None, by: Secret, journal: Journal, *, again: bool) -> None:
    """``again``: it may be off already, which some providers refuse to repeat."""
    if "disable" not in turn.recipe.calls:
        return
    try:
        turn.ask("disable", turn.manager(by), turn.names(journal, id=key_id))
    except ServerRefused:
        if not again:
            raise


def _switched_back(turn: Turn, journal: Journal) -> Journal:
    gone = Unsupported(
        f"The old {turn.recipe.kind.split()[-1]} is deleted already, so there is no way back; the new one works.",
        hint=f"Finish with: my-app rotate {turn.record.name} --resume",
    )
    if journal.off and "enable" in turn.recipe.calls:
        journal = replace(journal, off="asked", off_at=None)
        turn.write(journal)
        try:
            turn.ask("enable", turn.manager(turn.secret), turn.names(journal, id=journal.old_id))
        except Refused as refused:
            # One that was never off is refused too: the proof below tells which it is.
            if refused.facts.get("status") not in (400, 404, 409, 410):
                raise
    try:
        works(turn, journal.old_key, replace(journal, new_id=journal.old_id))
    except WrongCredentials:
        raise gone from None
    journal = replace(journal, step=RotationStep.PROVE, off="", off_at=None)
    turn.write(journal, use=journal.old_key, use_id=journal.old_id)
    return journal


def _end(turn: Turn, key_id: str | None, by: Secret, journal: Journal) -> None:
    """Delete exactly one, by its id, and never the one that signs."""
    signer = turn.manager(by)
    signing = {signer.record.api_key_id}
    if turn.chosen.manager is None:
        signing.add(journal.new_id if by == journal.new_key else journal.old_id)
    if not plain_id(key_id) or key_id in signing:
        raise BadAnswer("The id of a key is not a plain word, or is that of the key in use, so nothing was deleted.")
    turn.ask("delete", signer, turn.names(journal, id=key_id))
