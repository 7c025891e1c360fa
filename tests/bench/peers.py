"""One login at a strict provider, held by this project, by MSAL with its extensions, and by Authlib's clients.

Run as a program it is a crowd of one kind, for ``reliability.py``:

    peers.py KIND HOME ADDRESS MODE COUNT      KIND ours|msal|authlib, MODE processes|threads|tasks|save

It prints ``served`` or ``failed`` for every caller. ``save`` prints ``ready`` and saves once, to be killed in it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

SCOPE = "files"
AUTHORITY = "https://login.example/tenant"
CLIENT_INFO = base64.urlsafe_b64encode(json.dumps({"uid": "u", "utid": "t"}).encode()).decode().rstrip("=")
"""How MSAL knows whose tokens an answer holds."""


def member(kind: str, home: Path, address: str) -> Callable[[], bool]:
    """A caller with a client object of its own; whether it was served."""
    return {"ours": _ours, "msal": _msal, "authlib": _authlib}[kind](home, address)


def _ours(home: Path, address: str) -> Callable[[], bool]:
    from my_app.errors import MyAppError
    from my_app.wiring import open_services
    from token_house import environment

    services = open_services(environment(home))

    def ask() -> bool:
        try:
            return bool(services.sessions.token("work").value)
        except MyAppError:
            return False

    return ask


class Wire:
    """MSAL takes no address without TLS; this carries its requests to the provider on loopback."""

    def __init__(self, address: str) -> None:
        import httpx

        self._address = address
        self._client = httpx.Client(trust_env=False, timeout=120)

    def get(self, url: str, **more: Any) -> Any:
        """One GET."""
        return self._client.get(url.replace(AUTHORITY, self._address), params=more.get("params"))

    def post(self, url: str, **more: Any) -> Any:
        """One POST."""
        return self._client.post(url.replace(AUTHORITY, self._address), data=more.get("data"))

    def close(self) -> None:
        """End it."""
        self._client.close()


def msal_application(home: Path, address: str) -> Any:
    """An application whose cache is the file of msal-extensions in ``home``."""
    from msal import PublicClientApplication
    from msal_extensions import FilePersistence, PersistedTokenCache

    cache = PersistedTokenCache(FilePersistence(str(home / "msal.json")))
    return PublicClientApplication("cli", oidc_authority=AUTHORITY, http_client=Wire(address), token_cache=cache)


def _msal(home: Path, address: str) -> Callable[[], bool]:
    application = msal_application(home, address)

    def ask() -> bool:
        account = application.get_accounts()[0]
        found = application.acquire_token_silent_with_error([SCOPE], account)
        return bool(found and "access_token" in found)

    return ask


def _authlib(home: Path, address: str) -> Callable[[], bool]:
    from authlib.integrations.base_client.errors import OAuthError
    from authlib.integrations.httpx_client import OAuth2Client

    file = home / "authlib.json"

    def keep(token: dict[str, Any], **_: Any) -> None:
        file.write_text(json.dumps(token))

    client = OAuth2Client(
        "cli",
        token=json.loads(file.read_text()),
        token_endpoint=f"{address}/token",
        token_endpoint_auth_method="none",
        update_token=keep,
        timeout=120,
        trust_env=False,
    )

    def ask() -> bool:
        try:
            client.ensure_active_token(client.token)
        except OAuthError:
            return False
        return not client.token.is_expired()

    return ask


def started(kind: str, home: Path, address: str) -> None:
    """A home whose one login has an expired access token and the refresh token ``r0``."""
    home.mkdir(parents=True)
    if kind == "ours":
        from token_house import signed_in

        signed_in(home, address)
    elif kind == "msal":
        told = msal_application(home, address).acquire_token_by_refresh_token("first", [SCOPE])
        assert "access_token" in told, told
    else:
        token = {"access_token": "a0", "refresh_token": "r0", "token_type": "Bearer", "expires_at": int(time.time()) - 10}
        (home / "authlib.json").write_text(json.dumps(token))


def processes(kind: str, home: Path, address: str, count: int) -> None:
    """``count`` processes that make their clients, wait for each other and then ask at the same moment."""
    gate, opener = os.pipe()
    waiting, arrived = os.pipe()
    children = []
    for _ in range(count):
        child = os.fork()
        if child == 0:
            os.close(opener)
            served = False
            try:
                ask = member(kind, home, address)
                os.write(arrived, b"x")
                os.read(gate, 1)
                served = ask()
            except Exception as problem:  # noqa: BLE001 - whatever a peer raises, its caller was not served
                sys.stderr.write(f"{type(problem).__name__}: {problem}\n")
            _say(served)
            for thread in threading.enumerate():
                if thread is not threading.current_thread() and not thread.daemon:
                    thread.join()
            os._exit(0)
        children.append(child)
    os.close(gate)
    for _ in range(count):
        os.read(waiting, 1)
    os.close(opener)
    for child in children:
        os.waitpid(child, 0)


def threads(kind: str, home: Path, address: str, count: int) -> None:
    """``count`` threads with one client, at the same moment."""
    ask = member(kind, home, address)
    together = threading.Barrier(count)

    def work() -> None:
        together.wait()
        _say(ask())

    crowd = [threading.Thread(target=work) for _ in range(count)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()


async def tasks(kind: str, home: Path, address: str, count: int) -> None:
    """``count`` asyncio tasks, each with a client object of its own."""
    asks = [_task(kind, home, address) for _ in range(count)]
    for served in await asyncio.gather(*(ask() for ask in asks), return_exceptions=True):
        _say(served is True)


def _task(kind: str, home: Path, address: str) -> Callable[[], Any]:
    if kind == "ours":
        from my_app.wiring import open_services
        from token_house import environment

        sessions = open_services(environment(home)).sessions

        async def ask() -> bool:
            return bool((await sessions.atoken("work")).value)

        return ask
    from authlib.integrations.httpx_client import AsyncOAuth2Client

    client = AsyncOAuth2Client(
        "cli",
        token=json.loads((home / "authlib.json").read_text()),
        token_endpoint=f"{address}/token",
        token_endpoint_auth_method="none",
        timeout=120,
        trust_env=False,
    )

    async def ask_authlib() -> bool:
        await client.ensure_active_token(client.token)
        return not client.token.is_expired()

    return ask_authlib


def save(home: Path) -> None:
    """MSAL's cache written once, as after a refresh."""
    from msal_extensions import FilePersistence, PersistedTokenCache

    cache = PersistedTokenCache(FilePersistence(str(home / "msal.json")))
    cache.search("AccessToken")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    answer = {"access_token": "a9", "refresh_token": "r9", "token_type": "Bearer", "expires_in": 600, "client_info": CLIENT_INFO}
    cache.add({"client_id": "cli", "scope": [SCOPE], "token_endpoint": f"{AUTHORITY}/token", "response": answer})


def _say(served: bool) -> None:
    os.write(1, b"served\n" if served else b"failed\n")


def _loaded(kind: str) -> None:
    """What every process would import, before the forks."""
    import httpx  # noqa: F401

    if kind == "ours":
        import my_app.adapters.vault
        import my_app.oauth.refresh
        import my_app.session.flight
        import my_app.wiring  # noqa: F401
    elif kind == "msal":
        import msal  # noqa: F401
        import msal_extensions  # noqa: F401
    else:
        import authlib.integrations.httpx_client  # noqa: F401


def main() -> None:
    """As the module's docstring says."""
    kind, home, address, mode = sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4]
    count = int(sys.argv[5])
    _loaded(kind)
    match mode:
        case "processes":
            processes(kind, home, address, count)
        case "threads":
            threads(kind, home, address, count)
        case "tasks":
            asyncio.run(tasks(kind, home, address, count))
        case "save":
            save(home)


if __name__ == "__main__":
    main()
