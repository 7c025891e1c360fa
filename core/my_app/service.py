"""MyServiceClient: the example service, on an authenticated session.

::

    service_client = MyServiceClient(session=auth_client.get_authenticated_session())
    data = service_client.fetch_data()
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from my_app.errors import SettingsFault, UsageFault
from my_app.integrations.httpx_answers import checked, items, object_of, sent
from my_app.text import clean

if TYPE_CHECKING:
    import httpx

KINDS: Final = {"vms": "/vms", "databases": "/databases", "deployments": "/deployments"}
"""What can be listed and created, by its plural."""


class MyServiceClient:
    """Calls the service through ``session``, an ``httpx.Client`` whose base URL is the API's.

    Every call raises LoginNeeded, Temporary, Refused, BadAnswer, and what the session's authentication raises.
    """

    def __init__(self, *, session: httpx.Client) -> None:
        """Raises SettingsFault when the session has no base URL."""
        if not session.base_url.host:
            raise SettingsFault(
                "The service's address is not known: the session has no base URL.",
                hint="Set it with: my-app profile set NAME api_url=URL (or MY_APP_API_URL for a credential from the environment)",
                key="api_url",
            )
        self._session = session

    def fetch_data(self) -> Sequence[object]:
        """The data records; needs the scope ``data:read``."""
        return self._list("/data")

    def list(self, kind: str) -> Sequence[object]:
        """All ``vms``, ``databases`` or ``deployments``. Raises UsageFault for another kind."""
        return self._list(_path(kind))

    def create(self, kind: str, **fields: str) -> dict[str, object]:
        """Create one and return it. Raises UsageFault for another kind."""
        return self._create(_path(kind), fields)

    def list_vms(self) -> Sequence[object]:
        """The virtual machines; needs ``vms:read``."""
        return self._list(KINDS["vms"])

    def create_database(self, name: str) -> dict[str, object]:
        """A new database; needs ``databases:write``."""
        return self._create(KINDS["databases"], {"name": name})

    def deploy(self, service: str, *, version: str, region: str) -> dict[str, object]:
        """A new deployment; needs ``deployments:write``."""
        return self._create(KINDS["deployments"], {"service": service, "version": version, "region": region})

    def _list(self, path: str) -> Sequence[object]:
        return items(checked(sent(self._session, "GET", path)))

    def _create(self, path: str, fields: dict[str, str]) -> dict[str, object]:
        return object_of(checked(sent(self._session, "POST", path, json=fields)))


def _path(kind: str) -> str:
    plural = kind if kind.endswith("s") else f"{kind}s"
    if plural not in KINDS:
        raise UsageFault(f"There is no kind “{clean(kind, 40)}”.", hint=f"Kinds are: {', '.join(KINDS)}.")
    return KINDS[plural]
