"""Copy: which secret, where it goes, when it is cleared; one line in the trail."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static

from my_app.audit import Event
from my_app_accounts.screens.host import copier
from my_app_accounts.screens.secret_menu import SecretFailed, SecretMenu, SecretsKnown, SecretTaken
from my_app_accounts.widgets.error_card import card
from my_app_accounts.widgets.menu import Menu


class CopyScreen(SecretMenu):
    """Copies one of the secrets of ``profile`` and closes; the value is never shown."""

    EVENT = Event.COPY
    DEFAULT_CSS = "CopyScreen #where { margin-top: 1; color: $vault-dim; }"

    def compose(self) -> ComposeResult:
        """The menu, and where a copy goes."""
        with Vertical(id="box") as box:
            box.border_title = f"Copy · {self.profile}"
            box.border_subtitle = "enter copies · esc close"
            yield Menu(markup=False)
            yield Static("Reading…", id="where", markup=False)

    def on_secrets_known(self, message: SecretsKnown) -> None:
        """Choose."""
        self.fill(message.rows)
        board = copier(self)
        place = "To this computer's clipboard" if board.certain else "To your terminal's clipboard (OSC 52), which never answers"
        stays = f"; cleared after {int(board.keep.total_seconds())} s" if board.keep is not None else "; it stays there"
        self.query_one("#where", Static).update(f"{place}{stays}.")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take it; the trail says what and for how long, never the value."""
        event.stop()
        row = self.row(event.option_id)
        if row is None:
            return
        keep = copier(self).keep
        after = f", cleared after {int(keep.total_seconds())} s" if keep is not None else ""
        self.query_one("#where", Static).update("One moment…")
        self.take(row, f"{row.label.lower()}{after}")

    async def on_secret_taken(self, message: SecretTaken) -> None:
        """Put it on the clipboard and say where it went."""
        words = await copier(self).copy(message.secret, message.row.label)
        self.app.notify(words, markup=False)
        self.dismiss(None)

    def on_secret_failed(self, message: SecretFailed) -> None:
        """Say why there is nothing."""
        self.query_one("#where", Static).update(Content.assemble(card(message.error, "esc close")))
