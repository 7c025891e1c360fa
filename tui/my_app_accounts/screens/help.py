"""Help: everything that can be done here, searched and run; and a pane explained in prose."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input

from my_app_accounts.keys import Act
from my_app_accounts.screens.error import Card
from my_app_accounts.view import fit
from my_app_accounts.widgets.virtual_list import Part, VirtualList

if TYPE_CHECKING:
    from my_app_accounts.app import AccountsApp
    from my_app_accounts.screens.base import AreaScreen


class ActList(VirtualList[tuple[Act, str]]):
    """Key, name, what it does; a disabled one keeps its place and says why."""

    def parts(self, item: tuple[Act, str], width: int) -> list[Part]:
        """One line."""
        act, reason = item
        told = f"off: {reason}" if reason else act.tells
        return [
            (fit(act.key_label, 6), "$vault-dim" if reason else "bold $primary"),
            (fit(act.label.rstrip("…"), 15), "$vault-dim" if reason else "$foreground"),
            (fit(told, max(8, width - 21)), "$vault-soon" if reason else "$vault-dim"),
        ]


class HelpScreen(ModalScreen[None]):
    """Type what you want to do; Enter does it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", show=False),
        Binding("down", "move(1)", "Down", show=False, priority=True),
        Binding("up", "move(-1)", "Up", show=False, priority=True),
    ]
    AUTO_FOCUS = "Input"

    app: AccountsApp

    def __init__(self, area: AreaScreen) -> None:
        super().__init__()
        self.area = area
        self._all = [(act, area.reason_against(act)) for act in area.acts()]

    def compose(self) -> ComposeResult:
        """A field and a list."""
        with Vertical(classes="card tall") as box:
            field = Input(placeholder="type what you want to do…", compact=True)
            field.cursor_blink = False
            yield field
            yield ActList()
        box.border_title = f"Help · {self.area.AREA.capitalize()}"
        box.border_subtitle = "enter runs it · F1 about a pane · esc close"

    def on_mount(self) -> None:
        """Everything at first."""
        listed = self.query_one(ActList)
        listed.can_focus = False
        listed.nothing = "Nothing here does that. Esc closes."
        listed.show(self._all)

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        terms = event.value.casefold().split()
        found = [(act, reason) for act, reason in self._all if all(term in _text(act) for term in terms)]
        self.query_one(ActList).show(found)

    @on(Input.Submitted)
    async def _run(self) -> None:
        chosen = self.query_one(ActList).current
        if chosen is None:
            return
        await self._do(*chosen)

    @on(ActList.Opened)
    async def _clicked(self, event: ActList.Opened) -> None:
        await self._run()

    async def _do(self, act: Act, reason: str) -> None:
        if reason:
            self.app.notify(f"{act.label.rstrip('…')} is off: {reason}.", severity="warning")
            return
        area = self.area
        self.dismiss()
        self.app.call_after_refresh(area.do, act)

    def action_move(self, by: int) -> None:
        """The cursor moves while the field keeps the focus."""
        self.query_one(ActList).action_move(by)

    def action_close(self) -> None:
        """One step back."""
        self.dismiss()


def _text(act: Act) -> str:
    return f"{act.label} {act.tells} {act.key_label} {act.id}".casefold()


class AboutScreen(Card):
    """One pane in prose."""

    heading = "About this pane"

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    @classmethod
    def of(cls, widget: Widget | None, area: AreaScreen) -> AboutScreen:
        """For the focused widget, else the nearest around it that has something to say, else the area."""
        node = widget
        while node is not None:
            told = getattr(type(node), "HELP", None)
            if told:
                return cls(str(told))
            node = node.parent if isinstance(node.parent, Widget) else None
        return cls((area.__doc__ or "").strip())

    def body(self) -> Content:
        """The prose."""
        return Content(self._text)
