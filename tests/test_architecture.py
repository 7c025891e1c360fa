"""The shape of the house, guarded by machines: who may import whom, and what a start loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = ROOT / "core" / "my_app"
TUI = ROOT / "tui" / "my_app_accounts"


def loaded_by(code: str) -> set[str]:
    """Modules in ``sys.modules`` after ``code`` ran in a clean interpreter."""
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules), file=sys.__stdout__)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def imports(path: Path) -> str:
    """The import lines of a file, indented ones too."""
    return "\n".join(line.strip() for line in path.read_text().splitlines() if line.strip().startswith(("import ", "from ")))


def test_the_package_root_loads_nothing() -> None:
    """Importing ``my_app`` costs nothing: every command pays for what it uses."""
    bare = loaded_by("pass")
    assert loaded_by("import my_app") - bare == {"my_app"}


@pytest.mark.parametrize(
    "module", ["my_app.oauth.token", "my_app.oauth.device", "my_app.jose.verify", "my_app.carry", "my_app.auth", "my_app.session"]
)
def test_the_core_never_loads_textual_or_httpx_by_itself(module: str) -> None:
    """The headless core is headless, and HTTP is loaded by whoever sends."""
    found = loaded_by(f"import {module}")
    assert not {"textual", "rich", "httpx", "keyring", "my_app_accounts"} & found


@pytest.mark.parametrize(
    ("library", "home"), [("httpx", "core/my_app/adapters/http.py"), ("keyring", "core/my_app/adapters/keychain.py")]
)
def test_a_library_of_the_world_is_imported_in_one_file(library: str, home: str) -> None:
    """Changing the HTTP or keyring library is a change of one adapter (hand-overs to users' own clients and the demo aside)."""
    allowed = {home, "core/my_app/auth.py", "core/my_app/service.py", "core/my_app/api.py"}
    users = {
        str(path.relative_to(ROOT))
        for path in [*CORE.rglob("*.py"), *TUI.rglob("*.py")]
        if any(line.startswith((f"import {library}", f"from {library}")) for line in imports(path).splitlines())
    }
    assert {user for user in users - allowed if "/integrations/" not in user and "/demo/" not in user} == set()


def test_textual_is_imported_only_by_the_app() -> None:
    """No file of the core knows Textual or Rich."""
    for path in CORE.rglob("*.py"):
        assert not any(
            line.startswith(("import textual", "from textual", "import rich", "from rich")) for line in imports(path).splitlines()
        ), path


def test_files_stay_small() -> None:
    """A file over 300 lines holds a second idea; the few that may are named."""
    may = {"errors.py", "model.py"}
    large = {
        path.name: count
        for path in [*CORE.rglob("*.py"), *TUI.rglob("*.py")]
        if (count := len(path.read_text().splitlines())) > 300
    }
    assert set(large) <= may, large


def test_the_top_level_is_what_the_design_lists() -> None:
    """Nothing but the named rooms lies at the top of the repository."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    tops = {name.split("/", 1)[0] for name in listed if name}
    assert {name for name in tops if not name.startswith(".")} <= {
        "core",
        "tui",
        "tests",
        "screenshots",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
    }
