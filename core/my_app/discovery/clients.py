"""The client a profile signs in as: its secret or key, and the key its tokens are bound to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from my_app.errors import SettingsFault, Unsupported, WrongCredentials
from my_app.model import Profile, Record
from my_app.oauth.client_auth import Client
from my_app.ports import Clock, Entropy
from my_app.providers import preset
from my_app.secret import Secret

if TYPE_CHECKING:
    from my_app.oauth.dpop import Prover
    from my_app.oauth.metadata import ServerMetadata

KeyFile = Callable[[str], bytes]
"""Reads the file ``client_key`` names. Raises SettingsFault, UnsafeFile, DiskFault."""


class Clients:
    """Makes clients of profiles; safe from any thread. Nonces of servers are remembered per key while it lives.

    Constructor: ``Clients(clock, key_file)``; without ``key_file`` private keys are refused.
    """

    def __init__(self, clock: Clock, key_file: KeyFile | None = None) -> None:
        self._clock = clock
        self._key_file = key_file
        self._guard = threading.Lock()
        self._nonces: dict[str, dict[str, str]] = {}

    def of(self, profile: Profile, record: Record | None, *, dpop_key: Secret | None = None) -> Client:
        """The client with its secret, or the private key its ``client_key`` names.

        ``dpop_key``: the key its tokens are to be bound to (``proof_key``). Raises SettingsFault, UnsafeFile for a key
        file that others may read, WrongCredentials for a secret that has expired (RFC 7591 3.2.1), Unsupported.
        """
        client = client_of(profile, record.client_secret if record else None)
        if profile.client_key and profile.auth_method in (None, "private_key_jwt"):
            from my_app.jose.private_key import signing_key

            if self._key_file is None:
                raise Unsupported("Private key files are not read here.")
            client = replace(client, key=signing_key(self._key_file(profile.client_key)))
        elif record is not None and client.client_secret is not None:
            self._still_good(profile, record)
        return replace(client, prover=self.prover(dpop_key))

    def prover(self, dpop_key: Secret | None) -> Prover | None:
        """What makes proofs with that key (RFC 9449); None without one."""
        if dpop_key is None:
            return None
        from my_app.jose.private_key import signing_key
        from my_app.oauth.dpop import Prover

        key = signing_key(dpop_key.reveal().encode())
        with self._guard:
            nonces = self._nonces.setdefault(key.thumbprint(), {})
        return Prover(key, nonces)

    def _still_good(self, profile: Profile, record: Record) -> None:
        end = (record.registration or {}).get("client_secret_expires_at")
        if isinstance(end, datetime) and end <= self._clock.now():
            name = profile.name
            raise WrongCredentials(
                f"The client secret of “{name}” expired on {end:%Y-%m-%d}.",
                hint=f"Get a new one with: my-app rotate {name}",
            )


def client_of(profile: Profile, client_secret: Secret | None) -> Client:
    """The client as the profile sets it. Raises SettingsFault without a client id, Unsupported for mutual TLS."""
    if not profile.client_id:
        raise SettingsFault(
            f"The profile “{profile.name}” has no client id.", hint=f"Set one with: my-app profile set {profile.name} client_id=ID"
        )
    if profile.client_cert or (profile.auth_method or "").endswith("tls_client_auth"):
        raise Unsupported(
            "Signing in with a client certificate (mutual TLS) is not supported.",
            hint=f"Use a private key: my-app profile set {profile.name} auth_method=private_key_jwt client_key=FILE",
        )
    usual = preset(profile.provider).secret_method if client_secret and not profile.client_key else None
    return Client(
        client_id=profile.client_id,
        client_secret=client_secret,
        auth_method=profile.auth_method or usual,
        audience=profile.assertion_audience,
    )


def proof_key(profile: Profile, record: Record | None, metadata: ServerMetadata, entropy: Entropy) -> Secret | None:
    """The private JWK to bind tokens to: the record's, else a new one; None when the profile does not ask for DPoP.

    Raises Unsupported when the server lists no algorithm that is in use here.
    """
    if not profile.dpop:
        return None
    if record is not None and record.dpop_key is not None:
        return record.dpop_key
    from my_app.jose.make import make_key
    from my_app.oauth.dpop import ALGORITHMS

    listed = metadata.dpop_algorithms
    for algorithm in ALGORITHMS:
        if not listed or algorithm in listed:
            return make_key(algorithm, entropy=entropy).private_jwk()
    raise Unsupported(
        "The provider's algorithms for proof of possession (DPoP) are not known here.",
        hint=f"Sign in without it: my-app profile set {profile.name} dpop=false",
    )
