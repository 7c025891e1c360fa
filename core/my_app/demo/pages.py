"""The demo's web pages: plain forms, no script, nothing from elsewhere, light and dark.

Each is whole text put together here; every value in it is escaped. ``page`` adds the headers that
keep a browser from doing anything else with it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse

from my_app.text import clean

STYLE: Final = """
:root{color-scheme:light dark;--back:#f3f5f4;--card:#fff;--ink:#17211d;--soft:#52605a;--line:#d5dcd8;
--go:#0b6b4f;--on:#fff;--bad:#a3261b}
@media(prefers-color-scheme:dark){:root{--back:#101513;--card:#1a211e;--ink:#e8eeeb;--soft:#a3b1ab;--line:#33403a;
--go:#5fd3a8;--on:#07130e;--bad:#ff9b8f}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:16px/1.5 system-ui,"DejaVu Sans",sans-serif}
main{max-width:34rem;margin:4vh auto;padding:1.75rem 2rem;background:var(--card);border:1px solid var(--line);border-radius:14px}
h1{font-size:1.35rem;line-height:1.3;margin:.1rem 0 1rem}
h2{font-size:.95rem;margin:1.8rem 0 .4rem;color:var(--soft)}
label{display:block;margin:.8rem 0 .2rem;font-weight:600}
input{width:100%;font:inherit;padding:.55rem .7rem;color:inherit;background:var(--back);
border:1px solid var(--line);border-radius:8px}
input.code{font-size:1.4rem;letter-spacing:.2em;font-family:ui-monospace,"DejaVu Sans Mono",monospace}
button{font:inherit;font-weight:600;padding:.55rem 1.3rem;border-radius:8px;border:1px solid var(--line);
background:var(--card);color:inherit;cursor:pointer}
button.go{background:var(--go);border-color:var(--go);color:var(--on)}
:focus-visible{outline:3px solid var(--go);outline-offset:2px}
.row{display:flex;gap:.7rem;margin-top:1.3rem}
#error{color:var(--bad);font-weight:600;margin:.2rem 0}
.soft,.mark{color:var(--soft)}.mark{font-size:.85rem;letter-spacing:.02em;margin:0}
code,td.key{font-family:ui-monospace,"DejaVu Sans Mono",monospace}
table{width:100%;border-collapse:collapse;font-size:.9rem}
th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-top:1px solid var(--line);vertical-align:top}
th{color:var(--soft);font-weight:600;border:0}
ul{padding-left:1.2rem;margin:.4rem 0}
"""
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class Helper:
    """A row of the table on the sign-in page."""

    username: str
    name: str
    password: str
    code: str
    """The current one-time code; empty: none is asked."""


def page(title: str, body: str, *, status: int = 200, redirects_to: str | None = None) -> HTMLResponse:
    """A whole page. ``redirects_to``: where its form will lead in the end (browsers apply form-action to redirects too)."""
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} - demo provider</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head><body><main>'
        f'<p class="mark">Demo provider of my-app-accounts. Nothing here is real.</p><h1>{escape(title)}</h1>{body}'
        "</main></body></html>"
    )
    policy = ["default-src 'none'", f"style-src 'sha256-{_STYLE_HASH}'", "base-uri 'none'", "frame-ancestors 'none'"]
    action = _form_action(redirects_to)
    if action:
        policy.append(action)
    headers = {
        "Content-Security-Policy": "; ".join(policy),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    return HTMLResponse(text, status, headers)


def _form_action(redirects_to: str | None) -> str:
    if redirects_to is None:
        return "form-action 'self'"
    parts = urlsplit(redirects_to)
    # A policy has no way to write an IPv6 address, and a wrong one would stop the sign-in.
    return "" if "[" in parts.netloc else f"form-action 'self' {parts.scheme}://{parts.netloc}"


def sign_in(client: str, helpers: Iterable[Helper], *, problem: str, username: str = "") -> HTMLResponse:
    """User name and password, and everybody who can sign in."""
    rows = "".join(
        f'<tr><td class="key">{escape(one.username)}</td><td class="key">{escape(one.password)}</td>'
        f'<td class="key">{escape(one.code) or "none"}</td><td>{escape(one.name)}</td></tr>'
        for one in helpers
    )
    return page(
        "Sign in",
        f"<p>to continue to <strong>{escape(client)}</strong></p>{_problem(problem)}"
        '<form method="post"><label for="username">User name</label>'
        f'<input id="username" name="username" autocomplete="username" autocapitalize="none" '
        f'autofocus required value="{escape(username)}">'
        '<label for="password">Password</label><input id="password" name="password" type="password" '
        'autocomplete="current-password" required>'
        '<div class="row"><button class="go" type="submit">Sign in</button></div></form>'
        f"<h2>Who can sign in here</h2><table><tr><th>User</th><th>Password</th><th>Code now</th><th>Name</th></tr>{rows}</table>"
        '<p class="soft">Reload the page for the next code.</p>',
    )


def one_time_code(person: str, now: str, *, problem: str) -> HTMLResponse:
    """The second factor."""
    return page(
        "Enter your code",
        f"<p>The six digits your authenticator app shows for <strong>{escape(person)}</strong>.</p>{_problem(problem)}"
        '<form method="post"><label for="code">One-time code</label>'
        '<input id="code" class="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="9" '
        "autofocus required>"
        '<div class="row"><button class="go" type="submit">Verify</button></div></form>'
        f'<p class="soft">This is a demo, so here it is: <code>{escape(now)}</code></p>',
    )


def consent(client: str, person: str, wishes: Iterable[str], *, leads_to: str, redirects_to: str | None) -> HTMLResponse:
    """Allow or deny."""
    items = "".join(f"<li>{escape(wish)}</li>" for wish in wishes)
    return page(
        f"Allow {clean(client, 60)}?",
        f"<p>You are <strong>{escape(person)}</strong>. The program asks to:</p><ul>{items}</ul>"
        f'<p class="soft">{escape(leads_to)}</p><form method="post"><div class="row">'
        '<button class="go" type="submit" name="decision" value="allow">Allow</button>'
        '<button type="submit" name="decision" value="deny">Deny</button></div></form>',
        redirects_to=redirects_to,
    )


def user_code(*, typed: str, problem: str) -> HTMLResponse:
    """Where the code of a device is typed; a code from a link is shown and has to be sent on (RFC 8628 3.3.1)."""
    return page(
        "Connect a device",
        "<p>Enter the code your terminal shows. Go on only if you started this sign-in yourself.</p>"
        f'{_problem(problem)}<form method="post"><label for="user_code">Code</label>'
        '<input id="user_code" class="code" name="user_code" autocomplete="off" autocapitalize="characters" '
        'maxlength="20" autofocus required '
        f'value="{escape(typed)}"><div class="row"><button class="go" type="submit">Continue</button></div></form>',
    )


def confirm_sign_out(person: str) -> HTMLResponse:
    """Asks before a session ends without a token that proves who asks."""
    return page(
        "End your session?",
        f"<p>You are <strong>{escape(person)}</strong> in this browser.</p>"
        '<form method="post"><div class="row">'
        '<button class="go" type="submit" name="decision" value="yes">Yes</button></div></form>',
    )


def message(title: str, text: str, *, status: int = 200, bad: bool = False) -> HTMLResponse:
    """A page that says one thing."""
    return page(title, _problem(text) if bad else f"<p>{escape(text)}</p>", status=status)


def home(issuer: str, clients: Iterable[tuple[str, str]]) -> HTMLResponse:
    """What this is, for whoever opens the bare address."""
    rows = "".join(f'<tr><td class="key">{escape(client_id)}</td><td>{escape(flows)}</td></tr>' for client_id, flows in clients)
    return page(
        "It runs",
        f"<p>An identity provider and an API to try things on. Issuer:</p><p><code>{escape(issuer)}</code></p>"
        f"<h2>Clients</h2><table><tr><th>Client id</th><th>Flows</th></tr>{rows}</table>"
        '<p><a href="/device">Connect a device</a></p>',
    )


def _problem(text: str) -> str:
    return f'<p id="error" role="alert">{escape(text)}</p>' if text else ""
