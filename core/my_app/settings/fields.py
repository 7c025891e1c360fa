"""The settings of a profile by option name: how each is read, checked and named (CONTRACT, Files)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from my_app.errors import BadMetadata
from my_app.model import Flow
from my_app.settings import Where
from my_app.settings.faults import kind_of_value, nearest, secret_fault
from my_app.text import clean
from my_app.urls import UrlFault, checked_url, parse

LONGEST_VALUE: Final = 4096
AUTH_METHODS: Final = (
    "none",
    "client_secret_basic",
    "client_secret_post",
    "client_secret_jwt",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
)
ENDPOINTS: Final = (
    "authorization",
    "token",
    "device_authorization",
    "revocation",
    "introspection",
    "userinfo",
    "jwks",
    "end_session",
    "registration",
    "authorization_challenge",
    "pushed_authorization_request",
)
"""Names ``endpoint`` may override: metadata names without ``_endpoint`` (RFC 8414 2)."""
DIRECT: Final = ("challenge", "auth0", "okta")
"""Dialects of terminal sign-in."""
SECRETS: Final = frozenset(
    {
        "access_token",
        "api_key",
        "api_token",
        "client_assertion",
        "client_secret",
        "code",
        "code_verifier",
        "id_token",
        "otp",
        "passphrase",
        "password",
        "private_key",
        "refresh_token",
        "secret",
        "token",
        "totp",
        "totp_seed",
        "vault_key",
    }
)
"""Keys whose value would be a secret; refused in ``config.toml`` (E2)."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_FRAMING: Final = frozenset({"host", "content-length", "transfer-encoding", "connection", "cookie", "te", "upgrade"})
_SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class ProfileOption:
    """One option of ``profile add``, as it stands in the file."""

    field: str
    """Its name in Profile."""
    read: Callable[[object, Where], object]
    """The checked value. Raises SettingsFault."""
    many: str = ""
    """Separator when given as one text: ``" "`` or ``","``; ``"="`` for a table; empty for a single value."""


def text_value(value: object, where: Where) -> str:
    """A text of one line without control characters (N4)."""
    if not isinstance(value, str):
        raise where.fault(f"must be a text in quotes, not {kind_of_value(value)}")
    if not value:
        raise where.fault("is empty", hint="Give it a value or remove the line.")
    if len(value) > LONGEST_VALUE:
        raise where.fault(f"is longer than {LONGEST_VALUE} characters")
    if _CONTROL.search(value):
        raise where.fault("holds a line break or another control character")
    return value


def url_value(value: object, where: Where) -> str:
    """An https URL, or http to a loopback address literal (N2)."""
    text = text_value(value, where)
    try:
        parse(text)
    except UrlFault as fault:
        raise where.fault(f"is not a usable address: {fault}") from None
    return text


def issuer_value(value: object, where: Where) -> str:
    """An issuer identifier: a URL without query and fragment (RFC 8414 2, D7)."""
    text = url_value(value, where)
    if "?" in text:
        raise where.fault("is not an issuer: it holds a query (?)")
    return text


def _redirect_value(value: object, where: Where) -> str:
    text = text_value(value, where)
    # Some providers register the name "localhost" only; no secret is ever sent to a redirect URI.
    try:
        checked_url(re.sub(r"^http://localhost(?=[:/]|$)", "http://127.0.0.1", text), what="redirect URI")
    except BadMetadata:
        raise where.fault("is not a redirect URI: https, or http to 127.0.0.1, [::1] or localhost") from None
    return text


def _word_value(value: object, where: Where) -> str:
    text = text_value(value, where)
    if not _WORD.fullmatch(text):
        raise where.fault("must be one word of letters, digits, dot, dash and underscore")
    return text


def _flow_value(value: object, where: Where) -> Flow:
    text = text_value(value, where)
    try:
        return Flow(text)
    except ValueError:
        raise where.fault(f"must be one of {', '.join(Flow)}{nearest(text, tuple(Flow))}") from None


def _method_value(value: object, where: Where) -> str:
    text = text_value(value, where)
    if text not in AUTH_METHODS:
        raise where.fault(f"must be one of {', '.join(AUTH_METHODS)}{nearest(text, AUTH_METHODS)}")
    return text


def _direct_value(value: object, where: Where) -> str:
    text = text_value(value, where)
    if text not in DIRECT:
        raise where.fault(f"must be one of {', '.join(DIRECT)}{nearest(text, DIRECT)}")
    return text


def _bool_value(value: object, where: Where) -> bool:
    if value in (True, False, "true", "false"):
        return value in (True, "true")
    raise where.fault("must be true or false")


