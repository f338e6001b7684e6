"""Interim steps that an entry could take to make room for writes that are refused, the gentlest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.foresight import Interim, Way
from reconciler.sdk.provider import Body
from reconciler_consul.graph import remake
from reconciler_consul.graph.body import (
    ANY,
    CHAIN_KINDS,
    DEFAULTS,
    EXPORTS,
    INGRESS,
    INTENTIONS,
    RESOLVER,
    ROUTER,
    SPLITTER,
    items,
    listened,
    text,
)
from reconciler_consul.graph.chains.reach import Ends, ends, join, shown
from reconciler_consul.graph.chains.targets import Target
from reconciler_consul.graph.holdings import Holdings
from reconciler_consul.graph.remake import Remake
from reconciler_consul.graph.where import Key
from reconciler_consul.kinds.names import folded

_LESS = (("Failover",), ("Redirect",), ("Redirect", "Failover"))


@dataclass(frozen=True, slots=True)
class Subject:
    """The entry that is asked about: what exists there, and what it is to be. `stuck` are the entries whose
    writes are refused, each with its name; `default` is the default intention, where it is known."""

    holdings: Holdings
    known: Ends
    key: Key
    name: str
    before: Body | None
    after: Body | None
    stuck: Sequence[tuple[Key, str]]
    alone: bool
    default: str | None = None

    def differs(self, made: Remake) -> bool:
        """Say whether an interim body is neither what exists nor what is wanted."""
        return made(self.before, self.after) not in (self.before, self.after)


def interims(subject: Subject) -> Sequence[Interim]:
    """Return the interim steps that an entry could take; none that changes nothing, or everything at once.

    The one that removes it entirely is the last.
    """
    if subject.before is None and subject.after is None:
        return ()
    made = _MAKERS.get(subject.key.kind)
    found = made(subject) if made is not None else ()
    out: list[tuple[Body | None, Interim]] = []
    for interim in found:
        body = interim.remake(subject.before, subject.after)
        if subject.differs(interim.remake) and body not in (other for other, _ in out):
            out.append((body, interim))
    return tuple(interim for _, interim in sorted(out, key=lambda one: one[0] is None))


# Chains


def _of_resolver(subject: Subject) -> Iterator[Interim]:
    if subject.before is None:
        for fields in _LESS:
            yield _led(subject, Way.WIDEN, remake.later(*fields))
        return
    if subject.after is not None:
        yield _led(subject, Way.WIDEN, remake.widened)
        yield _led(subject, Way.WIDEN, remake.widened_already)
    for fields in _LESS:
        yield _led(subject, Way.TAKE_DOWN, remake.less(*fields))
    yield _led(subject, Way.TAKE_DOWN, remake.away)


def _of_router(subject: Subject) -> Iterator[Interim]:
    if subject.before is not None:
        yield _led(subject, Way.TAKE_DOWN, remake.away)


def _led(subject: Subject, way: Way, made: Remake) -> Interim:
    """Return a step of a chain's entry, with what it does to the requests for its service."""
    was, will = _ends(subject, subject.before), _ends(subject, subject.after)
    now = _interim_ends(subject, made(subject.before, subject.after))
    lost = _whole(was) & _whole(will) - _whole(now)
    opens = bool(_whole(now) - _whole(was) - _whole(will))
    if was == now or (way is Way.WIDEN and not lost and not opens):
        return Interim(way, made, "", opens, bool(lost))
    gone = _whole(was) - _whole(now)
    place = subject.key.place
    none = f", none to {shown(gone, subject.name, place)}" if gone else ""
    said = f"until it is back, all requests for {subject.name} go to {shown(now, subject.name, place)}{none}"
    return Interim(way, made, said, opens, bool(lost))


def _whole(targets: frozenset[Target]) -> frozenset[Target]:
    """Return the services at these ends without their subsets: a caller of one subset may call all of it."""
    return frozenset(target._replace(subset="") for target in targets)


def _ends(subject: Subject, body: Body | None) -> frozenset[Target]:
    return subject.known.of(subject.key, subject.name, body, alone=subject.alone)


def _interim_ends(subject: Subject, body: Body | None) -> frozenset[Target]:
    """Return the ends with an interim body, which is another object each time, unless it is none."""
    if body is None:
        return _ends(subject, None)
    return ends(subject.holdings, subject.key, subject.name, body, alone=subject.alone)


def _of_defaults(subject: Subject) -> Iterator[Interim]:
    """Yield the step for a service outside of the mesh, which cannot have subsets, redirects or failover: it
    joins the mesh first.
    """
    outside, was = remake.later("ExternalSNI"), (subject.before or {}).get("ExternalSNI")
    said = f"until it is done, {subject.name} is called inside the mesh"
    yield Interim(Way.TAKE_DOWN, outside, said, cuts=True) if was else Interim(Way.WIDEN, outside)


