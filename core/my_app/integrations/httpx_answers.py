"""Answers of an API to the library's clients: errors of the tree instead of those of an HTTP library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from my_app.calls.api import step_up_needed
from my_app.errors import BadAnswer, LoginNeeded, NetworkUnavailable, RateLimited, ServerBusy, ServerRefused
from my_app.text import clean

if TYPE_CHECKING:
    import httpx


def sent(client: httpx.Client, method: str, url: str, **options: Any) -> httpx.Response:
    """The answer, whatever its status. Raises NetworkUnavailable."""
    import httpx

    try:
        return client.request(method, url, **options)
    except httpx.TransportError:
        host = clean(httpx.URL(url).host or client.base_url.host, 80)
        raise NetworkUnavailable(
            f"{host} cannot be reached or did not answer.", hint="Check the network and the API URL."
        ) from None


def checked(response: httpx.Response) -> httpx.Response:
    """The response when it is 2xx. Raises LoginNeeded (401; StepUpNeeded for RFC 9470), RateLimited, ServerBusy, ServerRefused."""
    status, host = response.status_code, clean(response.url.host, 80)
    if response.is_success:
        return response
    if (wanted := step_up_needed(status, response.headers.get("www-authenticate", ""), "", str(response.url))) is not None:
        raise wanted
    if status == 401:
        raise LoginNeeded(f"{host} did not accept the token.", hint="Sign in again with: my-app login", status=status)
    if status == 429:
        raise RateLimited(f"{host} asks for a pause.", status=status, retry_after=None)
    if status >= 500:
        raise ServerBusy(f"{host} had a problem of its own (HTTP {status}).", status=status)
    more = (
        " The token lacks a scope."
        if status == 403 and "insufficient_scope" in response.headers.get("www-authenticate", "")
        else ""
    )
    raise ServerRefused(f"{host} refused the request (HTTP {status}).{more}", status=status, error=f"http_{status}")


def object_of(response: httpx.Response) -> dict[str, object]:
    """The JSON object of an answer. Raises BadAnswer."""
    from my_app.strict_json import JsonFault, parse_object

    try:
        return parse_object(response.content)
    except JsonFault as fault:
        raise BadAnswer(f"The answer of {clean(response.url.host, 80)} is not JSON as expected ({fault}).") from None


def items(response: httpx.Response) -> list[object]:
    """The list under ``items``. Raises BadAnswer."""
    found = object_of(response).get("items")
    if not isinstance(found, list):
        raise BadAnswer(f"The answer of {clean(response.url.host, 80)} holds no list of items.")
    return found
