"""Inspector: what a token says, in plain words, and whether its issuer vouches for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content

from my_app.inspecting import ClaimRow, Inspection
from my_app.secret import Secret
from my_app.text import clean
from my_app_accounts.keys import Act, bindings
from my_app_accounts.messages import Inspected, OptionsRead, OverviewRead, Tick, VaultRead
from my_app_accounts.screens.ask import AskScreen, TextScreen
from my_app_accounts.screens.base import AreaScreen
from my_app_accounts.widgets.claim_list import ClaimList
from my_app_accounts.widgets.token_panes import ChecksPane, TextPane, TokenPane, TokenTime

_ACTS = (
    Act("inspector.paste", "p", "paste_token", "Paste", "Paste a token; it is decoded here and sent nowhere", 1),
    Act("inspector.check", "s", "check", "Check signature", "Ask the issuer for its keys and check the signature", 2),
    Act("inspector.raw", "w", "raw", "Raw JSON", "Header and payload as they stand, or back to plain words", 3),
    Act("inspector.other", "t", "other", "Other token", "The account's next token: access token, ID token", 4),
    Act("inspector.clear", "d", "clear", "Drop", "Forget the token that is looked at", 5),
)


class RawPane(TextPane):
    """Header and payload as JSON."""

    HELP = "Header and payload as they stand in the token, indented; control characters are made visible."

    def show(self, seen: Inspection | None) -> None:
        """Coloured by the theme."""
        from textual.highlight import highlight

        if seen is None:
            self.say(Content(""))
            return
        parts = [text for text in (seen.raw_header, seen.raw_payload) if text]
        self.say(Content("\n\n").join([highlight(text, language="json") for text in parts]))


class InspectorScreen(AreaScreen):
    """Decoding is never trust: the verdicts stand apart from what the token claims."""

    AREA = "inspector"
    ACTS: ClassVar[tuple[Act, ...]] = _ACTS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(_ACTS)]
    AUTO_FOCUS = "ClaimList"

    def __init__(self) -> None:
        super().__init__()
        self._tokens: dict[str, Secret] = {}
        self._shown = ""
        self._profile = ""
        self._issuer: str | None = None
        self._came_from: str | None = None
        self._number = 0
        self._seen: Inspection | None = None

    def compose_body(self) -> ComposeResult:
        """Token and checks left, claims right, the time bar below."""
        with Horizontal(id="inspector-body"):
            with Vertical(id="token-side"):
                yield TokenPane(id="token", classes="pane")
                yield ChecksPane(id="checks", classes="pane")
            with Vertical(id="claims-pane", classes="pane"):
                yield ClaimList(id="claims")
                yield RawPane(id="raw")
        yield TokenTime()

    def on_mount(self) -> None:
        """Titles, and the empty state."""
        self.query_one(TokenPane).border_title = "2 Token"
        self.query_one(ChecksPane).border_title = "Checks"
        self._draw()

    def on_unmount(self) -> None:
        """No token outlives its screen."""
        self._tokens.clear()

    # -- tokens in ---------------------------------------------------------------------------------

    def show(self, tokens: Mapping[str, Secret], *, profile: str, issuer: str | None) -> None:
        """Look at an account's tokens, by what they are; Esc goes back to the accounts."""
        self._tokens = dict(tokens)
        self._profile, self._issuer, self._came_from = profile, issuer, "accounts"
        self._take(next(iter(self._tokens)))
        if issuer is not None:
            self._verify(issuer)

    def on_paste(self, event: events.Paste) -> None:
        """A token pasted anywhere on this screen is looked at."""
        event.stop()
        self._pasted(Secret(event.text.strip()))

    def action_paste_token(self) -> None:
        """A field to paste or type into."""
        self.app.push_screen(
            AskScreen("Look into a token", "Paste a JWT; it is decoded here and sent nowhere.", secret=True), self._pasted
        )

    def _pasted(self, token: Secret | None) -> None:
        if token:
            self._tokens = {"Pasted token": token}
            self._profile, self._issuer, self._came_from = "", None, None
            self._take("Pasted token")

    def _take(self, what: str) -> None:
        self._shown, self._seen = what, None
        token, inspector = self._tokens[what], self.app.services.inspector
        self._ask(lambda: inspector.look(token.reveal()))

    def _verify(self, issuer: str) -> None:
        token, inspector = self._tokens[self._shown], self.app.services.inspector
        self._issuer = issuer
        self.query_one(ChecksPane).show(self._seen, asking=True)

        def both() -> Inspection:
            seen = inspector.look(token.reveal())
            return inspector.verify(token.reveal(), issuer=issuer, audience=None) if seen.readable else seen

        self._ask(both)

    def _ask(self, call: Callable[[], Inspection]) -> None:
        self._number += 1
        number = self._number
        self.app.background(call, lambda seen: Inspected(seen, number), doing="look into the token", group="inspect", to=self)

    def on_inspected(self, event: Inspected) -> None:
        """Show it, unless another token was asked about meanwhile."""
        if event.number == self._number and self._tokens:
            self._seen = event.inspection
            self._draw()

    # -- what is shown -----------------------------------------------------------------------------

    def _draw(self) -> None:
        seen = self._seen
        source = f"{self._shown} of {self._profile}" if self._profile else self._shown
        self.query_one(TokenPane).show(seen, source)
        self.query_one(ChecksPane).show(seen)
        self.query_one(RawPane).show(seen)
        self.query_one(TokenTime).show(seen)
        claims = self.query_one(ClaimList)
        claims.nothing = "Nothing in it can be read as JSON." if seen is not None else "What a token says will stand here."
        if seen is None:
            claims.show(())
        else:
            claims.show_inspection(seen)
        pane = self.query_one("#claims-pane")
        pane.border_title = "Raw JSON" if self.has_class("-raw") else "Claims"
        for line in self.lines:
            line.renew()

    def reason_against(self, act: Act) -> str:
        """Off without a token."""
        if act.id in ("inspector.check", "inspector.raw", "inspector.clear") and not self._tokens:
            return "there is no token yet; p pastes one"
        if act.id == "inspector.check" and self._seen is not None and not self._seen.readable:
            return "this is no JWT, so there is no signature"
        if act.id == "inspector.other" and len(self._tokens) < 2:
            return "there is no other token here"
        return super().reason_against(act)

    def receive(self, message: OverviewRead | OptionsRead | VaultRead) -> None:
        """Locking drops the token."""
        if isinstance(message, VaultRead) and not message.status.open and self._profile:
            self._drop()
        if self.is_mounted:
            for line in self.lines:
                line.renew()

    def on_tick(self, event: Tick) -> None:
        """Spans and the bar."""
        self.query_one(ClaimList).renew()
        self.query_one(TokenTime).renew()
        for line in self.lines:
            line.renew()

    # -- actions -----------------------------------------------------------------------------------

    def _refused(self, id: str) -> bool:  # noqa: A002 - the table's own word
        act = next(act for act in _ACTS if act.id == id)
        reason = self.reason_against(act)
        if reason:
            self.app.notify(f"{act.label} is off: {reason}.", severity="warning")
        return bool(reason)

    def action_check(self) -> None:
        """With the account's issuer at once; a pasted token's issuer is confirmed first, because it names it itself."""
        if self._refused("inspector.check"):
            return
        if self._profile and self._issuer:
            self._verify(self._issuer)
            return
        named = self._seen.issuer if self._seen and self._seen.issuer else ""
        self.app.push_screen(
            AskScreen(
                "Which issuer do you trust?",
                "Its keys are fetched from this address. The token names it itself, so check that you know it.",
                value=clean(named, 300),
            ),
            self._issuer_given,
        )

    def _issuer_given(self, issuer: Secret | None) -> None:
        if issuer and self._tokens:
            self._verify(issuer.reveal().strip())

    def action_raw(self) -> None:
        """JSON or plain words."""
        if not self._refused("inspector.raw"):
            self.toggle_class("-raw")
            self._draw()
            self.query_one(RawPane if self.has_class("-raw") else ClaimList).focus()

    def action_other(self) -> None:
        """The next token of the account."""
        if not self._refused("inspector.other"):
            names = list(self._tokens)
            self._take(names[(names.index(self._shown) + 1) % len(names)])
            if self._issuer:
                self._verify(self._issuer)

    def action_clear(self) -> None:
        """Drop the token."""
        if not self._refused("inspector.clear"):
            self._drop()

    def _drop(self) -> None:
        self._tokens.clear()
        self._seen, self._shown, self._profile = None, "", ""
        self._number += 1
        self.remove_class("-raw")
        if self.is_mounted:
            self._draw()

    @on(ClaimList.Opened)
    def _opened(self) -> None:
        item = self.query_one(ClaimList).current
        if isinstance(item, ClaimRow):
            self.app.push_screen(TextScreen(item.name, f"{item.value}\n\n{item.meaning}"))

    def action_back(self) -> None:
        """Raw to plain words; then back to where the token came from."""
        if self.has_class("-raw"):
            self.action_raw()
        elif self._came_from:
            came, self._came_from = self._came_from, None
            self.app.switch_mode(came)

    def action_leave(self) -> None:
        """q goes to the accounts, the top."""
        self.app.switch_mode("accounts")
