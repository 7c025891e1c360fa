"""The installed ``my-app`` as a program, the demo as a program beside it, and a person who fills in its pages.

Nothing of the project is imported here but the JSON schemas: what is known comes from the contract.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from cli.schemas import check

MY_APP = str(Path(sys.executable).with_name("my-app"))
VAULT_KEY = base64.urlsafe_b64encode(b"0123456789abcdef0123456789abcdef").decode().rstrip("=")
LIMIT = 60
"""Seconds a command may take before the test gives up; never reached on a sound machine."""


@dataclass(frozen=True)
class Ran:
    """One finished command."""

    code: int
    out: str
    err: str

    def json(self, command: str) -> dict[str, Any]:
        """The one line of standard output, checked against its schema; exit 0."""
        assert self.code == 0, self
        return self.printed(command)

    def printed(self, command: str) -> dict[str, Any]:
        """The same whatever the exit code."""
        value: dict[str, Any] = json.loads(self.out)
        assert self.out.count("\n") == 1
        check(command, value)
        return value

    def error(self) -> dict[str, Any]:
        """The error object on the last line of standard error, with standard output empty."""
        assert self.out == "", self
        value = json.loads(self.err.splitlines()[-1])
        check("error", value)
        assert value["error"]["exit"] == self.code
        error: dict[str, Any] = value["error"]
        return error


@dataclass
class Home:
    """A home of its own, opened by a key from the environment."""

    path: Path
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        """Nothing of the developer's machine but the search path."""
        base = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.path),
            "LANG": "C.UTF-8",
            "MY_APP_CONFIG_DIR": str(self.path / "config"),
            "MY_APP_DATA_DIR": str(self.path / "data"),
            "MY_APP_VAULT_KEY": VAULT_KEY,
        }
        return {name: value for name, value in (base | self.extra).items() if value}

    def run(self, *argv: str, stdin: str = "", **environ: str) -> Ran:
        """``my-app ARGV`` to its end."""
        done = subprocess.run(
            [MY_APP, *argv],
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environ | environ,
            cwd=self.path,
            timeout=LIMIT,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def start(self, *argv: str, **environ: str) -> subprocess.Popen[str]:
        """``my-app ARGV`` under way, its streams open."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [MY_APP, *argv], stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=self.environ | environ, cwd=self.path
        )

    def files(self) -> list[str]:
        """Every file below this home."""
        return sorted(str(path.relative_to(self.path)) for path in self.path.rglob("*") if path.is_file())


def finish(process: subprocess.Popen[str], stdin: str | None = None) -> Ran:
    """Wait for a started command."""
    out, err = process.communicate(stdin, timeout=LIMIT)
    return Ran(process.returncode, out, err)


def event_of(process: subprocess.Popen[str], name: str) -> dict[str, Any]:
    """The next event of that name on standard error."""
    assert process.stderr is not None
    for line in process.stderr:
        value: dict[str, Any] = json.loads(line)
        if value.get("event") == name:
            return value
    raise AssertionError(f"no event {name}; exit {process.wait()}")


class Demo:
    """What ``my-app demo`` printed."""

    def __init__(self, info: Mapping[str, Any]) -> None:
        self.info = info
        self.issuer: str = info["issuer"]
        self.api_url: str = info["api_url"]
        self.api_key: str = info["api_key"]

    def person(self, name: str = "ben") -> Person:
        """A person of the demo, in a new browser."""
        return Person(self.user(name), self.issuer)

    def user(self, name: str) -> dict[str, str]:
        """Name and password."""
        return next(user for user in self.info["users"] if user["username"] == name)

    def client(self, flow: str, method: str = "none") -> dict[str, Any]:
        """A client that may use ``flow`` and signs in by ``method``."""
        return next(one for one in self.info["clients"] if flow in one["flows"] and one["auth_method"] == method)


@contextlib.contextmanager
def demo(home: Home, *argv: str) -> Iterator[Demo]:
    """``my-app demo`` as a program, ended by SIGTERM."""
    process = home.start("demo", "--json", *argv)
    try:
        assert process.stdout is not None
        yield Demo(json.loads(process.stdout.readline()))
    finally:
        process.terminate()
        finish(process)


class _Form(HTMLParser):
    """The first form of a page: hidden fields kept, buttons by their text."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.names: set[str] = set()
        self.buttons: dict[str, tuple[str, str]] = {}
        self._button: tuple[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = values.get("action", "")
        elif tag == "input" and values.get("type") == "hidden":
            self.fields[values["name"]] = values.get("value", "")
        elif tag == "input":
            self.names.add(values.get("name", ""))
        elif tag == "button":
            self._button = (values.get("name", ""), values.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._button is not None:
            self.buttons[data.strip()] = self._button
            self._button = None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Redirects are looked at, not followed."""

    def redirect_request(self, *args: Any) -> None:
        return None


class Person:
    """Somebody with a browser: fills in plain forms, follows redirects, presses Allow or Deny."""

    def __init__(self, user: Mapping[str, str], home: str) -> None:
        """``home``: the issuer, which never goes away."""
        self._user = user
        self.home = home
        self._open = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar()), _NoRedirect()
        )

    def visit(self, url: str, *, press: str = "Allow", user_code: str = "", stop: str | None = None) -> str:
        """Go through the pages behind ``url`` to their end; the address one ends on, or the first that begins with ``stop``."""
        data: bytes | None = None
        for _ in range(15):
            try:
                status, location, page = self._get(url, data)
            except OSError:
                # The program that waited for the callback may be gone before its last page is fetched.
                if url.startswith(self.home):
                    raise
                return url
            data = None
            if location:
                url = urllib.parse.urljoin(url, location)
                if stop and url.startswith(stop):
                    return url
                continue
            form = _Form()
            form.feed(page)
            if status >= 400 or not (form.names or form.buttons):
                return url
            typed = {"username": self._user["username"], "password": self._user["password"], "user_code": user_code}
            fields = form.fields | {name: typed[name] for name in form.names if name in typed}
            if press in form.buttons and form.buttons[press][0]:
                name, value = form.buttons[press]
                fields[name] = value
            url, data = urllib.parse.urljoin(url, form.action or url), urllib.parse.urlencode(fields).encode()
        raise AssertionError("the pages lead nowhere")

    def _get(self, url: str, data: bytes | None) -> tuple[int, str, str]:
        try:
            with self._open.open(url, data, timeout=20) as answer:
                return answer.status, "", answer.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as answer:
            with answer:
                return (
                    answer.code,
                    answer.headers.get("location", "") if answer.code < 400 else "",
                    answer.read().decode("utf-8", "replace"),
                )
