"""Where things live, and what ``config.toml`` and the environment say; text in, frozen value out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from my_app.model import DEFAULT_MARGIN, Profile


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
    """``MY_APP_CONFIG_DIR`` and ``MY_APP_DATA_DIR``, else the platform's user folders of ``my_app``."""
    raise NotImplementedError


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
