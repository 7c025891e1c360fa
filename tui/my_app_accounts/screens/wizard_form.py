"""What the forms of the wizard have in common."""

from __future__ import annotations

from collections.abc import Mapping

from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from my_app.errors import MyAppError
from my_app_accounts.screens.wizard_draft import Draft
from my_app_accounts.widgets.error_card import ErrorCard


class StepForm(Vertical):
    """What the four have in common: problems at their fields, one card for the rest."""

    DEFAULT_CSS = """
    StepForm { height: auto; }
    StepForm .label { margin-top: 0; }
    StepForm .problem { height: auto; }
    StepForm .notes { color: $vault-dim; margin-top: 1; }
    StepForm #card { height: auto; }
    """

    def begin(self) -> None:
        """Put the cursor where typing starts."""
        for widget in self.query("Input, Menu"):
            widget.focus()
            return

    def collect(self, draft: Draft) -> None:
        """Write what was typed into ``draft``."""

    def complain(self, problems: Mapping[str, str]) -> None:
        """Show each problem at its field and go to the first."""
        first: Widget | None = None
        for place in self.query(".problem"):
            key = (place.id or "").removeprefix("problem-")
            words = problems.get(key, "")
            place.display = bool(words)
            if isinstance(place, Static):
                place.update(Content(f"✗ {words}") if words else "")
            if words and first is None:
                first = next(iter(self.query(f"#field-{key}")), None)
        if first is not None:
            first.focus()

    def problem(self, error: MyAppError) -> None:
        """Show an error of the core."""
        for old in self.query(ErrorCard):
            old.remove()
        self.mount(ErrorCard(error))

    def _problem_place(self, key: str) -> Static:
        place = Static("", id=f"problem-{key}", classes="problem", markup=False)
        place.display = False
        return place
