"""JSON schemas of every ``--json`` output, closed: a field that CONTRACT does not know and no schema names is a mistake."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
COUNT: Schema = {"type": "integer", "minimum": 0}
COUNT_OR_NULL: Schema = {"type": ["integer", "null"], "minimum": 0}
BOOL: Schema = {"type": "boolean"}
TEXTS: Schema = {"type": "array", "items": TEXT}
TEXT_MAP: Schema = {"type": "object", "additionalProperties": TEXT}
TIME: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
TIME_OR_NULL: Schema = {"anyOf": [TIME, {"type": "null"}]}
ANY_OBJECT: Schema = {"type": "object"}
ANY_OBJECT_OR_NULL: Schema = {"type": ["object", "null"]}
STATE: Schema = {"enum": ["valid", "expiring", "expired", "no_expiry", "login_needed", "revoked", "static"]}
FLOW: Schema = {"enum": ["browser", "device", "terminal", "client-credentials", "api-key", "token", "auto"]}
KIND: Schema = {"enum": ["oauth", "client_credentials", "api_key", "token"]}
KEPT: Schema = {"enum": ["keyring", "passphrase", "key", "environment", "credentials.json", ""]}
CHOSEN: Schema = {"enum": ["argument", "environment", "directory", "config", None]}
SLOT_KIND: Schema = {"enum": ["keyring", "passphrase", "key"]}


def closed(**fields: Schema) -> Schema:
    """An object with exactly these members."""
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def top(**fields: Schema) -> Schema:
    """A printed object: these members and the schema number."""
    return closed(schema={"const": 1}, **fields)


IDENTITY: Schema = {
    "anyOf": [closed(sub=TEXT_OR_NULL, username=TEXT_OR_NULL, email=TEXT_OR_NULL, tenant=TEXT_OR_NULL), {"type": "null"}]
}
_ACCOUNT: dict[str, Schema] = {
    "kind": KIND,
    "state": STATE,
    "expires_at": TIME_OR_NULL,
    "refreshable": BOOL,
    "requested_scopes": TEXTS,
    "identity": IDENTITY,
    "kept_in": KEPT,
    "sources": TEXT_MAP,
    "next": TEXT,
}
PROFILE = closed(
    name=TEXT,
    provider=TEXT,
    issuer=TEXT_OR_NULL,
    tenant=TEXT_OR_NULL,
    client_id=TEXT_OR_NULL,
    flow=FLOW,
    auth_method=TEXT_OR_NULL,
    scopes={"anyOf": [TEXTS, {"type": "null"}]},
    resources=TEXTS,
    audience=TEXT_OR_NULL,
    token_url=TEXT_OR_NULL,
    authorization_url=TEXT_OR_NULL,
    device_url=TEXT_OR_NULL,
    endpoints=TEXT_MAP,
    redirect_ports={"type": "array", "items": COUNT},
    redirect_uri=TEXT_OR_NULL,
    authorize_params=TEXT_MAP,
    api_url=TEXT_OR_NULL,
    header=TEXT_OR_NULL,
    prefix=TEXT_OR_NULL,
    check_url=TEXT_OR_NULL,
    expect_account=TEXT_OR_NULL,
    client_key=TEXT_OR_NULL,
    client_cert=TEXT_OR_NULL,
    assertion_audience=TEXT_OR_NULL,
    par={"type": ["boolean", "null"]},
    dpop=BOOL,
)
_LISTED = closed(**{**PROFILE["properties"], "active": BOOL})
_ENDED: dict[str, Schema] = {
    "profile": TEXT,
    "revoked": TEXTS,
    "not_told": TEXTS,
    "reason": TEXT_OR_NULL,
    "still_valid_until": TIME_OR_NULL,
    "forgotten": BOOL,
    "end_session_url": TEXT_OR_NULL,
}
_TOKEN: dict[str, Schema] = {
    "profile": TEXT_OR_NULL,
    "access_token": TEXT,
    "token_type": TEXT,
    "expires_at": TIME_OR_NULL,
    "scopes": TEXTS,
    "from": {"enum": ["cache", "refresh", "environment"]},
}
ENTRY = closed(
    seq=COUNT,
    at=TIME,
    event={"enum": ["login", "refresh", "rotate", "revoke", "logout", "reveal", "copy", "unlock", "import", "export", "profile"]},
    profile=TEXT_OR_NULL,
    result={"enum": ["ok", "failed", "denied"]},
    code=TEXT_OR_NULL,
    actor=closed(program=TEXT, pid=COUNT, cwd=TEXT, tty=TEXT_OR_NULL),
    detail=TEXT,
)
_SLOTS: Schema = {"type": "array", "items": closed(kind=SLOT_KIND, created_at=TIME)}
_CLAIMS: Schema = {"type": "array", "items": closed(name=TEXT, value=TEXT, meaning=TEXT, at=TIME_OR_NULL)}
_SIGNATURE: Schema = {"enum": ["valid", "invalid", "not_checked", "cannot_check"]}

SCHEMAS: dict[str, Schema] = {
    "error": top(error=closed(code=TEXT, message=TEXT, hint=TEXT_OR_NULL, exit={"type": "integer", "minimum": 1, "maximum": 255})),
    "status": top(
        active=TEXT_OR_NULL,
        chosen_by=CHOSEN,
        profiles={
            "type": "array",
            "items": closed(name=TEXT, provider=TEXT, issuer=TEXT_OR_NULL, flow=FLOW, scopes=TEXTS, **_ACCOUNT),
        },
    ),
    "token": top(**_TOKEN),
    "token --header": top(**_TOKEN, header=TEXT),
    "token --id-token": top(**_TOKEN, id_token=TEXT),
    "login": top(profile=TEXT, state=STATE, expires_at=TIME_OR_NULL, scopes=TEXTS, identity=IDENTITY),
    "refresh": top(profile=TEXT, expires_at=TIME_OR_NULL, scopes=TEXTS, **{"from": _TOKEN["from"]}),
    "logout": top(**_ENDED),
    "logout --all": top(profiles={"type": "array", "items": closed(**_ENDED)}),
    "revoke": top(**_ENDED),
    "rotate": top(profile=TEXT, old_revoked=BOOL, rolled_back=BOOL, detail=TEXT),
    "userinfo": top(profile=TEXT, sub={}, claims=ANY_OBJECT),
    "introspect": top(profile=TEXT, active={"type": "boolean"}, claims=ANY_OBJECT),
    "profile add": top(profile=PROFILE),
    "profile set": top(profile=PROFILE),
    "profile list": top(active=TEXT_OR_NULL, profiles={"type": "array", "items": _LISTED}),
    "profile show": top(profile=PROFILE, granted_scopes=TEXTS, active=BOOL, **_ACCOUNT),
    "profile use": top(active=TEXT),
    "profile remove": top(removed=TEXT),
    "profile rename": top(renamed=TEXT, profile=TEXT),
    "profile trust": top(profile=TEXT, changed=TEXTS),
    "profile allow": top(profile=TEXT, directory=TEXT),
    "jwt decode": top(
        readable=BOOL,
        problem=TEXT_OR_NULL,
        algorithm=TEXT_OR_NULL,
        key_id=TEXT_OR_NULL,
        issuer=TEXT_OR_NULL,
        issued_at=TIME_OR_NULL,
        expires_at=TIME_OR_NULL,
        size=COUNT,
        signature=_SIGNATURE,
        header=ANY_OBJECT_OR_NULL,
        claims=ANY_OBJECT_OR_NULL,
        explained=closed(header=_CLAIMS, claims=_CLAIMS),
    ),
    "jwt verify": top(
        valid=BOOL,
        signature=_SIGNATURE,
        checks={"type": "array", "items": closed(name=TEXT, ok={"type": ["boolean", "null"]}, reason=TEXT)},
        claims=ANY_OBJECT_OR_NULL,
    ),
    "jwt keygen": top(file=TEXT, algorithm=TEXT, key_id=TEXT_OR_NULL, public=ANY_OBJECT_OR_NULL),
    "jwt sign": top(token=TEXT),
    "jwt diff": top(
        equal=BOOL,
        differences={"type": "array", "items": closed(part={"enum": ["header", "claims"]}, name=TEXT, left={}, right={})},
    ),
    "audit list": top(events={"type": "array", "items": ENTRY}, before=COUNT_OR_NULL),
    "audit export": top(events={"type": "array", "items": ENTRY}),
    "audit verify": top(ok=BOOL, events=COUNT, sealed_to=COUNT, broken_at=COUNT_OR_NULL),
    "vault status": top(
        path=TEXT,
        exists=BOOL,
        vault_id=TEXT_OR_NULL,
        open=BOOL,
        opened_by={"enum": ["keyring", "passphrase", "key", None]},
        slots=_SLOTS,
        records=COUNT,
        backup_at=TIME_OR_NULL,
        keyring=TEXT,
        keyring_usable=BOOL,
    ),
    "vault slot list": top(slots=_SLOTS),
    "vault slot add": top(slot=SLOT_KIND, slots={"type": "array", "items": SLOT_KIND}, dry_run=BOOL),
    "vault slot remove": top(slot=SLOT_KIND, slots={"type": "array", "items": SLOT_KIND}, dry_run=BOOL),
    "vault rekey": top(rekeyed={"const": True}),
    "vault export": top(file=TEXT, records=COUNT),
    "vault import": top(added=TEXTS, kept=TEXTS),
    "vault restore": top(records=COUNT, taken_at=TIME, set_aside=TEXT_OR_NULL, sign_in_again=TEXTS),
    "lock": top(locked={"const": True}),
    "doctor": top(ok=BOOL, checks={"type": "array", "items": closed(name=TEXT, ok=BOOL, detail=TEXT, fix=TEXT_OR_NULL)}),
    "explain": top(code=TEXT, exit=COUNT, meaning=TEXT, cause=TEXT, fix=TEXT),
    "explain EXIT": top(exit=COUNT, meaning=TEXT, codes=TEXTS),
    "exit-codes": top(exit_codes={"type": "array", "items": closed(exit=COUNT, meaning=TEXT)}),
    "completion": top(shell={"enum": ["bash", "zsh", "fish"]}, script=TEXT),  # noqa: S604 a field of that name
    "upload": top(profile=TEXT_OR_NULL, status=COUNT, result={}),
    "list": top(profile=TEXT_OR_NULL, kind=TEXT, items={"type": "array"}),
    "create": top(profile=TEXT_OR_NULL, kind=TEXT, result={}),
    "deploy": top(profile=TEXT_OR_NULL, result={}),
    "api": top(profile=TEXT_OR_NULL, status=COUNT, body={}),
}
"""By command, as typed."""

EVENTS: dict[str, Schema] = {
    "browser": top(event={"const": "browser"}, url=TEXT, redirect_uri=TEXT, expires_at=TIME),
    "device": top(
        event={"const": "device"},
        user_code=TEXT,
        verification_uri=TEXT,
        verification_uri_complete=TEXT_OR_NULL,
        expires_at=TIME,
        interval=COUNT,
    ),
    "poll": top(event={"const": "poll"}, interval=COUNT),
    "failed": top(event={"const": "failed"}, code=TEXT),
    "callback_refused": top(event={"const": "callback_refused"}, code=TEXT),
    "prompt": top(
        event={"const": "prompt"},
        kind={"enum": ["username", "password", "otp", "push", "choice", "callback"]},
        label=TEXT,
        secret=BOOL,
        choices=TEXTS,
        attempts_left=COUNT_OR_NULL,
    ),
}
"""The JSON lines of ``login --events``."""


def check(name: str, value: object, schemas: dict[str, Schema] | None = None) -> None:
    """Fail unless ``value`` is what the command ``name`` promises."""
    Draft202012Validator((SCHEMAS if schemas is None else schemas)[name]).validate(value)
