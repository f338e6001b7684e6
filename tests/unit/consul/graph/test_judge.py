"""Each thing that servers look at, as one case: what stands, a write, and what they say to it.

The same is played on the sandbox, and on real servers where there are any (`test_live.py`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.support.tables import each
from tests.unit.consul.graph.support import Pair, Value, step_write

Step = dict[str, Any]
PEER = {"Consumers": [{"Peer": "dc2"}]}
RULES = [{"Action": "allow", "HTTP": {"PathPrefix": "/"}}]


def put(kind: str, name: str = "", **fields: Any) -> Step:
    return {
        "method": "PUT",
        "path": "/v1/config",
        "body": {"Kind": kind, **({"Name": name} if name else {}), **fields},
    }


def delete(kind: str, name: str) -> Step:
    return {"method": "DELETE", "path": f"/v1/config/{kind}/{name}"}


def protocol(name: str, value: str, **more: Any) -> Step:
    return put("service-defaults", name, Protocol=value, **more)


def resolver(name: str, **fields: Any) -> Step:
    return put("service-resolver", name, **fields)


def splitter(name: str, *to: str) -> Step:
    return put(
        "service-splitter", name, Splits=[{"Weight": 100 // len(to), "Service": other} for other in to]
    )


def router(name: str, to: str) -> Step:
    route = {"Match": {"HTTP": {"PathPrefix": "/x"}}, "Destination": {"Service": to}}
    return put("service-router", name, Routes=[route])


def exports(*names: str) -> Step:
    return put("exported-services", "default", Services=[{"Name": name, **PEER} for name in names])


def intentions(name: str, **rule: Any) -> Step:
    return put("service-intentions", name, Sources=[{"Name": "z", **rule}])


def gateway(protocol: str, *names: str) -> Step:
    services = [{"Name": name} for name in names]
    return put("ingress-gateway", "gw", Listeners=[{"Port": 80, "Protocol": protocol, "Services": services}])


def asking(name: str, provider: str) -> Step:
    jwt = {"Providers": [{"Name": provider}]}
    return put("service-intentions", name, JWT=jwt, Sources=[{"Name": "z", "Action": "allow"}])


OKTA = put("jwt-provider", "okta", JSONWebKeySet={"Local": {"JWKS": "eyJrZXlzIjogW119"}})
EVERYWHERE = put("proxy-defaults", "global", Config={"Protocol": "HTTP"})
A, B, C = protocol("a", "http"), protocol("b", "http"), protocol("c", "http")
V1 = {"v1": {"Filter": ""}}

FAR = (
    A,
    B,
    C,
    exports("a"),
    resolver("b", Redirect={"Service": "c"}),
    resolver("a", Redirect={"Service": "b"}),
)


class Case(NamedTuple):
    """What stands, the write, and a part of the refusal (empty: it is taken)."""

    standing: tuple[Step, ...]
    write: Step
    refused: str = ""
    version: str = "1.20"


CASES = {
    # protocols
    "a splitter needs HTTP": Case((), splitter("a", "a"), "does not permit advanced routing"),
    "a router needs HTTP": Case((), router("a", "b"), "does not permit advanced routing"),
    "proxy defaults give it, in any letter case": Case((EVERYWHERE,), splitter("a", "a", "b")),
    "own defaults count more": Case(
        (EVERYWHERE, protocol("b", "tcp")), splitter("a", "a", "b"), "inconsistent"
    ),
    "defaults without a protocol are TCP": Case(
        (EVERYWHERE, put("service-defaults", "a")), splitter("a", "a"), "adv"
    ),
    "a protocol under a splitter": Case(
        (A, B, splitter("a", "a", "b")), protocol("b", "grpc"), "inconsistent"
    ),
    "defaults under a splitter go": Case(
        (A, B, splitter("a", "a", "b")), delete("service-defaults", "b"), "incon"
    ),
    "a protocol two steps under a splitter is not looked at": Case(
        (EVERYWHERE, splitter("a", "a", "b"), splitter("b", "c")), protocol("c", "http2")
    ),
    "and in the way of what lies between": Case(
        (EVERYWHERE, splitter("a", "a", "b"), splitter("b", "c"), protocol("c", "http2")),
        protocol("b", "http2"),
        'discovery chain "a" uses inconsistent protocols',
    ),
    "and of what that chain names": Case(
        (
            EVERYWHERE,
            splitter("a", "d", "b"),
            splitter("b", "c"),
            router("d", "d"),
            protocol("c", "http2"),
        ),
        delete("service-router", "d"),
        'discovery chain "a" uses inconsistent protocols',
    ),
    "proxy defaults under a splitter": Case(
        (EVERYWHERE, splitter("a", "a", "b")), put("proxy-defaults", "global"), "does not permit advanced"
    ),
    "a redirect to another protocol": Case((A,), resolver("a", Redirect={"Service": "b"}), "inconsistent"),
    "failover to another protocol": Case(
        (A,), resolver("a", Failover={"*": {"Service": "b"}}), "inconsistent"
    ),
    "failover to a peer has none": Case(
        (A,), resolver("a", Failover={"*": {"Targets": [{"Peer": "p", "Service": "b"}]}})
    ),
    # subsets
    "a subset that is missing": Case(
        (A,),
        put("service-splitter", "a", Splits=[{"Weight": 100, "ServiceSubset": "v1"}]),
        'service "a" does not have a subset named "v1"',
    ),
    "a subset in use goes": Case(
        (resolver("b", Subsets=V1), resolver("a", Redirect={"Service": "b", "ServiceSubset": "v1"})),
        resolver("b"),
        'service "b" does not have a subset named "v1"',
    ),
    "a resolver in use goes": Case(
        (resolver("b", Subsets=V1), resolver("a", Redirect={"Service": "b", "ServiceSubset": "v1"})),
        delete("service-resolver", "b"),
        'service "b" does not have a subset named "v1"',
    ),
    # circles
    "a cycle of redirects": Case(
        (resolver("a", Redirect={"Service": "b"}),), resolver("b", Redirect={"Service": "a"}), "circular"
    ),
    "a cycle of splitters": Case(
        (EVERYWHERE, splitter("a", "b")), splitter("b", "a"), "detected circular reference"
    ),
    # outside of the mesh
    "subsets of what is outside": Case(
        (protocol("a", "tcp", ExternalSNI="x.example"),),
        resolver("a", Subsets=V1),
        "cannot define subsets for external services",
    ),
    "outside with subsets": Case(
        (resolver("a", Subsets=V1),),
        protocol("a", "tcp", ExternalSNI="x.example"),
        "cannot define subsets for external services",
    ),
    "outside with nothing": Case(
        (resolver("a", ConnectTimeout="3s"),), protocol("a", "tcp", ExternalSNI="x.example")
    ),
    # gateways
    "a listener of another protocol": Case(
        (A,), gateway("tcp", "a"), 'does not match defined listener protocol "tcp"'
    ),
    "a service behind a listener changes": Case(
        (A, gateway("http", "a")), protocol("a", "tcp"), "defined listener protocol"
    ),
    "behind TCP it may, without a splitter": Case((gateway("tcp", "a"),), A),
    "behind TCP no splitter comes": Case(
        (gateway("tcp", "a"), A), splitter("a", "a"), "defined listener protocol"
    ),
    "a wildcard listens to nothing": Case((A,), gateway("http", "*")),
    "two gateways of one name": Case(
        (gateway("tcp", "a"),), put("terminating-gateway", "gw"), "already exists"
    ),
    "two gateways of one name, the other way": Case(
        (put("terminating-gateway", "gw"),), gateway("tcp", "a"), "already exists"
    ),
    # intentions
    "permissions for TCP": Case((), intentions("a", Permissions=RULES), "incompatible with L7 intentions"),
    "permissions for HTTP": Case((A,), intentions("a", Permissions=RULES)),
    "a service with permissions changes": Case(
        (A, intentions("a", Permissions=RULES)), protocol("a", "tcp"), "L7"
    ),
    "proxy defaults under permissions": Case(
        (EVERYWHERE, intentions("a", Permissions=RULES)), put("proxy-defaults", "global"), "L7 intentions"
    ),
    "plain intentions for anything": Case((), intentions("a", Action="allow")),
    # JWT providers
    "a provider that is missing": Case((), asking("a", "okta"), "Provider Name: okta"),
    "a provider that is there": Case((OKTA,), asking("a", "okta")),
    "a provider in use goes": Case(
        (OKTA, asking("a", "okta")), delete("jwt-provider", "okta"), "referenced by an intention"
    ),
    "a provider not in use goes": Case(
        (OKTA, asking("a", "okta"), intentions("a", Action="allow")), delete("jwt-provider", "okta")
    ),
    # permissive TLS
    "permissive without leave": Case(
        (), protocol("a", "tcp", MutualTLSMode="permissive"), "AllowEnablingPermissive"
    ),
    "permissive with leave": Case(
        (put("mesh", AllowEnablingPermissiveMutualTLS=True),),
        put("proxy-defaults", "global", MutualTLSMode="permissive"),
    ),
    "permissive stays": Case(
        (
            put("mesh", AllowEnablingPermissiveMutualTLS=True),
            protocol("a", "tcp", MutualTLSMode="permissive"),
            put("mesh"),
        ),
        protocol("a", "http", MutualTLSMode="permissive"),
    ),
    # exports
    "an exported service leaves its datacenter": Case(
        (exports("a"),), resolver("a", Redirect={"Datacenter": "dc9"}), "cross-datacenter resolver redirect"
    ),
    "exported what leaves its datacenter": Case(
        (resolver("a", Failover={"*": {"Datacenters": ["dc9"]}}),), exports("a"), "cross-datacenter failover"
    ),
    "an exported service leaves for a peer": Case(
        (A, exports("a")),
        resolver("a", Redirect={"Service": "a", "Peer": "p"}),
        "cross-peer resolver redirect",
    ),
    "which 1.14 takes": Case(
        (A, exports("a")), resolver("a", Redirect={"Service": "a", "Peer": "p"}), "", "1.14"
    ),
    "an exported TCP service gains a target": Case(
        (exports("a"),),
        resolver("a", Redirect={"Service": "b"}),
        "cannot introduce new discovery chain targets",
    ),
    "and loses its redirect": Case(
        (resolver("a", Redirect={"Service": "b"}), exports("a")),
        delete("service-resolver", "a"),
        "cannot introduce new discovery chain targets",
    ),
    "an exported HTTP service may": Case((A, B, exports("a")), resolver("a", Redirect={"Service": "b"})),
    "failover is no target": Case((exports("a"),), resolver("a", Failover={"*": {"Service": "b"}})),
    "but was one in 1.14": Case(
        (exports("a"),), resolver("a", Failover={"*": {"Service": "b"}}), "new discovery chain", "1.14"
    ),
    "a wildcard counts the written name": Case(
        (exports("*"),), resolver("a", Redirect={"Service": "b"}), "new discovery chain"
    ),
    "and not one that goes": Case(
        (resolver("a", Redirect={"Service": "b"}), exports("*")), delete("service-resolver", "a")
    ),
    "who leads to an exported service is not exported": Case(
        (exports("b"),), resolver("a", Redirect={"Service": "b"})
    ),
    "whoever an exported service leads to is looked at": Case(
        (A, B, exports("a"), splitter("a", "b")),
        resolver("b", Redirect={"Datacenter": "dc9"}),
        "cross-datacenter",
    ),
    "two steps up nobody looks": Case(FAR, resolver("c", Redirect={"Datacenter": "dc9"})),
    "unless intentions stand there": Case(
        (*FAR, intentions("a", Action="allow")),
        resolver("c", Redirect={"Datacenter": "dc9"}),
        "cross-datacenter resolver redirect",
    ),
    "what was broken from afar stops the next write": Case(
        (*FAR, resolver("c", Redirect={"Datacenter": "dc9"})),
        protocol("a", "http", Meta={"x": "y"}),
        "cross-datacenter resolver redirect",
    ),
    "exports may always go": Case((exports("a"),), delete("exported-services", "default")),
}


@each("case", CASES.values(), ids=CASES.keys())
def test_what_servers_look_at(case: Case) -> None:
    pair = Pair(case.version)
    for step in case.standing:
        assert not pair.graph.judge(step_write(step)).refused
        assert not pair.take(step)
    verdict = pair.graph.judge(step_write(case.write))
    assert case.refused in verdict.refused
    assert bool(case.refused) == bool(verdict.refused)
    assert not pair.take(case.write)


def steps(case: Case) -> list[Value]:
    """A case as the steps that a server is asked to take."""
    return [*case.standing, case.write]


def test_what_stands_already_is_taken_whatever_else_stands() -> None:
    pair = Pair("1.20")
    for step in (A, splitter("a", "a")):
        assert not pair.take(step)
    broken = step_write(splitter("a", "a"))
    pair.graph.put(step_write(protocol("a", "tcp")))
    assert not pair.graph.judge(broken).refused
