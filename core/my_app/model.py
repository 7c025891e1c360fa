"""Frozen values that every room shares. Times are aware UTC datetimes, spans timedeltas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from my_app.errors import InvalidName
from my_app.secret import Secret
from my_app.text import clean

PROFILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
DEFAULT_MARGIN: Final = timedelta(seconds=60)
"""A token is renewed on use when less than this is left; apart from verification leeway."""


def checked_name(name: str) -> str:
    """``name`` itself. Raises InvalidName when it is not a profile name."""
    if not PROFILE_NAME.fullmatch(name):
        raise InvalidName(f"“{clean(name, 64)}” is not a profile name.")
    return name


class Flow(StrEnum):
    """How a profile gets its token."""

    BROWSER = "browser"
    DEVICE = "device"
    TERMINAL = "terminal"
    CLIENT_CREDENTIALS = "client-credentials"
    API_KEY = "api-key"
    TOKEN = "token"
    AUTO = "auto"
    """Browser, device or terminal, chosen at sign-in from where the program runs."""


class Kind(StrEnum):
    """What sort of credential a record holds; ``kind`` in the JSON of ``my-app status``."""

    OAUTH = "oauth"
    CLIENT_CREDENTIALS = "client_credentials"
    API_KEY = "api_key"
    TOKEN = "token"


def kind_of(flow: Flow) -> Kind:
    """The kind of record a flow makes."""
    match flow:
        case Flow.CLIENT_CREDENTIALS:
            return Kind.CLIENT_CREDENTIALS
        case Flow.API_KEY:
            return Kind.API_KEY
        case Flow.TOKEN:
            return Kind.TOKEN
        case Flow.BROWSER | Flow.DEVICE | Flow.TERMINAL | Flow.AUTO:
            return Kind.OAUTH


class State(StrEnum):
    """What a person needs to know about a credential now; words and marks are in ``words.py``."""

    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    NO_EXPIRY = "no_expiry"
    LOGIN_NEEDED = "login_needed"
    REVOKED = "revoked"
    STATIC = "static"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What ``config.toml`` says of one account: where and how, never a secret.

    Field names are the option names of ``my-app profile add`` with underscores (CONTRACT, Files).
    """

    name: str
    provider: str = "oidc"
    """Preset key (``oidc``, ``oauth2``, ``github``, ``demo``, ...)."""
    issuer: str | None = None
    """Issuer identifier, exactly as typed; compared without normalising (RFC 8414 3.3)."""
    tenant: str | None = None
    client_id: str | None = None
    flow: Flow = Flow.AUTO
    auth_method: str | None = None
    """``token_endpoint_auth_method`` (RFC 7591 2); None: none without a secret, else basic."""
    scopes: tuple[str, ...] | None = None
    """Scopes to ask for; None: the preset's default."""
    resources: tuple[str, ...] = ()
    """Resource indicators (RFC 8707)."""
    audience: str | None = None
    token_url: str | None = None
    authorization_url: str | None = None
    device_url: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """Hand overrides by metadata name without ``_endpoint`` (``revocation``, ``userinfo`` ...)."""
    redirect_ports: tuple[int, ...] = ()
    """Ports to try for the loopback listener; empty: the kernel chooses."""
    redirect_uri: str | None = None
    authorize_params: Mapping[str, str] = field(default_factory=dict)
    api_url: str | None = None
    header: str | None = None
    """Header an API key goes into; None: ``Authorization``."""
    prefix: str | None = None
    """Text before an API key; None: ``Bearer`` in ``Authorization``, nothing elsewhere."""
    check_url: str | None = None
    """A GET that proves an API key works."""
    expect_account: str | None = None
    """Identity guard: the ``sub``, user name or e-mail that must sign in."""
    client_key: str | None = None
    """Path of a private key file for ``private_key_jwt``."""
    client_cert: str | None = None
    assertion_audience: str | None = None
    """``aud`` of client assertions: ``issuer`` (None too), ``token`` for the token endpoint, or the text itself."""
    par: bool | None = None
    """Push authorization requests (RFC 9126); None: where the provider demands it."""
    dpop: bool = False
    """Bind tokens to a key of this profile (RFC 9449)."""
    direct: str | None = None
    """Dialect of terminal sign-in: ``challenge`` (None too), ``auth0`` or ``okta``."""
    rotation: Mapping[str, object] = field(default_factory=dict)
    """How its key or secret is rotated (``recipes``): the name of a recipe with its settings, or a recipe itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Where a sealed record may be sent; stored beside the secret and compared before sending (D6, U2)."""

    issuer: str | None = None
    client_id: str | None = None
    token_hosts: tuple[str, ...] = ()
    """Origins (``https://host[:port]``) a client secret or refresh token may go to."""
    set_hosts: tuple[str, ...] = ()
    """Origins of the secret-taking endpoints that profile or preset named when the secret was stored; while
    ``token_hosts`` is open, no other may be named."""
    api_origins: tuple[str, ...] = ()
    """Origins an access token or API key may go to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who signed in, cleaned; ``sub`` is only unique together with the issuer."""

    sub: str | None = None
    username: str | None = None
    email: str | None = None
    tenant: str | None = None

    @property
    def label(self) -> str:
        """The name to show: user name, e-mail, else sub; empty when nothing is known."""
        return self.username or self.email or self.sub or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSet:
    """One answer of a token endpoint, parsed (RFC 6749 5.1)."""

    access_token: Secret
    token_type: str = "Bearer"
    """``Bearer`` or ``DPoP``, spelled so whatever the server's case."""
    refresh_token: Secret | None = None
    id_token: Secret | None = None
    scopes: tuple[str, ...] = ()
    """Granted scopes; as asked when the answer names none (RFC 6749 5.1)."""
    obtained_at: datetime
    expires_at: datetime | None = None
    """None: the server gave no lifetime; unknown, neither for ever nor expired (T3)."""

    def succeeded_by(self, new: TokenSet) -> TokenSet:
        """``new`` with what it left out kept: refresh token, ID token (RFC 6749 6; F5)."""
        return replace(
            new,
            refresh_token=new.refresh_token or self.refresh_token,
            id_token=new.id_token or self.id_token,
        )


