"""Start-up against ``python -c pass`` of the same interpreter: prints a table; only the ratios count (DESIGN 6).

python tests/bench/bench_start.py
tests/interop/keyring_session.sh .venv/bin/python tests/bench/bench_start.py      (with a real Secret Service)
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from my_app.adapters.clock import SystemClock
from my_app.adapters.config_file import ConfigFile
from my_app.adapters.keychain import SystemKeychain
from my_app.adapters.vault import Vault
from my_app.adapters.vault_index import ConfigIndex
from my_app.adapters.vault_wire import key_text
from my_app.errors import KeyringUnavailable
from my_app.model import Kind, Record, TokenSet
from my_app.secret import Secret
from my_app.settings import Paths

PAIRS = 15
ACCOUNTS = 20
SCRIPT = f"#!{sys.executable}\nimport sys\nfrom my_app.cli.fast import main\nsys.exit(main())\n"
"""What current installers write; older ones also import re, which costs about half of ``python -c pass`` again."""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    order: list[str]
    environ: dict[str, str]
    budget: float


def home(root: Path, key: Secret | None) -> dict[str, str]:
    """A home with twenty logins; the environment that finds it."""
    paths = Paths(config_dir=root / "config", data_dir=root / "data")
    paths.config_dir.mkdir(0o700, parents=True)
    profile = '[profiles.p{0}]\nissuer = "https://i{0}.example"\nclient_id = "c"\n'
    paths.config.write_text('active = "p0"\n' + "".join(profile.format(number) for number in range(ACCOUNTS)))
    config, now = ConfigFile(paths), datetime.now(UTC)

    def vault() -> Vault:
        return Vault(
            paths.vault,
            locks=paths.locks,
            keychain=SystemKeychain(),
            key=key,
            passphrase=None,
            clock=SystemClock(),
            entropy=os.urandom,
            index=ConfigIndex(paths.config, config.settings),
        )

    made = vault()
    for number in range(ACCOUNTS):
        tokens = TokenSet(
            access_token=Secret("a" * 1200),
            refresh_token=Secret("r" * 300),
            obtained_at=now,
            expires_at=now + timedelta(hours=8),
        )
        made.save(Record(name=f"p{number}", kind=Kind.OAUTH, tokens=tokens))
    time.sleep(0.1)
    vault().load("p0")
    found = {"MY_APP_CONFIG_DIR": str(paths.config_dir), "MY_APP_DATA_DIR": str(paths.data_dir)}
    return found if key is None else {**found, "MY_APP_VAULT_KEY": key.reveal()}


def seconds(order: list[str], environ: dict[str, str]) -> float:
    """One run of a whole process."""
    began = time.perf_counter()
    subprocess.run(order, env=environ, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    root = Path(tempfile.mkdtemp(prefix="my-app-bench-"))
    try:
        command = root / "my-app"
        command.write_text(SCRIPT)
        command.chmod(0o700)
        base = {name: value for name, value in os.environ.items() if not name.startswith("MY_APP_")}
        base.pop("PYTHONDONTWRITEBYTECODE", None)
        rows = [Row("--version", [str(command), "--version"], base, 1.3)]
        keyed = {**base, **home(root / "key", Secret(key_text(os.urandom(32))))}
        rows.append(Row("token, key from the environment", [str(command), "token"], keyed, 3.5))
        try:
            ringed = {**base, **home(root / "ring", None)}
            rows.append(Row("token, key from Secret Service", [str(command), "token"], ringed, 4.9))
        except KeyringUnavailable as absent:
            print(f"no Secret Service here: {absent.message}")
        for row in rows:
            seconds(row.order, row.environ)
            pairs = [(seconds([sys.executable, "-c", "pass"], base), seconds(row.order, row.environ)) for _ in range(PAIRS)]
            floor, cost = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
            ratio = cost / floor
            verdict = "" if ratio <= row.budget else "  OVER"
            print(f"{row.what:34} {cost * 1000:6.1f} ms  {ratio:5.2f} x  (at most {row.budget}){verdict}")
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
