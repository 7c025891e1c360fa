"""Values to words and rows; pure, so that what a screen says is tested without a screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from my_app import words
from my_app.accounts import Account
from my_app.audit import Event
from my_app.model import Kind, State
from my_app.text import clean
from my_app.vaulting import SlotKind, VaultStatus

if TYPE_CHECKING:
    from my_app_accounts.app import AccountsApp

MARGIN: Final = timedelta(minutes=5)
"""A token counts as expiring when less than this is left."""
RENEWING: Final = ("↻", "Renewing", "$primary")

_TONES: Final[dict[State, str]] = {
    State.VALID: "$vault-ok",
    State.EXPIRING: "$vault-soon",
    State.EXPIRED: "$vault-idle",
    State.NO_EXPIRY: "$vault-ok",
    State.LOGIN_NEEDED: "$vault-bad",
    State.REVOKED: "$vault-bad",
    State.STATIC: "$vault-key",
}


def tone(state: State) -> str:
    """The theme variable that colours a state's mark and word; never the only carrier of meaning."""
    return _TONES[state]


def state_now(account: Account, now: datetime) -> State:
    """The state of ``account`` at ``now``: a token runs out while it is looked at."""
    if account.expires_at is None or account.state not in (State.VALID, State.EXPIRING):
        return account.state
    left = account.expires_at - now
    if left <= timedelta(0):
        return State.EXPIRED if account.refreshable else State.LOGIN_NEEDED
    return State.EXPIRING if left <= MARGIN else State.VALID


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list as texts, all of them safe to show."""

    mark: str
    word: str
    tone: str
    name: str
    provider: str
    identity: str
    expires: str
    scopes: tuple[str, ...]
    active: bool
    firm: bool
    """False: the vault is closed, shown dim."""


def row_of(account: Account, now: datetime, *, busy: bool = False) -> Row:
    """The line of ``account`` at ``now``; ``busy``: a renewal is under way."""
    state = state_now(account, now)
    mark, word, colour = RENEWING if busy else (words.mark(state), words.word(state), tone(state))
    # A token that was revoked or cut off says nothing by the end it once had.
    over = state in (State.REVOKED, State.LOGIN_NEEDED)
    ended = account.expires_at is not None and account.expires_at <= now
    return Row(
        mark=mark,
        word=word,
        tone=colour,
        name=clean(account.name, 64),
        provider=clean(account.provider, 40),
        identity=clean(account.identity.label, 60) if account.identity else "",
        expires=words.until(None if over and not ended else account.expires_at, now),
        scopes=tuple(clean(scope, 60) for scope in account.scopes[:12]) + ("…",) * max(0, len(account.scopes) - 12),
        active=account.active,
        firm=account.confirmed,
    )


def scopes_in(scopes: tuple[str, ...], width: int) -> str:
    """The first scopes that fit and ``+N`` for the rest: ``openid profile +3``."""
    if not scopes:
        return "-"
    for taken in range(len(scopes), 0, -1):
        left = len(scopes) - taken
        text = " ".join(scopes[:taken]) + (f" +{left}" if left else "")
        if cell_len(text) <= width:
            return text
    rest = f" +{len(scopes) - 1}" if len(scopes) > 1 else ""
    return fit(scopes[0], max(1, width - len(rest))).rstrip() + rest


def fit(text: str, width: int) -> str:
    """``text`` in exactly ``width`` cells, cut with an ellipsis."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, max(0, width - 1)) + "…" if width > 0 else ""


def matches(account: Account, query: str, now: datetime) -> bool:
    """Whether every word of ``query`` is found in name, user, provider, scopes or state; ``!word`` must not be."""
    identity = account.identity
    parts = [account.name, account.provider, words.word(state_now(account, now)), words.flow_words(account.flow), *account.scopes]
    if identity:
        parts += [text for text in (identity.username, identity.email, identity.tenant, identity.sub) if text]
    haystack = "\n".join(parts).casefold()
    for term in query.casefold().split():
        negated = term.startswith("!")
        needle = term[1:] if negated else term
        if needle and (needle in haystack) is negated:
            return False
    return True


_KEPT: Final = {
    "keyring": "encrypted vault, opened by the system keyring",
    "passphrase": "encrypted vault, opened by your passphrase",
    "key": "encrypted vault, opened by a key file",
    "environment": "memory only, from the environment",
    "credentials.json": "credentials.json, plain text, readable by you alone",
}


def kept_words(kept_in: str) -> str:
    """Where a secret is kept, in words."""
    return _KEPT.get(kept_in, clean(kept_in, 40))


_OPENED: Final = {SlotKind.KEYRING: "keyring open", SlotKind.PASSPHRASE: "vault open", SlotKind.KEY: "vault open"}


def vault_words(vault: VaultStatus | None, problem: bool) -> str:
    """The vault in two words, for the top bar."""
    if vault is None:
        return "opening vault" if not problem else "vault closed"
    if not vault.exists:
        return "no vault yet"
    if not vault.open:
        return "vault closed"
    return _OPENED[vault.opened_by] if vault.opened_by else "vault open"


