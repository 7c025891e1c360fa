"""How much of an endless test is run: a sample from a printed seed, or all of it with MY_APP_FULL=1.

``MY_APP_SEED`` repeats a sample.
"""

from __future__ import annotations

import os
import random
import secrets
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
FULL = os.environ.get("MY_APP_FULL", "") not in ("", "0")


def dice(what: str) -> random.Random:
    """A generator whose seed is printed, and shown by pytest when the test fails."""
    seed = int(os.environ.get("MY_APP_SEED") or secrets.randbelow(1_000_000))
    print(f"{what}: MY_APP_SEED={seed}")
    return random.Random(f"{what} {seed}")  # noqa: S311 - a sample, no secret


def some(items: Sequence[T], count: int, what: str) -> list[T]:
    """``count`` of the items in their order; all of them with MY_APP_FULL=1."""
    if FULL or count >= len(items):
        return list(items)
    chosen = sorted(dice(what).sample(range(len(items)), count))
    return [items[index] for index in chosen]
