"""Graph: all edges together, free of cycles; a cycle that the user wrote is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from reconciler.config.drafts.draft import GenericDraft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.links import Links
from reconciler.config.edges import Edges
from reconciler.sdk.address import Address

_CHAINS = frozenset({"service_resolver", "service_splitter", "service_router"})
_MAX_CYCLES = 20  # to name; the rest shows when these are gone


def dependencies(drafts: Drafts, links: Links) -> dict[Address, tuple[Address, ...]]:
    """Return for each draft what must exist before it. Report a cycle of references as a problem."""
    edges = Edges(drafts, links)
    out = {draft.address: edges.of(draft) for draft in drafts}
    generic = (draft for draft in drafts if isinstance(draft, GenericDraft))
    out |= {draft.address: tuple(sorted(set(draft.depends_on))) for draft in generic if draft.depends_on}
    for draft in drafts:
        for wanted in edges.soft(draft):
            if not _reaches(out, wanted, draft.address):  # of two that want each other first, none is
                out[draft.address] = tuple(sorted({*out[draft.address], wanted}))
    _name_cycles(drafts, out)
    return out


def _reaches(graph: Mapping[Address, tuple[Address, ...]], start: Address, goal: Address) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        if here == goal:
            return True
        fresh = [address for address in graph.get(here, ()) if address not in seen]
        seen.update(fresh)
        waiting.extend(fresh)
    return False


def _name_cycles(drafts: Drafts, graph: Mapping[Address, tuple[Address, ...]]) -> None:
    written = {address for address in graph if _is_written(drafts, address)}
    part = {
        address: [need for need in needs if need in written]
        for address, needs in graph.items()
        if address in written
    }
    for _ in range(_MAX_CYCLES):
        try:
            TopologicalSorter(part).prepare()
            return
        except CycleError as error:
            cycle: list[Address] = list(reversed(error.args[1]))
            _report(drafts, cycle)
            part[cycle[0]].remove(cycle[1])  # to find the next one


def _is_written(drafts: Drafts, address: Address) -> bool:
    """Say whether the user chose what a resource refers to, so that it may be part of a cycle."""
    return address.type in _CHAINS or isinstance(drafts.by_address[address], GenericDraft)


def _report(drafts: Drafts, cycle: Sequence[Address]) -> None:
    draft = drafts.by_address[cycle[0]]
    if isinstance(draft, GenericDraft):
        path = " -> ".join(map(str, cycle))
        hint = "remove one of these references, or a depends_on"
        drafts.problem(draft.key, "cycle", f"dependency cycle: {path}", hint)
        return
    path = " -> ".join(str(address) for address in cycle)
    related = tuple((drafts.by_address[address].key.position, str(address)) for address in cycle[1:-1])
    hint = "Consul refuses such a cycle; let one of them point elsewhere"
    drafts.problem(draft.key, "cycle", f"dependency cycle: {path}", hint, related=related)
