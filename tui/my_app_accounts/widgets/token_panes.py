"""The token itself (masked where it matters) and the checks on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from my_app.inspecting import Check, Inspection, SignatureState
from my_app.secret import MASK
from my_app.text import clean
from my_app_accounts.view import hanging
from my_app_accounts.widgets.time_bar import time_bar

if TYPE_CHECKING:
    from my_app_accounts.app import AccountsApp

_SIGNATURE: Final = {
    SignatureState.VALID: ("●", "$vault-ok", "Signature is valid"),
    SignatureState.INVALID: ("✕", "$vault-bad", "Signature is NOT valid"),
    SignatureState.NOT_CHECKED: ("◔", "$vault-soon", "Signature not checked"),
    SignatureState.CANNOT_CHECK: ("?", "$vault-soon", "Signature cannot be checked"),
}

_CHECKS: Final = {
    "iss": "Issuer",
    "aud": "Audience",
    "exp": "Not over",
    "nbf": "Begun",
    "iat": "Issue time",
    "sub": "Subject",
    "jti": "Token id",
    "auth_time": "Sign-in time",
    "nonce": "Nonce",
    "azp": "Authorized party",
    "at_hash": "Access token hash",
    "typ": "Type",
    "crit": "Critical headers",
}
"""Names of checks in words; another one keeps its own name."""


class TextPane(VerticalScroll):
    """A pane of one text."""

    app: AccountsApp

    def compose(self) -> ComposeResult:
        """One text."""
        yield Static(markup=False)

    def say(self, content: Content) -> None:
        """Show ``content``."""
        self.query_one(Static).update(content)


class TokenPane(TextPane):
    """Where the token comes from and how it looks; its signature is never shown."""

    HELP = "The token that is looked at. Its signature stays hidden, so what you see here signs nobody in."

    def show(self, seen: Inspection | None, source: str) -> None:
        """What is known of it."""
        if seen is None:
            self.say(_EMPTY)
            return
        kind = f"{clean(seen.algorithm or 'no algorithm', 20)}" + (f" · key {clean(seen.key_id, 24)}" if seen.key_id else "")
        self.say(
            Content.assemble(
                (source, "bold"),
                ("\n", ""),
                ("JWT " if seen.readable else "", "$vault-dim"),
                (kind if seen.readable else clean(seen.problem, 200), "$vault-dim" if seen.readable else "$vault-soon"),
                (f" · {seen.size} characters\n", "$vault-dim"),
                ("header", "$vault-key"),
                (".", "$vault-dim"),
                ("payload", "$foreground"),
                (".", "$vault-dim"),
                (MASK, "$vault-dim"),
            )
            if seen.readable
            else Content.assemble(
                (source, "bold"), ("\n", ""), (clean(seen.problem, 200), "$vault-soon"), ("\n", ""), (MASK, "$vault-dim")
            )
        )


class ChecksPane(TextPane):
    """Four signature states with their reason, then every other check."""

    HELP = (
        "Valid: the issuer's key made this signature. Invalid: it did not, believe nothing. Not checked: nobody asked yet; "
        "s asks the issuer for its keys. Cannot be checked: no key, no signature, or an algorithm that is not trusted."
    )

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._shown: tuple[Inspection | None, bool] = (None, False)

    def on_resize(self) -> None:
        """Lines hang at another width."""
        seen, asking = self._shown
        self.show(seen, asking=asking)

    def show(self, seen: Inspection | None, *, asking: bool = False) -> None:
        """The verdicts."""
        self._shown = (seen, asking)
        if seen is None:
            self.say(Content.assemble(("Nothing to check yet.", "$vault-dim")))
            return
        mark, colour, word = _SIGNATURE[seen.signature]
        width = max(20, self.scrollable_content_region.width)
        reason = "asking the issuer for its keys…" if asking else clean(seen.signature_reason, 300)
        lines = [
            Content.assemble((f"{mark} {word}", f"bold {colour}")),
            hanging([("  ", ""), (reason, "$vault-dim")], 2, width),
            *(_check(check, width) for check in seen.checks if check.name != "signature"),
        ]
        self.say(Content("\n").join(lines))


def _check(check: Check, width: int) -> Content:
    mark, colour = {True: ("●", "$vault-ok"), False: ("✕", "$vault-bad"), None: ("◔", "$vault-dim")}[check.ok]
    told = [
        (f"{mark} ", colour),
        (_CHECKS.get(check.name) or clean(check.name, 40), ""),
        (f"  {clean(check.reason, 300)}", "$vault-dim"),
    ]
    return hanging(told, 2, width)


class TokenTime(Static):
    """From issued to expires with now on it; hidden where a token names no times."""

    app: AccountsApp

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._seen: Inspection | None = None

    def show(self, seen: Inspection | None) -> None:
        """Draw it for ``seen``."""
        self._seen = seen
        self.display = bool(seen and seen.issued_at and seen.expires_at)
        self.renew()

    def renew(self) -> None:
        """Draw it for now."""
        seen = self._seen
        if seen is None or seen.issued_at is None or seen.expires_at is None:
            return
        now = self.app.now()
        left = f" issued {seen.issued_at.astimezone():%H:%M}  "
        right = f"  expires {seen.expires_at.astimezone():%H:%M} "
        width = max(10, self.app.size.width - len(left) - len(right))
        bar = time_bar(seen.issued_at, seen.expires_at, now, width, "$vault-ok" if now < seen.expires_at else "$vault-bad")
        self.update(Content.assemble((left, "$vault-dim"), bar, (right, "$vault-dim")))


_EMPTY = Content.assemble(
    ("No token yet\n", "bold"),
    ("p", "bold $primary"),
    (" paste one, or ", "$vault-dim"),
    ("t", "bold $primary"),
    (" on an account in ", "$vault-dim"),
    ("1", "bold $primary"),
    (" Accounts.\nIt is decoded here, on this machine.", "$vault-dim"),
)
