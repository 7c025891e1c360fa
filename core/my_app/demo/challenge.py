"""The authorization challenge endpoint (OAuth 2.0 for First-Party Applications): sign-in without a browser.

The demo's dialect: form fields ``username``, ``password``, ``otp``; what is missing or wrong stands
in ``challenge``, a list of ``{"kind", "attempts_left"}``. Every answer brings a new ``auth_session``
and the one before is over; at the end ``authorization_code`` is redeemed like any other.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError, UnauthorizedClientError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from my_app.demo.clients import CODE, DemoClient
from my_app.demo.grants import AUTH_METHODS, check_challenge
from my_app.demo.limits import Tries
from my_app.demo.messages import NO_STORE, FormRequest, oauth_request, refusal
from my_app.demo.oauth import DemoAuthorizationServer, audience_for, scope_for
from my_app.demo.people import Person
from my_app.demo.store import Conversation, Grant

LIFETIME: Final = timedelta(minutes=5)
TRIES: Final = 3
"""Answers to one question before the sign-in is over."""


class InvalidSession(OAuth2Error):  # type: ignore[misc]
    """An ``auth_session`` that is unknown, over, or of another client."""

    error = "invalid_session"
    description = "The sign-in is over or unknown. Start again."


class ChallengeEndpoint:
    """``POST /challenge``."""

    def __init__(self, server: DemoAuthorizationServer) -> None:
        self._server = server
        self._realm = server.realm
        self._tries = Tries(self._realm.clock)

    async def __call__(self, request: Request) -> Response:
        """One step of a sign-in."""
        try:
            asked = await oauth_request(self._realm.issuer, request)
            client = self._server.authenticate_client(asked, list(AUTH_METHODS), "challenge")
            if not client.first_party or not client.check_grant_type(CODE):
                raise UnauthorizedClientError("The client may not ask for passwords.")
            return self._step(asked, self._conversation(asked, client))
        except OAuth2Error as error:
            return refusal(error)

    def _conversation(self, asked: FormRequest, client: DemoClient) -> Conversation:
        """The one that goes on, or a new one. Raises OAuth2Error."""
        fields, store = asked.form, self._realm.store
        self._realm.tidy()
        session = fields.get("auth_session")
        if session is not None:
            found = store.conversations.pop(session, None)
            if found is None or found.client is not client or found.expires_at <= self._realm.now:
                raise InvalidSession()
            return found
        if fields.get("response_type") != "code":
            raise InvalidRequestError("The response_type must be code.")
        return Conversation(
            client=client,
            scope=scope_for(client, fields.get("scope")),
            audience=audience_for(self._realm, asked),
            code_challenge=check_challenge(asked),
            expires_at=self._realm.now + LIFETIME,
            tries_left=TRIES,
        )

    def _step(self, asked: FormRequest, talk: Conversation) -> Response:
        fields = asked.form
        if talk.person is None:
            if "username" not in fields or "password" not in fields:
                return self._ask(talk, [{"kind": "username"}, {"kind": "password"}])
            wait = self._tries.wait(fields["username"])
            if wait:
                return JSONResponse({"error": "temporarily_unavailable"}, 429, {**NO_STORE, "Retry-After": str(wait)})
            person = self._realm.people.named(fields["username"])
            if person is None or not person.knows(fields["password"]):
                self._tries.failed(fields["username"])
                return self._wrong(talk, "The user name or the password is not right", "password", {"kind": "username"})
            talk.person, talk.tries_left = person, TRIES
        if talk.person.totp_seed is None:
            return self._done(talk, talk.person, ("pwd",))
        if "otp" not in fields:
            return self._ask(talk, [{"kind": "otp"}])
        if not talk.person.shows(fields["otp"], self._realm.now):
            return self._wrong(talk, "The code is not right", "otp")
        return self._done(talk, talk.person, ("pwd", "otp", "mfa"))

    def _wrong(self, talk: Conversation, what: str, kind: str, *before: dict[str, Any]) -> Response:
        talk.tries_left -= 1
        if talk.tries_left <= 0:
            return JSONResponse({"error": "access_denied", "error_description": f"{what}, and no try is left."}, 403, NO_STORE)
        left = f"{talk.tries_left} {'try' if talk.tries_left == 1 else 'tries'} left"
        return self._ask(talk, [*before, {"kind": kind, "attempts_left": talk.tries_left}], f"{what}: {left}.")

    def _ask(self, talk: Conversation, questions: list[dict[str, Any]], description: str = "") -> Response:
        session = self._realm.chance.token(32)
        self._realm.store.conversations[session] = talk
        body: dict[str, Any] = {"error": "insufficient_authorization", "auth_session": session, "challenge": questions}
        return JSONResponse(body | ({"error_description": description} if description else {}), 403, NO_STORE)

    def _done(self, talk: Conversation, person: Person, amr: tuple[str, ...]) -> Response:
        grant = Grant(
            client=talk.client, person=person, scope=talk.scope, audience=talk.audience, auth_time=self._realm.now, amr=amr
        )
        code = self._realm.new_code(grant, redirect_uri="", code_challenge=talk.code_challenge)
        return JSONResponse({"authorization_code": code.value}, 200, NO_STORE)
