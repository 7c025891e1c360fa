"""The frame of every dialog: one box, one accent, what to press in its lower edge."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual import events
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import ModalScreen

T = TypeVar("T")


class Dialog(ModalScreen[T | None]):
    """A dialog that Esc leaves; its content goes into one container with the id ``box``."""

    DEFAULT_CSS = """
    Dialog {
        align: center middle;
        background: $background 70%;
    }
    Dialog > #box {
        width: 76;
        max-width: 100%;
        height: auto;
        max-height: 100%;
        border: round $accent;
        border-title-color: $text;
        border-title-style: bold;
        border-subtitle-color: $vault-dim;
        background: $background;
        padding: 1 2;
    }
    Dialog.-tight > #box { padding: 0 1; }
    Dialog .dim { color: $vault-dim; }
    Dialog .problem { color: $vault-bad; }
    Dialog .buttons { height: auto; margin-top: 1; align-horizontal: right; }
    Dialog .gap { margin-top: 1; }
    """
    SCROLLS: ClassVar[str] = ""
    """Selector of the child of ``box`` that scrolls when the window is small; empty: nothing does."""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", tooltip="One step back")]

    _begun = False
    """Everything in it is there."""
    _left = False
    """It was dismissed: what still arrives for it is dropped."""
    _late: tuple[T | None] | None = None
    """The end that came while another screen lay on top of this one."""

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Close with ``result``, once; under another screen as soon as that one is gone.

        Textual's own would close whatever lies on top.
        """
        if self._left:
            return AwaitComplete()
        if not self._begun:
            self.call_later(self._end, result)
            return AwaitComplete()
        if self.app.screen is not self:
            self._late = (result,)
            return AwaitComplete()
        self._left = True
        return super().dismiss(result)

    def _end(self, result: T | None) -> None:
        # Returns nothing, because Textual would wait for what a callback returns, and a screen cannot wait for its own end.
        self.dismiss(result)

    def on_mount(self) -> None:
        """Called after the subclass's own: from now on it may end."""
        self._begun = True

    def on_screen_resume(self) -> None:
        """End now, if the end came while this was covered."""
        if self._late is not None:
            self.dismiss(self._late[0])

    async def _on_message(self, message: Message) -> None:
        """Answers of workers and widgets that come after the end find nothing to change; Textual's own go on."""
        ours = type(message).__module__.startswith(("my_app_accounts.", "textual.widgets."))
        if not (ours and self._left):
            await super()._on_message(message)

    def on_resize(self, event: events.Resize) -> None:
        """A small terminal gets the frame without its margins."""
        self.set_class(event.size.height < 30 or event.size.width < 90, "-tight")
        self.call_after_refresh(self.fit)

    def fit(self) -> None:
        """Keep what does not scroll inside the window: the part named by ``SCROLLS`` gets what is left."""
        if self._left or not self.SCROLLS:
            # Called after a repaint: by then the dialog may be on its way out.
            return
        box, part = self.query_one("#box"), self.query_one(self.SCROLLS)
        others = [child for child in box.children if child is not part and child.display]
        taken = sum(child.outer_size.height + child.styles.margin.height for child in others)
        part.styles.max_height = max(3, self.size.height - box.gutter.height - taken)

    def action_leave(self) -> None:
        """Close without doing anything."""
        self.dismiss(None)
