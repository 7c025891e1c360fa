"""What the wizard was told so far: pure, kept over back and forth, judged step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from my_app.errors import InvalidName, PeerFault, SettingsFault, UsageFault
from my_app.model import Flow, Profile, checked_name
from my_app.providers import Preset, tenant_of
from my_app.secret import Secret
from my_app.text import clean, host_of
from my_app.urls import checked_url


class Step(StrEnum):
    """The steps, in order."""

    PROVIDER = "provider"
    WHERE = "where"
    ASK = "ask"
    NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One field of the form."""

    key: str
    """Field of Profile, or ``client_secret``, ``api_key``."""
    label: str
    placeholder: str = ""
    secret: bool = False
    required: bool = False
    url: bool = False


_WORDS: Final[Mapping[str, Question]] = {
    question.key: question
    for question in (
        Question(key="issuer", label="Issuer address", placeholder="https://login.example.com", url=True),
        Question(key="tenant", label="Tenant", placeholder="name or id of your tenant"),
        Question(key="client_id", label="Client id", placeholder="as the provider's console shows it"),
        Question(key="client_secret", label="Client secret", placeholder="only if the client has one", secret=True),
        Question(key="token_url", label="Token address", placeholder="https://…/token", url=True),
        Question(key="authorization_url", label="Authorization address", placeholder="for the browser", url=True),
        Question(key="device_url", label="Device address", placeholder="for device codes", url=True),
        Question(key="api_key", label="API key", placeholder="paste it; it is never shown", secret=True),
        Question(key="header", label="Header it is sent in", placeholder="Authorization"),
        Question(key="prefix", label="Text before it", placeholder="Bearer"),
        Question(key="check_url", label="Address that proves it works", placeholder="https://api.example.com/me", url=True),
    )
}
_BY_HAND: Final = ("token_url", "authorization_url", "device_url")
_KEY_FIELDS: Final = ("api_key", "header", "prefix", "check_url")


