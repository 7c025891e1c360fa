"""The hot path of ``my-app``: what it may load, when it may speak, and that it says what the ordinary path says."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import platformdirs
import pytest

from my_app import __version__
from my_app.adapters.clock import SystemClock
from my_app.adapters.config_file import ConfigFile
from my_app.adapters.vault import Vault
from my_app.adapters.vault_index import ConfigIndex
from my_app.cli.context import Context
from my_app.cli.fast import _places, cached_token
from my_app.cli.main import main as ordinary_main
from my_app.model import Record, Standing, TokenSet
from my_app.secret import Secret
from my_app.session import handed_out
from my_app.settings import Paths, paths
from my_app.testing import FakeKeychain
from vault_tools import KEY, OTHER_KEY, api_key, login

CONFIG = """active = "work"

[settings]
margin = "2m"

[profiles.work]
issuer = "https://id.example"
client_id = "a"

[profiles.bank]
issuer = "https://id.example"
client_id = "b"

[profiles.forge]
flow = "api-key"

[profiles.empty]
issuer = "https://id.example"
client_id = "c"
"""

NEVER = {"dataclasses", "tomllib", "platformdirs", "pathlib", "argparse", "asyncio", "typing", "hashlib", "keyring", "httpx"}
"""Modules the hot path may not load."""
MAY = {"collections", "cryptography", "json", "re", "sqlite3", "datetime", "enum", "functools", "my_app"}
"""A sample of what it does load: the list is not empty by accident."""


class Home:
    """A home whose vault opens by key, with an index of its config."""

    def __init__(self, root: Path, *, config: str = CONFIG) -> None:
        root.mkdir(mode=0o700, exist_ok=True)
        self.paths = Paths(config_dir=root, data_dir=root)
        self.paths.config.write_text(config)
        self.paths.config.chmod(0o600)
        self.settle()
        self.vault = self.opened()
        self.now = datetime.now(UTC)

    def settle(self) -> None:
        """Let the file be old enough for an index to be sure of it."""
        old = time.time_ns() - 10_000_000_000
        os.utime(self.paths.config, ns=(old, old))

    def opened(self) -> Vault:
        """The vault as a new process sees it."""
        return Vault(
            self.paths.vault,
            locks=self.paths.locks,
            keychain=FakeKeychain(absent=True),
            key=KEY,
            passphrase=None,
            clock=SystemClock(),
            entropy=os.urandom,
            index=ConfigIndex(self.paths.config, ConfigFile(self.paths).settings),
        )

    def login(self, name: str, seconds: float | None = 3600, obtained: float = 0) -> Record:
        """Save a login whose token lives so long."""
        tokens = TokenSet(
            access_token=Secret(f"at-{name}"),
            refresh_token=Secret("rt"),
            obtained_at=self.now + timedelta(seconds=obtained),
            expires_at=None if seconds is None else self.now + timedelta(seconds=seconds),
        )
        before = self.vault.load(name)
        return self.vault.save(replace(login(name), tokens=tokens, generation=before.generation if before else 0))

    def index(self) -> None:
        """What the ordinary path does in passing."""
        self.opened().load("work")

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a call."""
        root = str(self.paths.config_dir)
        return {"MY_APP_CONFIG_DIR": root, "MY_APP_DATA_DIR": root, "MY_APP_VAULT_KEY": KEY.reveal()}

    def fast(self, *args: str, **more: str) -> str | None:
        """What the hot path says."""
        return cached_token(list(args), {**self.environ, **more})


def ready(root: Path) -> Home:
    """A home with a login, a key, and an index."""
    home = Home(root)
    home.login("work")
    home.login("bank")
    home.vault.save(api_key("forge"))
    home.index()
    return home


def test_it_gives_the_cached_token_of_the_profile_that_is_meant(tmp_path: Path) -> None:
    """Active profile, argument, option and variable choose as the contract says."""
    home = ready(tmp_path)
    assert home.fast() == "at-work"
    assert home.fast("bank") == "at-bank"
    assert home.fast("--profile", "bank") == "at-bank"
    assert home.fast("--profile=forge") == "key-forge"
    assert home.fast(MY_APP_PROFILE="bank") == "at-bank"
    assert home.fast("work", MY_APP_PROFILE="bank") == "at-work"
    assert home.fast("forge", MY_APP_NO_INPUT="1") == "key-forge"


