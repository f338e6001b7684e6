"""Our own suites, to be played on the sandbox and on real servers."""

from __future__ import annotations

from tests.recorded.steps import Suite
from tests.recorded.suites import (
    agent_checks,
    agents,
    authorities,
    catalog,
    clients,
    intentions,
    peerings,
    snapshots,
    terraform,
)
from tests.recorded.suites.acl import access, acls
from tests.recorded.suites.servers import (
    blocking,
    cas,
    deadly,
    editions,
    federations,
    followers,
    locks,
    order,
    outages,
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
    *locks.SUITES,
    *intentions.SUITES,
    *authorities.SUITES,
    *terraform.SUITES,
    *agent_checks.SUITES,
    *catalog.SUITES,
    *clients.SUITES,
    *acls.SUITES,
)
