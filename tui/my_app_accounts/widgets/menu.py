"""A plain list to choose from: no frame of its own, the row under the cursor filled."""

from __future__ import annotations

from textual.widgets import OptionList


class Menu(OptionList):
    """An option list as the dialogs use it; its texts are Content, never markup."""

    DEFAULT_CSS = """
    Menu, Menu:focus {
        height: auto;
        max-height: 10;
        border: none;
        padding: 0;
        background: $background;
        background-tint: $background 0%;
        scrollbar-size-vertical: 1;
    }
    Menu > .option-list--option { padding: 0; }
    Menu > .option-list--option-highlighted { background: $vault-cursor; color: $foreground; text-style: none; }
    Menu:focus > .option-list--option-highlighted { background: $vault-cursor; color: $foreground; text-style: bold; }
    Menu:ansi:focus > .option-list--option-highlighted { text-style: reverse; }
    """
