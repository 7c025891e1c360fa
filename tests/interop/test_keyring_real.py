"""The vault on a real gnome-keyring: unlocked, locked, killed, and the hot path through it (issue 2, item 5)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.interop

SESSION = Path(__file__).parent / "keyring_session.sh"
CONTRACT = Path(__file__).parents[1] / "contracts" / "test_keychain.py"

VAULT = """
import secrets, sys, time
from datetime import datetime, timedelta, UTC
from pathlib import Path
from my_app.adapters.clock import SystemClock
from my_app.adapters.config_file import ConfigFile
from my_app.adapters.keychain import SystemKeychain
from my_app.adapters.vault import Vault
from my_app.adapters.vault_index import ConfigIndex
from my_app.errors import MyAppError
from my_app.model import Kind, Record, TokenSet
from my_app.secret import Secret
from my_app.settings import Paths
home, act = Path(sys.argv[1]), sys.argv[2]
paths = Paths(config_dir=home, data_dir=home)
keychain = SystemKeychain()
vault = Vault(paths.vault, locks=paths.locks, keychain=keychain, key=None, passphrase=None, clock=SystemClock(),
              entropy=secrets.token_bytes, no_input=True, index=ConfigIndex(paths.config, ConfigFile(paths).settings))
now = datetime.now(UTC)
tokens = TokenSet(access_token=Secret("at-real"), obtained_at=now, expires_at=now + timedelta(hours=1))
try:
    if act == "save":
        paths.config.write_text('active = "work"\\n[profiles.work]\\nprovider = "oidc"\\nissuer = "https://id.example"\\n')
        vault.save(Record(name="work", kind=Kind.OAUTH, tokens=tokens))
        time.sleep(0.1)
    print(vault.load("work").tokens.access_token.reveal())
    print(vault.kept_in)
except MyAppError as error:
    print(error.code, error.exit_code, error.message)
    sys.exit(error.exit_code)
"""


def in_session(order: list[str], home: Path, *, locked: bool = False, **more: str) -> subprocess.CompletedProcess[str]:
    """Run ``order`` beside a real keyring that lives in ``home``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MY_APP_")}
    environ = {**kept, "KEYRING_HOME": str(home), "KEYRING_LOCKED": "1" if locked else "0", **more}
    return subprocess.run([str(SESSION), *order], capture_output=True, text=True, env=environ, timeout=120, check=False)


def test_the_contract_holds_on_a_real_secret_service(tmp_path: Path) -> None:
    """The suite that the fake passes is passed by gnome-keyring through our own Secret Service client."""
    order = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(CONTRACT)]
    done = in_session(order, tmp_path, MY_APP_TEST_KEYRING="1")
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout


def test_a_vault_lives_in_it_and_a_locked_one_is_explained(tmp_path: Path) -> None:
    """A new start reads what was saved; locked and nobody to ask: one sentence, exit 6, nothing changed (S9)."""
    ring, home = tmp_path / "ring", tmp_path / "home"
    home.mkdir(0o700)
    made = in_session([sys.executable, "-c", VAULT, str(home), "save"], ring)
    assert made.stdout.split() == ["at-real", "keyring"], made
    again = in_session([sys.executable, "-c", VAULT, str(home), "load"], ring)
    assert again.stdout.split() == ["at-real", "keyring"], again
    before = (home / "vault.db").read_bytes()
    locked = in_session([sys.executable, "-c", VAULT, str(home), "load"], ring, locked=True)
    assert locked.returncode == 6
    assert locked.stdout.strip() == "keyring_unavailable 6 The keyring is locked."
    assert (home / "vault.db").read_bytes() == before


def test_no_vault_is_made_while_the_keyring_is_locked(tmp_path: Path) -> None:
    """Never silent plain text: without an unlocked keyring nothing is written."""
    ring, home = tmp_path / "ring", tmp_path / "home"
    home.mkdir(0o700)
    in_session(["true"], ring)
    done = in_session([sys.executable, "-c", VAULT, str(home), "save"], ring, locked=True)
    assert done.returncode == 6
    assert "nowhere safe" in done.stdout
    assert not list(home.glob("vault*"))


def test_a_keyring_killed_in_the_middle_is_explained(tmp_path: Path) -> None:
    """The daemon dies between two uses: a sentence, not a hang, and the vault is whole (S9)."""
    ring, home = tmp_path / "ring", tmp_path / "home"
    home.mkdir(0o700)
    script = (
        f'"$0" -c "$1" {home} save && pid=$(dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus / '
        "org.freedesktop.DBus.GetConnectionUnixProcessID string:org.freedesktop.secrets | tr -dc '0-9 ' | awk '{print $NF}') "
        f'&& kill -9 "$pid" && rm -rf "$XDG_DATA_HOME" && "$0" -c "$1" {home} load'
    )
    done = in_session(["sh", "-c", script, sys.executable, VAULT], ring)
    assert done.returncode == 6, done
    assert done.stdout.strip().splitlines()[-1].startswith("keyring_unavailable 6")


def test_the_hot_path_reads_through_it(tmp_path: Path) -> None:
    """``my-app token`` prints the cached token with the key from the Secret Service, without the ordinary path."""
    ring, home = tmp_path / "ring", tmp_path / "home"
    home.mkdir(0o700)
    script = f'"$0" -c "$1" {home} save >/dev/null && exec "$0" -c "$2"'
    code = "import sys; sys.argv = ['my-app', 'token']\nfrom my_app.cli.fast import main\ncode = main()\n"
    code += "print(code, 'my_app.cli.main' in sys.modules)"
    folders = {"MY_APP_CONFIG_DIR": str(home), "MY_APP_DATA_DIR": str(home)}
    done = in_session(["sh", "-c", script, sys.executable, VAULT, code], ring, **folders)
    assert done.stdout.split() == ["at-real", "0", "False"], done
