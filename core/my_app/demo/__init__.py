"""An identity provider and an API on loopback, to try everything without an account anywhere.

Only ``my-app demo`` and ``--demo`` import this package (P1). It needs the extra ``demo``; without it the
import raises Unsupported with the command that installs it.
"""

from __future__ import annotations

from my_app.errors import Unsupported

try:
    import starlette
    import uvicorn
except ImportError as missing:
    raise Unsupported(
        "The demo provider is not installed.",
        hint="Install it with: pip install 'my-app-accounts[demo]'",
        missing=missing.name or "",
    ) from None

__all__ = ["starlette", "uvicorn"]
