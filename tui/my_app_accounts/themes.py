"""Our own themes: dark, light, and blue/orange for eyes that mix up red and green; text at 4.5:1 or better."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.theme import Theme

if TYPE_CHECKING:
    from my_app_accounts.safe import SafeApp

VAULT_DARK: Final = Theme(
    name="vault-dark",
    primary="#5fb3b3",
    secondary="#8fa3b8",
    accent="#5fb3b3",
    success="#8cc57f",
    warning="#e6b455",
    error="#f08080",
    foreground="#d5dbe3",
    background="#14181f",
    surface="#14181f",
    panel="#1c222b",
    boost="#232b36",
    dark=True,
    variables={
        "vault-dim": "#8b98a9",
        "vault-line": "#364150",
        "vault-cursor": "#24303c",
        "vault-cursor-blurred": "#1c232c",
        "vault-ok": "#8cc57f",
        "vault-soon": "#e6b455",
        "vault-bad": "#f08080",
        "vault-idle": "#8b98a9",
        "vault-key": "#9db8e8",
        "border": "#5fb3b3",
        "border-blurred": "#364150",
        "footer-key-foreground": "#5fb3b3",
        "input-selection-background": "#5fb3b3 35%",
        "scrollbar": "#2d3846",
        "scrollbar-background": "#14181f",
        "scrollbar-hover": "#3c4a5c",
        "scrollbar-active": "#5fb3b3",
    },
)
VAULT_LIGHT: Final = Theme(
    name="vault-light",
    primary="#0b6e6e",
    secondary="#4a5a6c",
    accent="#0b6e6e",
    success="#2f6f2a",
    warning="#855500",
    error="#b3261e",
    foreground="#1f2730",
    background="#fbfaf7",
    surface="#fbfaf7",
    panel="#f1efe9",
    boost="#e7e4dc",
    dark=False,
    variables={
        "vault-dim": "#596675",
        "vault-line": "#cfcbc0",
        "vault-cursor": "#e0ebe9",
        "vault-cursor-blurred": "#efede7",
        "vault-ok": "#2f6f2a",
        "vault-soon": "#855500",
        "vault-bad": "#b3261e",
        "vault-idle": "#596675",
        "vault-key": "#3550a0",
        "border": "#0b6e6e",
        "border-blurred": "#cfcbc0",
        "footer-key-foreground": "#0b6e6e",
        "input-selection-background": "#0b6e6e 25%",
        "scrollbar": "#d8d4ca",
        "scrollbar-background": "#fbfaf7",
        "scrollbar-hover": "#c3beb2",
        "scrollbar-active": "#0b6e6e",
    },
)
VAULT_BLUE_ORANGE: Final = Theme(
    name="vault-blue-orange",
    primary="#7fb2ff",
    secondary="#9aa7b8",
    accent="#7fb2ff",
    success="#6cb0ff",
    warning="#ffb454",
    error="#ff8a3d",
    foreground="#dde3ec",
    background="#12151c",
    surface="#12151c",
    panel="#1a1f29",
    boost="#222936",
    dark=True,
    variables={
        "vault-dim": "#8f9cb0",
        "vault-line": "#343d4d",
        "vault-cursor": "#232d40",
        "vault-cursor-blurred": "#1a202b",
        "vault-ok": "#6cb0ff",
        "vault-soon": "#ffd08a",
        "vault-bad": "#ff8a3d",
        "vault-idle": "#8f9cb0",
        "vault-key": "#c3b5ff",
        "border": "#7fb2ff",
        "border-blurred": "#343d4d",
        "footer-key-foreground": "#7fb2ff",
        "input-selection-background": "#7fb2ff 35%",
        "scrollbar": "#2b3444",
        "scrollbar-background": "#12151c",
        "scrollbar-hover": "#3a465a",
        "scrollbar-active": "#7fb2ff",
    },
)

OWN: Final = (VAULT_DARK, VAULT_LIGHT, VAULT_BLUE_ORANGE)

FALLBACK: Final = {
    "vault-dim": "text-muted",
    "vault-line": "border-blurred",
    "vault-cursor": "boost",
    "vault-cursor-blurred": "panel",
    "vault-ok": "text-success",
    "vault-soon": "text-warning",
    "vault-bad": "text-error",
    "vault-idle": "text-muted",
    "vault-key": "text-primary",
}
"""Our variables in a theme that is not ours, by Textual's variable of the nearest meaning."""


def register(app: SafeApp) -> None:
    """Make our themes known to ``app``."""
    for theme in OWN:
        app.register_theme(theme)
