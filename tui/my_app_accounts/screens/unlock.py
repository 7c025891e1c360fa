"""Unlock: the passphrase of the vault, or the one of a new vault when there is no keyring."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static

from my_app.secret import Secret
from my_app.text import clean
from my_app_accounts.widgets.dialog import Dialog
from my_app_accounts.widgets.fields import SecretField
from my_app_accounts.widgets.flat_button import FlatButton

SHORTEST = 8
"""Characters a new passphrase has at least; it is the only thing between a thief of the file and the secrets."""


class UnlockScreen(Dialog[Secret]):
    """Asks for a passphrase; dismissed with it, or None. ``new``: asks twice and says what it protects.

    ``label`` is the sentence to show (for a new vault: why there is no keyring).
    """

    def __init__(self, label: str, *, new: bool = False) -> None:
        super().__init__()
        self._label = label
        self._new = new

    def compose(self) -> ComposeResult:
        """The sentence and one field, or two."""
        with Vertical(id="box") as box:
            box.border_title = "A new vault" if self._new else "Unlock the vault"
            box.border_subtitle = "enter · esc cancel"
            yield Static(Content(clean(self._label, 500)), markup=False)
            if self._new:
                yield Static(
                    Content.assemble(
                        "Without a keyring your secrets are sealed with a passphrase. It is asked for at each start, "
                        "and nobody can bring it back. ",
                        ("Nothing is ever kept in plain text.", "bold"),
                    ),
                    classes="gap",
                    markup=False,
                )
            yield Static("Passphrase", classes="gap", markup=False)
            yield SecretField(id="first")
            if self._new:
                yield Static("Once more", markup=False)
                yield SecretField(id="second")
            yield Static("", id="problem", classes="problem", markup=False)
            with Horizontal(classes="buttons"):
                yield FlatButton("Cancel", id="cancel")
                yield FlatButton("Make the vault" if self._new else "Unlock", id="go")

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one("#first").focus()
        self.query_one("#problem").display = False

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes on to the second field, then sends."""
        event.stop()
        if self._new and event.input.id == "first":
            self.query_one("#second").focus()
        else:
            self._send()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Send, or leave."""
        event.stop()
        if event.button.id == "go":
            self._send()
        else:
            self.dismiss(None)

    def _send(self) -> None:
        first = self.query_one("#first", SecretField)
        if not first.value:
            self._say("Please type the passphrase.")
        elif not self._new:
            self.dismiss(first.take())
        elif len(first.value) < SHORTEST:
            self._say(f"At least {SHORTEST} characters, please. Four random words are good.")
        elif first.value != self.query_one("#second", SecretField).value:
            self._say("The two are not the same.")
        else:
            self.query_one("#second", SecretField).take()
            self.dismiss(first.take())

    def _say(self, words: str) -> None:
        problem = self.query_one("#problem", Static)
        problem.display = True
        problem.update(f"✗ {words}")
