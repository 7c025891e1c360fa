"""What the vault's tests share: a home, records, and questions that are answered from a list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from my_app.adapters.audit_file import AuditFile
from my_app.adapters.vault import Vault
from my_app.audit import Actor
from my_app.model import Kind, Record, TokenSet
from my_app.secret import Secret
from my_app.testing import NOON, FakeClock, FakeKeychain, seeded
from my_app.vaulting import Keychain

KEY = Secret("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")
OTHER_KEY = Secret("_-ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")


@dataclass
class Person:
    """Answers the vault's questions from a list and keeps what was asked."""

    answers: list[str | None] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def _answer(self, label: str) -> Secret | None:
        self.asked.append(label)
        answer = self.answers.pop(0)
        return None if answer is None else Secret(answer)

    @property
    def passphrase(self) -> Callable[[str], Secret | None]:
        return self._answer

    @property
    def new_vault(self) -> Callable[[str], Secret | None]:
        return self._answer


def vault_at(
    home: Path,
    *,
    keychain: Keychain | None = None,
    key: Secret | None = None,
    passphrase: str | None = None,
    person: Person | None = None,
    no_input: bool = False,
    seed: int = 0,
) -> Vault:
    """The vault in ``home``, as a new process would see it; without a keychain there is none on the machine."""
    return Vault(
        home / "vault.db",
        locks=home / "lock",
        keychain=keychain or FakeKeychain(absent=True),
        key=key,
        passphrase=None if passphrase is None else Secret(passphrase),
        clock=FakeClock(),
        entropy=seeded(seed),
        questions=person,
        no_input=no_input,
        memory_kib=64,
    )


def trail(vault: Vault, home: Path) -> AuditFile:
    """The audit trail beside it."""
    actor = Actor(program="test", pid=1, cwd="/", tty=None)
    return AuditFile(home / "audit.jsonl", clock=FakeClock(), actor=actor, seal=vault)


def login(name: str, number: int = 1) -> Record:
    """A login with a refresh token."""
    return Record(
        name=name,
        kind=Kind.OAUTH,
        tokens=TokenSet(
            access_token=Secret(f"access-{name}-{number}"),
            refresh_token=Secret(f"refresh-{name}-{number}"),
            scopes=("openid",),
            obtained_at=NOON,
            expires_at=NOON + timedelta(hours=number),
        ),
        requested_scopes=("openid",),
    )


def api_key(name: str) -> Record:
    """An API key."""
    return Record(name=name, kind=Kind.API_KEY, api_key=Secret(f"key-{name}"))
