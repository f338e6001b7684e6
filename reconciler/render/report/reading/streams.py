"""The lines of an apply, a destroy or a rotation as a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reconciler.model.change import Action, Change, Reason
from reconciler.model.verdict.value import Word
from reconciler.render.report.reading.changes import address, member
from reconciler.render.report.reading.node import Node
from reconciler.render.report.reading.validations import problem, said
from reconciler.render.report.value import Kind, Report, Resource, Said, Step, Undecided

_ACTIONS = {
    "create": Action.CREATE,
    "update": Action.UPDATE,
    "delete": Action.DELETE,
    "replace": Action.REPLACE,
    "import": Action.NO_OP,
    "remove": Action.FORGET,
}
_RESULTS = {
    "apply_complete": "applied",
    "apply_errored": "failed",
    "apply_unconfirmed": "unconfirmed",
    "apply_skipped": "skipped",
}
_CUT = Said(1, Word.ERROR, "The run did not end: its last line is missing.")


def stream_report(messages: Sequence[Mapping[str, Any]], source: str) -> Report:
    """Return the report of the lines. Raises `ValueError` where they are no such lines."""
    lines = [Node(message) for message in messages]
    if not lines or lines[0]["type"].text != "version":
        raise ValueError("it is not what apply --json prints: its first line is no version")
    ended = next((line for line in reversed(lines) if line["verdict"].body is not None), Node(None))
    planned = next((line["plan"] for line in lines if line["plan"].body is not None), Node(None))
    steps = tuple(_steps(lines))
    changes = ended["changes"]
    return Report(
        Kind.APPLY,
        said(ended, _CUT),
        title=_title(lines, planned["mode"].text),
        source=source,
        version=lines[0]["reconciler"].text,
        timestamp=lines[-1]["@timestamp"].text,
        fingerprint=planned["fingerprint"].text,
        counts={name: node.number for name, node in changes.named.items() if name != "operation"},
        facts=tuple(_facts(planned, lines)),
        steps=steps,
        resources=tuple(Resource(str(one.change.address), one.change.address.cluster) for one in steps),
        undecided=tuple(_undecided(lines)),
        problems=tuple(problem(line["diagnostic"]) for line in lines if line["type"].text == "diagnostic"),
        sentences=tuple(line["@message"].text for line in lines if _is_note(line)),
    )


def _undecided(lines: Sequence[Node]) -> Iterator[Undecided]:
    for line in lines:
        item = line["deferred"]
        if line["type"].text == "deferred_change":
            yield Undecided(item["resource"]["addr"].text, item["because"].text, item["hint"].text)


def _is_note(line: Node) -> bool:
    return line["type"].text == "log" and line["verdict"].body is None


def _title(lines: Sequence[Node], mode: str) -> str:
    operations = [line["changes"]["operation"].text for line in lines]
    return "rotate" if mode == "rotate" else "destroy" if "destroy" in operations else "apply"


def _facts(planned: Node, lines: Sequence[Node]) -> Iterator[tuple[str, str]]:
    if planned["serial"].number:
        yield "state", f"planned on serial {planned['serial'].number}"
    for line in lines:
        given = ", ".join(one["name"].text for one in line["approvals"])
        if given:
            yield "approved by", given


def _steps(lines: Sequence[Node]) -> Iterator[Step]:
    """Yield what was planned, in that order, with how it ended; then what ended and was not announced."""
    found: dict[str, Step] = {}
    for line in lines:
        change, hook = line["change"], line["hook"]
        if line["type"].text == "planned_change":
            name = change["resource"]["addr"].text
            found[name] = Step(_change(change, len(found) + 1))
        elif line["type"].text in _RESULTS and not _is_between(line):
            name = hook["resource"]["addr"].text
            known = found.get(name) or Step(_change(hook, len(found) + 1))
            found[name] = _ended(known, line)
    yield from found.values()


def _is_between(line: Node) -> bool:
    """Say whether it is the end of an interim step, after which the object's own change goes on."""
    return bool(line["hook"]["interim"].text) and line["type"].text == "apply_complete"


def _change(item: Node, index: int) -> Change:
    name, word = item["resource"]["addr"].text, item["action"].text
    reason = member(Reason, item["reason"].text, Reason.NONE)
    action = Action.ROTATE if reason is Reason.ROTATION else _ACTIONS.get(word, Action.UPDATE)
    return Change(address(name), action, reason, provider="", index=index, adopt=word == "import")


def _ended(step: Step, line: Node) -> Step:
    hook = line["hook"]
    return replace(
        step,
        result=_RESULTS[line["type"].text],
        message=hook["error"]["message"].text or hook["because"].text,
        hint=hook["error"]["hint"].text,
        seconds=hook["elapsed_seconds"].amount,
    )
