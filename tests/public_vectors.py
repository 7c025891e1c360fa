"""Public test vectors: found by ``MY_APP_VECTORS``, else beside the project; data only, never copied into it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "vectors"


def home() -> Path:
    """The folder of the vectors. Skips with a sentence when absent; fails where ``CI_REQUIRE_VECTORS`` is set."""
    folder = Path(os.environ.get("MY_APP_VECTORS") or _BESIDE)
    if not folder.is_dir():
        sentence = f"No public test vectors at {folder}: set MY_APP_VECTORS to their folder."
        if os.environ.get("CI_REQUIRE_VECTORS"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    return folder


def load(name: str) -> Any:
    """One JSON file of the vectors."""
    return json.loads((home() / name).read_text(encoding="utf-8"))


def json_suite() -> dict[str, bytes]:
    """The parsing files of JSONTestSuite by name: ``y_`` to accept, ``n_`` to refuse, ``i_`` as one likes."""
    return {path.name: path.read_bytes() for path in sorted((home() / "jsontestsuite" / "test_parsing").glob("*.json"))}
