"""Items of keyed lists as lines: the sources of an intention, the services of an export."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from reconciler.render.text.peers import Peers
from reconciler.render.text.values import leaf_texts, value_text
from reconciler.sdk.address import Address
from reconciler.sdk.consul.entry_kinds import entry_kinds, kind_of

Item = Mapping[str, Any]


class ItemText(NamedTuple):
    """An item for people: what it is known by, what it says in a few words, and further lines."""

    label: str
    summary: str
    details: tuple[str, ...] = ()


class Listing(NamedTuple):
    """How a type's list is shown: its field, the word for an item, and the item's text."""

    container: str
    noun: str
    text: Callable[[Peers, str, Item], ItemText]


_KEY = ("Name", "Peer", "SamenessGroup", "Partition", "Namespace")


def item_key(item: Item) -> tuple[str, ...]:
    """Return what identifies an item in both lists."""
    return tuple(str(item.get(name) or "") for name in _KEY)


def _label(peers: Peers, cluster: str, item: Item) -> str:
    label = peers.service(cluster, str(item.get("Name", "")), str(item.get("Peer") or ""))
    for name, word in (("SamenessGroup", "group"), ("Partition", "partition"), ("Namespace", "namespace")):
        if item.get(name):  # what only repeats the object's own place is not in a body
            label += f" {word}={item[name]}"
    return label


_SOURCE = frozenset({"Name", "Peer", "SamenessGroup", "Partition", "Namespace", "Action", "Permissions"})


def _source(peers: Peers, cluster: str, item: Item) -> ItemText:
    rules = _items(item.get("Permissions"))
    rest = leaf_texts(
        {key: value for key, value in item.items() if (key, value) != ("Type", "consul")}, without=_SOURCE
    )
    summary = f"{len(rules)} rule{'s' if len(rules) > 1 else ''}" if rules else str(item.get("Action", ""))
    return ItemText(_label(peers, cluster, item), summary, (*map(_permission, rules), *rest))


def _permission(rule: Item) -> str:
    """Return `allow  GET,HEAD /quote*`, and what else the rule asks for."""
    http = rule.get("HTTP")
    http = http if isinstance(http, Mapping) else {}
    methods = http.get("Methods")
    words = [",".join(map(str, methods))] if isinstance(methods, Sequence) and methods else []
    words.append(_path(http))
    words += [f"{key} {value_text(value)}" for key, value in http.items() if key not in _HTTP]
    words += [f"{key} {value_text(value)}" for key, value in rule.items() if key not in ("Action", "HTTP")]
    return f"{rule.get('Action', '')!s:<5}  {' '.join(words)}"


_HTTP = frozenset({"Methods", "PathExact", "PathPrefix", "PathRegex"})


def _path(http: Item) -> str:
    if http.get("PathExact"):
        return str(http["PathExact"])
    if http.get("PathRegex"):
        return f"~ {http['PathRegex']}"
    return f"{http.get('PathPrefix') or '/'}*"


def _service(peers: Peers, cluster: str, item: Item) -> ItemText:
    names = consumers(peers, cluster, item)
    rest = leaf_texts(item, without=frozenset({"Name", "Namespace", "Partition", "Consumers"}))
    return ItemText(_label(peers, cluster, item), f"to {', '.join(names) or 'nobody'}", tuple(rest))


def consumers(peers: Peers, cluster: str, item: Item) -> list[str]:
    """Return the consumers of an exported service, by cluster where the peering is known."""
    out = []
    for consumer in _items(item.get("Consumers")):
        peer = consumer.get("Peer") or consumer.get("PeerName")
        if peer:
            out.append(peers.consumer(cluster, str(peer)))
        else:
            out.append(" ".join(f"{key.lower()}={value}" for key, value in consumer.items()))
    return sorted(out)


def _items(value: Any) -> list[Item]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else []


def _other(peers: Peers, cluster: str, item: Item) -> ItemText:
    return ItemText(_label(peers, cluster, item), "", tuple(leaf_texts(item, without=frozenset(_KEY))))


_TEXTS = {"service-intentions": _source, "exported-services": _service}


def listing_of(address: Address) -> Listing | None:
    """Return how the list of an object is shown, or `None` where the table of kinds names no such list."""
    kind = kind_of(address.type, address.name)
    facts = entry_kinds().get(kind)
    if facts is None or facts.type != address.type or not facts.items:
        return None
    return Listing(facts.items, facts.item, _TEXTS.get(kind, _other))


def items_of(body: Mapping[str, Any] | None, container: str) -> dict[tuple[str, ...], Item]:
    """Return the items of a body's list by key."""
    return {item_key(item): item for item in _items((body or {}).get(container))}
