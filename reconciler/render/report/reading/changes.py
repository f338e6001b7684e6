"""The steps of a plan, from its document: changes as the model has them, to be shown as in text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, TypeVar

from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Action, Change, FieldChange, Interim, Op, Reason
from reconciler.render.report.reading.node import Node
from reconciler.render.report.reading.places import place_of
from reconciler.render.report.value import Risked, Step
from reconciler.render.text.lines import count
from reconciler.render.text.values import Verbatim
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Way
from reconciler.sdk.secrets.secret import MASK

E_ = TypeVar("E_", bound=Enum)


def steps_of(document: Node) -> list[Step]:
    """Return the steps in order of execution."""
    bodies = {item["address"].text: item["change"] for item in document["resource_changes"]}
    found = [step for item in document["actions_order"] for step in _steps(item, bodies)]
    return sorted(found, key=lambda step: step.index)


def _steps(item: Node, bodies: Mapping[str, Node]) -> Iterator[Step]:
    change = _change(item, bodies.get(item["address"].text, Node(None)))
    place = place_of(item["origin"].text)
    if change.interim is not None:
        yield Step(change, change.interim, place=place)
    yield Step(change, risk=risked(item["access"]), place=place)


def _change(item: Node, body: Node) -> Change:
    forced = {tuple(map(_part, path)) for path in body["replace_paths"]}
    blocked = item["blocked"].text
    kind = member(BlockKind, item["blocked_kind"].text, BlockKind.DEPENDENCY)
    return Change(
        address(item["address"].text),
        member(Action, item["action"].text, Action.UPDATE),
        member(Reason, item["reason"].text, Reason.NONE),
        item["why"].text,
        provider="",
        before=_body(body["before"]),
        after=_body(body["after"]),
        fields=tuple(field_change(one, forced) for one in item["fields"]),
        unmanaged=tuple(tuple(str(part.raw) for part in path) for path in item["unmanaged"]),
        blocked=Block(kind, blocked) if blocked else None,
        required_by=tuple(map(address, item["required_by"].texts)),
        adopted=item["adopted"].flag,
        index=max(item["index"].number, 0),
        interim=_interim(item["interim"]),
    )


def _interim(item: Node) -> Interim | None:
    if item.body is None:
        return None
    return Interim(
        member(Way, item["way"].text, Way.WIDEN),
        max(item["index"].number, 0),
        after=_body(item["after"]),
        fields=tuple(field_change(one) for one in item["fields"]),
        why=item["why"].text,
        meanwhile=item["meanwhile"].text,
        opens=item["opens"].flag,
        cuts=item["cuts"].flag,
    )


def field_change(item: Node, forced: set[tuple[str | int, ...]] | None = None) -> FieldChange:
    """Return a change of one field; those of `forced` cannot be made in place."""
    path = tuple(map(_part, item["path"]))
    op = member(Op, item["op"].text, Op.CHANGE)
    return FieldChange(path, op, veiled(item["old"].raw), veiled(item["new"].raw), path in (forced or ()))


def _part(node: Node) -> str | int:
    return node.number if isinstance(node.raw, int) else str(node.raw)


def _body(node: Node) -> Mapping[str, Any] | None:
    found = veiled(node.body)
    return found if isinstance(found, Mapping) else None


def veiled(value: Any) -> Any:
    """Return a value in which a masked value is shown as text shows it: without quotes."""
    if isinstance(value, str):
        return Verbatim(value) if value == MASK else value
    if isinstance(value, Mapping):
        return {str(name): veiled(item) for name, item in value.items()}
    return [veiled(item) for item in value] if isinstance(value, list) else value


def member(kind: type[E_], value: str, otherwise: E_) -> E_:
    """Return the member of a value; a value that this version does not know is `otherwise`."""
    return next((one for one in kind if one.value == value), otherwise)


def address(text: str) -> Address:
    """Return an address, also for a text that is none: it is shown as it is."""
    try:
        return Address.parse(text)
    except ValueError:
        return Address("", "", text)


def risked(item: Node) -> Risked:
    """Return what an action does to access, as words."""
    would = "would " if item["would"].flag else ""
    verbs = ("breaks", "closes", "opens", "changes")
    parts = [
        f"{would}{verb.removesuffix('s') if would else verb} {count(item[verb].number, 'path')}"
        for verb in verbs
        if item[verb].number
    ]
    if item["meanwhile"].number:
        parts.insert(0, f"takes down {count(item['meanwhile'].number, 'path')} for a while")
    done = (0, 0) if would else (item["breaks"].number, item["meanwhile"].number)
    return Risked(item["risk"].text or "none", ", ".join(parts), item["paths"].texts, *done)
