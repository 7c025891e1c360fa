"""Direct sign-in in Okta's dialect: direct authentication grants (Okta guides "Configure direct auth grants", August 2026)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from my_app.errors import BadAnswer
from my_app.model import Answers, Challenge, Prompt, PromptKind
from my_app.oauth import direct_parts as parts
from my_app.oauth.answer import refusal_of
from my_app.oauth.client_auth import Client
from my_app.oauth.direct_parts import Outcome, Push
from my_app.oauth.exchange import Exchange
from my_app.oauth.metadata import ServerMetadata
from my_app.secret import Secret
from my_app.text import clean, host_of

OTP: Final = "urn:okta:params:oauth:grant-type:otp"
OOB: Final = "urn:okta:params:oauth:grant-type:oob"
MFA_OTP: Final = "http://auth0.com/oauth/grant-type/mfa-otp"
MFA_OOB: Final = "http://auth0.com/oauth/grant-type/mfa-oob"

_WAYS: Final = {
    "Code from an app": "otp",
    "Approve on your phone": "push",
    "Text message": "sms",
    "Phone call": "voice",
}


def first(
    metadata: ServerMetadata, client: Client, *, scopes: tuple[str, ...], entropy: bytes, audience: str | None = None
) -> Exchange[Outcome]:
    """The first questions; nothing is sent before they are answered. ``entropy`` and ``audience`` are not used here."""
    yield from ()
    return parts.opening(metadata, {"step": "password"})


def answer(
    metadata: ServerMetadata, client: Client, challenge: Challenge, answers: Answers, *, scopes: tuple[str, ...]
) -> Exchange[Outcome]:
    """Send the person's answers once; a push is polled for. An empty password asks for approval on the phone alone.

    Raises Refused, Temporary, BadAnswer, LoginTimeout.
    """
    url = metadata.endpoint("token")
    scope = [("scope", " ".join(scopes or ("openid",)))]
    match challenge.continuation.get("step"):
        case "password":
            name, password = parts.given(answers, PromptKind.USERNAME), parts.given(answers, PromptKind.PASSWORD)
            if not password:
                return (yield from _phone_only(metadata, client, name, scope))
            form = [("grant_type", "password"), ("username", name), ("password", password), *scope]
        case "choice":
            return (yield from _chosen(metadata, client, challenge, answers, scope))
        case "push":
            push = challenge.continuation.get("push")
            if not isinstance(push, Push):
                raise BadAnswer("The sign-in is not under way.", hint="Start it again.")
            return (yield from parts.polled(metadata, client, push, scopes=scopes))
        case "code":
            form = [*_oob(challenge.continuation), ("binding_code", parts.given(answers, PromptKind.CODE)), *scope]
        case _:
            code, token = parts.given(answers, PromptKind.OTP), parts.held(challenge, "mfa_token")
            form = [("grant_type", MFA_OTP), ("mfa_token", token.reveal()), ("otp", code), *scope]
    response, members = yield from parts.once(metadata, client, url, form, purpose="token")
    host = host_of(url)
    match members.get("error"):
        case "mfa_required":
            return _ways(members, host)
        case "invalid_grant" | "invalid_otp":
            return parts.again(challenge, members, host)
        case _:
            return parts.granted(client, response, members, url, scopes)


def _ways(members: Mapping[str, object], host: str) -> Challenge:
    thread = {"step": "choice", "mfa_token": parts.wanted(members, "mfa_token", host)}
    said = members.get("supported_challenge_types")
    listed = said.split() if isinstance(said, str) else [MFA_OTP, MFA_OOB]
    labels = tuple(label for label, way in _WAYS.items() if (MFA_OTP if way == "otp" else MFA_OOB) in listed)
    if not labels:
        raise BadAnswer(f"{host} asks for a second step this program does not know.", hint="Use the browser: --flow browser")
    return parts.choice(host, thread, labels) if len(labels) > 1 else _app_code(thread, host)


def _app_code(thread: Mapping[str, object], host: str) -> Challenge:
    prompt = Prompt(kind=PromptKind.OTP, label="Code from your app", secret=True)
    return Challenge(prompts=(prompt,), host=host, continuation={**thread, "step": "otp"})


def _chosen(
    metadata: ServerMetadata, client: Client, challenge: Challenge, answers: Answers, scope: list[tuple[str, str]]
) -> Exchange[Outcome]:
    token = metadata.endpoint("token")
    label = parts.given(answers, PromptKind.CHOICE)
    if label not in challenge.prompts[0].choices:
        return parts.again(challenge, {"error_description": "Choose one of the listed ways."}, host_of(token))
    way = _WAYS[label]
    if way == "otp":
        return _app_code(challenge.continuation, host_of(token))
    form = [
        ("mfa_token", parts.held(challenge, "mfa_token").reveal()),
        ("challenge_types_supported", MFA_OOB),
        ("channel_hint", way),
    ]
    return (yield from _asked(metadata, client, parts.beside(token, "/token", "/challenge"), form, challenge.continuation, scope))


def _phone_only(metadata: ServerMetadata, client: Client, name: str, scope: list[tuple[str, str]]) -> Exchange[Outcome]:
    url = parts.beside(metadata.endpoint("token"), "/token", "/primary-authenticate")
    form = [("login_hint", name), ("channel_hint", "push"), ("challenge_hint", OOB)]
    return (yield from _asked(metadata, client, url, form, {}, scope))


def _asked(
    metadata: ServerMetadata,
    client: Client,
    url: str,
    form: list[tuple[str, str]],
    thread: Mapping[str, object],
    scope: list[tuple[str, str]],
) -> Exchange[Outcome]:
    response, members = yield from parts.once(metadata, client, url, form)
    host = host_of(url)
    if (refusal := refusal_of(response, members, host)) is not None:
        raise refusal
    thread = {**thread, "oob_code": parts.wanted(members, "oob_code", host), "tries": 0}
    push = parts.waiting(members, response.at, [*_oob(thread), *scope])
    label = "Approve on your phone"
    match members.get("binding_method"):
        case "prompt":
            prompt = Prompt(kind=PromptKind.CODE, label="Code that was sent to you", secret=True)
            return Challenge(prompts=(prompt,), host=host, continuation={**thread, "step": "code"}, expires_at=push.expires_at)
        case "transfer":
            number = members.get("binding_code")
            if not isinstance(number, str) or not number.strip():
                raise BadAnswer(f"{host} asks to pick a number on the phone and does not say which.")
            label = f"Choose {clean(number, 12)} on your phone"
        case _:
            pass
    prompt = Prompt(kind=PromptKind.PUSH, label=label)
    return Challenge(
        prompts=(prompt,), host=host, continuation={**thread, "step": "push", "push": push}, expires_at=push.expires_at
    )


def _oob(thread: Mapping[str, object]) -> list[tuple[str, str]]:
    code, token = thread.get("oob_code"), thread.get("mfa_token")
    form = [("grant_type", MFA_OOB if isinstance(token, Secret) else OOB)]
    if isinstance(token, Secret):
        form.append(("mfa_token", token.reveal()))
    if isinstance(code, Secret):
        form.append(("oob_code", code.reveal()))
    return form
