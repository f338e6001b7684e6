"""Planner behaviour as data: each file under tests/cases/plan is one situation and the plan it must give.

A case has `desired`, `recorded` and `live` objects (address -> body, or {body, needs, protect, ...}),
clusters that are `down`, a `mode`, and what is expected: `actions` as `VERB ADDRESS [reason]` in order,
`fields` per address, `drift`, `deferred`, `blocked`, `unmanaged`, `notes`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.model.change import Change, FieldChange
from reconciler.model.plan import Mode, Plan, Selection
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Condition
from tests.support import yaml_files
from tests.support.memory import MemoryServers
from tests.support.plans import desired, plan, recorded, resource, state

CASES = sorted((Path(__file__).parents[2] / "cases" / "plan").glob("*.yaml"))


def _spec(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) and "body" in value else {"body": value or {}}


def _world(case: dict[str, Any]) -> MemoryServers:
    world = MemoryServers()
    for address, value in (case.get("live") or {}).items():
        spec = _spec(value)
        world.put(address, spec["body"])
        if "condition" in spec:
            where = Address.parse(address)
            world.conditions[where] = (Condition(spec["condition"]), spec.get("why", ""))
    world.down = set(case.get("down", ()))
    return world


def _objects(make: Any, section: dict[str, Any] | None) -> list[Any]:
    out = []
    for address, value in (section or {}).items():
        spec = dict(_spec(value))
        body, needs = spec.pop("body"), tuple(spec.pop("needs", ()))
        out.append(make(address, body, needs, **spec))
    return out


def _field(item: FieldChange) -> str:
    where = ".".join(str(part) for part in item.path)
    return f"{where}: {item.old!r} -> {item.new!r}" + (" !" if item.forces_replacement else "")


def _drifted(change: Change) -> list[str]:
    if change.drift.deleted:
        return ["deleted"]
    return [change.drift.broken] if change.drift.broken else [_field(item) for item in change.drift.fields]


def _seen(found: Plan) -> dict[str, Any]:
    changes = {str(change.address): change for change in found.changes}
    out: dict[str, Any] = {
        "actions": [f"{c.action.value} {c.address} [{c.reason.value}]" for c in found.actions],
        "forget": [name for name, c in changes.items() if c.action.value == "forget"],
        "adopt": [name for name, c in changes.items() if c.adopt],
        "fields": {name: [_field(item) for item in c.fields] for name, c in changes.items() if c.fields},
        "drift": {name: _drifted(c) for name, c in changes.items() if c.drift},
        "deferred": {str(d.address): d.because for d in found.deferred},
        "blocked": {name: str(c.blocked) for name, c in changes.items() if c.blocked},
        "unmanaged": {
            name: [".".join(path) for path in c.unmanaged] for name, c in changes.items() if c.unmanaged
        },
        "unhealthy": {name: c.unhealthy for name, c in changes.items() if c.unhealthy},
        "notes": {name: list(c.notes) for name, c in changes.items() if c.notes},
        "after": {name: c.after for name, c in changes.items() if c.is_action},
        "waits": {name: [str(a) for a in c.waits_for] for name, c in changes.items() if c.waits_for},
    }
    return out


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
async def test_plan_case(path: Path) -> None:
    case = yaml_files.read(path.read_text())
    selection = Selection(**{name: tuple(globs) for name, globs in case.get("selection", {}).items()})

    found = await plan(
        _world(case),
        desired(*_objects(resource, case.get("desired"))),
        state(*_objects(recorded, case.get("recorded"))),
        Mode(case.get("mode", "normal")),
        selection,
    )

    seen, expected = _seen(found), case["expect"]
    assert {name: seen[name] for name in expected} == expected
    silent = {"fields", "after", "waits"}
    assert {name: value for name, value in seen.items() if name not in expected and name not in silent} == {
        name: type(seen[name])() for name in seen if name not in expected and name not in silent
    }
