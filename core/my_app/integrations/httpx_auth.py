"""``httpx.Auth`` for the token of a profile: bound origins only, one retry after a 401 (F7, U2)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator

import httpx

from my_app.calls.token_source import TokenSource
from my_app.model import AccessToken


class TokenAuth(httpx.Auth):
    """Puts a valid token on requests to the profile's API; other hosts get the request without it.

    After a 401 a renewable token is refreshed and the request repeated once, where its body can be sent again.
    A token bound to a key is sent with its proof, once more where the API asks for its nonce (RFC 9449).
    Raises what ``AuthClient.get_access_token`` raises, BindingChanged, and StepUpNeeded where the API wants a
    stronger sign-in (RFC 9470).
    """

    def __init__(self, source: TokenSource) -> None:
        self._source = source

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """One request, or two."""
        if not self._source.may_go(str(request.url)):
            yield request
            return
        first = self._source.token()
        response = yield self._signed(request, first)
        if self._nonce_wanted(request, response, first):
            response.read()
            response = yield self._signed(request, first)
        self._judge(request, response)
        if self._again(request, response):
            response.read()
            second = self._source.token(force=True)
            if second.value != first.value:
                yield self._signed(request, second)

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """The asyncio twin; files and keyring are waited for on a thread."""
        if not await asyncio.to_thread(self._source.may_go, str(request.url)):
            yield request
            return
        first = await self._source.atoken()
        response = yield await asyncio.to_thread(self._signed, request, first)
        if await asyncio.to_thread(self._nonce_wanted, request, response, first):
            await response.aread()
            response = yield await asyncio.to_thread(self._signed, request, first)
        self._judge(request, response)
        if await asyncio.to_thread(self._again, request, response):
            await response.aread()
            second = await self._source.atoken(force=True)
            if second.value != first.value:
                yield await asyncio.to_thread(self._signed, request, second)

    def _signed(self, request: httpx.Request, token: AccessToken) -> httpx.Request:
        for name, value in self._source.headers(token, request.method, str(request.url)).items():
            request.headers[name] = value
        return request

    def _nonce_wanted(self, request: httpx.Request, response: httpx.Response, token: AccessToken) -> bool:
        replayable = isinstance(request.stream, httpx.ByteStream)
        return self._source.proof_again(token, str(request.url), response.status_code, response.headers) and replayable

    def _judge(self, request: httpx.Request, response: httpx.Response) -> None:
        wanted = self._source.step_up(str(request.url), response.status_code, response.headers)
        if wanted is not None:
            raise wanted

    def _again(self, request: httpx.Request, response: httpx.Response) -> bool:
        return response.status_code == 401 and isinstance(request.stream, httpx.ByteStream) and self._source.renewable
