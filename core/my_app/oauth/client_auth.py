"""How a client shows who it is at the token endpoint (RFC 6749 2.3, OpenID Connect Core 9)."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_plus, urlencode

from my_app.errors import SettingsFault, Unsupported
from my_app.oauth.exchange import Request, Tick, Wire
from my_app.oauth.metadata import ServerMetadata
from my_app.secret import Secret
from my_app.text import clean

METHODS: Final = ("none", "client_secret_basic", "client_secret_post")
Form = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A registered client, as far as its authentication goes."""

    client_id: str
    client_secret: Secret | None = None
    auth_method: str | None = None
    """None: ``none`` without a secret, else what the metadata suggests, basic first."""

    def method(self, metadata: ServerMetadata) -> str:
        """The one way used (C1). Raises Unsupported, SettingsFault."""
        if self.auth_method is not None:
            if self.auth_method not in METHODS:
                raise Unsupported(
                    f"The client authentication method “{clean(self.auth_method, 40)}” is not known here.",
                    hint=f"Use one of: {', '.join(METHODS)}.",
                )
            if self.auth_method != "none" and self.client_secret is None:
                raise SettingsFault(
                    f"The method {self.auth_method} needs a client secret.",
                    hint="Give one with: my-app profile add NAME ... --client-secret-stdin",
                )
            return self.auth_method
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
    wire = Wire(method="POST", url=url, headers=head, body=urlencode(fields).encode("ascii"))

    def build(tick: Tick) -> Wire:
        return wire

    return Request(build=build, purpose=purpose)


def basic(client_id: str, client_secret: Secret) -> str:
    """The Basic header; both parts form-encoded first (RFC 6749 2.3.1)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(client_secret.reveal())}"
    return "Basic " + base64.b64encode(pair.encode("ascii")).decode("ascii")
