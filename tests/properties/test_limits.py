"""Limits on any plan: what is left after blocking keeps them, and the number that is named lifts them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.engine.guarding.limits import blocks, breaches, counted
from reconciler.model.change import Action, Change
from reconciler.model.guarding.limits import Allowed, Limit, Measure, Most
from reconciler.model.plan import Mode, Plan
from reconciler.sdk.address import Address

_MOST = st.one_of(
    st.builds(lambda number: Most(number=number), st.integers(0, 4)),
    st.builds(lambda percent: Most(percent=percent), st.integers(0, 100)),
)
_GLOBS = st.sampled_from([(), ("dc1",), ("dc*",), ("dc9",)])
_TYPES = st.sampled_from([(), ("entry",), ("link", "entry"), ("x*",)])
_LIMITS = st.lists(
    st.builds(Limit, _GLOBS, _TYPES, st.none() | _MOST, st.none() | _MOST, st.integers(0, 6)), max_size=4
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """A plan with any actions on a few clusters and types."""
    kinds = st.tuples(
        st.sampled_from(["entry", "link"]), st.sampled_from(["dc1", "dc2"]), st.sampled_from(Action)
    )
    found = draw(st.lists(kinds, max_size=25))
    changes = [
        Change(Address(type_, cluster, f"n{number}"), action, provider="memory", before={}, after={})
        for number, (type_, cluster, action) in enumerate(found)
    ]
    return Plan(
        Mode.DESTROY, tuple(changes)
    )  # of a destroy, for the built-in limit holds back plans as a whole


@settings(deadline=None)
@given(plans(), _LIMITS)
def test_what_is_not_blocked_keeps_every_limit(plan: Plan, limits: list[Limit]) -> None:
    recorded = {change.address for change in plan.changes}
    found = blocks(breaches(plan, recorded, limits, Allowed()))
    left = replace(plan, changes=tuple(replace(c, blocked=found.get(c.address)) for c in plan.changes))
    assert breaches(left, recorded, limits, Allowed()) == ()
    for measure in Measure:
        groups = Counter((c.address.cluster, c.address.type) for c in counted(left, measure))
        for (cluster, type_), number in groups.items():
            of = sum((a.cluster, a.type) == (cluster, type_) for a in recorded)
            most = next(
                (m for one in limits if one.is_for(cluster, type_) and (m := one.most(measure))), None
            )
            first = next(one for one in limits if one.most(measure) is most) if most else None
            if most is not None and first is not None and (most.percent is None or of >= first.min_objects):
                assert number <= most.of(of)


@settings(deadline=None)
@given(plans(), _LIMITS)
def test_the_number_that_a_breach_names_lifts_it_and_no_other_does(plan: Plan, limits: list[Limit]) -> None:
    recorded = {change.address for change in plan.changes}
    found = breaches(plan, recorded, limits, Allowed())
    numbers = {item.measure: item.number for item in found}
    named = Allowed(numbers.get(Measure.DELETE), numbers.get(Measure.CHANGE))
    assert breaches(plan, recorded, limits, named) == ()
    for item in found:
        more = Allowed(item.number + 1, item.number + 1)
        assert [one.measure for one in breaches(plan, recorded, limits, more)]
