"""The small pure parts of the command line: tables, QR codes, spans, lines from a descriptor."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
import qrcode

from my_app.cli import qr, tables
from my_app.cli.answers import stream_lines
from my_app.cli.values import pairs, ports, span
from my_app.errors import UsageFault
from tui.fakes import HOSTILE

LINK = "https://id.example/device?user_code=WDJB-MJHT"


def test_columns_line_up_whatever_stands_in_them() -> None:
    """Wide characters take two columns, combining marks none; lines never pass the width."""
    rows = [("日本語", "a"), ("e\u0301e\u0301", "b"), (HOSTILE, "c"), ("x" * 300, "d")]
    for width in (12, 20, 40, 200):
        lines = tables.table(("NAME", "LETTER"), rows, width)
        assert all(tables.cells(line) <= max(width, 14) for line in lines)
        assert {tables.cells(line[: line.rindex(letter)]) for line, letter in zip(lines[1:], "abcd", strict=True)} == {
            tables.cells(lines[0][: lines[0].index("LETTER")])
        }


def test_firm_columns_give_way_last() -> None:
    """The next command stays whole while another column can shrink."""
    lines = tables.table(("SCOPES", "NEXT"), [("s" * 60, "my-app refresh svc")], 40, firm=("NEXT",))
    assert lines[1].endswith("my-app refresh svc")
    assert tables.cells(lines[1]) <= 40


def test_the_qr_code_is_the_one_of_its_text() -> None:
    """Half blocks hold exactly the modules of the code, with a quiet zone round it."""
    lines = qr.rows(LINK)
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_L, border=4)
    code.add_data(LINK)
    wanted = [list(map(bool, line)) for line in code.get_matrix()]
    seen = []
    for line in lines:
        seen.append([ch in "▀█" for ch in line])
        seen.append([ch in "▄█" for ch in line])
    assert seen[: len(wanted)] == wanted
    assert not any(any(line) for line in seen[:4])


def test_the_qr_code_fits_or_is_left_out() -> None:
    """A small terminal gets the smaller quiet zone, a tiny one no code; without colour no escape is printed."""
    small = qr.terminal_lines(LINK, 33, 17, colour=True)
    assert len(small) <= 17
    assert all(line.startswith("\x1b[38;5;16;48;5;231m") for line in small)
    assert qr.terminal_lines(LINK, 20, 10, colour=True) == []
    assert "\x1b" not in "".join(qr.terminal_lines(LINK, 80, 40, colour=False))


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("5m", 300), ("1h30m", 5400), ("2d", 172_800), ("90", 90)])
def test_spans(text: str, seconds: int) -> None:
    """As CONTRACT writes them; a bare number is seconds."""
    assert span(text, "--x") == timedelta(seconds=seconds)


def test_pairs_and_ports() -> None:
    """A value may hold an equals sign; a key stands once; ports are ports."""
    assert pairs(["a=b=c", "d="], "--x") == {"a": "b=c", "d": ""}
    assert ports("8400, 8401") == (8400, 8401)
    for broken in (["a"], ["=b"], ["a=1", "a=2"]):
        with pytest.raises(UsageFault):
            pairs(broken, "--x")
    for text in ("", "0", "65536", "1,,2", "٣"):
        with pytest.raises(UsageFault):
            ports(text)


def test_lines_arrive_while_the_pipe_is_open() -> None:
    """A program may answer a prompt after seeing it: a line is handed on before the pipe ends."""
    reader, writer = os.pipe()
    with os.fdopen(reader, encoding="utf-8") as stream:
        lines = stream_lines(stream)
        os.write(writer, b"one\ntw")
        assert next(lines) == "one"
        os.write(writer, b"o\nlast")
        assert next(lines) == "two"
        os.close(writer)
        assert list(lines) == ["last"]
