"""Providers that make and end secrets, as functions: each answers as its documentation's examples do, the page is cited.

What a real provider does to secrets is kept (which live, in what family, in what state), so that a test can ask it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

from my_app.errors import NetworkUnavailable, UnknownProfile
from my_app.model import AccessToken, Binding, Flow, Kind, Profile, Record
from my_app.oauth.exchange import Response, Wire
from my_app.rotation import Progress, Rotations
from my_app.secret import Secret
from my_app.testing import FakeClock, MemoryStore, ScriptedTransport, answer, seeded
from sessions_door import Trail

OLD = "old-0123456789abcdefghij"
ADMIN = "admin-0123456789abcdefghij"


class Killed(BaseException):
    """The process dies here."""


@dataclass
class Key:
    """One secret at the provider."""

    value: str
    name: str = "first"
    live: bool = True
    there: bool = True
    """False: deleted, or forgotten by the provider."""


@dataclass
class Town:
    """What all of them share: secrets by id, and something that goes wrong at the n-th request."""

    keys: dict[str, Key] = field(default_factory=lambda: {"1": Key(OLD)})
    requests: int = 0
    creates: int = 0
    at: int = -1
    fault: str = ""
    seen: list[Wire] = field(default_factory=list)

    recipe = ""
    rotation: dict[str, object] = field(default_factory=dict)
    kind = Kind.API_KEY
    api = "https://api.example.test"
    token_url = "https://api.example.test/token"
    lossy = False
    """A lost create answer cannot be made good."""

    def __call__(self, wire: Wire) -> Response:
        """The answer, or what went wrong before or after it was made."""
        self.requests += 1
        self.seen.append(wire)
        fault = self.fault if self.requests == self.at else ""
        match fault:
            case "killed before":
                raise Killed
            case "refused connection":
                raise NetworkUnavailable("down", sent=False)
            case "cut before":
                raise NetworkUnavailable("cut", sent=True)
            case "503":
                return answer(status=503)
            case "429":
                return answer(status=429, headers={"Retry-After": "3"})
            case "redirect":
                return answer(status=307, headers={"Location": "https://evil.test/"})
        response = self.handled(wire)
        match fault:
            case "killed after":
                raise Killed
            case "cut after":
                raise NetworkUnavailable("cut", sent=True)
            case "500 after":
                return answer(status=500)
            case "html after":
                return answer("<html>Welcome", headers={"content-type": "text/html"})
        return response

    def handled(self, wire: Wire) -> Response:
        """What the provider does."""
        raise NotImplementedError

    def make(self, name: str = "", value: str | None = None) -> str:
        """A new live secret; its id."""
        self.creates += 1
        number = str(len(self.keys) + 1)
        self.keys[number] = Key(value or f"new-{number}-0123456789abcdefghij", name)
        return number

    def whose(self, wire: Wire) -> str | None:
        """The id of the live secret that signs the request."""
        by = wire.headers.get("authorization", "").split(" ", 1)[-1]
        return next((number for number, key in self.keys.items() if key.live and key.there and key.value == by), None)

    def works(self, secret: Secret | None) -> bool:
        """Whether the provider takes it."""
        return secret is not None and any(key.live and key.there and key.value == secret.reveal() for key in self.keys.values())

    @property
    def left(self) -> int:
        """How many secrets the provider still keeps."""
        return sum(1 for key in self.keys.values() if key.there)

    def token(self, wire: Wire) -> Response:
        """A token endpoint with HTTP Basic (RFC 6749 4.4.3, 5.2)."""
        pair = base64.b64decode(wire.headers["authorization"].removeprefix("Basic ")).decode()
        if not self.works(Secret(unquote_plus(pair.split(":", 1)[1]))):
            return answer({"error": "invalid_client"}, status=401)
        return answer({"access_token": "t", "token_type": "Bearer", "expires_in": 3600})


class Demo(Town):
    """The keys of the embedded demo (``my_app.demo.api``)."""

    recipe = "demo"

    def handled(self, wire: Wire) -> Response:
        """List, make, delete."""
        me = self.whose(wire)
        if me is None:
            return answer({"error": "invalid_token"}, status=401)
        if wire.method == "POST":
            number = self.make(json.loads(wire.body)["name"])
            return answer({"id": number, "key": self.keys[number].value}, status=201)
        if wire.method == "DELETE":
            self.keys[urlsplit(wire.url).path.rsplit("/", 1)[1]].there = False
            return answer(status=204)
        listed = [{"id": n, "name": key.name, "current": n == me} for n, key in self.keys.items() if key.there]
        return answer({"items": listed})


class GitLab(Town):
    """https://docs.gitlab.com/api/personal_access_tokens/: "Rotate a personal access token", "Inspect"; reuse ends the family."""

    recipe = "gitlab"
    api = "https://gitlab.com/api/v4"
    lossy = True

    def handled(self, wire: Wire) -> Response:
        """Self-inspection and self-rotation."""
        path = urlsplit(wire.url).path
        me = self.whose(wire)
        if path.endswith("/rotate"):
            if me is None:
                for key in self.keys.values():
                    key.live = key.there = False
                return answer({"message": "401 Unauthorized"}, status=401)
            assert json.loads(wire.body) == {"expires_at": "2027-02-22"}
            self.keys[me].live = self.keys[me].there = False
            number = self.make("Rotated Token")
            return answer({**self.shown(number), "token": self.keys[number].value})
        if me is None:
            return answer({"message": "401 Unauthorized"}, status=401)
        assert path == "/api/v4/personal_access_tokens/self"
        return answer(self.shown(me))

    def shown(self, number: str) -> dict[str, object]:
        """As the documentation's example."""
        return {
            "id": int(number),
            "name": self.keys[number].name,
            "revoked": not self.keys[number].live,
            "created_at": "2023-08-01T15:00:00.000Z",
            "description": "Test Token description",
            "scopes": ["api"],
            "user_id": 1337,
            "last_used_at": None,
            "active": self.keys[number].live,
            "expires_at": "2023-08-15",
        }


