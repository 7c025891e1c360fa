"""What the record says of a rotation under way; written before and after every step that changes something. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from my_app.model import Record
from my_app.rotation.steps import RotationStep
from my_app.secret import Secret

_FIRST: Final = "demo"
"""The recipe of a journal that names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """One rotation. It lies in the sealed record, and nowhere else."""

    step: RotationStep
    """CREATE: a secret may have been made; PROVE: made and saved; REVOKE_OLD: switched to."""
    recipe: str
    """Key of the recipe it was begun with; no other may finish it."""
    mark: str
    """Random name of the new secret, by which a leftover is found."""
    old_id: str | None
    """The provider's id of the old one; no secret."""
    old_key: Secret
    new_key: Secret | None = None
    new_id: str | None = None
    off: str = ""
    """``asked``: the old one may be off; ``done``: it is; empty: nobody asked."""
    off_at: datetime | None = None
    undoing: bool = False
    """The new one is being deleted: there is only the way back."""

    def written(self) -> dict[str, object]:
        """As the record's ``pending``."""
        return {
            "step": self.step.value,
            "recipe": self.recipe,
            "mark": self.mark,
            "old_id": self.old_id,
            "old_key": self.old_key,
            "new_key": self.new_key,
            "new_id": self.new_id,
            "off": self.off,
            "off_at": self.off_at.isoformat() if self.off_at else None,
            "undoing": self.undoing,
        }


def journal_of(record: Record) -> Journal | None:
    """The rotation that is under way, if one is."""
    pending = record.pending
    if pending is None:
        return None
    old_key, new_key = pending.get("old_key"), pending.get("new_key")
    off_at = _text(pending, "off_at")
    return Journal(
        step=RotationStep(str(pending.get("step"))),
        recipe=_text(pending, "recipe") or _FIRST,
        mark=str(pending.get("mark")),
        old_id=_text(pending, "old_id"),
        old_key=old_key if isinstance(old_key, Secret) else record.api_key or record.client_secret or Secret(""),
        new_key=new_key if isinstance(new_key, Secret) else None,
        new_id=_text(pending, "new_id"),
        off=_text(pending, "off") or "",
        off_at=datetime.fromisoformat(off_at) if off_at else None,
        undoing=pending.get("undoing") is True,
    )


def _text(pending: Mapping[str, object], name: str) -> str | None:
    value = pending.get(name)
    return value if isinstance(value, str) else None
