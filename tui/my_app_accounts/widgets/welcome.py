"""The first run: what this is, what to press, where secrets will live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

if TYPE_CHECKING:
    from my_app_accounts.app import AccountsApp


class Welcome(Widget):
    """Shown while there is no account."""

    app: AccountsApp

    def render(self) -> Content:
        """A few lines that end in keys."""
        if self.app.preparing:
            return Content.assemble(
                ("Signing in the demo's people\n\n", "bold"),
                ("Each account is got by a real sign-in at a provider on this machine. It takes a few seconds.", "$vault-dim"),
            )
        vault = self.app.vault
        if vault is None or vault.keyring_usable:
            kept = "Secrets will be kept in an encrypted vault on this machine, opened by the system keyring."
        else:
            kept = (
                "Secrets will be kept in an encrypted vault on this machine; no keyring answers, so you will choose a passphrase."
            )
        return Content.assemble(
            ("No accounts yet\n\n", "bold"),
            ("n", "bold $primary"),
            ("  add the first one: choose a provider, sign in, name it\n", ""),
            ("?", "bold $primary"),
            ("  everything you can do here\n", ""),
            ("q", "bold $primary"),
            ("  quit\n\n", ""),
            ("To look around without an account:  my-app-accounts --demo\n\n", "$vault-dim"),
            (kept, "$vault-dim"),
        )
