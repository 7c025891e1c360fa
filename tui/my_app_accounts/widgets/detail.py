"""Everything about one account: how it is, where it comes from, where it is kept, what is next."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from my_app import words
from my_app.accounts import Account
from my_app.model import Kind, State
from my_app.secret import MASK
from my_app.text import clean, host_of
from my_app_accounts.facts import Facts, facts_of
from my_app_accounts.messages import FactsRead
from my_app_accounts.view import RENEWING, kept_words, next_step, state_now, tone
from my_app_accounts.widgets.time_bar import time_bar

if TYPE_CHECKING:
    from my_app_accounts.app import AccountsApp

_LABEL = 12


class DetailPane(VerticalScroll):
    """The account under the cursor."""

    HELP = (
        "The account under the cursor. The bar runs from when the token was issued to when it ends. "
        "Kept in says what opens the vault its secrets lie in. Granted scopes that were not asked for, and "
        "asked ones that were not granted, are marked. Secrets are always eight dots; v shows one for a few seconds."
    )

    app: AccountsApp

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self.account: Account | None = None
        self.facts: Facts | None = None
        self.border_title = "Account"
        self._shown: Content | None = None

    def compose(self) -> ComposeResult:
        """One text."""
        yield Static(markup=False)

    def show(self, account: Account | None) -> None:
        """Show ``account``; its facts follow when they are read."""
        if account is None or self.account is None or account.name != self.account.name:
            self.facts = None
            self.scroll_home(animate=False)
        self.account = account
        self.renew()
        if account is not None and self.app.vault is not None and self.app.vault.open:
            self._read_facts(account.name)

    def _read_facts(self, name: str) -> None:
        load = self.app.services.store.load
        self.app.background(
            lambda: facts_of(load(name)),
            lambda facts: FactsRead(name, facts),
            failed=lambda error: FactsRead(name, None),
            doing=f"read the record of {name}",
            group="facts",
            to=self,
        )

    def on_facts_read(self, event: FactsRead) -> None:
        """Show them, unless the cursor has moved on."""
        if self.account is not None and event.profile == self.account.name:
            self.facts = event.facts
            self.renew()

    def renew(self) -> None:
        """Paint again if it says something new."""
        if not self.is_mounted:
            return
        content = self._content()
        if self._shown is None or not content.is_same(self._shown):
            self._shown = content
            self.query_one(Static).update(content)

    def on_resize(self) -> None:
        """The bar is as wide as the pane."""
        self._shown = None
        self.call_after_refresh(self.renew)

    # -- the text ------------------------------------------------------------------------------------

    def _content(self) -> Content:
        account = self.account
        if account is None:
            return Content.assemble(("No account chosen.", "$vault-dim"))
        now = self.app.now()
        width = max(20, self.scrollable_content_region.width - 2)
        blocks = [self._head(account, now, width), *self._fields(account, now, width)]
        return Content("\n").join(blocks)

    def _head(self, account: Account, now: datetime, width: int) -> Content:
        state = state_now(account, now)
        mark, word, colour = RENEWING if account.name in self.app.busy else (words.mark(state), words.word(state), tone(state))
        who = clean(account.identity.label, 60) if account.identity else ""
        lines = [
            Content.assemble((clean(account.name, 64), "bold"), (f" · {who}" if who else "", "$vault-dim")),
            Content.assemble((f"{mark} {word}", f"bold {colour}"), (self._left(account, state, now), "$vault-dim")),
        ]
        living = state not in (State.REVOKED, State.LOGIN_NEEDED)
        if living and self.facts and self.facts.obtained_at and account.expires_at:
            lines.append(time_bar(self.facts.obtained_at, account.expires_at, now, width, colour))
            lines.append(self._ends(self.facts.obtained_at, account.expires_at, width))
        return Content("\n").join([*lines, Content("")])

    def _left(self, account: Account, state: State, now: datetime) -> str:
        if account.expires_at is None or (state in (State.REVOKED, State.LOGIN_NEEDED) and account.expires_at > now):
            return ""
        span = words.span(account.expires_at - now) if account.expires_at > now else words.span(now - account.expires_at)
        if state in (State.VALID, State.EXPIRING):
            return f" · {span} left"
        return f" · ended {span} ago"

    def _ends(self, start: datetime, end: datetime, width: int) -> Content:
        left = f"issued {start.astimezone():%H:%M}"
        right = f"ends {end.astimezone():%H:%M}"
        return Content.assemble((left + " " * max(1, width - len(left) - len(right)) + right, "$vault-dim"))

    def _fields(self, account: Account, now: datetime, width: int) -> list[Content]:
        profile = account.profile
        where = host_of(profile.issuer) if profile.issuer else host_of(profile.token_url or profile.check_url or "")
        key, step = next_step(account, now)
        rows: list[Content] = [
            self._field("Next", Content.assemble((f"{key} " if key else "", "bold $primary"), (step, "")), width),
            Content(""),
            self._field("Provider", clean(account.provider, 40), width),
            self._field("Where", where, width),
            self._field("Sign-in", words.flow_words(account.flow), width),
            self._field("Client", clean(profile.client_id or "", 60), width),
        ]
        if identity := account.identity:
            rows.append(Content(""))
            rows.append(self._field("User", clean(identity.username or identity.sub or "", 60), width))
            rows.append(self._field("E-mail", clean(identity.email or "", 60), width))
            rows.append(self._field("Tenant", clean(identity.tenant or "", 60), width))
        rows.append(Content(""))
        rows += [self._field(name, value, width) for name, value in self._secrets(account)]
        rows.append(self._field("Kept in", kept_words(account.kept_in), width))
        rows += [self._field(name, value, width) for name, value in self._moments(now)]
        rows.append(Content(""))
        rows += self._scopes(account, width)
        return [row for row in rows if row is not _NOTHING]

    def _secrets(self, account: Account) -> list[tuple[str, str]]:
        facts = self.facts
        if account.kind in (Kind.API_KEY, Kind.TOKEN):
            known = f"  id {clean(facts.api_key_id, 30)}" if facts and facts.api_key_id else ""
            return [("API key", MASK + known)]
        if account.state in (State.LOGIN_NEEDED, State.REVOKED):
            why = clean(facts.reason, 40) if facts else ""
            return [("Token", f"none that works{f' ({why})' if why else ''}")]
        secrets = [("Access", MASK)]
        if account.kind is Kind.CLIENT_CREDENTIALS:
            secrets.append(("Secret", MASK))
        elif facts is not None:
            secrets.append(("Refresh", MASK if facts.refresh_token else "none: it cannot renew by itself"))
        if facts is not None and facts.rotating:
            secrets.append(("Rotation", "was cut; r finishes it or goes back"))
        return secrets

    def _moments(self, now: datetime) -> list[tuple[str, str]]:
        facts = self.facts
        if facts is None:
            return []
        moments = [("Signed in", facts.signed_in_at), ("Renewed", facts.refreshed_at)]
        return [(name, words.relative(moment, now)) for name, moment in moments if moment is not None]

    def _scopes(self, account: Account, width: int) -> list[Content]:
        granted, asked = account.scopes, account.requested_scopes
        if not granted and not asked:
            return []
        rows = [Content.assemble((f"Scopes ({len(granted)})", "$vault-dim"))]
        for scope in granted[:40]:
            extra = "  not asked for" if asked and scope not in asked else ""
            rows.append(Content.assemble(("  ", ""), (clean(scope, 80), ""), (extra, "$vault-soon")))
        if len(granted) > 40:
            rows.append(Content.assemble((f"  and {len(granted) - 40} more", "$vault-dim")))
        for scope in asked[:40]:
            if granted and scope not in granted:
                rows.append(Content.assemble(("  ", ""), (clean(scope, 80), "$vault-dim strike"), ("  not granted", "$vault-soon")))
        return rows

    def _field(self, label: str, value: str | Content, width: int) -> Content:
        if not value:
            return _NOTHING
        text = value if isinstance(value, Content) else Content(value)
        lines = text.wrap(max(8, width - _LABEL))
        head = Content.assemble((f"{label:<{_LABEL}}", "$vault-dim"), lines[0])
        rest = [Content.assemble(" " * _LABEL, line) for line in lines[1:]]
        return Content("\n").join([head, *rest])


_NOTHING = Content("")
