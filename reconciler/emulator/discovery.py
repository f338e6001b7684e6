"""/v1/discovery-chain: the compiled chain of a service as Consul shows it."""

from __future__ import annotations

from typing import Any

from .access import authorizer, require
from .chain import Compiler, compile_chain
from .chain_graph import Edge, Node, Target
from .config_encode import shown_struct
from .context import Context
from .durations import format_duration
from .messages import Block, Refusal, Response
from .versions import Version

Value = dict[str, Any]
PREFIX = "/v1/discovery-chain/"


def read(context: Context) -> Response | Block:
    """Return the chain of a service, compiled in this datacenter (or `?compile-dc=`)."""
    name = context.rest(PREFIX)
    if not name:
        raise Refusal(400, "Missing chain name")
    context.parse_options()
    context.refuse_enterprise()
    try:
        require(authorizer(context), "service", "read", name)
    except Refusal as refusal:
        return context.indexed(refusal.response(), context.store.table_index("config"))
    return context.read(("config",), lambda: {"Chain": _chain(context, name)}, lambda: _chain(context, name))


def _chain(context: Context, name: str) -> Value:
    datacenter = context.query.get("compile-dc") or context.cluster.datacenter
    chain = compile_chain(context.store, name, None, datacenter)
    shown: Value = {
        "ServiceName": name,
        "Namespace": "default",
        "Partition": "default",
        "Datacenter": datacenter,
        "Protocol": chain.protocol or "tcp",
        "StartNode": chain.start,
        "Nodes": {key: _node(node, context.cluster.version) for key, node in chain.nodes.items()},
        "Targets": {key: _target(context, target) for key, target in chain.targets.items()},
    }
    if _is_default(chain):
        shown["Default"] = True
    virtual = context.store.virtual_ips.get((name, ""))
    if context.cluster.version.at_least(16):
        shown["AutoVirtualIPs"] = [virtual] if virtual else None
        shown["ManualVirtualIPs"] = [] if virtual else None
    return shown


def _is_default(chain: Compiler) -> bool:
    node = chain.nodes[chain.start]
    return node.type == "resolver" and node.default and chain.targets[node.target].service == chain.service


def _node(node: Node, version: Version) -> Value:
    shown: Value = {"Type": node.type, "Name": node.name}
    if node.type == "router":
        shown["Routes"] = [
            {"Definition": shown_struct("Route", route, version), "NextNode": key}
            for route, key, _ in node.next
        ]
    elif node.type == "splitter":
        shown["Splits"] = [_split(edge, version) for edge in node.next]
    else:
        shown["Resolver"] = _resolver(node)
    if node.balancer:
        shown["LoadBalancer"] = node.balancer
    return shown


def _split(edge: Edge, version: Version) -> Value:
    definition = shown_struct("Split", edge.definition, version)
    return {"Definition": definition, "Weight": edge.weight, "NextNode": edge.key}


def _resolver(node: Node) -> Value:
    shown: Value = {"ConnectTimeout": format_duration(node.connect_timeout)}
    if node.default:
        shown["Default"] = True
    if node.request_timeout:
        shown["RequestTimeout"] = node.request_timeout
    shown["Target"] = node.target
    if node.failover:
        shown["Failover"] = {"Targets": node.failover}
    return shown


def _target(context: Context, target: Target) -> Value:
    shown: Value = {
        "ConnectTimeout": format_duration(target.connect_timeout),
        "ID": target.id,
        "Service": target.service,
        "ServiceSubset": target.subset,
        "Namespace": target.namespace,
        "Partition": target.partition,
        "Datacenter": target.datacenter,
        "Peer": target.peer,
        "MeshGateway": {"Mode": target.mesh_gateway} if target.mesh_gateway else {},
        "Subset": target.definition,
        "TransparentProxy": {"DialedDirectly": True} if target.dialed_directly else {},
    }
    if target.external_sni:
        shown["External"] = True
    if not target.peer:
        start = f"{target.subset}." if target.subset else ""
        domain = f"internal.{context.cluster.trust_domain}"
        name = f"{start}{target.service}.{target.namespace}.{target.datacenter}.{domain}"
        shown["SNI"] = target.external_sni or name
        shown["Name"] = name
    always = ("MeshGateway", "Subset", "TransparentProxy")
    return {key: value for key, value in shown.items() if value or key in always}
