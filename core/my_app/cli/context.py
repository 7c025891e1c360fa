"""What a command works with: its streams, its environment and the use cases; the one seam of the tests."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from my_app.errors import Cancelled, PromptNeeded, UsageFault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import NoReturn, TextIO

    from my_app.accounts import Choice
    from my_app.ports import Transport
    from my_app.secret import Secret
    from my_app.wiring import Questions, Services

    Become = Callable[[list[str], Mapping[str, str]], NoReturn]
    Opener = Callable[[Mapping[str, str], Questions, str | None], Services]

SCHEMA: Final = 1
"""Version of every JSON object this program prints."""


class Context:
    """Streams, environment and, made when first needed, the use cases of one command."""

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        stdin: TextIO | None = None,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
        opener: Opener | None = None,
        cwd: Path | None = None,
        become: Become | None = None,
        transport: Transport | None = None,
    ) -> None:
        self.environ = environ
        self.stdin = sys.stdin if stdin is None else stdin
        self.stdout = sys.stdout if stdout is None else stdout
        self.stderr = sys.stderr if stderr is None else stderr
        self.cwd = cwd
        self.become = become
        """How ``exec`` turns into the child; None: by the operating system."""
        self.json = False
        self.verbose = False
        self.no_input = environ.get("MY_APP_NO_INPUT", "") not in ("", "0")
        self.profile: str | None = None
        """What ``--profile`` or the positional PROFILE named."""
        self._opener = opener
        self._services: Services | None = None
        self._transport = transport

    @property
    def interactive(self) -> bool:
        """A person sits at a terminal and may be asked."""
        return not self.no_input and _is_terminal(self.stdin) and _is_terminal(self.stderr)

    @property
    def colour(self) -> bool:
        """Standard output is a terminal and NO_COLOR is not set."""
        return self._colourful(self.stdout)

    @property
    def error_colour(self) -> bool:
        """The same for standard error."""
        return self._colourful(self.stderr)

    def _colourful(self, stream: TextIO) -> bool:
        return not self.environ.get("NO_COLOR") and self.environ.get("TERM") != "dumb" and _is_terminal(stream)

    @property
    def width(self) -> int:
        """Columns a table on standard output may take; wide when it is no terminal."""
        if not _is_terminal(self.stdout):
            return 10_000
        import shutil

        return max(40, shutil.get_terminal_size().columns)

    @property
    def services(self) -> Services:
        """The use cases of this environment; opened once."""
        if self._services is None:
            from my_app.wiring import Questions

            environ = {**self.environ, "MY_APP_NO_INPUT": "1"} if self.no_input else self.environ
            questions = Questions(passphrase=self._passphrase, new_vault=self._new_vault) if self.interactive else Questions()
            self._services = self._open(environ, questions)
        return self._services

    def _open(self, environ: Mapping[str, str], questions: Questions) -> Services:
        if self._opener is not None:
            return self._opener(environ, questions, self.profile)
        from my_app.wiring import open_services

        return open_services(environ, questions=questions, cwd=self.cwd, profile=self.profile)

    @property
    def transport(self) -> Transport:
        """The way to an API, opened once."""
        if self._transport is None:
            from my_app.wiring import default_transport

            self._transport = default_transport()
        return self._transport

    def name_profile(self, positional: str | None, option: str | None) -> None:
        """Take the profile from PROFILE or ``--profile``. Raises UsageFault when they differ."""
        if positional is not None and option is not None and positional != option:
            raise UsageFault("Two different profiles are named.", hint="Name it once, either as PROFILE or with --profile.")
        self.profile = option if positional is None else positional

    def choice(self) -> Choice:
        """The credential this call means (CONTRACT, "Where a credential comes from")."""
        choice = self.services.accounts.choose(self.profile)
        if self.verbose:
            self.note(f"Using {choice.name}, chosen by {choice.chosen_by.value}.")
        return choice

    def result(self, value: Mapping[str, object], text: str) -> None:
        """Print the command's result: ``value`` under ``--json``, else ``text`` (nothing when empty)."""
        if self.json:
            self.out(dumps(value))
        elif text:
            self.out(text)

    def out(self, line: str) -> None:
        """One line, or several, of result."""
        self.stdout.write(line + "\n")

    def note(self, line: str) -> None:
        """Anything that is not the result, on standard error."""
        self.stderr.write(line + "\n")
        self.stderr.flush()

    def flush(self) -> None:
        """Push everything out. Raises BrokenPipeError, OSError."""
        self.stdout.flush()
        self.stderr.flush()

    def ask(self, label: str, *, secret: bool = False) -> str:
        """One question to the person. Raises PromptNeeded when nobody may be asked, Cancelled when they stop."""
        if not self.interactive:
            raise PromptNeeded("A question would have to be asked, and nobody may be asked here.")
        try:
            if secret:
                import getpass

                return getpass.getpass(label, stream=self.stderr)
            self.stderr.write(label)
            self.stderr.flush()
            line = self.stdin.readline()
        except (EOFError, KeyboardInterrupt):
            self.stderr.write("\n")
            raise Cancelled("Stopped.") from None
        if not line:
            raise Cancelled("Stopped.")
        return line.rstrip("\r\n")

    def confirm(self, label: str) -> bool:
        """Whether the person typed ``yes``. Raises PromptNeeded, Cancelled."""
        return self.ask(f"{label} Type yes to go on: ").strip().lower() == "yes"

    def _passphrase(self, label: str) -> Secret | None:
        from my_app.secret import Secret

        return Secret(self.ask(f"{label.rstrip(': ')}: ", secret=True)) or None

    def _new_vault(self, why: str) -> Secret | None:
        self.note(why)
        return self.new_passphrase()

    def new_passphrase(self) -> Secret | None:
        """A new passphrase, typed twice; None when it was left empty. Raises PromptNeeded, Cancelled, UsageFault."""
        from my_app.secret import Secret

        first = Secret(self.ask("New passphrase for the vault: ", secret=True))
        if not first:
            return None
        if first != Secret(self.ask("The same again: ", secret=True)):
            raise UsageFault("The two passphrases differ; nothing was changed.")
        return first


def dumps(value: Mapping[str, object]) -> str:
    """One line of JSON with ``schema`` first; pure printable ASCII, so no terminal is moved by it (X1)."""
    import json

    return json.dumps({"schema": SCHEMA, **value}, ensure_ascii=True, separators=(",", ":"), allow_nan=False).replace(
        "\x7f", "\\u007f"
    )


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False
