"""Whether a secret works: asked by a request that changes nothing, with patience where a provider needs a moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from my_app.errors import BadAnswer, LoginNeeded, Refused, Temporary, Unsupported, WrongCredentials
from my_app.model import Flow
from my_app.oauth.exchange import Exchange
from my_app.oauth.revoke import revoke
from my_app.oauth.token import client_credentials
from my_app.recipes import Call, SecretKind
from my_app.recipes.template import matches, word_at
from my_app.rotation.calls import Answer, asked
from my_app.rotation.journal import Journal
from my_app.rotation.steps import RotationStep
from my_app.rotation.turn import Turn, plain_id
from my_app.secret import Secret

_LONGEST_SECRET: Final = 8192


def works(turn: Turn, secret: Secret, journal: Journal | None = None) -> None:
    """One harmless request with ``secret``. Raises WrongCredentials when it is not accepted, else what went wrong."""
    if turn.recipe.kind is SecretKind.CLIENT_SECRET and "prove" not in turn.recipe.calls:
        _prove_client(turn, secret)
        return
    call = turn.recipe.calls.get("prove")
    names = turn.names(journal)
    if call is None:
        if turn.profile.check_url is None:
            raise Unsupported(
                f"“{turn.profile.name}” has no URL to check its key with.",
                hint=f"Set one with: my-app profile set {turn.profile.name} check_url=URL",
            )
        call = Call(method="GET", url=turn.profile.check_url.replace("{", "%7B"))
    answer = turn.ground.carried(asked("prove", call, turn.by(secret), names))
    if call.check and journal is not None and not matches(answer.document(), call.check, names):
        raise WrongCredentials(f"{answer.host} says that the {turn.recipe.kind} is not active.", status=answer.status)


def prove_patiently(turn: Turn, journal: Journal) -> None:
    """Prove the new secret, giving it the provider's time to spread. Raises WrongCredentials, Temporary, Refused."""
    if journal.new_key is None:
        raise LoginNeeded("The journal holds no new secret.", hint=f"Go back: my-app rotate {turn.record.name} --rollback")
    waited, wait = timedelta(0), timedelta(seconds=1)
    while True:
        try:
            works(turn, journal.new_key, journal)
        except WrongCredentials:
            if waited >= turn.recipe.propagation:
                raise
            turn.ground.pause(wait.total_seconds())
            waited, wait = waited + wait, min(wait * 2, timedelta(seconds=5))
        else:
            return


def alive(turn: Turn, secret: Secret, journal: Journal) -> bool | None:
    """Whether the provider still takes ``secret``; None: it cannot be told. Only ever by a GET."""
    probe = turn.recipe.calls.get("probe")
    try:
        if probe is None:
            works(turn, secret, journal)
            return True
        names = turn.names(journal)
        answer = turn.ground.carried(asked("probe", replace(probe, accept=probe.dead), turn.by(secret), names))
        if answer.status in probe.dead:
            return False
        return True if not probe.check or matches(answer.document(), probe.check, names) else None
    except WrongCredentials:
        return False
    except (Refused, Temporary, BadAnswer):
        return None


def _prove_client(turn: Turn, secret: Secret) -> None:
    """A token request, or for a client that gets none on its own the revocation of a token nobody has (RFC 7009 2.2)."""
    record = replace(turn.record, client_secret=secret)
    discovery = turn.ground.discovery
    metadata = discovery.metadata(turn.profile, record)
    client = discovery.clients.of(turn.profile, record, dpop_key=record.dpop_key)
    exchange: Exchange[object]
    if turn.profile.flow is Flow.CLIENT_CREDENTIALS:
        exchange = client_credentials(
            metadata,
            client,
            scopes=turn.profile.scopes or (),
            resources=turn.profile.resources,
            audience=turn.profile.audience,
        )
    else:
        exchange = revoke(metadata, client, Secret(turn.ground.entropy(24).hex()), hint="refresh_token")
    try:
        turn.ground.carried(exchange)
    except Refused as refused:
        # Some providers have other words for a wrong secret, but all of them say 401.
        if refused.facts.get("status") == 401:
            raise WrongCredentials(refused.message, hint=refused.hint, **refused.facts) from None
        raise


def new_secret_of(turn: Turn, answer: Answer, journal: Journal) -> Journal:
    """The journal with what a create answer gave. Raises BadAnswer, and then nothing of it was kept."""
    call = turn.recipe.call("create")
    document = answer.document() if call.secret is not None or call.id is not None else None
    new, new_id = journal.new_key, word_at(document, call.id) or journal.old_id
    if call.secret is not None:
        value = word_at(document, call.secret)
        if (
            value is None
            or len(value) > _LONGEST_SECRET
            or not value.isascii()
            or not value.isprintable()
            or value != value.strip()
        ):
            raise BadAnswer(f"The answer of {answer.host} holds no new {turn.recipe.kind}.")
        new = Secret(value)
    if new is None or new == journal.old_key:
        raise BadAnswer(f"{answer.host} answered with the old {turn.recipe.kind}.", hint="Nothing was changed here.")
    if call.id is not None and (word_at(document, call.id) is None or not plain_id(new_id)):
        raise BadAnswer(f"The answer of {answer.host} holds no usable id of the new {turn.recipe.kind}.")
    return replace(journal, step=RotationStep.PROVE, new_key=new, new_id=new_id)
