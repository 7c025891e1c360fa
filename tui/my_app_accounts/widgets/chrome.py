"""The frame of every area: top bar, status line, key bar. One line each, drawn from values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.widget import Widget

from my_app.words import span
from my_app_accounts.keys import AREAS, Act
from my_app_accounts.view import next_line, vault_words

if TYPE_CHECKING:
    from my_app_accounts.app import AccountsApp
    from my_app_accounts.screens.base import AreaScreen


class Line(Widget):
    """One line of spans; a click runs what lies under it."""

    app: AccountsApp
    screen: AreaScreen

    DEFAULT_CSS = "Line { height: 1; width: 100%; }"

    def __init__(self) -> None:
        super().__init__()
        self._targets: list[tuple[int, int, Callable[[], None]]] = []
        self._shown: Content | None = None

    def spans(self, width: int) -> Content:
        """The line, at most ``width`` cells; ``_targets`` is filled on the way."""
        raise NotImplementedError

    def render(self) -> Content:
        """The line as it is now."""
        self._targets = []
        self._shown = self.spans(self.size.width)
        return self._shown

    def renew(self) -> None:
        """Repaint if the line says something else than what is on the screen."""
        shown = self._shown
        if shown is None or not self.spans(self.size.width).is_same(shown):
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Run what was clicked."""
        for start, end, run in self._targets:
            if start <= event.x < end:
                run()
                return


class TopBar(Line):
    """Program, areas, and how the vault is."""

    DEFAULT_CSS = "TopBar { background: $panel; color: $foreground; }"

    def __init__(self, area: str) -> None:
        super().__init__()
        self.area = area

    def spans(self, width: int) -> Content:
        """``my-app accounts   1 Accounts  2 Inspector ...      keyring open · lock 14 m``."""
        parts: list[tuple[str, str]] = [(" my-app ", "bold $primary")] if width < 100 else [(" my-app accounts ", "bold $primary")]
        parts.append(("  ", ""))
        x = sum(cell_len(text) for text, _ in parts)
        for act in AREAS:
            name = act.id.removeprefix("area.")
            here = name == self.area
            text = f" {act.key} {act.label} "
            parts.append((text, "bold $primary reverse" if here else "$vault-dim"))
            self._targets.append((x, x + cell_len(text), lambda name=name: self.screen.action_area(name)))  # type: ignore[misc]
            x += cell_len(text)
        right = self._right(width - x - 1)
        parts.append((" " * max(1, width - x - cell_len(right) - 1), ""))
        parts.append((right, "$vault-dim"))
        return Content.assemble(*parts)

    def _right(self, room: int) -> str:
        app = self.app
        words = [vault_words(app.vault, app.vault_problem is not None)]
        if app.read_only:
            words.insert(0, "read only")
        if app.demo is not None:
            words.insert(0, "demo")
        if app.vault is not None and app.vault.open and app.options.lock_after:
            words.append(f"lock {span(app.touched + app.options.lock_after - app.now())}")
        while words and cell_len(" · ".join(words)) > room:
            words.pop()
        return " · ".join(word for word in words if word)


class StatusLine(Line):
    """The one thing that needs you, with its key; on the right the clipboard's count."""

    DEFAULT_CSS = "StatusLine { background: $background; color: $foreground; }"

    def spans(self, width: int) -> Content:
        """``Next: github expires in 4 m · l renews it            clipboard 18 s``."""
        app = self.app
        now = app.now()
        chip = f"clipboard {span(app.clipboard_until - now)} " if app.clipboard_until and app.clipboard_until > now else ""
        text, tone = next_line(app, now)
        room = width - cell_len(chip) - 2
        content = Content.assemble(" ", (text[:room], tone)) if text else Content(" ")
        if not chip:
            return content
        pad = max(1, width - content.cell_length - cell_len(chip))
        return Content.assemble(content, " " * pad, (chip, "bold $vault-soon"))


class KeyBar(Line):
    """The most useful keys, as many as fit, never one cut off; a click presses it."""

    DEFAULT_CSS = "KeyBar { background: $panel; color: $foreground; }"

    def __init__(self, acts: Sequence[Act]) -> None:
        super().__init__()
        self.acts = [act for act in acts if act.rank < 9]

    def spans(self, width: int) -> Content:
        """Keys by rank, laid out in table order, with help always among them."""
        fitting: list[Act] = []
        used = 1
        for act in sorted(self.acts, key=lambda act: (act.id != "app.help", act.rank)):
            need = cell_len(act.key_label) + cell_len(act.label) + 3
            if used + need <= width:
                fitting.append(act)
                used += need
        parts: list[tuple[str, str]] = [(" ", "")]
        x = 1
        for act in [act for act in self.acts if act in fitting]:
            off = bool(self.screen.reason_against(act))
            text = f"{act.key_label} {act.label}"
            parts.append((act.key_label, "$vault-dim" if off else "bold $primary"))
            parts.append((f" {act.label}  ", "$vault-dim" if off else "$foreground"))
            self._targets.append((x, x + cell_len(text), lambda act=act: self._press(act)))  # type: ignore[misc]
            x += cell_len(text) + 2
        return Content.assemble(*parts)

    def _press(self, act: Act) -> None:
        self.run_worker(self.screen.run_action(act.action), exit_on_error=False)
