"""What an authorization server says of itself (RFC 8414, OpenID Connect Discovery 1.0), read strictly and used carefully."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from my_app.errors import BadMetadata, IssuerMismatch, MyAppError, NetworkUnavailable, RateLimited, ServerBusy, Unsupported
from my_app.oauth.answer import busy_of
from my_app.oauth.exchange import Exchange, Response, get
from my_app.strict_json import JsonFault, parse_object
from my_app.text import clean, host_of
from my_app.urls import UrlFault, checked_url, parse, reachable_from

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
"""Endpoint names as used here: the metadata member without ``_endpoint`` (``jwks_uri`` is ``jwks``)."""

_GETS_SECRETS: Final = frozenset(
    {
        "authorization",
        "token",
        "device_authorization",
        "revocation",
        "introspection",
        "userinfo",
        "jwks",
        "authorization_challenge",
        "pushed_authorization_request",
        "registration",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerMetadata:
    """Checked endpoints of one issuer, made only by ``discover`` and ``by_hand``."""

    issuer: str | None
    """Exactly as asked; None for a provider that was set by hand without one."""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    auth_methods: tuple[str, ...] = ()
    """``token_endpoint_auth_methods_supported``; often incomplete, only ever a hint."""
    iss_parameter: bool = False
    """The server promises ``iss`` in every authorization answer (RFC 9207 3)."""
    pkce_s256: bool | None = None
    """None: the metadata does not say. S256 is used in any case (A1)."""
    id_token_algorithms: tuple[str, ...] = ()
    grant_types: tuple[str, ...] = ()
    auth_signing_algorithms: tuple[str, ...] = ()
    """How client assertions may be signed (``token_endpoint_auth_signing_alg_values_supported``)."""
    par_required: bool = False
    """Authorization requests have to be pushed (RFC 9126 5)."""
    dpop_algorithms: tuple[str, ...] = ()
    """How DPoP proofs may be signed (RFC 9449 5.1); empty: the server does not say that it knows them."""
    warnings: tuple[str, ...] = ()

    def endpoint(self, name: str) -> str:
        """The endpoint's URL. Raises Unsupported naming the endpoint."""
        url = self.endpoints.get(name)
        if url is None:
            who = host_of(self.issuer) if self.issuer else "This provider"
            raise Unsupported(
                f"{who} names no {name.replace('_', ' ')} endpoint.",
                hint=f"If it has one, set it: my-app profile set NAME endpoint.{name}=URL",
                endpoint=name,
            )
        return url


def by_hand(issuer: str | None, endpoints: Mapping[str, str]) -> ServerMetadata:
    """Metadata of endpoints a person or preset set, each checked. Raises BadMetadata."""
    return ServerMetadata(
        issuer=issuer, endpoints={name: checked_url(url, what=f"{name} endpoint") for name, url in endpoints.items()}
    )


def well_known(issuer: str) -> tuple[str, str]:
    """The two places of a document: OpenID Connect appends, RFC 8414 3.1 inserts before the path (D1). Raises BadMetadata."""
    try:
        parts = parse(issuer)
    except UrlFault as fault:
        raise BadMetadata(
            f"The issuer “{clean(issuer, 80)}” cannot be used: {fault}.", hint="Type it as the provider documents it."
        ) from None
    if "?" in issuer:
        raise BadMetadata(f"The issuer “{clean(issuer, 80)}” cannot be used: it holds a query.")
    path = parts.path.rstrip("/")
    base = issuer[: len(issuer) - len(parts.path)] if parts.path else issuer
    return f"{base}{path}/.well-known/openid-configuration", f"{base}/.well-known/oauth-authorization-server{path}"


