"""What the dialects of direct sign-in at the token endpoint share: questions, one sending, polling for a phone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from my_app.errors import (
    BadAnswer,
    LoginTimeout,
    NetworkUnavailable,
    RateLimited,
    ServerBusy,
    ServerRefused,
    Unsupported,
    WrongCredentials,
)
from my_app.model import Answers, Challenge, Prompt, PromptKind, TokenSet
from my_app.oauth.answer import MAX_TOKEN, lifetime, members_of, refusal_of, tokens_of
from my_app.oauth.client_auth import Client, post
from my_app.oauth.dpop import sent
from my_app.oauth.exchange import Exchange, Response, Tick, Wire
from my_app.oauth.metadata import ServerMetadata
from my_app.secret import Secret
from my_app.text import clean, host_of

TRIES: Final = 3
"""Wrong answers of one kind before the sign-in ends: each counts towards a lock at the provider."""
INTERVAL: Final = timedelta(seconds=5)
SLOW_DOWN: Final = timedelta(seconds=5)
LONGEST_INTERVAL: Final = timedelta(minutes=1)
PUSH_LIFE: Final = timedelta(minutes=5)
PENDING: Final = ("authorization_pending", "direct_auth_authorization_pending")

Outcome = Challenge | TokenSet
Form = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A question that waits on a phone."""

    form: tuple[tuple[str, str], ...]
    expires_at: datetime
    interval: timedelta

    def __repr__(self) -> str:
        return "Push(…)"


def opening(metadata: ServerMetadata, thread: Mapping[str, object], *, problem: str = "", left: int | None = None) -> Challenge:
    """User name and password, with the host that gets them. Raises Unsupported without a token endpoint."""
    return Challenge(
        prompts=(
            Prompt(kind=PromptKind.USERNAME, label="User name"),
            Prompt(kind=PromptKind.PASSWORD, label="Password", secret=True, attempts_left=left, problem=problem),
        ),
        host=host_of(metadata.endpoint("token")),
        continuation=thread,
    )


def once(
    metadata: ServerMetadata, client: Client, url: str, form: Form, *, purpose: str = "challenge"
) -> Exchange[tuple[Response, dict[str, object]]]:
    """One POST, never repeated: a password or code is sent once. Errors spelt ``code`` and ``description`` are read too."""
    response = yield from sent(client.prover, post(metadata, client, url, form, purpose=purpose))
    return response, spelt(response)


def spelt(response: Response) -> dict[str, object]:
    """The answer's members, ``code`` and ``description`` of an error under their OAuth names."""
    members = members_of(response)
    if response.status >= 400 and "error" not in members and isinstance(members.get("code"), str):
        members = {**members, "error": members["code"], "error_description": members.get("description")}
    return members


def granted(client: Client, response: Response, members: dict[str, object], url: str, scopes: tuple[str, ...]) -> TokenSet:
    """The tokens. Raises the refusal the answer stands for, or BadAnswer."""
    host = host_of(url)
    if (refusal := refusal_of(response, members, host)) is not None:
        raise refusal
    return tokens_of(response, host, asked=scopes, proved=client.prover is not None)


def wanted(members: Mapping[str, object], name: str, host: str) -> Secret:
    """A secret member that must be there. Raises BadAnswer."""
    value = members.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TOKEN:
        raise BadAnswer(f"The answer of {host} holds no {name}.")
    return Secret(value)


def held(challenge: Challenge, name: str) -> Secret:
    """A secret of the conversation. Raises BadAnswer when it is not under way."""
    value = challenge.continuation.get(name)
    if not isinstance(value, Secret):
        raise BadAnswer("The sign-in is not under way.", hint="Start it again.")
    return value


def given(answers: Answers, kind: PromptKind) -> str:
    """The person's answer; a code without the spaces it is often pasted with."""
    text = answers[kind].reveal() if kind in answers else ""
    return "".join(text.split()) if kind in (PromptKind.OTP, PromptKind.CODE, PromptKind.RECOVERY) else text


