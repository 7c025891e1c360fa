"""Strict JSON: JSONTestSuite, and what a reader must not do even then (D3, J7)."""

from __future__ import annotations

import json
import time

import pytest

import public_vectors
from my_app.strict_json import JsonFault, parse, parse_object

DOUBLED = {"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"}


def refused(data: bytes | str) -> bool:
    """Whether the reader says no; anything but JsonFault fails the test."""
    try:
        parse(data)
    except JsonFault:
        return True
    return False


def test_json_suite() -> None:
    """All files that must be refused are; all that must be read are, except doubled names, which we refuse."""
    suite = public_vectors.json_suite()
    assert len(suite) == 318
    for name, data in suite.items():
        if name.startswith("n_") or name in DOUBLED:
            assert refused(data), name
        elif name.startswith("y_"):
            assert parse(data) == json.loads(data), name
        else:
            refused(data)


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "[Infinity]",
        "[-Infinity]",
        "[1e999]",
        "[-1e999]",
        '{"a":1,"a":2}',
        '{"a":{"b":1,"b":1}}',
        "\ufeff{}",
        "",
        " ",
        "{}x",
        '"\\ud800"',
        '"\\udc00\\ud800"',
        '{"\\ud800":1}',
        '["\ud800"]',
        "[" * 33 + "]" * 33,
        "[" * 100_000,
        "'a'",
        "{a:1}",
        "01",
        "+1",
        ".5",
        '"\x00"',
        '"\x1f"',
        "9" * 5000,
        "nul",
        "[1,]",
        "// x\n1",
    ],
)
def test_refused(text: str) -> None:
    """Everything that another reader might take differently is refused with one of our own errors."""
    assert refused(text)


@pytest.mark.parametrize("data", [b"\xff", b'{"a":"\xe9"}', b"\xef\xbb\xbf{}", b"{\x00}\x00", b'"\xed\xa0\x80"', b'"\xc0\xaf"'])
def test_bytes_that_are_not_utf8_are_refused(data: bytes) -> None:
    """UTF-8 only, without a mark: no guessing of encodings."""
    assert refused(data)


def test_read_as_it_stands() -> None:
    """Pairs of surrogates, 32 levels, brackets inside strings and large numbers are fine."""
    assert parse('"\\ud83d\\ude00"') == "😀"
    assert parse("[" * 32 + "]" * 32)
    assert parse(json.dumps(["[" * 1000, '"{\\' * 100])) == ["[" * 1000, '"{\\' * 100]
    assert parse("123456789012345678901234567890") == 123456789012345678901234567890
    assert parse(b' {"a": [1, 2.5, true, null]}\n') == {"a": [1, 2.5, True, None]}


def test_limits_come_first() -> None:
    """The size limit is applied before reading, the depth limit can be set."""
    with pytest.raises(JsonFault, match="too long"):
        parse(b"[" * 11, limit=10)
    with pytest.raises(JsonFault, match="deeply"):
        parse("[" * 50 + "]" * 50)
    assert parse("[" * 50 + "]" * 50, depth=50)
    with pytest.raises(JsonFault, match="object"):
        parse_object("[]")


@pytest.mark.parametrize(
    "text", ["[" * 40 + '"' + '\\"' * 400_000, "[" * 40 + '"' * 900_000, "[" * 40 + '"' + "\\" * 900_000, "{" * 900_000]
)
def test_reading_takes_one_pass_whatever_the_text(text: str) -> None:
    """A megabyte made to send a backtracking reader in circles is refused within the second."""
    start = time.process_time()
    assert refused(text)
    assert time.process_time() - start < 2


def test_faults_hold_nothing_of_the_text() -> None:
    """J14: the message names the rule, never what was read."""
    with pytest.raises(JsonFault) as fault:
        parse('{"secret-name": "secret-value",}')
    assert "secret" not in str(fault.value)
