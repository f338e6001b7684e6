"""What a report finds wrong, each with a rule, a place and a digest that stays: for SARIF and its like."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from reconciler.render.report.reading.drifting import CLASSES
from reconciler.render.report.value import Drifted, Kind, Level, Place, Problem, Report, Step
from reconciler.sdk.dataclass import dataclass

FALLBACK = Place("reconciler.yaml")
"""Where a finding is shown that has no place: removed objects are declared nowhere."""

NO_MESSAGE = "(no message)"
"""What stands for a text of nothing but white space: SARIF and GitLab refuse an empty one."""

_DRIFT_LEVELS = {
    "unhealthy": Level.ERROR,
    "not-effective": Level.ERROR,
    "unmanaged-object": Level.NOTE,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `rule` is a stable id, `digest` (hex) the same for the same finding in a later run: it
    does not depend on lines. `subject` is an address, or empty.
    """

    rule: str
    level: Level
    text: str
    digest: str
    hint: str = ""
    subject: str = ""
    place: Place | None = None
    related: tuple[tuple[Place, str], ...] = ()
    is_new: bool | None = None


def findings(report: Report) -> list[Finding]:
    """Return all findings of a report, each digest once."""
    found = list(_all(report))
    seen: dict[str, int] = {}
    out = []
    for one in found:
        number = seen[one.digest] = seen.get(one.digest, 0) + 1
        out.append(one if number == 1 else _again(one, number))
    return out


def _all(report: Report) -> Iterator[Finding]:
    yield from map(_problem, report.problems)
    yield from map(_drifted, report.drifted)
    for step in report.steps:
        yield from _step(step, report.kind)
    for policy in report.policies:
        result = "broken" if policy.is_broken else "undecided"
        level = Level.ERROR if policy.is_broken else Level.WARNING
        reason = f" ({policy.reason})" if policy.reason else ""
        because = f": {policy.because}" if policy.because else ""
        text = f"{policy.policy}{reason}: {policy.path}{because}"
        yield _finding(f"policy-{result}", level, text, policy.path, place=policy.place, key=policy.policy)
    for one in report.undecided:
        yield _finding(
            "undecided", Level.WARNING, f"{one.address} is not decided: {one.because}", one.address,
            hint=one.hint, place=one.place,
        )  # fmt: skip
    for cluster in report.clusters:
        if cluster.problem:
            said = cluster.problem.startswith(cluster.name)
            text = cluster.problem if said else f"{cluster.name} did not answer: {cluster.problem}"
            yield _finding("unreachable", Level.WARNING, text, cluster.name, hint=cluster.hint)
    for limit in report.limits:
        yield _finding("safety-limit", Level.ERROR, limit, "", key=limit)


def _problem(item: Problem) -> Finding:
    where = item.place.file if item.place is not None else ""
    detail = f"\n{item.detail}" if item.detail else ""
    return _finding(
        item.rule, item.level, f"{item.summary}{detail}", item.address, hint=item.hint, place=item.place,
        key=f"{where}\n{item.summary}", related=item.related,
    )  # fmt: skip


def _drifted(item: Drifted) -> Finding:
    level = _DRIFT_LEVELS.get(item.kind, Level.WARNING)
    found = _finding(f"drift-{item.kind}", level, drift_text(item), item.address, place=item.place)
    return Finding(
        found.rule, level, found.text, item.id or found.digest, subject=item.address, place=item.place,
        is_new=item.is_new,
    )  # fmt: skip


def drift_text(item: Drifted) -> str:
    """Return one difference as a sentence: `mesh.dc1/mesh: changed by hand: Meta.a: "1" -> "2"`."""
    what = CLASSES.get(item.kind, item.kind)
    path = f": {item.path}" if item.path else ""
    values = f"{': ' if path else ' '}{item.old or '(absent)'} -> {item.new or '(absent)'}"
    because = f": {item.because}" if item.because and not path else ""
    return f"{item.address}: {what}{path}{values if item.old or item.new else ''}{because}"


def _step(step: Step, kind: Kind) -> Iterator[Finding]:
    change, name = step.change, str(step.change.address)
    if change.blocked is not None and step.interim is None:
        text = f"{name}: {change.action.value} is blocked: {change.blocked.text}"
        rule = f"blocked-{change.blocked.kind.value.replace('_', '-')}"
        yield _finding(rule, Level.ERROR, text, name, place=step.place)
    if kind is Kind.APPLY and step.result in ("failed", "unconfirmed", "skipped"):
        level = Level.WARNING if step.result == "skipped" else Level.ERROR
        text = f"{name}: {change.action.value} {step.result}: {step.message}"
        yield _finding(f"apply-{step.result}", level, text, name, hint=step.hint, place=step.place)


def _finding(rule: str, level: Level, text: str, subject: str, *, key: str = "", **more: object) -> Finding:
    digest = hashlib.sha256(f"{rule}\n{subject}\n{key}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return Finding(rule, level, text, digest, subject=subject, **more)  # type: ignore[arg-type]


def _again(one: Finding, number: int) -> Finding:
    digest = hashlib.sha256(f"{one.digest}\n{number}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return Finding(
        one.rule, one.level, one.text, digest, one.hint, one.subject, one.place, one.related, one.is_new
    )


def place_of_finding(found: Finding, report: Report) -> Place:
    """Return where to show a finding: its place, else the file of a resource of its cluster, else of any."""
    if found.place is not None:
        return found.place
    cluster = found.subject.partition(".")[2].partition("/")[0].partition(":")[0] or found.subject
    near = [one.place for one in report.resources if one.cluster == cluster and one.place is not None]
    place = next(iter([*near, *report.places]), FALLBACK)
    return Place(place.file)
