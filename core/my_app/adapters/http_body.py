"""A response body, collected within its limit (D3, T7)."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Final

from my_app.errors import NetworkUnavailable

LARGEST: Final = 1 << 20
"""Bytes an answer may have, before and after decompression."""


class Body:
    """Collects a body, at most LARGEST bytes before and after decompression (D3, T7)."""

    def __init__(self, headers: Mapping[str, str], host: str) -> None:
        self._host = host
        self._parts: list[bytes] = []
        self._raw = 0
        self._size = 0
        coding = headers.get("content-encoding", "identity").strip().lower()
        self._unzip = None if coding in ("identity", "") else zlib.decompressobj(zlib.MAX_WBITS | 32)
        if coding not in ("identity", "", "gzip", "x-gzip", "deflate"):
            raise self._failure("is packed in a way nobody asked for")

    def take(self, chunk: bytes) -> None:
        """Add one piece. Raises NetworkUnavailable when it grows too large."""
        self._raw += len(chunk)
        if self._unzip is not None:
            try:
                chunk = self._unzip.decompress(chunk, LARGEST + 1)
            except zlib.error:
                raise self._failure("cannot be unpacked") from None
        self._size += len(chunk)
        if max(self._size, self._raw) > LARGEST:
            raise self._failure("is larger than 1 MiB")
        self._parts.append(chunk)

    def whole(self) -> bytes:
        """The body. Raises NetworkUnavailable when the packing ended early."""
        if self._unzip is not None and self._raw and not self._unzip.eof:
            raise self._failure("was cut")
        return b"".join(self._parts)

    def _failure(self, what: str) -> NetworkUnavailable:
        return NetworkUnavailable(f"The answer of {self._host} {what}.", sent=True, cause="answer")
