"""Header and claims of a token, one a line, with what each means."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from my_app import words
from my_app.inspecting import ClaimRow, Inspection
from my_app_accounts.view import fit
from my_app_accounts.widgets.virtual_list import Part, VirtualList

if TYPE_CHECKING:
    from my_app_accounts.app import AccountsApp


class ClaimList(VirtualList[ClaimRow | str]):
    """Rows of claims; a bare text is the title of a section."""

    HELP = (
        "What the token says, in the order it says it. Nothing here is proven until the signature is: see Checks. "
        "Times are shown in your time zone and as a span from now. Enter shows a long value whole."
    )

    app: AccountsApp

    def show_inspection(self, seen: Inspection) -> None:
        """Header first, then claims."""
        items: list[ClaimRow | str] = []
        if seen.header:
            items += ["Header", *seen.header]
        if seen.claims:
            items += ["Claims", *seen.claims]
        first = len(seen.header) + 2 if seen.header and seen.claims else 1
        self.show(items, cursor=first if items else 0)

    def parts(self, item: ClaimRow | str, width: int) -> list[Part]:
        """Name, value, meaning; where it is narrow the meaning goes."""
        if isinstance(item, str):
            return [(item, "bold $vault-dim")]
        name = 12 if width < 90 else 16
        value = width - name - 4 if width < 56 else max(24, (width - name - 6) * 2 // 5)
        meaning = 0 if width < 56 else width - name - value - 6
        colour = self._colour(item)
        parts: list[Part] = [("  ", ""), (fit(item.name, name), "bold"), ("  ", ""), (fit(self.value_of(item), value), colour)]
        if meaning:
            parts.append(("  " + fit(item.meaning, meaning), "$vault-dim"))
        return parts

    def value_of(self, item: ClaimRow) -> str:
        """The value as shown: a time is local and relative."""
        if item.moment is None:
            return item.value
        return moment_words(item.moment, self.app.now())

    def _colour(self, item: ClaimRow) -> str:
        if item.name == "exp" and item.moment is not None:
            return "$vault-bad" if item.moment <= self.app.now() else "$vault-ok"
        return "$foreground"


def moment_words(moment: datetime, now: datetime) -> str:
    """``10:14:02 · in 58 m`` today, with the date on another day."""
    local = moment.astimezone()
    form = "%H:%M:%S" if local.date() == now.astimezone().date() else "%d %b %Y %H:%M"
    return f"{local:{form}} · {words.relative(moment, now)}"
