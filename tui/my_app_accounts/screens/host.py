"""What a screen may ask of the app it runs in."""

from __future__ import annotations

from typing import Protocol, cast

from textual.dom import DOMNode

from my_app.wiring import Services
from my_app_accounts.copying import Copier


class Host(Protocol):
    """The app as the screens see it: the use cases, and the one clipboard."""

    services: Services
    copier: Copier


def host(node: DOMNode) -> Host:
    """The app of ``node``; every app of ours and every host in the tests has these."""
    return cast(Host, node.app)
