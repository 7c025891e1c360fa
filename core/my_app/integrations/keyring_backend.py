"""A keyring backend that answers with the valid token of a profile, for pip, twine, uv and the like.

The profile is named by the service ``my-app:NAME``, or found by its API URL. Read only: saving and deleting are
left to other backends, and nothing here ever raises, since one raising backend hides all behind it.
"""

from __future__ import annotations

from typing import ClassVar

from keyring.backend import KeyringBackend
from keyring.credentials import Credential, SimpleCredential

USER = "__token__"
"""User name offered where the asker names none."""


class MyAppKeyring(KeyringBackend):
    """``get_password("my-app:work", "any")`` gives the token of profile ``work``."""

    # Below 1, so keyring takes it by itself only where nothing else is usable.
    priority: ClassVar[float] = 0.5

    def get_password(self, service: str, username: str) -> str | None:
        """The token, or None for anything that is not ours or cannot be had now."""
        from my_app.errors import MyAppError

        try:
            return _token(service)
        except MyAppError:
            return None

    def get_credential(self, service: str, username: str | None) -> Credential | None:
        """User name and token; the name asked for, else ``__token__``."""
        token = self.get_password(service, username or USER)
        return SimpleCredential(username or USER, token) if token is not None else None

    def set_password(self, service: str, username: str, password: str) -> None:
        """Raises NotImplementedError, which lets keyring go on to the next backend."""
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        """Raises NotImplementedError, which lets keyring go on to the next backend."""
        raise NotImplementedError


def _token(service: str) -> str | None:
    import os

    from my_app.auth import AuthClient
    from my_app.wiring import open_services

    environ = {**os.environ, "MY_APP_NO_INPUT": "1"}
    if service.startswith("my-app:"):
        return AuthClient(service.removeprefix("my-app:"), environ=environ).get_access_token()
    if not service.startswith(("https://", "http://")):
        return None
    asked = service.rstrip("/") + "/"
    fitting = [
        row.name
        for row in open_services(environ).accounts.overview().accounts
        if row.profile.api_url and asked.startswith(row.profile.api_url.rstrip("/") + "/")
    ]
    if len(fitting) != 1:
        return None
    client = AuthClient(fitting[0], environ=environ)
    return client.get_access_token() if client.source.may_go(service) else None
