"""Intentions: the shorthand -> service-intentions, with `@cluster` bound to the peer's local name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.config.clusters.names import service_hint, service_problem
from reconciler.config.clusters.spec import Item, Spec
from reconciler.config.drafts.draft import ShorthandDraft, parts_of
from reconciler.config.drafts.refs import Binder, Ref
from reconciler.config.fields.casing import to_consul
from reconciler.config.text.document import Place

if TYPE_CHECKING:
    from reconciler.config.language.intentions import Intentions, IntentionsTo, Source

    Entry = tuple[Ref, Source, Place]


def resolve_intentions(spec: Spec, binder: Binder) -> None:
    """Add drafts of all declared destinations."""
    cluster_set = binder.drafts.cluster_set
    for item in spec.intentions:
        for chosen in cluster_set.above(item):
            _destination(item, chosen.name, binder)


def _destination(item: Item[Intentions], here: str, binder: Binder) -> None:
    problem = service_problem(item.name)
    if problem is not None:
        binder.drafts.problem(item.key, "bad-name", problem, service_hint(item.name))
        return
    long = item.value if not isinstance(item.value, list) else None
    listed = item.value if isinstance(item.value, list) else item.value.sources
    place = item.place.inner("sources") if long is not None else item.place
    entries = _exact(
        [entry for n, source in enumerate(listed) for entry in _sources(n, source, here, place, binder)],
        binder,
    )
    body = _entry(item.name, entries, long)
    draft = ShorthandDraft(
        binder.drafts.address("service_intentions", here, item.name),
        body,
        item.key,
        item.place,
        shared=long is not None and long.shared,
        protect=long is not None and long.protect,
        scoped=any(source.namespace or source.partition for _, source, _ in entries),
        parts=parts_of("Sources", [where for _, _, where in entries]),
    )
    if not listed:
        hint = "remove the destination to remove its intentions, or list a source"
        binder.drafts.problem(item.key, "no-sources", "an intention needs a source", hint)
    binder.drafts.add(draft)


def _entry(name: str, entries: list[Entry], long: IntentionsTo | None) -> dict[str, Any]:
    body: dict[str, Any] = {
        "Kind": "service-intentions",
        "Name": name,
        "Sources": [_body(ref, source) for ref, source, _ in entries],
    }
    if long is not None and long.jwt is not None:
        body["JWT"] = to_consul(long.jwt.model_dump(exclude_unset=True))
    if long is not None and long.meta:
        body["Meta"] = long.meta
    return body


def _sources(number: int, source: Source, here: str, place: Place, binder: Binder) -> list[Entry]:
    where = place.inner(number)
    who = source.from_
    if isinstance(who, str):
        return [(ref, source, where) for ref in binder.bind(who, here, where.inner("from"))]
    return [
        (ref, source, where)
        for position, text in enumerate(who)
        for ref in binder.bind(text, here, where.inner("from", position))
    ]


def _exact(entries: list[Entry], binder: Binder) -> list[Entry]:
    """Return each source once: what is written by name wins over a group, and a group over `@*`."""
    kept: dict[tuple[object, ...], Entry] = {}
    for entry in sorted(entries, key=_rank):
        ref, source, _ = entry
        given = (source.namespace or ref.namespace, source.partition or ref.partition)
        first = kept.setdefault((ref.service, ref.peer, *given), entry)
        if first is not entry and ref.rank == 0:
            related = ((first[0].place.position, "first here"),)
            who = ref.service if ref.is_local else f"{ref.service}@{ref.cluster}"
            summary = f'the source "{who}" is listed twice'
            binder.drafts.problem(ref.place, "duplicate-source", summary, "merge the two", related=related)
    if len(kept) == len(entries):
        return entries
    wanted = {id(entry) for entry in kept.values()}
    return [entry for entry in entries if id(entry) in wanted]


def _rank(entry: Entry) -> int:
    return entry[0].rank


def _body(ref: Ref, source: Source) -> dict[str, Any]:
    out: dict[str, Any] = {"Name": ref.service, **ref.scope()}
    if source.action is not None:
        out["Action"] = source.action
    if source.description is not None:
        out["Description"] = source.description
    if source.namespace is not None:
        out["Namespace"] = source.namespace
    if source.partition is not None:
        out["Partition"] = source.partition
    if source.permissions:
        out["Permissions"] = to_consul(
            [permission.model_dump(exclude_unset=True) for permission in source.permissions]
        )
    return out
