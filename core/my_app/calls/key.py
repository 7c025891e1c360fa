"""API keys on the wire: the header they go into, and the call that proves one works."""

from __future__ import annotations

import re
from typing import Final

from my_app.errors import BindingChanged, ServerRefused, SettingsFault, Unsupported, WrongCredentials
from my_app.model import Profile, Record
from my_app.oauth.answer import busy_of
from my_app.oauth.exchange import Exchange, Request, Response, Wire
from my_app.secret import Secret
from my_app.text import host_of
from my_app.urls import checked_url, origin

_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_VALUE: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


def header_of(profile: Profile, key: Secret) -> dict[str, str]:
    """The one header that carries the key (U1, N4). Raises SettingsFault for a header or key that cannot be sent."""
    name = profile.header or "Authorization"
    prefix = profile.prefix if profile.prefix is not None else ("Bearer" if name.lower() == "authorization" else "")
    value = f"{prefix} {key.reveal()}" if prefix else key.reveal()
    if not _HEADER.fullmatch(name) or not _VALUE.fullmatch(value):
        raise SettingsFault(
            f"The API key of “{profile.name}” cannot be sent: its header, prefix or value holds characters HTTP does not take.",
            hint=f"Store the key again, and check header and prefix with: my-app profile show {profile.name}",
        )
    return {name.lower(): value}


def check_url_of(profile: Profile, record: Record) -> str:
    """The checked URL that proves the key. Raises Unsupported without one, BindingChanged for a foreign origin."""
    if profile.check_url is None:
        raise Unsupported(
            f"“{profile.name}” has no URL to check its key with.",
            hint=f"Set one with: my-app profile set {profile.name} check_url=URL",
        )
    url = checked_url(profile.check_url, what="check URL")
    require_origin(profile, record, url)
    return url


def require_origin(profile: Profile, record: Record, url: str) -> None:
    """The key goes only to origins it was stored for (U2). Raises BindingChanged; nothing was sent."""
    bound = record.binding.api_origins
    if origin(url) not in bound:
        stored = host_of(bound[0]) if bound else "no address at all"
        raise BindingChanged(
            f"The key of “{profile.name}” was stored for {stored}, not for {host_of(url)}. Nothing was sent.",
            hint=f"If you changed it on purpose: my-app profile trust {profile.name}",
            expected=stored,
            received=host_of(url),
        )


def prove(profile: Profile, key: Secret, url: str) -> Exchange[str]:
    """GET ``url`` with the key; a word of success. Raises WrongCredentials, RateLimited, ServerBusy, ServerRefused."""
    response = yield keyed("GET", url, profile, key, purpose="key check")
    judged(response, url)
    return f"{host_of(url)} accepts the key"


def keyed(method: str, url: str, profile: Profile, key: Secret, *, purpose: str, body: bytes = b"") -> Request:
    """A request that carries the key."""
    head = {"accept": "application/json", **header_of(profile, key)}
    if body:
        head["content-type"] = "application/json"
    wire = Wire(method=method, url=url, headers=head, body=body)
    return Request(build=lambda tick: wire, repeatable=method == "GET", purpose=purpose)


def judged(response: Response, url: str) -> None:
    """Raise what the status of an API's answer stands for; 2xx passes."""
    host = host_of(url)
    if (busy := busy_of(response, host)) is not None:
        raise busy
    if response.status in (401, 403):
        raise WrongCredentials(
            f"{host} does not accept the key (HTTP {response.status}).",
            hint="Store the right one with: my-app profile add NAME --api-key-stdin",
            status=response.status,
        )
    if not 200 <= response.status < 300:
        raise ServerRefused(
            f"{host} answered HTTP {response.status}.",
            hint="Check the URL.",
            status=response.status,
            error=f"http_{response.status}",
        )
