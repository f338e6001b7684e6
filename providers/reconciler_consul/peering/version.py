"""Which clusters can peer at all.

Consul 1.13 had peering as a beta: two clusters of 1.13 do peer with each other; with a later one the token is
taken, both calls say 200, and the link then reads FAILING on both ends for good. Its peerings must be deleted
before an upgrade to 1.14.
"""

from __future__ import annotations

import re

from reconciler.sdk.errors import NotSupported
from reconciler.sdk.provider import ClusterInfo

FIRST = (1, 14)

_NUMBERS = re.compile(r"v?(\d+)\.(\d+)")


def too_old(info: ClusterInfo) -> NotSupported | None:
    """Return why this cluster cannot peer; `None` where it can, or where its version is not known.

    >>> too_old(ClusterInfo("dc3", "http://dc3", "1.13.9", "")).message
    'peering needs Consul 1.14 or later: dc3 runs 1.13.9, where it was a beta'
    """
    found = _NUMBERS.match(info.version)
    if found is None or (int(found[1]), int(found[2])) >= FIRST:
        return None
    was = ", where it was a beta" if (int(found[1]), int(found[2])) == (1, 13) else ""
    return NotSupported(
        f"peering needs Consul 1.14 or later: {info.name} runs {info.version}{was}",
        cluster=info.name,
        hint=f"delete the peerings that {info.name} still has, then upgrade it; everything else goes on",
    )
