"""CLIAuthenticator: profiles and sign-in for command line tools built on this library.

::

    CLIAuthenticator.configure_profile("dev-env", client_id="...", client_secret="...")
    CLIAuthenticator.login(profile_name="dev-env")
    active_client = CLIAuthenticator.get_active_client()
"""

from __future__ import annotations

import os
import sys
from collections.abc import Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from my_app.auth import AuthClient
from my_app.errors import PromptNeeded, SettingsFault
from my_app.model import Answers, Challenge, Flow, Kind, Profile, kind_of
from my_app.secret import Secret
from my_app.signin.outcome import SignedIn
from my_app.text import clean

if TYPE_CHECKING:
    from my_app.events import LoginEvent
    from my_app.wiring import Services

T = TypeVar("T")


class CLIAuthenticator:
    """Sets profiles up, signs them in and hands out the active one. Needs no instance."""

    @staticmethod
    def configure_profile(
        name: str,
        *,
        client_id: str | None = None,
        client_secret: str | Secret | None = None,
        api_key: str | Secret | None = None,
        issuer: str | None = None,
        token_url: str | None = None,
        api_url: str | None = None,
        provider: str | None = None,
        flow: str | Flow | None = None,
        scopes: Iterable[str] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Profile:
        """Make the profile, or bring the one of that name to these settings.

        Issuer, token URL and API URL are taken from the environment where not given, and stored. A client secret and no
        flow means client credentials. Raises SettingsFault when nothing says where the client belongs; InvalidName, StorageFault.
        """
        from my_app.given.environment import laid_over_environment

        environ = os.environ if environ is None else environ
        given = {
            key: value for key, value in (("issuer", issuer), ("token_url", token_url), ("api_url", api_url)) if value is not None
        }
        places = laid_over_environment(environ, given)
        if provider is None and api_key is None and "issuer" not in places and "token_url" not in places:
            raise SettingsFault(
                f"Nothing says where the client of “{clean(name, 64)}” belongs.",
                hint="Give issuer= or token_url=, or set MY_APP_ISSUER or MY_APP_TOKEN_URL.",
                key="issuer",
            )
        settled = (
            Flow(flow) if flow is not None else Flow.API_KEY if api_key else Flow.CLIENT_CREDENTIALS if client_secret else Flow.AUTO
        )
        profile = Profile(
            name=name,
            provider=provider or ("oidc" if "issuer" in places else "oauth2"),
            client_id=client_id,
            flow=settled,
            scopes=None if scopes is None else tuple(scopes),
            **{key: str(value) for key, value in places.items()},  # type: ignore[arg-type]
        )
        return _services(environ).accounts.add(
            profile, client_secret=_secret(client_secret), api_key=_secret(api_key), replace=True
        )

    @staticmethod
    def login(profile_name: str, *, environ: Mapping[str, str] | None = None) -> SignedIn:
        """Sign the profile in and make it the active one; a page to open, or a code to enter, is told on standard error.

        Questions are asked on a terminal only. Works where an event loop already runs. Raises UnknownProfile,
        PromptNeeded, Refused, Temporary, StorageFault.
        """
        services = _services(os.environ if environ is None else environ)
        if kind_of(services.accounts.profile(profile_name).flow) is Kind.OAUTH:
            done = _carried(services.logins.attempt(profile_name, watch=_tell, ask=_ask).run())
        else:
            done = services.logins.automatic(profile_name)
        services.accounts.use(profile_name)
        return done

    @staticmethod
    def get_active_client(*, environ: Mapping[str, str] | None = None) -> AuthClient:
        """A client for the credential that a call without further words means."""
        return AuthClient(environ=environ)


def _services(environ: Mapping[str, str]) -> Services:
    from my_app.wiring import open_services

    return open_services(environ)


def _secret(value: str | Secret | None) -> Secret | None:
    return Secret(value) if isinstance(value, str) else value


def _carried(work: Coroutine[object, object, T]) -> T:
    """Run to the end, on a thread of its own: the caller may be inside an event loop."""
    import asyncio

    with ThreadPoolExecutor(1, thread_name_prefix="my-app-login") as pool:
        return pool.submit(asyncio.run, work).result()


def _tell(event: LoginEvent) -> None:
    from my_app import events

    if isinstance(event, events.BrowserPage):
        said = "Your browser shows the sign-in page" if event.opened else "Open this page to sign in"
        print(f"{said}: {clean(event.url, 8192)}", file=sys.stderr)  # noqa: T201 - the terminal is this class's screen
    elif isinstance(event, events.DevicePage):
        code, page = clean(event.user_code, 40), clean(event.verification_uri, 400)
        print(f"Enter the code {code} at {page}", file=sys.stderr)  # noqa: T201


async def _ask(challenge: Challenge) -> Answers:
    import asyncio
    import getpass

    if not sys.stdin.isatty():
        raise PromptNeeded("The sign-in asks a question, and there is no terminal to ask it on.", hint="Sign in with: my-app login")
    answers = {}
    for prompt in challenge.prompts:
        label = f"{clean(prompt.label, 80)}: "
        answers[prompt.kind] = Secret(await asyncio.to_thread(getpass.getpass if prompt.secret else input, label))
    return answers
