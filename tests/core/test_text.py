"""Foreign text: whatever goes in, what comes out is one harmless, bounded text (X1, X2, X4, X5)."""

from __future__ import annotations

import itertools
import sys
import unicodedata

import pytest
from rich.cells import cell_len
from textual.content import Content

import public_vectors
from my_app.text import LINE, clean, clean_block, host_of

INTRODUCERS = [
    "\x1b[",
    "\x9b",
    "\x1b]",
    "\x9d",
    "\x1bP",
    "\x90",
    "\x1b_",
    "\x9f",
    "\x1b^",
    "\x9e",
    "\x1bX",
    "\x98",
    "\x1b",
    "\x1b(",
    "\x1b#",
]
BODIES = [
    "2J",
    "31m",
    "?1049h",
    "52;c;ZXZpbA==",
    "8;;https://evil.example",
    "0;title",
    "6n",
    ">c",
    '$q"p',
    "1337;File=:",
    "c",
    "A" * 50,
]
ENDS = ["", "\x07", "\x1b\\", "\x9c", "\x18", "\x1a", "\r\n", "\x00", "\x08\x08", "m"]


def harmless(text: str) -> bool:
    """No control, format, surrogate, private or unassigned character, nothing invisible, and no line break."""
    return text.isprintable() and all(unicodedata.category(ch) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for ch in text)


def test_terminal_sequences_come_out_as_text() -> None:
    """X1: 1,800 escape sequences of every family, 7 and 8 bit, ended in every way: no control byte is left."""
    count = 0
    for parts in itertools.product(INTRODUCERS, BODIES, ENDS):
        count += 1
        shown = clean("name " + "".join(parts) + " more")
        assert harmless(shown), parts
        assert shown.startswith("name ")
        assert shown.endswith(" more")
    assert count == 1800


@pytest.mark.parametrize(
    "points",
    [range(0x10000), range(0xE0000, 0xE1000), pytest.param(range(0x10000, sys.maxunicode + 1), marks=pytest.mark.slow)],
    ids=["plane 0", "tags", "all others"],
)
def test_every_character_there_is(points: range) -> None:
    """X1: every code point: what is no printable character becomes a visible mark or a space."""
    for start in range(points.start, points.stop, 4096):
        block = "".join(f"x{chr(point)}" for point in range(start, start + 4096))
        assert harmless(clean(block, 100_000))


@pytest.mark.parametrize(
    "ch", ["\u202e", "\u2066", "\u200b", "\u200d", "\ufeff", "\u2060", "\U000e0041", "\ud800", "\u034f", "\u3164", "\U000e0101"]
)
def test_what_cannot_be_seen_is_made_visible(ch: str) -> None:
    """X1: direction overrides, zero width, tags, fillers and lone surrogates are marked, so two names never look alike."""
    shown = clean(f"admin{ch}")
    assert shown != "admin"
    assert shown.startswith("admin\\")
    assert shown.isascii()


def test_naughty_strings_stay_themselves_or_harmless() -> None:
    """X2: 515 naughty strings come out harmless, and ordinary text in any script is not touched."""
    for text in public_vectors.load("naughty-strings/blns.json"):
        assert harmless(clean(text))
        assert clean(clean(text)) == clean(text)
    for text in ("Zoë Müller", "日本語テスト", "привет", "مرحبا", "שלום", "ไทย", "हिन्दी", "👍🏽", "a-b_c@d.example", "naïve café"):
        assert clean(text) == text


BOMBS = [
    "[red]x[/red]",
    "[/]",
    "[/red]",
    "[",
    "]",
    "[[",
    "\\[",
    "x\\",
    "[$x]",
    "[$primary]",
    "[@click=app.quit]x[/]",
    "[@click='app.bell()']",
    "[link=https://evil.example]x[/link]",
    "[bold",
    "[bold]x",
    "[/bold]x",
    "[on red]",
    "[#ff0000]",
    "[rgb(1,2,3)]",
    "[not bold]",
    "[blink]x[/blink]",
    "[reverse]",
    "[hidden]x[/hidden]",
    "[conceal]",
    "[link]",
    "[=]",
    "[a=b]",
    "[a='b]",
    '[a="b]',
    "[@click=]",
    "[@enter=app.x]",
    "[\\]",
    "[x[/]y]",
    "[]",
    "[ ]",
    "[\n]",
    "[/\n]",
    "[ansi_red]",
    "[0]",
    "[red on $x 50%]",
]


@pytest.mark.parametrize("bomb", BOMBS)
def test_markup_is_left_alone_because_nothing_parses_it(bomb: str) -> None:
    """X2: clean does not escape; as plain content a markup bomb shows letter by letter, without style or action."""
    shown = clean(bomb)
    assert shown == bomb.replace("\n", " ")
    content = Content(shown)
    assert content.plain == shown
    assert content.spans == []


def test_lines_are_clipped_by_what_comes_out() -> None:
    """X4: a 1 MB name, marks that are longer than what they stand for, zalgo and wide letters stay bounded."""
    assert clean("x" * 1_000_000) == "x" * LINE + "…"
    assert len(clean("\U000e0001" * 1000)) <= LINE + 1
    assert len(clean("\x1b" * 1000)) <= LINE + 1
    zalgo = clean("e" + "\u0301" * 150 + "f")
    assert zalgo.endswith("f")
    assert len(zalgo) < 10
    assert cell_len(clean("漢" * 1000, 20)) <= 41
    assert clean("abc", 3) == "abc"
    assert clean("abcd", 3) == "abc…"


def test_breaks_become_spaces_in_a_line_and_stay_in_a_block() -> None:
    """X5: a line break cannot begin a line of ours; a block keeps line feeds and nothing else."""
    assert clean("a\nb\r\nc\td\u2028e\x0bf\x85g") == "a b  c d e f g"
    assert clean_block("a\nb\r\nc\td\x1b[0m") == "a\nb \nc d\\x1b[0m"
    assert clean_block("x" * 30_000).endswith("x\n…")


def test_other_values_are_shown_as_text() -> None:
    """Anything not a string shows by ``str``, cleaned as well."""
    assert clean(7) == "7"
    assert clean(None) == "None"
    assert clean(["\u202e", 1.5]) == r"['\u202e', 1.5]"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://issuer.example/a?b#c", "issuer.example"),
        ("https://user@evil.example:8443/x", "user@evil.example:8443"),
        ("https://a.example\\@evil.example", "a.example"),
        ("https://\x1b[31mevil/", "\\x1b[31mevil"),
        ("no url", "no url"),
        ("", ""),
    ],
)
def test_hosts_for_showing(url: str, host: str) -> None:
    """X1: the host shown for a URL is cleaned; it decides nothing."""
    assert host_of(url) == host
