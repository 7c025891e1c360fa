"""Inspector."""

from __future__ import annotations

from my_app_accounts.screens.base import AreaScreen


class InspectorScreen(AreaScreen):
    """The area Inspector."""

    AREA = "inspector"
