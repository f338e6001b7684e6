"""Entries with little shorthand: mesh, proxy defaults, service defaults, and raw config entries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.config.clusters.names import did_you_mean, service_hint, service_problem
from reconciler.config.clusters.spec import Item, Spec
from reconciler.config.drafts.draft import RawDraft, ShorthandDraft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.fields.casing import to_consul
from reconciler.config.fields.check import Servers, field_problems
from reconciler.config.fields.known import kinds, of_controllers
from reconciler.config.fields.lookup import get, key_of
from reconciler.config.fields.spelling import twice_spelled
from reconciler.sdk.consul import CONSUL
from reconciler.sdk.consul.entry_kinds import CONFIG_ENTRY, entry_kinds, type_of


def resolve_entries(spec: Spec, drafts: Drafts) -> None:
    """Add drafts of all entries that are declared as they are."""
    makers: dict[str, Callable[[Item[Any], str, Drafts], None]] = {
        "mesh": _mesh,
        "proxy_defaults": _proxy_defaults,
        "service_defaults": _service_defaults,
        "config_entries": _raw,
    }
    for item in spec.sections["config_entries"]:
        kind = item.value.get("Kind", item.value.get("kind"))
        servers = _servers(item, drafts)
        if isinstance(kind, str) and servers.names:
            drafts.problems.extend(field_problems(kind, item.value, item.place, servers))
        else:
            drafts.problems.extend(twice_spelled(item.value, item.place))
    for section, make in makers.items():
        for item in spec.sections[section]:
            for chosen in drafts.cluster_set.above(item):
                make(item, chosen.name, drafts)


def _servers(item: Item[Any], drafts: Drafts) -> Servers:
    """Return the Consul clusters that an entry is for, and the versions that are declared for them."""
    chosen = drafts.cluster_set.above(item)
    clusters = drafts.cluster_set.clusters
    names = tuple(one.name for one in chosen if clusters[one.name].provider == CONSUL)
    return Servers(names, tuple(map(drafts.cluster_set.version, names)))


def _mesh(item: Item[Any], here: str, drafts: Drafts) -> None:
    body = {"Kind": "mesh", **to_consul(item.value or {})}
    drafts.add(ShorthandDraft(drafts.address("mesh", here, "mesh"), body, item.key, item.place))


def _proxy_defaults(item: Item[Any], here: str, drafts: Drafts) -> None:
    body = {"Kind": "proxy-defaults", "Name": "global", **to_consul(item.value or {})}
    drafts.add(ShorthandDraft(drafts.address("proxy_defaults", here, "global"), body, item.key, item.place))


def _service_defaults(item: Item[Any], here: str, drafts: Drafts) -> None:
    problem = service_problem(item.name)
    if problem is not None:
        drafts.problem(item.key, "bad-name", problem, service_hint(item.name))
        return
    body = {"Kind": "service-defaults", "Name": item.name, **to_consul(item.value or {})}
    address = drafts.address("service_defaults", here, item.name)
    drafts.add(ShorthandDraft(address, body, item.key, item.place))


def _raw(item: Item[Any], here: str, drafts: Drafts) -> None:
    entry: Mapping[str, Any] = item.value
    kind = entry.get("Kind", entry.get("kind"))
    if not isinstance(kind, str) or not kind:
        hint = "as in {Kind: service-defaults, Name: api, Protocol: http}"
        drafts.problem(item.place, "missing-key", "a config entry needs a Kind", hint)
        return
    if not _kind_is_sane(kind, item, drafts):
        return
    name = _name(kind, item, here, drafts)
    if name is not None:
        scope = [
            value if isinstance(value, str) else None
            for value in (get(entry, "Partition"), get(entry, "Namespace"))
        ]
        type_ = type_of(kind)
        address = drafts.address(type_, here, f"{kind}/{name}" if type_ == CONFIG_ENTRY else name, *scope)
        drafts.add(RawDraft(address, dict(entry), item.place, item.place))


def _kind_is_sane(kind: str, item: Item[Any], drafts: Drafts) -> bool:
    place = item.place.inner("Kind" if "Kind" in item.value else "kind")
    plain = kind.lower().replace("_", "-")
    if kind != plain or not plain.replace("-", "").isalnum() or not kind.isascii():
        hint = f'did you mean "{plain}"?' if plain in kinds() else did_you_mean(plain, kinds())
        drafts.problem(place, "bad-kind", f"{kind!a} is not a kind", hint)
        return False
    servers = _servers(item, drafts)
    if kind not in kinds() and servers.names:
        hint = f"{did_you_mean(kind, kinds())}; {servers.hint()}"
        summary = f'Consul has no kind "{kind}"'
        drafts.problem(place, "unknown-kind", summary, hint, warning=servers.are_newer)
    if kind in of_controllers() and servers.names:
        hint = "remove it; declare the gateway and the routes that it is made from"
        drafts.problem(place, "unknown-kind", f"only a controller of Consul writes a {kind}", hint)
        return False
    return True


def _name(kind: str, item: Item[Any], here: str, drafts: Drafts) -> str | None:
    """Return the name of an entry in its address, or `None` where it has none that Consul takes."""
    key = key_of(item.value, "Name")
    if kind == "mesh":
        if key is not None:
            hint = "remove it; Consul refuses the key"
            drafts.problem(item.place.key(key), "unknown-key", "a mesh entry has no Name", hint)
            return None
        return "mesh"
    facts = entry_kinds().get(kind)
    partition = get(item.value, "Partition") or drafts.cluster_set.clusters[here].partition
    only = facts.single_name(partition) if facts is not None else None
    name = item.value[key] if key is not None else None
    if not isinstance(name, str) or not name:
        hint = f"Name: {only}" if only else "as in {Kind: service-defaults, Name: api}"
        place = item.place.inner(key) if key is not None else item.place
        drafts.problem(place, "missing-key", f"a {kind} entry needs a Name (text)", hint)
        return None
    problem = service_problem(name)
    if only is not None and name != only:
        problem = f'the {kind} entry is called "{only}", and there is no other'
    if problem is not None:
        drafts.problem(item.place.inner(str(key)), "bad-name", problem, f"write Name: {only}" if only else "")
        return None
    return name
