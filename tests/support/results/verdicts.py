"""Any plan and any outcome, for what must hold of all of them."""

from __future__ import annotations

import dataclasses
from typing import Any

from hypothesis import strategies as st

from reconciler.model.event import Outcome, Unconfirmed
from reconciler.model.guarding.limits import Breach, Measure, Most
from reconciler.model.guarding.safety import Safety
from reconciler.model.plan import Mode, Plan
from tests.support import samples as s

_CHANGES = (*s.FIRST.changes, *s.EVERYTHING.changes, *s.DRIFT_ONLY.changes)
_BREACH = Breach(Measure.DELETE, 4, 5, Most(percent=50), 4, (s.KNOWN.address,))
_HELD = Safety((_BREACH,))
_OVER = Safety((dataclasses.replace(_BREACH, cluster="north", type="peering"),))
_UNHEALTHY = dataclasses.replace(s.KNOWN, unhealthy="no heartbeat for 3 m")
_LOST = tuple(Unconfirmed(one.address, one.action, 1.0, one.error) for one in s.PARTLY.failed)


@st.composite
def plans(draw: Any, mode: Mode | None = None) -> Plan:
    """Plans with any of the changes of the samples, blocked or not, in this mode or any."""
    chosen = draw(st.lists(st.sampled_from((*_CHANGES, _UNHEALTHY)), max_size=6, unique_by=id))
    return s.plan(
        *chosen,
        mode=mode or draw(st.sampled_from(Mode)),
        deferred=draw(st.sampled_from([(), s.EVERYTHING.deferred])),
        safety=draw(st.sampled_from([Safety(), Safety(), _OVER, _HELD])),
        policies=draw(st.sampled_from([(), (), (s.FOUND,)])),
        not_recorded=draw(st.sampled_from([(), (s.KNOWN.address,)])),
        looked_at=draw(st.integers(0, 3)),
        access=draw(st.sampled_from([None, s.REACHED])),
    )


outcomes = st.builds(
    Outcome,
    added=st.integers(0, 2),
    changed=st.integers(0, 2),
    destroyed=st.integers(0, 2),
    failed=st.sampled_from([(), s.PARTLY.failed, s.BETWEEN.failed]),
    unconfirmed=st.sampled_from([(), _LOST]),
    skipped=st.sampled_from([(), s.PARTLY.skipped, s.BETWEEN.skipped, s.REFUSED.skipped]),
    interrupted=st.booleans(),
    interim=st.integers(0, 2),
    serial=st.just(42),
)
