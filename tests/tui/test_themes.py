"""Contrast of our own themes (WCAG 2.1, 1.4.3)."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import Theme

from my_app_accounts.themes import FALLBACK, OWN


def luminance(color: Color) -> float:
    """Relative luminance of an opaque colour."""
    parts = [c / 255 for c in color.rgb]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours."""
    a, b = sorted((luminance(Color.parse(one)), luminance(Color.parse(other))), reverse=True)
    return (a + 0.05) / (b + 0.05)


@pytest.mark.parametrize("theme", OWN, ids=lambda theme: theme.name)
def test_every_text_colour_reads_on_every_ground(theme: Theme) -> None:
    """At least 4.5:1 for text, dim text and every state colour, on plain lines, the cursor line and the bars."""
    variables = theme.variables
    texts = [theme.foreground, theme.primary, *(variables[f"vault-{name}"] for name in ("dim", "ok", "soon", "bad", "idle", "key"))]
    grounds = [theme.background, theme.surface, theme.panel, variables["vault-cursor"], variables["vault-cursor-blurred"]]
    for text in texts:
        for ground in grounds:
            assert text is not None
            assert ground is not None
            assert contrast(text, ground) >= 4.5, f"{theme.name}: {text} on {ground} is {contrast(text, ground):.2f}"
    assert contrast(str(theme.background), str(theme.primary)) >= 4.5


def test_our_own_themes_know_every_variable_of_ours() -> None:
    """No own theme leans on the fallback."""
    for theme in OWN:
        assert set(FALLBACK) <= set(theme.variables)
