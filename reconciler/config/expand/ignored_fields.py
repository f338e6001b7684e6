"""Fields of ignore rules that no object of the rule can have: they are misspelled and ignore nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.config.clusters.declared import ClusterSet
from reconciler.config.clusters.spec import Item
from reconciler.config.drafts.draft import Draft, GenericDraft
from reconciler.config.fields.check import Servers, nearest
from reconciler.config.fields.paths import parse_path
from reconciler.config.fields.stray import Stray, stray_step
from reconciler.config.text.document import Step
from reconciler.model.diagnostic import Diagnostic
from reconciler.sdk.consul.entry_kinds import kind_of
from reconciler.sdk.globs import matches


def unknown_fields(
    item: Item[dict[str, Any]],
    addresses: tuple[str, ...],
    texts: Mapping[str, Draft],
    clusters: ClusterSet,
) -> Iterator[Diagnostic]:
    """Yield each field of a rule that none of the kinds of its objects has. `texts` are the drafts by
    address. Nothing is said where a kind is not known, or is another provider's.
    """
    fields = item.value.get("fields") or ()
    found = [draft for text, draft in texts.items() if any(matches(glob, text) for glob in addresses)]
    servers = _servers(found, clusters)
    if not fields or not servers.names or any(isinstance(draft, GenericDraft) for draft in found):
        return
    kinds = sorted({kind_of(draft.address.type, draft.address.name) for draft in found})
    for number, text in enumerate(fields):
        path = parse_path(text)
        stray = _stray(kinds, path) if path is not None else None
        if stray is not None:
            place = item.place.inner("fields").inner(number)
            hint = f"{nearest(stray.step, stray.shape)}; {servers.hint()}"
            summary = f"{_owner(kinds, stray)} field {stray.step!a}: this ignores nothing"
            yield place.problem("unknown-field", summary, hint, warning=servers.are_newer)


def _stray(kinds: list[str], path: tuple[Step, ...]) -> Stray | None:
    """Return what is wrong with a path by the kind that has the most of it; `None` where one has it all."""
    found = [stray_step(kind, path) for kind in kinds]
    wrong = [stray for stray in found if stray is not None]
    return max(wrong, key=lambda stray: len(stray.inside)) if len(wrong) == len(found) else None


def _owner(kinds: list[str], stray: Stray) -> str:
    inside = f" {'.'.join(stray.inside)}" if stray.inside else ""
    return f"{kinds[0]}{inside} has no" if len(kinds) == 1 else f"none of {', '.join(kinds)} has a"


def _servers(drafts: list[Draft], clusters: ClusterSet) -> Servers:
    declared = clusters.clusters
    names = tuple(name for name in dict.fromkeys(one.address.cluster for one in drafts) if name in declared)
    return Servers(names, tuple(map(clusters.version, names)))
