"""What is typed, turned into values: spans, pairs, ports, secrets from standard input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from my_app.errors import UsageFault
from my_app.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta
    from pathlib import Path
    from typing import TextIO

    from my_app.secret import Secret

FILE_LIMIT: Final = 1 << 20
"""Bytes of a file that is read whole."""
SECRET_LIMIT: Final = 65_536
"""Characters a secret on standard input may have."""


def span(text: str, option: str) -> timedelta:
    """``30s``, ``5m``, ``1h30m``, ``2d`` or plain seconds. Raises UsageFault naming ``option``."""
    from my_app.settings.durations import parse_duration

    try:
        return parse_duration(text)
    except ValueError:
        raise UsageFault(
            f"“{clean(text, 40)}” is not a span of time for {option}.", hint="Write it as 30s, 5m, 1h30m or 2d."
        ) from None


def pairs(items: Iterable[str] | None, option: str) -> dict[str, str]:
    """``K=V`` items as a mapping. Raises UsageFault naming ``option``."""
    out: dict[str, str] = {}
    for item in items or ():
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise UsageFault(f"{option} takes KEY=VALUE, and “{clean(key, 40)}” has no equals sign or no key.")
        if key in out:
            raise UsageFault(f"{option} names “{clean(key, 40)}” twice.")
        out[key] = value
    return out


def ports(text: str | None) -> tuple[int, ...]:
    """``8400,8401`` as port numbers. Raises UsageFault."""
    if text is None:
        return ()
    numbers = [part.strip() for part in text.split(",")]
    if not all(number.isascii() and number.isdigit() and len(number) <= 5 and 0 < int(number) < 65_536 for number in numbers):
        raise UsageFault("--redirect-port takes port numbers from 1 to 65535.", hint="Write them as 8400 or 8400,8401.")
    return tuple(int(number) for number in numbers)


def secret_from(stream: TextIO, what: str) -> Secret:
    """The secret on standard input, one line end at its end removed. Raises UsageFault (H1, N4)."""
    try:
        text = stream.read(SECRET_LIMIT + 1)
    except UnicodeDecodeError:
        raise UsageFault(f"Standard input is not text, so it is no {what}.") from None
    if len(text) > SECRET_LIMIT:
        raise UsageFault(f"Standard input is too long for a {what}.")
    return checked_secret(text, what)


def checked_secret(text: str, what: str) -> Secret:
    """``text`` without its last line end, as a secret. Raises UsageFault when empty or holding control characters (N4)."""
    from my_app.secret import Secret

    text = text.removesuffix("\n").removesuffix("\r")
    if not text.strip():
        raise UsageFault(f"Standard input was empty; the {what} was expected there.")
    if any(ord(ch) < 0x20 or ord(ch) == 0x7F or 0x80 <= ord(ch) < 0xA0 for ch in text):
        raise UsageFault(f"The {what} holds a line break or another control character.", hint="Pass it alone, on one line.")
    return Secret(text)


def read_text(name: str, cwd: Path | None, what: str) -> str:
    """Text of the file ``name``, at most 1 MiB. Raises UsageFault naming ``what``."""
    return read_bytes(name, cwd, what).decode("utf-8", "replace")


def read_bytes(name: str, cwd: Path | None, what: str, *, limit: int = FILE_LIMIT) -> bytes:
    """Content of the file ``name``, at most ``limit`` bytes. Raises UsageFault naming ``what``."""
    from pathlib import Path

    path = (cwd or Path()) / Path(name).expanduser()
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not one of a file"
        raise UsageFault(f"The file for {what} cannot be read: {clean(reason, 80)}.", hint=clean(str(path), 200)) from None
    if len(data) > limit:
        raise UsageFault(f"The file for {what} is larger than {limit >> 20} MiB.")
    return data


def moment(text: str, option: str) -> datetime:
    """Seconds since 1970 as an aware UTC datetime. Raises UsageFault naming ``option``."""
    from datetime import UTC, datetime

    if not (text.isascii() and text.isdigit() and len(text) <= 11):
        raise UsageFault(f"{option} takes seconds since 1970, and “{clean(text, 20)}” is no such number.")
    return datetime.fromtimestamp(int(text), UTC)
