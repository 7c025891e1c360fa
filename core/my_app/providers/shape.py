"""What a preset says of one provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from my_app.model import Flow


@dataclass(frozen=True, slots=True, kw_only=True)
class UserinfoIdentity:
    """A plain request that tells who signed in, for providers without ID tokens."""

    url: str
    sub: str
    """Member of the JSON answer that identifies the account."""
    username: str
    """Member that names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One provider's ways."""

    key: str
    title: str
    about: str
    """A line for the list a person chooses from."""
    issuer: str | None = None
    """May hold ``{tenant}``."""
    scopes: tuple[str, ...] = ()
    flows: tuple[Flow, ...]
    """Flows that work there; the first is preferred where nothing speaks against it."""
    endpoints: Mapping[str, str]
    """Endpoints that win over discovery, by metadata name without ``_endpoint``; may hold ``{tenant}``."""
    needs: tuple[str, ...] = ()
    """Profile fields a person has to give: ``issuer``, ``client_id``, ``token_url`` ..., and ``client_secret``."""
    tenant_label: str = "Tenant"
    """What the provider calls the value of ``{tenant}``."""
    tenant_pattern: str | None = None
    """What the value has to match from end to end; None: there is no ``{tenant}``."""
    tenant_example: str = ""
    """A value that matches, shown beside the question."""
    tenant_host: str | None = None
    """``{tenant}.okta.com``: the tenant is a host. A name without a dot is put in here; a pasted address counts as its host."""
    tenant_hint: str = ""
    """Where a person finds the value, or what it may not be."""
    issuer_example: str = ""
    """An issuer as this provider spells it, where a person has to type it."""
    authorize_params: Mapping[str, str]
    scope_parameter: str = "scope"
    """Parameter of the authorization request the scopes go into."""
    scope_separator: str = " "
    """What stands between scopes in the authorization request."""
    redirect_uri: str | None = None
    """Redirect URI to register, where the provider compares the port too or knows only ``localhost``."""
    secret_method: str | None = None
    """How a client secret is sent when there is one; None: as the metadata suggests."""
    assertion_audience: str | None = None
    """``aud`` of client assertions: ``token`` where the provider wants its token endpoint; None: the issuer."""
    nonce: bool = True
    """Whether ``openid`` means an ID token there."""
    userinfo_identity: UserinfoIdentity | None = None
    api_url: str | None = None
    """Base of the provider's API; may hold ``{tenant}``."""
    tokens_page: str | None = None
    """Page where the person sees and ends what was granted."""
    console_url: str | None = None
    """Page where a client is registered."""
    notes: str = ""
    checked: str
    """Month in which the documentation was last read."""