ODD = [
    ("--json",),
    ("--header",),
    ("--id-token",),
    ("--min-valid", "5m"),
    ("work", "--json"),
    ("work", "bank"),
    ("work", "--profile", "work"),
    ("--profile",),
    ("--profile=",),
    ("--help",),
    ("--", "work"),
    ("",),
    ("nobody",),
    ("empty",),
    ("-v",),
]


def test_anything_else_asked_for_goes_the_ordinary_way(tmp_path: Path) -> None:
    """An option it does not know, an unknown or empty profile: it keeps silent."""
    home = ready(tmp_path)
    for args in ODD:
        assert home.fast(*args) is None, args


def test_a_variable_it_does_not_know_goes_the_ordinary_way(tmp_path: Path) -> None:
    """Any MY_APP_ variable may change what a call means; empty ones are as good as unset."""
    home = ready(tmp_path)
    for variable in ("ACCESS_TOKEN", "API_KEY", "API_KEY_FILE", "CLIENT_ID", "STORE", "ISSUER", "SCOPE", "API_URL", "WHATEVER"):
        assert home.fast(**{f"MY_APP_{variable}": "x"}) is None, variable
        assert home.fast(**{f"MY_APP_{variable}": ""}) == "at-work", variable


def test_a_changed_config_goes_the_ordinary_way_until_it_is_seen(tmp_path: Path) -> None:
    """Any change of config.toml is noticed, also one that keeps its size and times; the ordinary path renews the index."""
    home = ready(tmp_path)
    home.paths.config.write_text(CONFIG.replace('active = "work"', 'active = "bank"'))
    assert home.fast() is None
    home.settle()
    assert home.fast() is None
    home.index()
    assert home.fast() == "at-bank"
    times = home.paths.config.stat()
    other = home.paths.config.with_name("other")
    other.write_text(CONFIG.replace('active = "work"', 'active = "work" ')[: times.st_size])
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.rename(home.paths.config)
    assert home.fast() is None, "another file of the same size and time"
    home.index()
    home.paths.config.chmod(0o666)
    assert home.fast() is None, "the ordinary path refuses a config that everybody may write to"
    home.paths.config.unlink()
    assert home.fast() is None


def test_a_config_changed_just_now_is_not_indexed(tmp_path: Path) -> None:
    """A second change within the clock tick could not be told from the first: no index is made of it yet."""
    home = ready(tmp_path)
    home.paths.config.write_text(CONFIG.replace('active = "work"', 'active = "bank"'))
    os.utime(home.paths.config)
    home.index()
    assert home.fast() is None


def test_a_directory_that_chooses_goes_the_ordinary_way(tmp_path: Path) -> None:
    """Where any directory may choose a profile, only a named one is given at once."""
    home = Home(tmp_path, config=CONFIG + '\n[directories]\n"/srv" = "bank"\n')
    if not ConfigFile(home.paths).settings().directories:
        pytest.fail("the test must write allowances as settings_parse reads them")
    home.login("work")
    home.index()
    assert home.fast() is None
    assert home.fast("work") == "at-work"


def test_credentials_json_goes_the_ordinary_way(tmp_path: Path) -> None:
    """Where it exists, and be it broken, the ordinary path decides."""
    home = ready(tmp_path)
    home.paths.credentials.symlink_to("nowhere")
    assert home.fast() is None


def test_it_hands_out_what_the_session_would(tmp_path: Path) -> None:
    """Lifetime, margin of the settings and a clock set back are judged as ``session.handed_out`` judges them."""
    home = ready(tmp_path)
    margin = ConfigFile(home.paths).settings().options.margin
    for seconds in (3600, 121, 119, 60, 0, -5, None):
        for obtained in (0, 200, 400):
            there = handed_out(home.login("work", seconds, obtained), SystemClock(), margin)
            assert home.fast() == (there.value.reveal() if there else None), (seconds, obtained)


def test_a_login_that_ended_gives_nothing(tmp_path: Path) -> None:
    """Revoked or to be signed in again: the ordinary path says so."""
    home = ready(tmp_path)
    for standing, said in ((Standing.REVOKED, None), (Standing.ACTIVE, "at-work"), (Standing.LOGIN_NEEDED, None)):
        record = home.vault.load("work")
        assert record
        home.vault.save(replace(record, standing=standing))
        assert home.fast() == said


