"""HTTP as the core wants it (T1, T7, N1, N3, N5): one answer, 15 s and 1 MiB at most, no redirects, no ``.netrc``.

Every failure is ``NetworkUnavailable`` with a sentence that names host and cause, and the fact
``sent``: False means that certainly no byte of the request left.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final
from weakref import WeakKeyDictionary

import httpx

from my_app import __version__
from my_app.adapters.http_body import Body
from my_app.adapters.tls import trusting
from my_app.errors import NetworkUnavailable, SettingsFault
from my_app.oauth.exchange import Response, Wire
from my_app.ports import Clock
from my_app.text import clean, host_of
from my_app.urls import is_loopback

WHOLE: Final = 15.0
"""Seconds a whole answer may take, name lookup included."""
CONNECT: Final = 10.0

# At DEBUG these libraries write whole header lines, Authorization included (H2).
for _chatty in ("httpx", "httpcore"):
    logging.getLogger(_chatty).setLevel(logging.WARNING)


class HttpTransport:
    """A Transport and AsyncTransport on httpx; ``environ`` gives ``MY_APP_CA_BUNDLE``, ``clock`` stamps answers.

    Clients are made when first needed and kept; connections are not: a kept connection that the
    server just closed would look like a lost answer.
    """

    def __init__(self, environ: Mapping[str, str], *, whole: float = WHOLE, clock: Clock | None = None) -> None:
        self._ca_bundle = environ.get("MY_APP_CA_BUNDLE", "")
        self._whole = whole
        self._now = clock.now if clock is not None else lambda: datetime.now(UTC)
        self._guard = threading.Lock()
        self._contexts: dict[bool, ssl.SSLContext] = {}
        self._clients: dict[tuple[bool, bool], httpx.Client] = {}
        self._aclients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[bool, bool], httpx.AsyncClient]] = (
            WeakKeyDictionary()
        )

    def send(self, wire: Wire) -> Response:
        """The answer, whatever its status. Raises NetworkUnavailable, SettingsFault for a broken proxy or CA setting."""
        client = self._client(wire)
        call = _Call(wire, self._whole, self._now)
        # A thread of its own: a name lookup cannot be interrupted, but it need not be waited for.
        threading.Thread(target=call.run, args=(client,), name="my-app-http", daemon=True).start()
        if not call.done.wait(self._whole):
            call.abandon()
            raise call.too_slow()
        return call.outcome()

    async def asend(self, wire: Wire) -> Response:
        """The asyncio twin; cancelling it closes the connection."""
        client = self._aclient(wire)
        call = _Call(wire, self._whole, self._now)
        try:
            async with asyncio.timeout(self._whole):
                return await call.arun(client)
        except TimeoutError:
            raise call.too_slow() from None

    def close(self) -> None:
        """Close what ``send`` opened."""
        with self._guard:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    async def aclose(self) -> None:
        """Close what ``asend`` opened on the running loop, and what ``send`` opened."""
        for client in self._aclients.pop(asyncio.get_running_loop(), {}).values():
            await client.aclose()
        self.close()

    def _client(self, wire: Wire) -> httpx.Client:
        kind = _kind(wire)
        with self._guard:
            if kind not in self._clients:
                context = self._context(kind[1])
                with _plain_proxy_fault():
                    self._clients[kind] = httpx.Client(verify=context, trust_env=not kind[0], limits=_NO_KEEPING)
            return self._clients[kind]

    def _aclient(self, wire: Wire) -> httpx.AsyncClient:
        kind = _kind(wire)
        clients = self._aclients.setdefault(asyncio.get_running_loop(), {})
        if kind not in clients:
            with self._guard:
                context = self._context(kind[1])
            with _plain_proxy_fault():
                clients[kind] = httpx.AsyncClient(verify=context, trust_env=not kind[0], limits=_NO_KEEPING)
        return clients[kind]

    def _context(self, tls: bool) -> ssl.SSLContext:
        """Made once; for plain http an empty one, which trusts nobody and costs nothing."""
        if tls not in self._contexts:
            self._contexts[tls] = trusting(self._ca_bundle) if tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return self._contexts[tls]


_NO_KEEPING: Final = httpx.Limits(max_keepalive_connections=0)


def _kind(wire: Wire) -> tuple[bool, bool]:
    """Loopback is reached directly, never through a proxy; plain http needs no certificates."""
    return is_loopback(wire.url), wire.url[:6].lower() == "https:"


class _plain_proxy_fault:  # noqa: N801 - used like a function
    """What httpx says of a proxy variable it cannot use, as a settings fault."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (ValueError, ImportError, httpx.InvalidURL)):
            raise SettingsFault(
                "The proxy named by HTTPS_PROXY, HTTP_PROXY or ALL_PROXY cannot be used.",
                hint="Write it as http://host:port, or unset it.",
            ) from None


