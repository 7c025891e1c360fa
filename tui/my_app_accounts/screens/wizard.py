"""Add an account: provider, where, what to ask for, name; nothing is saved before the last step."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Input, OptionList, Static

from my_app.errors import MyAppError, ProfileExists
from my_app.providers import Preset, presets
from my_app_accounts.background import in_thread
from my_app_accounts.messages import AccountsChanged
from my_app_accounts.screens.host import host
from my_app_accounts.screens.people import info_of, public_client
from my_app_accounts.screens.sign_in import SignInScreen
from my_app_accounts.screens.wizard_draft import Draft, Step
from my_app_accounts.screens.wizard_steps import AskStep, NameStep, ProviderStep, WhereStep
from my_app_accounts.widgets.dialog import Dialog
from my_app_accounts.widgets.error_card import ErrorCard
from my_app_accounts.widgets.flat_button import FlatButton

TITLES: Final[Mapping[Step, str]] = {
    Step.PROVIDER: "Provider",
    Step.WHERE: "Where to sign in",
    Step.ASK: "What to ask for",
    Step.NAME: "Name it",
}
StepPane = ProviderStep | WhereStep | AskStep | NameStep


class WizardScreen(Dialog[str]):
    """Adds a profile and starts its sign-in; dismissed with its name, or None when nothing was saved.

    The app gets ``AccountsChanged(select=name)``.
    """

    DEFAULT_CSS = """
    WizardScreen > #box { width: 112; }
    WizardScreen #columns { height: auto; }
    WizardScreen #rail { width: 27; height: auto; padding-right: 2; }
    WizardScreen.-tight #rail { display: none; }
    WizardScreen #stage { width: 1fr; height: auto; max-height: 100%; scrollbar-size-vertical: 1; }
    """
    SCROLLS = "#columns"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", tooltip="One step back; answers are kept"),
        Binding("ctrl+n", "next", "Next", show=False),
    ]

    class Ready(Message):
        """The providers and the names that are taken."""

        def __init__(self, offered: tuple[Preset, ...], taken: frozenset[str]) -> None:
            super().__init__()
            self.offered = offered
            self.taken = taken

    class Added(Message):
        """The profile is stored."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class Failed(Message):
        """It was not; nothing is left behind."""

        def __init__(self, error: MyAppError) -> None:
            super().__init__()
            self.error = error

    def __init__(self) -> None:
        super().__init__()
        self.draft = Draft()
        self.step = Step.PROVIDER
        self._offered: tuple[Preset, ...] = ()
        self._taken: frozenset[str] = frozenset()
        self._pane: StepPane | None = None
        self._busy = False

    def compose(self) -> ComposeResult:
        """Steps at the left, the current one at the right, two buttons."""
        with Vertical(id="box") as box:
            box.border_title = "Add an account"
            with Horizontal(id="columns"):
                yield Static("", id="rail", markup=False)
                with VerticalScroll(id="stage", can_focus=False):
                    yield Static("One moment…", classes="dim", markup=False)
            with Horizontal(classes="buttons"):
                yield FlatButton("Back", id="back")
                yield FlatButton("Next", id="next")

    def on_mount(self) -> None:
        """Read presets and names in a thread."""
        self.run_worker(self._read(), group="wizard", exclusive=True, exit_on_error=False)

    async def _read(self) -> None:
        accounts = host(self).services.accounts

        def read() -> tuple[tuple[Preset, ...], frozenset[str]]:
            return presets(), frozenset(account.name for account in accounts.overview().accounts)

        try:
            offered, taken = await in_thread(read, "presets")
        except MyAppError as error:
            self.post_message(self.Failed(error))
        else:
            self.post_message(self.Ready(offered, taken))

    async def _add(self) -> None:
        accounts, draft = host(self).services.accounts, self.draft
        try:
            profile = draft.profile()
            add = partial(accounts.add, profile, client_secret=draft.secret("client_secret"), api_key=draft.secret("api_key"))
            await in_thread(add, "add")
        except MyAppError as error:
            self.post_message(self.Failed(error))
        else:
            self.post_message(self.Added(profile.name))

    # -- going on and back -----------------------------------------------------------------------

    async def on_wizard_screen_ready(self, message: Ready) -> None:
        """Begin."""
        self._offered, self._taken = message.offered, message.taken
        await self._go(Step.PROVIDER)

    async def on_wizard_screen_added(self, message: Added) -> None:
        """Leave, and sign in where that takes a person or a call."""
        self.app.post_message(AccountsChanged(select=message.name))
        draft = self.draft
        self.dismiss(message.name)
        if not draft.is_key or draft.texts.get("check_url"):
            self.app.push_screen(SignInScreen(message.name))
        else:
            self.app.notify(f"{message.name} is stored.", markup=False)

    async def on_wizard_screen_failed(self, message: Failed) -> None:
        """Say why, where it belongs; all answers are kept."""
        self._busy = False
        if isinstance(message.error, ProfileExists):
            self._taken |= {self.draft.name.strip()}
            await self._go(Step.NAME)
            self._complain()
        elif self._pane is None:
            await self._stage(ErrorCard(message.error, "esc close"))
        else:
            self._pane.problem(message.error)
        self._frame()

    async def on_provider_step_chosen(self, message: ProviderStep.Chosen) -> None:
        """A provider; a pasted issuer is kept for the next step."""
        message.stop()
        self.draft.choose(message.preset)
        if message.preset is not None and message.preset.key == "demo":
            self._fill_demo()
        if message.issuer:
            self.draft.texts["issuer"] = message.issuer
        await self.action_next()

    def _fill_demo(self) -> None:
        """The running demo's own addresses, where the person has not typed others."""
        info = info_of(getattr(self.app, "demo", None))
        issuer, client = info.get("issuer"), public_client(info)
        if isinstance(issuer, str) and client:
            self.draft.texts.setdefault("issuer", issuer)
            self.draft.texts.setdefault("client_id", client)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter: to the next empty field of this step, then on."""
        event.stop()
        fields = list(self.query_one("#stage").query(Input))
        after = fields[fields.index(event.input) + 1 :] if event.input in fields else []
        if after:
            after[0].focus()
        else:
            await self.action_next()

    async def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter in the list of ways goes on."""
        event.stop()
        await self.action_next()

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        """Next or back."""
        event.stop()
        if event.button.id == "next":
            await self.action_next()
        else:
            await self.action_leave()

    async def action_next(self) -> None:
        """On to the next step; at the end, save."""
        if self._pane is None or self._busy:
            return
        self._pane.collect(self.draft)
        if self.draft.problems(self.step, self._taken):
            self._complain()
            return
        steps = self.draft.steps
        place = steps.index(self.step)
        if place + 1 < len(steps):
            await self._go(steps[place + 1])
            return
        self._busy = True
        self._frame()
        self.run_worker(self._add(), group="wizard", exclusive=True, exit_on_error=False)

    async def action_leave(self) -> None:  # type: ignore[override]
        """One step back with the answers kept; from the first step out, with nothing saved."""
        if self._busy:
            return
        if self._pane is not None:
            self._pane.collect(self.draft)
        steps = self.draft.steps
        place = steps.index(self.step)
        if self._pane is None or place == 0:
            self.dismiss(None)
        else:
            await self._go(steps[place - 1])

    # -- what is shown ---------------------------------------------------------------------------

    async def _go(self, step: Step) -> None:
        self.step = step
        match step:
            case Step.PROVIDER:
                pane: StepPane = ProviderStep(self._offered, self.draft)
            case Step.WHERE:
                pane = WhereStep(self.draft)
            case Step.ASK:
                pane = AskStep(self.draft)
            case Step.NAME:
                pane = NameStep(self.draft, self._taken)
        self._pane = pane
        await self._stage(pane)
        self._frame()
        pane.begin()

    async def _stage(self, widget: StepPane | ErrorCard) -> None:
        stage = self.query_one("#stage", VerticalScroll)
        await stage.remove_children()
        await stage.mount(widget)
        stage.scroll_home(animate=False)
        self.call_after_refresh(self.fit)

    def _complain(self) -> None:
        if self._pane is not None:
            self._pane.complain(self.draft.problems(self.step, self._taken))

    def _frame(self) -> None:
        """Title, rail and buttons say where we are."""
        steps = self.draft.steps
        place = steps.index(self.step)
        box = self.query_one("#box")
        box.border_title = f"Add an account · {place + 1} of {len(steps)} · {TITLES[self.step]}"
        box.border_subtitle = "enter next · esc back" if place else "enter next · esc close"
        lines: list[Content] = []
        for index, step in enumerate(steps):
            mark = ("✓", "$vault-ok") if index < place else ("●", "$accent") if index == place else ("○", "$vault-dim")
            style = "bold" if index == place else "$vault-dim" if index > place else ""
            lines.append(Content.assemble(mark, " ", (f"{index + 1} {TITLES[step]}", style)))
        after = "" if self.draft.chosen and self.draft.is_key else "  then the sign-in starts"
        promise = f"Nothing is saved\nbefore step {len(steps)} is done."
        lines += [Content.styled(after, "$vault-dim"), Content(""), Content.styled(promise, "$vault-dim")]
        self.query_one("#rail", Static).update(Content("\n").join(lines))
        self.query_one("#back", FlatButton).say("Back" if place else "Cancel")
        button = self.query_one("#next", FlatButton)
        if place + 1 < len(steps):
            button.say("Next")
        elif self._busy:
            button.say("Saving…")
        else:
            button.say("Save" if self.draft.is_key else "Save and sign in")
        button.disabled = self._busy
