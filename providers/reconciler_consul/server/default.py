"""What happens in a cluster where no intention matches, by what its agent says of itself. Pure.

Tried on servers of 1.14 to 1.22, with and without ACLs. `/v1/connect/intentions/check` cannot be asked
instead: on 1.18 to 1.22 it answers by the default policy of ACLs where `default_intention_policy` differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from reconciler_consul.server.capabilities import parse
from reconciler_consul.server.values import mapping

Intention = Literal["allow", "deny"]
_OF_ITS_OWN = (1, 18, 0)  # since then the default intention may differ from the default policy of ACLs


def default_intention(agent: Mapping[str, Any], version: str, acl_default: str = "") -> Intention | None:
    """Return what happens where no intention matches: `allow`, `deny`, or `None` where that is not known.

    Since Consul 1.18 agents have a setting of its own for it; else it is the default policy of ACLs, and
    `allow` without ACLs. `acl_default` is what servers say with each answer: all that is known where the
    token may not read the agent.
    """
    debug = mapping(agent.get("DebugConfig"))
    if not debug:
        numbers = parse(version)
        known = numbers is not None and numbers < _OF_ITS_OWN
        return _intention(acl_default) if known else None
    own = _intention(debug.get("DefaultIntentionPolicy"))
    if own is not None:
        return own
    if not debug.get("ACLsEnabled"):
        return "allow"
    return _intention(mapping(debug.get("ACLResolverSettings")).get("ACLDefaultPolicy"))


def _intention(said: object) -> Intention | None:
    return "allow" if said == "allow" else "deny" if said == "deny" else None
