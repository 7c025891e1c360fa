"""What the copy and the reveal dialog have in common: a menu of one account's secrets."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets.option_list import Option

from my_app.audit import Event
from my_app.errors import MyAppError
from my_app.secret import Secret
from my_app_accounts.background import in_thread
from my_app_accounts.screens.held import Held, held
from my_app_accounts.screens.host import host
from my_app_accounts.widgets.dialog import Dialog
from my_app_accounts.widgets.menu import Menu


class SecretsKnown(Message):
    """What the account holds."""

    def __init__(self, rows: tuple[Held, ...]) -> None:
        super().__init__()
        self.rows = rows


class SecretTaken(Message):
    """One of them is here, because the person asked."""

    def __init__(self, row: Held, secret: Secret) -> None:
        super().__init__()
        self.row = row
        self.secret = secret


class SecretFailed(Message):
    """It could not be had, or the trail could not be written."""

    def __init__(self, error: MyAppError) -> None:
        super().__init__()
        self.error = error


class SecretMenu(Dialog[None]):
    """Lists the secrets of ``profile``, takes one when asked, and writes the act to the trail first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
    ]
    EVENT: ClassVar[Event]
    FRESH: ClassVar[bool] = True
    """Renew an access token that has run out."""

    def __init__(self, profile: str) -> None:
        super().__init__()
        self.profile = profile
        self._rows: tuple[Held, ...] = ()

    def on_mount(self) -> None:
        """Read what there is, in a thread."""
        self.run_worker(self._read(), group="secrets", exclusive=True, exit_on_error=False)

    async def _read(self) -> None:
        services, profile, fresh = host(self).services, self.profile, self.FRESH
        try:
            rows = await in_thread(lambda: held(services, profile, fresh=fresh), "secrets")
        except MyAppError as error:
            self.post_message(SecretFailed(error))
        else:
            self.post_message(SecretsKnown(rows))

    def take(self, row: Held, detail: str) -> None:
        """Get ``row`` in a thread; it arrives as SecretTaken after the trail has its line."""
        self.run_worker(self._take(row, detail), group="secrets", exclusive=True, exit_on_error=False)

    async def _take(self, row: Held, detail: str) -> None:
        audit, profile, event = host(self).services.audit, self.profile, self.EVENT

        def get() -> Secret:
            secret = row.take()
            audit.append(event, profile=profile, detail=detail)
            return secret

        try:
            secret = await in_thread(get, "secret")
        except MyAppError as error:
            self.post_message(SecretFailed(error))
        else:
            self.post_message(SecretTaken(row, secret))

    def fill(self, rows: tuple[Held, ...]) -> None:
        """Put the rows into the menu."""
        self._rows = rows
        menu = self.query_one(Menu)
        menu.clear_options()
        menu.add_options([Option(Content.assemble(row.label.ljust(16), (row.about, "$vault-dim")), id=row.key) for row in rows])
        menu.highlighted = 0
        menu.focus()

    def row(self, key: str | None) -> Held | None:
        """The row with that key."""
        return next((row for row in self._rows if row.key == key), None)

    @property
    def highlighted(self) -> Held | None:
        """The row under the cursor."""
        index = self.query_one(Menu).highlighted
        return self._rows[index] if index is not None and index < len(self._rows) else None

    def action_down(self) -> None:
        """As the arrow does."""
        self.query_one(Menu).action_cursor_down()

    def action_up(self) -> None:
        """As the arrow does."""
        self.query_one(Menu).action_cursor_up()
