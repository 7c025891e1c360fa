"""The little HTTP a redirect listener speaks: what counts as a callback, and fixed answers (L5, L7, L11, L12). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

REQUEST_LINE: Final = 16 * 1024
HEADERS: Final = 32 * 1024
HEADER_COUNT: Final = 100
DONE_SUFFIX: Final = "/done"

_SAFETY: Final = (
    "Content-Security-Policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "Cache-Control: no-store\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Connection: close\r\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a request is: a callback (``target``), the clean page it was sent on to (``page``), or a stray (``answer``)."""

    target: str | None = None
    page: bool = False
    answer: bytes = b""


def _answer(status: str, text: str, extra: str = "") -> bytes:
    body = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>my-app</title><p>{text}</p></html>\n'.encode("ascii")
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n{extra}{_SAFETY}\r\n"
    return head.encode("ascii") + body


DONE: Final = _answer(
    "200 OK", "Your answer has arrived. Go back to the terminal: it says whether the sign-in worked. You can close this page."
)
"""Says nothing of success: the tokens are not checked yet (L12)."""
NOT_OURS: Final = _answer("400 Bad Request", "This answer belongs to no sign-in that is waiting here. Nothing was done with it.")
ELSEWHERE: Final = _answer("410 Gone", "This sign-in has had its answer already.")
_NOT_FOUND: Final = _answer("404 Not Found", "Nothing is here.")
_NOT_ALLOWED: Final = _answer("405 Method Not Allowed", "Only GET is answered here.", "Allow: GET\r\n")
_FORBIDDEN: Final = _answer("403 Forbidden", "This address is not for other pages.")
_BAD: Final = _answer("400 Bad Request", "This is not a request.")
_TOO_LARGE: Final = _answer("431 Request Header Fields Too Large", "This request is too large.")


def redirect(path: str) -> bytes:
    """Send the browser on to an address without code and state, so that neither stays in its history."""
    return _answer("303 See Other", "Go back to the terminal.", f"Location: {path.rstrip('/')}{DONE_SUFFIX}\r\n")


def read_request(heard: bytes, authority: str, path: str) -> Verdict | None:
    """Judge what was heard so far; None while the head is not complete. ``authority`` is the only Host that counts (L7)."""
    line_end = heard.find(b"\r\n")
    if (line_end < 0 and len(heard) > REQUEST_LINE) or line_end > REQUEST_LINE:
        return Verdict(answer=_TOO_LARGE)
    end = heard.find(b"\r\n\r\n")
    if end < 0:
        return Verdict(answer=_TOO_LARGE) if len(heard) > REQUEST_LINE + HEADERS else None
    lines = heard[:end].split(b"\r\n")
    if end - line_end > HEADERS or len(lines) - 1 > HEADER_COUNT:
        return Verdict(answer=_TOO_LARGE)
    try:
        method, target, version = lines[0].decode("ascii").split(" ")
        fields = [line.decode("latin-1").split(":", 1) for line in lines[1:]]
        hosts = [value.strip(" \t") for name, value in fields if name.lower() == "host"]
        foreign = any(name.lower() == "origin" for name, _ in fields)
    except ValueError:
        return Verdict(answer=_BAD)
    if not version.startswith("HTTP/1.") or not target.startswith("/"):
        return Verdict(answer=_BAD)
    if [host.lower() for host in hosts] != [authority.lower()] or foreign:
        return Verdict(answer=_FORBIDDEN)
    if method != "GET":
        return Verdict(answer=_NOT_ALLOWED)
    where, _, query = target.partition("?")
    if where == f"{path.rstrip('/')}{DONE_SUFFIX}" and not query:
        return Verdict(page=True)
    if where != (path or "/") or not query:
        return Verdict(answer=_NOT_FOUND)
    return Verdict(target=target)
