"""The authorization request and its answer (RFC 6749 4.1, RFC 7636, RFC 9207): one pending login judges its own callback."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

from my_app.errors import AccessDenied, BadAnswer, BadMetadata, IssuerMismatch, ServerRefused, StateMismatch, UsageFault
from my_app.oauth.client_auth import Client
from my_app.oauth.metadata import ServerMetadata
from my_app.oauth.pkce import code_challenge, code_verifier
from my_app.secret import Secret
from my_app.text import clean, host_of
from my_app.urls import checked_url

ENTROPY: Final = 96
"""Random bytes a pending login needs: 32 each for state, nonce and verifier."""
MAX_CODE: Final = 8192
_OURS: Final = frozenset(
    {
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "resource",
        "dpop_jkt",
        "request_uri",
    }
)
_ONCE: Final = ("code", "state", "iss", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationCode:
    """A code that came back for its own login; only ``PendingLogin.accept`` and the challenge endpoint make one."""

    code: Secret
    code_verifier: Secret
    redirect_uri: str | None
    """None: the code came without a redirect (first-party challenge)."""
    nonce: str | None


class PendingLogin:
    """One login that waits for its callback: issuer, redirect URI, state, nonce and verifier as one record (R3)."""

    def __init__(
        self,
        *,
        url: str,
        redirect_uri: str,
        state: str,
        nonce: str | None,
        verifier: Secret,
        issuer: str | None,
        iss_promised: bool,
        parameters: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.url = url
        self.parameters = parameters
        self.redirect_uri = redirect_uri
        self.nonce = nonce
        self._state = state
        self._verifier = verifier
        self._issuer = issuer
        self._iss_promised = iss_promised
        self._spent = False

    def __repr__(self) -> str:
        return f"PendingLogin({self.redirect_uri})"

    def accept(self, callback: str) -> AuthorizationCode:
        """Judge a callback URL, path with query, or pasted address; good once (A3, L8 to L10, L13, R1, R2).

        Raises StateMismatch (keep waiting), IssuerMismatch, AccessDenied, ServerRefused, BadAnswer.
        """
        found = _parameters(callback)
        if "state" not in found and not any(name in found for name in _ONCE):
            raise StateMismatch(
                "That is not the address of a finished sign-in.", hint="Paste the whole address of the page the browser ended on."
            )
        if self._spent or not hmac.compare_digest(found.get("state", "").encode(), self._state.encode()):
            raise StateMismatch(
                "That answer belongs to another sign-in.",
                hint="Use the page this sign-in opened; nobody else may ask you for its address.",
            )
        self._check_issuer(found)
        error, code = found.get("error"), found.get("code")
        if error is not None and code is not None:
            raise BadAnswer("The answer holds a code and an error at once.")
        if error is not None:
            self._spent = True
            raise _refusal(error, found.get("error_description"), self._issuer)
        if not code or len(code) > MAX_CODE:
            raise BadAnswer("The answer holds no usable code.")
        self._spent = True
        return AuthorizationCode(code=Secret(code), code_verifier=self._verifier, redirect_uri=self.redirect_uri, nonce=self.nonce)

    def _check_issuer(self, found: Mapping[str, str]) -> None:
        received = found.get("iss")
        if received is None:
            if self._iss_promised:
                raise IssuerMismatch(
                    "The answer names no issuer although the provider promises it.", expected=self._issuer, received=None
                )
        elif self._issuer is not None and received != self._issuer:
            raise IssuerMismatch(
                f"The answer comes from {clean(received, 120)}, not from {clean(self._issuer, 120)}.",
                hint="Nothing was sent. Start the sign-in again.",
                expected=self._issuer,
                received=clean(received, 120),
            )


def begin(
    metadata: ServerMetadata,
    client: Client,
    *,
    redirect_uri: str,
    scopes: tuple[str, ...],
    entropy: bytes,
    resources: tuple[str, ...] = (),
    extra: Mapping[str, str] | None = None,
    nonce: bool | None = None,
    scope_parameter: str = "scope",
    scope_separator: str = " ",
) -> PendingLogin:
    """A pending login and the URL to open. ``nonce`` None: sent when ``openid`` is asked (A4).

    Raises Unsupported without an authorization endpoint, BadMetadata for one that may not be opened (A6), UsageFault
    for a scope that holds the separator.
    """
    if len(entropy) < ENTROPY:
        raise ValueError("a pending login needs 96 random bytes")
    endpoint = checked_url(metadata.endpoint("authorization"), what="authorization endpoint")
    state = _token(entropy[:32])
    wanted_nonce = _token(entropy[32:64]) if (nonce if nonce is not None else "openid" in scopes) else None
    verifier = code_verifier(entropy[64:96])
    query: list[tuple[str, str]] = [("response_type", "code"), ("client_id", client.client_id), ("redirect_uri", redirect_uri)]
    if scopes:
        query.append((scope_parameter, _joined(scopes, scope_separator)))
    query += [("state", state), ("code_challenge", code_challenge(verifier)), ("code_challenge_method", "S256")]
    if wanted_nonce:
        query.append(("nonce", wanted_nonce))
    query += [("resource", resource) for resource in resources]
    if client.prover is not None:
        query.append(("dpop_jkt", client.prover.thumbprint))
    query += [(name, value) for name, value in (extra or {}).items() if name not in (*_OURS, scope_parameter)]
    url = f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"
    if len(url) > 8192:
        raise BadMetadata("The sign-in address is too long to be opened.")
    return PendingLogin(
        url=url,
        redirect_uri=redirect_uri,
        state=state,
        nonce=wanted_nonce,
        verifier=verifier,
        issuer=metadata.issuer,
        iss_promised=metadata.iss_parameter,
        parameters=tuple(query),
    )


def _joined(scopes: tuple[str, ...], separator: str) -> str:
    if torn := next((scope for scope in scopes if separator in scope), None):
        raise UsageFault(
            f"The scope “{clean(torn, 60)}” holds “{separator}”, which stands between scopes at this provider.",
            hint="Name each scope on its own: --scope A --scope B",
        )
    return separator.join(scopes)


def _parameters(callback: str) -> dict[str, str]:
    """The query of a callback; each parameter that matters at most once (L9). Raises BadAnswer, StateMismatch."""
    if len(callback) > 4 * MAX_CODE:
        raise BadAnswer("That address is too long.")
    query = callback.strip().split("#", 1)[0].partition("?")[2] or ("" if "/" in callback else callback.strip())
    found: dict[str, str] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100, errors="strict")
    except (ValueError, UnicodeDecodeError):
        raise BadAnswer("That answer cannot be read.") from None
    for name, value in pairs:
        if name in _ONCE and name in found:
            raise BadAnswer(f"The answer holds {name} twice.")
        found[name] = value
    return found


def _refusal(error: str, description: str | None, issuer: str | None) -> AccessDenied | ServerRefused:
    host = host_of(issuer) if issuer else "The provider"
    because = f": {clean(description, 160).rstrip('. ')}" if description else ""
    if error == "access_denied":
        return AccessDenied(f"Sign-in was denied at {host}{because}.", hint="Sign in again and choose Allow.", error=error)
    return ServerRefused(
        f"{host} refused the sign-in ({clean(error, 60)}){because}.",
        hint="Check scopes and client settings.",
        error=clean(error, 60),
    )


def _token(entropy: bytes) -> str:
    return base64.urlsafe_b64encode(entropy).rstrip(b"=").decode("ascii")
