"""What is done to an assembled chain: loops refused, splits of splits made one level, leftovers dropped."""

from __future__ import annotations

from reconciler.emulator.chain.graph import Edge, Node
from reconciler.emulator.chain.headers import merged_split
from reconciler.emulator.forms.convert import single
from reconciler.emulator.forms.normal import scale_weight
from reconciler.emulator.wire.messages import Refusal

Nodes = dict[str, Node]


def refuse_loops(nodes: Nodes, start: str) -> None:
    """Raise the Refusal that names the first loop; servers look at the last way on first."""

    def visit(key: str, path: tuple[str, ...]) -> None:
        if key in path:
            raise Refusal(500, f"detected circular reference: [{' -> '.join([*path, key])}]")
        for edge in reversed(nodes[key].next):
            visit(edge.key, (*path, key))

    visit(start, ())


def flatten(nodes: Nodes) -> None:
    """Put the splits of a splitter that another one leads to in the place of that way on."""
    changed = True
    while changed:
        changed = False
        for node in nodes.values():
            if node.type == "splitter" and any(_to_splitter(edge) for edge in node.next):
                node.next = [part for split in node.next for part in _inner(nodes, split)]
                changed = True


def _to_splitter(edge: Edge) -> bool:
    return edge.key.startswith("splitter:")


def _inner(nodes: Nodes, outer: Edge) -> list[Edge]:
    if not _to_splitter(outer):
        return [outer]
    return [
        Edge(merged_split(outer.definition, inner.definition), inner.key, _part(outer.weight, inner.weight))
        for inner in nodes[outer.key].next
    ]


def _part(outer: float, inner: float) -> float:
    return scale_weight(single(single(single(outer) * single(inner)) / 100)) / 100


def used(nodes: Nodes, start: str) -> Nodes:
    """Return the nodes that the start leads to."""
    found: set[str] = set()
    todo = [start]
    while todo:
        key = todo.pop()
        if key not in found:
            found.add(key)
            todo += [edge.key for edge in nodes[key].next]
    return {key: node for key, node in nodes.items() if key in found}