# Gateways, exports, intentions


def _of_gateway(subject: Subject) -> Iterator[Interim]:
    if subject.before is None:
        return
    yield _served(subject, remake.listening_to_both)
    names = _about(subject) & {service for _, service in listened(subject.before)}
    if names:
        yield _served(subject, remake.not_listening(names))
    yield _served(subject, remake.away)


def _served(subject: Subject, made: Remake) -> Interim:
    was, will, now = (_listened(body) for body in _three(subject, made))
    lost = sorted((was & will) - now)
    if not lost:
        return Interim(Way.NARROW, made)
    said = f"until it is back, the gateway {subject.name} serves no requests for {join(lost)}"
    return Interim(Way.TAKE_DOWN, made, said, cuts=True)


def _listened(body: Body | None) -> set[str]:
    return {
        text(service.get("Name"))
        for listener in items((body or {}).get("Listeners"))
        for service in items(listener.get("Services"))
    }


def _of_exports(subject: Subject) -> Iterator[Interim]:
    if subject.before is None:
        return
    yield _shown(subject, remake.exported_to_both)
    named = {text(service.get("Name")) for service in items(subject.before.get("Services"))}
    about = _about(subject) & named
    wildcard = named & {ANY}
    for names in (about, wildcard, about | wildcard):
        if names:
            yield _shown(subject, remake.not_exporting(names))
    yield _shown(subject, remake.away)


def _shown(subject: Subject, made: Remake) -> Interim:
    was, will, now = (_exported(body) for body in _three(subject, made))
    lost = (was & will) - now
    if not lost:
        return Interim(Way.NARROW, made)
    names = sorted({"every other service" if name == ANY else name for name, _ in lost})
    peers = sorted({peer for _, peer in lost})
    said = f"until it is back, {join(names)} cannot be called from {join(peers)}"
    return Interim(Way.TAKE_DOWN, made, said, cuts=True)


def _exported(body: Body | None) -> set[tuple[str, str]]:
    return {
        (text(service.get("Name")), text(consumer.get("Peer") or consumer.get("Partition")))
        for service in items((body or {}).get("Services"))
        for consumer in items(service.get("Consumers"))
    }


def _of_intentions(subject: Subject) -> Iterator[Interim]:
    yield _ruled(subject, Way.NARROW, remake.stricter)
    if subject.before is not None:
        yield _ruled(subject, Way.TAKE_DOWN, remake.closed)


def _ruled(subject: Subject, way: Way, made: Remake) -> Interim:
    lost = dict(_turned_away(subject, made))
    if not lost:
        return Interim(way, made)
    sources = ["everybody else" if key[0] == ANY else " of ".join(filter(None, key[:2])) for key in lost]
    said = f"until it is done, {join(sources)} cannot call {subject.name}"
    certain = any(lost.values())
    return Interim(way, made, said if certain else f"{said}, where the default intention is allow", cuts=True)


def _turned_away(subject: Subject, made: Remake) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield the sources that get in before and after, and not meanwhile, with whether that is certain: the
    default intention may let them in.
    """
    was, will, now = (remake.sources(body) for body in _three(subject, made))
    key = subject.key._replace(name=ANY)
    general = remake.sources(subject.holdings.get(key)) if subject.key.name != ANY else {}
    for source in sorted(was.keys() | will.keys()):
        admits = partial(remake.admits, source, default=subject.default)
        before, after, between = (admits(rules, general) for rules in (was, will, now))
        if False not in (before, after) and (between is False or (between is None and before and after)):
            yield source, None not in (before, after, between)


def _three(subject: Subject, made: Remake) -> tuple[Body | None, Body | None, Body | None]:
    return subject.before, subject.after, made(subject.before, subject.after)


def _about(subject: Subject) -> set[str]:
    """Return the services that the refused writes are about: those written, and those that lead to them."""
    found = set()
    for key, name in subject.stuck:
        if key.place == subject.key.place and key.kind in (*CHAIN_KINDS, DEFAULTS):
            shelf = subject.holdings.shelf(key.place)
            found.add(name)
            found |= {shelf.name(*who) for who in shelf.referring.get(folded(name), ())}
    return found


_MAKERS: dict[str, Callable[[Subject], Iterator[Interim]]] = {
    DEFAULTS: _of_defaults,
    RESOLVER: _of_resolver,
    SPLITTER: _of_router,
    ROUTER: _of_router,
    INGRESS: _of_gateway,
    EXPORTS: _of_exports,
    INTENTIONS: _of_intentions,
}
