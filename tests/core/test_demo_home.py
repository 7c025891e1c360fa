"""The demo's isolated home, and the accounts that seeding makes in it."""

from __future__ import annotations

import os
import stat
from datetime import timedelta
from pathlib import Path

from my_app.demo.home import isolated_home
from my_app.demo.options import DemoOptions
from my_app.demo.seed import PLANS, seed
from my_app.demo.server import RunningDemo, serve
from my_app.model import State
from my_app.wiring import Services, open_services


def test_a_demo_home_keeps_nothing_of_the_person() -> None:
    """No variable and no folder of theirs; the folder is private and gone at the end (P1)."""
    theirs = {"MY_APP_PROFILE": "work", "MY_APP_CONFIG_DIR": "/home/me", "MY_APP_DEMO_INFO": "/tmp/info", "PATH": "/bin"}
    with isolated_home(theirs) as environ:
        folder = Path(environ["MY_APP_DATA_DIR"]).parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert environ["PATH"] == "/bin"
        assert set(environ) - {"PATH"} == {"MY_APP_CONFIG_DIR", "MY_APP_DATA_DIR", "MY_APP_VAULT_KEY", "MY_APP_DEMO_INFO"}
        assert Path(environ["MY_APP_CONFIG_DIR"]).parent == folder
    assert not folder.exists()


def test_the_vault_key_is_new_unless_seeded() -> None:
    """A seed repeats it for screenshots."""
    with isolated_home({}) as one, isolated_home({}) as other:
        assert one["MY_APP_VAULT_KEY"] != other["MY_APP_VAULT_KEY"]
    with isolated_home({}, seed="s") as one, isolated_home({}, seed="s") as other:
        assert one["MY_APP_VAULT_KEY"] == other["MY_APP_VAULT_KEY"]


def _states(services: Services) -> dict[str, State]:
    return {account.name: account.state for account in services.accounts.overview().accounts}


def test_seeding_makes_every_state_by_real_runs() -> None:
    """Valid, expiring, expired, no expiry, sign in again, revoked, key, service account, device, terminal: all really got."""
    with isolated_home(os.environ) as environ, serve(DemoOptions(interval=timedelta(seconds=1))) as demo:
        services = open_services(environ)
        told: list[str] = []
        seed(services, demo.info, told=told.append)
        states = _states(services)
        assert states == {
            "work": State.VALID,
            "prod": State.VALID,
            "build-box": State.VALID,
            "ci-deploy": State.VALID,
            "storage-key": State.STATIC,
            "staging": State.EXPIRING,
            "old-laptop": State.EXPIRED,
            "reports": State.NO_EXPIRY,
            "contractor": State.LOGIN_NEEDED,
            "retired": State.REVOKED,
            "side-project": State.LOGIN_NEEDED,
        }
        assert set(states.values()) == set(State)
        assert sorted(told) == sorted(plan.name for plan in PLANS)
        _look_closer(services, demo)


def _look_closer(services: Services, demo: RunningDemo) -> None:
    overview = services.accounts.overview()
    accounts = {account.name: account for account in overview.accounts}
    assert overview.active == "work"
    assert accounts["work"].identity is not None
    assert accounts["work"].identity.username == "ana"
    assert accounts["work"].scopes == ("openid", "profile", "email", "files:read", "files:write", "vms:read")
    assert accounts["old-laptop"].refreshable
    assert all(account.kept_in == "key" for account in overview.accounts)
    assert demo.count("/token", grant_type="authorization_code") == 7
    assert demo.count("/token", grant_type="urn:ietf:params:oauth:grant-type:device_code") == 1
    assert demo.count("/token", grant_type="client_credentials") == 1
    assert demo.count("/challenge") == 3
    assert any(entry.event == "revoke" and entry.profile == "retired" for entry in services.audit.entries())
