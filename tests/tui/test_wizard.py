"""The wizard: answers kept over back and forth, problems at their fields, nothing saved before the end."""

from __future__ import annotations

import pytest

from my_app.errors import DiskFault
from my_app.events import FlowChosen
from my_app.login import Ask, SignedIn, Watch
from my_app.model import Flow
from my_app.providers import preset
from my_app.secret import Secret
from my_app_accounts.screens.sign_in import SignInScreen
from my_app_accounts.screens.wizard import WizardScreen
from my_app_accounts.screens.wizard_draft import Draft, Step
from tui.fakes import CANARY, HOSTILE, World, signed_in, world
from tui.screening import staged


def play(w: World) -> None:
    """Every sign-in ends well at once."""

    async def script(watch: Watch, ask: Ask) -> SignedIn:
        watch(FlowChosen(flow=Flow.BROWSER, reason=""))
        return signed_in("acme")

    w.logins.script = script


async def test_an_issuer_pasted_at_first_leads_to_a_sign_in() -> None:
    """Issuer, client id, scopes and name by keyboard; then the profile is stored and its sign-in starts."""
    w = world()
    play(w)
    async with staged(w, WizardScreen()) as stage:
        await stage.sees("1 of 4 · Provider", "OpenID Connect", "API key", "Google", "GitHub")
        await stage.paste("https://login.acme.io")
        await stage.sees("Use this issuer  login.acme.io")
        await stage.press("enter")
        await stage.sees("2 of 4 · Where to sign in", "https://login.acme.io", "Client secret (optional)")
        await stage.press("tab")
        await stage.paste("demo-cli")
        await stage.press("enter", "enter")
        await stage.sees("3 of 4 · What to ask for", "openid profile email offline_access", "Automatic")
        await stage.press("enter")
        await stage.sees("4 of 4 · Name it", "acme", "[ Save and sign in ]")
        assert "acme" not in w.accounts.rows
        await stage.press("enter")
        await stage.until(lambda: w.logins.started == [("acme", None)])
        profile = w.accounts.rows["acme"].profile
        assert (profile.provider, profile.issuer, profile.client_id) == ("oidc", "https://login.acme.io", "demo-cli")
        assert (profile.flow, profile.scopes) == (Flow.AUTO, None)
        await stage.until(lambda: stage.app.changed == ["acme", "acme"])
        assert stage.app.dismissed == ["acme"]


async def test_problems_stand_at_their_fields_and_back_keeps_the_answers() -> None:
    """A bad address and a missing client id are told inline; Esc goes one step back, from the first step out."""
    w = world()
    async with staged(w, WizardScreen(), (120, 36)) as stage:
        await stage.sees("OpenID Connect", "● 1 Provider")
        await stage.press("enter")
        await stage.sees("Issuer address")
        await stage.paste("http://login.acme.io")
        await stage.press("ctrl+n")
        await stage.sees("✗", "cannot be used", "✗ This one is needed.")
        await stage.press("ctrl+u")
        await stage.paste(f"https://login.acme.io/{HOSTILE}")
        await stage.press("ctrl+n")
        await stage.sees("✗")
        assert "\x1b" not in stage.text
        await stage.press("ctrl+u")
        await stage.paste("https://login.acme.io")
        await stage.press("tab")
        await stage.paste("demo-cli")
        await stage.press("tab")
        await stage.paste("client-secret-value")
        await stage.press("ctrl+n")
        await stage.sees("● 3 What to ask for")
        await stage.press("down", "escape")
        await stage.sees("https://login.acme.io", "demo-cli", "kept: type to replace it")
        assert "client-secret-value" not in stage.text
        await stage.press("ctrl+n")
        await stage.sees("● 3 What to ask for")
        await stage.press("escape", "escape", "escape")
        await stage.until(lambda: stage.app.dismissed == [None])
        assert "acme" not in w.accounts.rows
        assert stage.app.changed == []


async def test_an_api_key_is_stored_without_a_browser() -> None:
    """Three steps, the key goes to the vault and is never shown; without a check address nothing is asked of anybody."""
    w = world()
    stored: list[Secret | None] = []
    add = w.accounts.add
    w.accounts.add = lambda profile, **given: (stored.append(given["api_key"]), add(profile, **given))[1]  # type: ignore[method-assign]
    async with staged(w, WizardScreen()) as stage:
        await stage.sees("API key")
        await stage.type("key")
        await stage.press("enter")
        await stage.sees("2 of 3", "Header it is sent in")
        await stage.paste(CANARY + "\n")
        await stage.press("tab")
        await stage.paste("X-Api-Key")
        await stage.press("ctrl+n")
        await stage.sees("3 of 3 · Name it", "•••••••• goes to the vault", "[ Save ]")
        assert CANARY not in stage.text
        await stage.press("enter")
        await stage.until(lambda: stage.app.dismissed == ["key"])
        profile = w.accounts.rows["key"].profile
        assert (profile.flow, profile.header) == (Flow.API_KEY, "X-Api-Key")
        assert stored == [Secret(CANARY)]
        assert not isinstance(stage.app.screen, SignInScreen)


