"""Every use case of a login against the running demo, over real sockets, on the real vault."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from my_app.demo.server import RunningDemo, serve
from my_app.demo.visitor import Visitor
from my_app.errors import AccessDenied, LoginNeeded, WrongCredentials
from my_app.events import Asked, BrowserPage, DevicePage, LoginEvent
from my_app.login import SignedIn
from my_app.model import Answers, Challenge, Flow, Profile, PromptKind
from my_app.secret import Secret
from my_app.wiring import Services, open_services
from token_house import environment


@pytest.fixture(scope="module")
def demo() -> Iterator[RunningDemo]:
    """One demo for this file."""
    with serve() as running:
        yield running


def info(demo: RunningDemo, flow: str) -> dict[str, Any]:
    """A client of the demo that may use ``flow``."""
    return dict(next(client for client in demo.info["clients"] if flow in client["flows"]))


def services(demo: RunningDemo, home: Path, flow: Flow, client: dict[str, Any]) -> Services:
    """A home with one profile of the demo."""
    here = open_services(environment(home))
    secret = client.get("client_secret")
    api_url = str(demo.info["api_url"])
    profile = Profile(name="demo", provider="demo", issuer=demo.issuer, client_id=client["client_id"], flow=flow, api_url=api_url)
    here.accounts.add(profile, client_secret=Secret(secret) if secret else None)
    return here


class Person:
    """Somebody who goes through the demo's pages as soon as they are told."""

    def __init__(self, demo: RunningDemo, here: Services, *, allow: bool = True) -> None:
        self._visitor = Visitor(demo.info, str(demo.info["users"][0]["username"]), clock=here.clock)
        self._allow = allow
        self._threads: list[threading.Thread] = []
        self.events: list[LoginEvent] = []

    def watch(self, event: LoginEvent) -> None:
        """Act on a page, on a thread of its own."""
        self.events.append(event)
        if isinstance(event, BrowserPage):
            self._start(event.url)
        elif isinstance(event, DevicePage):
            self._start(event.verification_uri_complete or event.verification_uri)

    def leave(self) -> None:
        """Close the browser once the pages are done."""
        for thread in self._threads:
            thread.join(5)
        self._visitor.__exit__()

    def _start(self, url: str) -> None:
        thread = threading.Thread(target=self._visitor.go, args=(url,), kwargs={"allow": self._allow}, daemon=True)
        self._threads.append(thread)
        thread.start()

    async def answer(self, challenge: Challenge) -> Answers:
        """What the person types."""
        who = self._visitor
        own = {PromptKind.USERNAME: who.username, PromptKind.PASSWORD: who.password, PromptKind.OTP: who.code()}
        return {prompt.kind: Secret(own[prompt.kind]) for prompt in challenge.prompts}


def sign_in(here: Services, person: Person, flow: Flow) -> SignedIn:
    """To the saved end."""
    attempt = here.logins.attempt("demo", flow=flow, watch=person.watch, ask=person.answer, open_browser=False)
    try:
        return asyncio.run(attempt.run())
    finally:
        person.leave()


def test_browser_refresh_userinfo_revoke_logout(demo: RunningDemo, tmp_path: Path) -> None:
    """Sign in by browser, renew, ask who it is, revoke, sign in again, sign out."""
    here = services(demo, tmp_path, Flow.BROWSER, info(demo, "browser"))
    person = Person(demo, here)
    done = sign_in(here, person, Flow.BROWSER)
    assert done.identity is not None
    assert done.state == "valid"
    first = here.sessions.token("demo")
    assert first.source == "cache"
    assert here.sessions.token("demo", force=True).value != first.value
    assert here.grants.userinfo("demo")["sub"] == done.identity.sub
    assert "refresh_token" in here.grants.revoke("demo").revoked
    with pytest.raises(LoginNeeded):
        here.sessions.token("demo")
    sign_in(here, Person(demo, here), Flow.BROWSER)
    assert here.grants.logout("demo").forgotten
    assert here.store.load("demo") is None


def test_denied_by_the_person(demo: RunningDemo, tmp_path: Path) -> None:
    """Deny in the browser: exit 5, nothing stored."""
    here = services(demo, tmp_path, Flow.BROWSER, info(demo, "browser"))
    with pytest.raises(AccessDenied):
        sign_in(here, Person(demo, here, allow=False), Flow.BROWSER)
    assert here.store.load("demo") is None


def test_terminal_with_password_and_code(demo: RunningDemo, tmp_path: Path) -> None:
    """User name, password and code; each is asked for, tokens come without a browser."""
    here = services(demo, tmp_path, Flow.TERMINAL, info(demo, "terminal"))
    person = Person(demo, here)
    assert sign_in(here, person, Flow.TERMINAL).identity is not None
    assert any(isinstance(event, Asked) for event in person.events)


def test_service_account_and_api_key(demo: RunningDemo, tmp_path: Path) -> None:
    """Client credentials and an API key need no person; the key is rotated and the old one is dead."""
    here = services(demo, tmp_path, Flow.CLIENT_CREDENTIALS, info(demo, "client-credentials"))
    assert here.logins.automatic("demo").state in ("valid", "expiring")
    assert here.sessions.token("demo", force=True).source == "refresh"
    api_url = str(demo.info["api_url"])
    old = Secret(str(demo.info["api_key"]))
    key = Profile(name="key", provider="demo", issuer=demo.issuer, flow=Flow.API_KEY, api_url=api_url, check_url=f"{api_url}/keys")
    here.accounts.add(key, api_key=old)
    assert here.logins.automatic("key").state == "static"
    assert "accepts" in here.grants.check_api_key("key")
    assert here.rotations.rotate("key", watch=lambda progress: None).old_revoked
    assert here.sessions.token("key").value != old
    assert "accepts" in here.grants.check_api_key("key")
    here.accounts.add(key, api_key=old, replace=True)
    with pytest.raises(WrongCredentials):
        here.grants.check_api_key("key")


@pytest.mark.slow
def test_device_code(demo: RunningDemo, tmp_path: Path) -> None:
    """Device code: shown, approved on the page, polled."""
    here = services(demo, tmp_path, Flow.DEVICE, info(demo, "device"))
    assert sign_in(here, Person(demo, here), Flow.DEVICE).identity is not None
