"""/v1/agent: who the members are, joining and leaving, its tokens, its host."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.acl.access import authorizer, require
from reconciler.emulator.agent.gossip import member, port_of
from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.context import Context
from reconciler.emulator.filters.fields import MEMBER
from reconciler.emulator.filters.match import compile_filter
from reconciler.emulator.wire.gojson import GoJSONError, struct
from reconciler.emulator.wire.messages import Refusal, Response, as_json, as_text, dump, empty

Value = dict[str, Any]
LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERR", "ERROR")
TARGETS = (
    "acl_token",
    "default",
    "acl_agent_token",
    "agent",
    "acl_agent_master_token",
    "agent_master",
    "agent_recovery",
    "acl_replication_token",
    "replication",
    "config_file_service_registration",
    "dns_token",
    "dns",
)


def members(context: Context) -> Response:
    """Return the servers that gossip with this one; with `?wan`, those of the whole federation."""
    wan, segment = bool(context.query.get("wan")), context.query.get("segment", "")
    if wan and segment not in ("", "_all"):
        raise Refusal(400, "Cannot provide a segment with wan=true")
    if segment not in ("", "_all"):
        raise Refusal(500, "Network segments are not supported in this version of Consul")
    fits = compile_filter(context.query.get("filter", ""), MEMBER)
    who = authorizer(context)
    found = [row for row in _members(context, wan=wan) if fits(row)]
    shown = [row for row in found if who.allows("node", "read", row["Name"])]
    answer = as_json(shown)
    if len(shown) < len(found) and who.accessor:
        answer.headers["X-Consul-Results-Filtered-By-ACLs"] = "true"
    return answer


def _members(context: Context, *, wan: bool) -> list[Value]:
    own = context.cluster
    others = [one for one in context.world.clusters.values() if one.primary == own.primary]
    if wan:
        return [member(one, wan=True) for one in sorted(others, key=lambda one: one.datacenter)]
    first = member(own)
    rest = [_further(own, number) for number in range(1, own.servers)]
    return [first, *rest]


def _further(cluster: Cluster, number: int) -> Value:
    """Return a further server of a cluster, of which nothing but the address is its own."""
    row = member(cluster)
    port = int(cluster.server_addresses[number].rpartition(":")[2])
    return {**row, "Name": f"{cluster.node}-{number}", "Tags": {**row["Tags"], "port": str(port)}}


def _may_write(context: Context) -> None:
    require(authorizer(context), "agent", "write", context.cluster.node)


def join(context: Context) -> Response:
    """Join an address: one of a cluster of this world is there already, at any other no agent listens."""
    _may_write(context)
    address = context.rest("/v1/agent/join/")
    wan = "serf_wan" if context.query.get("wan") else "serf_lan"
    host, _, port = address.partition(":")
    known = [one for one in context.world.clusters.values() if one.host == host]
    if port and not any(port_of(one, wan) == int(port) for one in known if port.isdigit()):
        place = f"{host}:{port}"
        raise Refusal(
            500,
            f"1 error occurred:\n\t* Failed to join {host}:{port}: "
            f"dial tcp {place}: connect: connection refused\n\n",
        )
    return empty()


def leave(context: Context) -> Response:
    """Take the server out: it is down from then on."""
    _may_write(context)
    context.world.later(0.0, lambda: context.world.faults.down.add(context.cluster.server))
    return empty()


def force_leave(context: Context) -> Response:
    """Declare a member gone; the server itself stays what it is."""
    require(authorizer(context), "operator", "write")
    name = context.rest("/v1/agent/force-leave/")
    known = {row["Name"] for row in _members(context, wan="wan" in context.query)}
    if name not in known and "wan" not in context.query:
        raise Refusal(500, f"agent: No node found with name '{name}'")
    return empty()


def reload(context: Context) -> Response:
    """Read the configuration again: there is none."""
    _may_write(context)
    return empty()


def token(context: Context) -> Response:
    """Set one of the agent's tokens. It takes them and uses none: it may do all that it does."""
    if not context.cluster.acl:
        raise Refusal(401, "ACL support disabled")
    _may_write(context)
    try:
        struct(context.request.body, "AgentToken", {"Token": str})
    except GoJSONError as error:
        raise Refusal(400, f"Request decode failed: {error}") from None
    target = context.rest("/v1/agent/token/")
    if target not in TARGETS:
        raise Refusal(404, f'Token "{target}" is unknown')
    return empty()


def monitor(context: Context) -> Response:
    """Answer one line of a log and end: a pretend server writes none."""
    require(authorizer(context), "agent", "read", context.cluster.node)
    level = context.query.get("loglevel") or "INFO"
    if level.upper() not in LEVELS:
        raise Refusal(400, f"Unknown log level: {level}")
    moment, words = f"{context.world.wall()[:23]}Z", "the sandbox keeps no log"
    if "logjson" in context.query:
        about = {"@level": level.lower(), "@message": words, "@module": "agent", "@timestamp": moment}
        return as_text(f"{dump(about).decode()}\n")
    return as_text(f"{moment} [{level.upper()}] agent: {words}\n")


def host(context: Context) -> Response:
    """Return what the machine is: of a pretend server, a small one of a fixed make."""
    require(authorizer(context), "operator", "read")
    seconds = int(context.world.clock())
    memory = {"total": 2**33, "available": 2**32, "used": 2**32, "usedPercent": 50.0, "free": 2**32}
    cpu = {"cpu": 0, "vendorId": "GenuineIntel", "family": "6", "model": "85", "cores": 1, "mhz": 2500}
    about = {
        "hostname": context.cluster.node,
        "uptime": seconds,
        "procs": 1,
        "os": "linux",
        "platform": "debian",
        "platformFamily": "debian",
        "kernelArch": "x86_64",
        "hostId": context.cluster.node_id,
    }
    disk = {"path": "/", "fstype": "ext2/ext3", "total": 2**36, "free": 2**35, "used": 2**35}
    return as_json(
        {
            "Memory": memory,
            "CPU": [cpu],
            "Host": about,
            "Disk": {**disk, "usedPercent": 50.0},
            "CollectionTime": int(context.world.wall_seconds() * 1e9),
            "Errors": None,
        }
    )
