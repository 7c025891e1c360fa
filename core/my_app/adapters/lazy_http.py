"""The HTTP transport for wiring: it loads the HTTP library at the first request, so a command that sends nothing never does."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from my_app.oauth.exchange import Response, Wire
from my_app.ports import Clock

if TYPE_CHECKING:
    from my_app.adapters.http import HttpTransport


class LazyHttpTransport:
    """An ``adapters.http.HttpTransport`` that is made when first needed; the same ports."""

    def __init__(self, environ: Mapping[str, str], *, clock: Clock | None = None) -> None:
        self._environ = environ
        self._clock = clock
        self._guard = threading.Lock()
        self._made: HttpTransport | None = None

    def send(self, wire: Wire) -> Response:
        """The answer, whatever its status. Raises NetworkUnavailable, SettingsFault."""
        return self._real().send(wire)

    async def asend(self, wire: Wire) -> Response:
        """The asyncio twin."""
        return await self._real().asend(wire)

    def close(self) -> None:
        """Close what was opened, if anything was."""
        if self._made is not None:
            self._made.close()

    async def aclose(self) -> None:
        """Close what was opened on the running loop, if anything was."""
        if self._made is not None:
            await self._made.aclose()

    def _real(self) -> HttpTransport:
        with self._guard:
            if self._made is None:
                from my_app.adapters.http import HttpTransport

                self._made = HttpTransport(self._environ, clock=self._clock)
            return self._made
