"""Records that a cut change left without their profile: taken back, or swept by the next change."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from my_app.errors import StorageFault, Temporary
from my_app.model import Record
from my_app.ports import CredentialStore
from my_app.settings import Config


def restoring(store: CredentialStore, name: str, before: Record | None) -> Callable[[], object]:
    """What brings ``before`` back (None: no record), on whatever generation a write left. It raises StorageFault."""

    def undo() -> None:
        now = store.load(name)
        if before is None:
            store.delete(name)
        elif now is None or replace(now, generation=before.generation) != before:
            store.save(replace(before, generation=now.generation if now else 0))

    return undo


def sweep(store: CredentialStore, config: Config) -> None:
    """Deletes what a rename left under its old name: a copy of a profile's record that no profile names.

    Other records without a profile stay: an import or an edited ``config.toml`` may explain them. Raises SettingsFault.
    """
    with suppress(StorageFault, Temporary):
        kept = {summary.name for summary in store.summaries()}
        profiles = config.settings().profiles
        for name in sorted(kept - set(profiles)):
            with store.lock(name, timedelta(0)):
                left = store.load(name)
                if left is None or name in config.settings().profiles:
                    continue
                others = (store.load(other) for other in sorted(kept & set(profiles)))
                if any(other is not None and _same_login(left, other) for other in others):
                    store.delete(name)


def _same_login(left: Record, other: Record) -> bool:
    """Whether nothing is lost with ``left``: the secrets are those of ``other``, or older ones of the same sign-in."""
    if replace(left, name=other.name, generation=other.generation) == other:
        return True
    if left.signed_in_at is None or other.signed_in_at != left.signed_in_at:
        return False
    return _lasting(left) == _lasting(other) and (other.refreshed_at or left.signed_in_at) >= (
        left.refreshed_at or left.signed_in_at
    )


def _lasting(record: Record) -> tuple[object, ...]:
    """What a refresh does not change."""
    return (
        *(record.kind, record.binding, record.identity, record.client_secret, record.api_key, record.totp_seed),
        *(record.dpop_key, record.registration, record.pending),
    )
