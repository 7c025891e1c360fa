"""The pages between a request and its answer: password, one-time code, consent.

One address per interaction shows whatever comes next; every form posts to the address it is on
and is answered 303 to it, or to where the sign-in ends. An interaction belongs to the browser
that began it: its cookie must come along, and a form of another origin is refused.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from authlib.oauth2 import OAuth2Error
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from my_app.demo import pages
from my_app.demo.limits import Tries
from my_app.demo.messages import first_values, read_fields
from my_app.demo.people import Person
from my_app.demo.realm import Realm
from my_app.demo.scopes import ALL, split
from my_app.demo.store import Interaction, Visit
from my_app.demo.totp import code_at

LIFETIME: Final = timedelta(minutes=10)
WRONG: Final = "The user name or the password is not right."

Finish = Callable[[Interaction, bool], Response]
"""Ends an interaction: True when the person allowed it."""


class Interactions:
    """Shows and takes the pages; ``finish_*`` say how the two kinds end."""

    def __init__(self, realm: Realm, tries: Tries, *, finish_authorize: Finish, finish_device: Finish) -> None:
        self._realm = realm
        self._tries = tries
        self._finish_authorize = finish_authorize
        self._finish_device = finish_device
        # Cookies know no port: two demos on one machine must not take each other's.
        suffix = realm.issuer.rsplit(":", 1)[-1]
        self.browser_cookie = f"demo_browser_{suffix}"
        self.visit_cookie = f"demo_session_{suffix}"

    def visit(self, request: Request) -> Visit | None:
        """Who is signed in in this browser."""
        return self._realm.store.visits.get(request.cookies.get(self.visit_cookie, ""))

    def begin(self, request: Request, interaction: Interaction, *, sign_in_again: bool = False) -> Response:
        """Remember it and send the browser to its first page."""
        self._realm.tidy()
        interaction.browser = request.cookies.get(self.browser_cookie) or self._realm.chance.token(16)
        if not sign_in_again:
            interaction.visit = self.visit(request)
        name = self._realm.chance.token(16)
        self._realm.store.interactions[name] = interaction
        answer = self._go(f"/interaction/{name}")
        self._cookie(answer, self.browser_cookie, interaction.browser)
        return answer

    def new(self) -> Interaction:
        """An interaction that lives ten minutes."""
        return Interaction(browser="", expires_at=self._realm.now + LIFETIME)

    async def show(self, request: Request) -> Response:
        """``GET /interaction/NAME``: the page that comes next."""
        interaction = self._find(request)
        if interaction is None:
            return gone()
        problem, interaction.problem = interaction.problem, ""
        if interaction.visit is not None:
            return self._consent_page(interaction, interaction.visit)
        if interaction.person is not None and interaction.person.totp_seed:
            return pages.one_time_code(
                interaction.person.name, code_at(interaction.person.totp_seed, self._realm.now), problem=problem
            )
        return pages.sign_in(self._client_name(interaction), self._helpers(), problem=problem)

    async def take(self, request: Request) -> Response:
        """``POST /interaction/NAME``: what the person filled in."""
        interaction = self._find(request)
        if interaction is None:
            return gone()
        try:
            fields = first_values(await read_fields(request))
        except OAuth2Error as error:
            return pages.message("That form cannot be read", str(error.description), status=400, bad=True)
        if interaction.visit is not None:
            return self._decide(request, interaction, fields.get("decision", ""))
        if interaction.person is None:
            return self._password(request, interaction, fields)
        return self._code(request, interaction, interaction.person, fields.get("code", ""))

    def _password(self, request: Request, interaction: Interaction, fields: dict[str, str]) -> Response:
        username, password = fields.get("username", ""), fields.get("password", "")
        wait = self._tries.wait(username)
        if wait:
            answer = pages.message("Too many tries", f"Wait {wait} seconds, then try again.", status=429, bad=True)
            answer.headers["Retry-After"] = str(wait)
            return answer
        person = self._realm.people.named(username)
        if person is None or not person.knows(password):
            self._tries.failed(username)
            interaction.problem = WRONG
            return self._again(request)
        interaction.person = person
        return self._again(request) if person.totp_seed else self._signed_in(request, interaction, person, ("pwd",))

    def _code(self, request: Request, interaction: Interaction, person: Person, code: str) -> Response:
        if person.shows(code, self._realm.now):
            return self._signed_in(request, interaction, person, ("pwd", "otp", "mfa"))
        interaction.tries_left -= 1
        if interaction.tries_left <= 0:
            return self._finish(request, interaction, allowed=False)
        left = interaction.tries_left
        interaction.problem = f"That code is not right: {left} {'try' if left == 1 else 'tries'} left."
        return self._again(request)

    def _signed_in(self, request: Request, interaction: Interaction, person: Person, amr: tuple[str, ...]) -> Response:
        interaction.visit = Visit(person=person, auth_time=self._realm.now, amr=amr)
        value = self._realm.chance.token(24)
        self._realm.store.visits[value] = interaction.visit
        answer = self._again(request)
        self._cookie(answer, self.visit_cookie, value)
        return answer

    def _decide(self, request: Request, interaction: Interaction, decision: str) -> Response:
        if decision not in ("allow", "deny"):
            return self._again(request)
        return self._finish(request, interaction, allowed=decision == "allow")

    def _finish(self, request: Request, interaction: Interaction, *, allowed: bool) -> Response:
        del self._realm.store.interactions[request.path_params["name"]]
        finish = self._finish_device if interaction.device else self._finish_authorize
        return finish(interaction, allowed)

    def _consent_page(self, interaction: Interaction, visit: Visit) -> Response:
        scope = interaction.device.scope if interaction.device else interaction.request.get("scope", "")
        redirect = None if interaction.device else interaction.request["redirect_uri"]
        leads = f"Then this page sends you to {redirect}." if redirect else "Then your terminal goes on by itself."
        wishes = [ALL[one] for one in split(scope) if one in ALL]
        return pages.consent(self._client_name(interaction), visit.person.name, wishes, leads_to=leads, redirects_to=redirect)

    def _client_name(self, interaction: Interaction) -> str:
        if interaction.device:
            return interaction.device.client.name
        client = self._realm.clients.get(interaction.request["client_id"])
        return client.name if client else ""

    def _helpers(self) -> list[pages.Helper]:
        now = self._realm.now
        return [
            pages.Helper(
                username=one.username,
                name=one.name,
                password=one.password,
                code=code_at(one.totp_seed, now) if one.totp_seed else "",
            )
            for one in self._realm.people.everyone
        ]

    def _find(self, request: Request) -> Interaction | None:
        """The interaction of the address, alive and of this browser."""
        found = self._realm.store.interactions.get(request.path_params["name"])
        if found is None or found.expires_at <= self._realm.now:
            return None
        return found if hmac.compare_digest(found.browser.encode(), request.cookies.get(self.browser_cookie, "").encode()) else None

    def _again(self, request: Request) -> Response:
        return self._go(request.url.path)

    def _go(self, path: str) -> Response:
        return RedirectResponse(self._realm.issuer + path, 303, {"Cache-Control": "no-store"})

    @staticmethod
    def _cookie(answer: Response, name: str, value: str) -> None:
        answer.set_cookie(name, value, path="/", httponly=True, samesite="lax")


def gone() -> Response:
    """For an address that is over or belongs to another browser."""
    return pages.message(
        "This page is over", "The sign-in ended, took too long or began in another browser. Start it again.", status=400, bad=True
    )
