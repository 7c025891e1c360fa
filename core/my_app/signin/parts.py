"""What an attempt works with: its collaborators, what was asked for, and who talks to whom."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from my_app.audit import AuditLog
from my_app.discovery import BothTransports, Discovery, Profiles
from my_app.errors import PromptNeeded
from my_app.model import Answers, Challenge, Flow, Profile, PromptKind, Record
from my_app.oauth.client_auth import Client
from my_app.oauth.metadata import ServerMetadata
from my_app.ports import Browser, Clock, CredentialStore, Entropy
from my_app.secret import Secret
from my_app.signin.callback import ListenerFactory
from my_app.signin.completion import Completion
from my_app.signin.totp import code as totp_code
from my_app.vaulting import VaultAdmin


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The collaborators of every attempt."""

    accounts: Profiles
    store: CredentialStore
    vault: VaultAdmin | None
    transport: BothTransports
    listener: ListenerFactory
    browser: Browser
    clock: Clock
    entropy: Entropy
    audit: AuditLog
    discovery: Discovery
    completion: Completion
    pause: Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked for."""

    name: str
    flow: Flow
    reason: str
    automatic: bool
    """The flow was chosen for the person, so it may be changed once the provider's metadata is known."""
    open_browser: bool
    scopes: tuple[str, ...] | None
    acr_values: str | None
    """What a step-up asks for (RFC 9470): sent, and checked in the new ID token."""
    max_age: timedelta | None
    timeout: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who talks to whom, settled once the metadata is there."""

    profile: Profile
    metadata: ServerMetadata
    client: Client
    record: Record | None
    dpop_key: Secret | None = None


def consent(profile: Profile, scopes: tuple[str, ...]) -> dict[str, str]:
    """``offline_access`` counts only with ``prompt=consent`` (OpenID Connect Core 11); other presets say so themselves."""
    return {"prompt": "consent"} if profile.provider == "oidc" and "offline_access" in scopes else {}


def require_answers(challenge: Challenge, answers: Answers) -> None:
    """Every prompt has its answer. Raises PromptNeeded naming the first that has none."""
    for prompt in challenge.prompts:
        if prompt.kind not in answers:
            raise PromptNeeded(
                f"There is no answer for “{prompt.label}”.", hint="Answer it on a terminal, or give it with --answers."
            )


def stored_code(asked: Challenge, record: Record | None, now: datetime) -> Answers | None:
    """The one-time code from a stored seed, where nothing else is asked; none after a refusal."""
    if record is None or record.totp_seed is None or [prompt.kind for prompt in asked.prompts] != [PromptKind.OTP]:
        return None
    return None if asked.prompts[0].problem else {PromptKind.OTP: totp_code(record.totp_seed, now)}
