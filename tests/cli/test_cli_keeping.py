"""``my-app audit``, ``vault``, ``lock``, ``doctor``, ``explain``, ``exit-codes`` and ``completion``."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from cli.door import Door, door
from cli.schemas import ENTRY
from my_app import errors
from my_app.audit import Event, Result, Verdict
from my_app.cli.explain import exit_of
from my_app.cli.table import COMMANDS
from my_app.errors import VaultDamaged
from my_app.explaining import EXIT_CODES, EXPLANATIONS
from my_app.secret import Secret
from my_app.settings import Paths
from my_app.testing import NOON
from my_app.vaulting import Imported, Restored, Slot, SlotKind
from tui.fakes import HOSTILE


def trail(count: int = 3) -> Door:
    """A home in which ``count`` things were done."""
    home = door()
    for number in range(count):
        home.world.audit.append(
            Event.REFRESH, profile="work", result=Result.FAILED if number == 1 else Result.OK, code="network" if number == 1 else ""
        )
    return home


def test_audit_list_is_newest_first_and_pages() -> None:
    """``before`` is where the next page begins, null at the end."""
    home = trail(5)
    first = home.run("audit", "list", "--limit", "2", "--json").json("audit list")
    assert [each["seq"] for each in first["events"]] == [5, 4]
    assert first["before"] == 4
    rest = home.run("audit", "list", "--before", "4", "--limit", "500", "--json").json("audit list")
    assert [each["seq"] for each in rest["events"]] == [3, 2, 1]
    assert rest["before"] is None
    assert rest["events"][1]["code"] == "network"


def test_audit_list_in_words() -> None:
    """A table; where there is more, how to see it."""
    said = trail(3).run("audit", "list", "--limit", "2")
    assert said.out.splitlines()[0].split() == ["SEQ", "AT", "EVENT", "PROFILE", "RESULT", "BY", "DETAIL"]
    assert "--before 2" in said.err
    assert door().run("audit", "list").out == ""


@pytest.mark.parametrize(
    "argv", [["--limit", "0"], ["--limit", "-1"], ["--limit", "x"], ["--before", "1.5"], ["--limit", "9" * 12]]
)
def test_audit_list_takes_numbers(argv: list[str]) -> None:
    """Anything else is exit 2."""
    assert door().run("audit", "list", *argv).code == 2


def test_audit_export_is_every_event_oldest_first() -> None:
    """JSON lines, and the export itself is recorded."""
    home = trail(3)
    lines = [json.loads(line) for line in home.run("audit", "export").out.splitlines()]
    assert [line.pop("schema") for line in lines] == [1, 1, 1]
    assert [line["seq"] for line in lines] == [1, 2, 3]
    for line in lines:
        Draft202012Validator(ENTRY).validate(line)
    assert home.world.audit.lines[-1].event is Event.EXPORT
    assert len(home.run("audit", "export", "--json").json("audit export")["events"]) == 4


def test_audit_verify() -> None:
    """A chain that holds is exit 0; a broken one prints the verdict and is exit 6."""
    home = trail()
    assert home.run("audit", "verify", "--json").json("audit verify")["ok"] is True
    home.world.audit.verify = lambda: Verdict(ok=False, events=3, sealed_to=1, broken_at=2)  # type: ignore[method-assign]
    said = home.run("audit", "verify", "--json")
    assert said.json("audit verify")["broken_at"] == 2
    assert said.code == 6
    assert said.last_error()["code"] == "audit_broken"


def slots(home: Door, *kinds: SlotKind) -> Door:
    """The vault opens by ``kinds``."""
    home.world.vault.slots = tuple(Slot(kind=kind, created_at=NOON) for kind in kinds)
    return home


def test_vault_status_and_slots() -> None:
    """What is there, in JSON and in words; nothing is unlocked for it."""
    home = slots(door(), SlotKind.KEYRING, SlotKind.KEY)
    home.world.vault.is_open = False
    value = home.run("vault", "status", "--json").json("vault status")
    assert (value["open"], [slot["kind"] for slot in value["slots"]]) == (False, ["keyring", "key"])
    home.run("vault", "slot", "list", "--json").json("vault slot list")
    assert "closed" in home.run("vault", "status").out
    assert home.world.vault.is_open is False


def test_a_passphrase_slot_is_typed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two different passphrases, or an empty one, change nothing."""
    typed = iter(["one", "two", "", "same", "same"])
    monkeypatch.setattr("getpass.getpass", lambda prompt, stream: next(typed))
    home = slots(door(), SlotKind.KEYRING)
    assert home.run("vault", "slot", "add", "passphrase", terminal=True).code == 2
    assert home.run("vault", "slot", "add", "passphrase", terminal=True).code == 2
    assert home.world.vault.created == []
    assert home.run("vault", "slot", "add", "passphrase", terminal=True).code == 0
    assert home.world.vault.created == [SlotKind.PASSPHRASE]


