"""Six boxes for a one-time code; takes a pasted code in any wrapping and gives each code away once."""

from __future__ import annotations

import re
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from my_app.secret import Secret

_CODE: Final = re.compile(r"(?<![0-9])([0-9]{3})[ \u00a0\u2009-]?([0-9]{3})(?![0-9])")
DIGITS: Final = 6


def code_in(text: str) -> str | None:
    """The six digits in a pasted text: ``123456``, ``123 456``, or the first such group of a message."""
    found = _CODE.search(text[:2000])
    if found:
        return found.group(1) + found.group(2)
    alone = re.sub(r"[\s-]", "", text[:2000])
    return alone if re.fullmatch(r"[0-9]{6}", alone) else None


class OtpInput(Widget, can_focus=True):
    """Digits only; Enter sends when all six are there, and the same code is never sent twice."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    OtpInput { width: 33; height: 3; border: round $vault-line; padding: 0 1; }
    OtpInput:focus { border: round $accent; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", "Send", show=False),
        Binding("backspace", "erase", "Erase", show=False),
        Binding("ctrl+u,delete", "empty", "Empty", show=False),
    ]

    class Submitted(Message):
        """Six digits, sent by Enter."""

        def __init__(self, code: Secret) -> None:
            super().__init__()
            self.code = code

    class Rejected(Message):
        """Not sent, and why, in our own words."""

        def __init__(self, reason: str) -> None:
            super().__init__()
            self.reason = reason

    class Edited(Message):
        """A digit came or went."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._digits = ""
        self._sent: set[Secret] = set()
        self.waiting = False
        """A code is on its way: nothing is taken until ``again``."""

    def again(self) -> None:
        """Ask anew: empty the boxes and take input."""
        self._digits = ""
        self.waiting = False
        self.refresh()

    def on_key(self, event: events.Key) -> None:
        """Take a digit; letters pass on to the screen."""
        if event.character and event.character in "0123456789":
            event.stop()
            if not self.waiting and len(self._digits) < DIGITS:
                self._change(self._digits + event.character)

    def on_paste(self, event: events.Paste) -> None:
        """Take the code out of whatever was pasted; nothing is sent."""
        event.stop()
        if self.waiting:
            return
        code = code_in(event.text)
        if code is None:
            self.post_message(self.Rejected("No six-digit code in what was pasted."))
        else:
            self._change(code)

    def action_erase(self) -> None:
        """Take the last digit back."""
        if not self.waiting:
            self._change(self._digits[:-1])

    def action_empty(self) -> None:
        """Take all digits back."""
        if not self.waiting:
            self._change("")

    def action_send(self) -> None:
        """Send the code once; an Enter too many does nothing."""
        if self.waiting or not self._digits:
            return
        if len(self._digits) < DIGITS:
            missing = DIGITS - len(self._digits)
            self.post_message(self.Rejected(f"{missing} more digit{'' if missing == 1 else 's'}, please."))
            return
        code = Secret(self._digits)
        if code in self._sent:
            self.post_message(self.Rejected("That code was sent already. Wait for the next one in your app."))
            return
        self._sent.add(code)
        self.waiting = True
        self.refresh()
        self.post_message(self.Submitted(code))

    def render(self) -> Content:
        """The boxes; a code that was sent is masked."""
        shown = "•" * len(self._digits) if self.waiting else self._digits
        boxes = list(shown.ljust(DIGITS, "_"))
        focused = len(self._digits) if self.has_focus and not self.waiting else -1
        parts: list[Content | str | tuple[str, str]] = []
        for index, box in enumerate(boxes):
            if index == DIGITS // 2:
                parts.append("    ")
            style = "reverse" if index == focused else "bold" if box != "_" else "$vault-dim"
            parts += [" ", (f" {box} ", style)]
        return Content.assemble(*parts)

    def _change(self, digits: str) -> None:
        self._digits = digits
        self.refresh()
        self.post_message(self.Edited())
