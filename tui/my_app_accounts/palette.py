"""The command palette: accounts, what can be done, areas, themes; typed, with the key beside each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from my_app import words
from my_app.text import clean
from my_app_accounts.screens.base import AreaScreen

if TYPE_CHECKING:
    from my_app_accounts.app import AccountsApp

Entry = tuple[str, str, Callable[[], object]]
"""What it is called, what it tells (with its key), what it does."""


class AccountsProvider(Provider):
    """Everything the app can do, by name."""

    def _entries(self) -> Iterator[Entry]:
        app = cast("AccountsApp", self.app)
        screen = self.screen
        if isinstance(screen, AreaScreen):
            for act in screen.acts():
                reason = screen.reason_against(act)
                tells = f"{act.key_label}  {act.tells}" + (f" (off: {reason})" if reason else "")
                yield act.label, tells, partial(screen.do, act)
        for account in app.accounts:
            tells = f"{words.word(account.state)} · {clean(account.provider, 40)}"
            yield f"Go to {account.name}", tells, partial(app.go_to, account.name)
        for theme in sorted(app.available_themes):
            yield f"Theme {theme}", "Change the colours, and remember it", partial(app.choose_theme, theme)

    async def discover(self) -> Hits:
        """Before anything is typed: what can be done here."""
        for name, tells, run in self._entries():
            if not name.startswith("Theme "):
                yield DiscoveryHit(Content(name), run, text=name, help=tells)

    async def search(self, query: str) -> Hits:
        """By name, best first."""
        matcher = self.matcher(query)
        for name, tells, run in self._entries():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, Content(name), run, text=name, help=tells)
