"""The requests of a recipe on the wire: signed, sent where their secret may go, their answers judged in memory only."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from my_app.errors import BadAnswer, BindingChanged, MyAppError, NetworkUnavailable, ServerBusy, ServerRefused, WrongCredentials
from my_app.model import Profile, Record
from my_app.oauth.answer import busy_of
from my_app.oauth.exchange import Exchange, Request, Response, Wire
from my_app.recipes import Call
from my_app.recipes.template import SECRET_NAMES, Names, filled_json, filled_url, names_in
from my_app.strict_json import JsonFault, parse
from my_app.text import host_of
from my_app.urls import checked_url, origin, same_origin


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs a request, and where what it signs with may go."""

    profile: Profile
    record: Record
    headers: Callable[[str, str], Mapping[str, str]]
    """Of method and URL."""
    api: str
    """What ``{api}`` stands for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A judged answer."""

    status: int
    body: bytes
    host: str

    def document(self) -> object:
        """The JSON in it. Raises BadAnswer."""
        try:
            return parse(self.body)
        except JsonFault as fault:
            raise BadAnswer(f"The answer of {self.host} cannot be read: {fault}.") from None


def asked(step: str, call: Call, signer: Signer, names: Names, *, owner: Record | None = None) -> Exchange[Answer]:
    """Send one request of a recipe, once. Raises BindingChanged before anything is sent, Refused, Temporary, BadAnswer.

    ``owner``: whose secrets the body may hold, when another profile signs; they too go only where they were stored for.
    """
    url = checked_url(filled_url(call.url, {**names, "api": signer.api}), what="address of the rotation recipe")
    require_bound(signer, url)
    if owner is not None and SECRET_NAMES & set(names_in(call.json)):
        require_home(owner, url)
    head = {"accept": "application/json", **signer.headers(call.method, url)}
    body = b""
    if call.json is not None:
        head["content-type"] = "application/json"
        body = json.dumps(filled_json(call.json, names), allow_nan=False).encode()
    wire = Wire(method=call.method, url=url, headers=head, body=body)
    response = yield Request(build=lambda tick: wire, repeatable=call.method == "GET", purpose=f"{step} secret")
    if response.status not in (call.expect or call.accept):
        judge(response, host_of(url))
    return Answer(response.status, response.body, host_of(url))


def require_bound(signer: Signer, url: str) -> None:
    """A secret goes only to an origin it was stored for (U2). Raises BindingChanged; nothing was sent."""
    bound = signer.record.binding.api_origins
    if origin(url) in bound:
        return
    name = signer.profile.name
    expected = host_of(bound[0]) if bound else "no API"
    raise BindingChanged(
        f"The secret of “{name}” was stored for {expected}, not for {host_of(url)}. Nothing was sent.",
        hint=f"If that is on purpose: my-app profile set {name} api_url=URL, then my-app profile trust {name}",
        expected=expected,
        received=host_of(url),
    )


def require_home(owner: Record, url: str) -> None:
    """The rotated secret itself goes only to its own provider, whoever signs (D6). Raises BindingChanged; nothing was sent."""
    bound = owner.binding
    if origin(url) in (*bound.api_origins, *bound.token_hosts) or (bound.issuer is not None and same_origin(bound.issuer, url)):
        return
    raise BindingChanged(
        f"The rotation of “{owner.name}” would send its secret to {host_of(url)}, which it was not stored for. Nothing was sent.",
        hint=f"Correct rotation in config.toml, or accept its settings with: my-app profile trust {owner.name}",
        received=host_of(url),
    )


def judge(response: Response, host: str) -> None:
    """Raise what a status stands for; 2xx passes, a redirect or a web page never does."""
    if (busy := busy_of(response, host)) is not None:
        raise busy
    status = response.status
    if status == 401:
        raise WrongCredentials(
            f"{host} does not accept the secret (HTTP 401).", hint="Check it on the provider's page.", status=status
        )
    if status == 403:
        raise ServerRefused(
            f"{host} does not allow that with this secret (HTTP 403).",
            hint="Give it that right, or name a profile that has it: my-app profile set NAME rotation.with=PROFILE",
            status=status,
            error="http_403",
        )
    if 300 <= status < 400:
        raise BadAnswer(
            f"{host} answered with a redirect (HTTP {status}), which is never followed with a secret.", hint="Check the address."
        )
    if not 200 <= status < 300:
        raise ServerRefused(
            f"{host} answered HTTP {status}.", hint="Check the recipe's settings.", status=status, error=f"http_{status}"
        )
    if response.headers.get("content-type", "").strip().lower().startswith("text/html"):
        # A portal of some network, or a sign-in page: it says nothing about any secret.
        raise BadAnswer(f"{host} answered with a web page.", hint="Check the network (a sign-in page?) and the address.")


def maybe_done(problem: MyAppError) -> bool:
    """Whether a request that ended so may have changed something at the provider all the same."""
    if isinstance(problem, NetworkUnavailable):
        return problem.facts.get("sent") is not False
    return isinstance(problem, BadAnswer | ServerBusy) or problem.facts.get("status") == 408
