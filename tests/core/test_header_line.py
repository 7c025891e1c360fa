"""The header line that is copied or printed is the one that is sent."""

from dataclasses import replace

import pytest

from my_app.calls.api import credential_header, header_line
from my_app.model import AccessToken, Profile
from my_app.secret import Secret

TOKEN = AccessToken(profile="w", value=Secret("t0k"), token_type="Bearer", expires_at=None, scopes=(), source="cache")


@pytest.mark.parametrize(
    ("header", "prefix", "token_type", "line"),
    [
        (None, None, "Bearer", "Authorization: Bearer t0k"),
        (None, None, "DPoP", "Authorization: DPoP t0k"),
        (None, "Token", "Bearer", "Authorization: Token t0k"),
        ("X-Api-Key", None, "Bearer", "X-Api-Key: t0k"),
        ("X-Api-Key", "key", "Bearer", "X-Api-Key: key t0k"),
    ],
)
def test_the_line_follows_header_prefix_and_type(header: str | None, prefix: str | None, token_type: str, line: str) -> None:
    """Whatever the profile says of header and prefix holds for printing, copying and sending alike."""
    profile, token = Profile(name="w", header=header, prefix=prefix), replace(TOKEN, token_type=token_type)
    assert header_line(profile, token) == line
    assert list(credential_header(profile, token).values()) == [line.split(": ", 1)[1]]
