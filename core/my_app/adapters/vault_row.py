"""One record as it lies in the vault's file."""

from __future__ import annotations

from typing import NamedTuple

from my_app.adapters.vault_wire import row_bound, row_digest


class Row(NamedTuple):
    """One record as it lies in the file: readable columns, then the sealed rest."""

    name: str
    generation: int
    kind: str
    expires_at: str | None
    """ISO 8601 in UTC."""
    scopes: str
    """A JSON list, as are the requested ones."""
    requested_scopes: str
    identity: str | None
    """A JSON object."""
    standing: str
    refreshable: int
    has_token: int
    sealed: bytes

    def bound(self, vault_id: str) -> bytes:
        """The associated data: which vault, which record, which generation, and every readable column."""
        return row_bound(vault_id, self[:-1])

    def digest(self, vault_id: str) -> str:
        """A digest of the same, for the manifest."""
        return row_digest(vault_id, self[:-1])
