"""Direct sign-in at an authorization challenge endpoint (OAuth 2.0 for First-Party Applications), in the demo's dialect.

The frame is the draft's; which members ask for what is each server's own. Here an error answer carries
``challenge``: a list of ``{"kind": ..., "attempts_left": ...}`` (DESIGN 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from my_app.errors import AccessDenied, BadAnswer, ServerRefused, WrongCredentials
from my_app.model import Answers, Challenge, Prompt, PromptKind, TokenSet
from my_app.oauth.answer import MAX_TOKEN, lifetime, members_of, refusal_of
from my_app.oauth.authorize import AuthorizationCode
from my_app.oauth.client_auth import Client, post
from my_app.oauth.exchange import Exchange, Response
from my_app.oauth.metadata import ServerMetadata
from my_app.oauth.pkce import code_challenge, code_verifier
from my_app.oauth.token import exchange_code
from my_app.secret import Secret
from my_app.text import clean, host_of

Outcome = Challenge | TokenSet

_KINDS: Final = {
    "username": (PromptKind.USERNAME, "User name", False),
    "password": (PromptKind.PASSWORD, "Password", True),
    "otp": (PromptKind.OTP, "Six-digit code", True),
    "push": (PromptKind.PUSH, "Approve on your phone", False),
    "choice": (PromptKind.CHOICE, "Second step", False),
}


def first(
    metadata: ServerMetadata, client: Client, *, scopes: tuple[str, ...], entropy: bytes, audience: str | None = None
) -> Exchange[Outcome]:
    """Open the conversation; the server says what it wants to know. ``entropy``: 32 bytes or more.

    No nonce is sent: there is no front channel that could inject a token.

    Raises Unsupported without the endpoint, Refused, Temporary, BadAnswer.
    """
    verifier = code_verifier(entropy)
    form = [("response_type", "code"), ("code_challenge", code_challenge(verifier)), ("code_challenge_method", "S256")]
    if scopes:
        form.append(("scope", " ".join(scopes)))
    if audience:
        form.append(("audience", audience))
    return (yield from _ask(metadata, client, form, {"verifier": verifier}, scopes))


def answer(
    metadata: ServerMetadata, client: Client, challenge: Challenge, answers: Answers, *, scopes: tuple[str, ...]
) -> Exchange[Outcome]:
    """Send the person's answers once; a wrong one comes back as a challenge with the tries left.

    Raises AccessDenied, WrongCredentials, Refused, Temporary, BadAnswer. Nothing is repeated by itself.
    """
    session = challenge.continuation.get("auth_session")
    form = [("auth_session", session.reveal())] if isinstance(session, Secret) else []
    form += [(kind.value, value.reveal()) for kind, value in answers.items()]
    return (yield from _ask(metadata, client, form, challenge.continuation, scopes))


def _ask(
    metadata: ServerMetadata, client: Client, form: list[tuple[str, str]], thread: Mapping[str, object], scopes: tuple[str, ...]
) -> Exchange[Outcome]:
    url = metadata.endpoint("authorization_challenge")
    host = host_of(url)
    response = yield post(metadata, client, url, form, purpose="challenge")
    members = members_of(response)
    if members.get("error") == "insufficient_authorization":
        return _challenge(members, thread, host, response)
    if (refusal := refusal_of(response, members, host)) is not None:
        if isinstance(refusal, AccessDenied):
            raise AccessDenied(refusal.message, hint="Start the sign-in again.", **refusal.facts)
        if isinstance(refusal, ServerRefused) and refusal.facts.get("error") == "invalid_session":
            raise WrongCredentials(f"{host} ended the sign-in.", hint="Start it again.", error="invalid_session")
        raise refusal
    code = members.get("authorization_code")
    verifier = thread.get("verifier")
    if not isinstance(code, str) or not 0 < len(code) <= MAX_TOKEN or not isinstance(verifier, Secret):
        raise BadAnswer(f"The answer of {host} holds no authorization code.")
    granted = AuthorizationCode(code=Secret(code), code_verifier=verifier, redirect_uri=None, nonce=None)
    return (yield from exchange_code(metadata, client, granted, scopes=scopes))


def _challenge(members: Mapping[str, object], thread: Mapping[str, object], host: str, response: Response) -> Challenge:
    wanted = members.get("challenge")
    said = members.get("error_description")
    problem = clean(said, 160) if isinstance(said, str) else ""
    prompts = [_prompt(item, problem) for item in wanted if isinstance(item, dict)] if isinstance(wanted, list) else []
    known = tuple(prompt for prompt in prompts if prompt is not None)
    if not known or len(known) != len(prompts):
        raise BadAnswer(
            f"{host} asks for something this program does not know.", hint="Sign in with the browser instead: --flow browser"
        )
    session = members.get("auth_session")
    if isinstance(session, str) and 0 < len(session) <= MAX_TOKEN:
        thread = {**thread, "auth_session": Secret(session)}
    life = lifetime(members.get("expires_in"))
    return Challenge(prompts=known, host=host, continuation=thread, expires_at=response.at + life if life else None)


def _prompt(item: Mapping[str, object], problem: str) -> Prompt | None:
    known = _KINDS.get(str(item.get("kind")))
    if known is None:
        return None
    kind, label, secret = known
    left = item.get("attempts_left")
    choices = item.get("choices")
    return Prompt(
        kind=kind,
        label=label,
        secret=secret,
        choices=tuple(clean(choice, 80) for choice in choices if isinstance(choice, str)) if isinstance(choices, list) else (),
        attempts_left=left if isinstance(left, int) and not isinstance(left, bool) and 0 <= left < 1000 else None,
        problem=problem,
    )
