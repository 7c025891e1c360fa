"""The vault's key in a real Secret Service: unlocked, locked and absent."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.interop

SESSION = Path(__file__).parent / "keyring_session.sh"
ADD = (
    "printf key-123 | my-app profile add svc --provider oauth2 --flow api-key --api-key-stdin"
    " --api-url https://api.example.test --no-input"
)


def session(home: dict[str, str], keyring: Path, script: str, *, locked: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a shell script in a private session bus with a Secret Service kept in ``keyring``."""
    env = {name: value for name, value in home.items() if name != "MY_APP_VAULT_KEY"}
    env |= {"KEYRING_HOME": str(keyring), "KEYRING_LOCKED": "1" if locked else "0"}
    return subprocess.run([str(SESSION), "sh", "-c", script], env=env, capture_output=True, text=True, timeout=90)


def test_the_key_is_kept_in_the_keyring_and_found_again(home: dict[str, str], tmp_path: Path) -> None:
    """A second session of the same keyring opens the vault; without the keyring nothing is readable."""
    first = session(home, tmp_path / "kr", f"{ADD} && my-app status --json")
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout.splitlines()[-1])["profiles"][0]["kept_in"] == "keyring"
    again = session(home, tmp_path / "kr", "my-app token svc")
    assert again.stdout.strip() == "key-123", again.stderr
    assert b"key-123" not in b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())


def test_a_locked_keyring_is_explained(home: dict[str, str], tmp_path: Path) -> None:
    """S9: locked means one sentence, exit 6 within seconds, and nothing lost."""
    assert session(home, tmp_path / "kr", ADD).returncode == 0
    locked = session(home, tmp_path / "kr", "my-app token svc --no-input", locked=True)
    assert locked.returncode == 6, locked
    assert locked.stdout == ""
    assert "keyring" in locked.stderr
    assert "Traceback" not in locked.stderr
    assert session(home, tmp_path / "kr", "my-app token svc").stdout.strip() == "key-123"


def test_no_keyring_is_a_clear_answer_never_plain_text(home: dict[str, str], tmp_path: Path) -> None:
    """Without keyring, passphrase and key nothing is stored; a passphrase then works."""
    env = {name: value for name, value in home.items() if name not in ("MY_APP_VAULT_KEY", "DBUS_SESSION_BUS_ADDRESS")}
    env["XDG_RUNTIME_DIR"] = str(tmp_path)
    refused = subprocess.run(["sh", "-c", ADD], env=env, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 6, refused
    assert "passphrase" in refused.stderr.lower()
    taken = subprocess.run(
        ["sh", "-c", ADD + " && my-app token svc"],
        env={**env, "MY_APP_VAULT_PASSPHRASE": "correct horse"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert taken.stdout.strip().endswith("key-123"), taken.stderr
    wrong = subprocess.run(
        ["my-app", "token", "svc", "--no-input"],
        env={**env, "MY_APP_VAULT_PASSPHRASE": "wrong"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert wrong.returncode == 6
    assert "key-123" not in wrong.stdout + wrong.stderr
