"""The four forms of the wizard: each fills itself from the draft and writes back to it."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from my_app.model import Flow
from my_app.providers import Preset
from my_app.text import clean, host_of
from my_app.words import flow_words
from my_app_accounts.screens.wizard_draft import Draft
from my_app_accounts.screens.wizard_form import StepForm
from my_app_accounts.widgets.fields import Field, SecretField
from my_app_accounts.widgets.menu import Menu

_SHORT: Mapping[Flow, str] = {
    Flow.BROWSER: "browser",
    Flow.DEVICE: "device",
    Flow.TERMINAL: "password",
    Flow.CLIENT_CREDENTIALS: "client credentials",
}
_ABOUT: Mapping[Flow, str] = {
    Flow.AUTO: "whatever suits where this runs",
    Flow.BROWSER: "your own browser on this computer",
    Flow.DEVICE: "a code for your phone or another computer",
    Flow.TERMINAL: "typed here, with a one-time code",
    Flow.CLIENT_CREDENTIALS: "no person: client id and secret alone",
}


def _line(title: str, about: str, ways: str) -> Content:
    return Content.assemble(title.ljust(15), about.ljust(36), (f" {ways}", "$vault-dim"))


class ProviderStep(StepForm):
    """A list that narrows as one types; a pasted issuer address is an answer too."""

    class Chosen(Message):
        """A provider (None: an API key), maybe with the issuer that was typed."""

        def __init__(self, preset: Preset | None, issuer: str | None) -> None:
            super().__init__()
            self.preset = preset
            self.issuer = issuer

    def __init__(self, offered: tuple[Preset, ...], draft: Draft) -> None:
        super().__init__()
        self._offered = offered
        self._draft = draft
        self._keys: list[str] = []

    def compose(self) -> ComposeResult:
        """Filter and list."""
        yield Field(placeholder="type to narrow, or paste an issuer address", id="field-provider")
        yield Menu(markup=False)
        yield self._problem_place("provider")

    def on_mount(self) -> None:
        """All of them at first, the one chosen before under the cursor."""
        self._fill("")
        draft = self._draft
        if draft.chosen:
            key = draft.preset.key if draft.preset is not None else "api-key"
            if key in self._keys:
                self.query_one(Menu).highlighted = self._keys.index(key)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow."""
        event.stop()
        self._fill(event.value.strip())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter takes what is under the cursor."""
        event.stop()
        self._take(self.query_one(Menu).highlighted)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """So does Enter or a click in the list."""
        event.stop()
        self._take(event.option_index)

    def on_key(self, event: object) -> None:
        """Arrows in the filter move in the list."""
        key = getattr(event, "key", "")
        menu = self.query_one(Menu)
        if key in ("down", "up") and not menu.has_focus:
            menu.action_cursor_down() if key == "down" else menu.action_cursor_up()

    def collect(self, draft: Draft) -> None:
        """Next by the button takes what is under the cursor."""
        menu = self.query_one(Menu)
        if menu.highlighted is not None and menu.highlighted < len(self._keys):
            key = self._keys[menu.highlighted]
            draft.choose(self._preset(key))
            if key == "issuer":
                draft.texts["issuer"] = self._typed

    @property
    def _typed(self) -> str:
        return self.query_one(Field).value.strip()

    def _preset(self, key: str) -> Preset | None:
        wanted = "oidc" if key == "issuer" else key
        return next((preset for preset in self._offered if preset.key == wanted), None)

    def _take(self, index: int | None) -> None:
        if index is None or index >= len(self._keys):
            return
        key = self._keys[index]
        self.post_message(self.Chosen(self._preset(key), self._typed if key == "issuer" else None))

    def _fill(self, typed: str) -> None:
        rows: list[tuple[str, Content]] = []
        if "://" in typed:
            rows.append(("issuer", Content.assemble("Use this issuer  ", (host_of(typed), "$accent"))))
        else:
            for preset in self._offered:
                ways = " ".join(_SHORT[flow] for flow in preset.flows if flow in (Flow.BROWSER, Flow.DEVICE, Flow.TERMINAL))
                if typed.casefold() in f"{preset.title} {preset.key} {preset.about}".casefold():
                    about = clean(preset.about, 60)
                    rows.append((preset.key, _line(preset.title, about, ways)))
            if typed.casefold() in "api key paste a key static token":
                # Beside the two generic ways, before the long list of names.
                generic = sum(key in ("oidc", "oauth2") for key, _ in rows)
                rows.insert(generic, ("api-key", _line("API key", "paste a key", "no sign-in")))
        menu = self.query_one(Menu)
        menu.clear_options()
        self._keys = [key for key, _ in rows]
        nothing = [Option("No provider of that name. Paste an issuer address to use any other.", disabled=True)]
        menu.add_options([Option(line) for _, line in rows] or nothing)
        menu.highlighted = 0 if rows else None


class WhereStep(StepForm):
    """Addresses, client id, secrets."""

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._draft = draft

    def compose(self) -> ComposeResult:
        """A field each."""
        draft = self._draft
        for question in draft.questions():
            field: Input
            if question.secret:
                kept = "kept: type to replace it" if draft.secrets.get(question.key) else question.placeholder
                field = SecretField(placeholder=kept, id=f"field-{question.key}")
            else:
                field = Field(draft.texts.get(question.key, ""), placeholder=question.placeholder, id=f"field-{question.key}")
            field.border_title = question.label if question.required else f"{question.label} (optional)"
            yield field
            yield self._problem_place(question.key)
        preset = draft.preset
        if preset is not None and preset.notes:
            yield Static(clean(preset.notes, 200), classes="notes", markup=False)
        if preset is not None and preset.console_url:
            yield Static(f"Register a client at {clean(preset.console_url, 120)}", classes="notes", markup=False)

    def collect(self, draft: Draft) -> None:
        """Texts as typed; a secret only when something was typed."""
        for question in draft.questions():
            field = self.query_one(f"#field-{question.key}", Input)
            if isinstance(field, SecretField):
                if field.value:
                    draft.secrets[question.key] = field.take()
                    field.placeholder = "kept: type to replace it"
            else:
                draft.texts[question.key] = field.value.strip()


class AskStep(StepForm):
    """Scopes and the way to sign in."""

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._draft = draft

    def compose(self) -> ComposeResult:
        """Scopes first, then the ways."""
        draft = self._draft
        yield Static("Scopes, separated by spaces", classes="label", markup=False)
        yield Field(draft.suggested_scopes(), placeholder="none: what the provider gives by itself", id="field-scopes")
        yield Static("How to sign in", classes="label", markup=False)
        options = []
        for flow in draft.flows():
            word = "Automatic" if flow is Flow.AUTO else flow_words(flow)
            options.append(Option(Content.assemble(word.ljust(30), (_ABOUT.get(flow, ""), "$vault-dim"))))
        yield Menu(*options, id="field-flow", markup=False)
        yield self._problem_place("flow")

    def on_mount(self) -> None:
        """The way chosen before."""
        flows = self._draft.flows()
        self.query_one(Menu).highlighted = flows.index(self._draft.flow) if self._draft.flow in flows else 0

    def collect(self, draft: Draft) -> None:
        """The preset's scopes stay the preset's when they were not touched."""
        typed = " ".join(self.query_one("#field-scopes", Input).value.split())
        unchanged = draft.preset is not None and typed == " ".join(draft.preset.scopes)
        draft.scopes = None if unchanged else typed
        index = self.query_one(Menu).highlighted
        draft.flow = draft.flows()[index or 0]

    def begin(self) -> None:
        """The way is what people change."""
        self.query_one(Menu).focus()


class NameStep(StepForm):
    """A name, and what will be saved."""

    def __init__(self, draft: Draft, taken: frozenset[str]) -> None:
        super().__init__()
        self._draft = draft
        self._taken = taken

    def compose(self) -> ComposeResult:
        """The name, then the summary."""
        draft = self._draft
        yield Static("Name of this account", classes="label", markup=False)
        yield Field(draft.suggested_name(self._taken), id="field-name")
        yield self._problem_place("name")
        yield Static(self._summary(), classes="notes", markup=False)

    def collect(self, draft: Draft) -> None:
        """The name as typed."""
        draft.name = self.query_one("#field-name", Input).value.strip()

    def _summary(self) -> Content:
        draft = self._draft
        rows: list[tuple[str, str]] = []
        if draft.preset is None:
            rows.append(("Provider", "API key"))
        else:
            rows.append(("Provider", draft.preset.title))
            rows.append(("Way", "Automatic" if draft.flow is Flow.AUTO else flow_words(draft.flow)))
            rows.append(("Scopes", clean(draft.suggested_scopes(), 120) or "none"))
        for question in draft.questions():
            if question.secret:
                if draft.secrets.get(question.key):
                    rows.append((question.label, "•••••••• goes to the vault"))
            elif draft.texts.get(question.key):
                rows.append((question.label, clean(draft.texts[question.key], 120)))
        lines = [Content.assemble((f"{label[:22]:<23}", "$vault-dim"), value) for label, value in rows]
        return Content("\n").join(lines)
