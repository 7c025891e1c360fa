"""Everything that can go wrong, in one tree; each family answers "what now?".

::

    MyAppError
    |-- UsageFault            exit 2   the call or the settings are wrong
    |   |-- UnknownProfile            no profile of that name
    |   |-- ProfileExists             the name is taken
    |   |-- InvalidName               not a profile name
    |   |-- SettingsFault             config.toml, credentials.json or a variable is wrong
    |   |-- NothingConfigured         no credential anywhere
    |   |-- BindingChanged            config.toml would send a secret to another host
    |   `-- Unsupported               this profile, provider or build cannot do that
    |-- LoginNeeded           exit 3   a person has to sign in again
    |   |-- LoginExpired              the refresh token is spent, expired or revoked
    |   |-- LoginInterrupted          a refresh was cut between answer and save
    |   |-- StepUpNeeded              an API wants a stronger or newer sign-in (``acr_values``, ``max_age``)
    |   `-- PromptNeeded              a question, and nobody may be asked
    |-- Temporary             exit 4   nothing is lost; try again
    |   |-- NetworkUnavailable        no answer: DNS, TLS, refused, cut, timeout
    |   |-- RateLimited               HTTP 429 (``retry_after``)
    |   |-- ServerBusy                HTTP 5xx
    |   |-- LockTimeout               another process holds the profile (``holder``)
    |   |-- PortInUse                 no port of the profile's list is free
    |   `-- LoginTimeout              nobody finished the sign-in in time
    |-- Refused               exit 5   the other side said no
    |   |-- AccessDenied              consent or request denied
    |   |-- WrongCredentials          password, code, client secret or key not accepted
    |   |-- DeviceCodeExpired         the device code ran out
    |   |-- ServerRefused             any other error answer (``error``, ``status``)
    |   |-- InsufficientScope         a token without the scopes asked for (``required``, ``granted``)
    |   `-- WrongAccount              another account than the profile expects
    |-- PeerFault             exit 5   the other side broke the rules
    |   |-- IssuerMismatch            another issuer than asked (``expected``, ``received``)
    |   |-- StateMismatch             a callback of another sign-in
    |   |-- BadMetadata               a discovery document that cannot be used
    |   |-- BadAnswer                 an answer that cannot be read
    |   `-- TokenInvalid              a token that fails its checks (``check``)
    |-- StorageFault          exit 6   vault, keyring or a file
    |   |-- VaultLocked               no slot could be opened
    |   |-- WrongPassphrase           the passphrase or key opens nothing
    |   |-- VaultDamaged              damage was noticed; the last good copy is kept
    |   |-- VaultTooNew               made by a newer version
    |   |-- KeyringUnavailable        absent, locked, dismissed, too slow or not a named one
    |   |-- UnsafeFile                loose mode, foreign owner, link, network file system
    |   |-- DiskFault                 a write failed (``errno``)
    |   |-- StaleRecord               somebody saved a newer generation meanwhile
    |   `-- AuditBroken               the chain does not hold (``broken_at``)
    `-- Cancelled             exit 130 the person stopped it

A message is one sentence, a hint names the next command or key. Neither ever holds a
secret, a response body or a client object; text from outside is cleaned by ``text.py``
before it is put in.
"""

from __future__ import annotations

from typing import ClassVar


