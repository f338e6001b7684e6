"""What Consul's error texts mean. Statuses alone do not show it: its validation errors are 500s.

Texts are matched by fragments: followers and versions before 1.15 put prefixes before them.
Source: `agent/http.go`, `agent/rpc/peering/service.go`, `agent/consul/state/config_entry.go`, 1.14 to 1.20.
"""

from __future__ import annotations

import re

from reconciler.sdk.errors import (
    Ambiguous,
    Denied,
    DoesNotFit,
    Invalid,
    NotSupported,
    ProviderError,
    Refused,
    TokenSpent,
)
from reconciler.sdk.http.errors import Reply, by_status
from reconciler_consul.kinds.policy_language import advice, rule_for
from reconciler_consul.server.answers_graph import not_fitting

# Nothing was executed: Consul's own clients repeat these.
_REFUSED = (
    "No cluster leader",
    "Raft leader not found in server lookup mapping",
    "No known Consul servers",
    "Not ready to serve consistent reads",
    "rate limit exceeded",
    "RPC rate limit",
    "CA has not finished initializing",
    "Remote DC has no server currently reachable",
    "rpc error getting client",  # a follower got no connection to the leader (agent/pool/pool.go)
    "marked for deletion",
)
# The same of peerings, whose calls to the leader are gRPC; an exchange with the other cluster says so too.
_NOT_DIALED = "transport: Error while dialing"
_SPENT = (
    "a new peering token must be generated",
    "invalid peering establishment secret",
    "peering was already established",
)
EXCHANGE_FAILED = "failed to exchange peering secret"

_NOT_SUPPORTED = {
    "Invalid URL path": "this Consul is too old for it: peering needs Consul 1.14 or later",
    "peering must be enabled": "set peering { enabled = true } on the servers of this cluster",
    "Connect must be enabled": "set connect { enabled = true } on the servers of this cluster",
    "connect.enabled must be set": "set connect { enabled = true } on the servers of this cluster",
    "TLS for gRPC must be enabled": "set ports { grpc_tls } on the servers of this cluster",
    "invalid config entry kind": "this Consul does not know the kind: it needs a newer version",
}
_ENTERPRISE = re.compile(
    r"(requires Consul Enterprise|\b(is|are) an? (consul )?enterprise(-only)? feature)", re.IGNORECASE
)
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')
_BAD_RULE = re.compile(r"Invalid [a-z_ -]+ policy\b")
_BAD_RULE_HINT = "a rule says what Consul does not know: policy is deny, read or write (of keys also list)"

# Fragment of a refusal -> what to do about it.
_INVALID = {
    "is not a valid peer name": "peer names have lower-case letters, digits and dashes, at most 63",
    "meta tags failed validation": "metadata: at most 64 pairs, keys of letters, digits, - and _",
    "Node metadata": "metadata: at most 64 pairs",
    "is not a valid peering server address": "write external addresses as host:port",
    "there is already an established peering": "the name is taken: choose another name for this end",
    "existing peering expecting to be dialed": "the name is taken by an end that waits to be dialed: "
    "choose another name, or delete it",
    "failed to decode token": "",
    "peering token": "",
    "cannot create a peering within the same": "both addresses lead to the same cluster",
    "a grpc bind port must be specified": "set ports { grpc_tls } on the servers; just after their start, "
    "try again",
    "no mesh gateway instances are registered": "register a mesh gateway, or turn "
    "peer_through_mesh_gateways off",
    "Cannot switch peering dialing mode": "delete the peering on both ends first",
    "Failed to parse ACL rules": "the rules of the policy are not what this Consul reads",
    "Invalid Policy": "",
    "not permitted": "Consul's built-in policies cannot be changed",
    "invalid name": "",
    "invalid value for": "",
    "must be": "",
    "cannot": "",
    "required": "",
    "not a valid": "",
    "more than once": "",
    "not supported": "",
    "No path to datacenter": "check the datacenter's name",
    "exporting to all peers": "name the peers: Consul has no wildcard for them",
    "At least one source": "",
    "Redirect is empty": "",
    "no splits configured": "",
    "ParseUint": "",
}

