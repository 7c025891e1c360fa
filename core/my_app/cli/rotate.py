"""``my-app rotate``: replace a key or secret step by step, resumable and undoable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from my_app.cli.common import stored_profile_of, takes_profile

if TYPE_CHECKING:
    import argparse

    from my_app.cli.context import Context
    from my_app.cli.parsing import Parser
    from my_app.rotation import Progress, RotationPlan


def configure(command: str, parser: Parser) -> None:
    """``rotate [PROFILE] [--resume | --rollback] [--yes]``."""
    takes_profile(parser)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--resume", action="store_true", help="finish a rotation that was cut")
    how.add_argument("--rollback", action="store_true", help="return to the old secret and delete the new one")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, ctx: Context) -> int:
    """Tells the plan, asks, and reports every step on standard error."""
    from my_app.errors import UsageFault
    from my_app.rotation import StepState
    from my_app.text import clean

    name = stored_profile_of(args, ctx)
    rotations = ctx.services.rotations
    plan = rotations.plan(name)
    if plan.interrupted_at and not (args.resume or args.rollback):
        raise UsageFault(
            f"A rotation of {clean(name)} was cut at “{_words(plan.interrupted_at.value)}”. {clean(plan.note, 400)}".rstrip(),
            hint=f"Finish it with: my-app rotate {clean(name)} --resume   or go back with: my-app rotate {clean(name)} --rollback",
        )
    if not args.yes and not (args.resume or args.rollback) and not _agreed(plan, ctx):
        raise UsageFault("Nothing was changed.", hint="Type yes, or use --yes.")

    def watch(progress: Progress) -> None:
        if not ctx.json and progress.state is not StepState.RUNNING:
            detail = f"  {clean(progress.detail)}" if progress.detail else ""
            ctx.note(f"{_words(progress.step.value):<12}{progress.state.value}{detail}")

    act = rotations.resume if args.resume else rotations.rollback if args.rollback else rotations.rotate
    done = act(name, watch=watch)
    value = {
        "profile": done.profile,
        "old_revoked": done.old_revoked,
        "rolled_back": done.rolled_back,
        "detail": done.detail,
    }
    if ctx.json:
        ctx.result(value, "")
    else:
        ctx.note(f"{clean(name)}: {clean(done.detail, 400)}")
    return 0


def _agreed(plan: RotationPlan, ctx: Context) -> bool:
    from my_app.errors import UsageFault
    from my_app.text import clean

    if not ctx.interactive:
        raise UsageFault(f"This would replace the {plan.what} of {clean(plan.profile)}.", hint="Say that you mean it with --yes.")
    ctx.note(f"This replaces the {plan.what} of {clean(plan.profile)}: {', '.join(_words(step.value) for step in plan.steps)}.")
    if plan.warning:
        ctx.note(clean(plan.warning, 400))
    return ctx.confirm("")


def _words(step: str) -> str:
    return step.replace("_", " ")