def _header_value(value: object, where: Where) -> str:
    text = text_value(value, where)
    if not _HEADER.fullmatch(text) or text.lower() in _FRAMING:
        raise where.fault("is not a header name a key can go into")
    return text


def _prefix_value(value: object, where: Where) -> str:
    text = text_value(value, where)
    if not text.isascii():
        raise where.fault("may only hold ASCII characters")
    return text


def _list_of(one: Callable[[object, Where], object], value: object, where: Where) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise where.fault(f"must be a list in square brackets, not {kind_of_value(value)}")
    return tuple(dict.fromkeys(one(member, where) for member in value))


def _scopes(value: object, where: Where) -> tuple[object, ...]:
    def one(member: object, where: Where) -> str:
        text = text_value(member, where)
        if not _SCOPE.fullmatch(text):
            raise where.fault(f"holds “{clean(text, 60)}”, which is not one scope (no spaces, quotes or backslashes)")
        return text

    return _list_of(one, value, where)


def _resources(value: object, where: Where) -> tuple[object, ...]:
    def one(member: object, where: Where) -> str:
        text = text_value(member, where)
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s#]+", text):
            raise where.fault(f"holds “{clean(text, 60)}”, which is not an absolute URI without fragment (RFC 8707)")
        return text

    return _list_of(one, value, where)


def _ports(value: object, where: Where) -> tuple[object, ...]:
    def one(member: object, where: Where) -> int:
        if not isinstance(member, int) or isinstance(member, bool) or not 1 <= member <= 65535:
            raise where.fault("may only hold whole numbers from 1 to 65535")
        return member

    return _list_of(one, value, where)


def _table(value: object, where: Where) -> dict[str, object]:
    if not isinstance(value, Mapping):
        raise where.fault(f"must be a table, not {kind_of_value(value)}")
    return {str(name): member for name, member in value.items()}


def _parameters(value: object, where: Where) -> dict[str, str]:
    out = {}
    for name, member in _table(value, where).items():
        inner = where.at(name)
        if name.lower() in SECRETS:
            raise secret_fault(inner)
        out[text_value(name, inner)] = text_value(member, inner)
    return out


def _endpoints(value: object, where: Where) -> dict[str, str]:
    out = {}
    for name, member in _table(value, where).items():
        inner = where.at(name)
        short = name.removesuffix("_endpoint").removesuffix("_uri")
        if short not in ENDPOINTS:
            raise inner.fault(f"is not an endpoint{nearest(short, ENDPOINTS)}", hint=f"Known ones: {', '.join(ENDPOINTS)}.")
        out[short] = url_value(member, inner)
    return out


def _rotation(value: object, where: Where) -> dict[str, object]:
    from my_app.recipes import read_rotation  # only who rotates by settings pays for it

    return read_rotation(_table(value, where), where)


PROFILE_OPTIONS: Final[Mapping[str, ProfileOption]] = {
    "provider": ProfileOption("provider", _word_value),
    "tenant": ProfileOption("tenant", text_value),
    "issuer": ProfileOption("issuer", issuer_value),
    "token_url": ProfileOption("token_url", url_value),
    "authorization_url": ProfileOption("authorization_url", url_value),
    "device_url": ProfileOption("device_url", url_value),
    "client_id": ProfileOption("client_id", text_value),
    "client_key": ProfileOption("client_key", text_value),
    "client_cert": ProfileOption("client_cert", text_value),
    "auth_method": ProfileOption("auth_method", _method_value),
    "flow": ProfileOption("flow", _flow_value),
    "scope": ProfileOption("scopes", _scopes, " "),
    "resource": ProfileOption("resources", _resources, " "),
    "audience": ProfileOption("audience", text_value),
    "redirect_port": ProfileOption("redirect_ports", _ports, ","),
    "redirect_uri": ProfileOption("redirect_uri", _redirect_value),
    "authorize_param": ProfileOption("authorize_params", _parameters, "="),
    "endpoint": ProfileOption("endpoints", _endpoints, "="),
    "api_url": ProfileOption("api_url", url_value),
    "header": ProfileOption("header", _header_value),
    "prefix": ProfileOption("prefix", _prefix_value),
    "check_url": ProfileOption("check_url", url_value),
    "expect_account": ProfileOption("expect_account", text_value),
    "assertion_audience": ProfileOption("assertion_audience", text_value),
    "par": ProfileOption("par", _bool_value),
    "dpop": ProfileOption("dpop", _bool_value),
    "direct": ProfileOption("direct", _direct_value),
    "rotation": ProfileOption("rotation", _rotation, "="),
}
"""Option name (dashes as underscores) to how it is read, in the order they are written."""
