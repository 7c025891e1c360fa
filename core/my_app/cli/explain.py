"""``my-app explain CODE`` and ``exit-codes``: what went wrong and what to do, without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from my_app.cli.context import Context
    from my_app.cli.parsing import Parser


def configure(command: str, parser: Parser) -> None:
    """``explain CODE`` and ``exit-codes``."""
    if command == "exit-codes":
        parser.set_defaults(run=_exit_codes)
        return
    parser.add_argument("code", metavar="CODE", help="as it stands in an error, e.g. login_expired; or an exit code")
    parser.set_defaults(run=_explain)


def _explain(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.errors import UsageFault
    from my_app.explaining import EXIT_CODES, EXPLANATIONS
    from my_app.text import clean

    code = args.code.strip().lower().replace("-", "_")
    if code.isdigit() and len(code) < 5 and int(code) in EXIT_CODES:
        codes = sorted(name for name, exit_code in exit_of().items() if exit_code == int(code))
        meaning = EXIT_CODES[int(code)]
        lines = [f"Exit code {code}: {meaning}.", *(f"  {name:<20} {EXPLANATIONS[name].meaning}" for name in codes)]
        ctx.result({"exit": int(code), "meaning": meaning, "codes": codes}, "\n".join(lines))
        return 0
    found = EXPLANATIONS.get(code)
    if found is None:
        import difflib

        near = difflib.get_close_matches(code, EXPLANATIONS, n=1)
        raise UsageFault(
            f"“{clean(args.code, 40)}” is not an error code.",
            hint=f"Did you mean: my-app explain {near[0]}" if near else "See: my-app exit-codes",
        )
    exit_code = exit_of()[code]
    text = f"{code} (exit {exit_code})\n{found.meaning}\nWhy: {found.cause}\nWhat to do: {found.fix}"
    ctx.result({"code": code, "exit": exit_code, "meaning": found.meaning, "cause": found.cause, "fix": found.fix}, text)
    return 0


def exit_of() -> dict[str, int]:
    """Every error code with its exit code, from the tree itself."""
    from my_app.errors import MyAppError

    out = {"internal": 1}
    kinds = [MyAppError]
    while kinds:
        kind = kinds.pop()
        out.setdefault(kind.code, kind.exit_code)
        kinds += kind.__subclasses__()
    return out


def _exit_codes(args: argparse.Namespace, ctx: Context) -> int:
    from my_app.explaining import EXIT_CODES

    value = {"exit_codes": [{"exit": code, "meaning": meaning} for code, meaning in EXIT_CODES.items()]}
    ctx.result(value, "\n".join(f"{code:>3}  {meaning}" for code, meaning in EXIT_CODES.items()))
    return 0
