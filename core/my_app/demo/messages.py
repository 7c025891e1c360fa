"""Requests and answers between Starlette and Authlib's server classes.

Only URL-encoded and JSON bodies of bounded size are read; a parameter that comes twice, or one
with characters that no such parameter may hold, is refused before anything looks at it
(RFC 6749 3.1, 3.2 and appendix A).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from authlib.oauth2 import OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError, JsonRequest
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from my_app import strict_json

BODY_LIMIT: Final = 64 * 1024
"""Bytes of a request body; uploads have their own limit."""
_MOST_FIELDS: Final = 60
_PLAIN: Final = re.compile(r"[ !#-\[\]-~]*")
_TYPED: Final = ("username", "password", "code", "user_code", "otp", "state", "nonce", "decision")
"""Fields a person or client may fill with any text."""
_REPEATABLE: Final = ("resource", "audience")
NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class FormRequest(OAuth2Request):  # type: ignore[misc]  # Authlib has no types
    """An OAuth request whose parameters were read and judged already."""

    def __init__(
        self, method: str, uri: str, headers: Mapping[str, str], fields: dict[str, str], many: dict[str, list[str]]
    ) -> None:
        super().__init__(method, uri, headers=headers)
        self._fields = fields
        self.many = many
        """Values of parameters that may come several times (RFC 8707 2)."""
        self.payload = BasicOAuth2Payload(fields)

    @property
    def form(self) -> dict[str, str]:
        """The parameters."""
        return self._fields

    @property
    def args(self) -> dict[str, str]:
        """The parameters."""
        return self._fields


class JsonBody:
    """The parsed JSON object of a request, as Authlib asks for it."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data


async def read_body(request: Request, limit: int = BODY_LIMIT) -> bytes:
    """The whole body. Raises InvalidRequestError beyond ``limit`` bytes."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise InvalidRequestError("The request body is too large.")
    return body


async def read_fields(request: Request) -> dict[str, list[str]]:
    """The parameters of a query (GET) or URL-encoded body (POST). Raises InvalidRequestError."""
    if request.method == "GET":
        text = request.url.query
    else:
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            raise InvalidRequestError("The body must be application/x-www-form-urlencoded.")
        try:
            text = (await read_body(request)).decode("ascii")
        except UnicodeDecodeError:
            raise InvalidRequestError("The body is not URL-encoded.") from None
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise InvalidRequestError("The parameters cannot be read.") from None
    return _judged(pairs)


def _judged(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    for name, values in fields.items():
        if len(values) > 1 and name not in _REPEATABLE:
            raise InvalidRequestError("A parameter came twice.")
        if name not in _TYPED and not all(_PLAIN.fullmatch(value) for value in values):
            raise InvalidRequestError("A parameter holds characters it may not hold.")
    return fields


def first_values(fields: Mapping[str, list[str]]) -> dict[str, str]:
    """One value per name; empty ones are as if left out (RFC 6749 3.1)."""
    return {name: values[0] for name, values in fields.items() if values[0] != ""}


async def oauth_request(issuer: str, request: Request) -> FormRequest:
    """The request for Authlib. Its URI is the issuer's, whatever the Host header said. Raises OAuth2Error."""
    fields = await read_fields(request)
    one = first_values(fields)
    _one_authentication(request.headers.get("authorization", ""), one)
    return FormRequest(request.method, issuer + request.url.path, request.headers, one, fields)


def _one_authentication(header: str, fields: Mapping[str, str]) -> None:
    """A Basic header must be readable and the only way the client authenticates (RFC 6749 2.3)."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return
    try:
        base64.b64decode(value.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise InvalidClientError(status_code=401, description="The Authorization header cannot be read.") from None
    if "client_secret" in fields or "client_assertion" in fields:
        raise InvalidRequestError("The client authenticated in two ways at once.")


async def json_request(issuer: str, request: Request) -> Any:
    """A JSON request for Authlib's registration classes. Raises InvalidRequestError."""
    out = JsonRequest(request.method, issuer + request.url.path, request.headers)
    out.payload = JsonBody(await read_json(request) if request.method in ("POST", "PUT") else {})
    return out


async def read_json(request: Request) -> dict[str, Any]:
    """The JSON object of a body. Raises InvalidRequestError."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise InvalidRequestError("The body must be application/json.")
    try:
        return strict_json.parse_object(await read_body(request))
    except strict_json.JsonFault:
        raise InvalidRequestError("The body is not a JSON object.") from None


def reply(status: int, body: object, headers: Iterable[tuple[str, str]]) -> Response:
    """Authlib's answer as a Starlette one; a redirect is always 303, so that a POST is never repeated (RFC 9700 4.12)."""
    named = {**NO_STORE, **dict(headers)}
    if status == 302:
        status = 303
    if isinstance(body, dict):
        named.pop("Content-Type", None)
        return JSONResponse(body, status, named)
    return Response(str(body or ""), status, named)


def refusal(error: OAuth2Error) -> Response:
    """The JSON answer of an error (RFC 6749 5.2)."""
    return reply(*error())
