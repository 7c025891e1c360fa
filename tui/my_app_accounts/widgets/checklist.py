"""Steps in order with their state: done, running, waiting, failed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from my_app.rotation import StepState

_MARKS: Final[dict[StepState, tuple[str, str]]] = {
    StepState.WAITING: ("·", "$vault-dim"),
    StepState.RUNNING: ("◔", "$accent"),
    StepState.DONE: ("✓", "$vault-ok"),
    StepState.FAILED: ("✗", "$vault-bad"),
}


@dataclass(slots=True)
class _Step:
    text: str
    state: StepState = StepState.WAITING
    note: str = ""


class Checklist(Widget):
    """A live list of steps; a note stands at the right edge, or below when there is no room."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Checklist { height: auto; width: 1fr; }"

    def __init__(self, steps: Iterable[tuple[str, str]], *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        """``steps``: key and text, in order; texts are our own or cleaned."""
        super().__init__(id=id)
        self._steps = {key: _Step(text) for key, text in steps}

    def set(self, key: str, state: StepState, *, text: str | None = None, note: str | None = None) -> None:
        """Change one step; None keeps what is there. Repaints only when something changed."""
        step = self._steps[key]
        new = _Step(step.text if text is None else text, state, step.note if note is None else note)
        if new == step:
            return
        self._steps[key] = new
        self.refresh(layout=True)

    def note(self, key: str, note: str) -> None:
        """Change the note of a step."""
        self.set(key, self._steps[key].state, note=note)

    def state(self, key: str) -> StepState:
        """How far a step is."""
        return self._steps[key].state

    def running(self) -> str | None:
        """The step under way."""
        return next((key for key, step in self._steps.items() if step.state is StepState.RUNNING), None)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One line a step, two where the note found no room."""
        return len(self._lines(width))

    def render(self) -> Content:
        """The lines."""
        return Content("\n").join(self._lines(self.size.width or 60))

    def _lines(self, width: int) -> list[Content]:
        lines: list[Content] = []
        for step in self._steps.values():
            mark, colour = _MARKS[step.state]
            style = "$vault-dim" if step.state is StepState.WAITING else "bold" if step.state is StepState.RUNNING else ""
            head = Content.assemble((mark, colour), " ", (step.text, style))
            if not step.note:
                lines += head.wrap(width)
                continue
            room = width - head.cell_length - len(step.note)
            note = Content.styled(step.note, "$vault-dim")
            if room >= 2:
                lines.append(Content.assemble(head, " " * room, note))
            else:
                lines += [*head.wrap(width), *(Content.assemble("  ", part) for part in note.wrap(max(1, width - 2)))]
        return lines
