"""One act on a vault in a process of its own, to be killed or failed at any system call.

    python vault_act.py HOME ACT

ACT is first, add, save, delete, rename, slot, rekey, restore or audit. Exit code and standard error are those of
a command: 0, or the error's code and its sentence.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import cryptography.exceptions  # noqa: F401 - loaded before "ready": what is failed or killed is our work, not an import
import filelock  # noqa: F401

from my_app.adapters.vault import Vault
from my_app.audit import Event
from my_app.errors import MyAppError
from my_app.secret import Secret
from my_app.vaulting import SlotKind
from vault_tools import KEY, login, trail, vault_at


def act(vault: Vault, what: str, home: Path) -> None:
    """Do it."""
    match what:
        case "first" | "add":
            vault.save(login("new"))
        case "save":
            with vault.lock("work", timedelta(seconds=5)):
                record = vault.load("work")
                assert record is not None
                vault.save(replace(record, tokens=login("work", 2).tokens))
        case "delete":
            vault.delete("work")
        case "rename":
            vault.rename("work", "moved")
        case "slot":
            vault.add_slot(SlotKind.PASSPHRASE, Secret("horse"))
        case "rekey":
            vault.rekey()
        case "restore":
            vault.restore()
        case "audit":
            vault.load("work")
            trail(vault, home).append(Event.REVEAL, profile="work")
        case _:
            raise ValueError(what)


def main() -> int:
    """Run it as a command would."""
    home, what = Path(sys.argv[1]), sys.argv[2]
    vault = vault_at(home, key=KEY, seed=7)
    print("ready", flush=True)
    try:
        act(vault, what, home)
    except MyAppError as error:
        print(error.message, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