class GitLabProject(GitLab):
    """https://docs.gitlab.com/api/project_access_tokens/: rotate with ``self``; the project's path percent-encoded."""

    recipe = "gitlab-project"
    kinds = "projects"

    def __init__(self) -> None:
        super().__init__(rotation={self.kinds[:-1]: "acme/web"})

    def handled(self, wire: Wire) -> Response:
        """The same under the project."""
        if wire.url.endswith("/rotate"):
            assert wire.url == f"{self.api}/{self.kinds}/acme%2Fweb/access_tokens/self/rotate"
        return super().handled(wire)


class GitLabGroup(GitLabProject):
    """https://docs.gitlab.com/api/group_access_tokens/: the same under a group."""

    recipe = "gitlab-group"
    kinds = "groups"


class GitLabCreate(GitLab):
    """https://docs.gitlab.com/api/project_access_tokens/: "Create", "List all", "Revoke" by a maintainer's token."""

    recipe = "gitlab-project-create"
    lossy = False
    kinds = "projects"

    def __init__(self) -> None:
        super().__init__(rotation={self.kinds[:-1]: 42, "with": "admin"})

    def handled(self, wire: Wire) -> Response:
        """Management under the project, inspection with the token itself."""
        if wire.url.endswith("/personal_access_tokens/self"):
            return super().handled(wire)
        assert wire.headers["private-token"] == ADMIN
        assert wire.url.startswith(f"{self.api}/{self.kinds}/42/access_tokens")
        number = urlsplit(wire.url).path.rsplit("/", 1)[1]
        if wire.method == "POST":
            asked = json.loads(wire.body)
            assert (asked["scopes"], asked["access_level"], asked["expires_at"]) == (["api"], 40, "2027-02-22")
            number = self.make(asked["name"])
            return answer({**self.shown(number), "access_level": 40, "token": self.keys[number].value}, status=201)
        if wire.method == "DELETE":
            self.keys[number].live = self.keys[number].there = False
            return answer(status=204)
        if number in self.keys:
            return answer({**self.shown(number), "access_level": 40})
        return answer(json.dumps([self.shown(n) for n, key in self.keys.items() if key.there]))


class GitLabGroupCreate(GitLabCreate):
    """https://docs.gitlab.com/api/group_access_tokens/: the same under a group."""

    recipe = "gitlab-group-create"
    kinds = "groups"


