"""Our own suites, to be played on the sandbox and on real servers."""

from __future__ import annotations

from tests.conformance.steps import Suite

from . import access, blocking, cas, editions, order, outages, peerings, snapshots

SUITES: tuple[Suite, ...] = (
    *order.SUITES,
    *cas.SUITES,
    *blocking.SUITES,
    *access.SUITES,
    *peerings.SUITES,
    *snapshots.SUITES,
    *outages.SUITES,
    *editions.SUITES,
)
