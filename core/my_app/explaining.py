"""What an error code means and what to do about it; ``my-app explain CODE`` and the app show the same."""

from __future__ import annotations

from typing import Final, NamedTuple


class Explanation(NamedTuple):
    """One code in plain words."""

    meaning: str
    cause: str
    """The usual reasons, most likely first."""
    fix: str
    """What to do, with the command."""


EXIT_CODES: Final[dict[int, str]] = {
    0: "done",
    1: "failed",
    2: "usage or settings are wrong, or the profile is unknown",
    3: "a sign-in is needed",
    4: "temporary: network, a busy server, or another process holds the profile",
    5: "refused by the other side: denied, wrong password, expired code, token not valid",
    6: "storage: locked or damaged vault, keyring, disk, or a broken audit log",
    130: "cancelled",
    143: "terminated",
}

EXPLANATIONS: Final[dict[str, Explanation]] = {
    "failed": Explanation("Something did not work.", "The sentence beside the code says what.", "Run the command again with -v."),
    "internal": Explanation(
        "This program itself has a fault.",
        "A case nobody thought of.",
        "Run it again with -v and report what it prints; it holds file names and line numbers, no values.",
    ),
    "usage": Explanation(
        "The command was not typed as it is meant.", "An unknown option, a missing or extra argument.", "my-app COMMAND --help"
    ),
    "command_missing": Explanation(
        "my-app exec found no such command.", "A typing error, or it is not on PATH.", "Try it without my-app exec first."
    ),
    "command_unfit": Explanation(
        "my-app exec could not start the command.", "It is no program, or may not be run.", "Try it without my-app exec first."
    ),
    "unknown_profile": Explanation(
        "No profile has that name.", "A typing error, or MY_APP_PROFILE names an old one.", "my-app profile list"
    ),
    "profile_exists": Explanation(
        "The name is taken.",
        "A profile of that name was added before.",
        "Take another name, or: my-app profile remove NAME",
    ),
    "invalid_name": Explanation(
        "That is not a profile name.",
        "Names have letters, digits, dot, dash and underscore, begin with a letter or digit and are at most 64 long.",
        "Choose a name like work or dev-env.",
    ),
    "settings": Explanation(
        "A settings file or variable cannot be used.",
        "A mistake in config.toml or credentials.json, or a MY_APP_ variable with a wrong value; the sentence names the place.",
        "Correct that place. my-app doctor looks at all of them.",
    ),
    "nothing_configured": Explanation(
        "There is no account and no credential in the environment.",
        "Nothing was set up yet, or MY_APP_CONFIG_DIR points elsewhere.",
        "my-app profile add NAME --issuer URL --client-id ID   or set MY_APP_CLIENT_ID and MY_APP_ISSUER",
    ),
    "binding_changed": Explanation(
        "The settings would send a stored secret to another host than the one it was stored for.",
        "config.toml was edited, by you or by somebody else.",
        "If the change is yours: my-app profile trust NAME. If not, put the old address back.",
    ),
    "unsupported": Explanation(
        "This profile or provider cannot do that.",
        "The provider offers no such endpoint, or the way of signing in does not fit.",
        "my-app profile show NAME tells what there is; --endpoint NAME=URL adds what discovery leaves out.",
    ),
    "login_needed": Explanation("A person has to sign in.", "Nobody signed in yet, or the login ended.", "my-app login PROFILE"),
    "login_expired": Explanation(
        "The login is over; a new access token cannot be had without a person.",
        "The refresh token ran out, was used elsewhere, or was revoked.",
        "my-app login PROFILE",
    ),
    "login_interrupted": Explanation(
        "A refresh was cut between the provider's answer and the save.",
        "The machine or the process stopped at that moment; the old refresh token may be spent.",
        "my-app login PROFILE",
    ),
    "step_up_needed": Explanation(
        "An API wants a stronger or more recent sign-in.",
        "Some acts need a second factor, or a sign-in of the last minutes.",
        'Run the command of the hint, for example my-app login NAME --acr "VALUES", and repeat the call.',
    ),
    "prompt_needed": Explanation(
        "A question would have to be asked, and nobody may be asked.",
        "No terminal, --no-input, or --answers without an answer of that kind.",
        "Run it on a terminal, or give the answer with --answers.",
    ),
    "temporary": Explanation(
        "It did not work this time; nothing is lost.", "The other side was not ready.", "Try again in a moment."
    ),
    "network": Explanation(
        "No answer came from the provider.",
        "No connection, a wrong host name, a proxy, or a certificate that is not trusted.",
        "Check the address; behind a proxy set HTTPS_PROXY, for a private authority MY_APP_CA_BUNDLE. my-app doctor looks at both.",
    ),
    "rate_limited": Explanation(
        "The provider asks to slow down (HTTP 429).", "Too many requests from here.", "Wait for the time it names, then try again."
    ),
    "server_busy": Explanation("The provider has trouble of its own (HTTP 5xx).", "It is down or overloaded.", "Try again later."),
    "lock_timeout": Explanation(
        "Another process holds this profile.",
        "A refresh or rotation takes long there; the sentence names the process.",
        "Wait for it, or end that process.",
    ),
    "port_in_use": Explanation(
        "None of the profile's redirect ports is free.",
        "Another program, or another sign-in, listens there.",
        "End it, or add a port: my-app profile set NAME redirect_port=8400,8401 (the provider must know it too).",
    ),
    "login_timeout": Explanation(
        "Nobody finished the sign-in in time.",
        "The page was closed, or the wait was too short.",
        "my-app login PROFILE --timeout 10m",
    ),
    "refused": Explanation("The other side said no.", "The sentence beside the code gives its reason.", "my-app status --check"),
    "access_denied": Explanation(
        "The request was denied.",
        "Deny was pressed, or the organisation does not allow this application or these scopes.",
        "Sign in again and allow it, or ask for less with --scope.",
    ),
    "wrong_credentials": Explanation(
        "A password, code, client secret or key was not accepted.",
        "A typing error, an old secret, or a clock that is off (one-time codes).",
        "Type it again; for a client secret or key: my-app profile remove NAME and add it anew.",
    ),
    "device_code_expired": Explanation(
        "The device code ran out before it was approved.", "It lives for some minutes only.", "my-app login PROFILE --flow device"
    ),
    "server_refused": Explanation(
        "The provider answered with an error.",
        "invalid_client: wrong client id or secret. invalid_scope: a scope it does not know. "
        "redirect_uri mismatch: register http://127.0.0.1 at the provider, or use --redirect-port.",
        "Compare the profile with what is registered there: my-app profile show NAME",
    ),
    "insufficient_scope": Explanation(
        "The token may not do that.",
        "The sign-in did not ask for the scope, or the provider did not grant it.",
        "my-app login PROFILE --scope SCOPE (name all that are needed); my-app status shows what was granted.",
    ),
    "wrong_account": Explanation(
        "Another account signed in than the profile expects; nothing was saved.",
        "The browser was signed in as somebody else.",
        "Sign out there or choose the other account; my-app profile set NAME expect_account= lifts the check.",
    ),
    "peer_fault": Explanation(
        "The other side broke the rules; nothing of its answer was kept.",
        "A faulty or impersonated provider, or a proxy that changes answers.",
        "Check the issuer's address: my-app profile show NAME",
    ),
    "issuer_mismatch": Explanation(
        "The answer names another issuer than was asked.",
        "The issuer is written differently (final slash, http, another tenant), or the answer is not from it.",
        "Write the issuer exactly as its discovery document does: my-app profile set NAME issuer=URL",
    ),
    "state_mismatch": Explanation(
        "A callback arrived that belongs to no sign-in waiting here.",
        "An old browser tab, a link of another sign-in, or an attempt to smuggle in a foreign login.",
        "Close old tabs and sign in again: my-app login PROFILE. Never paste a link somebody sent you.",
    ),
    "bad_metadata": Explanation(
        "The provider's discovery document or key set cannot be used.",
        "The address is not an issuer, or the document names forbidden addresses.",
        "Open ISSUER/.well-known/openid-configuration, or give --token-url and the others by hand.",
    ),
    "bad_answer": Explanation(
        "The provider's answer cannot be read, or lacks what it must hold.",
        "An error page of a proxy or login wall, or a faulty provider.",
        "Try again; if it stays, report it to the provider.",
    ),
    "token_invalid": Explanation(
        "The token fails its checks.",
        "Expired, for another audience, from another issuer, or changed on the way; the sentence names the check.",
        "my-app jwt decode shows what it says of itself.",
    ),
    "storage": Explanation("A file of ours cannot be used.", "The sentence beside the code says which.", "my-app doctor"),
    "vault_locked": Explanation(
        "The vault could not be opened.",
        "The keyring is locked or absent, and no passphrase or key was given.",
        "Unlock the keyring, or set MY_APP_VAULT_PASSPHRASE_FILE or MY_APP_VAULT_KEY_FILE.",
    ),
    "wrong_passphrase": Explanation(
        "The passphrase or key opens nothing.",
        "A typing error, or the variable holds the one of another vault.",
        "my-app vault status",
    ),
    "vault_damaged": Explanation(
        "The vault is damaged; nothing was overwritten.",
        "A disk fault, or the file was changed by something else.",
        "my-app vault restore brings the last good copy back.",
    ),
    "vault_too_new": Explanation(
        "The vault was made by a newer version.", "Two versions are installed.", "Upgrade my-app-accounts."
    ),
    "keyring_unavailable": Explanation(
        "The keyring of the operating system cannot be used.",
        "None is running (servers, containers), it is locked, or the question was dismissed.",
        "Unlock it, or use a passphrase: my-app vault slot add passphrase",
    ),
    "unsafe_file": Explanation(
        "A file is open to others, belongs to somebody else, or is no plain file.",
        "Loose permissions (credentials.json must be 0600), a link, or a network file system.",
        "chmod 600 FILE; keep the data directory on a local disk.",
    ),
    "disk": Explanation(
        "Reading or writing failed; the old data is whole.", "A full or read-only disk.", "Make room, then try again."
    ),
    "stale_record": Explanation(
        "Another process saved something newer meanwhile; nothing was written.",
        "Two commands changed one profile.",
        "Run it again.",
    ),
    "audit_broken": Explanation(
        "The audit log does not hold together from one event on.",
        "The file was edited, cut or mixed with another.",
        "Keep it as it is and compare it with an earlier export.",
    ),
    "cancelled": Explanation("It was stopped.", "Ctrl-C, or a question was left.", "Run it again when you like."),
}
"""By code of ``errors.py``; a test keeps the two equal."""
