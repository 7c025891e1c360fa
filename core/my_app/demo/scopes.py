"""The scopes of the demo and what they say to the person who is asked."""

from __future__ import annotations

from typing import Final

IDENTITY: Final = {
    "openid": "Know who you are",
    "profile": "See your name",
    "email": "See your e-mail address",
    "offline_access": "Stay signed in while you are away",
}
"""Scopes about the person (OIDC Core 5.4)."""

API: Final = {
    "files:read": "Read your files",
    "files:write": "Upload and delete files",
    "vms:read": "List virtual machines",
    "vms:write": "Create virtual machines",
    "databases:read": "List databases",
    "databases:write": "Create databases",
    "deployments:read": "List deployments",
    "deployments:write": "Deploy services",
    "data:read": "Read data",
    "keys:manage": "Create and delete API keys",
}
"""Scopes of the demo API."""

ALL: Final = {**IDENTITY, **API}

AUDIENCE: Final = "api://demo"
"""The ``aud`` of access tokens when the client names no resource (RFC 9068 3)."""


def split(scope: str | None) -> tuple[str, ...]:
    """The scopes of a space separated list, each once, in order (RFC 6749 3.3)."""
    return tuple(dict.fromkeys((scope or "").split()))
