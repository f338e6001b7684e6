"""Splits of splits with header rules, which end every server of a cluster for good.

Consul (seen on 1.13 to 1.22) flattens a splitter that leads to a splitter, and merges their header rules into
a map that may not be there: it panics while it applies the write, and again at each start. Both levels need
rules, and one of them an `Add` or `Set` that the other lacks: of requests the inner one, of responses the
outer one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.sdk.dataclass import dataclass

RULE = "splits-with-headers"
HINT = (
    "put the header rules on one level only, or give both the same of Add and Set (a harmless header will do)"
)
_MOST_PATHS = 10_000  # of one splitter: what is beyond that is not looked at

Rules = frozenset[str]


@dataclass(frozen=True, slots=True)
class Split:
    """One split: where it leads (empty: to a subset, or to the service itself), and which of `Add`, `Set`
    and `Remove` its rules for headers have."""

    service: str
    request: Rules = frozenset()
    response: Rules = frozenset()


Splitters = Mapping[str, Sequence[Split]]


def lethal_path(start: str, splitters: Splitters) -> tuple[str, ...]:
    """Return the services of a path from a splitter that would end the servers; empty where there is none.

    A splitter that is about to change may be given with its splits of before and after.
    """
    for number, (names, splits) in enumerate(_paths((start,), (), splitters)):
        if number >= _MOST_PATHS:
            break
        if _is_lethal(splits):
            return names
    return ()


def ways(start: str, splitters: Splitters) -> int:
    """Return how many splits are left of a splitter once servers have put all splitters behind it
    into one.
    """
    known: dict[str, int] = {}

    def count(name: str) -> int:
        if name not in known:
            known[name] = 1  # for a circle, which is refused elsewhere
            splits = splitters[name]
            known[name] = sum(count(s.service) if s.service in splitters else 1 for s in splits)
        return known[name]

    return count(start)


def _paths(
    names: tuple[str, ...], splits: tuple[Split, ...], splitters: Splitters
) -> Iterator[tuple[tuple[str, ...], tuple[Split, ...]]]:
    for split in splitters.get(names[-1], ()):
        taken = (*splits, split)
        if len(taken) > 1:
            yield names, taken
        if split.service and split.service not in names and split.service in splitters:
            yield from _paths((*names, split.service), taken, splitters)


def _is_lethal(splits: Sequence[Split]) -> bool:
    """Say whether merging the last split into those before it, or all behind the first into it, panics."""
    return _panics(_merged(splits[:-1]), splits[-1]) or _panics(splits[0], _merged(splits[1:]))


def _merged(splits: Sequence[Split]) -> Split:
    empty: Rules = frozenset()
    return Split("", empty.union(*(s.request for s in splits)), empty.union(*(s.response for s in splits)))


def _panics(outer: Split, inner: Split) -> bool:
    return _lacks(outer.request, inner.request) or _lacks(inner.response, outer.response)


def _lacks(kept: Rules, given: Rules) -> bool:
    return bool(kept) and bool((given - kept) & {"Add", "Set"})