class MyAppError(Exception):
    """The root of the tree.

    ``code`` is stable and documented; ``facts`` holds typed details (``expected``, ``received``,
    ``retry_after`` as a timedelta, ``status`` as an int ...), never a secret.
    """

    code: ClassVar[str] = "failed"
    exit_code: ClassVar[int] = 1
    default_hint: ClassVar[str] = ""

    def __init__(self, message: str, *, hint: str | None = None, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.hint = self.default_hint if hint is None else hint
        self.facts = facts


class UsageFault(MyAppError):
    """The call or the settings are wrong."""

    code = "usage"
    exit_code = 2


class UnknownProfile(UsageFault):
    """No profile of that name."""

    code = "unknown_profile"
    default_hint = "List the profiles with: my-app profile list"


class ProfileExists(UsageFault):
    """A profile of that name is already there."""

    code = "profile_exists"
    default_hint = "Take another name, or remove the old one with: my-app profile remove NAME"


class InvalidName(UsageFault):
    """Not a profile name (``[A-Za-z0-9][A-Za-z0-9._-]{0,63}``)."""

    code = "invalid_name"
    default_hint = "Use letters, digits, dot, dash and underscore, at most 64, beginning with a letter or digit."


class SettingsFault(UsageFault):
    """A settings file or an environment variable is wrong."""

    code = "settings"


class NothingConfigured(UsageFault):
    """No credential anywhere."""

    code = "nothing_configured"
    default_hint = "Add an account with: my-app profile add NAME --issuer URL --client-id ID"


class BindingChanged(UsageFault):
    """``config.toml`` would send a stored secret to a host it was not stored for (D6)."""

    code = "binding_changed"


class Unsupported(UsageFault):
    """This profile, provider or build cannot do that."""

    code = "unsupported"


class LoginNeeded(MyAppError):
    """A person has to sign in (again)."""

    code = "login_needed"
    exit_code = 3


class LoginExpired(LoginNeeded):
    """The refresh token is spent, expired or revoked; the record is kept."""

    code = "login_expired"


class LoginInterrupted(LoginNeeded):
    """A refresh was cut between the server's answer and the save."""

    code = "login_interrupted"


class StepUpNeeded(LoginNeeded):
    """An API wants a stronger or newer sign-in (RFC 9470 3); ``acr_values`` is a tuple, ``max_age`` a timedelta or None."""

    code = "step_up_needed"


class PromptNeeded(LoginNeeded):
    """A question would have to be asked, and nobody may be asked."""

    code = "prompt_needed"


class Temporary(MyAppError):
    """Nothing is lost; try again."""

    code = "temporary"
    exit_code = 4
    default_hint = "Nothing is lost. Try again in a moment."


class NetworkUnavailable(Temporary):
    """No answer came: DNS, TLS, refused, cut or too slow. ``sent``: bytes may have reached the server."""

    code = "network"


class RateLimited(Temporary):
    """HTTP 429; ``retry_after`` is a timedelta or None."""

    code = "rate_limited"


class ServerBusy(Temporary):
    """HTTP 5xx."""

    code = "server_busy"


class LockTimeout(Temporary):
    """Another process holds the profile; ``holder`` names it (program, pid)."""

    code = "lock_timeout"


class PortInUse(Temporary):
    """None of the profile's redirect ports is free."""

    code = "port_in_use"


class LoginTimeout(Temporary):
    """Nobody finished the sign-in in time."""

    code = "login_timeout"


class Refused(MyAppError):
    """The other side said no."""

    code = "refused"
    exit_code = 5


class AccessDenied(Refused):
    """Consent or request denied (RFC 6749 4.1.2.1, RFC 8628 3.5)."""

    code = "access_denied"


class WrongCredentials(Refused):
    """A password, code, client secret or key was not accepted. ``attempts_left``: int or None."""

    code = "wrong_credentials"


class DeviceCodeExpired(Refused):
    """The device code ran out before it was approved (RFC 8628 3.5)."""

    code = "device_code_expired"


class ServerRefused(Refused):
    """Any other error answer; ``error`` is its cleaned code, ``status`` the HTTP status."""

    code = "server_refused"


class InsufficientScope(Refused):
    """A valid token without the scopes asked for (RFC 6750 3.1); ``required`` and ``granted`` are tuples of texts."""

    code = "insufficient_scope"


class WrongAccount(Refused):
    """Another account signed in than the profile expects; nothing was saved."""

    code = "wrong_account"


class PeerFault(MyAppError):
    """The other side broke the rules; nothing of its answer was kept."""

    code = "peer_fault"
    exit_code = 5


class IssuerMismatch(PeerFault):
    """The document, callback or token names another issuer (RFC 8414 3.3, RFC 9207 2.4)."""

    code = "issuer_mismatch"


class StateMismatch(PeerFault):
    """A callback that belongs to no sign-in waiting here (RFC 6749 10.12)."""

    code = "state_mismatch"


class BadMetadata(PeerFault):
    """A discovery document or key set that cannot be used (RFC 8414 3.2)."""

    code = "bad_metadata"


class BadAnswer(PeerFault):
    """An answer that cannot be read or lacks what it must hold (RFC 6749 5.1)."""

    code = "bad_answer"


class TokenInvalid(PeerFault):
    """A token that fails its checks; ``check`` names the one (RFC 7519, RFC 8725)."""

    code = "token_invalid"


class StorageFault(MyAppError):
    """Vault, keyring or a file of ours."""

    code = "storage"
    exit_code = 6


class VaultLocked(StorageFault):
    """No slot of the vault could be opened."""

    code = "vault_locked"
    default_hint = "Unlock the keyring, or set MY_APP_VAULT_PASSPHRASE_FILE or MY_APP_VAULT_KEY_FILE."


class WrongPassphrase(StorageFault):
    """The passphrase or key opens no slot."""

    code = "wrong_passphrase"


class VaultDamaged(StorageFault):
    """Damage was noticed; nothing was overwritten."""

    code = "vault_damaged"
    default_hint = "Bring back the last good copy with: my-app vault restore"


class VaultTooNew(StorageFault):
    """Made by a newer version of this program."""

    code = "vault_too_new"
    default_hint = "Upgrade my-app-accounts."


class KeyringUnavailable(StorageFault):
    """The OS keyring is absent, locked, dismissed, too slow or not a named one (S8, S9)."""

    code = "keyring_unavailable"


class UnsafeFile(StorageFault):
    """A loose mode, foreign owner, link, device or network file system in the way (S2)."""

    code = "unsafe_file"


class DiskFault(StorageFault):
    """A read or write failed; the old data is whole. ``errno``: int."""

    code = "disk"


class StaleRecord(StorageFault):
    """Somebody saved a newer generation meanwhile; nothing was written."""

    code = "stale_record"


class AuditBroken(StorageFault):
    """The audit chain does not hold; ``broken_at`` is the first bad sequence number."""

    code = "audit_broken"


class Cancelled(MyAppError):
    """The person stopped it."""

    code = "cancelled"
    exit_code = 130
