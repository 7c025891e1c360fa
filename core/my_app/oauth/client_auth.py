"""How a client shows who it is at the token endpoint (RFC 6749 2.3, RFC 7523 2.2, OpenID Connect Core 9)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote_plus, urlencode

from my_app.errors import SettingsFault, Unsupported
from my_app.oauth.exchange import Request, Tick, Wire
from my_app.oauth.metadata import ServerMetadata
from my_app.secret import Secret
from my_app.text import clean

if TYPE_CHECKING:
    from my_app.jose.keys import Key
    from my_app.oauth.dpop import Prover

METHODS: Final = ("none", "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt")
Form = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A registered client, as far as its authentication goes."""

    client_id: str
    client_secret: Secret | None = None
    auth_method: str | None = None
    """None: ``private_key_jwt`` with a key, ``none`` without a secret, else what the metadata suggests, basic first."""
    key: Key | None = None
    """Private key of ``private_key_jwt``."""
    audience: str | None = None
    """``aud`` of assertions: ``token`` is the token endpoint, ``issuer`` or None the issuer, else the text itself."""
    prover: Prover | None = None
    """Makes DPoP proofs for the token endpoint (RFC 9449 5); None: bearer tokens."""

    def method(self, metadata: ServerMetadata) -> str:
        """The one way used (C1). Raises Unsupported, SettingsFault."""
        wanted = self.auth_method
        if wanted is None:
            return self._likely(metadata)
        if wanted not in METHODS:
            raise Unsupported(
                f"The client authentication method “{clean(wanted, 40)}” is not known here.",
                hint=f"Use one of: {', '.join(METHODS)}.",
            )
        if wanted == "private_key_jwt":
            if self.key is None:
                raise SettingsFault(
                    "The method private_key_jwt needs a private key.",
                    hint="Name its file: my-app profile set NAME client_key=FILE",
                )
        elif wanted != "none" and self.client_secret is None:
            raise SettingsFault(
                f"The method {wanted} needs a client secret.",
                hint="Give one with: my-app profile add NAME ... --client-secret-stdin",
            )
        return wanted

    def _likely(self, metadata: ServerMetadata) -> str:
        if self.key is not None:
            return "private_key_jwt"
        if self.client_secret is None:
            return "none"
        known = metadata.auth_methods
        return (
            "client_secret_post" if "client_secret_post" in known and "client_secret_basic" not in known else "client_secret_basic"
        )


def post(
    metadata: ServerMetadata,
    client: Client,
    url: str,
    form: Form,
    *,
    purpose: str,
    headers: Mapping[str, str] | None = None,
) -> Request:
    """A form POST of ``client`` to ``url``, authenticated once; nothing secret in the URL (T1)."""
    method = client.method(metadata)
    head = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded", **(headers or {})}
    fields = list(form)
    if method == "client_secret_basic" and client.client_secret is not None:
        head["authorization"] = basic(client.client_id, client.client_secret)
    else:
        fields.append(("client_id", client.client_id))
        if method == "client_secret_post" and client.client_secret is not None:
            fields.append(("client_secret", client.client_secret.reveal()))
    if method in ("client_secret_jwt", "private_key_jwt"):
        return Request(build=_asserting(metadata, client, method, url, head, fields), purpose=purpose)
    wire = Wire(method="POST", url=url, headers=head, body=urlencode(fields).encode("ascii"))

    def build(tick: Tick) -> Wire:
        return wire

    return Request(build=build, purpose=purpose)


def _asserting(
    metadata: ServerMetadata, client: Client, method: str, url: str, head: Mapping[str, str], fields: list[tuple[str, str]]
) -> Callable[[Tick], Wire]:
    """Signs a new assertion whenever the request leaves (C3)."""
    from my_app.oauth.client_assertion import TYPE, assertion, fitted, secret_key

    if method == "client_secret_jwt":
        key = secret_key(client.client_secret or Secret(""))
    elif client.key is not None:
        key = fitted(client.key, metadata.auth_signing_algorithms)
    audience = client.audience if client.audience not in (None, "issuer") else metadata.issuer
    if audience in (None, "token"):
        audience = metadata.endpoints.get("token", url)

    def build(tick: Tick) -> Wire:
        signed = assertion(client.client_id, key, audience, tick)
        whole = [*fields, ("client_assertion_type", TYPE), ("client_assertion", signed)]
        return Wire(method="POST", url=url, headers=head, body=urlencode(whole).encode("ascii"))

    return build


def basic(client_id: str, client_secret: Secret) -> str:
    """The Basic header; both parts form-encoded first (RFC 6749 2.3.1)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(client_secret.reveal())}"
    return "Basic " + base64.b64encode(pair.encode("ascii")).decode("ascii")
