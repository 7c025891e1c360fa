"""A person with a browser who fills in the demo's pages; for ``seed.py`` and for tests.

The pages are driven as they are: real form posts, cookies kept, redirects followed by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urljoin

import httpx

from my_app.demo.totp import code_at
from my_app.errors import BadAnswer, UnknownProfile
from my_app.ports import Clock

_MOST_PAGES: Final = 12


class Visitor:
    """One person of ``info["users"]`` in one browser."""

    def __init__(self, info: Mapping[str, Any], username: str, *, clock: Clock, client: httpx.Client | None = None) -> None:
        """Raises UnknownProfile when nobody of that name can sign in."""
        self._issuer = str(info["issuer"])
        self._clock = clock
        self._client = client or httpx.Client(trust_env=False, timeout=15)
        person = next((one for one in info["users"] if one["username"] == username), None)
        if person is None:
            raise UnknownProfile("Nobody of that name can sign in at the demo.", hint="The sign-in page lists everybody.")
        self._person: Mapping[str, str] = person
        self.last_page = ""
        """The page seen last."""

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *exc: object) -> None:
        self._client.close()

    def code(self, at: datetime | None = None) -> str:
        """What the person's authenticator app shows; empty without one."""
        seed = self._person.get("totp_seed")
        return code_at(seed, at or self._clock.now()) if seed else ""

    def open(self, url: str, *, allow: bool = True) -> str:
        """Go through the pages behind ``url``; where the browser is sent in the end, empty when it stays on a page.

        Raises BadAnswer when the pages lead nowhere.
        """
        answer = self._client.get(url)
        for _ in range(_MOST_PAGES):
            here = str(answer.url)
            if answer.is_redirect:
                target = urljoin(here, answer.headers["location"])
                if not target.startswith(self._issuer + "/"):
                    return target
                answer = self._client.get(target)
                continue
            self.last_page = answer.text
            fields = self._fill(answer.text, allow=allow) if answer.status_code == 200 else None
            if fields is None:
                return ""
            answer = self._client.post(here, data=fields)
        raise BadAnswer("The demo's pages lead nowhere.")

    def go(self, url: str, *, allow: bool = True) -> None:
        """Go through the pages behind ``url`` and on to the address they lead to, as a browser does."""
        target = self.open(url, allow=allow)
        if target:
            self._client.get(target)

    @property
    def username(self) -> str:
        """As it is typed."""
        return self._person["username"]

    @property
    def password(self) -> str:
        """As it is typed."""
        return self._person["password"]

    def approve(self, user_code: str, *, allow: bool = True) -> None:
        """Answer a device code on the device page."""
        self.open(f"{self._issuer}/device?user_code={user_code}", allow=allow)

    def _fill(self, page: str, *, allow: bool) -> dict[str, str] | None:
        """What the person types into the form of the page; None: there is none."""
        if 'name="username"' in page:
            return {"username": self._person["username"], "password": self._person["password"]}
        if 'name="code"' in page:
            return {"code": self.code()}
        if 'name="user_code"' in page and 'role="alert"' not in page:
            return {"user_code": page.split('name="user_code"', 1)[1].split('value="', 1)[1].split('"', 1)[0]}
        if 'name="decision"' in page:
            return {"decision": "allow" if allow else "deny"}
        return None
