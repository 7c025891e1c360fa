"""When to renew ahead of time; pure, asked once a second by the app's clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from my_app.accounts import Account
from my_app.model import State

AHEAD: Final = timedelta(minutes=5)
"""A refreshable token is renewed when less than this, and less than a third of what was seen, is left."""
_FIRST_PAUSE: Final = timedelta(seconds=30)
_LONGEST_PAUSE: Final = timedelta(minutes=15)
_PACE: Final = timedelta(seconds=30)
"""An account is renewed at most this often by a timer: tokens that live for seconds are left to whoever uses them."""


class Renewals:
    """Remembers what was tried, so that a failure is tried again with a growing pause (30 s to 15 min)."""

    def __init__(self) -> None:
        self._longest: dict[str, timedelta] = {}
        self._pause: dict[str, timedelta] = {}
        self._not_before: dict[str, datetime] = {}
        self._asked: dict[str, datetime] = {}

    def due(self, accounts: Iterable[Account], now: datetime, margin: timedelta) -> list[Account]:
        """Accounts to renew now: refreshable, still living or freshly run out, their vault open.

        A token that lives shorter than the margin would be renewed without end; a third of the longest
        life seen is the bound.
        """
        found = [account for account in accounts if self._is_due(account, now, margin)]
        self._asked.update((account.name, now) for account in found)
        return found

    def _is_due(self, account: Account, now: datetime, margin: timedelta) -> bool:
        if not (account.refreshable and account.confirmed) or account.expires_at is None:
            return False
        if account.state not in (State.VALID, State.EXPIRING):
            return False
        left = account.expires_at - now
        longest = self._longest[account.name] = max(left, self._longest.get(account.name, left))
        if left > min(max(AHEAD, margin), longest / 3):
            return False
        asked = self._asked.get(account.name)
        if asked is not None and abs(now - asked) < _PACE:
            return False
        # Further away than a pause can be: the clock was set back.
        return not timedelta(0) < self._not_before.get(account.name, now) - now <= _LONGEST_PAUSE

    def succeeded(self, name: str) -> None:
        """Start again from a clean slate."""
        self._pause.pop(name, None)
        self._not_before.pop(name, None)

    def failed(self, name: str, now: datetime) -> None:
        """Wait twice as long as last time before the next try."""
        pause = min(self._pause.get(name, _FIRST_PAUSE / 2) * 2, _LONGEST_PAUSE)
        self._pause[name] = pause
        self._not_before[name] = now + pause
