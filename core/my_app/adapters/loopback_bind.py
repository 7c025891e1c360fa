"""Where a redirect listener stands: literal loopback addresses, both families when both are there (L1 to L3)."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from typing import Final

from my_app.errors import PortInUse, Unsupported
from my_app.text import clean
from my_app.urls import UrlFault, parse

_TRIES: Final = 8
_ABSENT: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is wanted of a listener."""

    host: str | None
    """Host as the redirect URI spells it; None: 127.0.0.1, or [::1] where there is no IPv4."""
    ports: tuple[int, ...]
    """Ports to try in order; empty: the kernel chooses."""
    path: str
    """As the redirect URI spells it; empty stands for ``/``."""


def placed(redirect_uri: str | None, ports: tuple[int, ...], path: str) -> Place:
    """What ``redirect_uri`` fixes, and the rest. Raises Unsupported when no listener can stand there.

    ``localhost`` is only used where a profile says so, because some providers register nothing else.
    """
    if redirect_uri is None:
        return Place(host=None, ports=ports, path=path)
    scheme, _, rest = redirect_uri.partition("://")
    authority = rest.split("/", 1)[0].split("?", 1)[0]
    name = authority.partition(":")[0]
    localhost = name.lower() == "localhost"
    try:
        parts = parse(f"{scheme}://127.0.0.1{authority[len(name) :]}{rest[len(authority) :]}" if localhost else redirect_uri)
    except UrlFault:
        parts = None
    if parts is None or not parts.loopback or parts.scheme != "http" or parts.query:
        raise Unsupported(
            f"No listener can wait at the redirect URI “{clean(redirect_uri, 80)}”.",
            hint="Paste the address the browser ends on, or set redirect_uri to http://127.0.0.1/PATH.",
        )
    host = "localhost" if localhost else f"[{parts.host}]" if ":" in parts.host else parts.host
    fixed = authority.rsplit("]", 1)[-1].rpartition(":")[2].isdigit()
    return Place(host=host, ports=(parts.port,) if fixed else ports, path=parts.path)


def bound(place: Place) -> tuple[tuple[socket.socket, ...], str]:
    """Listening sockets and the authority for the redirect URI. Raises PortInUse naming the ports.

    Neither SO_REUSEADDR nor SO_REUSEPORT is set: nobody else may share the port (L2).
    """
    for port in place.ports or (0,) * _TRIES:
        try:
            return _pair(place.host, port)
        except OSError as problem:
            if problem.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise PortInUse("No loopback address is available on this machine.", hint="Sign in with: --flow device") from None
    ports = ", ".join(map(str, place.ports)) or "any"
    raise PortInUse(
        f"Port {ports} on 127.0.0.1 is in use by another program."
        if len(place.ports) < 2
        else f"The ports {ports} are all in use.",
        hint="Close the other program, register another port (--redirect-port), or sign in with: --flow device",
        ports=place.ports,
    )


def _pair(host: str | None, port: int) -> tuple[tuple[socket.socket, ...], str]:
    """The named address, and the same port of the other family, so that no stranger can stand there unnoticed (L3)."""
    if host == "[::1]":
        first = _listening(socket.AF_INET6, "::1", port)
        return _with_other(first, socket.AF_INET, "127.0.0.1", f"[::1]:{first.getsockname()[1]}")
    try:
        first = _listening(socket.AF_INET, host if host and host != "localhost" else "127.0.0.1", port)
    except OSError as problem:
        if problem.errno not in _ABSENT or host not in (None, "localhost"):
            raise
        alone = _listening(socket.AF_INET6, "::1", port)
        return (alone,), f"{host or '[::1]'}:{alone.getsockname()[1]}"
    return _with_other(first, socket.AF_INET6, "::1", f"{host or '127.0.0.1'}:{first.getsockname()[1]}")


def _with_other(first: socket.socket, family: int, address: str, authority: str) -> tuple[tuple[socket.socket, ...], str]:
    try:
        return (first, _listening(family, address, first.getsockname()[1])), authority
    except OSError as problem:
        if problem.errno in _ABSENT:
            return (first,), authority
        first.close()
        raise


def _listening(family: int, address: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        listener.bind((address, port))
        listener.listen(512)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
