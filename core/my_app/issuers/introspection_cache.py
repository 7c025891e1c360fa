"""Opaque tokens asked about at their issuer, answers kept for a short while (RFC 7662).

**Revocation latency**: an answer is reused for ``keep`` at most, so a token that was revoked is accepted
that much longer. ``keep=timedelta(0)`` asks every time.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

DEFAULT_KEEP: Final = timedelta(seconds=30)
MOST_ANSWERS: Final = 4096
"""Answers kept; the one unused for longest goes first."""


class AnswerCache:
    """Introspection answers by the hash of their token; bounded, thread safe, holds no token."""

    def __init__(self, keep: timedelta = DEFAULT_KEEP, most: int = MOST_ANSWERS) -> None:
        self._keep = keep
        self._most = most
        self._answers: OrderedDict[bytes, tuple[datetime, Mapping[str, object]]] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, token: str, now: datetime) -> Mapping[str, object] | None:
        """The answer of at most ``keep`` ago."""
        name = _name(token)
        with self._guard:
            found = self._answers.get(name)
            if found is None:
                return None
            at, answer = found
            if not timedelta(0) <= now - at < self._keep:
                del self._answers[name]
                return None
            self._answers.move_to_end(name)
            return answer

    def put(self, token: str, answer: Mapping[str, object], now: datetime) -> None:
        """Remember an answer given at ``now``."""
        if self._keep <= timedelta(0):
            return
        with self._guard:
            self._answers[_name(token)] = (now, answer)
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)

    def __len__(self) -> int:
        return len(self._answers)


def _name(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