def test_a_wrong_missing_or_second_key_gives_nothing(tmp_path: Path) -> None:
    """Only the key that opens the vault opens it; a key file counts as the key; two are none."""
    home = ready(tmp_path)
    file = tmp_path / "key"
    assert home.fast(MY_APP_VAULT_KEY=OTHER_KEY.reveal()) is None
    assert home.fast(MY_APP_VAULT_KEY="junk") is None
    assert home.fast(MY_APP_VAULT_KEY="", DBUS_SESSION_BUS_ADDRESS="unix:path=/none") is None
    for text, given in ((KEY.reveal() + "\n", "at-work"), (KEY.reveal(), "at-work"), ("", None), (KEY.reveal() + "\n\n", None)):
        file.write_text(text)
        assert home.fast(MY_APP_VAULT_KEY="", MY_APP_VAULT_KEY_FILE=str(file)) == given
    assert home.fast(MY_APP_VAULT_KEY_FILE=str(file)) is None
    assert home.fast(MY_APP_VAULT_KEY="", MY_APP_VAULT_KEY_FILE=str(tmp_path / "none")) is None


def test_a_damaged_vault_gives_nothing_wrong(tmp_path: Path) -> None:
    """A sample of flipped bytes: the right token or silence, never a traceback and never another token."""
    home = ready(tmp_path)
    good = home.paths.vault.read_bytes()
    for position in range(0, len(good), 397):
        bad = bytearray(good)
        bad[position] ^= 0xFF
        home.paths.vault.write_bytes(bad)
        assert home.fast("work") in ("at-work", None), position
        for left in tmp_path.glob("vault.db-*"):
            left.unlink()
    for bad_file in (b"", good[:3000], good[::-1]):
        home.paths.vault.write_bytes(bad_file)
        assert home.fast() is None
    home.paths.vault.write_bytes(good)
    home.paths.vault.chmod(0o644)
    assert home.fast() is None
    home.paths.vault.unlink()
    assert home.fast() is None
    assert not home.paths.vault.exists(), "looking makes no file"


def test_an_older_record_put_back_gives_nothing(tmp_path: Path) -> None:
    """The manifest counts here too."""
    home = ready(tmp_path)
    with home.vault._db.reading() as view:
        older = view.row("work")
    home.login("work", 7200)
    assert home.fast() == "at-work"
    with home.vault._db.writing() as view:
        assert older
        view.put_row(older)
    assert home.fast() is None


def test_it_changes_nothing(tmp_path: Path) -> None:
    """Reading leaves every file as it was."""
    home = ready(tmp_path)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.rglob("*") if path.is_file()}
    assert home.fast() == "at-work"
    assert before == {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "environ",
    [
        {"HOME": "/home/ada"},
        {"HOME": "/home/ada", "XDG_CONFIG_HOME": "/etc/x", "XDG_DATA_HOME": "/srv/y"},
        {"HOME": "/home/ada", "XDG_CONFIG_HOME": "", "XDG_DATA_HOME": "/srv/y/"},
        {"HOME": "/home/ada", "MY_APP_CONFIG_DIR": "/c", "MY_APP_DATA_DIR": "/d/../e"},
        {"HOME": "/home/ada", "MY_APP_CONFIG_DIR": "", "MY_APP_DATA_DIR": "/d"},
    ],
)
def test_it_looks_where_the_ordinary_path_looks(environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its few lines about folders agree with platformdirs and the settings."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    config, data, certain = _places(environ)
    assert certain
    assert Path(config) == paths(environ).config_dir
    assert Path(data) == paths(environ).data_dir
    assert platformdirs.__name__


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"HOME": "relative"},
        {"HOME": "/h", "XDG_DATA_HOME": "~/x"},
        {"HOME": "/h", "MY_APP_CONFIG_DIR": "here"},
        {"HOME": "/h", "MY_APP_DATA_DIR": "/a\nb"},
    ],
)
def test_it_is_not_certain_of_odd_places(environ: Mapping[str, str]) -> None:
    """No home, a relative or a strange one: the ordinary path finds out."""
    assert not _places(environ)[2]


