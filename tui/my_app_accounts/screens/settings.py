"""Settings."""

from __future__ import annotations

from my_app_accounts.screens.base import AreaScreen


class SettingsScreen(AreaScreen):
    """The area Settings."""

    AREA = "settings"
