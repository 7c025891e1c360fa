"""Answers of OAuth endpoints judged in one place: status first, JSON as a bonus (RFC 6749 5; providers do otherwise)."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from my_app.errors import (
    AccessDenied,
    BadAnswer,
    DeviceCodeExpired,
    MyAppError,
    RateLimited,
    Refused,
    ServerBusy,
    ServerRefused,
    Temporary,
    WrongCredentials,
)
from my_app.model import TokenSet
from my_app.oauth.envelope import unwrapped
from my_app.oauth.exchange import Response
from my_app.secret import Secret
from my_app.strict_json import JsonFault, parse_object
from my_app.text import clean

MAX_TOKEN: Final = 64 * 1024
"""Characters a token may have (T4)."""
MAX_WAIT: Final = timedelta(seconds=60)
_LONGEST_LIFE: Final = timedelta(days=3650)
_LONGEST_RETRY: Final = timedelta(hours=1)


def members_of(response: Response) -> dict[str, object]:
    """The members of a JSON or form-encoded answer; empty when it is neither (HTML, text, nothing)."""
    kind = response.headers.get("content-type", "").split(";", 1)[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        try:
            return parse_object(response.body)
        except JsonFault:
            pass
    body = response.body.decode("utf-8", "replace").strip()
    if not body or body[0] in "<{[" or "=" not in body or len(body) > 4 * MAX_TOKEN:
        return {}
    pairs = parse_qsl(body, keep_blank_values=True)
    names = [name for name, _ in pairs]
    return dict(pairs) if len(set(names)) == len(names) else {}


def retry_after(response: Response) -> timedelta | None:
    """How long the server asks to wait (RFC 9110 10.2.3): seconds or a date; None when it does not say or says nonsense."""
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit() and len(value) <= 9:
        return min(timedelta(seconds=int(value)), _LONGEST_RETRY)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    wait = moment - response.at
    return min(wait, _LONGEST_RETRY) if wait > timedelta(0) else timedelta(0)


def busy_of(response: Response, host: str) -> RateLimited | ServerBusy | None:
    """The temporary failure an answer stands for, if it is one: 429 or 5xx."""
    if response.status == 429:
        return RateLimited(f"{host} asks to slow down (HTTP 429).", retry_after=retry_after(response), status=429)
    if response.status >= 500:
        return ServerBusy(
            f"{host} has trouble (HTTP {response.status}).", retry_after=retry_after(response), status=response.status
        )
    return None


def refusal_of(response: Response, members: dict[str, object], host: str) -> MyAppError | None:
    """The error an answer stands for; None when it is a success (2xx without ``error``)."""
    error = members.get("error")
    code = clean(error, 60) if isinstance(error, str) and error else ""
    if not code and members.get("ok") is False:
        code = "request_refused"
    said = members.get("error_description") or members.get("message")
    because = f": {clean(said, 160).rstrip('. ')}" if isinstance(said, str) and said else ""
    if not code and (busy := busy_of(response, host)) is not None:
        return busy
    if not code and 300 <= response.status < 400:
        return BadAnswer(
            f"{host} answered with a redirect (HTTP {response.status}), which is never followed with a secret.",
            hint="Check the endpoint's URL.",
            status=response.status,
        )
    if not code:
        if 200 <= response.status < 300:
            return None
        code = f"http_{response.status}"
    return _named(code, because, response, host)


def _named(code: str, because: str, response: Response, host: str) -> Refused | Temporary:
    facts: dict[str, Any] = {"error": code, "status": response.status}
    match code:
        case "access_denied":
            return AccessDenied(f"{host} says the request was denied{because}.", hint="Sign in again and choose Allow.", **facts)
        case "expired_token":
            return DeviceCodeExpired("The device code has expired.", hint="Ask for a new one by signing in again.", **facts)
        case "invalid_client":
            return WrongCredentials(
                f"{host} does not accept this client id or secret{because}.",
                hint="Check the client id, its secret or key, and the auth method (--auth-method).",
                **facts,
            )
        case "temporarily_unavailable" | "server_error":
            return busy_of(response, host) or ServerBusy(
                f"{host} has trouble{because}.", retry_after=retry_after(response), **facts
            )
        case "use_dpop_nonce":
            return Temporary(f"{host} asks for another DPoP nonce again and again.", **facts)
        case "invalid_dpop_proof":
            return WrongCredentials(
                f"{host} does not accept the proof of possession (DPoP){because}.",
                hint="Check that the clock of this machine is right.",
                **facts,
            )
        case "redirect_uri_mismatch":
            hint = "Register the redirect URI at the provider, or set --redirect-uri and --redirect-port to a registered one."
        case "unauthorized_client" | "unsupported_grant_type":
            hint = "Allow this kind of sign-in for the client at the provider, or choose another with --flow."
        case "invalid_scope":
            hint = "Ask for other scopes with --scope."
        case "invalid_target":
            hint = "Check the resources of the profile (--resource): the provider has to know each, and some take one at a time."
        case "invalid_grant":
            hint = "Sign in again."
        case _:
            hint = "See the provider's documentation for this error."
    if "dpop" in because.lower():
        hint = "The client has to use DPoP: my-app profile set NAME dpop=true, then sign in."
    return ServerRefused(f"{host} refused the request ({code}){because}.", hint=hint, **facts)


def lifetime(value: object) -> timedelta | None:
    """``expires_in`` as a span (T3): numbers and numeric text; None for missing, negative, infinite or absurd ones."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(seconds) or not 0 < seconds <= _LONGEST_LIFE.total_seconds():
        return None
    return timedelta(seconds=int(seconds))


