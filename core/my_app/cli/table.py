"""Every command with the module that holds it and its one line of help; no import, so that ``--help`` is instant."""

from __future__ import annotations

from typing import Final, NamedTuple


class Entry(NamedTuple):
    """One command of ``my-app``."""

    module: str
    """Module of ``my_app.cli`` with ``configure(command, parser)``."""
    help: str
    """One line, no full stop."""


GROUPS: Final[tuple[tuple[str, dict[str, Entry]], ...]] = (
    (
        "Accounts",
        {
            "login": Entry("login", "sign in (browser, device code, terminal or without a person)"),
            "logout": Entry("ending", "revoke and forget a login; says what stays valid"),
            "profile": Entry("profiles", "add, list, show, use, rename, set, trust, allow, remove"),
            "status": Entry("status", "every account with its state, expiry and next step"),
        },
    ),
    (
        "Tokens",
        {
            "token": Entry("tokens", "print an access token that is valid now"),
            "refresh": Entry("tokens", "get a new access token now"),
            "revoke": Entry("ending", "tell the provider that the tokens are void; keep the profile"),
            "rotate": Entry("rotate", "replace an API key or secret, never without a working one"),
            "userinfo": Entry("tokens", "what the provider says about the signed-in person"),
            "introspect": Entry("tokens", "what the provider says about the access token"),
            "jwt": Entry("jwt", "decode, verify, sign and compare tokens; make keys"),
        },
    ),
    (
        "Work",
        {
            "api": Entry("calling", "call the profile's API: my-app api GET /path"),
            "exec": Entry("running", "run a command with a token in its environment"),
            "upload": Entry("service", "upload a file to BUCKET/KEY"),
            "list": Entry("service", "list vms, databases, deployments ..."),
            "create": Entry("service", "create a database, vm ..."),
            "deploy": Entry("service", "deploy a service in a version to a region"),
        },
    ),
    (
        "Keeping",
        {
            "audit": Entry("trail", "list, verify or export the record of what was done"),
            "vault": Entry("vault", "status and slots of the encrypted store"),
            "lock": Entry("vault", "forget the opened vault key"),
            "doctor": Entry("doctor", "check this machine: files, vault, keyring, browser, proxy"),
        },
    ),
    (
        "Help",
        {
            "demo": Entry("demo", "run the demo provider and API on this machine"),
            "explain": Entry("explain", "what an error code means and what to do"),
            "exit-codes": Entry("explain", "the exit codes and their meaning"),
            "completion": Entry("completion", "completion script for bash, zsh or fish"),
        },
    ),
)

COMMANDS: Final[dict[str, Entry]] = {name: entry for _, group in GROUPS for name, entry in group.items()}

USAGE: Final = "usage: my-app COMMAND [options]"


def help_text() -> str:
    """What ``my-app --help`` prints."""
    width = max(len(name) for name in COMMANDS)
    lines = [USAGE, "", "Every login you own, from the shell. `my-app COMMAND --help` says more.", ""]
    for title, group in GROUPS:
        lines.append(f"{title}:")
        lines += [f"  {name:<{width}}  {entry.help}" for name, entry in group.items()]
        lines.append("")
    lines += [
        "Everywhere:",
        "  --profile NAME   this account instead of the active one",
        "  --json           one JSON object on standard output; errors as JSON on standard error",
        "  --no-input       never ask a question",
        "  -v, --verbose    say more on standard error",
        "  --help           help on a command",
        "  --version        the version (only as the first argument)",
    ]
    return "\n".join(lines)
