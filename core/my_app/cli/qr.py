"""A link as a QR code for a terminal: half blocks, black on white whatever the theme, with its quiet zone."""

from __future__ import annotations

from typing import Final

_BLACK_ON_WHITE: Final = "\x1b[38;5;16;48;5;231m"
_RESET: Final = "\x1b[0m"
_HALVES: Final = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def rows(text: str, border: int = 4) -> list[str]:
    """The code as lines, dark modules drawn; ``border`` is the quiet zone in modules (4 by the standard, 2 reads too)."""
    import qrcode

    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_L, border=border)
    code.add_data(text)
    code.make(fit=True)
    matrix = [[bool(cell) for cell in line] for line in code.get_matrix()]
    if len(matrix) % 2:
        matrix.append([False] * len(matrix[0]))
    return [
        "".join(_HALVES[upper, lower] for upper, lower in zip(*pair, strict=True))
        for pair in zip(matrix[::2], matrix[1::2], strict=True)
    ]


def terminal_lines(text: str, columns: int, height: int, *, colour: bool) -> list[str]:
    """The code in at most ``columns`` by ``height``; empty when it does not fit.

    Without colour the light modules are drawn instead, which reads on a dark terminal.
    """
    for border in (4, 2):
        lines = rows(text, border)
        if len(lines[0]) <= columns and len(lines) <= height:
            break
    else:
        return []
    if colour:
        return [f"{_BLACK_ON_WHITE}{line}{_RESET}" for line in lines]
    inverted = str.maketrans(" ▀▄█", "█▄▀ ")
    return [line.translate(inverted) for line in lines]
