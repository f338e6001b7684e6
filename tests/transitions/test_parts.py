"""What a run that leaves something out must not do, and which pairs are done so."""

from __future__ import annotations

from tests.transitions.access import Allowed, Call
from tests.transitions.lab import Ran
from tests.transitions.parts import Part, broken, part_of

CALL = Call("deny", "web", "dc2", "api", "dc1")
OTHER = Call("deny", "job", "dc2", "api", "dc1")


def ran(*after: Allowed) -> Ran:
    """A run that began with two kinds of requests of one caller, and what was allowed after its writes."""
    return Ran(None, between=[("PUT /v1/config", one, frozenset()) for one in after], start={CALL: 0b11})


def test_pairs_are_done_in_part_in_every_way() -> None:
    parts = [part_of(seed) for seed in range(12)]
    assert set(parts) == set(Part)
    assert parts.count(Part.TARGET) == 6


def test_a_run_without_deletes_keeps_every_entry() -> None:
    held = {("dc1", "service-defaults", "api"): {}}
    assert broken(Part.NO_DELETE, ran(), held, {})
    assert not broken(Part.NO_DELETE, ran(), held, {**held, ("dc1", "service-defaults", "web"): {}})
    assert not broken(Part.TARGET, ran(), held, {})


def test_a_safe_run_takes_no_access_away_for_a_while_either() -> None:
    assert broken(Part.ONLY_SAFE, ran({CALL: 0b11}, {CALL: 0b01}, {CALL: 0b11}), {}, {})
    assert broken(Part.ONLY_SAFE, ran({}, {CALL: 0b11}), {}, {})
    assert not broken(Part.ONLY_SAFE, ran({CALL: 0b11, OTHER: 0b1}, {CALL: 0b11}), {}, {})
    assert not broken(Part.EXCLUDE, ran({}), {}, {})
