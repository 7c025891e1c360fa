"""What a crash prints (H3): pinned, because the hook is private to Textual."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from textual.app import App

from my_app_accounts.app import AccountsApp
from my_app_accounts.environment import drop_textual_variables
from my_app_accounts.safe import SafeApp, crash_report
from tui.fakes import CANARY, world


class Crashing(AccountsApp):
    """Falls over in a handler with a secret in a local variable and in the error's text."""

    def on_ready(self) -> None:
        """Fall over."""
        token = CANARY
        raise ValueError(f"cannot read {token}")


async def test_a_crash_prints_kind_and_places_but_no_value() -> None:
    """No local variable, no text of a foreign exception, no source line."""
    app = Crashing(world().services, environ={}, ticking=False)
    out = io.StringIO()
    app.error_console = Console(file=out, width=200)
    with pytest.raises(ValueError, match="cannot read"):
        async with app.run_test():
            pass
    app._print_error_renderables()
    printed = out.getvalue()
    assert "ValueError" in printed
    assert "in on_ready" in printed
    assert "canary" not in printed
    assert "token" not in printed


def test_the_private_hook_is_still_there() -> None:
    """If a new Textual renames it, our override would silently do nothing."""
    assert callable(App._fatal_error)
    assert SafeApp._fatal_error is not App._fatal_error
    assert "_fatal_error" in App._handle_exception.__code__.co_names
    assert hasattr(App, "_print_error_renderables")


def test_causes_are_named_and_a_circle_ends() -> None:
    """Each cause once."""
    one, other = ValueError("x"), KeyError("y")
    one.__cause__, other.__cause__ = other, one
    assert crash_report(one).count("caused by") == 1


def test_variables_that_would_log_keys_are_dropped() -> None:
    """TEXTUAL_LOG and its kin go, everything else stays (H2)."""
    environ = {
        "TEXTUAL": "debug,devtools",
        "TEXTUAL_LOG": "/x",
        "TEXTUAL_SCREENSHOT": "1",
        "TEXTUAL_DRIVER": "web",
        "HOME": "/h",
        "TEXT": "1",
    }
    drop_textual_variables(environ)
    assert environ == {"HOME": "/h", "TEXT": "1"}
