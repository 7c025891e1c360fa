"""What was done with one account lately; the third pane of wide terminals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from my_app.accounts import Account
from my_app.audit import Entry, Result
from my_app.text import clean
from my_app_accounts.messages import RecentRead
from my_app_accounts.view import event_words

if TYPE_CHECKING:
    from my_app_accounts.app import AccountsApp


class RecentPane(VerticalScroll):
    """Newest events first; nothing is read while the pane is hidden."""

    HELP = "What was done with this account, newest first, from the audit trail. Area 3 shows all of it."

    app: AccountsApp

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self.account: Account | None = None
        self.border_title = "Recent events"

    def compose(self) -> ComposeResult:
        """One text."""
        yield Static(markup=False)

    def show(self, account: Account | None) -> None:
        """Read the events of ``account`` in a thread."""
        self.account = account
        if account is None or not self.display:
            return
        audit, name = self.app.services.audit, account.name
        self.app.background(
            lambda: tuple(entry for entry in audit.entries(limit=500) if entry.profile == name)[:60],
            lambda entries: RecentRead(name, entries),
            failed=lambda error: RecentRead(name, ()),
            doing="read the audit trail",
            group="recent",
            to=self,
        )

    def on_show(self) -> None:
        """The terminal grew: fill the pane."""
        self.show(self.account)

    def on_recent_read(self, event: RecentRead) -> None:
        """Show them, unless the cursor has moved on."""
        if self.account is None or event.profile != self.account.name:
            return
        lines = [_line(entry) for entry in event.entries]
        self.query_one(Static).update(
            Content("\n").join(lines) if lines else Content.assemble(("Nothing has been done with it yet.", "$vault-dim"))
        )


def _line(entry: Entry) -> Content:
    mark, colour = ("●", "$vault-ok") if entry.result is Result.OK else ("✕", "$vault-bad")
    return Content.assemble(
        (f"{entry.at.astimezone():%d %b %H:%M}  ", "$vault-dim"),
        (f"{mark} ", colour),
        (event_words(entry.event), ""),
        (f"  {clean(entry.code or entry.detail, 60)}", "$vault-dim"),
    )