def discover(issuer: str, overrides: Mapping[str, str]) -> Exchange[ServerMetadata]:
    """Read both documents, merge them, lay ``overrides`` over the endpoints.

    Raises BadMetadata, IssuerMismatch (D2), NetworkUnavailable, ServerBusy, RateLimited.
    """
    documents: list[dict[str, object]] = []
    problems: list[MyAppError] = []
    for url in well_known(issuer):
        try:
            response = yield get(url, purpose="discovery")
            documents.append(_document(response, issuer))
        except IssuerMismatch as mismatch:
            if not documents:
                raise
            problems.append(mismatch)
        except (NetworkUnavailable, RateLimited, ServerBusy, BadMetadata) as problem:
            problems.append(problem)
            if isinstance(problem, NetworkUnavailable) and not documents:
                raise
    if not documents:
        raise problems[0]
    return _merged(issuer, documents, overrides)


def _document(response: Response, issuer: str) -> dict[str, object]:
    host = host_of(issuer)
    if (busy := busy_of(response, host)) is not None:
        raise busy
    if response.status != 200:
        raise BadMetadata(
            f"{host} has no discovery document (HTTP {response.status}).",
            hint="Check the issuer URL, or set the endpoints by hand (--token-url, --authorization-url).",
            status=response.status,
        )
    try:
        document = parse_object(response.body)
    except JsonFault as fault:
        raise BadMetadata(
            f"The discovery document of {host} cannot be read: {fault}.",
            hint="Check the issuer URL: this address answers with something else.",
        ) from None
    named = document.get("issuer")
    if named != issuer:
        shown = clean(named, 120) if isinstance(named, str) else "none"
        raise IssuerMismatch(
            f"Asked for the issuer {clean(issuer, 120)}, but the document names {shown}.",
            hint="If that is the provider you mean, use its issuer exactly as it names itself.",
            expected=issuer,
            received=shown,
        )
    return document


def _merged(issuer: str, documents: list[dict[str, object]], overrides: Mapping[str, str]) -> ServerMetadata:
    merged: dict[str, object] = {}
    for document in reversed(documents):
        merged.update(document)
    endpoints: dict[str, str] = {}
    warnings: list[str] = []
    for name in ENDPOINTS:
        member = "jwks_uri" if name == "jwks" else f"{name}_endpoint"
        if name in overrides or member not in merged:
            continue
        try:
            endpoints[name] = _endpoint(issuer, merged[member], name)
        except BadMetadata as problem:
            if name in _GETS_SECRETS:
                raise
            warnings.append(problem.message)
    endpoints.update(by_hand(issuer, overrides).endpoints)
    methods = _texts(merged.get("code_challenge_methods_supported"))
    s256 = "S256" in methods if methods else None
    if s256 is False:
        warnings.append(f"{host_of(issuer)} does not list PKCE S256; it is used all the same.")
    return ServerMetadata(
        issuer=issuer,
        endpoints=endpoints,
        auth_methods=_texts(merged.get("token_endpoint_auth_methods_supported")),
        iss_parameter=merged.get("authorization_response_iss_parameter_supported") is True,
        pkce_s256=s256,
        id_token_algorithms=_texts(merged.get("id_token_signing_alg_values_supported")),
        grant_types=_texts(merged.get("grant_types_supported")),
        auth_signing_algorithms=_texts(merged.get("token_endpoint_auth_signing_alg_values_supported")),
        par_required=merged.get("require_pushed_authorization_requests") is True,
        dpop_algorithms=_texts(merged.get("dpop_signing_alg_values_supported")),
        warnings=tuple(warnings),
    )


def _endpoint(issuer: str, value: object, name: str) -> str:
    url = checked_url(value, what=f"{name.replace('_', ' ')} endpoint of {host_of(issuer)}")
    if not reachable_from(issuer, url):
        raise BadMetadata(
            f"{host_of(issuer)} names an address inside a private network as its {name.replace('_', ' ')} endpoint.",
            hint="Nothing was sent there. If it is right, set the endpoint by hand.",
        )
    return url


def _texts(value: object) -> tuple[str, ...]:
    return tuple(clean(item, 80) for item in value if isinstance(item, str)) if isinstance(value, list) else ()
