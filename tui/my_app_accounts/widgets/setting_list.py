"""Settings, one a line: what it is, its value between arrows, what it does."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from my_app.settings import Options
from my_app.settings.durations import duration_text
from my_app_accounts.view import fit
from my_app_accounts.widgets.virtual_list import Part, VirtualList


@dataclass(frozen=True, slots=True)
class Setting:
    """One of ``[settings]``."""

    key: str
    label: str
    tells: str
    choices: tuple[str, ...]
    """As they stand in the file; the current value is put in where it is none of them."""
    read: Callable[[Options], str]


def _text(span: timedelta | None) -> str:
    return "never" if span is None else duration_text(span)


def _span(key: str, label: str, tells: str, choices: str, read: Callable[[Options], timedelta | None]) -> Setting:
    return Setting(key, label, tells, tuple(choices.split()), lambda options: _text(read(options)))


REVEAL: Final = _span(
    "reveal", "Hide again after", "A secret that is shown hides after this", "5s 10s 20s 30s 1m", lambda o: o.reveal
)
LOCK: Final = _span(
    "lock_after", "Lock after", "Idle this long, the vault is locked", "5m 15m 30m 1h never", lambda o: o.lock_after
)
CLEAR: Final = _span(
    "clipboard", "Clear clipboard", "What was copied is cleared after this", "15s 30s 1m never", lambda o: o.clipboard
)
MARGIN: Final = _span("margin", "Renew below", "A token with less left is renewed when used", "30s 1m 2m 5m", lambda o: o.margin)
LEEWAY: Final = _span(
    "leeway", "Clock leeway", "Skew of clocks allowed when tokens are checked", "0s 30s 1m 2m 5m", lambda o: o.leeway
)


def all_settings(themes: Sequence[str]) -> list[Setting | str]:
    """Titles and settings in order; ``themes`` are the names to choose from."""
    return [
        "Look",
        Setting("theme", "Theme", "Colours; shown at once", tuple(themes), lambda o: o.theme),
        Setting("motion", "Motion", "Moving parts, off by default", ("false", "true"), lambda o: str(o.motion).lower()),
        "",
        "Secrets",
        REVEAL,
        LOCK,
        "",
        "Clipboard",
        CLEAR,
        "",
        "Tokens",
        MARGIN,
        LEEWAY,
    ]


class SettingList(VirtualList[Setting | str]):
    """Left and right change the value; it is saved as it changes."""

    HELP = (
        "Left and right (or h and l, or a click) change the chosen setting; it is saved to config.toml as it changes, with "
        "your comments kept, and u takes the last change back. A theme is shown at once."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "change(-1)", "Less", show=False),
        Binding("right,l,space", "change(1)", "More", show=False),
    ]

    class Changed(Message):
        """Another value was chosen."""

        def __init__(self, setting: Setting, old: str, new: str) -> None:
            super().__init__()
            self.setting = setting
            self.old = old
            self.new = new

    options: Options = Options()
    """The values shown."""

    def parts(self, item: Setting | str, width: int) -> list[Part]:
        """One setting, or a title."""
        if isinstance(item, str):
            return [(item, "bold $vault-dim")]
        value = item.read(self.options)
        shown = {"false": "off", "true": "on"}.get(value) or re.sub(r"^(\d+)([a-z]+)$", r"\1 \2", value)
        return [
            ("  ", ""),
            (fit(item.label, 18), "$foreground"),
            ("‹ ", "$primary"),
            (fit(shown, 18), "bold"),
            (" ›  ", "$primary"),
            (fit(item.tells, max(0, width - 44)), "$vault-dim"),
        ]

    def show_options(self, options: Options, settings: list[Setting | str]) -> None:
        """Show ``options``; the cursor stays."""
        self.options = options
        self.show(settings, cursor=self.cursor if self.items else 1)

    def action_move(self, by: int) -> None:
        """Titles and blanks are stepped over."""
        index = self.cursor + by
        while 0 <= index < len(self.items) and isinstance(self.items[index], str):
            index += by
        if 0 <= index < len(self.items):
            self.cursor = index

    def action_first(self) -> None:
        """The first setting."""
        self.cursor = 1

    def action_open(self) -> None:
        """Enter takes the next value."""
        self.action_change(1)

    def action_change(self, by: int) -> None:
        """The next or the previous value."""
        item = self.current
        if not isinstance(item, Setting):
            return
        old = item.read(self.options)
        choices = item.choices if old in item.choices else (old, *item.choices)
        new = choices[(choices.index(old) + by) % len(choices)]
        if new != old:
            self.post_message(self.Changed(item, old, new))

    def on_click(self, event: events.Click) -> None:
        """A click on a setting chooses it; on its value changes it."""
        index = self.scroll_offset.y + event.y
        if not 0 <= index < len(self.items) or isinstance(self.items[index], str):
            event.stop()
            return
        chosen = index == self.cursor
        self.cursor = index
        if event.x < 24 and not chosen:
            return
        self.action_change(-1 if event.x < 24 else 1)
        event.stop()
