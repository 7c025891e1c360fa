"""Real servers, browser and keyring for the interop tier; what is missing is skipped here and a failure where it is required."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
REQUIRED = bool(os.environ.get("MY_APP_REQUIRE_INTEROP"))


def need(found: object, what: str) -> None:
    """Skip, saying so, or fail where everything must be there."""
    if not found:
        (pytest.fail if REQUIRED else pytest.skip)(f"{what} is not on this machine")


@pytest.fixture(scope="session")
def browser_command() -> str:
    """A ``BROWSER`` prefix that drives a real Chromium."""
    need(shutil.which("chromium") and shutil.which("chromedriver"), "Chromium with its driver")
    return f"{sys.executable} {HERE / 'browser.py'}"


@pytest.fixture(scope="session")
def provider() -> Iterator[str]:
    """The issuer of the independent provider."""
    yield from _provider("3600")


@pytest.fixture(scope="session")
def brief_provider() -> Iterator[str]:
    """The same with access tokens of two seconds."""
    yield from _provider("2")


def _provider(ttl: str) -> Iterator[str]:
    need(shutil.which("node"), "Node.js")
    need((HERE / "provider" / "node_modules" / "oidc-provider").is_dir(), "the provider (npm ci in tests/interop/provider)")
    with subprocess.Popen(
        ["node", str(HERE / "provider" / "server.mjs"), ttl], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["issuer"]
        finally:
            process.terminate()


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """The environment of a fresh home whose vault opens by key."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MY_APP_", "BROWSER")) and "proxy" not in name.lower()
    }
    return {
        **kept,
        "HOME": str(tmp_path),
        "MY_APP_CONFIG_DIR": str(tmp_path / "config"),
        "MY_APP_DATA_DIR": str(tmp_path / "data"),
        "MY_APP_VAULT_KEY": "aW50ZXJvcC1pbnRlcm9wLWludGVyb3AtaW50ZXJvcC0",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
