"""Our own suites, to be played on the sandbox and on real servers."""

from __future__ import annotations

from tests.conformance.steps import Suite

from . import (
    access,
    acls,
    agent_checks,
    agents,
    authorities,
    blocking,
    cas,
    catalog,
    clients,
    deadly,
    editions,
    federations,
    followers,
    intentions,
    order,
    outages,
    peerings,
    snapshots,
    terraform,
)

SUITES: tuple[Suite, ...] = (
    *order.SUITES,
    *cas.SUITES,
    *blocking.SUITES,
    *access.SUITES,
    *peerings.SUITES,
    *snapshots.SUITES,
    *outages.SUITES,
    *deadly.SUITES,
    *editions.SUITES,
    *agents.SUITES,
    *federations.SUITES,
    *followers.SUITES,
    *intentions.SUITES,
    *authorities.SUITES,
    *terraform.SUITES,
    *agent_checks.SUITES,
    *catalog.SUITES,
    *clients.SUITES,
    *acls.SUITES,
)
