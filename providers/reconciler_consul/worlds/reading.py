"""One cluster, read once: every answer as it came, or the error in its place.

Two requests on first contact, one for its peerings, one for each kind of config entry that its version has,
two for nodes and critical checks, one for each node, and one for each subset of a resolver.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import field
from datetime import UTC, datetime
from typing import Any, TypeVar

from reconciler.sdk.consul.entry_kinds import is_namespaced
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.errors import Denied, NotSupported, ProviderError
from reconciler.sdk.http.messages import Answer, segment
from reconciler_consul.kinds.all import ENTRY_KINDS
from reconciler_consul.kinds.policy_language import advice
from reconciler_consul.server.absence import certainly_absent
from reconciler_consul.server.answers import no_token
from reconciler_consul.server.api import ConsulApi
from reconciler_consul.server.entry_capabilities import Server, kind_is_missing
from reconciler_consul.server.listing import list_all
from reconciler_consul.server.values import EntryList, Identity, Row, is_list_of
from reconciler_consul.worlds.clocks import offset
from reconciler_consul.worlds.subsets import Counts, subset_counts

T = TypeVar("T")
_NO_SUCH_KIND = "invalid config entry kind"
_TO_READ_SERVICES = ('service_prefix "" { policy = "read" }', 'node_prefix "" { policy = "read" }')


@dataclass(frozen=True, slots=True)
class Instances:
    """The services of each node, and the checks that are critical."""

    nodes: Mapping[str, list[Mapping[str, Any]]]
    critical: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class ReadCluster:
    """A cluster as it answered. `agent` is what its agent says of itself; `agent_unread`: why not all."""

    name: str
    identity: Identity
    agent: Mapping[str, Any]
    rows: Mapping[str, Row] | ProviderError
    entries: Mapping[str, EntryList | ProviderError]
    running: Instances | ProviderError
    acl_default: str = ""
    servers: tuple[str, ...] = ()
    clock_offset: int | None = None
    subsets: Counts = field(default_factory=dict)
    agent_unread: str = ""


async def read_cluster(api: ConsulApi, *, addresses: bool) -> ReadCluster | ProviderError:
    """Read a cluster; the error where it does not answer at all."""
    identity = await outcome(api.identity())
    if isinstance(identity, ProviderError):
        return identity
    agent, rows, entries, running, servers = await asyncio.gather(
        outcome(api.agent()),
        outcome(api.list_peerings()),
        _entries(api, identity),
        outcome(_instances(api)),
        _servers(api) if addresses else _nothing(),
    )
    known = {} if isinstance(agent, ProviderError) else agent
    seen, said = (running, Said()) if isinstance(running, ProviderError) else running
    found = _peers(rows, identity)
    subsets = await subset_counts(api, _listed_entries(entries))
    acl, clock = said.acl_default, said.clock_offset
    return ReadCluster(
        api.name,
        identity,
        known,
        found,
        entries,
        seen,
        acl,
        servers,
        clock,
        subsets,
        _unsaid(api.name, agent),
    )


def _unsaid(name: str, agent: Mapping[str, Any] | ProviderError) -> str:
    if isinstance(agent, ProviderError):
        return agent.message
    said = f"{name} does not show its token what the agent is set to (default intention, ports)"
    return "" if agent.get("DebugConfig") else said


def _listed_entries(entries: Mapping[str, EntryList | ProviderError]) -> Iterable[Mapping[str, Any]]:
    lists = (listed for listed in entries.values() if not isinstance(listed, ProviderError))
    return (entry for listed in lists for entry in listed.entries)


async def outcome(call: Awaitable[T]) -> T | ProviderError:
    """Return the result, or the error as a value: one question that fails must not cancel the others."""
    try:
        return await call
    except ProviderError as error:
        return error


def _peers(rows: Mapping[str, Row] | ProviderError, identity: Identity) -> Mapping[str, Row] | ProviderError:
    return {} if isinstance(rows, ProviderError) and certainly_absent(rows, identity) else rows


async def _nothing() -> tuple[str, ...]:
    return ()


async def _servers(api: ConsulApi) -> tuple[str, ...]:
    """Return the addresses of the servers; none where they are not shown."""
    found = await outcome(api.http.get("/v1/status/peers"))
    listed = [] if isinstance(found, ProviderError) else found.value
    return tuple(str(one) for one in listed) if isinstance(listed, list) else ()


async def _entries(api: ConsulApi, identity: Identity) -> dict[str, EntryList | ProviderError]:
    server = Server.of(identity.info)
    kinds = [kind for kind in ENTRY_KINDS if not kind_is_missing(kind, server)]
    calls = (outcome(list_all(api, kind, None, _namespace_of(api, kind))) for kind in kinds)
    lists = await asyncio.gather(*calls)
    return {
        kind: EntryList((), False) if _is_absent(listed, identity, kind) else listed
        for kind, listed in zip(kinds, lists, strict=True)
    }


def _namespace_of(api: ConsulApi, kind: str) -> str | None:
    return _own_namespace(api) if is_namespaced(kind) else None


def _own_namespace(api: ConsulApi) -> str | None:
    return api.cluster.namespace if api.cluster.namespace != "default" else None


def _is_absent(listed: EntryList | ProviderError, identity: Identity, kind: str) -> bool:
    """Say whether there certainly is none of a kind: also where servers do not know it."""
    if not isinstance(listed, ProviderError):
        return False
    unheard = isinstance(listed, NotSupported) and _NO_SUCH_KIND in listed.message
    return unheard or certainly_absent(listed, identity, kind)


@dataclass(frozen=True, slots=True)
class Said:
    """What servers say with each answer: the default policy of ACLs, and how far their clock is from ours
    (seconds; `None`: not known)."""

    acl_default: str = ""
    clock_offset: int | None = None


async def _instances(api: ConsulApi) -> tuple[Instances | ProviderError, Said]:
    """Return all instances, and what servers say with each answer.

    The instances are an error where the token may not see all of them: what is not shown is not absent.
    """
    scope = api.here(None, _own_namespace(api)).query()
    began = datetime.now(UTC)
    nodes, checks = await asyncio.gather(
        api.http.get("/v1/catalog/nodes", api.here(None, None).query()),
        api.http.get("/v1/health/state/critical", scope),
    )
    clock = offset(nodes.headers.get("date", ""), datetime.now(UTC), began)
    names = [row["Node"] for row in _listed(api, nodes, "/v1/catalog/nodes", "Node")]
    critical = tuple(_listed(api, checks, "/v1/health/state/critical", "Node"))
    answers = await asyncio.gather(
        *(api.http.get(f"/v1/catalog/node-services/{segment(name)}", scope) for name in names)
    )
    said = Said(nodes.headers.get("x-consul-default-acl-policy", ""), clock)
    if any(api.may_be_cut(answer) for answer in (nodes, checks, *answers)):
        return _cut(api), said
    found = {name: _services(api, answer) for name, answer in zip(names, answers, strict=True)}
    return Instances(found, critical), said


def _listed(api: ConsulApi, answer: Answer, path: str, key: str) -> list[dict[str, Any]]:
    value = answer.value if answer.value is not None else []
    if not is_list_of(value, key):
        raise api.broken(path, "a list")
    return list(value)


def _services(api: ConsulApi, answer: Answer) -> list[Mapping[str, Any]]:
    """Return the services of a node; none where it went in the meantime."""
    value = answer.value.get("Services") if isinstance(answer.value, Mapping) else None
    listed = value if value is not None else []
    if not is_list_of(listed, "Service"):
        raise api.broken("/v1/catalog/node-services", "a list of services")
    return list(listed)


def _cut(api: ConsulApi) -> Denied:
    message = f"{api.name} does not show its token all nodes and services"
    hint = advice(api.name, _TO_READ_SERVICES) if api.cluster.token else no_token(api.name)
    return Denied(message, cluster=api.name, hint=hint)


def why_cut(name: str, kind: str, listed: EntryList) -> str:
    """Return why a list of entries may lack some."""
    if listed.anonymous:
        return f"{name} denies by default, and shows a caller without a token only a part"
    return f"{name} lists {kind} only in part: its token may not read all of them"


def unread(lists: Mapping[str, EntryList | ProviderError], name: str) -> Iterable[tuple[str, str]]:
    """Yield the kinds that are not, or not all, known, and why."""
    for kind, listed in lists.items():
        if isinstance(listed, ProviderError):
            yield kind, listed.message
        elif listed.filtered:
            yield kind, why_cut(name, kind, listed)
