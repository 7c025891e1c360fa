"""Opening the services costs and touches nothing until one is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from my_app.demo.server import serve
from my_app.oauth.exchange import Wire
from my_app.testing import NOON, FakeClock
from my_app.wiring import open_services

PROGRAM = """
import sys
from my_app.wiring import open_services
services = open_services({"MY_APP_CONFIG_DIR": sys.argv[1] + "/c", "MY_APP_DATA_DIR": sys.argv[1] + "/d"})
assert services.accounts.overview().accounts == ()
print(*sorted({"asyncio", "httpx", "keyring", "jwt", "tomlkit", "my_app.login", "my_app.session"} & set(sys.modules)))
assert services.sessions is services.sessions
assert services.logins and services.grants and services.rotations and services.inspector
"""


def test_a_list_loads_no_sign_in_and_touches_no_disk(tmp_path: Path) -> None:
    """A first list makes no file and loads neither asyncio nor HTTP; every use case is there when asked for, once."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
    assert list(tmp_path.iterdir()) == []


def test_answers_are_stamped_by_the_clock_of_the_home(tmp_path: Path) -> None:
    """A demo with a clock of its own sees lifetimes that count from that clock."""
    services = open_services({"MY_APP_DATA_DIR": str(tmp_path), "MY_APP_CONFIG_DIR": str(tmp_path)}, clock=FakeClock())
    with serve() as demo:
        url = f"{demo.issuer}/.well-known/openid-configuration"
        assert services.sessions._transport.send(Wire(method="GET", url=url)).at == NOON