def again(challenge: Challenge, members: Mapping[str, object], host: str) -> Challenge:
    """The same questions after a wrong answer. Raises WrongCredentials after the third."""
    spent = challenge.continuation.get("tries")
    tries = (spent if isinstance(spent, int) else 0) + 1
    said = members.get("error_description")
    because = clean(said, 160) if isinstance(said, str) and said else "That was not right."
    if tries >= TRIES:
        raise WrongCredentials(
            f"{host} refused {TRIES} answers: {because}",
            hint="Start again, or sign in with the browser: --flow browser",
            error="invalid_grant",
        )
    last = len(challenge.prompts) - 1
    prompts = tuple(
        replace(prompt, problem=because if place == last else "", attempts_left=TRIES - tries if place == last else None)
        for place, prompt in enumerate(challenge.prompts)
    )
    return replace(challenge, prompts=prompts, continuation={**challenge.continuation, "tries": tries})


def choice(host: str, thread: Mapping[str, object], labels: tuple[str, ...], problem: str = "") -> Challenge:
    """Which second step to take."""
    prompt = Prompt(kind=PromptKind.CHOICE, label="Second step", choices=labels, problem=problem)
    return Challenge(prompts=(prompt,), host=host, continuation=thread)


def beside(url: str, ending: str, other: str) -> str:
    """The endpoint beside ``url`` that no metadata names: its path ends in ``other`` instead of ``ending``, on the same host.

    Raises Unsupported when the path is another.
    """
    parts = urlsplit(url)
    if not parts.path.endswith(ending) or parts.query:
        raise Unsupported(
            f"The token endpoint of {host_of(url)} is not where this dialect has it, so its second step cannot be found.",
            hint="Sign in with the browser instead: --flow browser",
        )
    return urlunsplit(parts._replace(path=parts.path.removesuffix(ending) + other))


def waiting(members: Mapping[str, object], at: datetime, form: Form) -> Push:
    """How to poll for an answer on the phone."""
    life = lifetime(members.get("expires_in"))
    gap = lifetime(members.get("interval"))
    return Push(
        form=tuple(form),
        expires_at=at + (min(life, PUSH_LIFE) if life else PUSH_LIFE),
        interval=gap if gap is not None and gap <= LONGEST_INTERVAL else INTERVAL,
    )


def polled(metadata: ServerMetadata, client: Client, push: Push, *, scopes: tuple[str, ...]) -> Exchange[TokenSet]:
    """Poll until the phone answered; the one request here that may be repeated.

    ``slow_down`` adds five seconds for good. Raises WrongCredentials when it was refused on the phone, LoginTimeout.
    """
    url = metadata.endpoint("token")
    host = host_of(url)
    plain = post(metadata, client, url, push.form, purpose="poll")
    moment = push.expires_at

    def build(tick: Tick) -> Wire:
        nonlocal moment
        moment = tick.now
        return plain.build(tick)

    interval = push.interval
    while True:
        try:
            response = yield from sent(client.prover, replace(plain, build=build, not_before=interval))
        except NetworkUnavailable:
            interval = min(interval * 2, LONGEST_INTERVAL)
        else:
            moment = response.at
            members = spelt(response)
            error = members.get("error")
            if error == "slow_down":
                interval = min(interval + SLOW_DOWN, LONGEST_INTERVAL)
            elif error not in PENDING:
                try:
                    return granted(client, response, members, url, scopes)
                except (RateLimited, ServerBusy):
                    interval = min(interval + SLOW_DOWN, LONGEST_INTERVAL)
                except ServerRefused as refusal:
                    if refusal.facts.get("error") not in ("invalid_grant", "oob_rejected"):
                        raise
                    raise WrongCredentials(
                        f"The request was refused on the phone, {host} says.",
                        hint="Sign in again and approve it, or choose another second step.",
                        error=clean(error, 60) if isinstance(error, str) else "",
                    ) from None
        if moment >= push.expires_at:
            raise LoginTimeout("Nobody answered on the phone in time.", hint="Sign in again and approve the request there.")
