"""Which way to sign in, from where the program runs; pure, with the reason in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from my_app.errors import Unsupported
from my_app.model import Flow
from my_app.words import flow_words

_CI: Final = ("CI", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "TEAMCITY_VERSION", "BUILDKITE", "TF_BUILD")
_PREFERRED: Final = (Flow.BROWSER, Flow.DEVICE, Flow.TERMINAL, Flow.CLIENT_CREDENTIALS, Flow.API_KEY, Flow.TOKEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where the program runs, for the choice of flow."""

    display: bool
    ssh: bool
    wsl: bool
    container: bool
    ci: bool
    browser_variable: bool
    """``BROWSER`` is set."""
    platform: str = "linux"


def surroundings(environ: Mapping[str, str], platform: str, in_container: bool) -> Surroundings:
    """What the environment says. Pure."""
    return Surroundings(
        display=platform in ("darwin", "win32") or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")),
        ssh=any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")),
        wsl=bool(environ.get("WSL_DISTRO_NAME") or environ.get("WSL_INTEROP")),
        container=in_container or bool(environ.get("container") or environ.get("KUBERNETES_SERVICE_HOST")),
        ci=any(environ.get(name, "").lower() not in ("", "0", "false") for name in _CI),
        browser_variable=bool(environ.get("BROWSER", "").strip()),
        platform=platform,
    )


def choose_flow(wanted: Flow, around: Surroundings, *, can: frozenset[Flow]) -> tuple[Flow, str]:
    """The flow to take and the reason in words; ``can``: flows the provider and profile allow. Pure.

    Raises Unsupported naming what can be had, when ``wanted`` is not among it.
    """
    if wanted is not Flow.AUTO:
        if wanted in can:
            return wanted, "as chosen"
        others = ", ".join(flow.value for flow in _PREFERRED if flow in can)
        raise Unsupported(
            f"This profile cannot sign in by {flow_words(wanted)}.",
            hint=f"Choose one of these with --flow: {others}." if others else "Check the profile's provider and endpoints.",
        )
    if not can:
        raise Unsupported("This profile names no way to sign in.", hint="Set one with: my-app profile set NAME flow=browser")
    here, reason = _by_place(around)
    if here in can:
        return here, reason
    chosen = next(flow for flow in _PREFERRED if flow in can and flow is not here)
    return chosen, f"the only way this profile offers here: {flow_words(chosen)}" if len(can) == 1 else _instead(here, chosen)


def _by_place(around: Surroundings) -> tuple[Flow, str]:
    if around.browser_variable:
        return Flow.BROWSER, "BROWSER names a browser"
    if around.ci:
        return Flow.DEVICE, "this is a CI machine without a browser"
    if around.ssh:
        return Flow.DEVICE, "this is an SSH session: a browser would open on the other machine"
    if around.wsl:
        return Flow.BROWSER, "the Windows browser can reach this machine"
    if around.container:
        return Flow.DEVICE, "this is a container: a browser could not reach it"
    if not around.display:
        return Flow.DEVICE, "there is no display for a browser"
    return Flow.BROWSER, "a browser can open here"


def _instead(missing: Flow, chosen: Flow) -> str:
    if chosen is Flow.BROWSER:
        return "the provider offers no device code: open the address anywhere and paste the one it ends on"
    return f"{flow_words(missing)} is not offered here, {flow_words(chosen)} is"
