"""D6: an edited config.toml never sends a stored secret elsewhere, not even before its first use."""

from __future__ import annotations

from dataclasses import replace

import pytest

from my_app.binding import binding_of, check_settings
from my_app.calls.key import require_origin
from my_app.discovery import check_binding
from my_app.errors import BindingChanged
from my_app.model import Flow, Kind, Profile, Record
from my_app.oauth.metadata import ServerMetadata
from my_app.secret import Secret

STORED = Profile(name="svc", issuer="https://issuer.test", client_id="svc")
RECORD = Record(name="svc", kind=Kind.CLIENT_CREDENTIALS, binding=binding_of(STORED), client_secret=Secret("s"))


@pytest.mark.parametrize(
    "edited",
    [
        replace(STORED, token_url="https://evil.test/token"),
        replace(STORED, device_url="https://evil.test/device"),
        replace(STORED, endpoints={"revocation": "https://evil.test/revoke"}),
        replace(STORED, endpoints={"introspection": "https://evil.test/introspect"}),
        replace(STORED, issuer="https://evil.test"),
        replace(STORED, issuer=None, token_url="https://evil.test/token"),
        replace(STORED, client_id="other"),
    ],
)
def test_an_edit_before_the_first_use_is_refused(edited: Profile) -> None:
    """A secret that was never sent is bound to what the settings said when it was stored."""
    with pytest.raises(BindingChanged):
        check_settings(edited, RECORD)


BY_HAND = Profile(name="e", provider="oauth2", token_url="https://real.test/token", client_id="e")
HELD = Record(
    name="e", kind=Kind.OAUTH, binding=binding_of(BY_HAND), client_secret=Secret("s"), totp_seed=Secret("JBSWY3DPEHPK3PXP")
)


def test_an_issuer_that_comes_in_later_is_a_change() -> None:
    """A profile set by hand gets no issuer whose document could name endpoints of its own."""
    with pytest.raises(BindingChanged):
        check_settings(replace(BY_HAND, token_url=None, issuer="https://evil.test"), HELD)


@pytest.mark.parametrize("name", ["pushed_authorization_request", "device_authorization", "authorization_challenge", "revocation"])
def test_a_sign_in_sends_secrets_to_no_unbound_endpoint(name: str) -> None:
    """A document that names the real token endpoint cannot smuggle another endpoint beside it."""
    metadata = ServerMetadata(issuer=None, endpoints={"token": "https://real.test/token", name: "https://evil.test/x"})
    with pytest.raises(BindingChanged):
        check_binding(BY_HAND, HELD, metadata, every=True)


def test_the_bound_issuers_own_host_may_get_them() -> None:
    """Endpoints a bound issuer names on its own host beside a token endpoint set by hand are no change."""
    both = replace(BY_HAND, issuer="https://issuer.test")
    metadata = ServerMetadata(
        issuer="https://issuer.test", endpoints={"token": "https://real.test/token", "revocation": "https://issuer.test/revoke"}
    )
    check_binding(both, replace(HELD, binding=binding_of(both)), metadata, every=True)


def test_an_api_key_goes_nowhere_it_was_not_stored_for() -> None:
    """A check URL that is written in later gets nothing, also where none was known before."""
    key = Profile(name="k", provider="oauth2", flow=Flow.API_KEY)
    record = Record(name="k", kind=Kind.API_KEY, binding=binding_of(key), api_key=Secret("k"))
    with pytest.raises(BindingChanged):
        require_origin(replace(key, check_url="https://evil.test/steal"), record, "https://evil.test/steal")


def test_what_was_set_when_the_secret_was_stored_is_taken() -> None:
    """Endpoints set by hand from the start, and settings that send nothing secret, are no change."""
    by_hand = replace(STORED, endpoints={"revocation": "https://other.test/revoke"})
    check_settings(by_hand, replace(RECORD, binding=binding_of(by_hand)))
    check_settings(STORED, RECORD)
    check_settings(replace(STORED, api_url="https://api.test", scopes=("a",)), RECORD)
