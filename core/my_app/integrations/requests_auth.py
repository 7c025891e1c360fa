"""``requests`` authentication with the token of a profile: bound origins only, one retry after a 401 (F7, U2)."""

from __future__ import annotations

from typing import Any

from requests import PreparedRequest, Response
from requests.auth import AuthBase

from my_app.calls.token_source import TokenSource


class TokenAuth(AuthBase):
    """Puts a valid token on requests to the profile's API; other hosts get the request without it.

    A redirect to another host never carries it: requests drops ``Authorization`` there, and a key header is taken off.
    """

    def __init__(self, source: TokenSource) -> None:
        self._source = source

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign the request. Raises what ``AuthClient.get_access_token`` raises, and BindingChanged."""
        if not self._source.may_go(request.url or ""):
            return request
        token = self._source.token()
        headers = self._source.headers(token, request.method or "GET", request.url or "")
        request.headers.update(headers)

        def answered(response: Response, **options: Any) -> Response:
            target = response.headers.get("location")
            if response.is_redirect and target:
                for name in headers:  # the session copies this request's headers to the next address
                    response.request.headers.pop(name, None)
                return response
            replayable = request.body is None or isinstance(request.body, str | bytes)
            url = response.request.url or ""
            wanted = self._source.step_up(url, response.status_code, response.headers)
            if wanted is not None:
                raise wanted
            nonce = self._source.proof_again(token, url, response.status_code, response.headers)
            if response.status_code != 401 or not replayable or not (nonce or self._source.renewable):
                return response
            again = token if nonce else self._source.token(force=True)
            if again.value == token.value and not nonce:
                return response
            _ = response.content  # read to the end, so that the connection can be used again
            response.close()
            repeat = response.request.copy()
            repeat.hooks = {**repeat.hooks, "response": []}
            repeat.headers.update(self._source.headers(again, repeat.method or "GET", repeat.url or ""))
            second: Response = response.connection.send(repeat, **options)
            second.history.append(response)
            second.request = repeat
            return second

        request.register_hook("response", answered)  # type: ignore[no-untyped-call]
        return request
