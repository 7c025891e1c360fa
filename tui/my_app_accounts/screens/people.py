"""The demo's people: who can sign in, with which password, and which code is right now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from my_app.errors import SettingsFault
from my_app.secret import Secret
from my_app.signin import totp
from my_app.text import clean
from my_app_accounts.screens.host import host
from my_app_accounts.widgets.dialog import Dialog

_BAR = 15


def info_of(demo: object) -> Mapping[str, object]:
    """The demo's start line (CONTRACT, ``demo``); ``demo`` is that object or has it as ``info``; empty without a demo."""
    info = demo if isinstance(demo, Mapping) else getattr(demo, "info", None)
    return info if isinstance(info, Mapping) else {}


def public_client(info: Mapping[str, object]) -> str:
    """The client id of the demo's client that signs a person in without a secret; empty when there is none."""
    for client in _rows(info, "clients"):
        if client.get("auth_method") == "none" and "browser" in str(client.get("flows")):
            return str(client.get("client_id", ""))
    return ""


def _rows(info: Mapping[str, object], key: str) -> tuple[Mapping[str, object], ...]:
    rows = info.get(key, ())
    return tuple(row for row in rows if isinstance(row, Mapping)) if isinstance(rows, Sequence) else ()


def table(users: Sequence[Mapping[str, object]], now: datetime) -> Content:
    """One line a person; nothing here is secret, it is all made up."""
    rows = [("User name", "Password", "Code now")]
    for user in users:
        rows.append((clean(user.get("username", ""), 24), clean(user.get("password", ""), 32), _code(user.get("totp_seed"), now)))
    widths = [max(Content(row[column]).cell_length for row in rows) for column in range(3)]
    lines = []
    for index, row in enumerate(rows):
        cells = [cell + " " * (widths[column] - Content(cell).cell_length) for column, cell in enumerate(row)]
        if index == 0:
            lines.append(Content.styled("   ".join(cells), "$vault-dim"))
        else:
            lines.append(Content.assemble((cells[0], "bold"), "   ", cells[1], "   ", (cells[2], "$accent")))
    return Content("\n").join(lines)


def _code(seed: object, now: datetime) -> str:
    if not isinstance(seed, str) or not seed:
        return "password alone"
    try:
        digits = totp.code(Secret(seed), now).reveal()
    except SettingsFault:
        return "-"
    return f"{digits[:3]} {digits[3:]}"


class PeopleScreen(Dialog[None]):
    """Demo only: everything one needs to sign in."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f2,enter,q", "leave", "Close", show=False)]
    DEFAULT_CSS = "PeopleScreen #left { margin-top: 1; color: $vault-dim; }"

    def __init__(self, demo: object) -> None:
        super().__init__()
        self._users = _rows(info_of(demo), "users")

    def compose(self) -> ComposeResult:
        """The table and the time the codes have left."""
        with Vertical(id="box") as box:
            box.border_title = "Demo people"
            box.border_subtitle = "esc close"
            yield Static("", id="people", markup=False)
            yield Static("", id="left", markup=False)

    def on_mount(self) -> None:
        """Codes change every 30 seconds."""
        self.set_interval(1.0, self.tick)
        self.tick()

    def tick(self) -> None:
        """Once a second."""
        if self._left:
            return
        now = host(self).services.clock.now()
        left = totp.time_left(now).total_seconds()
        full = round(_BAR * left / totp.PERIOD.total_seconds())
        self.query_one("#people", Static).update(table(self._users, now))
        bar = (("━" * full, "$accent"), ("─" * (_BAR - full), "$vault-line"))
        self.query_one("#left", Static).update(
            Content.assemble("New codes in ", f"{int(left)} s".rjust(4), "  ", *bar, "\nMade up by the demo, new at each start.")
        )
