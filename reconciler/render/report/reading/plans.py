"""A plan, or a look for drift, as a report."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.verdict.value import Word
from reconciler.render.report.reading.accesses import access_of, policies_of
from reconciler.render.report.reading.changes import address, steps_of
from reconciler.render.report.reading.drifting import drifted_of, ignored_of
from reconciler.render.report.reading.node import Node
from reconciler.render.report.reading.places import place_of
from reconciler.render.report.reading.validations import problems, said
from reconciler.render.report.value import Cluster, Kind, Report, Resource, Said, Undecided


def plan_report(document: Node, source: str, *, is_drift: bool = False) -> Report:
    """Return the report of what `plan --json`, `drift --json` or `show PLANFILE --json` printed."""
    drift = is_drift or document["mode"].text == "refresh-only"
    origins = {name: node.text for name, node in document["origins"].named.items()}
    return Report(
        Kind.DRIFT if drift else Kind.PLAN,
        said(document, _verdict(document)),
        title=_title(document, drift),
        source=source,
        version=document["reconciler_version"].text,
        timestamp=document["timestamp"].text,
        fingerprint=document["fingerprint"].text,
        counts={name: node.number for name, node in document["summary"].named.items()},
        facts=tuple(_facts(document)),
        steps=tuple(steps_of(document)),
        resources=tuple(_resources(document, origins)),
        drifted=tuple(drifted_of(document, origins)),
        undecided=tuple(_undecided(document, origins)),
        problems=problems(document),
        clusters=tuple(_clusters(document)),
        access=access_of(document["access"]),
        policies=tuple(policies_of(document)),
        ignored=tuple(ignored_of(document)),
        limits=tuple(_limits(document)),
        sentences=tuple(_sentences(document)),
        next_step=document["next_step"].text,
        unhealthy=frozenset(item["address"].text for item in document["unhealthy"]),
        peers={name: _texts(others) for name, others in document["peers"].named.items()},
        bodies=tuple(_bodies(document)),
    )


def _title(document: Node, drift: bool) -> str:
    mode = document["mode"].text
    if drift:
        return "drift"
    return {"destroy": "plan to destroy", "rotate": "plan to rotate"}.get(mode, "plan")


def _verdict(document: Node) -> Said:
    """Return the verdict of a document that has none: what it says about itself."""
    if document["errored"].flag:
        return Said(1, Word.ERROR, "No plan could be made.")
    changes = document["applyable"].flag or any(True for _ in document["actions_order"])
    return Said(0, Word.CHANGES, "Changes.") if changes else Said(0, Word.NO_CHANGES, "No changes.")


def _facts(document: Node) -> Iterator[tuple[str, str]]:
    revision, undo = document["revision"], document["undo"]
    if document["serial"].number:
        yield "state", f"serial {document['serial'].number}"
    if revision["commit"].text:
        branch = f" on {revision['branch'].text}" if revision["branch"].text else ""
        dirty = " (with uncommitted changes)" if revision["dirty"].flag else ""
        yield "revision", f"{revision['commit'].text[:12]}{branch}{dirty}"
    if undo.body is not None:
        yield "undo", f"back to serial {undo['serial'].number}"
    if document["requests"].number:
        yield "requests", str(document["requests"].number)


def _resources(document: Node, origins: dict[str, str]) -> Iterator[Resource]:
    for item in document["resource_changes"]:
        name = item["address"].text
        yield Resource(name, address(name).cluster, place_of(origins.get(name, "")))


def _undecided(document: Node, origins: dict[str, str]) -> Iterator[Undecided]:
    for item in document["deferred_changes"]:
        name = item["resource_change"]["address"].text
        yield Undecided(name, item["because"].text, item["hint"].text, place_of(origins.get(name, "")))


def _clusters(document: Node) -> Iterator[Cluster]:
    for name, item in document["clusters"].named.items():
        parts = (item[key].text for key in ("address", "version", "problem", "hint"))
        yield Cluster(name, *parts)


def _limits(document: Node) -> Iterator[str]:
    """Yield what safety checks block, and what lifts that."""
    found = list(document["safety"])
    if document["held_back"].text and not found:
        yield document["held_back"].text
    for item in found:
        flag = f". To allow it once: {item['flag'].text}" if item["flag"].text else ""
        yield f"{item['text'].text or 'a limit is exceeded'}{flag}"


def _sentences(document: Node) -> Iterator[str]:
    if (freeze := document["freeze"]).body is not None:
        until = f" until {freeze['until'].text}" if freeze["until"].text else ""
        yield f"apply is frozen{until}: {freeze['reason'].text or 'no reason is given'}"
    yield from _confirmations(document)
    yield from document["warnings"].texts
    for item in document["notes"]:
        for note in item["notes"].texts:
            yield f"{item['address'].text}: {note}"
    for item in document["left_out"]:
        yield f"left out by {item['option'].text}: {item['address'].text} ({item['because'].text})"
    if missing := len(document["not_recorded"].texts):
        looked = document["looked_at"].number
        yield f"{missing} of {missing + looked} resources are not recorded and were not looked at for drift"
    partly = not document["complete"].flag and not any(True for _ in document["deferred_changes"])
    if partly and not document["errored"].flag:
        yield "the plan is narrowed; there may be more to do than it says"


def _confirmations(document: Node) -> Iterator[str]:
    listed = document["confirm"].texts
    asked = [one["address"].text for one in document["confirmations"] if not one["listed"].flag]
    if asked:
        yield f"to confirm at a terminal, which --auto-approve covers: {', '.join(asked)}"
    if listed:
        yield f"to confirm by address, also with --auto-approve: {', '.join(listed)}"


def _texts(node: Node) -> dict[str, str]:
    return {name: value.text for name, value in node.named.items() if value.text}


def _bodies(document: Node) -> Iterator[tuple[str, object]]:
    """Yield peerings and exports as they are after the plan, and those that go: for the picture."""
    for item in document["resource_changes"]:
        change = item["change"]
        if item["type"].text in ("peering", "exported_services"):
            yield item["address"].text, change["after"].body or change["before"].body
