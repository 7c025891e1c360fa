"""``my-app login``: events out, prompts in, and where the first profile comes from."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.door import Door, Said, door
from cli.schemas import EVENTS, check
from my_app import events, providers
from my_app.errors import AccessDenied, MyAppError, StateMismatch
from my_app.login import Ask, SignedIn, Watch
from my_app.model import Answers, Challenge, Flow, Prompt, PromptKind
from my_app.testing import NOON
from tui.fakes import HOSTILE, FakeAttempt, signed_in

Script = Callable[[Watch, Ask], Awaitable[SignedIn]]

PAGE = events.BrowserPage(
    url="https://id.example/authorize?x=1", redirect_uri="http://127.0.0.1:5000/callback", expires_at=NOON, opened=False
)
DEVICE = events.DevicePage(
    user_code="WDJB-MJHT",
    verification_uri="https://id.example/device",
    verification_uri_complete="https://id.example/device?user_code=WDJB-MJHT",
    expires_at=NOON + timedelta(minutes=10),
    interval=timedelta(seconds=5),
    same_host=True,
)


def plays(home: Door, *seen: events.LoginEvent, end: MyAppError | None = None) -> Door:
    """A sign-in that tells ``seen`` and ends well, or in ``end``."""

    async def script(watch: Watch, ask: Ask) -> SignedIn:
        for event in seen:
            watch(event)
        await asyncio.sleep(0)
        if end:
            raise end
        return signed_in("work")

    home.world.logins.script = script
    return home


def asks(home: Door, *rounds: tuple[Prompt, ...]) -> list[Answers]:
    """A sign-in that asks ``rounds``; the answers are collected."""
    got: list[Answers] = []

    async def script(watch: Watch, ask: Ask) -> SignedIn:
        for prompts in rounds:
            challenge = Challenge(prompts=prompts, host="id.example")
            watch(events.Asked(challenge=challenge))
            got.append(await ask(challenge))
        return signed_in("work")

    home.world.logins.script = script
    return got


def event_lines(said: Said) -> list[dict[str, Any]]:
    """The JSON lines on standard error, each checked against its schema."""
    lines = [json.loads(line) for line in said.err.splitlines()]
    found = [line for line in lines if "event" in line]
    for line in found:
        check(line["event"], line, EVENTS)
    return found


NAME = Prompt(kind=PromptKind.USERNAME, label="User name")
WORD = Prompt(kind=PromptKind.PASSWORD, label="Password", secret=True)
CODE = Prompt(kind=PromptKind.OTP, label="One-time code", attempts_left=3)


def test_the_result_is_one_object() -> None:
    """``login --json`` prints who signed in, and what for, and nothing else on standard output."""
    said = plays(door(), PAGE).run("login", "--json")
    value = said.json("login")
    assert said.code == 0
    assert (value["profile"], value["identity"]["username"]) == ("work", "ana")


def test_in_words_the_result_is_on_standard_error() -> None:
    """Without ``--json`` a sign-in has no result to pipe; the address to open is on standard error."""
    said = plays(door(), PAGE).run("login")
    assert (said.code, said.out) == (0, "")
    assert PAGE.url in said.err
    assert "signed in as ana" in said.err


def test_browser_events() -> None:
    """``--events`` tells of the page as JSON lines, and nothing but JSON lines."""
    said = plays(door(), events.FlowChosen(flow=Flow.BROWSER, reason="a display"), PAGE, events.Approved()).run("login", "--events")
    (line,) = event_lines(said)
    assert len(said.err.splitlines()) == 1
    assert line == {
        "schema": 1,
        "event": "browser",
        "url": PAGE.url,
        "redirect_uri": PAGE.redirect_uri,
        "expires_at": "2026-11-24T12:00:00Z",
    }


def test_device_events() -> None:
    """A device sign-in tells code, addresses, expiry, interval, and each poll."""
    poll = events.DevicePoll(interval=timedelta(seconds=10), next_at=NOON)
    said = plays(door(), DEVICE, poll).run("login", "--events", "--flow", "device", "--json")
    page, polled = event_lines(said)
    assert (page["user_code"], page["interval"], page["expires_at"]) == ("WDJB-MJHT", 5, "2026-11-24T12:10:00Z")
    assert polled["interval"] == 10
    said.json("login")


def test_failure_is_an_event_and_then_the_error() -> None:
    """``failed`` names the code; the error object is the last line all the same."""
    said = plays(door(), PAGE, end=AccessDenied("The request was denied.")).run("login", "--events", "--json")
    assert [line["event"] for line in event_lines(said)] == ["browser", "failed"]
    assert event_lines(said)[-1]["code"] == "access_denied"
    assert said.error()["code"] == "access_denied"
    assert said.code == 5


def test_the_device_code_is_shown_as_text_and_qr() -> None:
    """On a terminal a QR code, black on white, stands beside code and link; without a terminal only text."""
    said = plays(door(), DEVICE).run("login", "--no-input", terminal=True)
    assert DEVICE.user_code in said.err
    assert "\x1b[38;5;16;48;5;231m" in said.err
    assert "▄" in said.err
    plain = plays(door(), DEVICE).run("login").err
    assert DEVICE.verification_uri in plain
    assert "▄" not in plain


def test_answers_from_a_file_are_taken_in_order_by_kind(tmp_path: Path) -> None:
    """Each prompt takes the next answer of its kind, whatever stands between."""
    home = door()
    home.cwd = tmp_path
    lines = [("otp", "111111"), ("password", "pw"), ("username", "ben"), ("otp", "222222")]
    (tmp_path / "answers").write_text("\n".join(json.dumps({"kind": kind, "value": value}) for kind, value in lines) + "\n\n")
    got = asks(home, (NAME, WORD), (CODE,), (CODE,))
    said = home.run("login", "--answers", "answers", "--events", "--json")
    assert said.code == 0, said
    assert [{kind.value: value.reveal() for kind, value in each.items()} for each in got] == [
        {"username": "ben", "password": "pw"}, {"otp": "111111"}, {"otp": "222222"},
    ]  # fmt: skip
    assert [line["kind"] for line in event_lines(said)] == ["username", "password", "otp", "otp"]
    assert event_lines(said)[2]["attempts_left"] == 3
    assert "pw" not in said.err


def test_answers_from_standard_input() -> None:
    """``--answers -`` reads them from standard input."""
    home = door()
    got = asks(home, (CODE,))
    assert home.run("login", "--answers", "-", stdin='{"kind": "otp", "value": "123456"}').code == 0
    assert got[0][PromptKind.OTP].reveal() == "123456"


def test_a_prompt_without_an_answer_is_exit_3() -> None:
    """A question nobody answers ends the sign-in with ``prompt_needed``."""
    home = door()
    asks(home, (CODE,))
    assert home.run("login", "--json").error()["code"] == "prompt_needed"
    said = home.run("login", "--answers", "-", "--json", stdin='{"kind":"username","value":"x"}\n')
    assert said.error()["code"] == "prompt_needed"
    assert said.code == 3
    assert home.run("login", "--no-input", terminal=True, stdin="123456\n").code == 3


@pytest.mark.parametrize("line", ["no json", "[]", '{"kind":"otp"}', '{"kind":"colour","value":"x"}', '{"kind":"otp","value":1}'])
def test_broken_answers_are_usage_errors_that_show_nothing(line: str) -> None:
    """A line that is no answer is exit 2, and its text is not repeated: it may be a password (H2)."""
    home = door()
    asks(home, (CODE,))
    said = home.run("login", "--answers", "-", stdin=f"{line}\n")
    assert said.code == 2
    assert "colour" not in said.err
    assert "no json" not in said.err


def test_an_answers_file_that_is_not_there() -> None:
    """One sentence and exit 2."""
    assert door().run("login", "--answers", "/nowhere/at/all", "--json").error()["code"] == "usage"


def test_a_person_is_asked_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """User names are typed, passwords without echo, a code may hold a space, and why it is asked again is said."""
    monkeypatch.setattr("getpass.getpass", lambda prompt, stream: "pw")
    home = door()
    again = Prompt(kind=PromptKind.OTP, label="One-time code", attempts_left=2, problem="That code was wrong.")
    got = asks(home, (NAME, WORD), (again,))
    said = home.run("login", stdin="ben\n123 456\n", terminal=True)
    assert said.code == 0
    assert [value.reveal() for each in got for value in each.values()] == ["ben", "pw", "123456"]
    assert "id.example" in said.err
    assert "That code was wrong. 2 tries left." in said.err


def test_a_choice_is_made_by_number() -> None:
    """Choices are listed and picked by number; cleaned, as they come from outside."""
    home = door()
    got = asks(home, (Prompt(kind=PromptKind.CHOICE, label="Which", choices=("sms", HOSTILE)),))
    said = home.run("login", stdin="9\n2\n", terminal=True)
    assert got[0][PromptKind.CHOICE].reveal() == HOSTILE
    assert "\x1b]" not in said.err


def test_leaving_a_question_is_a_cancel() -> None:
    """End of input at a prompt is exit 130."""
    home = door()
    asks(home, (NAME,))
    assert home.run("login", stdin="", terminal=True).code == 130


@pytest.mark.parametrize("how", ["terminal", "answers"])
def test_a_callback_address_may_be_pasted(how: str) -> None:
    """While the browser is waited for, a pasted address is handed to the sign-in; a refused one does not end the wait (A7)."""
    home = door()
    taken: asyncio.Event | None = None

    async def script(watch: Watch, ask: Ask) -> SignedIn:
        nonlocal taken
        taken = asyncio.Event()
        attempt = home.world.logins.attempts[-1]

        def paste(text: str) -> MyAppError | None:
            attempt.pasted.append(text)
            if "foreign" in text:
                return StateMismatch("That address belongs to another sign-in.")
            assert taken is not None
            taken.set()
            return None

        attempt.paste = paste  # type: ignore[method-assign]
        watch(PAGE)
        await asyncio.wait_for(taken.wait(), 5)
        return signed_in("work")

    home.world.logins.script = script
    if how == "terminal":
        said = home.run(
            "login", terminal=True, stdin="http://127.0.0.1:5000/callback?foreign\nhttp://127.0.0.1:5000/callback?code=c\n"
        )
        assert "another sign-in" in said.err
    else:
        lines = "".join(json.dumps({"kind": "callback", "value": value}) + "\n" for value in ("x?foreign", "x?code=c"))
        said = home.run("login", "--answers", "-", "--events", stdin=lines)
        assert [line["event"] for line in event_lines(said)] == ["browser", "prompt", "callback_refused"]
    assert said.code == 0, said
    assert len(home.world.logins.attempts[-1].pasted) == 2


def test_options_reach_the_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """Flow, scopes, classes, time limit and the browser switch are passed on as values."""
    home = plays(door())
    seen: dict[str, Any] = {}
    inner = home.world.logins.attempt

    def spy(profile: str, **more: Any) -> FakeAttempt:
        seen.update(more, profile=profile)
        return inner(profile, **more)  # type: ignore[return-value]

    monkeypatch.setattr(home.world.logins, "attempt", spy)
    said = home.run(
        "login",
        "github",
        "--flow",
        "device",
        "--no-browser",
        "--scope",
        "a b",
        "--scope",
        "b",
        "--acr",
        "mfa",
        "--timeout",
        "1m30s",
    )
    assert said.code == 0, said
    assert (seen["profile"], seen["flow"], seen["scopes"], seen["acr_values"]) == ("github", Flow.DEVICE, ("a", "b"), "mfa")
    assert (seen["open_browser"], seen["timeout"]) == (False, timedelta(seconds=90))


def test_accounts_without_a_person_sign_in_at_once() -> None:
    """Client credentials and API keys need no conversation."""
    said = door().run("login", "ci-deploy", "--json")
    assert said.json("login")["profile"] == "ci-deploy"


def test_the_first_profile_comes_from_the_environment() -> None:
    """No profile anywhere: issuer and client id of the environment make ``default``."""
    home = plays(door([], active=None, MY_APP_ISSUER="https://id.example", MY_APP_CLIENT_ID="cli"))
    assert home.run("login", "--json").code == 0
    assert home.accounts.rows["default"].profile.issuer == "https://id.example"
    assert home.world.logins.started == [("default", None)]


def test_nothing_anywhere_is_exit_2() -> None:
    """No profile, no variables, no terminal: one sentence with the next step."""
    said = door([], active=None).run("login", "--json")
    assert said.error()["code"] == "nothing_configured"
    assert said.code == 2


def test_the_environment_s_own_credential_is_no_sign_in() -> None:
    """A credential that is the environment itself is used as it is; signing in to it is refused with the way on."""
    home = door()
    home.accounts.environment = True
    said = home.run("login")
    assert said.code == 2
    assert "my-app token" in said.err


def test_the_wizard_makes_the_first_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal, without any profile, a few questions make one and the sign-in goes on."""
    monkeypatch.setattr("getpass.getpass", lambda prompt, stream: "")
    home = plays(door([], active=None))
    said = home.run("login", terminal=True, stdin="https://id.example\ncli\n\n")
    assert said.code == 0, said
    profile = home.accounts.rows["default"].profile
    assert (profile.provider, profile.issuer, profile.client_id) == ("oidc", "https://id.example", "cli")


