"""Clients that registered themselves (RFC 7592): an update may change the secret, the management token, or both (C5)."""

from __future__ import annotations

from dataclasses import replace

from my_app.errors import MyAppError, StorageFault, Unsupported, WrongCredentials
from my_app.grants.registration import kept, registered
from my_app.oauth import registration
from my_app.oauth.registration import Registered
from my_app.rotation import overlap, replacing
from my_app.rotation.calls import maybe_done
from my_app.rotation.journal import Journal
from my_app.rotation.steps import Rotated, RotationStep, stepped
from my_app.rotation.turn import Turn
from my_app.urls import origin


def forward(turn: Turn) -> Rotated:
    """From wherever the journal stands to the end."""
    if turn.journal is not None and turn.journal.step is RotationStep.CREATE:
        if (nothing := _looked_into(turn, turn.journal)) is not None:
            return nothing
    elif turn.journal is None:
        with stepped(turn.watch, RotationStep.CHECK_OLD):
            _check(turn)
        _create(turn)
    journal = overlap.cut(turn)
    with stepped(turn.watch, RotationStep.PROVE):
        replacing.prove(turn, journal)
    turn.write(None)
    return Rotated(
        profile=turn.record.name,
        old_revoked=True,
        rolled_back=False,
        detail="The new secret is in use; the old one ended when it was made.",
    )


def back(turn: Turn) -> Rotated:
    """Only where nothing has happened. Raises Unsupported when the old secret is gone."""
    journal = overlap.cut(turn)
    if journal.step is RotationStep.CREATE and (nothing := _looked_into(turn, journal)) is not None:
        return nothing
    raise Unsupported(
        "The old secret ended when the new one was made, so there is no way back.",
        hint=f"Finish with: my-app rotate {turn.record.name} --resume",
    )


def _check(turn: Turn) -> None:
    """The provider can be asked, the client managed, and the management token goes where it came from."""
    client = registered(turn.record)
    if client.management_uri is None or client.management_token is None:
        raise Unsupported(
            f"The client of “{turn.record.name}” cannot be managed from here: its provider gave no management address.",
            hint="Make a new secret on the provider's page, then store it with: my-app profile add NAME --client-secret-stdin",
        )
    metadata = turn.ground.discovery.metadata(turn.profile, turn.record)
    home = {origin(url) for url in (turn.profile.issuer, *metadata.endpoints.values()) if url}
    if origin(client.management_uri) not in home:
        raise Unsupported(
            "The management address of this client is not at its provider. Nothing was sent.", hint="Register it anew."
        )


def _create(turn: Turn) -> None:
    client = registered(turn.record)
    journal = Journal(step=RotationStep.CREATE, recipe=turn.recipe.key, mark=client.client_id, old_id=None, old_key=turn.secret)
    with stepped(turn.watch, RotationStep.CREATE):
        turn.write(journal)
        try:
            now = turn.ground.carried(registration.update(client, {}))
        except MyAppError as problem:
            if maybe_done(problem):
                raise replacing.unknown(turn, problem) from None
            turn.write(None)
            raise
    if not _taken(turn, journal, now):
        _keep_registration(turn, now, None)
        raise Unsupported(
            "The provider keeps the client secret when a client is updated, so it cannot be rotated this way; it still works.",
            hint="Register a new client: my-app profile add NEWNAME --issuer URL --register",
        )


def _looked_into(turn: Turn, journal: Journal) -> Rotated | None:
    """Ask with the old management token: what it answers is the truth, and when it is dead the answer was lost for good."""
    if turn.saved_late(journal):
        return None
    try:
        now = turn.ground.carried(registration.read(registered(turn.record)))
    except WrongCredentials as refused:
        raise replacing.lost(turn) from refused
    if _taken(turn, journal, now):
        return None
    _keep_registration(turn, now, journal)
    return replacing.nothing_happened(turn)


def _taken(turn: Turn, journal: Journal, now: Registered) -> bool:
    """Whether a new secret came; then it is kept, together with the management token that came with it."""
    if now.client_secret is None or now.client_secret == journal.old_key:
        return False
    turn.record = replace(turn.record, registration=kept(now))
    turn.keep(replace(journal, step=RotationStep.PROVE, new_key=now.client_secret), use=now.client_secret)
    return True


def _keep_registration(turn: Turn, now: Registered, journal: Journal | None) -> None:
    """Only the management token changed: it is as easily lost as a secret."""
    turn.record = replace(turn.record, registration=kept(now))
    try:
        turn.write(journal)
    except StorageFault:
        turn.ground.pause(1.0)
        turn.write(journal)
