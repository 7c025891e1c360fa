"""A token that is always valid: one refresh at a time, saved before it is handed out."""

from __future__ import annotations

from datetime import timedelta

from my_app.model import AccessToken


class Sessions:
    """Tokens of stored profiles; one flight per profile per process, one lock over processes."""

    def token(self, profile: str, *, min_valid: timedelta | None = None, force: bool = False) -> AccessToken:
        """A token with at least ``min_valid`` left (None: the margin of the settings).

        ``force`` refreshes in any case. A ``min_valid`` beyond what the server gives costs one
        refresh and sets ``note``. A temporary failure returns a token that still lives, with a note.
        Raises UnknownProfile, LoginNeeded, Temporary, Refused, StorageFault, BindingChanged.
        """
        raise NotImplementedError

    async def atoken(self, profile: str, *, min_valid: timedelta | None = None, force: bool = False) -> AccessToken:
        """The same for asyncio; cancelling the caller does not cancel the flight."""
        raise NotImplementedError