_LACKS = re.compile(r"lacks permission '([a-z-]+):([a-z]+)'(?: on \"?([^\s\".]+)\"?)?")


def judge(reply: Reply) -> ProviderError:
    """Return the error that an unsuccessful answer of Consul stands for."""
    text, status = reply.text, reply.status
    if 300 <= status < 400:
        return by_status(reply)
    if _has(text, _SPENT):
        return reply.error(TokenSpent, hint="another process may be making the same peering")
    if status == 429 or (status >= 500 and (_has(text, _REFUSED) or _not_dialed(text))):
        return reply.error(Refused, hint="the cluster is busy or has no leader: try again later")
    if status in (401, 403):
        return _denied(reply)
    said = _QUOTED.sub('""', text)  # what is quoted are names and values of users: no cause of anything
    lacking = _unsupported(said)
    return reply.error(NotSupported, hint=lacking) if lacking else _other(reply, said)


def _unsupported(said: str) -> str:
    """Return what these servers lack, where that is what they say; else empty."""
    if _ENTERPRISE.search(said):
        return "this needs Consul Enterprise"
    return next((hint for fragment, hint in _NOT_SUPPORTED.items() if fragment in said), "")


def _other(reply: Reply, said: str) -> ProviderError:
    text, status = reply.text, reply.status
    if status < 500:
        return reply.error(Invalid)
    # A proxy's page or a lost leader says nothing of what was done. An exchange that failed did something.
    if status not in (500, 503) or EXCHANGE_FAILED in text or "rpc error making call: EOF" in text:
        return reply.error(Ambiguous)
    if status == 500 and _BAD_RULE.search(said):
        return reply.error(Invalid, hint=_BAD_RULE_HINT)
    fitting = not_fitting(said) if status == 500 else None
    if fitting is not None:
        return reply.error(DoesNotFit, hint=fitting)
    for fragment, hint in _INVALID.items():
        if status == 500 and fragment in said:
            return reply.error(Invalid, hint=hint)
    return reply.error(Ambiguous)


def _not_dialed(text: str) -> bool:
    return _NOT_DIALED in text and EXCHANGE_FAILED not in text


def _has(text: str, fragments: tuple[str, ...]) -> bool:
    return any(fragment in text for fragment in fragments)


def no_token(cluster: str) -> str:
    """Return what to do where a cluster wants a token and gets none."""
    return f"no token is sent to {cluster}: set RECONCILER_TOKEN_{cluster.upper().replace('-', '_')}"


def _denied(reply: Reply) -> ProviderError:
    text, name = reply.text, reply.cluster
    if "ACL support disabled" in text:
        message = f"{name} ({reply.address}) runs without ACLs"
        hint = f"take acl_policies of {name} out of the configuration, or set acl {{ enabled = true }} there"
        return reply.error(NotSupported, message=message, hint=hint)
    if "ACL not found" in text:
        hint = f"the token for {name} is unknown there: wrong, expired or deleted"
        return reply.error(Denied, hint=hint)
    if "blocked by agent configuration" in text or "Access is restricted" in text:
        return reply.error(Denied, hint="see http_config in the agent's configuration")
    if "anonymous token" in text:
        return reply.error(Denied, hint=no_token(name))
    return _lacking(reply)


def _lacking(reply: Reply) -> ProviderError:
    text, name = reply.text, reply.cluster
    lacking = _LACKS.search(text)
    if lacking is not None:
        return reply.error(Denied, hint=advice(name, [rule_for(*lacking.groups())]))
    if "only writeable by controller" in text:
        return reply.error(Invalid, hint="a controller of Consul writes it: take it out of the configuration")
    return reply.error(Denied, hint=f"check the token for {name} and its policy")