class Cloudflare(Town):
    """https://developers.cloudflare.com/api/resources/user/subresources/tokens/: verify, get, list, create, delete, value."""

    recipe = "cloudflare"
    api = "https://api.cloudflare.com/client/v4"

    def handled(self, wire: Wire) -> Response:
        """The envelope, and what is in it."""
        admin = wire.headers["authorization"] == f"Bearer {ADMIN}"
        me = "admin" if admin else self.whose(wire)
        path = urlsplit(wire.url).path.removeprefix("/client/v4/user/tokens")
        number = path.split("/")[1] if path else ""
        if me is None:
            return self.said(None, status=401)
        if path == "/verify":
            return self.said({"id": me, "status": "active"})
        if wire.method == "POST":
            asked = json.loads(wire.body)
            assert asked["policies"] == POLICIES
            assert "condition" not in asked
            number = self.make(asked["name"])
            return self.said({"id": number, "name": asked["name"], "status": "active", "value": self.keys[number].value})
        if wire.method == "PUT" and path.endswith("/value"):
            self.creates += 1
            self.keys[number].value = f"rolled-{self.creates}-0123456789abcdefghij"
            return self.said(self.keys[number].value)
        if wire.method == "DELETE":
            self.keys[number].there = False
            return self.said({"id": number})
        if number:
            return self.said({"id": number, "name": "first", "status": "active", "policies": POLICIES})
        return self.said([{"id": n, "name": key.name, "status": "active"} for n, key in self.keys.items() if key.there])

    def said(self, result: object, status: int = 200) -> Response:
        """As the documentation's examples."""
        errors = [] if status == 200 else [{"code": 1000, "message": "Invalid API Token"}]
        return answer({"success": status == 200, "errors": errors, "messages": [], "result": result}, status=status)


POLICIES = [{"id": "f267e341", "effect": "allow", "resources": {"com.cloudflare.api.account.zone.*": "*"}, "permission_groups": []}]


class CloudflareRoll(Cloudflare):
    """https://developers.cloudflare.com/fundamentals/api/how-to/roll-token/: the token rolls itself."""

    recipe = "cloudflare-roll"
    lossy = True


class CloudflareRolled(Cloudflare):
    """The same page: another token rolls it, so a lost answer is made good by rolling again."""

    recipe = "cloudflare-roll"

    def __init__(self) -> None:
        super().__init__(rotation={"with": "admin"})


class ClientTown(Town):
    """A provider of client secrets, managed with the access token of another profile."""

    kind = Kind.CLIENT_CREDENTIALS

    def __init__(self, **rotation: object) -> None:
        super().__init__(rotation={"with": "admin", **rotation})

    def handled(self, wire: Wire) -> Response:
        """Token requests by the client, all else by the manager."""
        if wire.url == self.token_url:
            return self.token(wire)
        assert wire.headers["authorization"] == f"{self.scheme} {ADMIN}"
        return self.managed(wire, urlsplit(wire.url).path.removeprefix(urlsplit(self.api).path))

    scheme = "Bearer"

    def managed(self, wire: Wire, path: str) -> Response:
        """What the manager asks."""
        raise NotImplementedError


class Auth0(ClientTown):
    """https://auth0.com/docs/get-started/applications/rotate-client-secret and .../api/management/v2/clients/post-rotate-secret."""

    recipe = "auth0"
    api = "https://acme.eu.auth0.com/api/v2"
    token_url = "https://acme.eu.auth0.com/oauth/token"
    lossy = True

    def managed(self, wire: Wire, path: str) -> Response:
        """Rotate, or take the value the caller made."""
        if path == "/clients/cli/rotate-secret":
            assert (wire.method, wire.body) == ("POST", b"")
            number = self.make()
        else:
            assert (wire.method, path) == ("PATCH", "/clients/cli")
            number = self.make(value=json.loads(wire.body)["client_secret"])
        for other, key in self.keys.items():
            key.live = key.there = other == number
        return answer({"client_id": "cli", "tenant": "acme", "name": "My App", "client_secret": self.keys[number].value})


class Auth0Own(Auth0):
    """https://auth0.com/docs/get-started/applications/rotate-client-secret: "update the client with your own secret"."""

    recipe = "auth0-own"
    lossy = False