def test_slot_secrets_come_from_the_environment_without_a_terminal(tmp_path: Path) -> None:
    """A variable or the file it names; with neither, exit 2 says which variable."""
    home = slots(door(), SlotKind.KEYRING)
    for kind, name in (("passphrase", "MY_APP_VAULT_PASSPHRASE"), ("key", "MY_APP_VAULT_KEY")):
        said = home.run("vault", "slot", "add", kind)
        assert said.code == 2
        assert f"{name}_FILE" in said.err
        (tmp_path / kind).write_text("secret-text\n")
        home.environ[f"{name}_FILE"] = str(tmp_path / kind)
        assert home.run("vault", "slot", "add", kind, "--json").json("vault slot add")["slot"] == kind
    assert home.run("vault", "slot", "remove", "keyring", "--json").json("vault slot remove")["slots"] == []
    assert home.run("vault", "slot", "add", "floppy").code == 2


def test_a_migration_can_be_tried_first() -> None:
    """``--dry-run`` says what would open the vault, and changes nothing."""
    home = slots(door(), SlotKind.KEYRING)
    said = home.run("vault", "slot", "add", "passphrase", "--dry-run")
    assert "would open by keyring or passphrase" in said.err
    value = home.run("vault", "slot", "add", "key", "--dry-run", "--json").json("vault slot add")
    assert (value["slots"], value["dry_run"]) == (["keyring", "key"], True)
    assert [slot.kind for slot in home.world.vault.slots] == [SlotKind.KEYRING]
    home = slots(home, SlotKind.KEYRING, SlotKind.KEY)
    assert "would open by key alone" in home.run("vault", "slot", "remove", "keyring", "--dry-run").err
    assert len(home.world.vault.slots) == 2


def test_the_first_slot_makes_the_vault() -> None:
    """``slot add`` on a machine without a vault makes one."""
    home = door()
    home.world.vault.exists = False
    assert "A new vault is made" in home.run("vault", "slot", "add", "keyring").err
    assert home.world.vault.exists


def test_vault_care(tmp_path: Path) -> None:
    """Rekey, export, import and restore reach the vault; export and import are recorded."""
    home = slots(door(), SlotKind.KEYRING)
    home.cwd = tmp_path
    vault = home.world.vault
    seen: list[Secret] = []
    vault.rekey = lambda: None  # type: ignore[attr-defined]
    vault.export = lambda file, passphrase: seen.append(passphrase) or 7  # type: ignore[attr-defined,func-returns-value]
    vault.import_file = lambda file, passphrase, replace=False: Imported(added=("a",), kept=("b",))  # type: ignore[attr-defined]
    vault.restore = lambda: Restored(records=3, taken_at=NOON, set_aside=None, sign_in_again=("work",))  # type: ignore[attr-defined]
    home.run("vault", "rekey", "--json").json("vault rekey")
    value = home.run("vault", "export", "out.bin", "--json", stdin="long passphrase\n").json("vault export")
    assert value["file"] == str(tmp_path / "out.bin")
    assert seen == [Secret("long passphrase")]
    assert home.run("vault", "export", "out.bin", stdin="").code == 2
    assert home.run("vault", "import", "in.bin", "--json", stdin="p").json("vault import")["kept"] == ["b"]
    assert home.run("vault", "restore", "--json").json("vault restore")["sign_in_again"] == ["work"]
    assert [line.event for line in home.world.audit.lines] == [Event.EXPORT, Event.IMPORT]


def test_lock_forgets_the_key() -> None:
    """``lock`` reaches the vault."""
    home = door()
    home.run("lock", "--json").json("lock")
    assert home.world.vault.locked == 1


def test_doctor_names_what_is_wrong_and_the_fix(tmp_path: Path) -> None:
    """Every finding has a name; loose files, a lost bundle and an unusable keyring come with their fix, exit 1."""
    home = slots(door(MY_APP_CA_BUNDLE="/nowhere.pem", HTTPS_PROXY="http://user:pw@proxy.example:3128"), SlotKind.KEYRING)
    home.world.vault.keyring_usable = False
    home.world.services = replace(home.world.services, paths=Paths(config_dir=tmp_path / "c", data_dir=tmp_path))
    (tmp_path / "vault.db").write_text("")
    (tmp_path / "vault.db").chmod(0o644)
    tmp_path.chmod(0o700)
    said = home.run("doctor", "--json")
    value = said.json("doctor")
    bad = {check["name"]: check["fix"] for check in value["checks"] if not check["ok"]}
    assert set(bad) == {"vault file", "keyring", "CA bundle"}
    assert bad["vault file"] == f"chmod go-rwx {tmp_path / 'vault.db'}"
    assert said.code == 1
    assert "user:pw" not in said.out + home.run("doctor").out
    assert "proxy.example" in said.out


def test_doctor_goes_on_where_something_is_broken() -> None:
    """Broken settings and a damaged vault are findings, not crashes."""
    home = door()
    home.accounts.fault = errors.SettingsFault("config.toml, line 3: not a table.", hint="Correct the line.")

    def damaged() -> None:
        raise VaultDamaged("The vault is damaged.")

    home.world.vault.status = damaged  # type: ignore[method-assign,assignment]
    checks = {check["name"]: check for check in home.run("doctor", "--json").json("doctor")["checks"]}
    assert checks["settings"]["fix"] == "Correct the line."
    assert checks["vault"]["fix"] == "Bring back the last good copy with: my-app vault restore"