def scopes_of(members: dict[str, object], asked: tuple[str, ...]) -> tuple[str, ...]:
    """Granted scopes, cleaned; ``asked`` when the answer names none (RFC 6749 5.1)."""
    value = members.get("scope", members.get("scopes"))
    if isinstance(value, list):
        words = [item for item in value if isinstance(item, str)]
    elif isinstance(value, str):
        words = value.replace(",", " ").split() if " " not in value.strip() else value.split()
    else:
        return asked
    return tuple(dict.fromkeys(clean(word, 120) for word in words[:1000])) or asked


def tokens_of(response: Response, host: str, *, asked: tuple[str, ...], proved: bool = False, typeless: bool = False) -> TokenSet:
    """The tokens of a token endpoint's answer. Raises the refusal it stands for, or BadAnswer (T2, T5).

    ``proved``: a DPoP proof was sent, so the tokens may be bound to its key; a server that ignores proofs says ``Bearer``.
    ``typeless``: the issued token need not be an access token (``N_A``, RFC 8693 2.2.1).
    """
    members = members_of(response)
    if (refusal := refusal_of(response, members, host)) is not None:
        raise refusal
    if not members:
        raise BadAnswer(f"{host} answered without tokens: the answer is neither JSON nor a form.", hint="Check the token URL.")
    members = unwrapped(members)
    access = _token(members, "access_token", host)
    if access is None:
        raise BadAnswer(f"The answer of {host} holds no access token.")
    life = lifetime(members.get("expires_in"))
    return TokenSet(
        access_token=access,
        token_type=_token_type(members.get("token_type"), host, proved, typeless),
        refresh_token=_token(members, "refresh_token", host),
        id_token=_token(members, "id_token", host),
        scopes=scopes_of(members, asked),
        obtained_at=response.at,
        expires_at=_after(response.at, life),
    )


def _after(moment: datetime, life: timedelta | None) -> datetime | None:
    return None if life is None else moment + life


def _token(members: dict[str, object], name: str, host: str) -> Secret | None:
    value = members.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > MAX_TOKEN or not value.isprintable() or not value.isascii():
        raise BadAnswer(f"The {name.replace('_', ' ')} in the answer of {host} is not a token.")
    return Secret(value)


def _token_type(value: object, host: str, proved: bool, typeless: bool) -> str:
    kind = value.lower() if isinstance(value, str) else ""
    if kind == "bearer":
        return "Bearer"
    if kind == "n_a" and typeless:
        return "N_A"
    if kind == "dpop" and proved:
        return "DPoP"
    if kind == "dpop":
        raise BadAnswer(f"{host} sent a DPoP token although none was asked for.")
    shown = clean(value, 40) if isinstance(value, str) else "none"
    raise BadAnswer(f"{host} sent a token of a type this program does not know ({shown}).", received=shown)
