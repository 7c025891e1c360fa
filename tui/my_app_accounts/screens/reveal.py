"""Reveal: one secret for ten counted seconds, gone at once when nobody looks (H5)."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static

from my_app.audit import Event
from my_app_accounts.screens.host import host
from my_app_accounts.screens.secret_menu import SecretFailed, SecretMenu, SecretsKnown, SecretTaken
from my_app_accounts.widgets.error_card import card
from my_app_accounts.widgets.menu import Menu
from my_app_accounts.widgets.secret_text import SecretText


class RevealScreen(SecretMenu):
    """Shows a secret of ``profile`` on Enter; hides on time, on focus loss and under another screen."""

    EVENT = Event.REVEAL
    FRESH = False
    DEFAULT_CSS = """
    RevealScreen > #box { width: 96; }
    RevealScreen #value { height: auto; max-height: 12; margin-top: 1; border: round $vault-line; padding: 0 1; }
    RevealScreen #value { scrollbar-size-vertical: 1; }
    RevealScreen #count { color: $vault-dim; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("v", "reveal", "Reveal", tooltip="Show the highlighted secret, or hide it")]

    def compose(self) -> ComposeResult:
        """The menu, the value, the count."""
        with Vertical(id="box") as box:
            box.border_title = f"Reveal · {self.profile}"
            box.border_subtitle = "enter shows · esc close"
            yield Menu(markup=False)
            with VerticalScroll(id="value", can_focus=False):
                yield SecretText()
            yield Static("Reading…", id="count", markup=False)

    def on_mount(self) -> None:
        """Watch for anybody turning away."""
        self.set_interval(0.25, self.tick)
        self.watch(self.app, "app_focus", self._focus_changed, init=False)

    def tick(self) -> None:
        """Count down, and hide when the time is over."""
        if self._left:
            return
        text = self.query_one(SecretText)
        if text.shown:
            left = text.left(host(self).services.clock.now())
            if left:
                self._count(f"Hidden again in {left} s. v hides it now.")

    def on_secrets_known(self, message: SecretsKnown) -> None:
        """Choose; nothing is shown yet."""
        self.fill(message.rows)
        self._count("Masked. Enter or v shows it; the trail gets a line.")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Show the chosen one."""
        event.stop()
        row = self.row(event.option_id)
        if row is not None:
            self.query_one(SecretText).hide()
            self.take(row, row.label.lower())

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Another row: what was shown belongs to the old one."""
        event.stop()
        self.query_one(SecretText).hide()

    def on_secret_taken(self, message: SecretTaken) -> None:
        """Show it, unless nobody looks any more."""
        if not self.app.app_focus or self.app.screen is not self:
            return
        text = self.query_one(SecretText)
        text.show(message.secret, now=host(self).services.clock.now(), span=host(self).options.reveal)
        self.tick()

    def on_secret_failed(self, message: SecretFailed) -> None:
        """Say why there is nothing."""
        self.query_one("#count", Static).update(card(message.error, "esc close"))

    def on_secret_text_hidden(self, event: SecretText.Hidden) -> None:
        """Masked again."""
        event.stop()
        self._count("Masked. Enter or v shows it; the trail gets a line.")

    def on_screen_suspend(self) -> None:
        """Another screen came over this one."""
        self._hide()

    def action_reveal(self) -> None:
        """Show the highlighted secret, or hide what is shown."""
        text = self.query_one(SecretText)
        row = self.highlighted
        if text.shown:
            text.hide()
        elif row is not None:
            self.take(row, row.label.lower())

    def _focus_changed(self, focused: bool) -> None:
        if not focused:
            self._hide()

    def _hide(self) -> None:
        for text in self.query(SecretText):
            text.hide()

    def _count(self, words: str) -> None:
        self.query_one("#count", Static).update(Content(words))