class Keycloak(ClientTown):
    """https://www.keycloak.org/docs-api/latest/rest-api/: client-secret and client-secret/rotated, without a rotation policy."""

    recipe = "keycloak"
    api = "https://sso.example.test/admin/realms/acme"
    token_url = "https://sso.example.test/realms/acme/protocol/openid-connect/token"
    policy = False

    def managed(self, wire: Wire, path: str) -> Response:
        """CredentialRepresentation: ``{"type": "secret", "value": ...}``."""
        if path == "/clients":
            assert parse_qs(urlsplit(wire.url).query) == {"clientId": ["cli"]}
            return answer(json.dumps([{"id": "0a5c-uuid", "clientId": "cli", "enabled": True}]))
        assert path.startswith("/clients/0a5c-uuid/client-secret")
        now = next(reversed([key for key in self.keys.values() if key.there]))
        rotated = [key for key in self.keys.values() if key.there and key is not now]
        if path.endswith("/rotated"):
            if wire.method == "DELETE" and rotated:
                rotated[0].live = rotated[0].there = False
                return answer(status=204)
            return answer({"type": "secret", "value": rotated[0].value}) if rotated else answer(status=404)
        if wire.method == "POST":
            for key in self.keys.values():
                key.live = key.there = self.policy and key is now
            now = self.keys[self.make()]
        return answer({"type": "secret", "value": now.value})


class KeycloakPolicy(Keycloak):
    """https://www.keycloak.org/docs/latest/server_admin/#_secret_rotation: both work until the rotated one is ended."""

    policy = True


class Okta(ClientTown):
    """https://developer.okta.com/docs/guides/client-secret-rotation-key/main/: two at most; delete only what is inactive."""

    recipe = "okta"
    api = "https://acme.okta.com/api/v1"
    token_url = "https://acme.okta.com/oauth2/v1/token"
    scheme = "SSWS"

    def __init__(self) -> None:
        super().__init__(grace="0s")

    def managed(self, wire: Wire, path: str) -> Response:
        """Create, list, deactivate, activate, delete."""
        parts = path.removeprefix("/apps/cli/credentials/secrets").strip("/").split("/")
        there = {number: key for number, key in self.keys.items() if key.there}
        if wire.method == "GET":
            return answer(json.dumps([self.shown(number) for number in there]))
        if parts == [""]:
            if len(there) >= 2:
                return answer({"errorCode": "E0000001", "errorSummary": "You may have up to 2 secrets."}, status=400)
            return answer(self.shown(self.make(value=json.loads(wire.body)["client_secret"])), status=201)
        key = self.keys[parts[0]]
        if not key.there:
            return answer({"errorCode": "E0000007"}, status=404)
        if wire.method == "DELETE":
            if key.live:
                return answer({"errorCode": "E0000001"}, status=400)
            key.there = False
            return answer(status=204)
        if parts[-1] == "activate":
            key.live = True
        elif not key.live or sum(one.live for one in there.values()) < 2:
            return answer({"errorCode": "E0000001"}, status=400)
        else:
            key.live = False
        return answer(self.shown(parts[0]))

    def shown(self, number: str) -> dict[str, object]:
        """As the guide's example answers."""
        key = self.keys[number]
        return {
            "id": number,
            "created": "2023-02-21T20:08:24.000Z",
            "lastUpdated": "2023-02-21T20:08:24.000Z",
            "client_secret": key.value,
            "secret_hash": "yk4SVx4sUWVJVbHt6M-UPA",
            "status": "ACTIVE" if key.live else "INACTIVE",
        }


TOWNS: tuple[Callable[[], Town], ...] = (
    Demo,
    GitLab,
    GitLabProject,
    GitLabCreate,
    GitLabGroup,
    GitLabGroupCreate,
    Cloudflare,
    CloudflareRoll,
    CloudflareRolled,
    Auth0,
    Auth0Own,
    Keycloak,
    KeycloakPolicy,
    Okta,
)


