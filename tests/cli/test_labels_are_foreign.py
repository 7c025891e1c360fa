"""X1: names of claims are foreign text as much as their values."""

from my_app.cli.tables import facts


def test_a_claims_name_cannot_move_the_terminal() -> None:
    """Escapes, C1 controls, overrides and line breaks in a name show as marks on one line."""
    [line] = facts([("X\x1b]52;c;QUJD\x1b\\\x9b31m\u202e\r\nFAKE LINE\x07" + "y" * 500, "v")])
    assert line.isprintable()
    assert len(line) < 100
