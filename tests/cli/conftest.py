"""One demo, as a program, for all black-box tests of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.blackbox import Demo, Home, demo


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A running demo."""
    with demo(Home(tmp_path_factory.mktemp("demo")), "--interval", "1s") as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home."""
    return Home(tmp_path)
