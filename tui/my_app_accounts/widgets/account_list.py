"""The list of accounts: mark, word and colour of the state, name, provider, who, how long, what for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from my_app.accounts import Account
from my_app_accounts.view import Row, fit, row_of, scopes_in
from my_app_accounts.widgets.virtual_list import Part, VirtualList

if TYPE_CHECKING:
    from my_app_accounts.app import AccountsApp

_GAP = "  "
_IDENTITY_FROM = 88
"""Cells from which there is a column for the user."""


class AccountList(VirtualList[Account]):
    """Columns at 80 cells: state 11, name 16, provider 10, expires 9, scopes the rest."""

    HELP = (
        "Every account of this home. The mark, the word and the colour say how its token is: "
        "Valid, Expiring (less than five minutes), Expired (but it renews by itself), Sign in, Revoked, Static key. "
        "A dim line was last known while the vault was open. Enter opens, / narrows, l signs in or renews."
    )

    app: AccountsApp

    def parts(self, item: Account, width: int) -> list[Part]:
        """The line of one account."""
        row = row_of(item, self.app.now(), busy=item.name in self.app.busy)
        dim = "" if row.firm else " dim"
        who, name_width, provider_width, rest = self._columns(width)
        # "Static key" is one cell longer than its column; the gap takes it.
        parts: list[Part] = [
            (f"{row.mark} {fit(row.word, 9) if len(row.word) <= 9 else row.word}", row.tone + dim),
            (" " * (11 + len(_GAP) - 2 - max(9, len(row.word))), ""),
            (self._name_cell(row, name_width), ("bold" if row.active else "$foreground") + dim),
            (_GAP + fit(row.provider, provider_width), "$vault-dim" + dim),
        ]
        if who:
            parts.append((_GAP + fit(row.identity or "-", who), "$vault-dim" + dim))
        parts.append((_GAP + fit(row.expires, 9), (row.tone if row.word == "Expiring" else "$foreground") + dim))
        if rest > 3:
            parts.append((_GAP + fit(scopes_in(row.scopes, rest), rest), "$vault-dim" + dim))
        return parts

    def heading(self, width: int) -> str:
        """Column titles over the columns."""
        who, name_width, provider_width, rest = self._columns(width)
        titles = [fit("State", 11), fit("Name", name_width), fit("Provider", provider_width)]
        if who:
            titles.append(fit("User", who))
        titles.append(fit("Expires", 9))
        if rest > 3:
            titles.append(fit("Scopes", rest))
        return _GAP.join(titles)

    def _name_cell(self, row: Row, width: int) -> str:
        return fit(row.name + (" ◂" if row.active else ""), width)

    def _columns(self, width: int) -> tuple[int, int, int, int]:
        """Widths of user (0: none), name, provider and scopes."""
        who = 16 if width >= _IDENTITY_FROM else 0
        name, provider = (22, 14) if width >= _IDENTITY_FROM + 20 else (16, 10)
        used = 11 + name + provider + 9 + len(_GAP) * 4 + (who + len(_GAP) if who else 0)
        return who, name, provider, width - used

    def show_accounts(self, accounts: Sequence[Account], select: str | None) -> None:
        """Show ``accounts``; the cursor stays on ``select``, else on the account it was on."""
        wanted = select or (self.current.name if self.current else None)
        index = next(
            (i for i, account in enumerate(accounts) if account.name == wanted), min(self.cursor, max(0, len(accounts) - 1))
        )
        self.show(accounts, cursor=index)
