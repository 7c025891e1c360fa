"""Settings: the few things that can be chosen, and how the vault is."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content

from my_app import words
from my_app.text import clean
from my_app_accounts.keys import Act, bindings
from my_app_accounts.messages import OptionsRead, OverviewRead, Tick, VaultRead
from my_app_accounts.screens.base import AreaScreen
from my_app_accounts.themes import OWN
from my_app_accounts.widgets.setting_list import SettingList, all_settings
from my_app_accounts.widgets.token_panes import TextPane

_ACTS = (
    Act("settings.less", "left", "change(-1)", "Before", "The value before", 1, "←"),
    Act("settings.more", "right", "change(1)", "Next", "The next value", 1, "→"),
    Act("settings.undo", "u,ctrl+z", "undo_setting", "Undo", "Take the last change back", 2, "u"),
    Act("settings.lock", "ctrl+l", "app.lock_or_open", "Lock", "Lock the vault, or open it again", 3, "^l"),
)


class VaultPane(TextPane):
    """How the vault is."""

    HELP = "Where your secrets are kept and what opens them. my-app vault slot adds and removes ways to open it."


class SettingsScreen(AreaScreen):
    """Saved as you change; u takes back."""

    AREA = "settings"
    ACTS: ClassVar[tuple[Act, ...]] = _ACTS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(_ACTS[2:])]
    AUTO_FOCUS = "SettingList"

    def __init__(self) -> None:
        super().__init__()
        self._changes: list[tuple[str, str]] = []

    def compose_body(self) -> ComposeResult:
        """Settings, then the vault."""
        with Vertical(id="settings-pane", classes="pane"):
            yield SettingList(id="settings")
        yield VaultPane(id="vault-pane", classes="pane")

    def on_mount(self) -> None:
        """Titles and values."""
        pane = self.query_one("#settings-pane")
        pane.border_title = "4 Settings"
        pane.border_subtitle = "saved as you change"
        self.query_one(VaultPane).border_title = "Vault"
        self._draw()

    def on_screen_resume(self) -> None:
        """Shown (again): read both."""
        self.app.read_options()
        self.app.read_vault()

    def receive(self, message: OverviewRead | OptionsRead | VaultRead) -> None:
        """Show what was read."""
        if self.is_mounted:
            self._draw()

    def on_tick(self, event: Tick) -> None:
        """The frame's countdowns."""
        for line in self.lines:
            line.renew()

    def reason_against(self, act: Act) -> str:
        """Undo needs something to undo."""
        if act.id == "settings.undo" and not self._changes:
            return "nothing was changed yet"
        return super().reason_against(act)

    def acts(self) -> list[Act]:
        """``u`` and ``^l`` are this screen's own here."""
        return [act for act in super().acts() if act.id not in ("app.undo", "app.lock")]

    def _draw(self) -> None:
        own = [theme.name for theme in OWN]
        themes = [*own, *sorted(name for name in self.app.available_themes if name not in own)]
        self.query_one(SettingList).show_options(self.app.options, all_settings(themes))
        self.query_one(VaultPane).say(self._vault())
        for line in self.lines:
            line.renew()

    def _vault(self) -> Content:
        status = self.app.vault
        if status is None:
            return Content.assemble(("Looking…", "$vault-dim"))
        now = self.app.now()
        opened = (
            f"open, by {status.opened_by}" if status.open and status.opened_by else "open" if status.open else "closed; ^l opens it"
        )
        slots = ", ".join(f"{slot.kind} ({words.relative(slot.created_at, now)})" for slot in status.slots) or "-"
        rows = [
            ("State", opened if status.exists else "none yet; the first account makes one"),
            ("Opened by", slots),
            ("Keyring", clean(status.keyring, 200)),
            ("Records", str(status.records)),
            ("Last good copy", words.relative(status.backup_at, now) if status.backup_at else "none yet"),
            ("File", clean(str(status.path), 200)),
            ("Settings file", clean(str(self.app.services.paths.config), 200)),
        ]
        lines = [Content.assemble((f"  {name:<18}", "$vault-dim"), (value, "")) for name, value in rows]
        lines += [Content.assemble(("  ! ", "$vault-soon"), (clean(text, 300), "")) for text in self.app.overview.warnings[:5]]
        return Content("\n").join(lines)

    # -- changing ----------------------------------------------------------------------------------

    @on(SettingList.Changed)
    def _changed(self, event: SettingList.Changed) -> None:
        self._changes.append((event.setting.key, event.old))
        self._apply(event.setting.key, event.new)

    def _apply(self, key: str, value: str) -> None:
        if key == "theme":
            self.app.choose_theme(value)
        else:
            self.app.save_option(key, value)

    def action_change(self, by: int) -> None:
        """From help and footer."""
        self.query_one(SettingList).action_change(by)

    def action_undo_setting(self) -> None:
        """Take the last change back."""
        if self._changes:
            self._apply(*self._changes.pop())
        else:
            self.app.notify("Nothing was changed yet.")

    def action_leave(self) -> None:
        """q goes to the accounts, the top."""
        self.app.switch_mode("accounts")
