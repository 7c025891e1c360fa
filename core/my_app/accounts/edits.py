"""Settings of a profile given as texts (``KEY=VALUE``), and a new profile judged as the file would be. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from my_app.errors import SettingsFault
from my_app.model import Profile
from my_app.settings import Where
from my_app.settings.edit import profile_table
from my_app.settings.faults import nearest, secret_fault
from my_app.settings.fields import PROFILE_OPTIONS, SECRETS
from my_app.settings.parse import RESERVED, read_profile
from my_app.text import clean
from my_app.urls import UrlFault, origin


def judged(profile: Profile) -> Profile:
    """The profile as it will be read back. Raises SettingsFault naming the option, InvalidName elsewhere."""
    where = Where(file=f"profile {profile.name}")
    if profile.name in RESERVED:
        raise SettingsFault(f"“{profile.name}” is a reserved name.", hint="Take another name.")
    again = read_profile(profile.name, profile_table(profile), where, [])
    return replace(again, provider=profile.provider)


def changed(profile: Profile, changes: Mapping[str, str | None]) -> Profile:
    """``profile`` with settings changed by option name; None removes. Raises SettingsFault, nothing half done.

    Lists are texts with spaces (``scope``, ``resource``) or commas (``redirect_port``) between; tables are reached by
    ``endpoint.NAME`` and ``authorize_param.NAME``.
    """
    for key, value in changes.items():
        profile = _one(profile, key.replace("-", "_") if "." not in key else key, value)
    return profile


def _one(profile: Profile, key: str, value: str | None) -> Profile:
    head, _, member = key.partition(".")
    head = head.replace("-", "_")
    where = Where(file=f"profile {profile.name}", path=tuple(part for part in (head, member) if part))
    option = PROFILE_OPTIONS.get(head)
    if head in SECRETS:
        raise secret_fault(where)
    if head == "name":
        raise where.fault("is changed by renaming", hint=f"Use: my-app profile rename {profile.name} NEW")
    if option is None or (member and option.many != "="):
        known = ", ".join(PROFILE_OPTIONS)
        raise where.fault(f"is not a setting{nearest(head, tuple(PROFILE_OPTIONS))}", hint=f"Settings are: {known}.")
    if value is None and not member:
        return replace(profile, **{option.field: getattr(Profile(name=profile.name), option.field)})
    if option.many == "=":
        table = dict(getattr(profile, option.field))
        if not member:
            raise where.fault("is a table", hint=f"Set one entry with: {head}.NAME=VALUE")
        table.pop(member, None)
        if value is not None:
            table[member] = value
        # The field is only known at run time: option.read has judged the value for it.
        return replace(profile, **{option.field: option.read(table, Where(file=where.file, path=(head,)))})  # type: ignore[arg-type]
    return replace(profile, **{option.field: option.read(_typed(value or "", option.many, where), where)})  # type: ignore[arg-type]


def _typed(value: str, many: str, where: Where) -> object:
    if many == " ":
        return list(value.split())
    if many == ",":
        parts = [part.strip() for part in value.split(",")]
        if not all(part.isascii() and part.isdigit() and len(part) <= 5 for part in parts):
            raise where.fault("must be port numbers with commas between, such as 8400,8401")
        return [int(part) for part in parts]
    return value


def refuse_shared_issuer(profile: Profile, others: Mapping[str, Profile]) -> None:
    """Two providers may not share one issuer identifier: the same issuer with another token host is refused (R4)."""
    mine = _token_host(profile)
    for other in others.values():
        if other.name == profile.name or other.issuer is None or other.issuer != profile.issuer:
            continue
        theirs = _token_host(other)
        if mine is not None and theirs is not None and mine != theirs:
            raise SettingsFault(
                f"“{other.name}” has the same issuer but another token endpoint ({clean(theirs, 80)}, not {clean(mine, 80)}).",
                hint="One issuer has one token endpoint: correct issuer or token_url of one of the two.",
                expected=theirs,
                received=mine,
            )


def _token_host(profile: Profile) -> str | None:
    url = profile.token_url or profile.endpoints.get("token")
    if url is None:
        return None
    try:
        return origin(url)
    except UrlFault:
        return None
