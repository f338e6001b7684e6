"""A change of one object: what the analysis finds from the object is what all pairs show."""

from __future__ import annotations

import random

import pytest

from reconciler.sdk.access.question import ANY, Question, Service
from reconciler.sdk.address import Address
from reconciler_consul.access import ConsulAnalysis
from reconciler_consul.kinds.names import entry_address
from tests.support.access.random_worlds import (
    CLUSTERS,
    NAMES,
    Entry,
    drawn,
    entries_of,
    exports,
    peerings,
    said,
    world,
)
from tests.support.tables import each

ROUNDS = 60


def check(before: Entry, after: Entry, touched: Address) -> int:
    """Return how many pairs differ; each is a line, or one of those that the line of `*` is about."""
    one, two = ConsulAnalysis(before), ConsulAnalysis(after)
    found = one.changes(two, [touched])
    lines = {(c.caller, c.to): c for c in (*found.opened, *found.closed, *found.changed)}
    differing = 0
    for cluster in CLUSTERS:
        for caller in (*NAMES, ANY):
            for there in CLUSTERS:
                for name in NAMES:
                    pair = Service(cluster, caller), Service(there, name)
                    was, will = one.answer(Question(*pair)), two.answer(Question(*pair))
                    if said(was) == said(will) or not (was.may_succeed or will.may_succeed):
                        assert pair not in lines
                        continue
                    differing += 1
                    line = lines.get(pair) or lines.get((Service(cluster, ANY), pair[1]))
                    assert line is not None, (str(pair[0]), str(pair[1]), str(touched), was, will)
                    assert (said(line.before), said(line.after)) == (said(was), said(will)), pair
    return differing


@pytest.mark.long
@each("seed", range(ROUNDS))
def test_a_change_is_found_from_its_object(seed: int) -> None:
    chance = random.Random(seed)
    entries = entries_of(chance)
    before = world(entries, peerings())
    for _ in range(6):
        cluster = chance.choice(CLUSTERS)
        entry = drawn(chance, cluster)
        key = entry["Kind"], entry["Name"]
        changed = {name: dict(held) for name, held in entries.items()}
        if key in changed[cluster] and chance.random() < 0.5:
            del changed[cluster][key]
        else:
            changed[cluster][key] = entry
        check(before, world(changed, peerings()), entry_address(key, cluster))


def test_a_peering_that_goes_takes_what_it_carried() -> None:
    chance = random.Random(1)
    entries: dict[str, dict[tuple[str, str], Entry]] = {
        name: {("exported-services", "default"): exports(chance, name)} for name in CLUSTERS
    }
    before = world(entries, peerings())
    assert check(before, world(entries, peerings()[1:]), Address("peering", "one", "two"))
