"""``my-app`` called in this process: its streams are strings, its use cases fakes that live in memory."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

from cli.schemas import check
from my_app.accounts import Account, Choice, ChosenBy
from my_app.cli.context import Context
from my_app.cli.main import main
from my_app.errors import NothingConfigured
from my_app.model import Profile
from my_app.testing import ScriptedTransport
from my_app.wiring import Questions, Services
from tui.fakes import FakeAccounts, World, world


class Choosing(FakeAccounts):
    """The accounts of the screens' fakes, and the choice of one."""

    environment: bool = False
    trusted: tuple[str, ...] = ()

    def choose(self, name: str | None) -> Choice:
        if name is not None:
            self.account(name)
            return Choice(profile=name, chosen_by=ChosenBy.ARGUMENT, source="profile")
        if self.environment:
            return Choice(profile=None, chosen_by=ChosenBy.ENVIRONMENT, source="environment")
        if self.active is None or not self.rows:
            raise NothingConfigured("There is no account and no credential in the environment.")
        return Choice(profile=self.active, chosen_by=ChosenBy.CONFIG, source="profile")

    def set(self, name: str, changes: Mapping[str, str | None]) -> Profile:
        row = self.account(name)
        profile = replace(row.profile, **changes)  # type: ignore[arg-type]
        self.rows[name] = replace(row, profile=profile)
        return profile

    def trust(self, name: str) -> tuple[str, ...]:
        self.account(name)
        return self.trusted

    def allow(self, name: str, directory: str) -> None:
        self.account(name)
        self.allowed = (name, directory)


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass(frozen=True)
class Said:
    """What one call of ``my-app`` did."""

    code: int
    out: str
    err: str

    def json(self, command: str) -> dict[str, Any]:
        """The one object on standard output, checked against its schema."""
        assert self.out.count("\n") == 1, self
        value: dict[str, Any] = json.loads(self.out)
        check(command, value)
        return value

    def error(self) -> dict[str, Any]:
        """The error object: standard output empty, last line of standard error, its exit code ours."""
        assert self.out == ""
        return self.last_error()

    def last_error(self) -> dict[str, Any]:
        """The error object on the last line of standard error, whatever standard output holds."""
        value: dict[str, Any] = json.loads(self.err.splitlines()[-1])
        check("error", value)
        error: dict[str, Any] = value["error"]
        assert error["exit"] == self.code
        return error


@dataclass
class Door:
    """A home in memory and the way to call ``my-app`` in it."""

    world: World
    environ: dict[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    transport: ScriptedTransport | None = None
    children: list[tuple[list[str], dict[str, str]]] = field(default_factory=list)
    """Command and environment of each process that ``exec`` would have become."""
    opened: list[tuple[Mapping[str, str], Questions, str | None]] = field(default_factory=list)

    @property
    def accounts(self) -> Choosing:
        """The fake accounts."""
        assert isinstance(self.world.accounts, Choosing)
        return self.world.accounts

    def _open(self, environ: Mapping[str, str], questions: Questions, profile: str | None) -> Services:
        self.opened.append((environ, questions, profile))
        return self.world.services

    def _become(self, command: list[str], environ: Mapping[str, str]) -> NoReturn:
        self.children.append((command, dict(environ)))
        raise KeyboardInterrupt

    def run(self, *argv: str, stdin: str = "", terminal: bool = False) -> Said:
        """``my-app ARGV``; ``terminal``: a person sits there and types ``stdin``."""
        kind = Terminal if terminal else io.StringIO
        out, err = kind(), kind()
        context = Context(
            environ=self.environ,
            stdin=kind(stdin),
            stdout=out,
            stderr=err,
            opener=self._open,
            cwd=self.cwd,
            transport=self.transport,
            become=self._become,
        )
        code = main(list(argv), context)
        return Said(code, out.getvalue(), err.getvalue())


def door(rows: list[Account] | None = None, *, active: str | None = "work", **environ: str) -> Door:
    """A home with one account in each state unless ``rows`` says otherwise."""
    made = world(rows)
    accounts = Choosing(made.clock, list(made.accounts.rows.values()))
    accounts.active = active
    made.accounts = accounts
    made.services = replace(made.services, accounts=accounts)
    for part in (made.sessions, made.logins, made.grants):
        part.accounts = accounts
    return Door(made, dict(environ))
