"""Device sign-in: QR, code and link as text, live expiry and polling (RFC 8628)."""

from __future__ import annotations

from datetime import datetime, timedelta

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

from my_app.events import Approved, DevicePage, DevicePoll, LoginEvent, Saved, TokensChecked
from my_app.text import clean, host_of
from my_app_accounts.background import in_thread
from my_app_accounts.screens.sign_in_browser import minutes
from my_app_accounts.widgets.code_box import CodeBox
from my_app_accounts.widgets.qr import QR, Fit, Modules, cells, fit, modules

_BAR = 12
_WIDEST = 104
"""Cells the dialog takes at most, unless the big code needs more."""


class DevicePane(Horizontal):
    """Draws from login events alone; the QR adapts to the window."""

    TITLE = "another device"
    DEFAULT_CSS = """
    DevicePane { height: auto; align-vertical: middle; }
    DevicePane #text { width: 1fr; height: auto; }
    DevicePane #code { height: auto; }
    DevicePane QR { margin-right: 1; }
    DevicePane #link { color: $accent; }
    DevicePane CodeBox { margin: 1 0 0 0; }
    DevicePane.-roomy QR { margin-right: 3; }
    DevicePane.-roomy #status, DevicePane.-roomy #warn, DevicePane.-roomy #keys { margin-top: 1; }
    DevicePane #status { margin-top: 1; }
    DevicePane #host { color: $vault-soon; display: none; }
    DevicePane #keys, DevicePane #why { color: $vault-dim; }
    DevicePane #why { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.page: DevicePage | None = None
        self._first_span = timedelta(minutes=1)
        self._poll: DevicePoll | None = None
        self._interval: timedelta | None = None
        self._slowed = False
        self._phase = "Waiting for approval"
        self._done = False
        self._code: Modules | None = None
        self.big = False
        self.inverted = False
        self.hidden = False

    @property
    def url(self) -> str | None:
        """The page to open: with the code in it where the server gives one."""
        return (self.page.verification_uri_complete or self.page.verification_uri) if self.page else None

    def compose(self) -> ComposeResult:
        """Code at the left, words at the right."""
        yield QR()
        with Vertical(id="text"):
            yield Static("Asking for a code…", id="lead", markup=False)
            yield Static("", id="link", markup=False)
            yield Static("", id="host", markup=False)
            yield Vertical(id="code")
            yield Static("", id="status", markup=False)
            yield Static("", id="warn", markup=False)
            yield Static("", id="keys", markup=False)
            yield Static("", id="why", markup=False)

    def on_mount(self) -> None:
        """No code yet."""
        self.query_one(QR).display = False

    async def take(self, event: LoginEvent, now: datetime) -> None:
        """Show one event."""
        match event:
            case DevicePage():
                await self._open(event, now)
            case DevicePoll(interval=interval):
                self._slowed = self._slowed or (self._interval is not None and interval > self._interval)
                self._interval, self._poll = interval, event
            case Approved():
                self._phase, self._poll = "Approved: exchanging the code", None
            case TokensChecked(identity_known=known):
                self._phase, self._poll = "Tokens checked" if known else "Tokens came; who signed in is not known", None
            case Saved():
                self._phase, self._done, self._poll = "Saved to the vault", True, None
            case _:
                pass
        self.tick(now)

    def tick(self, now: datetime) -> None:
        """Repaint the two countdowns."""
        if self.page is None:
            return
        left = (self.page.expires_at - now).total_seconds()
        mark = ("✓", "$vault-ok") if self._done else ("◔", "$accent")
        if left <= 0 and not self._done:
            self.query_one("#status", Static).update(
                Content.assemble(("○ ", "$vault-soon"), ("This code has expired.", "bold"), "\n  n gets a new one")
            )
            return
        lines = [Content.assemble(mark, " ", (self._phase, "bold"))]
        if not self._done:
            share = min(1.0, left / max(1.0, self._first_span.total_seconds()))
            full = round(_BAR * share)
            bar = (("━" * full, "$accent"), ("─" * (_BAR - full), "$vault-line"))
            lines.append(Content.assemble(("  expires in ", "$vault-dim"), minutes(left).rjust(5), " ", *bar))
        if self._poll is not None:
            every = int(self._poll.interval.total_seconds())
            wait = max(0, round((self._poll.next_at - now).total_seconds()))
            lines.append(Content.assemble(("  next check in ", "$vault-dim"), f"{wait} s", (f" (every {every} s)", "$vault-dim")))
            if self._slowed:
                lines.append(Content.styled(f"  slowed to {every} s at the server's wish", "$vault-soon"))
        self.query_one("#status", Static).update(Content("\n").join(lines))

    def say_why(self, text: str) -> None:
        """Why this way was taken; empty: the person chose it."""
        why = self.query_one("#why", Static)
        why.display = bool(text)
        why.update(Content(text))

    def change_qr(self, *, big: bool | None = None, inverted: bool | None = None, hidden: bool | None = None) -> None:
        """Draw the QR another way; None keeps what is."""
        self.big = self.big if big is None else big
        self.inverted = self.inverted if inverted is None else inverted
        self.hidden = self.hidden if hidden is None else hidden
        self.redraw()

    def redraw(self) -> None:
        """Fit the QR into the window, or say what it would need."""
        size = self.screen.size
        roomy = not (size.height < 30 or size.width < 90)
        self.set_class(roomy, "-roomy")
        self.screen.set_class(self.big, "-big")
        qr = self.query_one(QR)
        how = self._fit(len(self._code), size, roomy) if self._code is not None and not self.hidden else None
        qr.display = how is not None
        if how is not None and self._code is not None:
            qr.show(self._code, how, big=self.big, inverted=self.inverted)
        self.query_one("#keys", Static).update(Content(self._keys(how)))

    def on_resize(self, event: events.Resize) -> None:
        """The window may have changed."""
        self.redraw()

    def _fit(self, side: int, size: Size, roomy: bool) -> Fit | None:
        frame = Size(6, 4) if roomy else Size(4, 2)
        width = size.width if self.big else min(size.width, _WIDEST)
        inner = Size(width - frame.width, size.height - frame.height)
        gap = 3 if roomy else 1
        for zone, words in ((4, 36), (2, 34)):
            found = fit(side, Size(inner.width - gap - words, inner.height), big=self.big)
            if found is not None and found.zone >= zone:
                return found
        return None

    def _keys(self, how: Fit | None) -> str:
        if self._code is None:
            return "n new code"
        if self.hidden:
            return "h show QR · n new code"
        if how is None:
            need = cells(len(self._code), 2, big=self.big)
            smaller = "b smaller · " if self.big else ""
            return f"A QR needs a window of {need.width + 39} x {need.height + 2}. {smaller}n new code"
        return f"b {'smaller' if self.big else 'bigger'} · i invert · h hide QR · n new code"

    async def _open(self, page: DevicePage, now: datetime) -> None:
        self.page = page
        self._first_span = page.expires_at - now
        self._interval = page.interval
        complete = page.verification_uri_complete is not None
        self.query_one("#lead", Static).update(Content.assemble("Scan with your phone, or open"))
        self.query_one("#link", Static).update(Content(clean(page.verification_uri, 300)))
        box = self.query_one("#code", Vertical)
        await box.remove_children()
        sentence = "It must show this code:" if complete else "Then type this code there:"
        code = clean(page.user_code, 40)
        await box.mount(
            Static(Content.assemble(("u copy link · o open it", "$vault-dim"), "\n", sentence), markup=False),
            CodeBox(code),
            Static(Content.assemble((code, "bold"), ("   c copy code", "$vault-dim")), id="plain", markup=False),
        )
        if not page.same_host:
            host = self.query_one("#host", Static)
            host.display = True
            host.update(Content(f"! This page is on {host_of(page.verification_uri)}, not on the issuer's host."))
        self.query_one("#warn", Static).update(Content.styled("Only approve if YOU started this sign-in.", "$vault-soon"))
        address = page.verification_uri_complete or page.verification_uri
        self._code = await in_thread(lambda: modules(address), "qr")
        self.redraw()
