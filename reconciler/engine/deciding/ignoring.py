"""Ignoring: what a rule of the configuration sets aside of one object, before it is decided on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.engine.bodies.canonical import canonical
from reconciler.engine.bodies.diff import diff
from reconciler.engine.bodies.ignoring import as_live, has_any
from reconciler.engine.bodies.merge import project
from reconciler.engine.deciding.case import Case
from reconciler.model.change import Change, Op
from reconciler.model.ignoring.classes import DriftClass
from reconciler.model.ignoring.rules import Ignored, IgnoreRule, Path, ignored_by, ignoring
from reconciler.sdk.provider import Condition, Present

Body = Mapping[str, Any]


def set_aside(case: Case, body: Body, live: Body) -> dict[str, Any]:
    """Return a declared or recorded body with everything that is ignored as it is live. All canonical."""
    return as_live(case.kind.rule, body, live, case.ignored_paths) if case.ignores else dict(body)


def to_record(case: Case, wanted: Body, live: Body) -> dict[str, Any]:
    """Return what is to be recorded of a declared body: of what is ignored, what was recorded before, because
    it was not applied; of an object that is adopted, our part of what is live.
    """
    rule, recorded = case.kind.rule, case.recorded
    if not case.ignores:
        return dict(wanted)
    if recorded is None:
        return project(rule, wanted, as_live(rule, wanted, live, case.ignored_paths))
    return as_live(rule, wanted, canonical(rule, recorded.body, declared=True), case.ignored_paths)


def noted(change: Change, case: Case) -> Change:
    """Return the change with what is ignored of its object; it is not unhealthy where that is ignored."""
    if not case.ignores or not isinstance(case.live, Present):
        return change
    found = tuple(_found(case, case.live))
    rule = ignoring(case.ignores, case.address, DriftClass.UNHEALTHY) if change.unhealthy else None
    if rule is None:
        return replace(change, ignored=found)
    return replace(change, unhealthy="", ignored=(*found, ignored_by(rule, DriftClass.UNHEALTHY)))


def _found(case: Case, live: Present) -> Iterator[Ignored]:
    """Yield the parts that differ from what is declared, else from what is recorded, and are ignored."""
    rule, ours = case.kind.rule, case.resource or case.recorded
    if ours is None or live.condition not in (Condition.READY, Condition.UNHEALTHY):
        return
    body = canonical(rule, live.body, declared=False)
    mine = canonical(rule, ours.body, declared=True)
    for one in case.ignores:
        depth = max(map(len, one.fields), default=0)
        for item in diff(rule, mine, as_live(rule, mine, body, one.fields)):
            kind = DriftClass.ADDITION if item.op is Op.ADD else DriftClass.CHANGED
            for path in _places(item.path, item.new if item.op is Op.ADD else item.old, depth):
                yield ignored_by(one, kind, path)


def _places(path: Path, value: Any, depth: int) -> Iterator[Path]:
    """Yield the path of each field of a value that only one side has, with at most so many steps: where only
    some fields of an object are ignored, these are what is set aside.
    """
    if len(path) >= depth or not isinstance(value, Mapping) or not value:
        yield path
        return
    for name, item in value.items():
        yield from _places((*path, name), item, depth)


def is_used(rule: IgnoreRule, case: Case) -> bool:
    """Say whether a rule is about anything that the object has: as declared, as recorded or live."""
    if rule.classes:
        return True
    bodies = [one.body for one in (case.resource, case.recorded) if one is not None]
    live = case.live.body if isinstance(case.live, Present) else None
    return any(
        has_any(case.kind.rule, canonical(case.kind.rule, body, declared=body is not live), rule.fields)
        for body in (*bodies, *([live] if live is not None else []))
    )
