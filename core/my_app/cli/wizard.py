"""The first account, asked question by question when ``my-app login`` finds none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from my_app.errors import BadMetadata, Cancelled, SettingsFault, UsageFault
from my_app.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable

    from my_app.cli.context import Context
    from my_app.model import Profile
    from my_app.secret import Secret


def new_profile(ctx: Context) -> tuple[Profile, Secret | None]:
    """A profile and, where typed, its client secret. Raises Cancelled, UsageFault."""
    from my_app.model import Flow, Profile, checked_name
    from my_app.providers import presets, tenant_of
    from my_app.secret import Secret

    known = presets()
    ctx.note("There is no account yet. Where do you want to sign in?")
    for number, preset in enumerate(known, 1):
        ctx.note(f"  {number}  {preset.title}")
    typed = ctx.ask(f"Provider (1 to {len(known)}), or an issuer address: ").strip()
    if not typed:
        raise Cancelled("Stopped.")
    if typed.isdigit() and 0 < int(typed) <= len(known):
        preset, issuer = known[int(typed) - 1], None
    elif "://" in typed:
        preset, issuer = next(each for each in known if each.key == "oidc"), typed
    else:
        raise UsageFault(f"“{clean(typed, 40)}” is neither a number of the list nor an address.")
    for line in filter(None, (preset.notes, preset.console_url and f"Register a client at {preset.console_url}")):
        ctx.note(f"  {clean(line, 200)}")

    def needed(key: str, label: str, example: str = "", check: Callable[[str], object] = str) -> str | None:
        return _needed(ctx, f"{label}{f' (like {example})' if example else ''}: ", check) if key in preset.needs else None

    issuer = issuer or needed("issuer", "Issuer address", preset.issuer_example, _address)
    tenant = needed("tenant", preset.tenant_label, preset.tenant_example, lambda typed: tenant_of(preset, typed))
    token_url = needed("token_url", "Token address", check=_address)
    authorization_url = needed("authorization_url", "Authorization address", check=_address)
    client_id = _needed(ctx, "Client id: ")
    wanted = "needed by this provider" if "client_secret" in preset.needs else "empty for none"
    secret = Secret(ctx.ask(f"Client secret ({wanted}): ", secret=True))
    name = checked_name(ctx.ask("Name for this account [default]: ").strip() or "default")
    profile = Profile(
        name=name,
        provider=preset.key,
        issuer=issuer,
        tenant=tenant,
        token_url=token_url,
        authorization_url=authorization_url,
        client_id=client_id,
        flow=Flow.AUTO,
    )
    return profile, secret or None


def _needed(ctx: Context, label: str, check: Callable[[str], object] = str) -> str:
    """An answer that passes ``check``; three tries, told what was wrong with each. Raises Cancelled."""
    for _ in range(3):
        typed = ctx.ask(label).strip()
        if not typed:
            continue
        try:
            check(typed)
        except (SettingsFault, BadMetadata) as wrong:
            ctx.note(clean(f"{wrong.message} {wrong.hint}", 300))
        else:
            return typed
    raise Cancelled("Stopped.")


def _address(typed: str) -> str:
    from my_app.urls import checked_url

    return checked_url(typed, what="address")
