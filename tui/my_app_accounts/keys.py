"""Every key of the app in one table: bindings, footer, help and palette are drawn from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a person can do."""

    id: str
    """Stable name, also the id of the binding for the keymap."""
    key: str
    action: str
    label: str
    """In the footer; an ellipsis means that a dialog follows."""
    tells: str
    """One sentence for help and tooltips."""
    rank: int = 9
    """Place in the footer, low first; 9 stays out of it."""
    shown: str = ""
    """The key as it is written; empty: as it is."""

    @property
    def key_label(self) -> str:
        """The key as a person reads it."""
        return self.shown or self.key.split(",")[0]


AREAS: Final = (
    Act("area.accounts", "1", "area('accounts')", "Accounts", "Every account, its state and its next step"),
    Act("area.inspector", "2", "area('inspector')", "Inspector", "What a token says, and whether its issuer vouches for it"),
    Act("area.audit", "3", "area('audit')", "Audit", "What was done with which credential, newest first"),
    Act("area.settings", "4", "area('settings')", "Settings", "Theme, secrets, clipboard, lock; how the vault is"),
)

EVERYWHERE: Final = (
    Act("app.help", "question_mark", "help", "Help", "Search everything you can do here, and do it", 8, "?"),
    Act("app.about", "f1", "about", "About this pane", "Explain the pane that has the focus", 9, "F1"),
    Act("app.people", "f2", "app.people", "Demo people", "Users, passwords and current codes of the demo", 9, "F2"),
    Act("app.again", "ctrl+r", "again", "Read again", "Read accounts, vault or trail again from disk", 9, "^r"),
    Act("app.palette", "ctrl+p", "app.command_palette", "Palette", "Find accounts, actions, areas and themes by typing", 9, "^p"),
    Act("app.lock", "ctrl+l", "app.lock_or_open", "Lock", "Lock the vault, or open it again", 9, "^l"),
    Act("app.undo", "u,ctrl+z", "app.undo", "Undo", "Bring back what was forgotten in the last 10 seconds"),
    Act("app.back", "escape", "back", "Back", "One step back; never quits", 9, "esc"),
    Act("app.leave", "q", "leave", "Quit", "Quit, from the top; elsewhere one step back"),
)

ACCOUNT: Final = (
    Act("account.open", "enter", "open", "Open", "Show everything about this account", 1, "enter"),
    Act("account.new", "n", "new", "New", "Add an account: provider, sign-in, name", 2),
    Act("account.login", "l", "login", "Sign in", "Renew the token, or sign in when a person is needed", 3),
    Act("account.token", "t", "token", "Token", "Look into the access token in the inspector", 4),
    Act("account.copy", "c", "copy", "Copy…", "Put a secret on the clipboard for a short time", 5),
    Act("account.reveal", "v", "reveal", "Reveal…", "Show a secret for a few seconds", 9),
    Act("account.rotate", "r", "rotate", "Rotate…", "Replace the key or secret without being without a working one", 8),
    Act("account.revoke", "x", "revoke", "Revoke…", "Tell the provider that the login is over; cannot be undone", 7),
    Act("account.forget", "d", "forget", "Forget…", "Remove the account from this machine; can be undone for 10 seconds"),
    Act("account.page", "o", "page", "Open page", "Open the provider's page in the browser"),
    Act("account.use", "a", "use", "Make active", "Use this account where no other is named"),
    Act(
        "account.filter", "slash", "filter", "Filter", "Narrow the list by name, user, provider, scope or state; ! excludes", 6, "/"
    ),
)


def bindings(acts: Iterable[Act], *, shown: bool = False) -> list[Binding]:
    """Textual's bindings for ``acts``; our own footer is drawn from the table, so they hide from Textual's."""
    return [
        Binding(act.key, act.action, act.label, id=act.id, show=shown, tooltip=act.tells, key_display=act.key_label) for act in acts
    ]
