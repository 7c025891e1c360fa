"""Audit: what was done with which credential, newest first, and whether the chain holds."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from my_app.audit import Entry, Result
from my_app.errors import MyAppError
from my_app.text import clean
from my_app_accounts.keys import Act, bindings
from my_app_accounts.messages import AuditRead, OptionsRead, OverviewRead, Tick, VaultRead, Verified
from my_app_accounts.screens.ask import TextScreen
from my_app_accounts.screens.base import AreaScreen
from my_app_accounts.view import event_words
from my_app_accounts.widgets.audit_list import AuditList, program_words
from my_app_accounts.widgets.filter import FilterBar

PAGE = 500
"""Entries read at a time."""

_ACTS = (
    Act("audit.open", "enter", "open", "Open", "Show the line whole", 1, "enter"),
    Act("audit.filter", "slash", "filter", "Filter", "Narrow by account, act, program or detail; ! excludes", 2, "/"),
    Act("audit.failures", "f", "failures", "Failures", "Only what failed or was denied, or everything again", 3),
    Act("audit.verify", "y", "verify", "Verify chain", "Check that no line was changed or taken out", 4),
)


class AuditScreen(AreaScreen):
    """Pages of 500; older ones are read when the cursor comes near the end."""

    AREA = "audit"
    ACTS: ClassVar[tuple[Act, ...]] = _ACTS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(_ACTS)]
    AUTO_FOCUS = "AuditList"

    def __init__(self) -> None:
        super().__init__()
        self._entries: tuple[Entry, ...] = ()
        self._whole = False
        """The oldest line was read."""
        self._reading = False
        self._failures = False
        self._verdict = ""

    def compose_body(self) -> ComposeResult:
        """The list and its filter."""
        with Vertical(id="audit-pane", classes="pane"):
            yield AuditList(id="audit")
            yield FilterBar("account, act, program or detail; !word excludes")

    def on_mount(self) -> None:
        """The title."""
        self.query_one("#audit-pane").border_title = "3 Audit"

    def on_screen_resume(self) -> None:
        """Shown (again): read the newest."""
        self.action_again()

    def action_again(self) -> None:
        """Read the newest page."""
        self._read(older=False)

    def _read(self, *, older: bool) -> None:
        if self._reading:
            return
        self._reading = True
        audit = self.app.services.audit
        before = self._entries[-1].seq if older and self._entries else None
        self.app.background(
            lambda: audit.entries(limit=PAGE, before=before),
            lambda entries: AuditRead(entries, older=older),
            doing="read the audit trail",
            group="audit",
            to=self,
            failed=lambda error: AuditRead((), older=older, error=error),
        )

    def on_audit_read(self, event: AuditRead) -> None:
        """Append or replace."""
        self._reading = False
        if event.error is not None:
            self.query_one(AuditList).nothing = clean(event.error.message, 200)
        self._whole = len(event.entries) < PAGE
        self._entries = (*self._entries, *event.entries) if event.older else event.entries
        self._draw(keep=True)

    @on(AuditList.NearEnd)
    def _near_end(self) -> None:
        if not self._whole:
            self._read(older=True)

    def _draw(self, *, keep: bool = False) -> None:
        listed = self.query_one(AuditList)
        query = self.query_one(FilterBar).value
        shown = [entry for entry in self._entries if self._wanted(entry, query)]
        was = listed.current
        index = next((i for i, entry in enumerate(shown) if was is not None and entry.seq == was.seq), 0) if keep else 0
        if query or self._failures:
            listed.nothing = "Nothing like that was done. Esc shows everything."
        elif not listed.nothing or self._entries:
            listed.nothing = "Nothing was done yet. Every sign-in, renewal, copy and revocation will stand here."
        listed.show(shown, cursor=index)
        count = f"{len(shown)}/{len(self._entries)}" if query or self._failures else f"newest {len(self._entries)}"
        parts = ["failures only" if self._failures else "", count, "" if self._whole else "older below", self._verdict]
        self.query_one("#audit-pane").border_subtitle = " · ".join(part for part in parts if part)
        for line in self.lines:
            line.renew()

    def _wanted(self, entry: Entry, query: str) -> bool:
        if self._failures and entry.result is Result.OK:
            return False
        heap = " ".join(
            (
                entry.profile or "",
                event_words(entry.event),
                entry.event,
                entry.result,
                entry.code,
                entry.detail,
                program_words(entry),
            )
        ).casefold()
        return all((term.lstrip("!") in heap) is not term.startswith("!") for term in query.casefold().split() if term != "!")

    def receive(self, message: OverviewRead | OptionsRead | VaultRead) -> None:
        """An account changed: so did the trail."""
        if not self.is_mounted:
            return
        if isinstance(message, OverviewRead) and self.is_current:
            self.action_again()
        for line in self.lines:
            line.renew()

    def on_tick(self, event: Tick) -> None:
        """The frame's countdowns."""
        for line in self.lines:
            line.renew()

    # -- actions -----------------------------------------------------------------------------------

    @on(AuditList.Opened)
    def _opened(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """One line whole."""
        entry = self.query_one(AuditList).current
        if entry is None:
            return
        rows = {
            "Number": str(entry.seq),
            "When": f"{entry.at.astimezone():%d %b %Y %H:%M:%S %Z}",
            "Account": entry.profile or "-",
            "What": event_words(entry.event),
            "Result": f"{entry.result} {entry.code}".strip(),
            "Detail": entry.detail or "-",
            "Program": f"{entry.actor.program} (process {entry.actor.pid})",
            "Folder": entry.actor.cwd,
            "Terminal": entry.actor.tty or "-",
        }
        self.app.push_screen(
            TextScreen("One line of the trail", "\n".join(f"{name:<10}{clean(value, 300)}" for name, value in rows.items()))
        )

    def action_filter(self) -> None:
        """Type to narrow."""
        self.query_one(FilterBar).open()

    @on(FilterBar.Changed)
    def _filtered(self) -> None:
        self._draw()

    @on(FilterBar.Closed)
    def _filter_closed(self) -> None:
        self.query_one(AuditList).focus()

    def action_failures(self) -> None:
        """Failures only, or everything."""
        self._failures = not self._failures
        self._draw()

    def action_verify(self) -> None:
        """Check the chain in a thread."""
        audit = self.app.services.audit
        self._verdict = "checking the chain…"
        self._draw(keep=True)
        self.app.background(
            audit.verify, Verified, doing="verify the audit trail", group="verify", to=self, failed=self._not_verified
        )

    def _not_verified(self, error: MyAppError) -> Verified:
        return Verified(None, error)

    def on_verified(self, event: Verified) -> None:
        """The verdict stands in the frame."""
        verdict = event.verdict
        if verdict is None:
            self._verdict = clean(event.error.message, 100) if event.error else ""
        elif not verdict.ok:
            self._verdict = f"✕ the chain is broken at line {verdict.broken_at}"
        else:
            sealed = f", sealed to {verdict.sealed_to}" if verdict.sealed_to else ""
            self._verdict = f"● {verdict.events} lines hold{sealed}"
        self._draw(keep=True)

    def action_back(self) -> None:
        """Filter and failures go first; then to the accounts."""
        bar = self.query_one(FilterBar)
        if bar.value or self._failures:
            self._failures = False
            bar.clear()
            self._draw()
        else:
            self.app.clear_notifications()

    def action_leave(self) -> None:
        """q goes to the accounts, the top."""
        self.app.switch_mode("accounts")
