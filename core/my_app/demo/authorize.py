"""The authorization endpoint, the device page and the end of a session: what a browser opens first."""

from __future__ import annotations

from typing import Any

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from my_app.demo import pages
from my_app.demo.interaction import Interactions
from my_app.demo.limits import Tries
from my_app.demo.messages import first_values, oauth_request, read_fields
from my_app.demo.oauth import DemoAuthorizationServer, audience_for
from my_app.demo.store import Grant, Interaction
from my_app.urls import UrlFault, parse


class OAuthProblem(OAuth2Error):  # type: ignore[misc]
    """An error of OIDC Core 3.1.2.6."""


class BrowserSide:
    """What a browser does at the demo."""

    def __init__(self, server: DemoAuthorizationServer) -> None:
        self._server = server
        self._realm = server.realm
        self.interactions = Interactions(
            self._realm, Tries(self._realm.clock), finish_authorize=self._answer, finish_device=self._device_done
        )

    async def authorize(self, request: Request) -> Response:
        """``/authorize`` (RFC 6749 3.1, OIDC Core 3.1.2.1): judged whole before anybody is asked anything."""
        try:
            asked = await oauth_request(self._realm.issuer, request)
            grant = self._server.get_consent_grant(asked)
        except OAuth2Error as error:
            return self._refuse(error)
        try:
            audience = audience_for(self._realm, asked)
            if any(name in asked.form for name in ("request", "request_uri")):
                raise InvalidRequestError("Request objects are not supported.")
            prompt = asked.form.get("prompt", "").split()
            if "none" in prompt:
                raise OAuthProblem(error="consent_required" if self.interactions.visit(request) else "login_required")
        except OAuth2Error as error:
            error.redirect_uri, error.state = grant.redirect_uri, asked.form.get("state")
            return self._refuse(error)
        interaction = self.interactions.new()
        interaction.request = {**asked.form, "scope": asked.scope}
        interaction.audience = audience
        return self.interactions.begin(request, interaction, sign_in_again="login" in prompt or "max_age" in asked.form)

    def _refuse(self, error: OAuth2Error) -> Response:
        if not error.redirect_uri:
            return pages.message(
                "This sign-in cannot start", f"{error.error}: {error.get_error_description()}", status=400, bad=True
            )
        return self._redirect(dict(error.get_body()), error.redirect_uri)

    def _answer(self, interaction: Interaction, allowed: bool) -> Response:
        """Back to the client with a code, or with ``access_denied``."""
        fields, visit = interaction.request, interaction.visit
        redirect_uri, state = fields["redirect_uri"], fields.get("state")
        client = self._realm.clients.get(fields["client_id"])
        if client is None:
            return pages.message("This sign-in cannot end", "The client is no longer registered.", status=400, bad=True)
        answer: dict[str, str] = {}
        if allowed and visit:
            grant = Grant(
                client=client,
                person=visit.person,
                scope=fields["scope"],
                audience=interaction.audience,
                nonce=fields.get("nonce"),
                auth_time=visit.auth_time,
                amr=visit.amr,
            )
            code = self._realm.new_code(grant, redirect_uri=redirect_uri, code_challenge=fields["code_challenge"])
            answer["code"] = code.value
        else:
            answer |= {"error": "access_denied", "error_description": "The person said no."}
        return self._redirect(answer | ({"state": state} if state else {}), redirect_uri)

    def _redirect(self, answer: dict[str, str], redirect_uri: str) -> Response:
        """303 with ``iss`` in every answer, good or bad (RFC 9207 2, RFC 9700 4.12)."""
        return _leave(redirect_uri, answer | {"iss": self._realm.issuer})

    async def device(self, request: Request) -> Response:
        """``/device`` (RFC 8628 3.3): the code is typed, or comes in the link and is confirmed all the same."""
        try:
            fields = first_values(await read_fields(request))
        except OAuth2Error:
            return pages.user_code(typed="", problem="That cannot be read. Type the code by hand.")
        typed = fields.get("user_code", "").strip()[:20]
        if request.method == "GET":
            return pages.user_code(typed=typed, problem="")
        entry = self._realm.store.device_by_user_code(typed)
        if entry is None or entry.decision is not None:
            return pages.user_code(typed="", problem="There is no such code. Look at your terminal again.")
        if entry.expires_at <= self._realm.now:
            return pages.user_code(typed="", problem="That code has expired. Start again in your terminal.")
        interaction = self.interactions.new()
        interaction.device = entry
        return self.interactions.begin(request, interaction)

    def _device_done(self, interaction: Interaction, allowed: bool) -> Response:
        entry, visit = interaction.device, interaction.visit
        if entry is None or entry.decision is not None:
            return pages.message("This page is over", "The code was answered already.", status=400, bad=True)
        entry.decision = allowed and visit is not None
        if visit:
            entry.person, entry.auth_time, entry.amr = visit.person, visit.auth_time, visit.amr
        if entry.decision:
            return pages.message("You are signed in", "Your terminal goes on by itself. You can close this page.")
        return pages.message("You said no", "Nothing was allowed. You can close this page.")

    async def logout(self, request: Request) -> Response:
        """``/logout`` (OpenID Connect RP-Initiated Logout 1.0): at once with a known ID token, else after a question."""
        try:
            fields = first_values(await read_fields(request))
        except OAuth2Error:
            fields = {}
        grant = self._realm.store.id_tokens.get(fields.get("id_token_hint", ""))
        visit = self.interactions.visit(request)
        known = grant is not None and (visit is None or grant.person is visit.person)
        if visit is not None and not known and fields.get("decision") != "yes":
            return pages.confirm_sign_out(visit.person.name)
        self._realm.store.visits.pop(request.cookies.get(self.interactions.visit_cookie, ""), None)
        target = fields.get("post_logout_redirect_uri", "")
        if grant is not None and target and _may_follow(grant.client, target):
            answer: Response = _leave(target, {"state": fields["state"]} if "state" in fields else {})
        else:
            answer = pages.message("You are signed out", "This browser has no session at the demo any more.")
        answer.delete_cookie(self.interactions.visit_cookie, path="/", httponly=True, samesite="lax")
        return answer


def _leave(target: str, answer: dict[str, str]) -> Response:
    return RedirectResponse(
        add_params_to_uri(target, list(answer.items())), 303, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    )


def _may_follow(client: Any, target: str) -> bool:
    """Only an address the client registered, or would be sent a code to."""
    try:
        parse(target)
    except UrlFault:
        return False
    return target in client.client_metadata.get("post_logout_redirect_uris", ()) or client.check_redirect_uri(target)
