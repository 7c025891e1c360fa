"""The OS keyring without one: absent, slow, hostile settings (S8, S9)."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from my_app.adapters.keychain import SystemKeychain
from my_app.errors import KeyringUnavailable
from my_app.secret import Secret


@pytest.mark.parametrize("address", [None, "", "unix:path=/nonexistent/bus", "tcp:host=127.0.0.1,port=1", "nonsense", "unix:x"])
def test_without_a_bus_there_is_no_keyring(address: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """No session bus, a dead one or an address that is none: one sentence and a way out, at once."""
    if address is None:
        monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    else:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    keychain = SystemKeychain(platform="linux")
    for act in (keychain.name, lambda: keychain.get("x"), lambda: keychain.set("x", Secret("y")), lambda: keychain.delete("x")):
        with pytest.raises(KeyringUnavailable, match="No keyring") as caught:
            act()
        assert "MY_APP_VAULT_PASSPHRASE_FILE" in caught.value.hint


def test_a_bus_that_never_answers_costs_no_more_than_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hanging keyring ends in a sentence after the limit, and its thread never holds up the end of the program (S9)."""
    path = str(tmp_path / "bus")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(5)
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={path}")
        began = time.monotonic()
        with pytest.raises(KeyringUnavailable, match="did not answer within"):
            SystemKeychain(limit=0.2, platform="linux").get("x")
        assert time.monotonic() - began < 2
        assert all(thread.daemon for thread in threading.enumerate() if thread.name == "keyring")


def test_what_the_environment_wishes_is_not_asked(tmp_path: Path) -> None:
    """PYTHON_KEYRING_BACKEND, keyringrc.cfg and KEYRING_PROPERTY_* choose nothing; no chooser is even imported (S8)."""
    module = tmp_path / "evil.py"
    module.write_text("import pathlib; pathlib.Path(__file__).with_name('loaded').touch()\nclass Keyring: pass\n")
    (tmp_path / "python_keyring").mkdir()
    (tmp_path / "python_keyring" / "keyringrc.cfg").write_text(
        f"[backend]\ndefault-keyring=evil.Keyring\nkeyring-path={tmp_path}\n"
    )
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "KEYRING_PROPERTY_X": "1",
        "XDG_CONFIG_HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
        "PYTHONPATH": str(tmp_path),
    }
    code = (
        "import sys; from my_app.adapters.keychain import SystemKeychain; from my_app.errors import KeyringUnavailable\n"
        "from my_app.secret import Secret\n"
        "try: SystemKeychain().set('x', Secret('y'))\n"
        "except KeyringUnavailable: print('keyring.core' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ, timeout=60, check=True)
    assert done.stdout.strip() == "False"
    assert not (tmp_path / "loaded").exists()


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_a_foreign_platforms_class_does_not_work_here(platform: str) -> None:
    """The named class of another system is refused as absent, not taken by accident."""
    if sys.platform == platform:
        pytest.skip("it is this platform")
    with pytest.raises(KeyringUnavailable, match="No keyring"):
        SystemKeychain(platform=platform).name()
