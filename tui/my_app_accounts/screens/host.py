"""What a screen may ask of the app it runs in."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Protocol, cast

from textual.app import App
from textual.dom import DOMNode

from my_app.settings import Options
from my_app.wiring import Services
from my_app_accounts.clipboard import Clipboard
from my_app_accounts.copying import Copier


class Host(Protocol):
    """The app as these screens see it."""

    services: Services
    options: Options
    environ: Mapping[str, str]


def host(node: DOMNode) -> Host:
    """The app of ``node``; every app of ours and every host in the tests has these."""
    return cast(Host, node.app)


def copier(node: DOMNode) -> Copier:
    """The app's one Copier, made when first wanted; kept on the app as ``copier``, which clears it at quit."""
    app: App[Any] = node.app
    kept: Copier | None = getattr(app, "copier", None)
    if kept is None:
        mine = host(node)

        def terminal(sequence: str) -> None:
            if app._driver is not None:
                app._driver.write(sequence)

        board = Clipboard(mine.environ, platform=sys.platform, terminal=terminal)
        kept = Copier(app, board, mine.services.clock, keep=mine.options.clipboard)
        cast(Any, app).copier = kept
    return kept
