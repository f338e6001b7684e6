"""Commands that only look at clusters or at the state: plan, drift, show."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reconciler import __version__
from reconciler.cli.commands.guarding import verifying
from reconciler.cli.options.drifting import Baseline, Effective, FailOn, Only, Unmanaged, drift_choice
from reconciler.cli.options.fingerprints import (
    Verify,
    WriteFingerprint,
    check_verify_alone,
    write_fingerprint,
)
from reconciler.cli.options.formats import OF_RESULTS, OF_VERIFICATIONS, Formats, MaxSize, Outputs, wanted
from reconciler.cli.options.narrowing import (
    AllowChange,
    AllowDelete,
    Destroy,
    Excludes,
    Json,
    NoDelete,
    OnlySafe,
    RefreshOnly,
    Replaces,
    Takes,
    Targets,
    Undoes,
    allowed,
    check_additive,
    mode_of,
    selection,
)
from reconciler.cli.reporting import Reporting
from reconciler.cli.run import Run
from reconciler.cli.telling import tell, telling_failures
from reconciler.model.failure import ExitCode, Failure
from reconciler.model.plan import Plan

if TYPE_CHECKING:
    from reconciler.app import PlanResult
    from reconciler.model.verdict.value import Verdict
    from reconciler.render.text.lines import Line

_READING = "Reading clusters"


def plan(
    run: Run,
    out: Annotated[
        Path | None, typer.Option("--out", help="Save the plan to this file.", metavar="FILE")
    ] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 2 for changes, 0 for none.")
    ] = False,
    as_json: Json = False,
    formats: Formats = None,
    outputs: Outputs = None,
    max_size: MaxSize = None,
    summary: Annotated[bool, typer.Option("--summary", help="One line per action.")] = False,
    target: Targets = None,
    exclude: Excludes = None,
    replace: Replaces = None,
    take: Takes = None,
    allow_delete: AllowDelete = None,
    allow_change: AllowChange = None,
    no_delete: NoDelete = False,
    only_safe: OnlySafe = False,
    undo: Undoes = None,
    refresh_only: RefreshOnly = False,
    destroy: Destroy = False,
    verify: Verify = None,
    fingerprint_file: WriteFingerprint = None,
) -> int:
    """Show the changes that apply would make, in order and with reasons; writes nothing.

    \b
    Examples:
      reconciler plan
      reconciler plan -out plan.json && reconciler apply plan.json
      reconciler plan --detailed-exitcode --target 'peering.dc1/*'
      reconciler plan --undo
      reconciler plan --verify plan.json
      reconciler plan --format markdown --output comment.md --format sarif --output plan.sarif
    """
    from reconciler import app
    from reconciler.model.verdict.plans import plan_verdict
    from reconciler.render.diagnostics import diagnostics_lines

    mode = mode_of(refresh_only=refresh_only, destroy=destroy, undo=undo)
    if verify is not None:
        chosen = selection(target, exclude, replace, take, undo, no_delete=no_delete, only_safe=only_safe)
        check_verify_alone((mode, chosen, out, fingerprint_file, allow_delete, allow_change))
        shown = wanted(formats, outputs, OF_VERIFICATIONS, as_json=as_json, max_size=max_size)
        return verifying.verify(run, verify, shown)
    asked = wanted(formats, outputs, OF_RESULTS, as_json=as_json, max_size=max_size)
    with Reporting(run, asked, is_drift=mode.value == "refresh-only") as reporting:
        chosen = selection(target, exclude, replace, take, undo, no_delete=no_delete, only_safe=only_safe)
        check_additive(mode, chosen)
        options = dataclasses.replace(run.options(), allowed=allowed(allow_delete, allow_change))
        planned = run.look(app.plan(options, mode, chosen), doing=_READING)
        if out is not None:
            app.save_plan(planned.plan, out)
        if fingerprint_file is not None:
            write_fingerprint(planned.plan, fingerprint_file)
        verdict = plan_verdict(planned.plan, detailed=detailed_exitcode)
        saved = str(out) if out else ""

        def page() -> None:
            _page(run, planned, verdict, summary=summary, saved=saved)
            run.err.lines(diagnostics_lines(planned.warnings))

        return reporting.deliver(
            lambda: _planned_value(run, planned, verdict, saved), page, code=verdict.exit_code
        )


def drift(
    run: Run,
    as_json: Json = False,
    formats: Formats = None,
    outputs: Outputs = None,
    max_size: MaxSize = None,
    target: Targets = None,
    exclude: Excludes = None,
    only: Only = None,
    fail_on: FailOn = None,
    unmanaged: Unmanaged = False,
    effective: Effective = False,
    baseline: Baseline = None,
) -> int:
    """Report changes made outside reconciler, and links that are down; for CI.

    Read-only. Exits 2 for drift or an unhealthy link, 0 for none, 1 if that is unknown.

    \b
    Examples:
      reconciler drift
      reconciler drift --unmanaged --fail-on changed,removed,unmanaged-object
      reconciler drift --json | jq '.drift.items[].address'
      reconciler drift --format junit --output drift.xml
    """
    from reconciler import app
    from reconciler.model.notifying.runs import of_drift
    from reconciler.model.verdict.drifts import drift_verdict
    from reconciler.render.diagnostics import diagnostics_lines

    asked = wanted(formats, outputs, OF_RESULTS, as_json=as_json, max_size=max_size)
    with Reporting(run, asked, is_drift=True) as reporting, telling_failures(run, "drift"):
        choice = drift_choice(only, fail_on, unmanaged=unmanaged, effective=effective, baseline=baseline)
        planned = run.look(app.drift(run.options(), selection(target, exclude), choice), doing=_READING)
        verdict = drift_verdict(planned.plan, planned.drift)

        def page() -> None:
            _page(run, planned, verdict)
            run.err.lines(diagnostics_lines(planned.warnings))

        code = reporting.deliver(lambda: _planned_value(run, planned, verdict), page, code=verdict.exit_code)
    tell(run, of_drift(planned.plan, planned.drift, verdict, planned.configuration))
    return code


def show(
    run: Run,
    planfile: Annotated[
        Path | None, typer.Argument(help="A saved plan; without it: the state.", metavar="PLANFILE")
    ] = None,
    as_json: Json = False,
) -> int:
    """Show a saved plan, or the state.

    \b
    Examples:
      reconciler show plan.json
      reconciler show --json
    """
    from reconciler import app
    from reconciler.render import state as record
    from reconciler.render.plan import page

    with json_failures(run, as_json):
        if planfile is None:
            state = run.look(app.show_state(run.options()))
        else:
            saved = app.load_plan(planfile)
    if planfile is None and as_json:
        run.json(record.state_value(state, __version__))
    elif planfile is None:
        run.out.lines([*record.head_lines(state), *record.state_lines(state, state.resources)])
    elif as_json:
        run.json(_plan_value(saved, stamped=False))
    else:
        run.out.lines([*page.plan_lines(saved), *_approved(run, planfile)])
    return ExitCode.OK


def _approved(run: Run, planfile: Path) -> list[Line]:
    """Return who approved a saved plan; nothing where no one is asked to and no one did."""
    from reconciler import app
    from reconciler.render.plan.approvals import approvals_lines

    try:
        found = app.approvals(run.options(), planfile)
    except Failure as failure:
        return [[f"Approvals: not known: {failure.summary}"]]
    return approvals_lines(found) if found.required or found.given or found.worthless else []


def _page(run: Run, planned: PlanResult, verdict: Verdict, *, summary: bool = False, saved: str = "") -> None:
    """Print a plan for people, and what to run next."""
    from reconciler.render.plan.next_step import next_step
    from reconciler.render.plan.page import plan_lines

    calling = run.calling.knowing(planned.plan)
    shown = calling.plan(planned.plan)
    if planned.drift is not None:
        from reconciler.render.plan.drifted import drift_page

        run.out.lines(drift_page(shown, planned.drift, verdict, elapsed=planned.elapsed))
    else:
        run.out.lines(plan_lines(shown, elapsed=planned.elapsed, summary=summary, verdict=verdict))
    if run.gives_hints:
        run.out.lines(calling.lines(next_step(planned.plan, saved=saved)))


def _planned_value(run: Run, planned: PlanResult, verdict: Verdict, saved: str = "") -> dict[str, Any]:
    """Return the document of a plan that was made just now."""
    from reconciler.render.plan.next_step import next_step
    from reconciler.render.text.lines import paint

    calling = run.calling.knowing(planned.plan)
    step = paint(calling.lines(next_step(planned.plan, saved=saved))).rstrip("\n")
    more: dict[str, Any] = {"warnings": planned.warnings, "verdict": verdict, "drift": planned.drift}
    return _plan_value(planned.plan, **more, next_step=step) | _revision(run)


def _plan_value(plan: Plan, *, stamped: bool = True, **more: Any) -> dict[str, Any]:
    from reconciler.render.plan.as_json import plan_value

    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return plan_value(plan, __version__, timestamp=now if stamped else "", **more)


def _revision(run: Run) -> dict[str, Any]:
    """Return the key `revision`: of the configuration, which a saved plan does not have."""
    from reconciler import app
    from reconciler.render.auditing import revision_value

    return {"revision": revision_value(app.revision(run.options()))}


class json_failures:
    """While open, a failure is also printed to stdout as JSON where JSON was asked for."""

    def __init__(self, run: Run, as_json: bool) -> None:
        self.run = run
        self.as_json = as_json

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self.as_json and isinstance(error, Failure):
            from reconciler.render.plan.as_json import errored_value

            self.run.json(errored_value(self.run.calling.failure(error), __version__))
