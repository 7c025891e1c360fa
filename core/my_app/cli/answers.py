"""Answers prepared for a sign-in: JSON lines ``{"kind","value"}`` from a file or standard input, taken in order by kind."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from my_app.errors import UsageFault
from my_app.model import PromptKind
from my_app.secret import Secret
from my_app.strict_json import JsonFault, parse_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

LINE_LIMIT = 65_536
"""Characters one answer may have."""


class AnswerBook:
    """Hands out answers by kind; reads on, in order, while the wanted kind is not there. Thread safe."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._waiting: dict[PromptKind, deque[Secret]] = {}
        self._reading = threading.Lock()

    def take(self, kind: PromptKind) -> Secret | None:
        """The next answer of ``kind``; None when none comes any more. May wait for standard input. Raises UsageFault."""
        with self._reading:
            while not self._waiting.get(kind):
                line = next(self._lines, None)
                if line is None:
                    return None
                if line.strip():
                    got, value = parse_answer(line)
                    self._waiting.setdefault(got, deque()).append(value)
            return self._waiting[kind].popleft()


def parse_answer(line: str) -> tuple[PromptKind, Secret]:
    """One line. Raises UsageFault, which never repeats the line: it may hold a password."""
    try:
        value = parse_object(line.strip(), limit=LINE_LIMIT)
    except JsonFault:
        raise UsageFault(
            "A line of --answers is not a JSON object.", hint='Each line is like {"kind": "otp", "value": "123456"}.'
        ) from None
    kind, text = value.get("kind"), value.get("value")
    if not isinstance(kind, str) or kind not in set(PromptKind):
        raise UsageFault("A line of --answers names no known kind.", hint=f"Kinds: {', '.join(PromptKind)}.")
    if not isinstance(text, str):
        raise UsageFault(f"The answer of kind {kind} in --answers has no text in “value”.")
    return PromptKind(kind), Secret(text)


def stream_lines(stream: TextIO) -> Iterator[str]:
    """Lines as they arrive. Reads the descriptor itself where there is one: a thread that waits in a buffered
    reader would hold its lock when the interpreter ends."""
    import os

    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        yield from stream
        return
    rest = b""
    while chunk := os.read(descriptor, 4096):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in lines)
        if len(rest) > LINE_LIMIT:
            raise UsageFault("A line on standard input is too long.")
    if rest:
        yield rest.decode("utf-8", "replace")
