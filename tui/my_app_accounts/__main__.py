"""``my-app-accounts``: reads its arguments, opens the services, runs the app. Light until it is clear what is wanted."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from my_app.demo.server import RunningDemo
    from my_app.errors import MyAppError
    from my_app.secret import Secret
    from my_app_accounts.app import AccountsApp

SETTLE = 2.0
"""Seconds given to calls under way when the app ends, so that an answered refresh is saved."""


def parser() -> ArgumentParser:
    """The options of CONTRACT, "The app"."""
    made = ArgumentParser(
        prog="my-app-accounts", description="Every login you own, in one place: sign in, look, renew, rotate, revoke."
    )
    made.add_argument("--demo", action="store_true", help="try it with a provider of its own in a home that is thrown away")
    made.add_argument("--profile", metavar="N", help="the account to put the cursor on")
    made.add_argument("--read-only", action="store_true", help="look, but change nothing")
    made.add_argument("--plain", action="store_true", help="line by line, for screen readers (also ACCESSIBLE=1)")
    made.add_argument("--version", action="store_true", help="print the version")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Run the app; returns the exit code (CONTRACT)."""
    given = parser().parse_args(argv)
    if given.version:
        from my_app import __version__

        sys.stdout.write(f"my-app-accounts {__version__}\n")
        return 0
    from my_app.hardening import forbid_core_dumps
    from my_app_accounts.environment import drop_textual_variables

    drop_textual_variables(os.environ)
    forbid_core_dumps()
    plain = given.plain or os.environ.get("ACCESSIBLE") == "1"
    if not plain and not (sys.stdin.isatty() and sys.stderr.isatty()):
        sys.stderr.write("my-app-accounts needs a terminal.\nIn a script use my-app, or my-app-accounts --plain.\n")
        return 2
    from my_app.errors import MyAppError

    try:
        with ExitStack() as stack:
            return _run(given, plain, stack)
    except MyAppError as error:
        return _told(error)
    except KeyboardInterrupt:
        return 130


def _run(given: Namespace, plain: bool, stack: ExitStack) -> int:
    environ: Mapping[str, str] = os.environ
    demo: RunningDemo | None = None
    if given.demo:
        from my_app_accounts.demo_home import demo_home, filler

        environ, demo = stack.enter_context(demo_home(os.environ))
    from my_app.wiring import Questions, open_services

    if plain:
        from my_app_accounts.plain import Plain, ask_secret

        questions = Questions(passphrase=ask_secret, new_vault=ask_secret)
        services = open_services(environ, questions=questions, profile=given.profile)
        if demo is not None:
            filler(services, demo)(_ready)
        return Plain(services, sys.stdin, sys.stdout, read_only=given.read_only).run()
    person = Person()
    services = open_services(
        environ, questions=Questions(passphrase=person.passphrase, new_vault=person.new_vault), profile=given.profile
    )
    from my_app_accounts.app import AccountsApp

    app = AccountsApp(
        services,
        demo=demo,
        read_only=given.read_only,
        profile=given.profile,
        environ=environ,
        prepare=filler(services, demo) if demo is not None else None,
    )
    person.app = app
    app.run()
    from my_app_accounts.background import settle

    settle(SETTLE)
    app.finish()
    return app.return_code or 0


class Person:
    """How the core asks the one in front of the screen; it is opened before the app is."""

    def __init__(self) -> None:
        self.app: AccountsApp | None = None

    def passphrase(self, label: str) -> Secret | None:
        """Called in a worker thread; None: dismissed."""
        return self.app.ask_passphrase(label) if self.app is not None else None

    def new_vault(self, label: str) -> Secret | None:
        """The same for a vault that is being made."""
        return self.app.ask_passphrase(label, new=True) if self.app is not None else None


def _ready(name: str) -> None:
    sys.stdout.write(f"Ready: {name}\n")


def _told(error: MyAppError) -> int:
    from my_app.words import error_lines

    sys.stderr.write(f"{error_lines(error)}\n")
    return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
