"""Everything workers and screens tell each other; only handlers change what is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from my_app.accounts import Overview
    from my_app.audit import Entry, Verdict
    from my_app.errors import MyAppError
    from my_app.inspecting import Inspection
    from my_app.model import AccessToken
    from my_app.secret import Secret
    from my_app.settings import Options
    from my_app.vaulting import VaultStatus
    from my_app_accounts.facts import Facts


class AccountsChanged(Message):
    """Somebody changed an account: read the list again, and put the cursor on ``select``.

    Any screen posts it to the app (``self.app.post_message``) after a sign-in, a rotation, a revocation.
    """

    def __init__(self, select: str | None = None) -> None:
        super().__init__()
        self.select = select


class OverviewRead(Message):
    """The list was read."""

    def __init__(self, overview: Overview, select: str | None = None) -> None:
        super().__init__()
        self.overview = overview
        self.select = select


class CoreFailed(Message):
    """A use case said no. ``doing`` says what was tried, in a few words of our own (``renew work``)."""

    def __init__(self, error: MyAppError, doing: str, profile: str | None = None) -> None:
        super().__init__()
        self.error = error
        self.doing = doing
        self.profile = profile


class Renewed(Message):
    """A token was renewed, by ``l`` or ahead of time (``by_itself``)."""

    def __init__(self, profile: str, token: AccessToken, *, by_itself: bool) -> None:
        super().__init__()
        self.profile = profile
        self.token = token
        self.by_itself = by_itself


class RenewFailed(Message):
    """A token could not be renewed."""

    def __init__(self, profile: str, error: MyAppError, *, by_itself: bool) -> None:
        super().__init__()
        self.profile = profile
        self.error = error
        self.by_itself = by_itself


class Forgotten(Message):
    """A profile and its record are gone from this machine."""

    def __init__(self, profile: str) -> None:
        super().__init__()
        self.profile = profile


class OptionsRead(Message):
    """``[settings]`` was read."""

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.options = options


class VaultRead(Message):
    """How the vault is."""

    def __init__(self, status: VaultStatus) -> None:
        super().__init__()
        self.status = status


class TokenTaken(Message):
    """The tokens of a profile by what they are (``Access token``), for the inspector."""

    def __init__(self, profile: str, tokens: Mapping[str, Secret], issuer: str | None) -> None:
        super().__init__()
        self.profile = profile
        self.tokens = tokens
        self.issuer = issuer


class PageOpened(Message):
    """A page was to be shown; ``opened``: a browser was started."""

    def __init__(self, url: str, opened: bool) -> None:
        super().__init__()
        self.url = url
        self.opened = opened


class FactsRead(Message):
    """What a record says beside its secrets; None: no record, or the vault is closed."""

    def __init__(self, profile: str, facts: Facts | None) -> None:
        super().__init__()
        self.profile = profile
        self.facts = facts


class RecentRead(Message):
    """The newest events of one account."""

    def __init__(self, profile: str, entries: tuple[Entry, ...]) -> None:
        super().__init__()
        self.profile = profile
        self.entries = entries


class ClipboardHeld(Message):
    """A secret is on the clipboard until the moment ``until``; None: it is no longer there."""

    def __init__(self, until: datetime | None) -> None:
        super().__init__()
        self.until = until


class Inspected(Message):
    """The inspector has an answer for the token numbered ``number``; older numbers are dropped."""

    def __init__(self, inspection: Inspection, number: int) -> None:
        super().__init__()
        self.inspection = inspection
        self.number = number


class AuditRead(Message):
    """A page of the trail, newest first; ``older`` asks to append it; ``error`` says why there is none."""

    def __init__(self, entries: tuple[Entry, ...], *, older: bool, error: MyAppError | None = None) -> None:
        super().__init__()
        self.entries = entries
        self.older = older
        self.error = error


class Verified(Message):
    """What checking the chain found, or why it could not be checked."""

    def __init__(self, verdict: Verdict | None, error: MyAppError | None = None) -> None:
        super().__init__()
        self.verdict = verdict
        self.error = error


class Tick(Message):
    """The app's clock struck: once a second while the terminal has the focus."""

    bubble = False

    def __init__(self, now: datetime) -> None:
        super().__init__()
        self.now = now
