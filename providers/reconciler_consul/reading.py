"""The bulk read: one list per cluster and kind, one list of peerings per cluster, all at once.

O(clusters × kinds) requests. What cannot be read is `Unknown` with its reason, and everything else goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.errors import Denied, Invalid, ProviderError
from reconciler.sdk.provider import Observation, Present, Reading, Unknown, Wanted
from reconciler.sdk.scope import unscoped
from reconciler_consul.acl import policies as acl_policies
from reconciler_consul.acl.needs import to_read
from reconciler_consul.acl.preflight import may_read
from reconciler_consul.kinds.names import Ref, entry_ref, folded
from reconciler_consul.kinds.policy_language import advice, rule_for
from reconciler_consul.kinds.remarks import old_sources, spelling
from reconciler_consul.peering.body import PeeringSpec, Site, discovered, named, present, standing
from reconciler_consul.peering.strays import strays
from reconciler_consul.peering.version import too_old
from reconciler_consul.server.absence import certainly_absent
from reconciler_consul.server.answers import no_token
from reconciler_consul.server.api import ConsulApi
from reconciler_consul.server.listing import Entries, ListKey, entries_at, entry_name
from reconciler_consul.server.values import Identity, Row

T = TypeVar("T")

_NO_ENTRIES = ("peering", "acl_policy")
# Kinds in which Community Edition, too, keeps a partition or namespace that somebody wrote down.
_SCOPED = ("service-router", "service-splitter", "exported-services")


Lists = dict[ListKey, Entries | ProviderError]
Tables = dict[str, dict[str, Row] | ProviderError]  # of peerings: by cluster, and by name in lower case


async def read(
    apis: Mapping[str, ConsulApi],
    wanted: Sequence[Wanted],
    lists: Lists | None = None,
    peerings: Tables | None = None,
) -> Reading:
    """Read every address. Never raises for what a server did or did not answer. Whole lists that were read,
    or could not be, are put into `lists`, and those of peerings into `peerings`."""
    before = sum(api.http.requests for api in apis.values())
    policies = [item.address for item in wanted if item.address.type == "acl_policy"]
    places = {ListKey.of(item.address) for item in wanted if item.address.type not in _NO_ENTRIES}
    ends = {end for item in wanted if item.address.type == "peering" for end in _clusters(item)}
    for api in apis.values():
        api.ask_agent()
    async with asyncio.TaskGroup() as group:
        known = {name: group.create_task(_outcome(api.identity())) for name, api in apis.items()}
        listing = {
            place: group.create_task(_outcome(entries_at(apis[place.cluster], place)))
            for place in places
            if place.cluster in apis
        }
        tables = {
            name: group.create_task(_outcome(apis[name].list_peerings())) for name in ends if name in apis
        }
        of_policies = group.create_task(acl_policies.read(apis, policies))
    seen = _Seen(
        {name: task.result() for name, task in known.items()},
        {place: task.result() for place, task in listing.items()},
        {name: task.result() for name, task in tables.items()},
        of_policies.result(),
        datetime.now(UTC),
        {name: api.cluster.address for name, api in apis.items()},
    )
    if lists is not None:
        lists.update(seen.lists)
    if peerings is not None:
        peerings.update(seen.tables)
    seen.readable |= await may_read(apis, seen.hidden(wanted))
    requests = sum(api.http.requests for api in apis.values()) - before
    clusters = {
        name: found if isinstance(found, ProviderError) else found.info
        for name, found in seen.clusters.items()
    }
    objects = {item.address: seen.observe(item) for item in wanted}
    return Reading(objects, clusters, requests, tuple(seen.strays(wanted)))


async def _outcome(call: Awaitable[T]) -> T | ProviderError:
    """Return the result, or the error as a value: one list that fails must not cancel the others."""
    try:
        return await call
    except ProviderError as error:
        return error


def _clusters(item: Wanted) -> Iterable[str]:
    spec = PeeringSpec.of(item.address, item.last_known)
    return spec.acceptor, spec.dialer


@dataclass(slots=True)
class _Seen:
    """Everything that the requests brought, and the joins over it.

    `readable` are entries that a list cut by ACLs would have shown: absent, then, is absent.
    """

    clusters: Mapping[str, Identity | ProviderError]
    lists: Mapping[ListKey, Entries | ProviderError]
    tables: Mapping[str, dict[str, Row] | ProviderError]
    policies: Mapping[Address, Observation]
    now: datetime
    addresses: Mapping[str, str]
    readable: frozenset[Address] = frozenset()

    def hidden(self, wanted: Iterable[Wanted]) -> list[Address]:
        """Return the entries that a list filtered by ACLs does not show."""
        if not any(isinstance(listed, Entries) and listed.filtered for listed in self.lists.values()):
            return []
        entries = [item.address for item in wanted if item.address.type not in _NO_ENTRIES]
        return [address for address in entries if self._is_hidden(address)]

    def _is_hidden(self, address: Address) -> bool:
        listed = self.lists.get(ListKey.of(address))
        return (
            isinstance(listed, Entries)
            and listed.filtered
            and folded(entry_ref(address)[1]) not in listed.by_name
            and self._problem(address.cluster) is None
        )

    def observe(self, item: Wanted) -> Observation:
        """Return what is known of one address."""
        if item.address.type == "peering":
            return self._peering(item)
        if item.address.type == "acl_policy":
            return self._policy(item.address)
        return self._entry(item.address)

    def _policy(self, address: Address) -> Observation:
        problem = self._problem(address.cluster)
        if problem is not None:
            return Unknown(problem)
        found = self.policies[address]
        refused = isinstance(found, Unknown) and certainly_absent(
            found.error, self.clusters.get(address.cluster)
        )
        return None if refused else found

    def _entry(self, address: Address) -> Observation:
        problem = self._problem(address.cluster)
        if problem is not None:
            return Unknown(problem)
        listed = self.lists[ListKey.of(address)]
        if isinstance(listed, ProviderError):
            kind, _ = entry_ref(address)
            absent = certainly_absent(listed, self.clusters.get(address.cluster), kind)
            return None if absent else Unknown(listed)
        ref = entry_ref(address)
        entry = listed.by_name.get(folded(ref[1]))
        if entry is not None:
            scoped = ref[0] in _SCOPED or "Partition" in entry
            shown = unscoped(entry, address, entry.get("Partition")) if scoped else entry
            remarks = (*spelling(ref[1], entry_name(entry)), *old_sources(entry))
            return Present(shown, int(entry.get("ModifyIndex", 0)), remarks=remarks)
        if listed.filtered and address not in self.readable:
            return Unknown(_filtered(address, ref, listed.anonymous))
        return None

    def _peering(self, item: Wanted) -> Observation:
        spec = PeeringSpec.of(item.address, item.last_known)
        found = {name: self._site(name) for name in (spec.acceptor, spec.dialer)}
        sites = {name: site for name, site in found.items() if isinstance(site, Site)}
        problem = next((site for site in found.values() if isinstance(site, ProviderError)), None)
        if problem is not None:
            return Unknown(problem, standing(spec, sites), self._remains(spec, sites))
        if not (item.last_known and item.last_known.get("Names")):
            spec = discovered(spec, sites)
        if item.otherwise is not None:
            spec = named(spec, PeeringSpec.of(item.address, item.otherwise), sites)
        return present(spec, sites, self.now)

    def strays(self, wanted: Iterable[Wanted]) -> Iterable[str]:
        """Return the notes on dead rows that no peering of this run claims."""
        tables = {name: rows for name, rows in self.tables.items() if not isinstance(rows, ProviderError)}
        claimed: dict[str, set[str]] = {}
        for item in wanted:
            if item.address.type == "peering":
                names = self._named(item, tables)
                begun = PeeringSpec.of(item.address, item.otherwise).names if item.otherwise else names
                for cluster, name in (*names.items(), *begun.items()):
                    claimed.setdefault(cluster, set()).add(name.lower())
        return strays(tables, claimed, self.addresses)

    def _named(self, item: Wanted, tables: Mapping[str, Mapping[str, Row]]) -> Mapping[str, str]:
        spec = PeeringSpec.of(item.address, item.last_known)
        known = {spec.acceptor, spec.dialer} <= tables.keys() and not (
            item.last_known and item.last_known.get("Names")
        )
        return (discovered(spec, {name: Site(tables[name]) for name in spec.names}) if known else spec).names

    def _remains(self, spec: PeeringSpec, sites: Mapping[str, Site]) -> str:
        """Return the command that deletes the row of a peering whose other end cannot be reached."""
        left = [name for name, site in sites.items() if site.end(name, spec.names[name]).row]
        return "; ".join(
            f"consul peering delete -http-addr={self.addresses[name]} -name={spec.names[name]}"
            for name in left
        )

    def _site(self, name: str) -> Site | ProviderError:
        problem = self._problem(name)
        if problem is not None:
            return problem
        rows, identity = self.tables[name], self.clusters[name]
        assert isinstance(identity, Identity)
        unfit = too_old(identity.info)
        if unfit is not None:
            return unfit
        if isinstance(rows, ProviderError):
            if not certainly_absent(rows, identity):
                return rows
            rows = {}
        return Site(rows, identity.datacenter, identity.trust_domain, identity.partition)

    def _problem(self, cluster: str) -> ProviderError | None:
        found = self.clusters.get(cluster)
        if found is None:
            return Invalid(f"there is no cluster {cluster} in this run", cluster=cluster)
        return found if isinstance(found, ProviderError) else None


def _filtered(address: Address, ref: Ref, anonymous: bool) -> Denied:
    """Return the error for a filtered list: Consul omits what a token may not read, so not seen is not
    absent.
    """
    if anonymous:
        return Denied(
            f"{address.cluster} denies by default, and shows a caller without a token only a part",
            cluster=address.cluster,
            hint=no_token(address.cluster),
        )
    rules = [rule_for(need.resource, need.access, need.name) for need in to_read(address, None)]
    return Denied(
        f"{address.cluster} lists {ref[0]} only in part: its token may not read all of them",
        cluster=address.cluster,
        hint=advice(address.cluster, rules) if rules else "",
    )
