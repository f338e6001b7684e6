"""/v1/discovery-chain: the compiled chain of a service as Consul shows it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reconciler.emulator.acl.access import authorizer, require
from reconciler.emulator.chain.compiler import Compiler, compile_chain
from reconciler.emulator.chain.graph import Edge, Node, Target
from reconciler.emulator.chain.options import Options
from reconciler.emulator.core.context import Context
from reconciler.emulator.core.versions import Version, parse_version
from reconciler.emulator.forms.decode import DecodeError, Decoder
from reconciler.emulator.forms.encode import shown_struct
from reconciler.emulator.forms.schema import struct_schema
from reconciler.emulator.wire.durations import format_duration
from reconciler.emulator.wire.gojson import GoJSONError
from reconciler.emulator.wire.gojson_any import loads_any
from reconciler.emulator.wire.messages import Block, Refusal, Response

Value = dict[str, Any]
PREFIX = "/v1/discovery-chain/"
VERSION = parse_version("1.20")


def read(context: Context) -> Response | Block:
    """Return the chain of a service, compiled here or for `?compile-dc=`; POST takes overrides."""
    name = context.rest(PREFIX)
    context.parse_options()
    if not name:
        raise Refusal(400, "Missing chain name")
    context.refuse_enterprise()
    options = read_options(context.request.body) if context.request.method == "POST" else Options()
    try:
        require(authorizer(context), "service", "read", name)
    except Refusal as refusal:
        return context.indexed(refusal.response(), context.store.table_index("config"))
    return context.read(
        ("config",),
        lambda: {"Chain": _chain(context, name, options)},
        lambda: _chain(context, name, options),
    )


def read_options(body: bytes) -> Options:
    """Return the overrides of a request's body; raises the Refusal (400) of what is none."""
    try:
        raw = loads_any(body)
        if not isinstance(raw, dict):
            kind = {list: "array", str: "string", bool: "bool"}.get(type(raw), "number")
            raw = {} if raw is None else _refuse_kind(kind)
        decoder = Decoder(VERSION)
        value = decoder.struct(struct_schema("ChainOverrides", VERSION), raw, "")
        decoder.unknown.clear()
        decoder.finish()
    except (DecodeError, GoJSONError) as error:
        raise Refusal(400, f"Request decoding failed: {error}") from None
    mode = value.get("OverrideMeshGateway", {}).get("Mode", "")
    if mode not in ("", "none", "local", "remote"):
        raise Refusal(400, "Invalid OverrideMeshGateway.Mode parameter")
    return Options(value.get("OverrideProtocol", ""), mode, value.get("OverrideConnectTimeout", 0))


def _refuse_kind(kind: str) -> Value:
    raise GoJSONError(f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}")


def _chain(context: Context, name: str, options: Options) -> Value:
    version = context.cluster.version
    datacenter = context.query.get("compile-dc") or context.cluster.datacenter
    try:
        chain = compile_chain(context.store, name, None, datacenter, replace(options, used=set()))
    except Refusal as refusal:
        raise Refusal(500, f"failed to compile discovery chain: {refusal.text}") from None
    shown: Value = {
        "ServiceName": name,
        "Namespace": "default",
        "Partition": "default",
        "Datacenter": datacenter,
        "CustomizationHash": chain.options.hash(),
        "Protocol": chain.protocol or "tcp",
        **_from_defaults(chain, version),
        "StartNode": chain.start,
        "Nodes": {key: _node(node, version) for key, node in chain.nodes.items()},
        "Targets": {key: _target(context, target) for key, target in chain.targets.items()},
    }
    shown = {key: value for key, value in shown.items() if value}
    if _is_default(chain):
        shown["Default"] = True
    virtual = context.store.virtual_ips.get((name, ""))
    if version.at_least(16):
        shown["AutoVirtualIPs"] = [virtual] if virtual else None
        shown["ManualVirtualIPs"] = [] if virtual else None
    return shown


def _from_defaults(chain: Compiler, version: Version) -> Value:
    """Return what a chain has from the defaults of its own name, and extensions of proxy-defaults."""
    defaults = chain.reader.get("service-defaults", chain.service) or {}
    everywhere = chain.reader.get("proxy-defaults", "global") or {}
    extensions = [*(everywhere.get("EnvoyExtensions") or ()), *(defaults.get("EnvoyExtensions") or ())]
    return {
        "ServiceMeta": defaults.get("Meta"),
        "EnvoyExtensions": [shown_struct("EnvoyExtension", one, version) for one in extensions],
    }


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
    if node.balancer is not None:
        shown["LoadBalancer"] = shown_struct("LoadBalancer", node.balancer, version)
    return shown


def _split(edge: Edge, version: Version) -> Value:
    definition = shown_struct("Split", edge.definition, version)
    shown = {"Definition": definition, "Weight": edge.weight, "NextNode": edge.key}
    return {key: value for key, value in shown.items() if value}


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
        "Subset": shown_struct("Subset", target.definition, context.cluster.version),
        "TransparentProxy": {"DialedDirectly": True} if target.dialed_directly else {},
    }
    if target.external_sni:
        shown["External"] = True
        shown["SNI"] = target.external_sni
    if not target.peer:
        start = f"{target.subset}." if target.subset else ""
        domain = f"internal.{context.cluster.trust_domain}"
        name = f"{start}{target.service}.{target.namespace}.{target.datacenter}.{domain}"
        shown["SNI"] = target.external_sni or name
        shown["Name"] = name
    always = ("MeshGateway", "Subset", "TransparentProxy")
    return {key: value for key, value in shown.items() if value or key in always}
