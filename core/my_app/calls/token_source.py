"""One credential, chosen once: its token, the header that carries it, and the origins it may go to (U2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from my_app.binding import check_api
from my_app.calls.api import credential_header, step_up_needed
from my_app.errors import LoginNeeded, StepUpNeeded
from my_app.model import AccessToken, Profile
from my_app.urls import UrlFault, origin

if TYPE_CHECKING:
    from my_app.grants.token_exchange import Delegations
    from my_app.wiring import Services


class TokenSource:
    """The credential a call means (CONTRACT, "Where a credential comes from"), asked for when first needed.

    Constructor: ``TokenSource(services, name)``; ``name`` None: what environment, directory and settings say.
    """

    def __init__(self, services: Services, name: str | None = None) -> None:
        self._services = services
        self._wanted = name
        self._name: str | None = None

    @property
    def name(self) -> str:
        """What the use cases know the credential by. Raises UnknownProfile, NothingConfigured, SettingsFault, UnsafeFile."""
        if self._name is None:
            self._name = self._services.accounts.choose(self._wanted).name
        return self._name

    @property
    def profile(self) -> Profile:
        """The profile, its preset laid under it."""
        return self._services.accounts.profile(self.name)

    def token(self, *, min_valid: timedelta | None = None, force: bool = False) -> AccessToken:
        """A token that is valid now; see ``Sessions.token``."""
        return self._services.sessions.token(self.name, min_valid=min_valid, force=force)

    async def atoken(self, *, min_valid: timedelta | None = None, force: bool = False) -> AccessToken:
        """The asyncio twin."""
        return await self._services.sessions.atoken(self.name, min_valid=min_valid, force=force)

    @property
    def delegations(self) -> Delegations:
        """Other tokens for this one."""
        return self._services.delegations

    def headers(self, token: AccessToken, method: str = "GET", url: str = "") -> dict[str, str]:
        """The header that carries ``token``, as the profile's header and prefix say (RFC 6750 2.1).

        For a token bound to a key also the proof for ``method`` and ``url`` (RFC 9449 7).
        """
        carried = credential_header(self.profile, token)
        return carried if token.token_type != "DPoP" else {**carried, **self._services.sessions.proof(token, method, url)}

    def proof_again(self, token: AccessToken, url: str, status: int, headers: Mapping[str, str]) -> bool:
        """Whether the API only asked for its nonce, so that the request is to be sent once more (RFC 9449 9)."""
        return token.token_type == "DPoP" and self._services.sessions.proof_again(token, url, status, headers)

    def step_up(self, url: str, status: int, headers: Mapping[str, str]) -> StepUpNeeded | None:
        """What a 401 for a stronger or newer sign-in stands for (RFC 9470 3)."""
        return step_up_needed(status, headers.get("www-authenticate", ""), self.name, url)

    def origins(self) -> frozenset[str]:
        """Origins the token may go to, as sealed beside it. Raises BindingChanged when the profile's API is none of them."""
        record = self._services.store.load(self.name)
        if record is None:
            raise LoginNeeded(f"“{self.name}” is not signed in.", hint=f"Sign in with: my-app login {self.name}")
        check_api(self.profile, record)
        return frozenset(record.binding.api_origins)

    def may_go(self, url: str) -> bool:
        """Whether the token may go to ``url``; whole origins are compared. Raises BindingChanged."""
        try:
            return origin(url) in self.origins()
        except UrlFault:
            return False

    @property
    def renewable(self) -> bool:
        """Whether another token can be had after a 401 without a person."""
        record = self._services.store.load(self.name)
        return record is not None and record.refreshable
