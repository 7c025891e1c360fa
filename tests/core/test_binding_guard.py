"""D6: an edited config.toml never sends a stored secret elsewhere, not even before its first use."""

from __future__ import annotations

from dataclasses import replace

import pytest

from my_app.binding import binding_of, check_settings
from my_app.errors import BindingChanged
from my_app.model import Kind, Profile, Record
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


def test_what_was_set_when_the_secret_was_stored_is_taken() -> None:
    """Endpoints set by hand from the start, and settings that send nothing secret, are no change."""
    by_hand = replace(STORED, endpoints={"revocation": "https://other.test/revoke"})
    check_settings(by_hand, replace(RECORD, binding=binding_of(by_hand)))
    check_settings(STORED, RECORD)
    check_settings(replace(STORED, api_url="https://api.test", scopes=("a",)), RECORD)
