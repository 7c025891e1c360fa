"""Records and the manifest, to bytes and back. Pure: keys, nonces and rows come in as values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from my_app.adapters.vault_row import Row
from my_app.adapters.vault_wire import Broken, manifest_bound, seal, unseal
from my_app.model import Binding, Identity, Kind, Record, Standing, Summary, TokenSet, summary_of
from my_app.secret import Secret

_SECRET: Final = "$secret"
_TIME: Final = "$time"
Nonce = Callable[[], bytes]
"""12 fresh random bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What the vault must hold; sealed, so that a record put back or taken away is noticed."""

    serial: int = 0
    """Raised by every write; tells which of two copies is the older."""
    records: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    """Name to generation and digest of the readable columns."""
    slots: Mapping[str, str] = field(default_factory=dict)
    """Kind to digest of the slot."""

    def holds(self, row: Row, vault_id: str) -> bool:
        """Whether ``row`` is the one that was written last under its name."""
        return self.records.get(row.name) == (row.generation, row.digest(vault_id))

    def with_row(self, row: Row, vault_id: str) -> Manifest:
        """The next manifest, with this row in it."""
        entry = (row.generation, row.digest(vault_id))
        return replace(self, serial=self.serial + 1, records={**self.records, row.name: entry})

    def without(self, name: str) -> Manifest:
        """The next manifest, without that name."""
        return replace(self, serial=self.serial + 1, records={at: entry for at, entry in self.records.items() if at != name})

    def with_slots(self, slots: Mapping[str, str]) -> Manifest:
        """The next manifest, with these slots."""
        return replace(self, serial=self.serial + 1, slots=dict(slots))


def seal_manifest(manifest: Manifest, key: bytes, vault_id: str, nonce: Nonce) -> bytes:
    """The manifest's bytes."""
    value = {"serial": manifest.serial, "records": manifest.records, "slots": manifest.slots}
    return seal(key, json.dumps(value, separators=(",", ":")).encode(), manifest_bound(vault_id), nonce())


def open_manifest(sealed: bytes, key: bytes, vault_id: str) -> Manifest:
    """The manifest. Raises Broken."""
    value = json.loads(unseal(key, sealed, manifest_bound(vault_id)))
    records = {name: (int(entry[0]), str(entry[1])) for name, entry in value["records"].items()}
    return Manifest(serial=value["serial"], records=records, slots=value["slots"])


def seal_record(record: Record, key: bytes, vault_id: str, nonce: Nonce) -> Row:
    """The row of a record, sealed and bound to its readable columns."""
    summary = summary_of(record)
    row = Row(
        name=record.name,
        generation=record.generation,
        kind=summary.kind.value,
        expires_at=_time(summary.expires_at),
        scopes=json.dumps(summary.scopes),
        requested_scopes=json.dumps(summary.requested_scopes),
        identity=json.dumps(_identity(summary.identity)) if summary.identity else None,
        standing=summary.standing.value,
        refreshable=int(summary.refreshable),
        has_token=int(summary.has_token),
        sealed=b"",
    )
    return row._replace(sealed=seal(key, json.dumps(_plain(record)).encode(), row.bound(vault_id), nonce()))


def open_record(row: Row, key: bytes, vault_id: str) -> Record:
    """The record of a row. Raises Broken when any byte or column of it is not as it was sealed."""
    value = json.loads(unseal(key, row.sealed, row.bound(vault_id)))
    tokens = value["tokens"]
    return Record(
        name=row.name,
        generation=row.generation,
        kind=Kind(row.kind),
        binding=Binding(
            issuer=value["binding"]["issuer"],
            client_id=value["binding"]["client_id"],
            token_hosts=tuple(value["binding"]["token_hosts"]),
            set_hosts=tuple(value["binding"].get("set_hosts", ())),
            api_origins=tuple(value["binding"]["api_origins"]),
        ),
        client_secret=_secret(value["client_secret"]),
        api_key=_secret(value["api_key"]),
        api_key_id=value["api_key_id"],
        totp_seed=_secret(value["totp_seed"]),
        tokens=TokenSet(
            access_token=Secret(tokens["access_token"]),
            token_type=tokens["token_type"],
            refresh_token=_secret(tokens["refresh_token"]),
            id_token=_secret(tokens["id_token"]),
            scopes=tuple(tokens["scopes"]),
            obtained_at=datetime.fromisoformat(tokens["obtained_at"]),
            expires_at=_moment(tokens["expires_at"]),
        )
        if tokens
        else None,
        identity=Identity(**value["identity"]) if value["identity"] else None,
        requested_scopes=tuple(value["requested_scopes"]),
        standing=Standing(row.standing),
        reason=value["reason"],
        refresh_in_flight=_moment(value["refresh_in_flight"]),
        not_before=_moment(value["not_before"]),
        pending=_thawed_mapping(value["pending"]),
        signed_in_at=_moment(value["signed_in_at"]),
        refreshed_at=_moment(value["refreshed_at"]),
        endpoints=value["endpoints"],
        dpop_key=_secret(value.get("dpop_key")),
        registration=_thawed_mapping(value.get("registration")),
    )


