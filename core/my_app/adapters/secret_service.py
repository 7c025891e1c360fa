"""The Secret Service of a Linux desktop (freedesktop.org specification 0.2), spoken through jeepney over a plain session.

"Plain" means that the secret crosses the person's own session bus unencrypted, which only
programs of the same person can read; in return nothing heavy is imported. The hot path uses
this module too, so it imports nothing but jeepney, and that late.
"""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Final

    from jeepney.io.blocking import DBusConnection

SERVICE: Final = "my-app"
"""The item's ``service`` attribute, as keyring's own backend spells it, so other tools find it."""
_BUS: Final = "org.freedesktop.secrets"
_ROOT: Final = "/org/freedesktop/secrets"
_NOTHING: Final = "/"
_PREFIX: Final = "org.freedesktop.Secret."


class Absent(Exception):
    """No session bus, or no Secret Service on it."""


class Locked(Exception):
    """The collection or item is locked, and nobody may be asked."""


class Dismissed(Exception):
    """The person closed the keyring's own prompt."""


class Failed(Exception):
    """The service answered with an error; the text is its name."""


class SecretService:
    """One connection, one session. Every call ends by ``deadline`` (seconds from now) with TimeoutError at the latest."""

    def __init__(self, deadline: float) -> None:
        from jeepney.io.blocking import open_dbus_connection

        self._end = time.monotonic() + deadline
        try:
            self._bus: DBusConnection = open_dbus_connection("SESSION", auth_timeout=min(deadline, 3.0))
        except (OSError, KeyError, RuntimeError, ValueError) as failure:
            # jeepney raises KeyError or RuntimeError for a missing or unusable address.
            if isinstance(failure, TimeoutError):
                raise
            raise Absent from None
        try:
            self._session = str(self._call(_ROOT, "Service", "OpenSession", "sv", ("plain", ("s", "")))[1])
        except BaseException:
            self._bus.close()
            raise

    def __enter__(self) -> SecretService:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bus.close()

    def get(self, user: str, *, prompt: bool) -> str | None:
        """The item's secret, or None. Raises Locked, Dismissed, Failed, TimeoutError."""
        unlocked, locked = self._call(_ROOT, "Service", "SearchItems", "a{ss}", (self._attributes(user),))
        item = unlocked[0] if unlocked else self._unlock(locked[0], prompt) if locked else None
        if item is None:
            return None
        found = self._call(_ROOT, "Service", "GetSecrets", "aoo", ([item], self._session))[0]
        return bytes(found[item][2]).decode("utf-8", "replace") if item in found else None

    def set(self, user: str, value: str, *, prompt: bool) -> None:
        """Store it in the default collection, which is made when there is none and somebody may be asked."""
        collection = self._default(prompt)
        properties = {
            f"{_PREFIX}Item.Label": ("s", f"my-app vault {user[:8]}"),
            f"{_PREFIX}Item.Attributes": ("a{ss}", self._attributes(user)),
        }
        secret = (self._session, b"", value.encode(), "text/plain; charset=utf8")
        item, asked = self._call(collection, "Collection", "CreateItem", "a{sv}(oayays)b", (properties, secret, True))
        if item == _NOTHING:
            self._prompted(asked, prompt)

    def delete(self, user: str) -> None:
        """Forget it."""
        unlocked, locked = self._call(_ROOT, "Service", "SearchItems", "a{ss}", (self._attributes(user),))
        for item in (*unlocked, *locked):
            asked = self._call(item, "Item", "Delete", "", ())[0]
            if asked != _NOTHING:
                self._prompted(asked, allowed=False)

    def _attributes(self, user: str) -> dict[str, str]:
        return {"service": SERVICE, "username": user}

    def _default(self, prompt: bool) -> str:
        collection = str(self._call(_ROOT, "Service", "ReadAlias", "s", ("default",))[0])
        if collection == _NOTHING:
            label = {f"{_PREFIX}Collection.Label": ("s", "Default keyring")}
            collection, asked = self._call(_ROOT, "Service", "CreateCollection", "a{sv}s", (label, "default"))
            if collection == _NOTHING:
                collection = str(self._prompted(asked, prompt)[1])
        return self._unlock(collection, prompt)

    def _unlock(self, thing: str, prompt: bool) -> str:
        """Unlock an item or collection; the service may need to ask the person."""
        done, asked = self._call(_ROOT, "Service", "Unlock", "ao", ([thing],))
        if thing not in done:
            opened = self._prompted(asked, prompt)[1]
            if thing not in opened:
                raise Locked
        return thing

    def _prompted(self, asked: str, allowed: bool) -> tuple[str, Any]:
        """Let the service ask the person and wait for the end of it; the answer as signature and value."""
        from jeepney import MatchRule, message_bus

        if asked == _NOTHING or not allowed:
            raise Locked
        rule = MatchRule(type="signal", interface=f"{_PREFIX}Prompt", member="Completed", path=asked)
        self._reply(message_bus.AddMatch(rule))
        with self._bus.filter(rule) as signals:
            self._call(asked, "Prompt", "Prompt", "s", ("",))
            dismissed, answer = self._bus.recv_until_filtered(signals, timeout=self._left()).body
        if dismissed:
            raise Dismissed
        return answer  # type: ignore[no-any-return]

    def _call(self, path: str, interface: str, method: str, signature: str, body: tuple[Any, ...]) -> Any:
        from jeepney import DBusAddress, new_method_call

        address = DBusAddress(path, _BUS, f"{_PREFIX}{interface}")
        return self._reply(new_method_call(address, method, signature or None, body))

    def _reply(self, message: Any) -> Any:
        from jeepney import HeaderFields, MessageType

        answer = self._bus.send_and_get_reply(message, timeout=self._left())
        if answer.header.message_type is MessageType.error:
            name = str(answer.header.fields.get(HeaderFields.error_name, ""))
            if name.endswith((".ServiceUnknown", ".NameHasNoOwner", ".Spawn.ServiceNotFound", ".Spawn.ExecFailed", ".NoReply")):
                raise Absent
            if name == f"{_PREFIX}Error.IsLocked":
                raise Locked
            raise Failed(name)
        return answer.body

    def _left(self) -> float:
        return max(0.01, self._end - time.monotonic())