async def test_a_taken_name_and_a_full_disk_keep_everything() -> None:
    """The name is judged before saving; a failure of the store is a card and the answers stay."""
    w = world()
    async with staged(w, WizardScreen()) as stage:
        await stage.sees("API key")
        await stage.press("down", "down", "enter")
        await stage.sees("2 of 3")
        await stage.paste("k")
        await stage.press("ctrl+n")
        await stage.sees("Name of this account")
        await stage.press("ctrl+u")
        await stage.paste("github")
        await stage.press("enter")
        await stage.sees("✗ There is already an account named github.")
        await stage.press("ctrl+u")
        await stage.paste("../etc")
        await stage.press("enter")
        await stage.sees("✗ Letters, digits, dot, dash and underscore")

        def full(profile: object, **given: object) -> object:
            raise DiskFault("There is no room on the disk.", hint="Free some space.")

        w.accounts.add = full  # type: ignore[assignment, method-assign]
        await stage.press("ctrl+u")
        await stage.paste("mine")
        await stage.press("enter")
        await stage.sees("✗ There is no room on the disk.", "Free some space.")
        assert stage.app.dismissed == []


async def test_the_running_demo_fills_its_own_addresses() -> None:
    """In the demo its issuer and public client stand there already."""
    demo = {"issuer": "http://127.0.0.1:9400", "clients": [{"client_id": "demo-cli", "auth_method": "none", "flows": ["browser"]}]}
    async with staged(world(), WizardScreen(), demo=demo) as stage:
        await stage.sees("OpenID Connect")
        await stage.type("demo")
        await stage.press("enter")
        await stage.sees("http://127.0.0.1:9400", "demo-cli")


def test_a_draft_asks_what_a_provider_needs() -> None:
    """Generic OAuth asks for addresses, OIDC for the issuer, a key for itself; required ones are told."""
    draft = Draft()
    draft.choose(preset("oauth2"))
    assert [question.key for question in draft.questions()][:3] == ["token_url", "authorization_url", "device_url"]
    assert set(draft.problems(Step.WHERE)) == {"token_url", "client_id"}
    draft.choose(preset("oidc"))
    assert set(draft.problems(Step.WHERE)) == {"issuer", "client_id"}
    draft.choose(None)
    assert set(draft.problems(Step.WHERE)) == {"api_key"}
    assert draft.steps == (Step.PROVIDER, Step.WHERE, Step.NAME)


def test_client_credentials_need_a_secret() -> None:
    """The flow without a person is refused without one."""
    draft = Draft()
    draft.choose(preset("oidc"))
    draft.flow = Flow.CLIENT_CREDENTIALS
    assert "client secret" in draft.problems(Step.ASK)["flow"]
    draft.secrets["client_secret"] = Secret("s")
    assert draft.problems(Step.ASK) == {}


def test_an_answer_of_another_provider_is_not_stored() -> None:
    """Going back to another provider keeps what fits and drops what is no longer asked."""
    draft = Draft(name="x")
    draft.choose(preset("oidc"))
    draft.texts |= {"issuer": "https://a.test", "client_id": "c"}
    draft.secrets["client_secret"] = Secret("s")
    draft.choose(preset("github"))
    profile = draft.profile()
    assert (profile.issuer, profile.client_id) == (None, "c")
    draft.choose(None)
    assert draft.secret("client_secret") is None
    assert draft.profile().client_id is None


@pytest.mark.parametrize(
    ("issuer", "taken", "name"),
    [
        ("https://login.acme.io", frozenset(), "acme"),
        ("https://acme.okta.com/oauth2", frozenset({"acme"}), "acme-2"),
        ("http://127.0.0.1:9400", frozenset(), "oidc"),
        ("https://sso.example", frozenset(), "oidc"),
    ],
)
def test_a_name_is_suggested(issuer: str, taken: frozenset[str], name: str) -> None:
    """A free one, from the host where that says something."""
    draft = Draft()
    draft.choose(preset("oidc"))
    draft.texts["issuer"] = issuer
    assert draft.suggested_name(taken) == name


def test_a_tenant_is_asked_in_the_providers_words_and_judged_at_its_field() -> None:
    """Label, example and check come from the preset; what the provider needs is required, its secret too."""
    draft = Draft()
    draft.choose(preset("okta"))
    tenant, client_id, secret = draft.questions()
    assert (tenant.label, tenant.placeholder, tenant.required) == ("Okta domain", "acme", True)
    assert client_id.required
    assert not secret.required
    draft.texts = {"tenant": "acme-admin.okta.com", "client_id": "c"}
    assert "-admin" in draft.problems(Step.WHERE)["tenant"]
    draft.texts["tenant"] = "https://acme.okta.com/app"
    assert draft.problems(Step.WHERE) == {}
    draft.choose(preset("google"))
    assert set(draft.problems(Step.WHERE)) == {"client_secret"}
    draft.choose(preset("keycloak"))
    assert draft.questions()[0].placeholder == "https://id.example.com/realms/staff"


async def test_the_page_where_a_client_is_registered_is_shown() -> None:
    """Beside the notes stands the provider's console, so that nobody has to search it."""
    async with staged(world(), WizardScreen(), (120, 36)) as stage:
        await stage.sees("OpenID Connect")
        await stage.type("gitlab")
        await stage.press("enter")
        await stage.sees("2 of 4", "Untick", "https://gitlab.com/-/user_settings/applications")
