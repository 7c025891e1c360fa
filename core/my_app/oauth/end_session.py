"""RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0): the page that ends the session at the provider."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qsl, urlencode

from my_app.errors import BadAnswer, StateMismatch
from my_app.oauth.metadata import ServerMetadata
from my_app.secret import Secret
from my_app.urls import checked_url


class PendingLogout:
    """A page to open, and the judge of the address it comes back to (U5)."""

    def __init__(self, url: str, state: str | None) -> None:
        self.url = url
        """Holds the ID token when one was given: open it, do not print it."""
        self._state = state

    def __repr__(self) -> str:
        return "PendingLogout()"

    def accept(self, callback: str) -> None:
        """The provider came back from this logout (3). Raises StateMismatch, BadAnswer.

        Providers may also end on a page of their own, so that nothing ever comes back.
        """
        query = callback.split("#", 1)[0].partition("?")[2]
        states = [value for name, value in parse_qsl(query, keep_blank_values=True) if name == "state"]
        if len(states) > 1:
            raise BadAnswer("The answer holds state twice.")
        if self._state is None or not states or not hmac.compare_digest(states[0].encode(), self._state.encode()):
            raise StateMismatch("That answer belongs to another logout.")


def end_session(
    metadata: ServerMetadata,
    *,
    client_id: str | None,
    id_token: Secret | None = None,
    redirect_uri: str | None = None,
    state: str | None = None,
) -> PendingLogout:
    """The logout page (2); ``state`` counts only with ``redirect_uri``. Raises Unsupported, BadMetadata."""
    endpoint = checked_url(metadata.endpoint("end_session"), what="logout page")
    query = []
    if id_token is not None:
        query.append(("id_token_hint", id_token.reveal()))
    if client_id:
        query.append(("client_id", client_id))
    if redirect_uri:
        query.append(("post_logout_redirect_uri", redirect_uri))
        if state:
            query.append(("state", state))
    url = f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}" if query else endpoint
    return PendingLogout(url, state if redirect_uri else None)
