"""The demo API: files, machines, databases, deployments, data, and the API keys themselves."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from authlib.oauth2 import OAuth2Error
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from my_app.demo.guard import Guard, Refusal
from my_app.demo.messages import NO_STORE, read_body, read_json, refusal
from my_app.demo.realm import Realm
from my_app.demo.scopes import API

UPLOAD_LIMIT: Final = 8 * 1024 * 1024
"""Bytes of one file."""
MOST_FILES: Final = 200
MOST_THINGS: Final = 1000
MOST_KEYS: Final = 50
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,99}")

Handler = Callable[[Request], Awaitable[Response]]


class DemoApi:
    """The resource server."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm
        self._guard = Guard(realm)
        started = realm.now.isoformat(timespec="seconds")
        realm.store.things |= {
            "vms": [
                {"id": "vm-1", "name": "web-1", "region": "eu-north-1", "status": "running", "created_at": started},
                {"id": "vm-2", "name": "build-1", "region": "us-east-1", "status": "stopped", "created_at": started},
            ],
            "databases": [{"id": "db-1", "name": "orders", "engine": "postgres", "status": "ready", "created_at": started}],
            "deployments": [],
            "data": [{"id": f"row-{n}", "value": n * n} for n in range(1, 6)],
        }

    def routes(self) -> list[Route]:
        """Every path of the API."""
        return [
            Route("/storage/{bucket}/{key:path}", self._guarded(self._file), methods=["GET", "PUT", "DELETE"]),
            Route("/storage/{bucket}", self._guarded(self._files), methods=["GET"]),
            Route("/vms", self._guarded(self._things("vms")), methods=["GET", "POST"]),
            Route("/databases", self._guarded(self._things("databases")), methods=["GET", "POST"]),
            Route("/deployments", self._guarded(self._things("deployments")), methods=["GET", "POST"]),
            Route("/data", self._guarded(self._data), methods=["GET"]),
            Route("/keys", self._guarded(self._keys), methods=["GET", "POST"]),
            Route("/keys/{key_id}", self._guarded(self._delete_key), methods=["DELETE"]),
            Route("/userinfo", self._guarded(self._userinfo), methods=["GET", "POST"]),
        ]

    @staticmethod
    def _guarded(handler: Handler) -> Handler:
        async def endpoint(request: Request) -> Response:
            try:
                return await handler(request)
            except Refusal as refused:
                return refused.response
            except OAuth2Error as error:
                return refusal(error)

        return endpoint

    async def _file(self, request: Request) -> Response:
        name = f"{request.path_params['bucket']}/{request.path_params['key']}"
        files = self._realm.store.files
        if request.method == "GET":
            self._guard.check(request, "files:read")
            return Response(files[name], media_type="application/octet-stream") if name in files else _missing()
        self._guard.check(request, "files:write")
        if request.method == "DELETE":
            return Response(status_code=204) if files.pop(name, None) is not None else _missing()
        if name not in files and len(files) >= MOST_FILES:
            return JSONResponse({"error": "full", "error_description": "The demo keeps no more files."}, 507)
        body = await read_body(request, UPLOAD_LIMIT)
        created = name not in files
        files[name] = body
        return JSONResponse({"name": name, "size": len(body)}, 201 if created else 200)

    async def _files(self, request: Request) -> Response:
        self._guard.check(request, "files:read")
        bucket = request.path_params["bucket"] + "/"
        found = [{"name": name, "size": len(body)} for name, body in self._realm.store.files.items() if name.startswith(bucket)]
        return JSONResponse({"items": found})

    def _things(self, kind: str) -> Handler:
        async def handler(request: Request) -> Response:
            things = self._realm.store.things[kind]
            if request.method == "GET":
                self._guard.check(request, f"{kind}:read", f"{kind}:write")
                return JSONResponse({"items": things})
            self._guard.check(request, f"{kind}:write")
            wanted = await read_json(request)
            name = wanted.get("name", wanted.get("service"))
            texts = {key: value for key, value in wanted.items() if isinstance(value, str) and _NAME.fullmatch(value)}
            if not isinstance(name, str) or not _NAME.fullmatch(name) or len(texts) != len(wanted):
                return _bad("A name is needed, and every value must be a plain text of at most 100 characters.")
            if len(things) >= MOST_THINGS:
                return _bad("The demo keeps no more of these.")
            thing: dict[str, object] = {
                "id": f"{kind[:2]}-{self._realm.chance.token(6)}",
                "name": name,
                **texts,
                "status": "ready",
                "created_at": self._realm.now.isoformat(timespec="seconds"),
            }
            things.append(thing)
            return JSONResponse(thing, 201)

        return handler

    async def _data(self, request: Request) -> Response:
        self._guard.check(request, "data:read")
        return JSONResponse({"items": self._realm.store.things["data"]})

    async def _keys(self, request: Request) -> Response:
        caller = self._guard.check(request, "keys:manage")
        keys = self._realm.store.api_keys
        if request.method == "GET":
            by = caller.key.value if caller.key else None
            return JSONResponse({"items": [entry.shown(by) for entry in keys.values()]}, headers=NO_STORE)
        wanted = await read_json(request)
        name, scopes = wanted.get("name", "key"), wanted.get("scopes", sorted(caller.scopes & set(API)))
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            return _bad("The name must be a plain text of at most 100 characters.")
        if not isinstance(scopes, list) or not all(isinstance(one, str) for one in scopes) or not set(scopes) <= set(API):
            return _bad("The scopes are not scopes of this API.")
        if not set(scopes) <= caller.scopes:
            raise self._guard.forbidden(scopes)
        if len(keys) >= MOST_KEYS:
            return _bad("There are as many keys as there may be. Delete one first.")
        entry = self._realm.new_api_key(name, tuple(scopes))
        return JSONResponse({**entry.shown(), "key": entry.value}, 201, NO_STORE)

    async def _delete_key(self, request: Request) -> Response:
        self._guard.check(request, "keys:manage")
        found = self._realm.store.api_keys.pop(request.path_params["key_id"], None)
        return Response(status_code=204) if found else _missing()

    async def _userinfo(self, request: Request) -> Response:
        """OIDC Core 5.3."""
        caller = self._guard.check(request, "openid")
        person = caller.token.grant.person if caller.token else None
        if person is None:
            raise self._guard.forbidden(("openid",))
        return JSONResponse(person.claims(caller.scopes), headers=NO_STORE)


def _missing() -> Response:
    return JSONResponse({"error": "not_found", "error_description": "There is no such thing."}, 404)


def _bad(why: str) -> Response:
    body: dict[str, Any] = {"error": "invalid_request", "error_description": why}
    return JSONResponse(body, 400)