def test_every_error_code_is_explained() -> None:
    """The catalogue and the tree of errors name the same codes, and each has meaning, cause and fix."""
    codes = {kind.code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.MyAppError)}
    assert codes <= set(EXPLANATIONS)
    assert set(EXPLANATIONS) - codes == {"internal", "command_missing", "command_unfit"}
    assert all(text.strip() for explanation in EXPLANATIONS.values() for text in explanation)
    assert {code for code in exit_of().values() if code < 126} <= set(EXIT_CODES)


def test_explain() -> None:
    """By code, with dashes too, or by exit code; an unknown one suggests the near one."""
    home = door()
    value = home.run("explain", "login-expired", "--json").json("explain")
    assert (value["code"], value["exit"]) == ("login_expired", 3)
    assert "my-app login" in home.run("explain", "login_expired").out
    assert "login_interrupted" in home.run("explain", "3", "--json").json("explain EXIT")["codes"]
    said = home.run("explain", "login_expird")
    assert said.code == 2
    assert "login_expired" in said.err
    assert home.opened == []


def test_exit_codes() -> None:
    """All of CONTRACT."""
    value = door().run("exit-codes", "--json").json("exit-codes")
    assert [each["exit"] for each in value["exit_codes"]] == [0, 1, 2, 3, 4, 5, 6, 130, 143]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str) -> None:
    """Each shell has its script; another one is exit 2."""
    home = door()
    assert "completion words" in home.run("completion", shell, "--json").json("completion")["script"]
    assert home.run("completion", shell).out.strip()
    assert home.run("completion", "tcsh").code == 2


def words(home: Door, *typed: str) -> list[str]:
    """What the scripts offer for ``typed``."""
    return home.run("completion", "words", "--", *typed).out.split()


def test_completion_words() -> None:
    """Commands, sub-commands, options, choices and the names of profiles."""
    home = door()
    assert words(home, "") == list(COMMANDS)
    assert words(home, "lo") == ["login", "logout", "lock"]
    assert words(home, "profile", "re") == ["remove", "rename"]
    assert words(home, "profile", "show", "st") == ["staging"]
    assert words(home, "token", "g") == ["github"]
    assert words(home, "token", "--profile", "p") == ["partner"]
    assert words(home, "login", "--flow", "d") == ["device"]
    assert "--min-valid" in words(home, "token", "--m")
    assert words(home, "vault", "slot", "add", "k") == ["keyring", "key"]
    home.accounts.fault = errors.SettingsFault("broken")
    assert words(home, "token", "g") == []


def test_the_bash_script_works() -> None:
    """A real bash fills COMPREPLY from what the command offers."""
    script = door().run("completion", "bash").out
    stand_in = 'my-app() { shift 3; echo "got:$#"; echo "last:${@: -1}"; }\n'
    call = 'COMP_WORDS=(my-app profile sh); COMP_CWORD=2; _my_app; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", stand_in + script + call], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["got:2", "last:sh"]


def test_hostile_trail_is_harmless() -> None:
    """X1: what stands in the trail cannot move the terminal."""
    home = trail()
    home.world.audit.lines[0] = replace(home.world.audit.lines[0], detail=HOSTILE, profile=HOSTILE, at=NOON + timedelta(1))
    assert not set("\x1b\x07\u202e") & set(home.run("audit", "list").out + home.run("audit", "export").out)


def test_doctor_says_when_nothing_here_opens_the_vault() -> None:
    """A vault that opens by a key nobody gave is a finding; one whose passphrase can be asked for is none."""
    home = slots(door(), SlotKind.KEY)
    home.world.vault.open_fault = errors.VaultLocked("The vault is locked.", hint="Set MY_APP_VAULT_KEY_FILE.")
    checks = {check["name"]: check for check in home.run("doctor", "--json").json("doctor")["checks"]}
    assert (checks["vault"]["ok"], checks["vault"]["fix"]) == (False, "Set MY_APP_VAULT_KEY_FILE.")
    asked = slots(door(), SlotKind.PASSPHRASE)
    asked.world.vault.open_fault = errors.VaultLocked("The vault is locked.")
    checks = {check["name"]: check for check in asked.run("doctor", "--json").json("doctor")["checks"]}
    assert checks["vault"]["ok"] is True


def test_a_login_that_is_over_shows_no_end() -> None:
    """Revoked and lost logins show no time left in the list."""
    shown = [line for line in door().run("status").out.splitlines() if "Revoked" in line or "! Sign in" in line]
    assert shown
    assert not any(re.search(r"\d+ [smhd]\b", line) for line in shown)


def test_help_keeps_its_capitals() -> None:
    """Names in a command's help stay as they are written."""
    assert "API" in door().run("api", "--help").out
