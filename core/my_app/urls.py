"""URLs judged once, strictly: what this module accepts, a browser reads the same way (A6, N2, D4, D5).

Python's own splitter finds another host than browsers do in many odd URLs, so odd is refused:
ASCII only, no userinfo, no backslash, no percent sign or odd character in the host, addresses only in
their canonical form.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from my_app.errors import BadMetadata
from my_app.text import clean

MAX_URL: Final = 8192

_SHAPE: Final = re.compile(r"(https?)://([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?", re.IGNORECASE)
_ALLOWED: Final = re.compile(r"[!-~]+")
_FORBIDDEN: Final = re.compile(r"[\\\"<>^`{|}]")
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.IGNORECASE)
_AUTHORITY: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?", re.IGNORECASE)
_DEFAULT_PORT: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Url:
    """The parts of an accepted URL."""

    scheme: str
    host: str
    """Lower case; an IPv6 address without its brackets."""
    port: int
    path: str
    query: str
    """Without the question mark."""
    address: ipaddress.IPv4Address | ipaddress.IPv6Address | None
    """The host as an address literal, else None."""

    @property
    def origin(self) -> str:
        """``https://host[:port]``, the default port left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        suffix = "" if self.port == _DEFAULT_PORT[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{suffix}"

    @property
    def loopback(self) -> bool:
        """A loopback address literal; the name ``localhost`` is none (RFC 8252 8.3)."""
        if isinstance(self.address, ipaddress.IPv4Address):
            return self.address.is_loopback
        return self.address == ipaddress.IPv6Address("::1")


class UrlFault(ValueError):
    """Not an acceptable URL; the message says why in a few words."""


def parse(url: str) -> Url:
    """The parts of ``url``: https, or http to a loopback address literal. Raises UrlFault."""
    if len(url) > MAX_URL:
        raise UrlFault("it is too long")
    if not _ALLOWED.fullmatch(url):
        raise UrlFault("it holds a space, a control character or a character outside ASCII")
    if _FORBIDDEN.search(url):
        raise UrlFault("it holds a character that has no place in a URL")
    shape = _SHAPE.fullmatch(url)
    if not shape:
        raise UrlFault("it does not begin with https://")
    scheme, authority, path, query, fragment = shape.group(1).lower(), shape[2], shape[3], shape[4], shape[5]
    if "@" in authority:
        raise UrlFault("it holds a user name")
    if fragment is not None:
        raise UrlFault("it holds a fragment (#)")
    matched = _AUTHORITY.fullmatch(authority)
    if not matched:
        raise UrlFault("its host is not a plain name or address")
    host, address = _host(matched[1].lower())
    port = int(matched[2]) if matched[2] else _DEFAULT_PORT[scheme]
    if not 0 < port < 65536:
        raise UrlFault("its port is not between 1 and 65535")
    parsed = Url(scheme, host, port, path, (query or "")[1:], address)
    if scheme == "http" and not parsed.loopback:
        raise UrlFault("it is not https (plain http is only for 127.0.0.1 and [::1])")
    return parsed


def _host(host: str) -> tuple[str, ipaddress.IPv4Address | ipaddress.IPv6Address | None]:
    if host.startswith("["):
        try:
            address = ipaddress.IPv6Address(host[1:-1])
        except ValueError:
            raise UrlFault("its host is not an IPv6 address") from None
        return str(address), address
    labels = host.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise UrlFault("its host is not a plain name or address")
    last = labels[-1]
    if last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last):
        try:
            return host, ipaddress.IPv4Address(host)
        except ValueError:
            raise UrlFault("its host is not an address in plain decimal form") from None
    return host, None


def checked_url(url: object, *, what: str, loopback_ok: bool = True) -> str:
    """``url`` itself when it may be used. ``what`` names it in the sentence. Raises BadMetadata."""
    if not isinstance(url, str):
        raise BadMetadata(f"The {what} is not a URL.")
    try:
        parsed = parse(url)
    except UrlFault as fault:
        raise BadMetadata(f"The {what} “{clean(url, 80)}” cannot be used: {fault}.") from None
    if parsed.loopback and not loopback_ok:
        raise BadMetadata(f"The {what} “{clean(url, 80)}” points at this machine, which its issuer does not.")
    return url


def origin(url: str) -> str:
    """The origin of a URL that was checked. Raises UrlFault."""
    return parse(url).origin


def same_origin(one: str, other: str) -> bool:
    """Whole-origin compare (U2); False when either cannot be used."""
    try:
        return parse(one).origin == parse(other).origin
    except UrlFault:
        return False


def is_loopback(url: str) -> bool:
    """Whether the host is a loopback address literal; False when the URL cannot be used."""
    try:
        return parse(url).loopback
    except UrlFault:
        return False


def reachable_from(issuer: str, endpoint: str) -> bool:
    """Whether an issuer may name this endpoint: a private address only if the issuer lives on it (D5)."""
    there, here = parse(endpoint), parse(issuer)
    if there.address is None or there.address.is_global:
        return True
    return here.host == there.host