def summary_from(row: Row) -> Summary:
    """The readable columns as a value. Raises Broken when they cannot be read."""
    try:
        identity = json.loads(row.identity) if row.identity else None
        return Summary(
            name=row.name,
            generation=row.generation,
            kind=Kind(row.kind),
            expires_at=_moment(row.expires_at),
            scopes=tuple(str(scope) for scope in json.loads(row.scopes)),
            requested_scopes=tuple(str(scope) for scope in json.loads(row.requested_scopes)),
            identity=Identity(**identity) if identity else None,
            standing=Standing(row.standing),
            refreshable=bool(row.refreshable),
            has_token=bool(row.has_token),
        )
    except (ValueError, TypeError):
        raise Broken from None


def _plain(record: Record) -> dict[str, object]:
    tokens = record.tokens
    return {
        "binding": {
            "issuer": record.binding.issuer,
            "client_id": record.binding.client_id,
            "token_hosts": record.binding.token_hosts,
            "set_hosts": record.binding.set_hosts,
            "api_origins": record.binding.api_origins,
        },
        "client_secret": _revealed(record.client_secret),
        "api_key": _revealed(record.api_key),
        "api_key_id": record.api_key_id,
        "totp_seed": _revealed(record.totp_seed),
        "tokens": {
            "access_token": tokens.access_token.reveal(),
            "token_type": tokens.token_type,
            "refresh_token": _revealed(tokens.refresh_token),
            "id_token": _revealed(tokens.id_token),
            "scopes": tokens.scopes,
            "obtained_at": _time(tokens.obtained_at),
            "expires_at": _time(tokens.expires_at),
        }
        if tokens
        else None,
        "identity": _identity(record.identity),
        "requested_scopes": record.requested_scopes,
        "reason": record.reason,
        "refresh_in_flight": _time(record.refresh_in_flight),
        "not_before": _time(record.not_before),
        "pending": None if record.pending is None else _frozen(record.pending),
        "signed_in_at": _time(record.signed_in_at),
        "refreshed_at": _time(record.refreshed_at),
        "endpoints": dict(record.endpoints),
        "dpop_key": _revealed(record.dpop_key),
        "registration": None if record.registration is None else _frozen(record.registration),
    }


def _identity(identity: Identity | None) -> dict[str, str | None] | None:
    if identity is None:
        return None
    return {"sub": identity.sub, "username": identity.username, "email": identity.email, "tenant": identity.tenant}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _revealed(secret: Secret | None) -> str | None:
    return None if secret is None else secret.reveal()


def _secret(text: str | None) -> Secret | None:
    return None if text is None else Secret(text)


def _frozen(value: object) -> object:
    """A journal value as JSON; secrets and times keep their type."""
    if isinstance(value, Secret):
        return {_SECRET: value.reveal()}
    if isinstance(value, datetime):
        return {_TIME: value.isoformat()}
    if isinstance(value, Mapping):
        return {str(name): _frozen(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_frozen(member) for member in value]
    return value


def _thawed(value: object) -> object:
    if isinstance(value, dict):
        if value.keys() == {_SECRET}:
            return Secret(value[_SECRET])
        if value.keys() == {_TIME}:
            return datetime.fromisoformat(value[_TIME])
        return {name: _thawed(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_thawed(member) for member in value]
    return value


def _thawed_mapping(value: dict[str, object] | None) -> dict[str, object] | None:
    return None if value is None else {name: _thawed(member) for name, member in value.items()}
