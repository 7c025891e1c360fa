"""What the environment says: credentials whole from one place, and secrets by value or by file (CONTRACT).

Pure but for ``read_secret_file``, which opens the file a ``..._FILE`` variable names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Final

from my_app.errors import SettingsFault
from my_app.given.credentials_json import Given
from my_app.model import Flow, Profile
from my_app.secret import Secret
from my_app.settings import Where
from my_app.settings.parse import read_profile
from my_app.text import clean

ReadFile = Callable[[str, str], str]
"""``read_file(path, variable)``: the text of the file that ``variable`` names. Raises SettingsFault."""

_LARGEST: Final = 1 << 16
_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_OPTIONS: Final[Mapping[str, str]] = {
    "issuer": "MY_APP_ISSUER",
    "token_url": "MY_APP_TOKEN_URL",
    "client_id": "MY_APP_CLIENT_ID",
    "scope": "MY_APP_SCOPE",
    "resource": "MY_APP_RESOURCE",
    "audience": "MY_APP_AUDIENCE",
    "api_url": "MY_APP_API_URL",
}


def variable(environ: Mapping[str, str], name: str) -> str | None:
    """The value; None when unset or empty. Raises SettingsFault for a control character in it (N4)."""
    value = environ.get(name)
    if not value:
        return None
    if _FORBIDDEN.search(value):
        raise SettingsFault(f"{name} holds a line break or another control character.", hint=f"Set {name} to one line.", key=name)
    return value


def read_secret_file(path: str, variable: str) -> str:
    """The text of the file that ``variable`` names. Any mode is fine: mounted secrets are often 0444. Raises SettingsFault."""
    try:
        # Not blocking: a FIFO that nobody writes to would hang the program.
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            data = file.read(_LARGEST + 1) or b""
    except (OSError, ValueError) as failure:
        why = clean(os.strerror(failure.errno), 80) if isinstance(failure, OSError) and failure.errno else "not a path"
        raise SettingsFault(
            f"{variable} names “{clean(path, 120)}”, which cannot be read ({why}).",
            hint=f"Set {variable} to a readable file, or unset it.",
        ) from None
    if len(data) > _LARGEST:
        raise SettingsFault(
            f"The file named by {variable} is larger than 64 KiB.", hint=f"Set {variable} to a file with the secret."
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise SettingsFault(f"The file named by {variable} is not UTF-8 text.", hint=f"Set {variable} to a text file.") from None


def secret_variable(environ: Mapping[str, str], name: str, read_file: ReadFile = read_secret_file) -> Secret | None:
    """The secret of ``name`` or of the file that ``name_FILE`` names; one line break at the file's end is dropped.

    Raises SettingsFault when both are set, the file cannot be read, or it is empty or holds a control character.
    """
    value, path = variable(environ, name), variable(environ, f"{name}_FILE")
    if path is None:
        return Secret(value) if value else None
    if value is not None:
        raise SettingsFault(f"{name} and {name}_FILE are both set.", hint="Unset one of them.", key=name)
    text = read_file(path, f"{name}_FILE")
    text = text.removesuffix("\n").removesuffix("\r")
    if not text or _FORBIDDEN.search(text):
        problem = "holds a line break or another control character inside" if text else "is empty"
        raise SettingsFault(f"The file named by {name}_FILE {problem}.", hint="Put the secret there as one line.", key=name)
    return Secret(text)


def has_secret(environ: Mapping[str, str], name: str) -> bool:
    """Whether ``name`` or ``name_FILE`` is set; reads no file."""
    return bool(environ.get(name) or environ.get(f"{name}_FILE"))


def speaks(environ: Mapping[str, str]) -> bool:
    """Whether the environment itself is a credential: access token, API key, or client id with secret; reads no file."""
    return (
        has_secret(environ, "MY_APP_ACCESS_TOKEN")
        or has_secret(environ, "MY_APP_API_KEY")
        or (bool(environ.get("MY_APP_CLIENT_ID")) and has_secret(environ, "MY_APP_CLIENT_SECRET"))
    )


def given(environ: Mapping[str, str], read_file: ReadFile = read_secret_file) -> Given | None:
    """The credential the environment itself is, or None. Raises SettingsFault.

    An access token goes before an API key, and that before client id and secret, which need
    ``MY_APP_ISSUER`` or ``MY_APP_TOKEN_URL``.
    """
    token = secret_variable(environ, "MY_APP_ACCESS_TOKEN", read_file)
    if token is not None:
        return Given(profile=_profile(environ, Flow.TOKEN, ("api_url",)), secret=token, source="environment")
    key = secret_variable(environ, "MY_APP_API_KEY", read_file)
    if key is not None:
        return Given(profile=_profile(environ, Flow.API_KEY, ("api_url",)), secret=key, source="environment")
    if not environ.get("MY_APP_CLIENT_ID"):
        return None
    secret = secret_variable(environ, "MY_APP_CLIENT_SECRET", read_file)
    if secret is None:
        return None
    if not environ.get("MY_APP_ISSUER") and not environ.get("MY_APP_TOKEN_URL"):
        raise SettingsFault(
            "MY_APP_CLIENT_ID and MY_APP_CLIENT_SECRET are set, but nothing says where they are for.",
            hint="Set MY_APP_ISSUER or MY_APP_TOKEN_URL too.",
            key="MY_APP_ISSUER",
        )
    return Given(profile=_profile(environ, Flow.CLIENT_CREDENTIALS, tuple(_OPTIONS)), secret=secret, source="environment")


def default_profile(environ: Mapping[str, str]) -> Profile | None:
    """The profile ``default`` that ``my-app login`` makes when there is none: ``MY_APP_ISSUER`` with ``MY_APP_CLIENT_ID``.

    Scope, resource, audience and API URL are taken too where set. Raises SettingsFault.
    """
    if not environ.get("MY_APP_ISSUER") or not environ.get("MY_APP_CLIENT_ID"):
        return None
    return _profile(environ, Flow.AUTO, tuple(_OPTIONS), name="default")


def laid_over_environment(environ: Mapping[str, str], options: Mapping[str, object]) -> dict[str, object]:
    """``options`` of a new profile with issuer, token URL and API URL of the environment where they are silent.

    Where an issuer or a token URL is given, neither of the two is taken from the environment.
    """
    silent = ("api_url",) if "issuer" in options or "token_url" in options else ("issuer", "token_url", "api_url")
    found = {key: variable(environ, _OPTIONS[key]) for key in silent}
    return {**{key: value for key, value in found.items() if value is not None}, **options}


def _profile(environ: Mapping[str, str], flow: Flow, keys: tuple[str, ...], *, name: str = "environment") -> Profile:
    options: dict[str, object] = {}
    for key in keys:
        value = variable(environ, _OPTIONS[key])
        if value is not None:
            options[key] = value.split() if key in ("scope", "resource") else value
    if flow is not Flow.AUTO:
        options["flow"] = flow.value
    try:
        return read_profile(name, options, Where(file="the environment"), [])
    except SettingsFault as fault:
        key = str(fault.facts.get("key") or "").split(".")[0]
        problem = fault.message.removeprefix("the environment: ").removeprefix(f"“{key}” ")
        named = _OPTIONS.get(key, key)
        raise SettingsFault(f"{named} {problem}", hint=f"Correct or unset {named}.", key=named) from None
