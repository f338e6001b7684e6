"""What every command prints with `--json`: rich samples through the functions that the commands print with,
and the paths of all keys in them."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.cli.commands.version import show_version
from reconciler.cli.terminal.output import Output
from reconciler.model.auditing.entry import Audited, Begun, Break, BrokenLock, Counts, Entry, Signed
from reconciler.model.auditing.origin import Actor, Revision
from reconciler.model.change import Action, FieldChange, Op
from reconciler.model.diagnostic import IgnoredProblem
from reconciler.model.drifting.items import items_of
from reconciler.model.drifting.report import DriftChoice, DriftReport
from reconciler.model.event import Progress, Started, Succeeded, Unconfirmed
from reconciler.model.failure import Cause, Failure
from reconciler.model.guarding.approvals import Approvals, Approved, Worthless
from reconciler.model.guarding.verified import Freshness, Verified
from reconciler.model.ignoring.classes import DriftClass
from reconciler.model.ignoring.rules import Ignored
from reconciler.model.plan import Deferred, PlanVariable, Undo
from reconciler.model.state import Check, Generation, Saved
from reconciler.model.verdict.validations import validation_verdict
from reconciler.model.verdict.verifying import verified_verdict
from reconciler.render import acl_policy, auditing, history, outputs, rebuilt, state, validation_json
from reconciler.render.access.as_json import access_value
from reconciler.render.apply import stream
from reconciler.render.plan import as_json, verified
from reconciler.render.plan.approvals import approvals_value
from reconciler.sdk.errors import Conflict
from reconciler.sdk.foresight import Way
from reconciler.sdk.imports import DialName, Gateway, Import, Importer, ImportState, LocalName
from reconciler.sdk.permissions import Grant
from reconciler.sdk.provider import ClusterInfo, Contact
from reconciler.sdk.secrets.sensitive import Sensitive
from tests.docs.printed import reaching
from tests.support import samples as s
from tests.support.access import samples as access_samples

# Objects that a section of their own explains, by the key that they are under.
SHARED = {
    "resource_changes": "Resource changes", "resource_drift": "Resource changes",
    "diagnostics": "Diagnostics", "diagnostic": "Diagnostics",
    "fields": "Field changes", "interim": "Interim steps",
    "resource": "Resources of lines",
    "verdict": "Verdict",
    "opened": "Paths", "closed": "Paths", "changed": "Paths",
}  # fmt: skip
NAMED = {
    "clusters",
    "counts",
    "origins",
    "peers",
    "peers.*",
    "unknown",
    "variables",
    "access.unknown",
    "drift.counts",
    "drift.items[].contacts",
}  # objects whose keys are names: `*`
OPAQUE = {
    "before", "after", "after_unknown", "before_sensitive", "after_sensitive", "sensitive_values",
    "old", "new", "upstream", "remote_ids",
}  # fmt: skip
REVISION = Revision("1f2e3d4c", "main", True)
ENTRY = Entry(
    (1, 2), "run", "apply", "2026-01-01T00:00:00Z", "ann@ci", Actor("ann", "github", "https://ci/1"),
    REVISION, "0", "lineage", Begun("0123", "4567", (Signed("anna", "SHA256:x"),), "a hotfix"), 1,
    counts=Counts(1), broken_lock=BrokenLock("run", "ben@ci", "apply", "2026-01-01T00:00:00Z"),
)  # fmt: skip
FAILURE = Failure(Cause.CONFIGURATION, "the configuration has 2 errors", diagnostics=s.PROBLEMS)


IGNORED = Ignored(("Meta",), DriftClass.CHANGED, "mesh.*", "the portal writes it")


def plans() -> Iterator[Any]:
    """Yield plans, and what is printed where there is none."""
    several = dataclasses.replace(
        s.EVERYTHING,
        variables=(PlanVariable("dc1", "http://127.0.0.1:8500"),),
        not_recorded=(s.at("mesh.dc1/mesh"),),
        moves=((s.at("mesh.old/mesh"), s.EVERYTHING.changes[0].address),),
        peers={"north": {"sandbox-lab": "lab"}},
        undo=Undo(1, "2026-01-01T00:00:00Z", "ann@ci", "apply"),
    )
    with_access = dataclasses.replace(
        s.FIRST, access=s.REACHED, policies=(s.FOUND,), safety=s.GUARDED, frozen=s.FROZEN
    )
    secret = FieldChange(("Key",), Op.ADD, None, Sensitive("k3y"))
    hidden = dataclasses.replace(s.INTENTIONS, fields=(secret,), unhealthy="no heartbeat")
    for plan in (several, with_access, s.TRANSITION, s.DRIFT_ONLY, s.plan(hidden)):
        yield {
            **as_json.plan_value(plan, "0", timestamp="2026-01-01T00:00:00Z"),
            "revision": auditing.revision_value(REVISION),
        }
    contacts = {"dc1": {Contact.HEARTBEAT: "2026-01-01T00:00:00Z"}}
    item = dataclasses.replace(items_of(s.DRIFT_ONLY)[0], versions=(1, 2), is_new=True, contacts=contacts)
    report = DriftReport((item,), DriftChoice(baseline={}), ignored=((item.address, IGNORED),))
    yield as_json.plan_value(s.DRIFT_ONLY, "0", drift=report)
    located = dataclasses.replace(s.PROBLEMS[0], address="mesh.dc1/mesh")
    yield as_json.errored_value(Failure(Cause.CONFIGURATION, "no", diagnostics=(*s.PROBLEMS, located)), "0")


def messages() -> Iterator[Any]:
    """Yield the lines of an apply."""
    where = s.EXPORTS.address
    lost = Unconfirmed(where, Action.CREATE, 1.0, Conflict("not as written"))
    yield stream.event_message(lost)
    yield {**stream.version_message("0"), "@timestamp": ""}
    yield from stream.failure_messages(FAILURE)
    yield from stream.failure_messages(Failure(Cause.USAGE, "no"))
    for plan in (s.EVERYTHING, s.TRANSITION, s.DRIFT_ONLY):
        yield from stream.plan_messages(plan)
    given = (Approved("anna", "SHA256:7f3a", "p.plan.anna.sig"),)
    yield stream.outcome_message(s.FIRST, s.DONE, approvals=given)
    yield stream.event_message(Started(where, Action.CREATE))
    yield stream.event_message(Progress(where, Action.CREATE, "waits", 1.0))
    yield stream.event_message(Succeeded(where, Action.CREATE, 1.0, "done", Way.WIDEN))
    yield stream.outcome_message(s.FIRST, dataclasses.replace(s.PARTLY, unconfirmed=(lost,)))
    yield stream.outcome_message(s.FIRST, dataclasses.replace(s.DONE, moved=1, forgotten=2))
    for outcome in (s.PARTLY, s.STOPPED, s.BETWEEN, s.WENT):
        yield from map(stream.event_message, (*outcome.failed, *outcome.skipped, *outcome.unconfirmed))
        yield from stream.note_messages(dataclasses.replace(outcome, notes=("a note",)))
        yield stream.outcome_message(s.FIRST, outcome)


def importer() -> dict[str, Importer]:
    """Return a cluster with an import of which everything is known."""
    name = DialName("peer", "api.virtual.dc1.consul", "virtual address", virtual=True)
    one = Import(
        "api", "dc1", "dc1", next(iter(ImportState)), names=(name,), upstream={"name": "api"},
        local_names=(LocalName("api-dc1", "redirect"),), gateway=Gateway(True),
    )  # fmt: skip
    return {"dc2": Importer("dc2", (one,), ClusterInfo("dc2", "", "1.20.0", "x"))}


def others() -> Iterator[tuple[str, Any]]:
    """Yield the values of all other commands, with the section that is about each."""
    yield (
        "validate",
        validation_json.validation_value(
            s.PROBLEMS,
            validation_verdict(s.PROBLEMS, files=3),
            "0",
            ignored=[IgnoredProblem(s.PROBLEMS[0], "it is meant")],
        ),
    )
    old = Verified(Freshness.STALE, "7f3a-91c2-0be4", "0be4-7f3a-91c2", ("the configuration changed",))
    signed = Approved("anna", "SHA256:7f3a", "p.plan.anna.sig")
    known = Approvals(2, (signed,), (Worthless("p.plan.eve.sig", "the key SHA256:91c2 is of no signer"),))
    yield "approve", approvals_value(known, s.FIRST, "0")
    yield "plan verify", verified.verified_value(old, verified_verdict(old), "0")
    yield "state show", state.state_value(s.STATE, "0")
    yield "state list", state.list_value(s.STATE, s.STATE.resources)
    saved = Saved("2026-01-01T00:00:00Z", "ann@ci", "apply", REVISION)
    kept = [Generation(2, 10, saved), Generation(1, 10, problem="it is empty")]
    yield "state history", history.history_value("state", kept)
    yield "audit list", auditing.list_value("state", [ENTRY])
    audited = Audited("state", 2, (Break(1, "it was altered"),), ("a note",), "0" * 64)
    yield "audit verify", auditing.verify_value(audited)
    checks = [Check("state.json", "serial 1"), Check("the mark on dc2", "it cannot be read", unknown=True)]
    yield "state verify", history.verified_value("state", checks, ok=True)
    gone = Deferred(s.at("peering.dc1/dc2"), "dc2 does not answer")
    parts = ([s.at("mesh.dc1/mesh")], [s.at("mesh.dc2/mesh")], [s.EXPORTS], [gone], ["a remark"])
    yield "state rebuild", rebuilt.rebuilt_value(*parts, known=0, serial=1, version="0")
    yield "output", outputs.outputs_value(importer(), "0", live=True)
    yield "access", access_value(access_samples.EVERYTHING)
    yield from reaching.documents()
    grants = {"dc1": [Grant('service "api" { policy = "write" }', ("service_defaults.dc1/api",))]}
    yield "acl-policy, version", {"*": acl_policy.policies_value(grants)["dc1"]}
    text = io.StringIO()
    show_version(Output(text, False), as_json=True)
    yield "acl-policy, version", json.loads(text.getvalue())


def keys() -> set[tuple[str, str]]:
    """Every key that is printed: the section of docs/json.md that is about it, and its path there."""
    printed = [
        *(("plan", value) for value in plans()),
        *(("apply", value) for value in messages()),
        *others(),
    ]
    return {key for section, value in printed for key in paths(section, value)}


def paths(section: str, value: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path of each key: `a.b` for an object in an object, `a[].b` for objects in a list."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            path = f"{prefix}.{'*' if prefix in NAMED else name}".lstrip(".")
            if path != "*":
                yield section, path
            yield from _below(section, name, path, item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from paths(section, item, f"{prefix}[]")


def _below(section: str, name: str, path: str, item: Any) -> Iterator[tuple[str, str]]:
    opaque = name in OPAQUE and not path.startswith("calls[]")
    if opaque or path.endswith("resources[].values"):
        return
    if name in SHARED and not isinstance(item, str | int):
        for one in item if isinstance(item, list | tuple) else [item]:
            yield from paths(SHARED[name], one)
    else:
        yield from paths(section, item, path)
