"""Audit."""

from __future__ import annotations

from my_app_accounts.screens.base import AreaScreen


class AuditScreen(AreaScreen):
    """The area Audit."""

    AREA = "audit"
