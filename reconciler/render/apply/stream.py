"""Machine-readable lines for `apply --json`, after Terraform's UI messages (version 1.3).

Each function gives one JSON value; the caller adds the time and writes it as one line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reconciler.model.change import Action, Change, Interim, Reason
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.event import Event, Failed, Outcome, Progress, Skipped, Started, Succeeded, Unconfirmed
from reconciler.model.failure import Failure
from reconciler.model.guarding.approvals import Approved
from reconciler.model.plan import Deferred, Mode, Plan
from reconciler.model.verdict.applies import apply_verdict
from reconciler.model.verdict.plans import plan_counts
from reconciler.model.verdict.value import Verdict, failure_verdict
from reconciler.render.apply.log import event_line
from reconciler.render.plan.actions import will
from reconciler.render.plan.as_json import interim_value
from reconciler.render.plan.interims import first_action, first_will, until
from reconciler.render.problems import diagnostic_value, failure_value, verdict_value
from reconciler.render.text.lines import Line, paint
from reconciler.sdk.address import Address

UI_VERSION = "1.3"

_WORDS = {
    Action.CREATE: "create",
    Action.UPDATE: "update",
    Action.DELETE: "delete",
    Action.REPLACE: "replace",
    Action.ROTATE: "update",  # Terraform has no word for it; `reason` distinguishes them
    Action.NO_OP: "noop",
    Action.FORGET: "remove",
}

Message = dict[str, Any]


def message(kind: str, text: str, *, level: str = "info", **payload: Any) -> Message:
    """Return the envelope: level, message, module and type, with one payload key."""
    return {"@level": level, "@message": text, "@module": "reconciler.ui", "type": kind, **payload}


def version_message(version: str) -> Message:
    """Return the message that is always the first line."""
    return message("version", f"reconciler {version}", reconciler=version, ui=UI_VERSION)


def diagnostic_message(item: Diagnostic) -> Message:
    """Return the message of a problem in the configuration."""
    label = "Error" if item.is_error else "Warning"
    level = "error" if item.is_error else "warn"
    return message("diagnostic", f"{label}: {item.summary}", level=level, diagnostic=diagnostic_value(item))


def failure_messages(failure: Failure) -> list[Message]:
    """Return every problem that a failure carries, or the failure itself; the last one has the verdict."""
    out = [diagnostic_message(item) for item in failure.diagnostics]
    if not out:
        value = failure_value(failure)
        out = [message("diagnostic", f"Error: {failure.summary}", level="error", diagnostic=value)]
    out[-1]["verdict"] = verdict_value(failure_verdict(failure))
    return out


def plan_messages(plan: Plan) -> list[Message]:
    """Return what drifted, what is planned, what is not decided, and the counts."""
    out = [_drifted(change) for change in plan.drifted]
    for change in plan.changes:
        if change.has_effect:
            out += [_first(change, change.interim)] if change.interim else []
            out.append(_planned(change))
    out += map(_deferred, plan.deferred)
    counts = plan.summary()
    changes = _changes(counts.add, counts.change, counts.destroy, counts.adopt, "plan", counts.interim)
    facts = {"mode": plan.mode.value, "fingerprint": plan.fingerprint, "serial": plan.serial}
    return [*out, message("change_summary", plan_counts(counts), changes=changes, plan=facts)]


def _drifted(change: Change) -> Message:
    word = "delete" if change.drift.deleted else "update"
    text = f"{change.address}: Drift detected ({word})"
    return message("resource_drift", text, change={"resource": _resource(change.address), "action": word})


def _planned(change: Change) -> Message:
    word = "import" if change.action is Action.NO_OP else _WORDS[change.action]
    value: dict[str, Any] = {"resource": _resource(change.address), "action": word}
    if change.reason is not Reason.NONE:
        value["reason"] = change.reason.value
    return message("planned_change", f"{change.address} {will(change)}", change=value)


def _deferred(item: Deferred) -> Message:
    value = {"resource": _resource(item.address), "reason": item.code or "unknown"}
    value |= {"because": item.because, "hint": item.hint}
    text = f"{item.address}: not decided: {item.because}"
    return message("deferred_change", text, level="warn", deferred=value)


def _first(change: Change, interim: Interim) -> Message:
    """Return the message of an interim step: not one of Terraform's, so that it is not counted as
    a change.
    """
    value = {"resource": _resource(change.address), "action": _WORDS[first_action(change, interim)]}
    text = f"{change.address} {first_will(change, interim)} ({until(change, interim)})"
    return message("planned_interim", text, change=value | {"interim": interim_value(interim)})


def event_message(event: Event) -> Message:
    """Return the message of one event of an apply."""
    kind = {
        Started: "apply_start",
        Progress: "apply_progress",
        Succeeded: "apply_complete",
        Failed: "apply_errored",
        Unconfirmed: "apply_unconfirmed",
        Skipped: "apply_skipped",
    }[type(event)]
    hook: dict[str, Any] = {"resource": _resource(event.address), "action": _WORDS[event.action]}
    if isinstance(event, Started | Progress | Succeeded | Failed) and event.interim:
        hook["interim"] = event.interim.value
    if isinstance(event, Failed | Skipped) and event.left:
        hook["left"] = event.left
    if isinstance(event, Progress | Succeeded | Unconfirmed | Failed):
        hook["elapsed_seconds"] = round(event.elapsed, 3)
    if isinstance(event, Failed | Unconfirmed):
        hook["error"] = {"code": event.error.code, "message": event.error.message, "hint": event.error.hint}
    if isinstance(event, Skipped):
        hook |= {"skip_reason": event.reason.value, "because": event.because}
    return message(
        kind,
        _text(event_line(event)),
        level="error" if isinstance(event, Failed | Unconfirmed) else "info",
        hook=hook,
    )


def outcome_message(
    plan: Plan, outcome: Outcome, verdict: Verdict | None = None, approvals: Iterable[Approved] = ()
) -> Message:
    """Return the last line: the counts of what was done, the verdict (the run's, where it is given), and who
    approved the saved plan, if anybody did.
    """
    verdict = verdict or apply_verdict(plan, outcome)
    operation = "destroy" if plan.mode is Mode.DESTROY else "apply"
    numbers = (outcome.added, outcome.changed, outcome.destroyed, outcome.adopted)
    changes = _changes(*numbers, operation, outcome.interim)
    changes |= {"failed": len(outcome.failed), "skipped": len(outcome.skipped)}
    records = {"move": outcome.moved, "forget": outcome.forgotten}
    changes |= {name: number for name, number in records.items() if number}
    if outcome.unconfirmed:
        changes["unconfirmed"] = len(outcome.unconfirmed)
    given = [{"name": item.name, "key": item.key} for item in approvals]
    more: dict[str, Any] = {"approvals": given} if given else {}
    return message("change_summary", verdict.text, changes=changes, verdict=verdict_value(verdict), **more)


def cancelled_message(verdict: Verdict) -> Message:
    """Return the last line of an apply that was not approved."""
    return message("log", verdict.text, level="warn", verdict=verdict_value(verdict))


def note_messages(outcome: Outcome) -> list[Message]:
    """Return what the run has to say besides: what was not confirmed, and notes."""
    return [
        *(event_message(item) for item in outcome.unconfirmed),
        *(message("log", note, level="warn") for note in outcome.notes),
    ]


def _changes(
    add: int, change: int, remove: int, adopt: int, operation: str, interim: int = 0
) -> dict[str, Any]:
    out = {"add": add, "change": change, "import": adopt, "remove": remove, "operation": operation}
    return out | ({"interim": interim} if interim else {})


def _resource(address: Address) -> dict[str, Any]:
    return {
        "addr": str(address),
        "module": "",
        "resource": str(address),
        "resource_type": address.type,
        "resource_name": address.name,
        "resource_key": None,
    }


def _text(line: Line) -> str:
    return paint([line]).rstrip("\n")
