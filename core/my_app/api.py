"""StorageClient: files in buckets, with a token in hand.

::

    StorageClient(token=access_token).upload_file("data.csv", "my-bucket/data.csv")
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from my_app.errors import SettingsFault, UsageFault
from my_app.integrations.httpx_answers import checked, items, sent
from my_app.secret import Secret
from my_app.text import clean
from my_app.urls import checked_url, is_loopback

if TYPE_CHECKING:
    import httpx


class StorageClient:
    """The storage API at ``base_url``, else ``MY_APP_API_URL``. Close it when done, or use it in ``with``."""

    def __init__(
        self,
        *,
        token: str | Secret,
        base_url: str | None = None,
        client: httpx.Client | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """Raises SettingsFault without an address, UsageFault for a token that is no token. ``client``: one of your own."""
        environ = os.environ if environ is None else environ
        base = base_url or environ.get("MY_APP_API_URL")
        if not base:
            raise SettingsFault(
                "The storage API's address is not known.", hint="Give base_url=, or set MY_APP_API_URL.", key="MY_APP_API_URL"
            )
        self._base = checked_url(base, what="API URL").rstrip("/")
        self._token = token if isinstance(token, Secret) else Secret(token)
        text = self._token.reveal()
        if not text or not text.isascii() or not text.isprintable() or " " in text:
            raise UsageFault("The token is empty or holds a character no token has.", hint="Get one with: my-app token")
        self._environ = dict(environ)
        self._client = client

    def upload_file(self, path: str | os.PathLike[str], destination: str) -> None:
        """Store the file's bytes as ``bucket/key``, replacing what is there; the file is not read into memory.

        Raises OSError when the file cannot be read; UsageFault, Refused, Temporary.
        """
        with Path(path).open("rb") as file:
            self._send("PUT", _place(destination), content=file, headers={"content-type": "application/octet-stream"})

    def download(self, source: str) -> bytes:
        """The bytes of ``bucket/key``. Raises UsageFault, Refused, Temporary."""
        return self._send("GET", _place(source)).content

    def list(self, bucket: str) -> list[object]:
        """What ``bucket`` holds. Raises UsageFault, Refused, Temporary, BadAnswer."""
        return items(self._send("GET", _bucket(bucket)))

    def delete(self, place: str) -> None:
        """Delete ``bucket/key``. Raises UsageFault, Refused, Temporary."""
        self._send("DELETE", _place(place))

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()

    def __enter__(self) -> StorageClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, content: BinaryIO | None = None
    ) -> httpx.Response:
        import httpx

        if self._client is None:
            from my_app.wiring import trust

            self._client = httpx.Client(verify=trust(self._environ), trust_env=not is_loopback(self._base))
        signed = {"authorization": f"Bearer {self._token.reveal()}", **(headers or {})}
        return checked(sent(self._client, method, f"{self._base}{path}", headers=signed, content=content))


def _place(text: str) -> str:
    from urllib.parse import quote

    bucket, slash, key = text.partition("/")
    if not slash or not key:
        raise UsageFault(f"“{clean(text, 80)}” is not BUCKET/KEY.", hint='Write it like "my-bucket/data.csv".')
    if any(part in ("", ".", "..") for part in key.split("/")):
        raise UsageFault(f"“{clean(text, 80)}” holds an empty part, “.” or “..”.", hint='Write it like "my-bucket/data.csv".')
    return f"{_bucket(bucket)}/{quote(key)}"


def _bucket(bucket: str) -> str:
    from urllib.parse import quote

    if bucket in ("", ".", "..") or "/" in bucket:
        raise UsageFault(f"“{clean(bucket, 80)}” is not a bucket.", hint="Name the bucket alone.")
    return f"/storage/{quote(bucket, safe='')}"
