"""Environment variables of Textual that would undo what the app promises."""

from __future__ import annotations

from collections.abc import MutableMapping


def drop_textual_variables(environ: MutableMapping[str, str]) -> None:
    """Remove every ``TEXTUAL...`` variable; call it before Textual is imported, which reads them then.

    ``TEXTUAL_LOG`` and the developer console record each key and paste, passwords included;
    ``TEXTUAL_SCREENSHOT`` writes what is shown to disk; ``TEXTUAL_DRIVER`` can put the app on a web
    port; ``TEXTUAL_DEBUG`` and ``TEXTUAL`` switch the first two on (H2, H5).
    """
    for name in [name for name in environ if name == "TEXTUAL" or name.startswith("TEXTUAL_")]:
        del environ[name]
