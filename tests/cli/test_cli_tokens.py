"""``my-app token``, ``refresh``, ``userinfo``, ``introspect``, ``logout``, ``revoke``, ``rotate`` and ``exec``."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from cli.door import Door, door
from my_app.cli.running import CommandMissing, CommandUnfit, become
from my_app.errors import RateLimited, Refused
from my_app.grants import Ended
from my_app.model import AccessToken, Record
from my_app.rotation import RotationStep
from my_app.secret import Secret
from my_app.testing import NOON
from tui.fakes import CANARY, HOSTILE


def test_token_prints_the_token_alone() -> None:
    """Standard output is the token and a line end: right for ``$(...)``."""
    said = door().run("token")
    assert said == type(said)(0, f"{CANARY}\n", "")


def test_token_as_json() -> None:
    """The fields of CONTRACT."""
    value = door().run("token", "github", "--json").json("token")
    assert (value["profile"], value["access_token"], value["from"]) == ("github", CANARY, "refresh")
    assert value["expires_at"] == "2026-11-24T13:00:00Z"


def test_token_as_a_header() -> None:
    """``--header`` prints the line curl takes with ``-H @-``; an API key goes into its own header."""
    home = door()
    assert home.run("token", "--header").out == f"Authorization: Bearer {CANARY}\n"
    row = home.accounts.rows["work"]
    home.accounts.rows["work"] = replace(row, profile=replace(row.profile, header="X-Api-Key"))
    assert home.run("token", "--header").out == f"X-Api-Key: {CANARY}\n"
    assert home.run("token", "--header", "--json").json("token --header")["header"] == f"X-Api-Key: {CANARY}"


def test_id_token() -> None:
    """``--id-token`` prints the ID token, and says how to get one where there is none."""
    home = door()
    assert home.run("token", "--id-token", "--json").error()["code"] == "unsupported"
    record = home.world.store.load("work")
    assert isinstance(record, Record)
    assert record.tokens is not None
    home.world.store.save(replace(record, tokens=replace(record.tokens, id_token=Secret("the.id.token"))))
    assert home.run("token", "--id-token").out == "the.id.token\n"
    assert home.run("token", "--id-token", "--json").json("token --id-token")["id_token"] == "the.id.token"
    assert home.run("token", "--id-token", "--header").code == 2


def test_min_valid_reaches_the_core_and_the_note_goes_to_standard_error() -> None:
    """A note about the token never mixes with it; exit 0."""
    home = door()
    asked: list[timedelta | None] = []

    def token(profile: str, *, min_valid: timedelta | None = None, force: bool = False) -> AccessToken:
        asked.append(min_valid)
        return AccessToken(
            profile=profile,
            value=Secret(CANARY),
            token_type="Bearer",
            expires_at=None,
            scopes=(),
            source="refresh",
            note="It lives 1 h only.",
        )

    home.world.sessions.token = token  # type: ignore[method-assign]
    said = home.run("token", "--min-valid", "2h")
    assert (said.out, said.err, said.code) == (f"{CANARY}\n", "It lives 1 h only.\n", 0)
    assert asked == [timedelta(hours=2)]
    assert home.run("token", "--min-valid", "soon").code == 2


def test_the_environment_s_token_needs_no_profile() -> None:
    """The environment as the credential goes by its own name to the core."""
    home = door()
    home.accounts.environment = True
    named: list[str] = []

    def token(profile: str, *, min_valid: timedelta | None = None, force: bool = False) -> AccessToken:
        named.append(profile)
        return AccessToken(profile=None, value=Secret("t"), token_type="Bearer", expires_at=None, scopes=(), source="environment")

    home.world.sessions.token = token  # type: ignore[method-assign]
    value = home.run("token", "--json").json("token")
    assert (value["profile"], value["from"], value["expires_at"]) == (None, "environment", None)
    assert named == ["environment"]


def test_refresh_forces_one_and_masks_the_token() -> None:
    """H5: only ``token`` shows a token."""
    home = door()
    said = home.run("refresh", "--json")
    said.json("refresh")
    assert home.world.sessions.calls == [("work", True)]
    assert CANARY not in said.out + said.err + home.run("refresh").err


@pytest.mark.parametrize("command", ["userinfo", "introspect"])
def test_claims_are_printed_raw_in_json_and_clean_in_words(command: str) -> None:
    """X1: what a provider says cannot move the terminal; JSON keeps it whole behind escapes."""
    home = door()
    setattr(home.world.grants, command, lambda profile: {"sub": HOSTILE, "groups": ["a", "b"], "active": True})
    value = home.run(command, "--json").json(command)
    assert value["claims"]["sub"] == HOSTILE
    said = home.run(command)
    assert not set("\x1b\x07\u202e") & set(said.out)
    assert '["a", "b"]' in said.out


def test_logout_says_what_stays_valid() -> None:
    """Offline it is exit 0, with ``not_told`` and the time until which a token may still work."""
    home = door()
    home.world.grants.logout = lambda profile, *, local=False: Ended(  # type: ignore[method-assign]
        profile=profile, revoked=("refresh_token",), not_told=("access_token",), reason="The server was not reached.",
        still_valid_until=NOON + timedelta(minutes=30), forgotten=True, end_session_url="https://id.example/end",
    )  # fmt: skip
    value = home.run("logout", "--json").json("logout")
    assert (value["not_told"], value["still_valid_until"], value["forgotten"]) == (["access_token"], "2026-11-24T12:30:00Z", True)
    said = home.run("logout", "work")
    assert (said.code, said.out) == (0, "")
    for part in ("refresh token revoked", "not told about the access token", "in 30 m", "forgotten", "https://id.example/end"):
        assert part in said.err


def test_logout_all() -> None:
    """``--all`` ends every stored login, and takes no name."""
    home = door()
    names = sorted(home.accounts.rows)
    value = home.run("logout", "--all", "--json").json("logout --all")
    assert [each["profile"] for each in value["profiles"]] == names
    assert home.accounts.rows == {}
    assert home.run("logout", "work", "--all").code == 2


def test_logout_local_is_passed_on() -> None:
    """``--local`` tells no server."""
    home = door()
    seen: list[bool] = []
    inner = home.world.grants.logout

    def logout(profile: str, *, local: bool = False) -> Ended:
        seen.append(local)
        return inner(profile, local=local)

    home.world.grants.logout = logout  # type: ignore[method-assign]
    home.run("logout", "work", "--local")
    home.run("logout", "github")
    assert seen == [True, False]


def test_revoke_keeps_the_profile() -> None:
    """The provider is told; the profile stays."""
    home = door()
    assert home.run("revoke", "--json").json("revoke")["revoked"] == ["refresh_token", "access_token"]
    assert "work" in home.accounts.rows
    home.world.grants.fault = RateLimited("Slow down.")
    assert home.run("revoke").code == 4


def test_rotate_needs_consent() -> None:
    """Without a terminal ``--yes`` is needed; on one the word is typed; steps are told on standard error."""
    home = door()
    assert home.run("rotate", "openai").code == 2
    assert home.world.rotations.calls == []
    said = home.run("rotate", "openai", "--yes")
    assert (said.code, said.out) == (0, "")
    assert "revoke old" in said.err
    assert home.run("rotate", "openai", terminal=True, stdin="no\n").code == 2
    assert home.run("rotate", "openai", terminal=True, stdin="yes\n").code == 0
    assert home.world.rotations.calls == ["rotate", "rotate"]
    home.run("rotate", "openai", "--yes", "--json").json("rotate")


def test_a_cut_rotation_is_resumed_or_rolled_back() -> None:
    """A cut one is not begun anew: the person is told the two ways on."""
    home = door()
    home.world.rotations.interrupted_at = RotationStep.SWITCH
    said = home.run("rotate", "openai", "--yes")
    assert said.code == 2
    assert "--resume" in said.err
    assert "--rollback" in said.err
    assert home.run("rotate", "openai", "--resume").code == 0
    assert home.run("rotate", "openai", "--rollback", "--json").json("rotate")["rolled_back"] is True
    assert home.world.rotations.calls == ["resume", "rollback"]
    assert home.run("rotate", "openai", "--resume", "--rollback").code == 2


def test_a_failed_rotation_keeps_its_exit_code() -> None:
    """A refusal on the way is exit 5."""
    home = door()
    home.world.rotations.fault_at = (RotationStep.PROVE, Refused("The new key was not accepted."))
    assert home.run("rotate", "openai", "--yes", "--json").error()["code"] == "refused"


def became(home: Door, *argv: str) -> tuple[list[str], dict[str, str]]:
    """Command and environment of the process that ``my-app exec ARGV`` turns into."""
    home.run("exec", *argv)
    return home.children[-1]


def test_exec_gives_the_child_one_token_and_nothing_else_of_ours() -> None:
    """H7: every MY_APP_ variable is gone, the token stands in one; what follows the dashes is the child's."""
    home = door(MY_APP_CLIENT_SECRET="s", MY_APP_VAULT_KEY="k", MY_APP_ACCESS_TOKEN="other", PATH="/bin")
    command, environ = became(home, "github", "--", "curl", "--json", "--profile", "x", "--", "-v")
    assert command == ["curl", "--json", "--profile", "x", "--", "-v"]
    assert environ == {"PATH": "/bin", "MY_APP_ACCESS_TOKEN": CANARY}
    assert home.world.sessions.calls == [("github", False)]
    _, environ = became(home, "--env", "API_TOKEN", "work", "--", "x")
    assert environ == {"PATH": "/bin", "API_TOKEN": CANARY}