class Standing(StrEnum):
    """Whether a record still signs in, as far as anybody here knows."""

    ACTIVE = "active"
    LOGIN_NEEDED = "login_needed"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One sealed record of the store: everything secret about one profile."""

    name: str
    generation: int = 0
    """Raised by every save; a save names the generation it is based on, a late answer is dropped."""
    kind: Kind
    binding: Binding = Binding()
    client_secret: Secret | None = None
    api_key: Secret | None = None
    """The API key or static token of kinds ``api_key`` and ``token``."""
    api_key_id: str | None = None
    """The provider's own id of the key or client secret, no secret; what ``rotate`` deletes by."""
    totp_seed: Secret | None = None
    tokens: TokenSet | None = None
    identity: Identity | None = None
    requested_scopes: tuple[str, ...] = ()
    standing: Standing = Standing.ACTIVE
    reason: str = ""
    """Error code that explains a standing other than active."""
    refresh_in_flight: datetime | None = None
    """Written before a refresh leaves; still there at the next start: it was cut (DESIGN 2)."""
    not_before: datetime | None = None
    """No request to this provider before (Retry-After, shared by all processes)."""
    pending: Mapping[str, object] | None = None
    """Journal of a rotation that is under way (``rotation.py``); may hold Secret values."""
    signed_in_at: datetime | None = None
    refreshed_at: datetime | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """Endpoints found at sign-in, by metadata name without ``_endpoint``; used when discovery fails."""
    dpop_key: Secret | None = None
    """Private JWK the tokens are bound to (RFC 9449); None: bearer tokens."""
    registration: Mapping[str, object] | None = None
    """What dynamic registration gave (``grants/registration.py``), its management token a Secret; None: registered by hand."""

    @property
    def refreshable(self) -> bool:
        """A new access token can be had without a person."""
        if self.standing is not Standing.ACTIVE:
            return False
        if self.kind is Kind.CLIENT_CREDENTIALS:
            return True
        return self.tokens is not None and self.tokens.refresh_token is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The readable columns of a record: enough for a list before the vault is open, deciding nothing."""

    name: str
    generation: int
    kind: Kind
    expires_at: datetime | None
    scopes: tuple[str, ...]
    requested_scopes: tuple[str, ...]
    identity: Identity | None
    standing: Standing
    refreshable: bool
    has_token: bool


def summary_of(record: Record) -> Summary:
    """The readable columns a store keeps beside the sealed record."""
    tokens = record.tokens
    return Summary(
        name=record.name,
        generation=record.generation,
        kind=record.kind,
        expires_at=tokens.expires_at if tokens else None,
        scopes=tokens.scopes if tokens else (),
        requested_scopes=record.requested_scopes,
        identity=record.identity,
        standing=record.standing,
        refreshable=record.refreshable,
        has_token=tokens is not None or record.api_key is not None,
    )


def state_of(summary: Summary | None, now: datetime, margin: timedelta = timedelta(minutes=5)) -> State:
    """The one answer to "how is this account?" at ``now``; no record at all means sign in.

    ``margin`` is the span before expiry in which a token counts as expiring.
    """
    if summary is None:
        return State.LOGIN_NEEDED
    if summary.standing is Standing.REVOKED:
        return State.REVOKED
    if summary.standing is Standing.LOGIN_NEEDED:
        return State.LOGIN_NEEDED
    if summary.kind in (Kind.API_KEY, Kind.TOKEN):
        if summary.expires_at is None:
            return State.STATIC if summary.has_token else State.LOGIN_NEEDED
    elif not summary.has_token:
        return State.EXPIRED if summary.refreshable else State.LOGIN_NEEDED
    if summary.expires_at is None:
        return State.NO_EXPIRY
    if summary.expires_at <= now:
        return State.EXPIRED if summary.refreshable else State.LOGIN_NEEDED
    if summary.expires_at - now <= margin:
        return State.EXPIRING
    return State.VALID


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """What a caller of ``session.py`` gets: a token that is valid now."""

    profile: str | None
    value: Secret
    token_type: str
    expires_at: datetime | None
    scopes: tuple[str, ...]
    source: str
    """``cache``, ``refresh`` or ``environment``; ``from`` in the JSON of ``my-app token``."""
    note: str = ""
    """One sentence for standard error, when the caller should know something (empty: nothing)."""


class PromptKind(StrEnum):
    """What a challenge may ask the person for."""

    USERNAME = "username"
    PASSWORD = "password"
    OTP = "otp"
    CODE = "code"
    """A code that was sent to the person; no stored seed makes it."""
    RECOVERY = "recovery"
    PUSH = "push"
    CHOICE = "choice"
    CALLBACK = "callback"
    PASSPHRASE = "passphrase"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One question for the person."""

    kind: PromptKind
    label: str
    """What to show, already cleaned."""
    secret: bool = False
    """No echo, no history."""
    choices: tuple[str, ...] = ()
    attempts_left: int | None = None
    problem: str = ""
    """Why it is asked again (cleaned), e.g. that the last code was wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A conversation that needs the person: its questions, and what carries it on."""

    prompts: tuple[Prompt, ...]
    host: str = ""
    """Host that will get the answers, shown before anything is typed."""
    continuation: Mapping[str, object] = field(default_factory=dict)
    """The dialect's own thread (``auth_session`` as a Secret, tries); opaque to front ends."""
    expires_at: datetime | None = None


Answers = Mapping[PromptKind, Secret]
"""The person's answers by kind; all are held as secrets."""
