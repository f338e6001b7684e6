"""Saved plans that somebody rewrote: what they show is what they do, or they are refused before any write."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.app.applying import check_fresh
from reconciler.app.planning.planfile import _checksum
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode, Plan, Selection
from reconciler.model.plan_codec import decode, encode
from reconciler.model.plan_digest import sealed
from tests.support.lab import Lab

# What says nothing about what will be done: see `reconciler.model.plan_digest`.
WITHOUT_MEANING = {"origin", "requests", "hint"}
SAID_OF_QUIET = {
    *("address", "action", "adopt", "reason", "why", "fields", "drift"),
    *("blocked", "marked_by", "notes"),
}


@pytest.fixture
async def plan(lab: Lab) -> Plan:
    """A plan with objects to create, to change, to destroy and to leave alone, and with drift."""
    applied = await lab.apply()
    assert applied.outcome is not None
    assert (applied.outcome.failed, applied.outcome.skipped) == ((), ())
    file = lab.folder / "main.yaml"
    text = file.read_text()
    lab.call(
        "dc1",
        "PUT",
        "/v1/config",
        {"Kind": "service-intentions", "Name": "api", "Sources": [{"Name": "*", "Action": "allow"}]},
    )
    fewer = text.replace(
        "    billing: [billing@dc1]                # when no instance in dc2 is healthy\n", ""
    )
    file.write_text(
        fewer.replace("api: 90, api@dc1: 10", "api: 80, api@dc1: 20")
        + "\nproxy_defaults: {dc1: {mode: transparent}}\n"
    )
    made = await lab.plan()
    assert {change.action.value for change in made.changes} == {"create", "update", "delete", "no-op"}
    return made


def forge(path: Path, value: Any) -> None:
    """Write a plan with a right checksum."""
    path.write_text(json.dumps({"plan": value, "checksum": _checksum(value)}))


def mutations(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every leaf and of every list item."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in items:
        if key in WITHOUT_MEANING:
            continue
        if key == "changes" and isinstance(below, list):
            for number, change in enumerate(below):
                quiet = change["action"] == "no-op" and not change["adopt"]
                kept = {k: v for k, v in change.items() if not quiet or k in SAID_OF_QUIET}
                yield from mutations(kept, (*path, key, number))
            continue
        yield from mutations(below, (*path, key))
    if path and (not items or isinstance(path[-1], int)):
        yield path


def mutated(value: Any, path: tuple[Any, ...]) -> Any:
    """A copy with one leaf altered, or one list item left out."""
    out = copy.deepcopy(value)
    place = out
    for step in path[:-1]:
        place = place[step]
    old = place[path[-1]]
    if isinstance(old, dict | list) and isinstance(place, list):
        del place[path[-1]]
    else:
        place[path[-1]] = _other(old)
    return out


def _other(old: Any) -> Any:
    if isinstance(old, bool):
        return not old
    if isinstance(old, int | float):
        return old + 1
    return f"{old}x" if isinstance(old, str) else "x"


def refused(work: Callable[[], object]) -> Cause | None:
    """Why something was refused, if it was."""
    try:
        work()
    except Failure as failure:
        return failure.cause
    return None


@pytest.mark.long
def test_whatever_was_rewritten_the_file_is_refused_when_it_is_read(plan: Plan, tmp_path: Path) -> None:
    value, file = encode(plan), tmp_path / "plan"
    forge(file, value)
    assert app.load_plan(file) == plan
    paths = list(mutations(value))
    assert len(paths) > 200
    for path in paths:
        forge(file, mutated(value, path))
        assert refused(lambda: app.load_plan(file)) is Cause.BAD_PLAN_FILE, path


@pytest.mark.long
def test_a_forged_plan_with_a_matching_digest_is_stale(plan: Plan) -> None:
    value = encode(plan)
    for path in mutations(value):
        try:
            forged = sealed(decode(mutated(value, path)))
        except (ValueError, TypeError, AttributeError):
            continue
        if path[0] in ("digest", "fingerprint"):
            assert forged == plan  # computed, never believed
            continue
        assert refused(partial(check_fresh, forged, plan)) is Cause.STALE_PLAN, path


async def test_actions_taken_out_of_a_plan_are_not_performed_unseen(lab: Lab, plan: Plan) -> None:
    value, file = encode(plan), lab.folder / "plan"
    value["changes"] = [change for change in value["changes"] if change["action"] == "no-op"]
    forge(file, encode(sealed(decode(value))))
    lab.clear()
    with pytest.raises(Failure) as stale:
        await app.apply(
            lab.options(),
            Mode.NORMAL,
            Selection(),
            approve=lambda planned: True,
            observe=lambda event: None,
            stop=app.Stop(),
            saved=file,
        )
    assert stale.value.cause is Cause.STALE_PLAN
    assert "now part of the plan" in stale.value.detail
    assert lab.writes == []


async def test_planning_the_same_again_gives_the_same_digest(lab: Lab, plan: Plan) -> None:
    again = await lab.plan()
    assert (again.digest, again.fingerprint) == (plan.digest, plan.fingerprint)
    assert len(again.digest) == 64
