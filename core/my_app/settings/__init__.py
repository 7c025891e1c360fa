"""Where things live, and what ``config.toml`` says, as frozen values; reading it is ``settings/parse.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from my_app.errors import SettingsFault
from my_app.model import DEFAULT_MARGIN, Profile
from my_app.text import clean


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Every place this program writes to."""

    config_dir: Path
    data_dir: Path

    @property
    def config(self) -> Path:
        """Profiles and settings, hand-editable."""
        return self.config_dir / "config.toml"

    @property
    def credentials(self) -> Path:
        """The plain JSON of those who want it simple (read only, 0600 or refused)."""
        return self.config_dir / "credentials.json"

    @property
    def vault(self) -> Path:
        """Sealed records."""
        return self.data_dir / "vault.db"

    @property
    def audit(self) -> Path:
        """The trail."""
        return self.data_dir / "audit.jsonl"

    @property
    def locks(self) -> Path:
        """Lock files, never deleted."""
        return self.data_dir / "lock"


def paths(environ: Mapping[str, str]) -> Paths:
    """``MY_APP_CONFIG_DIR`` and ``MY_APP_DATA_DIR``, else the platform's user folders of ``my_app``.

    Touches no disk. A relative path is taken from the working directory. Raises SettingsFault for a value with a NUL.
    """
    return Paths(config_dir=_folder(environ, "MY_APP_CONFIG_DIR"), data_dir=_folder(environ, "MY_APP_DATA_DIR"))


def _folder(environ: Mapping[str, str], variable: str) -> Path:
    given = environ.get(variable)
    if given:
        if "\0" in given or "\n" in given or "\r" in given:
            raise SettingsFault(f"{variable} holds a line break or NUL.", hint=f"Set {variable} to a folder.", key=variable)
        # expanduser would ask the real environment and the password database; "~" is the shell's business
        return Path(given).absolute()
    import platformdirs  # most set-ups of tests and services never get here

    config = variable == "MY_APP_CONFIG_DIR"
    found = platformdirs.user_config_dir("my_app", False) if config else platformdirs.user_data_dir("my_app", False)
    return Path(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """``[settings]`` of ``config.toml``; every one has a default."""

    margin: timedelta = DEFAULT_MARGIN
    """Renew on use when less than this is left."""
    leeway: timedelta = timedelta(seconds=60)
    """Clock skew allowed when checking tokens; at most 5 minutes (J8)."""
    theme: str = "vault-dark"
    reveal: timedelta = timedelta(seconds=10)
    """A revealed value hides again after this (H5)."""
    clipboard: timedelta | None = timedelta(seconds=30)
    """The clipboard is cleared after this; None: never (H6)."""
    lock_after: timedelta | None = timedelta(minutes=15)
    """Idle app locks after this; None: never."""
    motion: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of ``config.toml``, frozen."""

    active: str | None = None
    options: Options = Options()
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    directories: Mapping[str, str] = field(default_factory=dict)
    """Absolute directory to the profile allowed there (``my-app profile allow``)."""
    warnings: tuple[str, ...] = ()
    """Unknown keys and the like, one cleaned sentence each."""


class Config(Protocol):
    """The port to ``config.toml``; ``adapters/config_file.py`` stands behind it."""

    def settings(self) -> Settings:
        """What the file says; empty when there is none. Raises SettingsFault, UnsafeFile, DiskFault."""

    def edit(self, change: Callable[[str], str]) -> Settings:
        """Replace the file's text by ``change(text)``, atomically and one process at a time.

        Nothing is written when ``change`` raises, or when the new text is no settings file. Raises
        SettingsFault, UnsafeFile, DiskFault, LockTimeout.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The place a setting stands, for the sentence of a fault."""

    file: str
    """``config.toml``, ``credentials.json`` or the name of an option or variable."""
    path: tuple[str, ...] = ()
    """Keys from the top, e.g. ``("profiles", "work", "issuer")``."""
    locate: Callable[[tuple[str, ...]], int | None] = field(default=lambda path: None, repr=False)
    """Finds the line of a path; asked only when there is a fault to tell."""

    def at(self, key: str) -> Where:
        """The place of ``key`` below this one."""
        return Where(file=self.file, path=(*self.path, key), locate=self.locate)

    def fault(self, problem: str, *, hint: str | None = None) -> SettingsFault:
        """One sentence: file, line, key, problem (which begins lower case and ends without a stop)."""
        line = self.locate(self.path)
        at = f"{self.file}, line {line}" if line else self.file
        key = clean(".".join(self.path), 120)
        sentence = f"{at}: “{key}” {problem}." if key else f"{at}: {problem}."
        if hint is None:
            thing = "the file" if self.file.endswith((".toml", ".json")) else f"“{key}”" if key else "it"
            hint = f"Correct {thing} and try again; nothing was changed."
        return SettingsFault(sentence, hint=hint, file=self.file, line=line, key=key or None)