class KillingStore(MemoryStore):
    """A store whose process dies before or after its n-th save."""

    def __init__(self) -> None:
        super().__init__()
        self.saves = 0
        self.die_at = -1
        self.die_after = False

    def save(self, record: Record) -> Record:
        """Save, or die."""
        self.saves += 1
        if self.saves == self.die_at and not self.die_after:
            raise Killed
        saved = super().save(record)
        if self.saves == self.die_at:
            raise Killed
        return saved


class Two:
    """The profiles ``work`` and ``admin``."""

    def __init__(self, work: Profile, admin: Profile) -> None:
        self.profiles = {"work": work, "admin": admin}

    def profile(self, name: str) -> Profile:
        """One of them. Raises UnknownProfile."""
        if name not in self.profiles:
            raise UnknownProfile(f"There is no profile “{name}”.")
        return self.profiles[name]

    def edit(self, name: str, **changes: Any) -> None:
        """As a person edits config.toml."""
        self.profiles[name] = replace(self.profiles[name], **changes)


class AdminTokens:
    """The access token of the managing profile."""

    def token(self, profile: str) -> AccessToken:
        """One that lives."""
        return AccessToken(profile=profile, value=Secret(ADMIN), token_type="Bearer", expires_at=None, scopes=(), source="cache")

    def proof(self, token: AccessToken, method: str, url: str) -> Mapping[str, str]:
        """A bearer token needs none."""
        return {}


@dataclass
class Place:
    """Everything a rotation touches."""

    town: Town
    store: MemoryStore
    trail: Trail
    accounts: Two
    clock: FakeClock
    rotations: Rotations
    progress: list[Progress] = field(default_factory=list)

    @property
    def record(self) -> Record:
        """What is stored."""
        found = self.store.load("work")
        assert found is not None
        return found

    @property
    def secret(self) -> Secret | None:
        """The secret in use."""
        return self.record.api_key or self.record.client_secret

    def again(self) -> Rotations:
        """Another process."""
        return rotations_of(self)


def place(make: Callable[[], Town], store: MemoryStore | None = None) -> Place:
    """A home with one secret of that provider."""
    town = make()
    clock, store = FakeClock(), store or KillingStore()
    client = town.kind is Kind.CLIENT_CREDENTIALS
    work = Profile(
        name="work",
        provider="demo" if town.recipe == "demo" else "oauth2",
        client_id="cli" if client else None,
        flow=Flow.CLIENT_CREDENTIALS if client else Flow.API_KEY,
        token_url=town.token_url if client else None,
        api_url=None if client else town.api,
        rotation={} if town.recipe == "demo" else {"recipe": town.recipe, **town.rotation},
    )
    header = {"okta": ("Authorization", "SSWS"), "gitlab": ("PRIVATE-TOKEN", "")}.get(town.recipe.split("-")[0], (None, None))
    admin = Profile(name="admin", provider="oauth2", api_url=town.api, header=header[0], prefix=header[1])
    origin = "/".join(town.api.split("/")[:3])
    binding = Binding(client_id="cli" if client else None, api_origins=() if client else (origin,))
    if client:
        hosts = ("/".join(town.token_url.split("/")[:3]),)
        binding = replace(binding, token_hosts=hosts, set_hosts=hosts)
    secret = {"client_secret": Secret(OLD)} if client else {"api_key": Secret(OLD)}
    store.save(Record(name="work", kind=town.kind, binding=binding, **secret))  # type: ignore[arg-type]
    by_key = header[0] is not None or town.kind is Kind.API_KEY
    store.save(
        Record(
            name="admin",
            kind=Kind.API_KEY if by_key else Kind.CLIENT_CREDENTIALS,
            binding=Binding(api_origins=(origin,)),
            api_key=Secret(ADMIN) if by_key else None,
        )
    )
    if isinstance(store, KillingStore):
        store.saves = 0
    built = Place(town, store, Trail(), Two(work, admin), clock, None)  # type: ignore[arg-type]
    built.rotations = rotations_of(built)
    return built


def rotations_of(here: Place) -> Rotations:
    """The use case on that home, as a new process makes it."""
    return Rotations(
        accounts=here.accounts,
        store=here.store,
        transport=ScriptedTransport(here.town, clock=here.clock),
        clock=here.clock,
        entropy=seeded(5 + here.town.requests),
        audit=here.trail,
        pause=here.clock.pause,
        sessions=AdminTokens(),
    )