@pytest.mark.parametrize(
    "argv",
    [
        ["work"], ["work", "--"], ["work", "ls"], ["a", "b", "--", "ls"], ["work", "--env", "1x", "--", "ls"],
        ["work", "--env", "A=B", "--", "ls"], ["work", "--env", "PATH", "--", "ls"],
    ],
)  # fmt: skip
def test_exec_refuses_what_is_unclear(argv: list[str]) -> None:
    """No dashes, no command, or a variable that cannot take the token: exit 2."""
    assert door().run("exec", *argv).code == 2


def test_exec_of_a_missing_command_is_127() -> None:
    """As in a shell: 127 when there is none, 126 when it cannot be run."""
    with pytest.raises(CommandMissing) as missing:
        become(["no-such-command-here"], {"PATH": "/nowhere"})
    with pytest.raises(CommandUnfit) as unfit:
        become([os.devnull], {})
    assert (missing.value.exit_code, unfit.value.exit_code) == (127, 126)


@pytest.mark.parametrize(("script", "code"), [("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 15)", -15)])
def test_exec_becomes_the_child(script: str, code: int) -> None:
    """Exit code and signals are the child's own, for it is the same process."""
    program = f"from my_app.cli.running import become; import sys; become([sys.executable, '-c', {script!r}], {{}})"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == code


def test_exec_gives_back_the_default_pipe_signal() -> None:
    """Python ignores SIGPIPE; the child must not inherit that."""
    program = (
        "from my_app.cli.running import become; become(['sh', '-c', 'grep SigIgn /proc/self/status'], {'PATH': '/bin:/usr/bin'})"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert int(done.stdout.split()[1], 16) & (1 << 12) == 0
