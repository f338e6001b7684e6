"""Bodies in between two bodies of one object, made of both. Pure, for whole bodies and for parts of them.

Each takes the body before and the body after (`None`: absent) and gives the one in between (`None`: absent).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from reconciler.sdk.provider import Body
from reconciler_consul.graph.body import ANY, items, struct, text

Remake = Callable[[Body | None, Body | None], Body | None]
Item = Mapping[str, Any]
_SOURCE = ("Name", "Peer", "Namespace", "Partition", "SamenessGroup")
_CONSUMER = ("Peer", "Partition", "SamenessGroup")
_EXPORT = ("Name", "Namespace")


def away(before: Body | None, after: Body | None) -> Body | None:
    """Return `None`: the entry is absent for a while."""
    return None


def widened(before: Body | None, after: Body | None) -> Body | None:
    """Return a resolver as it was, with the subsets that are added."""
    return _with_subsets(before, after)


def widened_already(before: Body | None, after: Body | None) -> Body | None:
    """Return a resolver as it will be, with the subsets that are removed."""
    return _with_subsets(after, before)


def _with_subsets(base: Body | None, other: Body | None) -> Body | None:
    if base is None or other is None:
        return base
    subsets = {**struct(other.get("Subsets")), **struct(base.get("Subsets"))}
    return {**base, "Subsets": subsets} if subsets else base


def later(*fields: str) -> Remake:
    """Return a body as it will be, without some fields yet."""
    return lambda before, after: _without(after, fields)


def less(*fields: str) -> Remake:
    """Return a body as it was, without some fields for a while, and with the subsets that are added."""
    return lambda before, after: _without(widened(before, after), fields)


def _without(body: Body | None, fields: Collection[str]) -> Body | None:
    return None if body is None else {name: value for name, value in body.items() if name not in fields}


# Exports


def exported_to_both(before: Body | None, after: Body | None) -> Body | None:
    """Return exports to those consumers that had them and keep them."""
    if before is None or after is None:
        return None
    kept = {
        _key(item, _EXPORT): _keys(item.get("Consumers"), _CONSUMER) for item in items(after.get("Services"))
    }
    return _services(before, lambda item: kept.get(_key(item, _EXPORT), set()))


def not_exporting(names: Collection[str]) -> Remake:
    """Return exports to the consumers that keep them, without some services (`*`: the wildcard)
    for a while.
    """

    def remake(before: Body | None, after: Body | None) -> Body | None:
        both = before if after is None else exported_to_both(before, after)
        if both is None:
            return None
        return {
            **both,
            "Services": [i for i in items(both.get("Services")) if text(i.get("Name")) not in names],
        }

    return remake


def _services(body: Body, consumers: Callable[[Item], set[tuple[str, ...]]]) -> Body:
    """Return exports to some of their consumers. They stay where nothing is left of them: servers take
    exports of no service (seen on Consul 1.16, 1.20 and 1.22).
    """
    kept: list[Item] = []
    for item in items(body.get("Services")):
        wanted = consumers(item)
        found = [one for one in items(item.get("Consumers")) if _key(one, _CONSUMER) in wanted]
        if found:
            kept.append({**item, "Consumers": found})
    return {**body, "Services": kept}


# Ingress gateways


def listening_to_both(before: Body | None, after: Body | None) -> Body | None:
    """Return a gateway with the services that it had and keeps, behind the same port and protocol."""
    if before is None or after is None:
        return None
    kept = {pair for listener in items(after.get("Listeners")) for pair in _behind(listener)}
    return _listeners(before, lambda listener, service: _pair(listener, service) in kept)


def not_listening(names: Collection[str]) -> Remake:
    """Return a gateway as it was, without some services for a while."""

    def remake(before: Body | None, after: Body | None) -> Body | None:
        if before is None:
            return None
        return _listeners(before, lambda _, service: text(service.get("Name")) not in names)

    return remake


def _listeners(body: Body, stays: Callable[[Item, Item], bool]) -> Body | None:
    kept = []
    for listener in items(body.get("Listeners")):
        services = [service for service in items(listener.get("Services")) if stays(listener, service)]
        if services:
            kept.append({**listener, "Services": services})
    return {**body, "Listeners": kept} if kept else None


def _behind(listener: Item) -> Iterator[tuple[str, ...]]:
    return (_pair(listener, service) for service in items(listener.get("Services")))


def _pair(listener: Item, service: Item) -> tuple[str, ...]:
    protocol = text(listener.get("Protocol")) or "tcp"
    return (text(listener.get("Port")), protocol, *_key(service, _EXPORT))


# Intentions


def stricter(before: Body | None, after: Body | None) -> Body | None:
    """Return intentions with the stricter of both rules for each source: deny, then none, then allow. Without
    a rule, weaker ones count, which may ask for less: a source that needs more than a name is denied
    instead.
    """
    base = after if before is None else before
    if base is None:
        return None
    old, new = sources(before), sources(after)
    was, will = (before or {}).get("JWT"), (after or {}).get("JWT")
    found = [_stricter(old.get(key), new.get(key), was, will) for key in sorted(old.keys() | new.keys())]
    kept = [source for source in found if source is not None]
    if not kept:
        return None
    made = {**base, "Sources": kept}
    return {**made, "JWT": will or was} if will or was else made


def closed(before: Body | None, after: Body | None) -> Body | None:
    """Return intentions as they were, with sources that have permissions denied for a while."""
    if before is None:
        return None
    return {
        **before,
        "Sources": [denied(s) if s.get("Permissions") else s for s in items(before.get("Sources"))],
    }


def _stricter(old: Item | None, new: Item | None, was: Any, will: Any) -> Item | None:
    if old is None or new is None:
        only, jwt = (new, will) if old is None else (old, was)
        return only if is_deny(only) else denied(only) if only and asks_more(only, jwt) else None
    if is_deny(old) or is_deny(new):
        return old if is_deny(old) else new
    if (old.get("Permissions") or [], was) == (new.get("Permissions") or [], will):
        return new
    by_rule = [source for source, jwt in ((old, was), (new, will)) if asks_more(source, jwt)]
    return by_rule[0] if len(by_rule) == 1 else denied(new)


def asks_more(source: Item, jwt: Any) -> bool:
    """Say whether a source that is not denied needs more than its name: a path, a token. `jwt` is what the
    intentions ask of every source.
    """
    return bool(source.get("Permissions") or (jwt and not is_deny(source)))


def denied(source: Item) -> Item:
    """Return a source that is denied."""
    return {**{name: value for name, value in source.items() if name != "Permissions"}, "Action": "deny"}


def is_deny(source: Item | None) -> bool:
    """Say whether a source is denied altogether."""
    return source is not None and not source.get("Permissions") and source.get("Action") != "allow"


def sources(body: Body | None) -> dict[tuple[str, ...], Item]:
    """Return the sources of intentions by what identifies them: name, peer, namespace, partition, group."""
    return {_key(source, _SOURCE): source for source in items((body or {}).get("Sources"))}


def admits(
    source: tuple[str, ...], *intentions: Mapping[tuple[str, ...], Item], default: str | None
) -> bool | None:
    """Say whether a source gets in at all, by these sources of intentions, the more precise ones first;
    `None` where the default intention decides, which is not known.
    """
    names = dict.fromkeys((source, (ANY, *source[1:])))
    found = next((rules[name] for rules in intentions for name in names if name in rules), None)
    if found is not None:
        return not is_deny(found)
    return default == "allow" if default else None


def _key(item: Item, fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text(item.get(field)) for field in fields)


def _keys(value: Any, fields: tuple[str, ...]) -> set[tuple[str, ...]]:
    return {_key(item, fields) for item in items(value)}