class _Call:
    """One request under way: how far it came, and its outcome."""

    def __init__(self, wire: Wire, whole: float, now: Callable[[], datetime]) -> None:
        self.done = threading.Event()
        self._wire = wire
        self._whole = whole
        self._now = now
        self._host = host_of(wire.url)
        self._sent = False
        self._socket: socket.socket | None = None
        self._response: Response | None = None
        self._failure: NetworkUnavailable | None = None

    def run(self, client: httpx.Client) -> None:
        """Send and keep the outcome; runs on its own thread."""
        try:
            response = client.send(self._request(self._trace), stream=True, auth=None, follow_redirects=False)
            try:
                reader = Body(response.headers, self._host)
                for chunk in response.iter_raw():
                    reader.take(chunk)
                self._response = self._made(response.status_code, response.headers, reader)
            finally:
                response.close()
        except NetworkUnavailable as failure:
            self._failure = failure
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, RuntimeError) as error:
            self._failure = self._explained(error)
        finally:
            self.done.set()

    async def arun(self, client: httpx.AsyncClient) -> Response:
        """The asyncio twin."""
        try:
            response = await client.send(self._request(self._atrace), stream=True, auth=None, follow_redirects=False)
            try:
                reader = Body(response.headers, self._host)
                async for chunk in response.aiter_raw():
                    reader.take(chunk)
                return self._made(response.status_code, response.headers, reader)
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise self._explained(error) from None

    def outcome(self) -> Response:
        """The answer, or the failure raised anew on the caller's side."""
        if self._response is None:
            raise self._failure or self.too_slow()
        return self._response

    def abandon(self) -> None:
        """Stop waiting: the socket is shut, so the thread ends by itself."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def too_slow(self) -> NetworkUnavailable:
        """The failure of an answer that did not come in time."""
        return NetworkUnavailable(f"{self._host} did not answer within {self._whole:g} seconds.", sent=self._sent, cause="timeout")

    def _request(self, trace: Callable[..., object]) -> httpx.Request:
        """Made by hand: no cookies, no default headers, no credentials from the URL."""
        head = {"user-agent": f"my-app-accounts/{__version__}", "accept-encoding": "identity", **self._wire.headers}
        limits = httpx.Timeout(self._whole, connect=min(CONNECT, self._whole)).as_dict()
        extensions = {"timeout": limits, "trace": trace}
        return httpx.Request(self._wire.method, self._wire.url, headers=head, content=self._wire.body, extensions=extensions)

    def _made(self, status: int, headers: httpx.Headers, reader: Body) -> Response:
        return Response(
            at=self._now(),
            status=status,
            headers={name.lower(): value for name, value in headers.items()},
            body=reader.whole(),
        )

    def _trace(self, event: str, info: Mapping[str, object]) -> None:
        if event.endswith(("send_request_headers.started", "send_connection_init.started")):
            self._sent = True
        elif event == "connection.connect_tcp.complete":
            stream = info["return_value"]
            found = stream.get_extra_info("socket")  # type: ignore[attr-defined]
            if isinstance(found, socket.socket):
                self._socket = found
            peer = stream.get_extra_info("server_addr")  # type: ignore[attr-defined]
            if peer and not is_loopback(self._wire.url):
                self._check_peer(str(peer[0]))

    async def _atrace(self, event: str, info: Mapping[str, object]) -> None:
        self._trace(event, info)

    def _check_peer(self, peer: str) -> None:
        """A name that leads to a link-local address (cloud metadata services live there) is never an issuer's (D5)."""
        with suppress(ValueError):
            address = ipaddress.ip_address(peer.split("%", 1)[0])
            if address.is_link_local or address.is_multicast or address.is_unspecified:
                raise NetworkUnavailable(
                    f"{self._host} leads to a link-local address; nothing was sent.", sent=False, cause="address"
                )

    def _explained(self, error: BaseException) -> NetworkUnavailable:
        cause, sentence, hint = _cause(error, self._host)
        return NetworkUnavailable(sentence, hint=hint, sent=self._sent, cause=cause)


def _cause(error: BaseException, host: str) -> tuple[str, str, str | None]:
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    for each in chain:
        if isinstance(each, ssl.SSLCertVerificationError):
            why = clean(each.verify_message, 100)
            hint = "If a company proxy or own CA is meant to be trusted, set MY_APP_CA_BUNDLE to its certificate file."
            return "certificate", f"The TLS certificate of {host} is not trusted: {why}.", hint
    for each in chain:
        if isinstance(each, ssl.SSLError):
            return "tls", f"No TLS connection to {host} could be made.", "Check the address, and whether a proxy stands between."
        if isinstance(each, socket.gaierror):
            return "dns", f"The name {host} cannot be found.", "Check the network connection and the spelling of the address."
        if isinstance(each, ConnectionRefusedError):
            return "refused", f"{host} refused the connection.", "Check whether the server runs and the port is right."
        if isinstance(each, (httpx.TimeoutException, TimeoutError)):
            return "timeout", f"{host} did not answer in time.", None
        if isinstance(each, httpx.ProxyError):
            return "proxy", f"The proxy would not connect to {host}.", "Check HTTPS_PROXY and NO_PROXY."
    if isinstance(error, httpx.ConnectError):
        return "unreachable", f"{host} cannot be reached.", "Check the network connection."
    return "cut", f"The connection to {host} was cut before the answer was complete.", None
