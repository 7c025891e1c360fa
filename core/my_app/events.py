"""What a sign-in tells its front end while it runs; screens and ``--events`` draw from these alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from my_app.model import Challenge, Flow


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowChosen:
    """The way that is taken, and the reason in words."""

    flow: Flow
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerReady:
    """The loopback listener waits at ``redirect_uri``."""

    redirect_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserPage:
    """The page to open; ``opened`` tells whether a browser was started for it."""

    url: str
    redirect_uri: str
    expires_at: datetime
    opened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StrayCallback:
    """A callback that is not ours was answered; the wait goes on. ``reason`` is cleaned."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePage:
    """What to show for a device code (RFC 8628 3.2); text is cleaned, addresses checked."""

    user_code: str
    verification_uri: str
    verification_uri_complete: str | None
    expires_at: datetime
    interval: timedelta
    same_host: bool
    """Whether the page's host is the issuer's (V7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePoll:
    """A poll comes after ``interval``, at ``next_at``."""

    interval: timedelta
    next_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The person is asked these questions now."""

    challenge: Challenge


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """The person approved; the code is being exchanged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensChecked:
    """Tokens arrived and passed their checks; ``identity_known`` is False without an ID token or userinfo."""

    identity_known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """The record is on disk: the sign-in is done."""

    profile: str


LoginEvent = (
    FlowChosen | ListenerReady | BrowserPage | StrayCallback | DevicePage | DevicePoll | Asked | Approved | TokensChecked | Saved
)