def loaded(home: Home, code: str) -> dict[str, object]:
    """Run ``code`` in a clean interpreter; what it printed."""
    environ = {**home.environ, "PATH": os.environ["PATH"], "HOME": str(home.paths.config_dir)}
    order = [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{code}"]
    done = subprocess.run(order, capture_output=True, text=True, env=environ, timeout=60, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_the_modules_it_may_load(tmp_path: Path) -> None:
    """A cached token costs none of the heavy modules, a version nearly none at all (DESIGN 2 and 6)."""
    home = ready(tmp_path)
    code = (
        "sys.argv = ['my-app', *{args}]\nfrom my_app.cli.fast import main\ncode = main()\nmods = sorted(sys.modules)\n"
        "import json; print(json.dumps({{'code': code, 'modules': mods}}))"
    )
    token = loaded(home, code.format(args="['token']"))
    modules = {str(name) for name in token["modules"]} if isinstance(token["modules"], list) else set()
    assert token["code"] == 0
    assert modules & NEVER == set()
    assert modules >= MAY
    assert {name for name in modules if name.startswith("my_app")} == {
        "my_app",
        "my_app.adapters",
        "my_app.adapters.secret_service",
        "my_app.adapters.vault_hot",
        "my_app.adapters.vault_wire",
        "my_app.cli",
        "my_app.cli.fast",
    }
    version = loaded(home, code.format(args="['--version']"))
    assert isinstance(version["modules"], list)
    assert not {"re", "json", "sqlite3", "typing"} & set(version["modules"])


def test_the_command_prints_the_version(tmp_path: Path) -> None:
    """``my-app --version`` as installed."""
    command = shutil.which("my-app", path=str(Path(sys.executable).parent))
    assert command
    done = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == f"my-app {__version__}\n"


def test_a_reader_that_is_gone_is_no_traceback(tmp_path: Path) -> None:
    """``my-app token | true`` ends quietly."""
    home = ready(tmp_path)
    code = "import sys; sys.argv = ['my-app', 'token']\nfrom my_app.cli.fast import main\nsys.exit(main())"
    read_end, write_end = os.pipe()
    os.close(read_end)
    environ = {**home.environ, "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=write_end, stderr=subprocess.PIPE, env=environ, timeout=60, check=False
    )
    os.close(write_end)
    assert (done.returncode, done.stderr) == (1, b"")


def ordinary(home: Home, *args: str, **more: str) -> tuple[int, str]:
    """What the ordinary path does with the same call: exit code and standard output."""
    out = io.StringIO()
    streams = {"stdin": io.StringIO(), "stdout": out, "stderr": io.StringIO()}
    context = Context(environ={**home.environ, **more}, cwd=home.paths.data_dir, **streams)
    return ordinary_main(["token", *args], context), out.getvalue()


CALLS: list[tuple[tuple[str, ...], dict[str, str]]] = [
    ((), {}),
    (("bank",), {}),
    (("forge",), {}),
    (("empty",), {}),
    (("nobody",), {}),
    (("--profile", "bank"), {}),
    (("--profile=bank",), {}),
    ((), {"MY_APP_PROFILE": "bank"}),
    ((), {"MY_APP_PROFILE": "nobody"}),
    (("work",), {"MY_APP_PROFILE": "bank"}),
    ((), {"MY_APP_ACCESS_TOKEN": "from-environment"}),
    ((), {"MY_APP_API_KEY": "from-environment"}),
    ((), {"MY_APP_NO_INPUT": "1"}),
    ((), {"MY_APP_VAULT_KEY": OTHER_KEY.reveal()}),
    ((), {"MY_APP_VAULT_KEY": "junk"}),
]


def test_both_ways_agree(tmp_path: Path) -> None:
    """Wherever the hot path speaks, the ordinary path prints the same and exits 0 (DESIGN 2)."""
    home = ready(tmp_path)
    spoke = 0
    for args, more in CALLS:
        said = home.fast(*args, **more)
        if said is not None:
            spoke += 1
            assert ordinary(home, *args, **more) == (0, f"{said}\n"), (args, more)
        else:
            assert ordinary(home, *args, **more)[1] not in ("at-work\n", "at-bank\n", "key-forge\n"), (args, more)
    assert spoke == 8


def test_the_ordinary_path_makes_the_index(tmp_path: Path) -> None:
    """After any change one ordinary call is enough, and the next is quick again."""
    home = ready(tmp_path)
    home.paths.config.write_text(CONFIG.replace('active = "work"', 'active = "bank"'))
    home.settle()
    assert home.fast() is None
    assert ordinary(home) == (0, "at-bank\n")
    assert home.fast() == "at-bank"
