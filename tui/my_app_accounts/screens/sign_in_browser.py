"""Browser sign-in as a live checklist (authorization code with PKCE)."""

from __future__ import annotations

from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from my_app.errors import MyAppError
from my_app.events import Approved, BrowserPage, ListenerReady, LoginEvent, Saved, StrayCallback, TokensChecked
from my_app.rotation import StepState
from my_app.text import clean, host_of
from my_app_accounts.widgets.checklist import Checklist
from my_app_accounts.widgets.fields import Field

STEPS = (
    ("listener", "Open a local listener"),
    ("browser", "Open the browser"),
    ("wait", "Wait for you to approve"),
    ("exchange", "Exchange the code (PKCE S256)"),
    ("check", "Check what came"),
    ("save", "Save to the vault"),
)


def minutes(seconds: float) -> str:
    """``1:42``; never negative."""
    whole = max(0, int(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


class BrowserPane(Vertical):
    """Draws from login events alone."""

    TITLE = "browser"
    DEFAULT_CSS = """
    BrowserPane { height: auto; }
    BrowserPane #link { margin-top: 1; }
    BrowserPane #paste { height: auto; margin-top: 1; display: none; }
    BrowserPane.-pasting .more { display: none; }
    BrowserPane #paste-problem { display: none; }
    BrowserPane.-pasting #paste { display: block; }
    BrowserPane #stray { display: none; margin-top: 1; color: $vault-soon; }
    BrowserPane .more { margin-top: 1; color: $vault-dim; }
    """

    class Pasted(Message):
        """The person pasted a callback URL."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, asking_for: tuple[str, ...]) -> None:
        super().__init__()
        self._asking_for = asking_for
        self.page: BrowserPage | None = None
        self._link_shown = False

    @property
    def url(self) -> str | None:
        """The page to open."""
        return self.page.url if self.page else None

    @property
    def pasting(self) -> bool:
        """The field for the callback URL is open."""
        return self.has_class("-pasting")

    def compose(self) -> ComposeResult:
        """Checklist, link, paste field, what is asked for."""
        yield Checklist(STEPS)
        yield Static("", id="stray", markup=False)
        yield Static("", id="link", markup=False)
        with Vertical(id="paste"):
            yield Static("Paste the address your browser ended on. Nobody else may ask you for it.", markup=False)
            yield Field(placeholder="http://127.0.0.1:…/…?code=…&state=…")
            yield Static("", id="paste-problem", classes="problem", markup=False)
        scopes = clean(" ".join(self._asking_for), 300) or "what the provider gives by itself"
        yield Static(Content.assemble(("Asking for: ", "$vault-dim"), scopes), classes="more", markup=False)

    def on_mount(self) -> None:
        """Begin at the first step."""
        self.query_one("#link").display = False
        self._set("listener", StepState.RUNNING)

    def take(self, event: LoginEvent) -> None:
        """Show one event."""
        match event:
            case ListenerReady(redirect_uri=uri):
                self._set("listener", StepState.DONE, text=f"Local listener ready on {host_of(uri)}")
                self._set("browser", StepState.RUNNING)
            case BrowserPage(opened=opened):
                self.page = event
                if opened:
                    self._set("browser", StepState.DONE, text="Browser opened", note="o open again")
                else:
                    self._set("browser", StepState.FAILED, text="No browser found: open the link below", note="o try again")
                    self.show_link(True)
                self._set("wait", StepState.RUNNING, text="Waiting for you to approve")
            case StrayCallback(reason=reason):
                stray = self.query_one("#stray", Static)
                stray.display = True
                stray.update(Content(f"A stray callback was turned away; still waiting. ({reason})"))
            case Approved():
                for key in ("listener", "browser"):
                    self._set(key, StepState.DONE)
                self._set("wait", StepState.DONE, text="Approved", note="")
                self._set("exchange", StepState.RUNNING)
                self.close_paste()
            case TokensChecked(identity_known=known):
                self._set("exchange", StepState.DONE)
                self._set("check", StepState.DONE, text="Tokens checked" if known else "Tokens came; who signed in is not known")
                self._set("save", StepState.RUNNING)
            case Saved():
                self._set("save", StepState.DONE, text="Saved to the vault")
            case _:
                pass

    def tick(self, now: datetime) -> None:
        """Repaint the time left."""
        if self.page is not None and self.query_one(Checklist).state("wait") is StepState.RUNNING:
            left = (self.page.expires_at - now).total_seconds()
            self.query_one(Checklist).note("wait", f"{minutes(left)} left")

    def show_link(self, shown: bool | None = None) -> None:
        """Show or hide the link as text; None toggles."""
        if self.page is None:
            return
        self._link_shown = not self._link_shown if shown is None else shown
        link = self.query_one("#link", Static)
        link.display = self._link_shown
        link.update(Content.assemble((clean(self.page.url, 4000), "$accent")))

    def open_paste(self) -> None:
        """Show the field for the callback URL."""
        self.show_link(False)
        self.add_class("-pasting")
        self.query_one(Field).focus()

    def close_paste(self) -> None:
        """Hide it and forget what was in it."""
        self.query_one(Field).value = ""
        self.remove_class("-pasting")
        self.screen.set_focus(None)

    def refused(self, error: MyAppError) -> None:
        """Say why what was pasted was not taken."""
        problem = self.query_one("#paste-problem", Static)
        problem.display = True
        problem.update(Content(f"✗ {clean(error.message, 300)}"))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Hand the URL over; the field does not keep it, for it holds a code."""
        event.stop()
        text = event.value.strip()
        event.input.value = ""
        if text:
            self.post_message(self.Pasted(text))

    def _set(self, key: str, state: StepState, *, text: str | None = None, note: str | None = None) -> None:
        self.query_one(Checklist).set(key, state, text=text, note=note)
