"""How the demo judges one-time codes (RFC 6238)."""

from __future__ import annotations

import hmac
from datetime import datetime

from my_app.secret import Secret
from my_app.signin.totp import PERIOD, code


def code_at(seed: str, at: datetime) -> str:
    """The code that an authenticator app shows for ``seed`` (base32) at ``at``."""
    return code(Secret(seed), at).reveal()


def accepts(seed: str, typed: str, at: datetime) -> bool:
    """Whether ``typed`` fits now or one period to either side (RFC 6238 5.2); spaces do not matter.

    A code may be used again within its period, so that two sign-ins of one person in half a
    minute work; a provider that guards more than a demo refuses the second.
    """
    wanted = "".join(typed.split()).encode()
    return any(hmac.compare_digest(wanted, code_at(seed, at + step * PERIOD).encode()) for step in (-1, 0, 1))
