"""The OS keyring: only the named ones, each call with a limit, every value proven by reading it back (S8, S9).

Linux speaks Secret Service directly. KWallet, the macOS Keychain and the Windows Credential
Locker are reached through keyring's backend classes, taken by class: what ``keyring`` itself
would choose, ``PYTHON_KEYRING_BACKEND``, ``keyringrc.cfg`` and ``KEYRING_PROPERTY_*`` are never
asked, so a plain text or null backend cannot slip in.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol, TypeVar

from my_app.adapters.secret_service import SERVICE, Absent, Dismissed, Failed, Locked, SecretService
from my_app.errors import KeyringUnavailable
from my_app.secret import Secret

T = TypeVar("T")
LIMIT: Final = 3.0
"""Seconds a call may take when nobody is asked."""
PROMPT_LIMIT: Final = 60.0
"""Seconds a call may take while the keyring asks the person."""
_OTHER_WAY: Final = "Unlock it and try again, or use a passphrase: set MY_APP_VAULT_PASSPHRASE_FILE."


class Backend(Protocol):
    """One named keyring; its methods may block, and raise the errors of ``secret_service``."""

    title: str

    def get(self, user: str, prompt: bool) -> str | None: ...
    def set(self, user: str, value: str, prompt: bool) -> None: ...
    def delete(self, user: str) -> None: ...


class SystemKeychain:
    """The Keychain of this machine (port in ``vaulting.py``)."""

    def __init__(self, *, limit: float = LIMIT, prompt_limit: float = PROMPT_LIMIT, platform: str = sys.platform) -> None:
        self._limit = limit
        self._prompt_limit = prompt_limit
        self._platform = platform
        self._found: Backend | None = None

    def name(self) -> str:
        """The keyring that would be used. Raises KeyringUnavailable."""
        return self._backend().title

    def get(self, user: str, *, prompt: bool = False) -> Secret | None:
        """The item's value, or None. Raises KeyringUnavailable."""
        backend = self._backend()
        value = self._within(lambda: backend.get(user, prompt), prompt)
        return None if value is None else Secret(value)

    def set(self, user: str, value: Secret, *, prompt: bool = False) -> None:
        """Store it and read it back. Raises KeyringUnavailable."""
        backend, text = self._backend(), value.reveal()
        self._within(lambda: backend.set(user, text, prompt), prompt)
        if self._within(lambda: backend.get(user, False), False) != text:
            raise KeyringUnavailable(f"{backend.title} did not keep what was stored in it.", hint=_OTHER_WAY)

    def delete(self, user: str) -> None:
        """Forget it. Raises KeyringUnavailable."""
        backend = self._backend()
        self._within(lambda: backend.delete(user), False)

    def _backend(self) -> Backend:
        if self._found is None:
            self._found = self._within(self._choose, False)
        return self._found

    def _choose(self) -> Backend:
        if self._platform == "darwin":
            return _named("keyring.backends.macOS", "Keyring", "macOS Keychain")
        if self._platform == "win32":
            return _named("keyring.backends.Windows", "WinVaultKeyring", "Windows Credential Locker")
        try:
            with SecretService(self._limit):
                return _SecretServiceBackend(self._limit, self._prompt_limit)
        except Absent:
            # The KWallet class needs dbus-python; without it the heavy package is not even imported.
            if importlib.util.find_spec("dbus") is None:
                raise
            return _named("keyring.backends.kwallet", "DBusKeyring", "KWallet")

    def _within(self, call: Callable[[], T], prompt: bool) -> T:
        """Run ``call`` on a thread that nobody waits for longer than the limit, at exit least of all."""
        limit = self._prompt_limit if prompt else self._limit
        outcome: list[T] = []
        fault: list[Exception] = []

        def work() -> None:
            try:
                outcome.append(call())
            except Exception as failure:  # noqa: BLE001 - handed to the caller below, which sorts it
                fault.append(failure)

        thread = threading.Thread(target=work, name="keyring", daemon=True)
        thread.start()
        thread.join(limit)
        if outcome:
            return outcome[0]
        match fault[0] if fault else TimeoutError():
            case KeyringUnavailable() as known:
                raise known
            case Absent() | ImportError():
                raise KeyringUnavailable("No keyring was found on this machine.", hint=_OTHER_WAY) from None
            case Locked():
                raise KeyringUnavailable("The keyring is locked.", hint=_OTHER_WAY) from None
            case Dismissed():
                raise KeyringUnavailable("The keyring stayed locked: its prompt was closed.", hint=_OTHER_WAY) from None
            case TimeoutError():
                raise KeyringUnavailable(f"The keyring did not answer within {limit:g} s.", hint=_OTHER_WAY) from None
            case Failed() | OSError():
                raise KeyringUnavailable("The keyring refused or broke off.", hint=_OTHER_WAY) from None
            case unknown:
                raise unknown


class _SecretServiceBackend:
    """A fresh connection for every call: a keyring that was restarted is found again."""

    title = "Secret Service"

    def __init__(self, limit: float, prompt_limit: float) -> None:
        self._limit = limit
        self._prompt_limit = prompt_limit

    def get(self, user: str, prompt: bool) -> str | None:
        """The secret, or None."""
        with SecretService(self._prompt_limit if prompt else self._limit) as service:
            return service.get(user, prompt=prompt)

    def set(self, user: str, value: str, prompt: bool) -> None:
        """Store it."""
        with SecretService(self._prompt_limit if prompt else self._limit) as service:
            service.set(user, value, prompt=prompt)

    def delete(self, user: str) -> None:
        """Forget it."""
        with SecretService(self._limit) as service:
            service.delete(user)


class _KeyringBackend:
    """One backend class of the keyring package; whether it asks the person is its own affair."""

    def __init__(self, title: str, backend: Any) -> None:
        self.title = title
        self._backend = backend

    def get(self, user: str, prompt: bool) -> str | None:
        """The secret, or None."""
        with _plain_errors():
            value: str | None = self._backend.get_password(SERVICE, user)
            return value

    def set(self, user: str, value: str, prompt: bool) -> None:
        """Store it."""
        with _plain_errors():
            self._backend.set_password(SERVICE, user, value)

    def delete(self, user: str) -> None:
        """Forget it."""
        with _plain_errors():
            if self._backend.get_password(SERVICE, user) is not None:
                self._backend.delete_password(SERVICE, user)


@contextmanager
def _plain_errors() -> Iterator[None]:
    """The keyring package's errors, and what its backends leak (RuntimeError), as those of ``secret_service``."""
    from keyring.errors import InitError, KeyringError, KeyringLocked

    try:
        yield
    except InitError:
        raise Absent from None
    except KeyringLocked:
        raise Locked from None
    except (KeyringError, RuntimeError):
        raise Failed from None


def _named(module: str, name: str, title: str) -> Backend:
    """The backend of that class, untouched by the environment. Raises KeyringUnavailable when it cannot work here."""
    kind = getattr(importlib.import_module(module), name)
    # keyring lets KEYRING_PROPERTY_* set any attribute of a backend when it is made.
    plain = type(name, (kind,), {"set_properties_from_env": lambda self: None})
    try:
        usable = kind.priority > 0
    except RuntimeError:
        usable = False
    if not usable:
        raise KeyringUnavailable("No keyring was found on this machine.", hint=_OTHER_WAY)
    return _KeyringBackend(title, plain())
