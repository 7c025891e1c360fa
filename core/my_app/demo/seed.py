"""Fills a demo home with accounts in every state, each got by a real protocol run and none painted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import httpx

from my_app.demo.visitor import Visitor
from my_app.errors import LoginNeeded, ServerRefused
from my_app.events import BrowserPage, DevicePage, LoginEvent
from my_app.model import Answers, Challenge, Flow, Profile, PromptKind
from my_app.secret import Secret
from my_app.wiring import Services

Told = Callable[[str], None]
"""Is called with the name of each profile when it is ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One account to make."""

    name: str
    client_id: str
    flow: Flow
    username: str = ""
    """Who signs in; empty: nobody is needed."""
    scopes: tuple[str, ...] = ()
    ends: str = ""
    """``revoked``: revoked afterwards; ``spent``: its refresh token is used by somebody else; ``never``: nobody signs in."""


def _plan(name: str, client_id: str, flow: Flow, username: str = "", scopes: str = "", ends: str = "") -> Plan:
    return Plan(name=name, client_id=client_id, flow=flow, username=username, scopes=tuple(scopes.split()), ends=ends)


PLANS: Final = (
    _plan("work", "demo-app", Flow.BROWSER, "ana", "openid profile email files:read files:write vms:read"),
    _plan("prod", "demo-app", Flow.TERMINAL, "ana", "openid profile databases:write deployments:write"),
    _plan("build-box", "demo-app", Flow.DEVICE, "ben", "openid profile deployments:read"),
    _plan("ci-deploy", "demo-service", Flow.CLIENT_CREDENTIALS, "", "deployments:read deployments:write"),
    _plan("storage-key", "", Flow.API_KEY),
    _plan("staging", "demo-expiring", Flow.BROWSER, "ben", "openid profile vms:read vms:write"),
    _plan("old-laptop", "demo-expired", Flow.BROWSER, "zoë", "openid profile email data:read"),
    _plan("reports", "demo-classic", Flow.BROWSER, "ben", "openid profile data:read"),
    _plan("contractor", "demo-app", Flow.BROWSER, "zoë", "openid profile files:read", "spent"),
    _plan("retired", "demo-app", Flow.BROWSER, "ben", "openid profile files:write", "revoked"),
    _plan("side-project", "demo-app", Flow.AUTO, "", "", "never"),
)
"""In the order they are made; the first becomes the active one."""


def seed(services: Services, info: Mapping[str, Any], *, plans: tuple[Plan, ...] = PLANS, told: Told = lambda name: None) -> None:
    """Make every account of ``plans`` in the home of ``services``, against the demo that ``info`` describes.

    Not to be called where an event loop runs: give it a thread there. Raises what a sign-in raises.
    """
    with ThreadPoolExecutor(thread_name_prefix="my-app-demo-person") as people:
        asyncio.run(_Seeding(services, info, people, told).all(plans))


class _Seeding:
    def __init__(self, services: Services, info: Mapping[str, Any], people: ThreadPoolExecutor, told: Told) -> None:
        self._services = services
        self._info = info
        self._people = people
        self._told = told

    async def all(self, plans: tuple[Plan, ...]) -> None:
        """One after another, save that a device waits for its next poll beside the others."""
        waiting: list[asyncio.Task[None]] = []
        try:
            for plan in plans:
                api_key = await asyncio.to_thread(self._new_api_key, plan.name) if plan.flow is Flow.API_KEY else None
                self._services.accounts.add(self._profile(plan), client_secret=self._secret(plan), api_key=api_key)
                if plan.flow is Flow.DEVICE:
                    waiting.append(asyncio.create_task(self._one(plan)))
                else:
                    await self._one(plan)
            await asyncio.gather(*waiting)
            await self._until_expired()
        finally:
            for task in waiting:
                task.cancel()

    async def _until_expired(self) -> None:
        """Tokens of the one-second client are to be over when this is done."""
        now = self._services.clock.now()
        ends = (row.expires_at for row in self._services.accounts.overview().accounts if row.profile.client_id == "demo-expired")
        left = max((end - now for end in ends if end is not None), default=timedelta(0))
        await asyncio.sleep(min(max(left, timedelta(0)), timedelta(seconds=1)).total_seconds())

    async def _one(self, plan: Plan) -> None:
        if plan.flow in (Flow.CLIENT_CREDENTIALS, Flow.API_KEY):
            await asyncio.to_thread(self._services.logins.automatic, plan.name)
        elif plan.ends != "never":
            await self._sign_in(plan)
        if plan.ends == "revoked":
            await asyncio.to_thread(self._services.grants.revoke, plan.name)
        elif plan.ends == "spent":
            await asyncio.to_thread(self._spend, plan)
        self._told(plan.name)

    async def _sign_in(self, plan: Plan) -> None:
        """A person answers whatever the sign-in shows or asks."""
        done: list[Future[None]] = []
        with Visitor(self._info, plan.username, clock=self._services.clock) as person:

            def watch(event: LoginEvent) -> None:
                if isinstance(event, BrowserPage):
                    done.append(self._people.submit(person.go, event.url))
                elif isinstance(event, DevicePage):
                    done.append(self._people.submit(person.approve, event.user_code))

            async def ask(challenge: Challenge) -> Answers:
                known = {
                    PromptKind.USERNAME: person.username,
                    PromptKind.PASSWORD: person.password,
                    PromptKind.OTP: person.code(),
                }
                return {prompt.kind: Secret(known[prompt.kind]) for prompt in challenge.prompts}

            attempt = self._services.logins.attempt(
                plan.name, flow=plan.flow, watch=watch, ask=ask, open_browser=False, timeout=timedelta(minutes=1)
            )
            await attempt.run()
            for future in done:
                await asyncio.wrap_future(future)

    def _spend(self, plan: Plan) -> None:
        """Somebody else uses the refresh token first; the next refresh then shows the theft and ends the login."""
        record = self._services.store.load(plan.name)
        if record is None or record.tokens is None or record.tokens.refresh_token is None:
            raise ServerRefused("The demo gave no refresh token.")
        fields = {
            "grant_type": "refresh_token",
            "client_id": plan.client_id,
            "refresh_token": record.tokens.refresh_token.reveal(),
        }
        httpx.post(f"{self._info['issuer']}/token", data=fields, trust_env=False).raise_for_status()
        try:
            self._services.sessions.token(plan.name, force=True)
        except LoginNeeded:
            return
        raise ServerRefused("The demo took a spent refresh token.")

    def _profile(self, plan: Plan) -> Profile:
        api_url = str(self._info["api_url"])
        if plan.flow is Flow.API_KEY:
            return Profile(
                name=plan.name,
                provider="demo",
                issuer=str(self._info["issuer"]),
                flow=plan.flow,
                api_url=api_url,
                check_url=f"{api_url}/keys",
            )
        return Profile(
            name=plan.name,
            provider="demo",
            issuer=str(self._info["issuer"]),
            client_id=plan.client_id,
            flow=plan.flow,
            scopes=plan.scopes or None,
            api_url=api_url,
        )

    def _secret(self, plan: Plan) -> Secret | None:
        found: Mapping[str, Any] = next((one for one in self._info["clients"] if one["client_id"] == plan.client_id), {})
        return Secret(found["client_secret"]) if "client_secret" in found else None

    def _new_api_key(self, name: str) -> Secret:
        """A key of its own, so that rotating it leaves the one of the start line alone."""
        first = {"authorization": f"Bearer {self._info['api_key']}"}
        answer = httpx.post(f"{self._info['api_url']}/keys", json={"name": name}, headers=first, trust_env=False)
        return Secret(str(answer.raise_for_status().json()["key"]))
