"""``my-app profile add``: from typed options to a Profile; secrets come from standard input or a prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from my_app.errors import UsageFault

if TYPE_CHECKING:
    import argparse

    from my_app.cli.context import Context
    from my_app.cli.parsing import Parser
    from my_app.model import Flow, Profile
    from my_app.secret import Secret

_GENERIC = ("oidc", "oauth2", "demo")
"""Presets whose client secret means client credentials; the others sign people in with one."""
_FLOWS = ("browser", "device", "terminal", "client-credentials", "api-key", "token", "auto")


def configure(parser: Parser) -> None:
    """The options of CONTRACT; at most one ``-stdin``."""
    parser.add_argument("name", metavar="NAME", help="letters, digits, dot, dash, underscore; at most 64")
    where = parser.add_argument_group("where")
    where.add_argument(
        "--provider", metavar="P", help="a preset: oidc, google, entra, okta, github ..., or any other name to see them all"
    )
    where.add_argument("--tenant", metavar="T", help="tenant of the provider, where the preset has one")
    where.add_argument("--issuer", metavar="URL", help="the issuer; its discovery document says the rest")
    where.add_argument("--token-url", metavar="URL", help="token endpoint of a provider without discovery")
    where.add_argument("--authorization-url", metavar="URL")
    where.add_argument("--device-url", metavar="URL")
    where.add_argument("--endpoint", metavar="NAME=URL", action="append", help="revocation=URL, userinfo=URL ...; may repeat")
    client = parser.add_argument_group("client")
    client.add_argument("--client-id", metavar="ID")
    secrets = client.add_mutually_exclusive_group()
    secrets.add_argument("--client-secret-stdin", action="store_true", help="read the client secret from standard input")
    secrets.add_argument("--api-key-stdin", action="store_true", help="read the API key or static token from standard input")
    secrets.add_argument("--totp-stdin", action="store_true", help="read the one-time code seed from standard input")
    client.add_argument("--client-key", metavar="FILE", help="private key for private_key_jwt: PEM or JWK, mode 0600")
    client.add_argument("--client-cert", metavar="FILE", help="not supported: sign with --client-key instead")
    client.add_argument("--auth-method", metavar="M", help="client_secret_basic, client_secret_post, private_key_jwt, none ...")
    client.add_argument("--register", action="store_true", help="register a client at the provider first (RFC 7591)")
    ask = parser.add_argument_group("sign-in")
    ask.add_argument("--flow", choices=_FLOWS)
    ask.add_argument("--scope", metavar="S", action="append", help="may repeat, or hold several separated by spaces")
    ask.add_argument("--resource", metavar="R", action="append")
    ask.add_argument("--audience", metavar="A")
    ask.add_argument("--redirect-port", metavar="N,...", help="loopback ports to try; else any free one")
    ask.add_argument("--redirect-uri", metavar="URI")
    ask.add_argument("--authorize-param", metavar="K=V", action="append")
    ask.add_argument("--expect-account", metavar="A", help="refuse any other account")
    api = parser.add_argument_group("API")
    api.add_argument("--api-url", metavar="URL")
    api.add_argument("--header", metavar="H", help="header an API key goes into")
    api.add_argument("--prefix", metavar="P", help="text before the API key")
    api.add_argument("--check-url", metavar="URL", help="a GET that proves an API key works")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, ctx: Context) -> int:
    """Writes profile and secret; prints what was added."""
    import os
    from dataclasses import replace
    from pathlib import Path

    from my_app.cli import shapes
    from my_app.model import Flow, checked_name
    from my_app.text import clean

    checked_name(args.name)
    if _only_a_secret(args) and ctx.services.accounts.has(args.name):
        return _store_secret(args, ctx)
    profile = profile_from(args)
    if profile.client_key:
        # The settings are read from anywhere, so the file is named from the root.
        place = (ctx.cwd or Path.cwd()) / Path(profile.client_key).expanduser()
        profile = replace(profile, client_key=os.path.normpath(place))
    if args.register:
        return _register(args, ctx, profile)
    client_secret = api_key = totp_seed = None
    if args.client_secret_stdin:
        client_secret = _read(ctx, "client secret")
    elif args.api_key_stdin:
        api_key = _read(ctx, "API key")
    elif args.totp_stdin:
        totp_seed = _read(ctx, "one-time code seed")
    else:
        client_secret, api_key = _asked(ctx, profile)
    if profile.client_cert:
        ctx.note("A client certificate is not used yet: signing in will fail. Sign with a private key instead: --client-key FILE")
    added = ctx.services.accounts.add(profile, client_secret=client_secret, api_key=api_key, totp_seed=totp_seed)
    if ctx.json:
        ctx.result({"profile": shapes.profile(added)}, "")
    else:
        works = added.flow in (Flow.API_KEY, Flow.TOKEN)
        then = "It works at once: my-app token" if works else "Sign in with: my-app login"
        ctx.note(f"{added.name} is added. {then} {clean(added.name)}")
        if not works and added.provider not in _GENERIC:
            from my_app.providers import preset

            ctx.note(clean(preset(added.provider).notes, 200))
    return 0


def _only_a_secret(args: argparse.Namespace) -> bool:
    """A name and one ``-stdin``: the secret of a profile that may be there already."""
    from my_app.settings.fields import PROFILE_OPTIONS

    if not (args.client_secret_stdin or args.api_key_stdin or args.totp_stdin):
        return False
    return not args.register and not any(getattr(args, option, None) for option in PROFILE_OPTIONS)


def _store_secret(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.cli import shapes

    what = "client secret" if args.client_secret_stdin else "API key" if args.api_key_stdin else "one-time code seed"
    option = "client_secret" if args.client_secret_stdin else "api_key" if args.api_key_stdin else "totp_seed"
    profile = ctx.services.accounts.store_secret(args.name, **{option: _read(ctx, what)})
    if ctx.json:
        ctx.result({"profile": shapes.profile(profile)}, "")
    else:
        ctx.note(f"The {what} of {args.name} is stored.")
    return 0


def _register(args: argparse.Namespace, ctx: Context, profile: Profile) -> int:
    """``--register``: the provider makes the client, so nothing about one is given."""
    from my_app.cli import shapes
    from my_app.errors import WrongCredentials
    from my_app.given.environment import secret_variable
    from my_app.text import clean

    for option in ("client_id", "client_secret_stdin", "api_key_stdin", "totp_stdin", "client_key", "auth_method"):
        if getattr(args, option):
            raise UsageFault(
                f"--register makes a client at the provider, so --{option.replace('_', '-')} has no place beside it.",
                hint="Leave one of the two out.",
            )
    registrations = ctx.services.registrations
    token = secret_variable(ctx.environ, "MY_APP_REGISTRATION_TOKEN")
    try:
        added = registrations.register(profile, initial_token=token)
    except WrongCredentials:
        if token is not None or not ctx.interactive:
            raise
        added = registrations.register(profile, initial_token=_read(ctx, "initial access token"))
    if ctx.json:
        ctx.result({"profile": shapes.profile(added)}, "")
    else:
        ctx.note(f"{added.name} is registered as {clean(added.client_id)}. Sign in with: my-app login {clean(added.name)}")
    return 0


def profile_from(args: argparse.Namespace) -> Profile:
    """The Profile the options describe. Raises UsageFault. Pure."""
    from my_app.cli.values import pairs, ports
    from my_app.model import Profile

    flow = _flow(args)
    provider = args.provider or ("oidc" if args.issuer else "oauth2")
    keyed = flow.value in ("api-key", "token")
    if not (args.provider or args.issuer or args.token_url or keyed):
        from my_app.providers import KEYS

        raise UsageFault(
            "Where does this account live?",
            hint=f"Name --provider P, --issuer URL or --token-url URL; presets: {', '.join(KEYS)}.",
        )
    if args.provider and not (keyed or args.api_key_stdin or args.issuer or args.token_url or args.endpoint):
        from my_app.providers import preset

        chosen = preset(provider)
        if "issuer" in chosen.needs:
            example = chosen.issuer_example or "https://login.example.com"
            raise UsageFault(f"{chosen.title} needs an issuer.", hint=f"Give --issuer, for example {example}", key="issuer")
    scopes = [scope for item in args.scope or () for scope in item.split()]
    return Profile(
        name=args.name,
        provider=provider,
        issuer=args.issuer,
        tenant=args.tenant,
        client_id=args.client_id,
        flow=flow,
        auth_method=args.auth_method,
        scopes=tuple(dict.fromkeys(scopes)) if args.scope else None,
        resources=tuple(args.resource or ()),
        audience=args.audience,
        token_url=args.token_url,
        authorization_url=args.authorization_url,
        device_url=args.device_url,
        endpoints=pairs(args.endpoint, "--endpoint"),
        redirect_ports=ports(args.redirect_port),
        redirect_uri=args.redirect_uri,
        authorize_params=pairs(args.authorize_param, "--authorize-param"),
        api_url=args.api_url,
        header=args.header,
        prefix=args.prefix,
        check_url=args.check_url,
        expect_account=args.expect_account,
        client_key=args.client_key,
        client_cert=args.client_cert,
    )


def _flow(args: argparse.Namespace) -> Flow:
    """A key file or a secret and no flow means client credentials, unless the provider signs people in with a secret."""
    from my_app.model import Flow

    if args.flow:
        return Flow(args.flow)
    if args.api_key_stdin:
        return Flow.API_KEY
    if args.client_key or (args.client_secret_stdin and args.provider in (None, *_GENERIC)):
        return Flow.CLIENT_CREDENTIALS
    return Flow.AUTO


def _read(ctx: Context, what: str) -> Secret:
    """From standard input; typed without echo when that is a terminal."""
    from my_app.cli.values import checked_secret, secret_from

    if ctx.interactive:
        return checked_secret(ctx.ask(f"{what[0].upper()}{what[1:]}: ", secret=True), what)
    return secret_from(ctx.stdin, what)


def _asked(ctx: Context, profile: Profile) -> tuple[Secret | None, Secret | None]:
    """Client secret or API key that the flow cannot do without, asked when a person is there."""
    from my_app.model import Flow

    if profile.flow in (Flow.API_KEY, Flow.TOKEN):
        if not ctx.interactive:
            raise UsageFault("This account needs its key.", hint="Pipe it in: my-app profile add NAME ... --api-key-stdin < FILE")
        return None, _read(ctx, "API key")
    if profile.flow is Flow.CLIENT_CREDENTIALS and not profile.client_key:
        if not ctx.interactive:
            raise UsageFault(
                "This account needs its client secret.", hint="Pipe it in: my-app profile add NAME ... --client-secret-stdin < FILE"
            )
        return _read(ctx, "client secret"), None
    return None, None
