"""Token answers in Slack's envelope (Slack: methods oauth.v2.access and oauth.v2.user.access, "Using token rotation")."""

from __future__ import annotations


def unwrapped(members: dict[str, object]) -> dict[str, object]:
    """The members a token is read from: those of ``authed_user`` where only the person got one; others unchanged.

    ``user`` and ``bot``, which say whose token it is, are bearer tokens. An envelope that is not ``ok`` is a refusal
    and never gets here.
    """
    if members.get("ok") is not True:
        return members
    user = members.get("authed_user")
    if "access_token" not in members and isinstance(user, dict):
        members = user
    return {**members, "token_type": "Bearer"} if members.get("token_type") in ("user", "bot") else members