def test_the_wizard_asks_a_tenant_in_the_providers_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong tenant is told at once and asked again; the page where a client is registered is shown."""
    monkeypatch.setattr("getpass.getpass", lambda prompt, stream: "")
    home = plays(door([], active=None))
    number = providers.KEYS.index("auth0") + 1
    said = home.run("login", terminal=True, stdin=f"{number}\nevil.example/\nacme.eu.auth0.com\ncli\n\n")
    assert said.code == 0, said
    profile = home.accounts.rows["default"].profile
    assert (profile.provider, profile.tenant, profile.issuer) == ("auth0", "acme.eu.auth0.com", None)
    for words in ("Auth0 domain (like acme.eu.auth0.com)", "is not a tenant of Auth0", "https://manage.auth0.com/"):
        assert words in said.err


@pytest.mark.parametrize("span", ["0", "0s", "-5m", "5 minutes", "1e3", "", "99999999999d"])
def test_a_time_limit_that_is_none(span: str) -> None:
    """A limit that cannot be read, or is zero, is exit 2."""
    assert door().run("login", f"--timeout={span}").code == 2


def test_the_environment_answers_once(tmp_path: Path) -> None:
    """MY_APP_USERNAME, a password file, and a code made from a seed; asked again, the environment was wrong and stays silent."""
    (tmp_path / "password").write_text("pw\n")
    home = door(
        MY_APP_USERNAME="ben", MY_APP_PASSWORD_FILE=str(tmp_path / "password"), MY_APP_TOTP_SEED="GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    )
    got = asks(home, (NAME, WORD), (CODE,))
    assert home.run("login", "--no-input").code == 0
    assert [value.reveal() for value in got[0].values()] == ["ben", "pw"]
    code = got[1][PromptKind.OTP].reveal()
    assert len(code) == 6
    assert code.isdigit()
    home = door(MY_APP_OTP="123456")
    got = asks(home, (CODE,), (CODE,))
    assert home.run("login", "--json").error()["code"] == "prompt_needed"
    assert got[0][PromptKind.OTP].reveal() == "123456"
