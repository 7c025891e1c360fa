"""Slots moved to and from a real keyring, tried first, killed in the middle; foreign backends installed beside (S8, S9, S10)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from interop.conftest import need
from token_house import KEY

pytestmark = pytest.mark.interop

SESSION = Path(__file__).parent / "keyring_session.sh"
MY_APP = Path(sys.executable).with_name("my-app")
RING = (
    "pid() { dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus / "
    "org.freedesktop.DBus.GetConnectionUnixProcessID string:org.freedesktop.secrets | tr -dc '0-9 ' | awk '{print $NF}'; }; "
)


def in_session(script: str, home: Path, *, locked: bool = False, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script, ``$A`` being my-app, beside a real keyring that lives in ``home``."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "A": str(MY_APP),
        "PYTHON": sys.executable,
        "KEYRING_HOME": str(home / "ring"),
        "KEYRING_LOCKED": "1" if locked else "0",
        "MY_APP_CONFIG_DIR": str(home / "config"),
        "MY_APP_DATA_DIR": str(home / "data"),
        "MY_APP_NO_INPUT": "1",
        **more,
    }
    order = [str(SESSION), "sh", "-c", RING + script]
    return subprocess.run(order, capture_output=True, text=True, env=environ, timeout=110, check=False)


MAKE = (
    f"export MY_APP_VAULT_KEY={KEY}; "
    'printf secret | "$A" profile add work --issuer http://127.0.0.1:9 --client-id x --client-secret-stdin 2>/dev/null; '
)


def test_a_vault_moves_into_the_keyring_and_out_again(tmp_path: Path) -> None:
    """Each step is tried first and changes nothing then; at every moment something at hand opens the vault."""
    script = MAKE + (
        'before=$(sha256sum < "$MY_APP_DATA_DIR/vault.db"); '
        '"$A" vault slot add keyring --dry-run 2>&1; '
        '"$A" vault slot remove key --dry-run 2>&1; '
        '[ "$before" = "$(sha256sum < "$MY_APP_DATA_DIR/vault.db")" ] && echo same; '
        '"$A" vault slot add keyring 2>&1; "$A" vault slot remove key --dry-run 2>&1; "$A" vault slot remove key 2>&1; '
        'unset MY_APP_VAULT_KEY; "$A" vault rekey 2>&1; "$A" --json vault slot list; '
        f"export MY_APP_VAULT_KEY={KEY}; "
        '"$A" vault slot add key 2>&1; "$A" vault slot remove keyring 2>&1; "$A" --json vault slot list; "$A" vault rekey 2>&1'
    )
    done = in_session(script, tmp_path)
    assert done.returncode == 0, done
    said = done.stdout
    for sentence in (
        "would open by key or keyring",
        "That is the only thing that opens the vault",
        "same",
        "The vault opens by keyring too now",
        "would open by keyring alone",
        "The vault no longer opens by key.",
        "The vault no longer opens by keyring.",
    ):
        assert sentence in said, (sentence, done)
    assert said.count("Everything is sealed under a new key.") == 2


@pytest.mark.timeout(300)
def test_the_daemon_killed_while_a_slot_is_added(tmp_path: Path) -> None:
    """Whenever the keyring dies: a sentence or success, the vault opens as before, and a slot that is there opens it too."""
    for number, delay in enumerate(("0", "0.05", "0.1", "0.15", "0.2", "0.3")):
        home = tmp_path / str(number)
        home.mkdir(0o700)
        script = MAKE + (
            f'ring=$(pid); ( sleep {delay}; kill -9 "$ring" ) & "$A" vault slot add keyring 2>&1; echo "exit $?"; wait; '
            '"$A" --json vault slot list; "$A" vault rekey --help >/dev/null; "$A" --json vault slot add key && echo opened; '
            'printf %s "a test" | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; '
            'unset MY_APP_VAULT_KEY; "$A" --json vault slot add keyring --dry-run && echo "by keyring"'
        )
        done = in_session(script, home)
        assert "opened" in done.stdout, done
        added = "exit 0" in done.stdout
        assert added or "exit 6" in done.stdout, done
        assert "Traceback" not in done.stdout + done.stderr
        if added:
            assert "by keyring" in done.stdout, done


def test_plain_text_backends_are_refused_even_when_installed(tmp_path: Path) -> None:
    """With keyrings.alt installed, and asked for by every setting of keyring: no vault, no plain text, exit 6 (S8)."""
    place = str(tmp_path / "alt")
    order = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", place, "keyrings.alt", "jaraco.classes"]
    need(subprocess.run(order, capture_output=True, check=False, timeout=100).returncode == 0, "keyrings.alt")
    for backend in ("keyrings.alt.file.PlaintextKeyring", "keyring.backends.null.Keyring", "keyring.backends.fail.Keyring"):
        home = tmp_path / backend
        home.mkdir(0o700)
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "share"),
            "PYTHONPATH": place,
            "PYTHON_KEYRING_BACKEND": backend,
            "MY_APP_CONFIG_DIR": str(home / "config"),
            "MY_APP_DATA_DIR": str(home / "data"),
            "MY_APP_NO_INPUT": "1",
        }
        order = [str(MY_APP), "--json", "profile", "add", "work", "--issuer", "http://127.0.0.1:9", "--client-id", "x"]
        done = subprocess.run(
            [*order, "--client-secret-stdin"],
            input="canary-secret",
            capture_output=True,
            text=True,
            env=environ,
            timeout=60,
            check=False,
        )
        assert done.returncode == 6, done
        assert '"keyring_unavailable"' in done.stderr
        assert not [path for path in home.rglob("*") if path.is_file() and b"canary" in path.read_bytes()]
