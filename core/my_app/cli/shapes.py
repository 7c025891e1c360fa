"""Values of the core as the JSON objects of CONTRACT; pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from my_app.accounts import Account, Overview
    from my_app.audit import Entry
    from my_app.grants import Ended
    from my_app.inspecting import Check, ClaimRow
    from my_app.login import SignedIn
    from my_app.model import Identity, Profile
    from my_app.vaulting import Slot, VaultStatus


def when(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC with whole seconds, or null."""
    if moment is None:
        return None
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def identity(who: Identity | None) -> dict[str, object] | None:
    """``{"sub","username","email","tenant"}``, or null when nobody is known."""
    if who is None:
        return None
    return {"sub": who.sub, "username": who.username, "email": who.email, "tenant": who.tenant}


def account(row: Account) -> dict[str, object]:
    """One element of ``status``'s ``profiles``."""
    return {
        "name": row.name,
        "provider": row.profile.provider,
        "issuer": row.profile.issuer,
        "kind": row.kind.value,
        "flow": row.flow.value,
        "state": row.state.value,
        "expires_at": when(row.expires_at),
        "refreshable": row.refreshable,
        "scopes": list(row.scopes),
        "requested_scopes": list(row.requested_scopes),
        "identity": identity(row.identity),
        "kept_in": row.kept_in,
        "sources": dict(row.sources),
        "next": row.next,
    }


def status(overview: Overview, rows: tuple[Account, ...]) -> dict[str, object]:
    """``status``."""
    return {
        "active": overview.active,
        "chosen_by": overview.chosen_by.value if overview.chosen_by else None,
        "profiles": [account(row) for row in rows],
    }


def profile(value: Profile) -> dict[str, object]:
    """A profile by its option names; what is silent is null or empty. Never a secret."""
    return {
        "name": value.name,
        "provider": value.provider,
        "issuer": value.issuer,
        "tenant": value.tenant,
        "client_id": value.client_id,
        "flow": value.flow.value,
        "auth_method": value.auth_method,
        "scopes": None if value.scopes is None else list(value.scopes),
        "resources": list(value.resources),
        "audience": value.audience,
        "token_url": value.token_url,
        "authorization_url": value.authorization_url,
        "device_url": value.device_url,
        "endpoints": dict(value.endpoints),
        "redirect_ports": list(value.redirect_ports),
        "redirect_uri": value.redirect_uri,
        "authorize_params": dict(value.authorize_params),
        "api_url": value.api_url,
        "header": value.header,
        "prefix": value.prefix,
        "check_url": value.check_url,
        "expect_account": value.expect_account,
        "client_key": value.client_key,
        "client_cert": value.client_cert,
        "assertion_audience": value.assertion_audience,
        "par": value.par,
        "dpop": value.dpop,
    }


def signed_in(done: SignedIn) -> dict[str, object]:
    """``login``."""
    return {
        "profile": done.profile,
        "state": done.state.value,
        "expires_at": when(done.expires_at),
        "scopes": list(done.scopes),
        "identity": identity(done.identity),
    }


def ended(value: Ended) -> dict[str, object]:
    """``logout`` and ``revoke``."""
    return {
        "profile": value.profile,
        "revoked": list(value.revoked),
        "not_told": list(value.not_told),
        "reason": value.reason or None,
        "still_valid_until": when(value.still_valid_until),
        "forgotten": value.forgotten,
        "end_session_url": value.end_session_url,
    }


def entry(value: Entry) -> dict[str, object]:
    """One element of ``audit list``'s ``events``."""
    actor = value.actor
    return {
        "seq": value.seq,
        "at": when(value.at),
        "event": value.event.value,
        "profile": value.profile,
        "result": value.result.value,
        "code": value.code or None,
        "actor": {"program": actor.program, "pid": actor.pid, "cwd": actor.cwd, "tty": actor.tty},
        "detail": value.detail,
    }


def slot(value: Slot) -> dict[str, object]:
    """One slot of the vault."""
    return {"kind": value.kind.value, "created_at": when(value.created_at)}


def vault(value: VaultStatus) -> dict[str, object]:
    """``vault status``."""
    return {
        "path": str(value.path),
        "exists": value.exists,
        "vault_id": value.vault_id,
        "open": value.open,
        "opened_by": value.opened_by.value if value.opened_by else None,
        "slots": [slot(each) for each in value.slots],
        "records": value.records,
        "backup_at": when(value.backup_at),
        "keyring": value.keyring,
        "keyring_usable": value.keyring_usable,
    }


def claim(row: ClaimRow) -> dict[str, object]:
    """One header parameter or claim in words."""
    return {"name": row.name, "value": row.value, "meaning": row.meaning, "at": when(row.moment)}


def check(value: Check) -> dict[str, object]:
    """One check of ``jwt verify``; ``ok`` null: not checked."""
    return {"name": value.name, "ok": value.ok, "reason": value.reason}


def raw(value: Mapping[str, object]) -> dict[str, object]:
    """Claims as the provider sent them: JSON escapes make them safe to print."""
    return dict(value)
