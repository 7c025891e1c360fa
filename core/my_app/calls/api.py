"""Use case: call a profile's API with its credential; the credential goes to bound origins only (U2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, Protocol
from urllib.parse import quote

from my_app.calls.key import header_of
from my_app.errors import BindingChanged, InsufficientScope, MyAppError, ServerRefused, SettingsFault, StepUpNeeded, UsageFault
from my_app.model import AccessToken, Kind, Profile, Record, kind_of
from my_app.oauth.answer import busy_of
from my_app.oauth.exchange import Response, Wire
from my_app.oauth.www_authenticate import step_up_of
from my_app.ports import CredentialStore, Transport
from my_app.strict_json import JsonFault, parse
from my_app.text import clean, host_of
from my_app.urls import checked_url, origin

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Profiles(Protocol):
    """Where profiles come from; ``Accounts`` is one."""

    def profile(self, name: str) -> Profile:
        """The profile with its preset laid under it. Raises UnknownProfile."""


class Tokens(Protocol):
    """Where valid tokens come from; ``Sessions`` is one."""

    def token(self, profile: str, *, force: bool = False) -> AccessToken:
        """A token that is valid now."""

    def proof(self, token: AccessToken, method: str, url: str) -> dict[str, str]:
        """The header that proves the key of a bound token."""

    def proof_again(self, token: AccessToken, url: str, status: int, headers: Mapping[str, str]) -> bool:
        """Whether the API only asked for its nonce."""


class ApiCalls:
    """Calls the API of stored and given credentials. Sync; one renewal and one retry after a 401."""

    def __init__(self, *, accounts: Profiles, sessions: Tokens, store: CredentialStore, transport: Transport) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._store = store
        self._transport = transport

    def call(self, name: str, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Response:
        """The 2xx or 3xx answer to ``method path``; ``path`` begins with a slash, or is a URL on a bound origin.

        Raises SettingsFault, BindingChanged, LoginNeeded, Temporary; ServerRefused (``status``) and InsufficientScope for
        what the API refuses.
        """
        profile = self._accounts.profile(name)
        url = url_of(profile, path)
        token = self._sessions.token(name)
        record = self._store.load(name)
        _bound(profile, record, url)
        response = self._send(profile, token, method, url, headers or {}, body)
        if (wanted := step_up_needed(response.status, response.headers.get("www-authenticate", ""), name, url)) is not None:
            raise wanted
        if response.status == 401 and record is not None and record.refreshable:
            # The API may know of a revocation that the expiry does not tell.
            token = self._sessions.token(name, force=True)
            response = self._send(profile, token, method, url, headers or {}, body)
        fault = fault_of(response, profile, url)
        if fault is not None:
            raise fault
        return response

    def _send(
        self, profile: Profile, token: AccessToken, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Response:
        sent = {"accept": "application/json", **headers, **credential_header(profile, token)}
        if token.token_type != "DPoP":
            return self._transport.send(Wire(method=method, url=url, headers=sent, body=body))

        def proved() -> Response:
            head = {**sent, **self._sessions.proof(token, method, url)}
            return self._transport.send(Wire(method=method, url=url, headers=head, body=body))

        response = proved()
        return proved() if self._sessions.proof_again(token, url, response.status, response.headers) else response


def step_up_needed(status: int, challenge: str, profile: str, url: str) -> StepUpNeeded | None:
    """What a 401 for a stronger or newer sign-in stands for (RFC 9470 3); None for any other answer."""
    wanted = step_up_of(challenge) if status == 401 else None
    if wanted is None:
        return None
    how = [f'--acr "{" ".join(wanted.acr_values)}"'] if wanted.acr_values else []
    how += [f"--max-age {int(wanted.max_age.total_seconds())}s"] if wanted.max_age is not None else []
    name = clean(profile, 64)
    return StepUpNeeded(
        f"{host_of(url)} wants a stronger or more recent sign-in for this.",
        hint=f"Sign in for it: {' '.join(part for part in ('my-app login', name, *how) if part)}",
        acr_values=wanted.acr_values,
        max_age=wanted.max_age,
    )


def credential_header(profile: Profile, token: AccessToken) -> dict[str, str]:
    """The one header that carries ``token`` (RFC 6750 2.1). Raises SettingsFault."""
    if profile.header is None and profile.prefix is None and token.token_type != "Bearer":
        return {"authorization": f"{token.token_type} {token.value.reveal()}"}
    return header_of(profile, token.value)


def header_line(profile: Profile, token: AccessToken) -> str:
    """The same as a line to type, ``Authorization: Bearer ...``. Raises SettingsFault."""
    [value] = credential_header(profile, token).values()
    return f"{profile.header or 'Authorization'}: {value}"


def url_of(profile: Profile, path: str) -> str:
    """The checked URL of ``path``. Raises SettingsFault without an API URL, BadMetadata for what is no URL."""
    if path.startswith(("https://", "http://")):
        return checked_url(path, what="API URL")
    if not path.startswith("/") or path.startswith("//"):
        raise UsageFault("The path does not begin with one slash.", hint="For example: /vms")
    if profile.api_url is None:
        where = "MY_APP_API_URL" if profile.name == "environment" else f"my-app profile set {profile.name} api_url=URL"
        raise SettingsFault(f"“{clean(profile.name, 64)}” has no API URL.", hint=f"Set one with: {where}")
    return checked_url(profile.api_url.rstrip("/") + quote(path, safe="/?&=%:@!$'()*+,;~-._"), what="API URL")


def _bound(profile: Profile, record: Record | None, url: str) -> None:
    bound = record.binding.api_origins if record else ()
    if origin(url) not in bound:
        name = clean(profile.name, 64)
        raise BindingChanged(
            f"The credential of “{name}” was not stored for {host_of(url)}. Nothing was sent.",
            hint=f"If that is its API: my-app profile set {name} api_url=URL, then my-app profile trust {name}",
            expected=bound,
            received=origin(url),
        )


def fault_of(response: Response, profile: Profile, url: str) -> MyAppError | None:
    """What an API's refusal stands for; None for 2xx and 3xx."""
    host = host_of(url)
    busy = busy_of(response, host)
    if busy is not None or response.status < 400:
        return busy
    said = description_of(response)
    more = f": {said}" if said else ""
    name = clean(profile.name, 64)
    if response.status == 403 and "insufficient_scope" in response.headers.get("www-authenticate", ""):
        return InsufficientScope(
            f"{host} refuses it, because the token lacks a scope{more}", hint=f"Sign in for more: my-app login {name} --scope SCOPE"
        )
    hint = ""
    if response.status == 401:
        keyed = kind_of(profile.flow) in (Kind.API_KEY, Kind.TOKEN)
        hint = f"Store the right key: my-app profile add {name} --api-key-stdin" if keyed else f"Sign in again: my-app login {name}"
    return ServerRefused(
        f"{host} answered HTTP {response.status}{more}", hint=hint, status=response.status, error=f"http_{response.status}"
    )


def description_of(response: Response) -> str:
    """The one sentence of an error answer, cleaned; empty when there is none."""
    members = json_of(response)
    if isinstance(members, dict):
        for key in ("error_description", "message", "detail", "title", "error"):
            if isinstance(members.get(key), str):
                return clean(members[key], 200)
    return ""


def json_of(response: Response) -> object:
    """The body as JSON, else as text; None when it is empty."""
    if not response.body:
        return None
    try:
        return parse(response.body, depth=64)
    except JsonFault:
        return response.body.decode("utf-8", "replace")


def json_body(value: object) -> tuple[dict[str, str], bytes]:
    """Header and bytes of a JSON request body."""
    return {"content-type": "application/json"}, json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
