"""A user code, large: letters apart, in a box of their own."""

from __future__ import annotations

from rich.cells import cell_len
from textual.widgets import Static


def spread(code: str, width: int) -> str:
    """``code`` with its letters apart as far as ``width`` cells allow."""
    apart = " ".join(code)
    return apart if cell_len(apart) <= width else code


class CodeBox(Static):
    """Shows the code a person compares with the page (RFC 8628 3.3); cleaned by the core."""

    DEFAULT_CSS = """
    CodeBox {
        width: auto;
        min-width: 23;
        max-width: 100%;
        height: auto;
        border: round $accent;
        padding: 0 2;
        text-align: center;
        text-style: bold;
        color: $text;
    }
    """

    def __init__(self, code: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(spread(code, 28), markup=False, id=id)
