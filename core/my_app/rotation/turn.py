"""One rotation under the profile's lock: the record as last saved, who signs, and the proofs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final, Protocol, TypeVar

from my_app.calls.key import header_of
from my_app.carry import run
from my_app.discovery import BothTransports, Discovery, Profiles
from my_app.errors import BadAnswer, LoginNeeded, SettingsFault, StorageFault, Unsupported
from my_app.model import AccessToken, Kind, Profile, Record
from my_app.oauth.exchange import Exchange
from my_app.ports import Clock, CredentialStore, Entropy
from my_app.recipes import Chosen, Recipe, SecretKind
from my_app.recipes.template import MISSING, at
from my_app.rotation.calls import Answer, Signer, asked
from my_app.rotation.journal import Journal, journal_of
from my_app.rotation.steps import Progress, ProgressWatch, RotationStep, StepState, ending
from my_app.secret import Secret
from my_app.text import clean

T = TypeVar("T")
_SAVES: Final = 3
"""Tries to save a secret that exists nowhere else."""
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


class Tokens(Protocol):
    """Where the token of a managing profile comes from; ``Sessions`` is one."""

    def token(self, profile: str) -> AccessToken:
        """A token that lives."""

    def proof(self, token: AccessToken, method: str, url: str) -> Mapping[str, str]:
        """The header that proves its key; empty for a bearer token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What every rotation stands on."""

    accounts: Profiles
    store: CredentialStore
    transport: BothTransports
    clock: Clock
    entropy: Entropy
    pause: Callable[[float], None]
    sessions: Tokens | None
    discovery: Discovery
    unsaved: dict[str, Record] = field(default_factory=dict)
    """Records with a new secret that a full disk refused, by profile; a later try in this process saves them."""

    def carried(self, exchange: Exchange[T]) -> T:
        """Drive an exchange to its result."""
        return run(exchange, self.transport, clock=self.clock, entropy=self.entropy, pause=self.pause)


class Turn:
    """One rotation."""

    def __init__(self, ground: Ground, profile: Profile, record: Record, chosen: Chosen, watch: ProgressWatch) -> None:
        self.ground = ground
        self.profile = profile
        self.record = record
        self.chosen = chosen
        self.watch = watch
        self._taken: dict[str, object] = {}

    @property
    def recipe(self) -> Recipe:
        """How the provider does it."""
        return self.chosen.recipe

    @property
    def journal(self) -> Journal | None:
        """As the record has it now."""
        return journal_of(self.record)

    @property
    def secret(self) -> Secret:
        """The secret in use. Raises LoginNeeded."""
        found = self.record.api_key if self.recipe.kind is SecretKind.API_KEY else self.record.client_secret
        if found is None:
            raise LoginNeeded(
                f"No {self.recipe.kind} is stored for “{self.record.name}”.",
                hint="Store one with: my-app profile add NAME --api-key-stdin (or --client-secret-stdin)",
            )
        return found

    # -- keeping ----------------------------------------------------------------------------------

    def write(self, journal: Journal | None, *, use: Secret | None = None, use_id: str | None = None) -> None:
        """Save the journal, and with ``use`` the secret to use from now on. Raises StorageFault."""
        self.record = self.ground.store.save(self._with(journal, use, use_id))

    def keep(self, journal: Journal, *, use: Secret | None = None) -> None:
        """Save a secret that exists nowhere else: before anything is told, and not given up at the first full disk."""
        changed = self._with(journal, use, journal.new_id)
        for left in reversed(range(_SAVES)):
            try:
                self.record = self.ground.store.save(changed)
            except StorageFault as problem:
                if not left:
                    self.ground.unsaved[self.record.name] = changed
                    self.watch(Progress(step=RotationStep.SAVE, state=StepState.FAILED, detail=clean(problem.message, 120)))
                    raise
                self.ground.pause(1.0)
            else:
                break
        self.ground.unsaved.pop(self.record.name, None)
        for state in (StepState.RUNNING, StepState.DONE):
            self.watch(Progress(step=RotationStep.SAVE, state=state, detail=ending(journal.new_key)))

    def saved_late(self, journal: Journal) -> bool:
        """Whether the new secret of this rotation was still in memory; then it is saved now. Raises StorageFault."""
        unsaved = self.ground.unsaved.get(self.record.name)
        if unsaved is None or (unsaved.pending or {}).get("mark") != journal.mark:
            return False
        self.record = self.ground.store.save(replace(unsaved, generation=self.record.generation))
        del self.ground.unsaved[self.record.name]
        return True

    def _with(self, journal: Journal | None, use: Secret | None, use_id: str | None) -> Record:
        changed = replace(self.record, pending=journal.written() if journal else None)
        if use is None:
            return changed
        if self.recipe.kind is SecretKind.API_KEY:
            return replace(changed, api_key=use, api_key_id=use_id)
        return replace(changed, client_secret=use, api_key_id=use_id)

    # -- asking -----------------------------------------------------------------------------------

    def names(self, journal: Journal | None = None, **more: object) -> dict[str, object]:
        """What the names of a recipe stand for now."""
        days = self.chosen.params.get("days", "90")
        if not days.isascii() or not days.isdigit() or not 0 < int(days[:6]) <= 3650:
            raise SettingsFault("The setting “days” of the rotation is not a number of days.", hint="Use 1 to 3650.")
        base: dict[str, object] = {
            **self.chosen.params,
            **self._taken,
            "client_id": self.profile.client_id,
            "expires": f"{self.ground.clock.now() + timedelta(days=int(days)):%Y-%m-%d}",
            "old": self.secret,
        }
        if journal is not None:
            base |= {
                "mark": journal.mark,
                "old": journal.old_key,
                "new": journal.new_key,
                "old_id": journal.old_id,
                "new_id": journal.new_id,
            }
        return {**base, **more}

    def ask(self, step: str, signer: Signer, names: Mapping[str, object]) -> Answer:
        """Send one request of the recipe. Raises Refused, Temporary, BadAnswer, BindingChanged."""
        call = self.recipe.call(step)
        return self.ground.carried(asked(step, call, signer, names, owner=self.record))

    def by(self, secret: Secret) -> Signer:
        """The key itself signs. Raises SettingsFault without an API URL where the recipe needs one."""
        return Signer(
            self.profile, self.record, lambda method, url: header_of(self.profile, secret), api_of(self.profile, self.recipe)
        )

    def manager(self, secret: Secret) -> Signer:
        """Who signs management requests: the named profile, else ``secret`` itself.

        Raises UnknownProfile, LoginNeeded, SettingsFault, Temporary.
        """
        name = self.chosen.manager
        if name is None:
            return self.by(secret)
        if name == self.profile.name:
            raise SettingsFault(f"“{name}” cannot be its own manager.", hint="Name another profile, or leave rotation.with out.")
        profile = self.ground.accounts.profile(name)
        record = self.ground.store.load(name)
        if record is None:
            raise LoginNeeded(f"“{name}”, which manages the secret, is not signed in.", hint=f"Sign in: my-app login {name}")
        api = api_of(profile, self.recipe)
        if record.kind in (Kind.API_KEY, Kind.TOKEN) and record.api_key is not None:
            key = record.api_key
            return Signer(profile, record, lambda method, url: header_of(profile, key), api)
        sessions = self.ground.sessions
        if sessions is None:
            raise Unsupported("Only a profile with an API key can manage secrets here.")
        token = sessions.token(name)
        head = {"authorization": f"{token.token_type} {token.value.reveal()}"}
        return Signer(profile, record, lambda method, url: {**head, **sessions.proof(token, method, url)}, api)

    def look(self, signer: Signer, old_id: str | None) -> None:
        """Take over what the new secret is to have of the old one."""
        if "look" in self.recipe.calls:
            document = self.ask("look", signer, self.names(old_id=old_id)).document()
            for name, pointer in self.recipe.call("look").take.items():
                value = at(document, pointer)
                if value is not MISSING and value is not None:
                    self._taken[f"take.{name}"] = value

    def items(self, signer: Signer, names: Mapping[str, object]) -> list[object]:
        """The secrets there are."""
        found = at(self.ask("list", signer, names).document(), self.recipe.call("list").items or "")
        if not isinstance(found, list):
            raise BadAnswer("The list of secrets is no list.", hint="Check the recipe's pointer “items”.")
        return found


def api_of(profile: Profile, recipe: Recipe) -> str:
    """What ``{api}`` stands for. Raises SettingsFault where the recipe needs it and the profile has none."""
    if profile.api_url is None and any(call.url.startswith("{api}") for call in recipe.calls.values()):
        raise SettingsFault(
            f"“{profile.name}” has no API URL, which {recipe.title} needs.",
            hint=f"my-app profile set {profile.name} api_url={recipe.api or 'URL'}, then: my-app profile trust {profile.name}",
        )
    return profile.api_url or ""


def plain_id(value: str | None) -> bool:
    """Whether an id is a plain word that can stand in an address."""
    return value is not None and 0 < len(value) <= 200 and set(value) <= _PLAIN
