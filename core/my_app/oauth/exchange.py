"""Sans-IO conversations: a generator yields requests, is sent responses, returns its result.

A failed send is thrown into the generator as ``NetworkUnavailable``, so what to do about it is
protocol logic too. Waiting is data (``not_before``). There is one kind of thing to yield.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tick:
    """Time and randomness of one sending; they enter here, nowhere else."""

    now: datetime
    """Aware UTC."""
    entropy: bytes
    """64 fresh random bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One HTTP request, ready to send. Redirects are never followed."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    """Never shown or logged: it may hold secrets."""

    def __repr__(self) -> str:
        return f"Wire({self.method} {self.url.split('?', 1)[0]})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One HTTP answer."""

    at: datetime
    """When it was complete, aware UTC, by the local clock."""
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""

    def __repr__(self) -> str:
        return f"Response({self.status}, {len(self.body)} bytes)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What an exchange yields."""

    build: Callable[[Tick], Wire]
    """Makes the wire form at sending time (DPoP proof, assertion ``iat`` and ``jti``)."""
    not_before: timedelta = timedelta(0)
    """How long to wait before sending."""
    repeatable: bool = False
    """The carrier may send it again after a lost answer (GET and the like only)."""
    purpose: str = ""
    """A word for whoever watches: ``discovery``, ``token``, ``poll``, ``jwks``, ``revocation`` ..."""


Exchange = Generator[Request, Response, T]
"""A conversation that ends in a ``T``."""


def get(url: str, *, headers: Mapping[str, str] | None = None, purpose: str = "") -> Request:
    """A repeatable GET that asks for JSON."""
    wire = Wire(method="GET", url=url, headers={"accept": "application/json", **(headers or {})})
    return Request(build=lambda tick: wire, repeatable=True, purpose=purpose)
