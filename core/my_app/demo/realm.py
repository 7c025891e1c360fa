"""One running demo: its name, clock, keys, people, clients and memory; and how it makes tokens."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from my_app.demo.chance import Chance
from my_app.demo.clients import DemoClient, own_clients, summary
from my_app.demo.faults import Faults
from my_app.demo.options import DemoOptions
from my_app.demo.people import People, Person
from my_app.demo.scopes import API, AUDIENCE, split
from my_app.demo.store import ApiKeyEntry, Code, Grant, Issued, Store
from my_app.issuers.issuing import TokenIssuer
from my_app.jose import base64url
from my_app.ports import Clock

CODE_LIFETIME = timedelta(minutes=1)


class Realm:
    """What every endpoint of one demo shares. Used from one event loop only, so it needs no locks."""

    def __init__(self, options: DemoOptions, *, issuer: str, clock: Clock, loopback_path: Callable[[str], bool]) -> None:
        self.options = options
        self.issuer = issuer
        """Fixed when the demo starts; never taken from a request."""
        self.clock = clock
        self.chance = Chance(options.seed)
        self.people = People(self.chance)
        self.clients: dict[str, DemoClient] = own_clients(self.chance, options.access_ttl, loopback_path)
        self.store = Store()
        self.faults = Faults(options.faults)
        self.tokens = TokenIssuer(
            issuer=issuer,
            clock=clock,
            entropy=self.chance.octets,
            algorithm="ES256",
            keys=(self.chance.key("demo-1"), self.chance.key("demo-2")),
        )
        self._tidied_at = self.now
        self.first_key = self.new_api_key("first key", tuple(API))

    @property
    def now(self) -> datetime:
        """The demo's time."""
        return self.clock.now()

    @property
    def audiences(self) -> tuple[str, ...]:
        """The resources a client may name (RFC 8707)."""
        return (AUDIENCE, self.issuer)

    def info(self) -> dict[str, Any]:
        """The start line of ``my-app demo`` (CONTRACT)."""
        return {
            "schema": 1,
            "issuer": self.issuer,
            "api_url": self.issuer,
            "audience": AUDIENCE,
            "device_page": f"{self.issuer}/device",
            "clients": [dict(summary(client)) for client in self.clients.values() if not client.client_info],
            "users": [_user(person) for person in self.people.everyone],
            "api_key": self.first_key.value,
        }

    def new_api_key(self, name: str, scopes: tuple[str, ...]) -> ApiKeyEntry:
        """Make and remember an API key."""
        entry = ApiKeyEntry(
            key_id="key_" + self.chance.token(9),
            value="demo_key_" + self.chance.token(24),
            name=name,
            scopes=scopes,
            created_at=self.now,
        )
        self.store.api_keys[entry.key_id] = entry
        return entry

    def new_code(self, grant: Grant, *, redirect_uri: str, code_challenge: str) -> Code:
        """Make and remember an authorization code, good for one minute."""
        code = Code(
            value=self.chance.token(32),
            grant=grant,
            redirect_uri=redirect_uri,
            code_challenge=code_challenge,
            expires_at=self.now + CODE_LIFETIME,
        )
        self.store.codes[code.value] = code
        return code

    def tidy(self) -> None:
        """Forget what is over, at most once a minute."""
        if abs(self.now - self._tidied_at) >= timedelta(minutes=1):
            self._tidied_at = self.now
            self.store.sweep(self.now)

    def mint(self, grant: Grant, *, scope: str, refresh: bool) -> dict[str, Any]:
        """The token answer for a grant (RFC 6749 5.1, RFC 9068, OIDC Core 3.1.3.3), everything in it remembered."""
        self.tidy()
        client, person, now = grant.client, grant.person, self.now
        jti = self.chance.token(16)
        access = self.tokens.access_token(
            subject=person.sub if person else client.client_id,
            client_id=client.client_id,
            audience=grant.audience,
            scopes=split(scope),
            lifetime=client.access_ttl,
            extra={"jti": jti, **self._about_sign_in(grant)},
        )
        issued = Issued(
            value=access, kind="access_token", grant=grant, scope=scope, issued_at=now, expires_at=now + client.access_ttl, jti=jti
        )
        self.store.tokens[access] = self.store.access_by_jti[jti] = issued
        answer: dict[str, Any] = {
            "access_token": access,
            "token_type": "Bearer",
            "scope": scope,
        }
        if client.tells_lifetime:
            answer["expires_in"] = int(client.access_ttl.total_seconds())
        if refresh:
            value = "demo_refresh_" + self.chance.token(32)
            self.store.tokens[value] = Issued(
                value=value,
                kind="refresh_token",
                grant=grant,
                scope=grant.scope,
                issued_at=now,
                expires_at=now + client.refresh_ttl,
            )
            answer["refresh_token"] = value
        if person and "openid" in split(scope):
            answer["id_token"] = self._id_token(grant, person, scope, access)
        return answer

    def _id_token(self, grant: Grant, person: Person, scope: str, access: str) -> str:
        half = hashlib.sha256(access.encode("ascii")).digest()[:16]
        token = self.tokens.id_token(
            subject=person.sub,
            client_id=grant.client.client_id,
            lifetime=timedelta(hours=1),
            extra={
                "at_hash": base64url.encode(half),
                **({"nonce": grant.nonce} if grant.nonce else {}),
                **self._about_sign_in(grant),
                **person.claims(frozenset(split(scope))),
            },
        )
        self.store.id_tokens[token] = grant
        return token

    @staticmethod
    def _about_sign_in(grant: Grant) -> dict[str, object]:
        if grant.auth_time is None:
            return {}
        return {"auth_time": int(grant.auth_time.timestamp()), "amr": list(grant.amr)}


def _user(person: Person) -> dict[str, str]:
    out = {"username": person.username, "password": person.password}
    return out | {"totp_seed": person.totp_seed} if person.totp_seed else out
