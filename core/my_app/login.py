"""Sign-in use cases: browser, device, terminal, client credentials, API key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from my_app.errors import MyAppError
from my_app.events import LoginEvent
from my_app.model import Answers, Challenge, Flow, Identity, State

Ask = Callable[[Challenge], Awaitable[Answers]]
"""Puts a challenge to the person; raises PromptNeeded or Cancelled."""
Watch = Callable[[LoginEvent], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A sign-in that is on disk."""

    profile: str
    state: State
    expires_at: datetime | None
    scopes: tuple[str, ...]
    requested_scopes: tuple[str, ...]
    identity: Identity | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where the program runs, for the choice of flow."""

    display: bool
    ssh: bool
    wsl: bool
    container: bool
    ci: bool
    browser_variable: bool
    """``BROWSER`` is set."""
    platform: str = "linux"


def surroundings(environ: Mapping[str, str], platform: str, in_container: bool) -> Surroundings:
    """What the environment says. Pure."""
    raise NotImplementedError


def choose_flow(wanted: Flow, around: Surroundings, *, can: frozenset[Flow]) -> tuple[Flow, str]:
    """The flow to take and the reason in words; ``can``: flows the provider and profile allow. Pure."""
    raise NotImplementedError


class Attempt:
    """One sign-in under way. Await ``run`` in a task; cancelling the task frees the port at once."""

    async def run(self) -> SignedIn:
        """To the saved end. Raises what the tree says; nothing is stored unless it returns."""
        raise NotImplementedError

    def paste(self, text: str) -> MyAppError | None:
        """A callback URL pasted by the person; None when it was taken, else why not (A7)."""
        raise NotImplementedError


class Logins:
    """Starts sign-ins for stored profiles."""

    def flows(self, profile: str) -> frozenset[Flow]:
        """The flows that make sense for the profile (by preset, endpoints and secrets); no network."""
        raise NotImplementedError

    def attempt(
        self,
        profile: str,
        *,
        flow: Flow | None = None,
        watch: Watch,
        ask: Ask,
        open_browser: bool = True,
        scopes: tuple[str, ...] | None = None,
        acr_values: str | None = None,
        timeout: timedelta = timedelta(minutes=5),
    ) -> Attempt:
        """A new attempt, not yet started. ``flow`` None: the profile's, else automatic. Raises UnknownProfile, Unsupported."""
        raise NotImplementedError

    def open_page(self, url: str) -> bool:
        """Shows a page again (login page, device page, provider page); whether a browser was started. Checks ``url`` first (A6).

        Raises BadMetadata.
        """
        raise NotImplementedError

    def automatic(self, profile: str) -> SignedIn:
        """Client credentials or API key check: sign-in without a person, sync. Raises Refused, Temporary."""
        raise NotImplementedError
