"""The first account, asked question by question when ``my-app login`` finds none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from my_app.errors import Cancelled, UsageFault
from my_app.text import clean

if TYPE_CHECKING:
    from my_app.cli.context import Context
    from my_app.model import Profile
    from my_app.secret import Secret


def new_profile(ctx: Context) -> tuple[Profile, Secret | None]:
    """A profile and, where typed, its client secret. Raises Cancelled, UsageFault."""
    from my_app.model import Flow, Profile, checked_name
    from my_app.providers import presets
    from my_app.secret import Secret

    known = presets()
    ctx.note("There is no account yet. Where do you want to sign in?")
    for number, preset in enumerate(known, 1):
        ctx.note(f"  {number}  {preset.title}")
    typed = ctx.ask(f"Provider (1 to {len(known)}), or an issuer address: ").strip()
    if not typed:
        raise Cancelled("Stopped.")
    if typed.isdigit() and 0 < int(typed) <= len(known):
        preset = known[int(typed) - 1]
        issuer = _needed(ctx, "Issuer address: ") if "issuer" in preset.needs else None
    elif "://" in typed:
        preset, issuer = next(each for each in known if each.key == "oidc"), typed
    else:
        raise UsageFault(f"“{clean(typed, 40)}” is neither a number of the list nor an address.")
    tenant = _needed(ctx, "Tenant: ") if "tenant" in preset.needs else None
    token_url = _needed(ctx, "Token address: ") if "token_url" in preset.needs else None
    authorization_url = _needed(ctx, "Authorization address: ") if "authorization_url" in preset.needs else None
    client_id = _needed(ctx, "Client id: ")
    secret = Secret(ctx.ask("Client secret (empty for none): ", secret=True))
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


def _needed(ctx: Context, label: str) -> str:
    for _ in range(3):
        typed = ctx.ask(label).strip()
        if typed:
            return typed
    raise Cancelled("Stopped.")
