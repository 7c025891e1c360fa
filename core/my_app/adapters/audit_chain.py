"""The audit chain's lines: JSON, each with the hash of the one before (E3). Pure.

A line is ASCII with every control character escaped, so nothing that is written into a field
can begin a line of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from my_app.audit import Actor, Entry, Event, Result
from my_app.strict_json import JsonFault, parse_object

START: Final = "0" * 64
"""The hash that the first line names as the one before."""
LONGEST: Final = 16_384
"""Bytes a line may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of a chain: its last sequence number and hash."""

    seq: int = 0
    digest: str = START


def line(entry: Entry, before: str) -> bytes:
    """The entry's line, line feed included."""
    value = _plain(entry, before)
    return (_canonical({**value, "hash": _digest(value)}) + "\n").encode("ascii")


def read_line(raw: bytes) -> tuple[Entry, str, str] | None:
    """Entry, hash of the one before, own hash; None for what is no whole, unchanged line."""
    try:
        value = parse_object(raw, limit=LONGEST)
        digest = value.pop("hash")
        entry = _entry(value)
        before = value["prev"]
    except (JsonFault, KeyError, TypeError, ValueError):
        return None
    if not isinstance(before, str) or _plain(entry, before) != value or digest != _digest(value):
        return None
    return entry, before, str(digest)


def spoilt(seq: int, raw: bytes) -> Head:
    """The head after a last line that was tampered with: the trail goes on, and ``verify`` still finds the line."""
    return Head(seq=seq, digest=hashlib.sha256(raw).hexdigest())


def follow(head: Head, lines: Iterable[bytes]) -> tuple[Head, int | None]:
    """The head after ``lines``, or the head so far and the first sequence number that does not hold."""
    for raw in lines:
        read = read_line(raw)
        if read is None or read[0].seq != head.seq + 1 or read[1] != head.digest:
            return head, head.seq + 1
        head = Head(seq=read[0].seq, digest=read[2])
    return head, None


def _plain(entry: Entry, before: str) -> dict[str, object]:
    actor = entry.actor
    return {
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "event": entry.event.value,
        "profile": entry.profile,
        "result": entry.result.value,
        "code": entry.code,
        "actor": {"program": actor.program, "pid": actor.pid, "cwd": actor.cwd, "tty": actor.tty},
        "detail": entry.detail,
        "prev": before,
    }


def _entry(value: Mapping[str, object]) -> Entry:
    actor, seq, profile = value["actor"], value["seq"], value["profile"]
    if not isinstance(actor, dict) or type(seq) is not int or not isinstance(profile, str | None):
        raise TypeError
    return Entry(
        seq=seq,
        at=datetime.fromisoformat(str(value["at"])),
        event=Event(str(value["event"])),
        profile=profile,
        result=Result(str(value["result"])),
        code=str(value["code"]),
        actor=Actor(program=str(actor["program"]), pid=int(actor["pid"]), cwd=str(actor["cwd"]), tty=actor["tty"]),
        detail=str(value["detail"]),
    )


def _digest(value: Mapping[str, object]) -> str:
    return hashlib.sha256(_canonical(value).encode("ascii")).hexdigest()


def _canonical(value: Mapping[str, object]) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=True)