@dataclass(slots=True)
class Draft:
    """The answers; nothing of it is saved before the end."""

    preset: Preset | None = None
    """None: an API key."""
    chosen: bool = False
    """A provider was chosen at all."""
    texts: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, Secret] = field(default_factory=dict)
    scopes: str | None = None
    """As typed; None: the preset's."""
    flow: Flow = Flow.AUTO
    name: str = ""

    @property
    def is_key(self) -> bool:
        """An API key: no sign-in, no scopes."""
        return self.preset is None

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps this draft goes through."""
        return (Step.PROVIDER, Step.WHERE, Step.NAME) if self.chosen and self.is_key else tuple(Step)

    def choose(self, preset: Preset | None) -> None:
        """Take a provider; answers that still fit are kept."""
        if not self.chosen or preset is not self.preset:
            self.scopes, self.flow = None, Flow.AUTO
        self.preset, self.chosen = preset, True

    def questions(self) -> tuple[Question, ...]:
        """The fields of the second step; required ones first."""
        if self.preset is None:
            return tuple(replace(_WORDS[key], required=key == "api_key") for key in _KEY_FIELDS)
        needed = set(self.preset.needs)
        keys = [key for key in ("issuer", "tenant", *_BY_HAND, "client_id") if key in needed or self._by_hand(key)]
        return tuple(self._asked(key, required=key in needed) for key in (*keys, "client_secret"))

    def flows(self) -> tuple[Flow, ...]:
        """What can be chosen in the third step."""
        return (Flow.AUTO, *self.preset.flows) if self.preset is not None else (Flow.API_KEY,)

    def suggested_scopes(self) -> str:
        """What stands in the scope field at first."""
        if self.scopes is not None:
            return self.scopes
        return " ".join(self.preset.scopes) if self.preset is not None else ""

    def suggested_name(self, taken: frozenset[str]) -> str:
        """A free name from the provider or the host."""
        if self.name:
            return self.name
        base = self.preset.key if self.preset is not None else "key"
        url = self.texts.get("issuer") or self.texts.get("token_url") or self.texts.get("check_url")
        if url and base in ("oidc", "oauth2", "key"):
            labels = host_of(url).split(":")[0].split(".")
            known = [label for label in labels if label.isascii() and label.replace("-", "").isalnum() and not label.isdigit()]
            ignored = {"www", "login", "auth", "accounts", "id", "sso", "api"}
            base = next((label for label in known[:-1] if label not in ignored), base)
        names = (base if number == 1 else f"{base}-{number}" for number in range(1, 1000))
        return next(name for name in names if name not in taken)

    def problems(self, step: Step, taken: frozenset[str] = frozenset()) -> dict[str, str]:
        """What is wrong in a step, by field; a sentence each."""
        match step:
            case Step.PROVIDER:
                return {} if self.chosen else {"provider": "Choose one of them."}
            case Step.WHERE:
                return self._where_problems()
            case Step.ASK:
                if self.flow is Flow.CLIENT_CREDENTIALS and not self.secrets.get("client_secret"):
                    return {"flow": "Client credentials need a client secret: go back with esc and give one."}
                return {}
            case Step.NAME:
                return self._name_problems(taken)

    def profile(self) -> Profile:
        """The profile to store. Raises InvalidName."""
        texts = {key: value for key, value in self.texts.items() if value and key in {q.key for q in self.questions()}}
        name = checked_name(self.name.strip())
        if self.preset is None:
            return Profile(
                name=name,
                flow=Flow.API_KEY,
                header=texts.get("header"),
                prefix=texts.get("prefix"),
                check_url=texts.get("check_url"),
            )
        return Profile(
            name=name,
            provider=self.preset.key,
            issuer=texts.get("issuer"),
            tenant=texts.get("tenant"),
            client_id=texts.get("client_id"),
            token_url=texts.get("token_url"),
            authorization_url=texts.get("authorization_url"),
            device_url=texts.get("device_url"),
            flow=self.flow,
            scopes=None if self.scopes is None else tuple(dict.fromkeys(self.scopes.split())),
        )

    def secret(self, key: str) -> Secret | None:
        """A secret that was given and is asked for."""
        return self.secrets.get(key) if key in {question.key for question in self.questions()} else None

    def _asked(self, key: str, *, required: bool) -> Question:
        """The question in the provider's own words."""
        question, preset = replace(_WORDS[key], required=required), self.preset
        if preset is not None and key == "tenant":
            return replace(question, label=preset.tenant_label, placeholder=preset.tenant_example)
        if preset is not None and key == "issuer" and preset.issuer_example:
            return replace(question, placeholder=preset.issuer_example)
        if key == "client_secret" and required:
            return replace(question, placeholder="this provider wants one")
        return question

    def _by_hand(self, key: str) -> bool:
        return key in _BY_HAND and self.preset is not None and "token_url" in self.preset.needs

    def _where_problems(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for question in self.questions():
            given = bool(self.secrets.get(question.key)) if question.secret else bool(self.texts.get(question.key))
            if question.required and not given:
                found[question.key] = "This one is needed."
            elif question.url and given:
                try:
                    checked_url(self.texts[question.key], what=question.label)
                except (PeerFault, UsageFault) as error:
                    found[question.key] = clean(error.message, 200)
            elif question.key == "tenant" and given and self.preset is not None:
                try:
                    tenant_of(self.preset, self.texts["tenant"])
                except SettingsFault as error:
                    found["tenant"] = clean(f"{error.message} {error.hint}", 200)
        return found

    def _name_problems(self, taken: frozenset[str]) -> dict[str, str]:
        try:
            name = checked_name(self.name.strip())
        except InvalidName:
            return {"name": "Letters, digits, dot, dash and underscore, at most 64, beginning with a letter or digit."}
        return {"name": f"There is already an account named {name}."} if name in taken else {}
