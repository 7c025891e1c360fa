"""The trail, one act a line."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from my_app.audit import Entry, Result
from my_app.text import clean
from my_app_accounts.view import event_words, fit
from my_app_accounts.widgets.virtual_list import Part, VirtualList

if TYPE_CHECKING:
    from my_app_accounts.app import AccountsApp

_RESULTS: Final = {
    Result.OK: ("● ok", "$vault-ok"),
    Result.FAILED: ("✕ failed", "$vault-bad"),
    Result.DENIED: ("! denied", "$vault-bad"),
}


class AuditList(VirtualList[Entry]):
    """When, account, what, result, by whom, detail."""

    HELP = (
        "What was done with which credential, newest first. Each line is chained to the one before it, so a line "
        "that was changed or taken out is noticed: y checks the chain. No secret is ever in it. Enter shows a line whole."
    )

    app: AccountsApp

    def parts(self, item: Entry, width: int) -> list[Part]:
        """One act."""
        result, colour = _RESULTS[item.result]
        name, program = (16, 0) if width < 90 else (20, 18)
        parts: list[Part] = [
            (fit(when_words(item.at, self.app.now()), 13), "$vault-dim"),
            (fit(clean(item.profile or "-", 64), name) + "  ", "$foreground"),
            (fit(event_words(item.event), 15) + "  ", "$foreground"),
            (fit(result, 8) + "  ", colour),
        ]
        if program:
            parts.append((fit(program_words(item), program) + "  ", "$vault-dim"))
        rest = width - sum(len(text) for text, _ in parts)
        detail = clean(" · ".join(text for text in (item.code, item.detail) if text), 200)
        return [*parts, (fit(detail, max(0, rest)), "$vault-dim")]

    def heading(self, width: int) -> str:
        """Column titles."""
        name, program = (16, 0) if width < 90 else (20, 18)
        by = fit("By", program) + "  " if program else ""
        return f"{fit('When', 13)}{fit('Account', name)}  {fit('What', 15)}  {fit('Result', 8)}  {by}Detail"


def when_words(at: datetime, now: datetime) -> str:
    """``09:14:07`` today, ``23 Nov 09:14`` before."""
    local = at.astimezone()
    return f"{local:%H:%M:%S}" if local.date() == now.astimezone().date() else f"{local:%d %b %H:%M}"


def program_words(entry: Entry) -> str:
    """The asking program's name without its folder."""
    return clean(PurePath(entry.actor.program).name or entry.actor.program, 40)
