"""A line from "issued" to "expires" with how far we are."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content


def time_bar(start: datetime, end: datetime, now: datetime, width: int, tone: str) -> Content:
    """``━━━━━━━───`` in ``width`` cells: the strong part is what is left of the span."""
    whole = (end - start).total_seconds()
    left = 0.0 if whole <= 0 else max(0.0, min(1.0, (end - now).total_seconds() / whole))
    strong = round(left * width)
    if left > 0 and strong == 0:
        strong = 1
    return Content.assemble(("━" * strong, tone), ("─" * (width - strong), "$vault-line"))
