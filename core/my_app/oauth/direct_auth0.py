"""Direct sign-in in Auth0's dialect: the password grant and the MFA grants (Auth0 documentation "MFA API", August 2026)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from my_app.errors import BadAnswer
from my_app.model import Answers, Challenge, Prompt, PromptKind
from my_app.oauth import direct_parts as parts
from my_app.oauth.answer import refusal_of
from my_app.oauth.client_auth import Client
from my_app.oauth.direct_parts import Outcome, Push
from my_app.oauth.exchange import Exchange, Request, Wire
from my_app.oauth.metadata import ServerMetadata
from my_app.secret import Secret
from my_app.text import clean, host_of

OTP: Final = "http://auth0.com/oauth/grant-type/mfa-otp"
OOB: Final = "http://auth0.com/oauth/grant-type/mfa-oob"
RECOVERY: Final = "http://auth0.com/oauth/grant-type/mfa-recovery-code"

_WAYS: Final = {"Code from an app": "otp", "Approve on your phone or type a sent code": "oob", "Recovery code": "recovery"}


def first(
    metadata: ServerMetadata, client: Client, *, scopes: tuple[str, ...], entropy: bytes, audience: str | None = None
) -> Exchange[Outcome]:
    """The first questions; nothing is sent before they are answered. ``entropy`` is not used here."""
    yield from ()
    return parts.opening(metadata, {"step": "password", "audience": audience})


def answer(
    metadata: ServerMetadata, client: Client, challenge: Challenge, answers: Answers, *, scopes: tuple[str, ...]
) -> Exchange[Outcome]:
    """Send the person's answers once; a push is polled for. A scope is always sent: without one some servers grant all.

    Raises Refused, Temporary, BadAnswer, LoginTimeout.
    """
    url = metadata.endpoint("token")
    host = host_of(url)
    thread = challenge.continuation
    match thread.get("step"):
        case "password":
            form = [
                ("grant_type", "password"),
                ("username", parts.given(answers, PromptKind.USERNAME)),
                ("password", parts.given(answers, PromptKind.PASSWORD)),
                ("scope", " ".join(scopes or ("openid",))),
            ]
            if isinstance(audience := thread.get("audience"), str):
                form.append(("audience", audience))
        case "choice":
            return (yield from _chosen(metadata, client, challenge, answers))
        case "push":
            push = thread.get("push")
            if not isinstance(push, Push):
                raise BadAnswer("The sign-in is not under way.", hint="Start it again.")
            return (yield from parts.polled(metadata, client, push, scopes=scopes))
        case "code":
            form = [*_oob(challenge), ("binding_code", parts.given(answers, PromptKind.CODE))]
        case "recovery":
            form = [*_mfa(challenge, RECOVERY), ("recovery_code", parts.given(answers, PromptKind.RECOVERY))]
        case _:
            form = [*_mfa(challenge, OTP), ("otp", parts.given(answers, PromptKind.OTP))]
    response, members = yield from parts.once(metadata, client, url, form, purpose="token")
    match members.get("error"):
        case "mfa_required":
            held = {"step": "choice", "mfa_token": parts.wanted(members, "mfa_token", host)}
            return parts.choice(host, held, tuple(_WAYS))
        case "invalid_grant" | "invalid_user_password" if "mfa_token" not in str(members.get("error_description")):
            return parts.again(challenge, members, host)
        case _:
            return parts.granted(client, response, members, url, scopes)


def _chosen(metadata: ServerMetadata, client: Client, challenge: Challenge, answers: Answers) -> Exchange[Outcome]:
    token = metadata.endpoint("token")
    host, thread = host_of(token), {**challenge.continuation, "tries": 0}
    label = parts.given(answers, PromptKind.CHOICE)
    if label not in challenge.prompts[0].choices:
        return parts.again(challenge, {"error_description": "Choose one of the listed ways."}, host)
    match _WAYS[label]:
        case "otp":
            return _question(PromptKind.OTP, "Code from your app", host, {**thread, "step": "otp"})
        case "recovery":
            return _question(PromptKind.RECOVERY, "Recovery code", host, {**thread, "step": "recovery"})
        case _:
            return (yield from _out_of_band(metadata, client, thread, token))


def _question(kind: PromptKind, label: str, host: str, thread: Mapping[str, object]) -> Challenge:
    return Challenge(prompts=(Prompt(kind=kind, label=label, secret=True),), host=host, continuation=thread)


def _out_of_band(metadata: ServerMetadata, client: Client, thread: Mapping[str, object], token: str) -> Exchange[Outcome]:
    """The challenge call: JSON, the server picks the phone, mailbox or app by its own rules."""
    url, host = parts.beside(token, "/oauth/token", "/mfa/challenge"), host_of(token)
    mfa = thread.get("mfa_token")
    asked = {
        "client_id": client.client_id,
        "challenge_type": "oob otp",
        "mfa_token": mfa.reveal() if isinstance(mfa, Secret) else "",
    }
    if client.client_secret is not None:
        asked["client_secret"] = client.client_secret.reveal()
    head = {"accept": "application/json", "content-type": "application/json"}
    wire = Wire(method="POST", url=url, headers=head, body=json.dumps(asked).encode())
    response = yield Request(build=lambda tick: wire, purpose="challenge")
    members = parts.spelt(response)
    if (refusal := refusal_of(response, members, host)) is not None:
        raise refusal
    if members.get("challenge_type") == "otp":
        return _question(PromptKind.OTP, "Code from your app", host, {**thread, "step": "otp"})
    thread = {**thread, "oob_code": parts.wanted(members, "oob_code", host)}
    if members.get("binding_method") == "prompt":
        return _question(PromptKind.CODE, "Code that was sent to you", host, {**thread, "step": "code"})
    label = "Approve on your phone"
    if members.get("binding_method") == "transfer" and isinstance(number := members.get("binding_code"), str):
        label = f"Choose {clean(number, 12)} on your phone"
    prompt = Prompt(kind=PromptKind.PUSH, label=label)
    waits = Challenge(prompts=(prompt,), host=host, continuation={**thread, "step": "push"})
    push = parts.waiting(members, response.at, _oob(waits))
    return Challenge(prompts=(prompt,), host=host, continuation={**waits.continuation, "push": push}, expires_at=push.expires_at)


def _mfa(challenge: Challenge, grant: str) -> list[tuple[str, str]]:
    return [("grant_type", grant), ("mfa_token", parts.held(challenge, "mfa_token").reveal())]


def _oob(challenge: Challenge) -> list[tuple[str, str]]:
    return [*_mfa(challenge, OOB), ("oob_code", parts.held(challenge, "oob_code").reveal())]