def next_line(app: AccountsApp, now: datetime) -> tuple[str, str]:
    """The one thing that needs a person, with its key, and its tone; empty when nothing does."""
    if app.vault_problem is not None:
        return f"{app.vault_problem.message} ^l opens the vault.", "$vault-soon"
    if app.vault is not None and app.vault.exists and not app.vault.open:
        return "The vault is closed: what you see was last known. ^l opens it.", "$vault-soon"
    if app.leaving:
        name, at = next(iter(app.leaving.items()))
        if at - now <= timedelta(seconds=10):
            return f"{name} is forgotten in {words.span(at - now)} · u brings it back", "$vault-soon"
    if app.preparing:
        return "The demo signs in its people: more accounts are coming.", "$vault-dim"
    return _most_urgent(app.accounts, now)


def _most_urgent(accounts: tuple[Account, ...], now: datetime) -> tuple[str, str]:
    soonest: Account | None = None
    for account in accounts:
        state = state_now(account, now)
        if state is State.LOGIN_NEEDED:
            return f"Next: {account.name} needs you to sign in: choose it and press l", "$vault-dim"
        if state is State.EXPIRING and not account.refreshable and _sooner(account, soonest):
            soonest = account
    if soonest is not None and soonest.expires_at is not None:
        return f"Next: {soonest.name} runs out in {words.span(soonest.expires_at - now)}; it cannot renew by itself", "$vault-dim"
    return "", ""


def _sooner(one: Account, other: Account | None) -> bool:
    if other is None or other.expires_at is None:
        return True
    return one.expires_at is not None and one.expires_at < other.expires_at


def next_step(account: Account, now: datetime) -> tuple[str, str]:
    """What to do with this account, in the app's own keys: a key (may be empty) and a sentence."""
    state = state_now(account, now)
    match state:
        case State.LOGIN_NEEDED:
            return "l", "Sign in"
        case State.REVOKED:
            return "l", "Sign in again, or d forgets it here"
        case State.EXPIRED:
            return "l", "Renew the token; no sign-in is needed"
        case State.EXPIRING | State.VALID if account.refreshable:
            return "", "Nothing: it renews by itself"
        case State.EXPIRING | State.VALID:
            left = words.span(account.expires_at - now) if account.expires_at else ""
            return "l", f"Sign in again within {left}; it cannot renew by itself"
        case State.STATIC:
            return "r", "Rotate the key now and then"
        case State.NO_EXPIRY:
            return "", "Nothing: the provider gave no end"


def refusal(act: str, account: Account | None, *, read_only: bool) -> str:
    """Why an action of the account table is off for ``account``; empty: it is on."""
    if act in ("account.rotate", "account.revoke", "account.forget", "account.new", "account.login", "account.use") and read_only:
        return "the app was started read only"
    if act in ("account.new", "account.filter"):
        return ""
    if account is None:
        return "no account is chosen"
    has_token = account.state not in (State.LOGIN_NEEDED, State.REVOKED)
    match act:
        case "account.token" if account.kind in (Kind.API_KEY, Kind.TOKEN):
            return "an API key is no token"
        case "account.token" | "account.copy" | "account.reveal" if not has_token and account.kind is not Kind.API_KEY:
            return "there is no living token; l signs in"
        case "account.rotate" if account.kind not in (Kind.API_KEY, Kind.CLIENT_CREDENTIALS):
            return "only API keys and client secrets rotate; l renews a token"
        case "account.revoke" if account.state is State.REVOKED:
            return "it is revoked already"
        case "account.revoke" if account.state is State.LOGIN_NEEDED:
            return "there is nothing to revoke; d forgets it here"
        case "account.login" if account.kind in (Kind.API_KEY, Kind.TOKEN):
            return "a static key is not renewed; r rotates it"
        case "account.use" if account.active:
            return "it is the active one already"
        case _:
            return ""


_EVENTS: Final = {
    Event.LOGIN: "signed in",
    Event.REFRESH: "token renewed",
    Event.ROTATE: "secret rotated",
    Event.REVOKE: "revoked",
    Event.LOGOUT: "signed out",
    Event.REVEAL: "secret shown",
    Event.COPY: "secret copied",
    Event.UNLOCK: "vault opened",
    Event.IMPORT: "imported",
    Event.EXPORT: "exported",
    Event.PROFILE: "profile changed",
}


def hanging(parts: Sequence[tuple[str, str]], indent: int, width: int) -> Content:
    """``parts`` wrapped at ``width``, every line after the first set in by ``indent``."""
    lines = Content.assemble(*parts).wrap(max(8, width - indent))
    return Content("\n").join([lines[0], *(Content.assemble(" " * indent, line) for line in lines[1:])])


def event_words(event: Event) -> str:
    """What was done, in words."""
    return _EVENTS[event]
