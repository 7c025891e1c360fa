"""AreaScreen: what the four areas have in common: a top bar, a status line, a key bar, the keys of everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from my_app_accounts.keys import AREAS, EVERYWHERE, Act, bindings
from my_app_accounts.messages import OptionsRead, OverviewRead, VaultRead
from my_app_accounts.widgets.chrome import KeyBar, Line, StatusLine, TopBar

if TYPE_CHECKING:
    from my_app_accounts.app import AccountsApp


class AreaScreen(Screen[Any]):
    """One of the areas. Subclasses fill ``compose_body`` and name their ``AREA`` and ``ACTS``."""

    AREA: ClassVar[str] = "accounts"
    ACTS: ClassVar[tuple[Act, ...]] = ()
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(AREAS), *bindings(EVERYWHERE)]
    AUTO_FOCUS = ""

    app: AccountsApp

    def compose(self) -> ComposeResult:
        """Top bar, body, status line, key bar."""
        yield TopBar(self.AREA)
        yield from self.compose_body()
        yield StatusLine()
        yield KeyBar([*self.ACTS, *EVERYWHERE])

    def compose_body(self) -> ComposeResult:
        """What the area shows."""
        yield from ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """The one-line pieces of the frame."""
        return (self.query_one(TopBar), self.query_one(StatusLine), self.query_one(KeyBar))

    def acts(self) -> list[Act]:
        """Everything that can be done here, for help and palette."""
        return [*self.ACTS, *EVERYWHERE, *(act for act in AREAS if act.id != f"area.{self.AREA}")]

    async def do(self, act: Act) -> None:
        """Run ``act`` as if its key had been pressed."""
        await self.run_action(act.action)

    def receive(self, message: OverviewRead | OptionsRead | VaultRead) -> None:
        """Something was read; show it. Called for every area, shown or not."""

    def reason_against(self, act: Act) -> str:
        """Why ``act`` is off now; empty: it is on."""
        if act.id == "app.people" and self.app.demo is None:
            return "only in the demo (my-app-accounts --demo)"
        if act.id == "app.undo" and not self.app.leaving:
            return "nothing to undo"
        return ""

    def action_area(self, name: str) -> None:
        """Show another area."""
        self.app.switch_mode(name)

    def action_back(self) -> None:
        """One step back; the top has none."""

    def action_leave(self) -> None:
        """Quit from the top."""
        self.app.exit()

    def action_again(self) -> None:
        """Read again what is shown."""
        self.app.read_accounts()
        self.app.read_vault()

    def action_help(self) -> None:
        """Search everything that can be done here."""
        from my_app_accounts.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self))

    def action_about(self) -> None:
        """Explain the focused pane."""
        from my_app_accounts.screens.help import AboutScreen

        self.app.push_screen(AboutScreen.of(self.focused, self))
