"""Device authorization grant (RFC 8628): a code to show, then polling whose waits are data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from my_app.errors import BadAnswer, BadMetadata, DeviceCodeExpired, NetworkUnavailable, RateLimited, ServerBusy
from my_app.model import TokenSet
from my_app.oauth.answer import lifetime, members_of, refusal_of, tokens_of
from my_app.oauth.client_auth import Client, post
from my_app.oauth.dpop import sent
from my_app.oauth.exchange import Exchange, Tick, Wire
from my_app.oauth.metadata import ServerMetadata
from my_app.oauth.token import leading
from my_app.secret import Secret
from my_app.text import clean, host_of
from my_app.urls import checked_url

GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
DEFAULT_INTERVAL: Final = timedelta(seconds=5)
SLOW_DOWN: Final = timedelta(seconds=5)
_LONGEST_INTERVAL: Final = timedelta(minutes=5)
_DEFAULT_LIFE: Final = timedelta(minutes=10)
_LONGEST_LIFE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAuthorization:
    """What to show the person, cleaned, and what to poll with (RFC 8628 3.2)."""

    device_code: Secret
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None
    expires_at: datetime
    interval: timedelta


def start(
    metadata: ServerMetadata,
    client: Client,
    *,
    scopes: tuple[str, ...],
    resources: tuple[str, ...] = (),
    extra: Mapping[str, str] | None = None,
) -> Exchange[DeviceAuthorization]:
    """Ask for a device code (RFC 8628 3.1). Raises Unsupported, Refused, Temporary, BadAnswer."""
    url = metadata.endpoint("device_authorization")
    host = host_of(url)
    form = [("scope", " ".join(scopes))] if scopes else []
    form += [("resource", resource) for resource in resources]
    form += list((extra or {}).items())
    response = yield post(metadata, client, url, form, purpose="device")
    members = members_of(response)
    if (refusal := refusal_of(response, members, host)) is not None:
        raise refusal
    code, user_code = members.get("device_code"), members.get("user_code")
    if not isinstance(code, str) or not code or not isinstance(user_code, str) or not user_code.strip():
        raise BadAnswer(f"The answer of {host} holds no device code.")
    life = lifetime(members.get("expires_in")) or _DEFAULT_LIFE
    return DeviceAuthorization(
        device_code=Secret(code),
        user_code=clean(user_code.strip(), 40),
        verification_uri=_page(members.get("verification_uri", members.get("verification_url")), host),
        verification_uri_complete=_optional_page(
            members.get("verification_uri_complete", members.get("verification_url_complete"))
        ),
        expires_at=response.at + min(life, _LONGEST_LIFE),
        interval=_interval(members.get("interval")),
    )


def poll(
    metadata: ServerMetadata,
    client: Client,
    authorization: DeviceAuthorization,
    *,
    scopes: tuple[str, ...],
    resources: tuple[str, ...] = (),
) -> Exchange[TokenSet]:
    """Poll until the person decided; each request waits the interval of its time (RFC 8628 3.5).

    The token is for the first of ``resources`` (RFC 8707 2.2).

    ``slow_down`` adds five seconds for good (V2), a timeout doubles the gap (V3), the code's own
    expiry ends it whatever the server says (V4). Raises AccessDenied, DeviceCodeExpired, Refused, BadAnswer.
    """
    url = metadata.endpoint("token")
    host = host_of(url)
    form = [("grant_type", GRANT), ("device_code", authorization.device_code.reveal()), *leading(resources)]
    plain = post(metadata, client, url, form, purpose="poll")
    sent_at = authorization.expires_at

    def build(tick: Tick) -> Wire:
        nonlocal sent_at
        sent_at = tick.now
        return plain.build(tick)

    interval = authorization.interval
    while True:
        try:
            response = yield from sent(client.prover, replace(plain, build=build, not_before=interval))
        except NetworkUnavailable:
            _still_alive(authorization, sent_at)
            interval = min(interval * 2, _LONGEST_INTERVAL)
            continue
        error = members_of(response).get("error")
        if error == "slow_down":
            interval += SLOW_DOWN
        elif error != "authorization_pending":
            try:
                return tokens_of(response, host, asked=scopes, proved=client.prover is not None)
            except (RateLimited, ServerBusy) as busy:
                wait = busy.facts.get("retry_after")
                interval = min(max(interval + SLOW_DOWN, wait if isinstance(wait, timedelta) else interval), _LONGEST_INTERVAL)
        _still_alive(authorization, response.at)


def _still_alive(authorization: DeviceAuthorization, now: datetime) -> None:
    if now >= authorization.expires_at:
        raise DeviceCodeExpired("The device code expired before anyone approved it.", hint="Ask for a new one by signing in again.")


def _interval(value: object) -> timedelta:
    given = lifetime(value)
    return given if given is not None and given <= _LONGEST_INTERVAL else DEFAULT_INTERVAL


def _page(value: object, host: str) -> str:
    return checked_url(value, what=f"sign-in page of {host}")


def _optional_page(value: object) -> str | None:
    """The complete address when it may be shown; without it the plain one serves (V6)."""
    if value is None:
        return None
    try:
        return checked_url(value, what="sign-in page")
    except BadMetadata:
        return None
