"""The endpoints of one cluster that this provider uses, and nothing else."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from reconciler.sdk.errors import Ambiguous, Denied, NotSupported, ProviderError
from reconciler.sdk.http.client import HttpClient, segment
from reconciler.sdk.http.messages import Answer
from reconciler.sdk.provider import ClusterConfig, ClusterInfo, Settings
from reconciler.sdk.scope import DEFAULT
from reconciler.sdk.secrets.secret import Secret
from reconciler_consul.server.answers import judge

Entry = dict[str, Any]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where config entries live: partition and namespace (Enterprise) and the primary datacenter."""

    partition: str | None = None
    namespace: str | None = None
    dc: str | None = None

    def query(self) -> dict[str, str | int]:
        """Return the scope as query parameters; Community Edition refuses even the value `default`."""
        given = {"partition": self.partition, "ns": self.namespace, "dc": self.dc}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class EntryList:
    """All entries of a kind that the token may see. `filtered` says that there may be more."""

    entries: tuple[Entry, ...]
    filtered: bool
    anonymous: bool = False  # because it was asked without any token


@dataclass(frozen=True, slots=True)
class Identity:
    """What a cluster says of itself. `primary` is the datacenter where config entries are written.

    `partition` is the one that this configuration is about; empty on Community Edition. `domain` is that of
    its agents' DNS; `None` where the token may not read it.
    """

    info: ClusterInfo
    datacenter: str
    trust_domain: str
    primary: str
    partition: str = ""
    domain: str | None = None


class ConsulApi:
    """One cluster's API. Every method raises `ProviderError`."""

    def __init__(self, cluster: ClusterConfig, settings: Settings) -> None:
        self.cluster = cluster
        self.name = cluster.name
        self.http = HttpClient(cluster, settings, judge=judge)
        self._identity: Identity | None = None
        self._asking: asyncio.Task[Identity] | None = None
        self._self: asyncio.Task[Mapping[str, Any]] | None = None

    # Identity

    async def identity(self) -> Identity:
        """Return version, edition, datacenter and trust domain: one request, shared by all callers."""
        if self._identity is None:
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._identify())
                self._asking.add_done_callback(_heard)
            self._identity = await asyncio.shield(self._asking)
        return self._identity

    async def _identify(self) -> Identity:
        agent, trust_domain = await asyncio.gather(self._agent(), self._trust_domain())
        config = agent.get("Config") or {}
        version = str(config.get("Version") or "unknown")
        datacenter = str(config.get("Datacenter") or "")
        primary = str(config.get("PrimaryDatacenter") or "")
        identity = f"{trust_domain}/{datacenter}" if trust_domain and datacenter else ""
        facts = {"datacenter": datacenter, "edition": "enterprise" if "+ent" in version else "community"}
        info = ClusterInfo(
            self.name, self.cluster.address, version, identity, {k: v for k, v in facts.items() if v}
        )
        partition = (self.cluster.partition or DEFAULT) if facts["edition"] == "enterprise" else ""
        domain = _mapping(agent.get("DebugConfig")).get("DNSDomain")
        domain = domain.strip(".") if isinstance(domain, str) else None
        elsewhere = primary if primary != datacenter else ""
        return Identity(info, datacenter, trust_domain, elsewhere, partition, domain)

    def ask_agent(self) -> asyncio.Task[Mapping[str, Any]]:
        """Ask the agent about itself: once for all callers that wait, and again after a failure.

        Called before other requests are made, this one goes first: that it is answered shows that the cluster
        is there, even if a single list fails.
        """
        failed = self._self is not None and self._self.done() and self._self.exception() is not None
        if self._self is None or failed:
            self._self = asyncio.create_task(self._ask_agent())
            self._self.add_done_callback(_heard)
        return self._self

    async def _agent(self) -> Mapping[str, Any]:
        return await asyncio.shield(self.ask_agent())

    async def _ask_agent(self) -> Mapping[str, Any]:
        """Read `/v1/agent/self`, or what is known without the permission to read it (agent:read)."""
        try:
            answer = await self.http.get("/v1/agent/self")
        except Denied:
            return {"Config": await self._agent_without_permission()}
        if not isinstance(_mapping(answer.value).get("Config"), dict):
            raise self._broken("/v1/agent/self", "a Config")
        return _mapping(answer.value)

    async def _agent_without_permission(self) -> dict[str, str]:
        out = {}
        known = (await self.http.get("/v1/catalog/datacenters")).value
        if isinstance(known, list) and len(known) == 1:
            out["Datacenter"] = str(known[0])
        with suppress(NotSupported, Denied, KeyError):  # since Consul 1.16 only
            out["Version"] = str(_mapping((await self.http.get("/v1/agent/version")).value)["HumanVersion"])
        return out

    async def _trust_domain(self) -> str:
        try:
            answer = await self.http.get("/v1/connect/ca/roots")
        except NotSupported:
            return ""  # Connect is off: such a cluster has config entries, but no identity of its own
        if not isinstance(answer.value, dict):
            raise self._broken("/v1/connect/ca/roots", "an object")
        return str(answer.value.get("TrustDomain") or "")

    def here(self, partition: str | None, namespace: str | None, dc: str | None = None) -> Scope:
        """Return a scope of this cluster. The namespace is the address's alone: what a partition shares has
        none.
        """
        return Scope(partition or self.cluster.partition, namespace, dc or None)

    # Config entries

    async def list_entries(self, kind: str, scope: Scope) -> EntryList:
        """Read all entries of a kind."""
        answer = await self.http.get(f"/v1/config/{segment(kind)}", scope.query())
        if not _is_list_of(answer.value, "Kind"):
            raise self._broken(f"/v1/config/{kind}", "a list of entries")
        cut, told = self.may_be_cut(answer), _says_cut(answer)
        return EntryList(tuple(answer.value), cut, cut and not told)

    def may_be_cut(self, answer: Answer) -> bool:
        """Say whether a list may lack what the token may not see."""
        # The header stays away for the anonymous token, which may be filtered just the same.
        anonymous = not self.cluster.token and answer.headers.get("x-consul-default-acl-policy") == "deny"
        return _says_cut(answer) or anonymous

    async def get_entry(self, kind: str, name: str, scope: Scope) -> Entry | None:
        """Read one entry; return `None` where there is none."""
        try:
            answer = await self.http.get(f"/v1/config/{segment(kind)}/{segment(name)}", scope.query())
        except ProviderError as error:
            if error.status == 404 and "Config entry not found" in error.message:
                return None
            raise
        return dict(_mapping(answer.value))

    async def put_entry(self, entry: Mapping[str, Any], cas: int, scope: Scope) -> bool:
        """Write a whole entry if its ModifyIndex still is `cas` (0: if it does not exist).

        Consul answers `false` with status 200, so nothing but `true` counts as written.
        """
        answer = await self.http.send("PUT", "/v1/config", entry, {"cas": cas, **scope.query()})
        return answer.value is True

    async def delete_entry(self, kind: str, name: str, cas: int, scope: Scope) -> bool:
        """Remove an entry if its ModifyIndex still is `cas`; `true` also where there is none."""
        path = f"/v1/config/{segment(kind)}/{segment(name)}"
        answer = await self.http.send("DELETE", path, None, {"cas": cas, **scope.query()})
        return answer.value is True

    # Partitions and namespaces

    async def list_names(self, path: str, partition: str | None) -> frozenset[str]:
        """Read the names in `/v1/partitions`, or in `/v1/namespaces` of a partition (Consul Enterprise)."""
        answer = await self.http.get(path, Scope(partition).query())
        if not _is_list_of(answer.value, "Name"):
            raise self._broken(path, "a list of names")
        return frozenset(row["Name"] for row in answer.value)

    # Catalog

    async def has_service_of_kind(self, kind: str) -> bool | None:
        """Say whether a service of this kind is registered; `None` where that is not known.

        Consul before 1.14, and patch levels before GH-18322, ignore the filter and list every service; so
        `consul`, which is registered everywhere, shows that the filter was not applied.
        """
        listed = await self.http.get("/v1/catalog/services", {"filter": f'ServiceKind == "{kind}"'})
        if not isinstance(listed.value, dict) or "consul" in listed.value:
            return None
        return True if listed.value else None if self.may_be_cut(listed) else False

    async def services(self) -> frozenset[str]:
        """Read the names of all services that are registered and may be seen."""
        listed = await self.http.get("/v1/catalog/services")
        return frozenset(listed.value if isinstance(listed.value, dict) else ())

    # Peerings

    async def list_peerings(self) -> dict[str, Row]:
        """Read all rows by name in lower case: Consul looks names up that way. They come from the leader.

        Raises `NotSupported` where peering is switched off: the agent says so at once, and the list only
        after 2 to 9 seconds of a server's own retries (Consul 1.20).
        """
        await self._check_peering_enabled()
        answer = await self.http.get("/v1/peerings", self._partition())
        if not _is_list_of(answer.value, "Name"):
            raise self._broken("/v1/peerings", "a list of peerings")
        return {row["Name"].lower(): row for row in answer.value}

    async def _check_peering_enabled(self) -> None:
        debug = _mapping((await self._agent()).get("DebugConfig"))  # none without agent:read
        if debug.get("PeeringEnabled") is False:
            raise NotSupported(
                f"{self.name} ({self.http.shown}) has peering switched off",
                cluster=self.name,
                hint="set peering { enabled = true } on the servers of this cluster",
            )

    async def generate_token(self, name: str, meta: Mapping[str, Any], addresses: list[Any]) -> Secret:
        """Make a peering's accepting end, or a new token for it. Every earlier unused token dies.

        This and the two below raise `Refused` at once: look before asking again.
        """
        body: dict[str, Any] = {"PeerName": name}
        if meta:
            body["Meta"] = dict(meta)
        if addresses:
            body["ServerExternalAddresses"] = addresses
        answer = await self.http.send(
            "POST", "/v1/peering/token", body, self._partition(), gives_secret=True, looks_first=True
        )
        token = _mapping(answer.value).get("PeeringToken")
        if not isinstance(token, str) or not token:
            raise self._broken("/v1/peering/token", "a token")
        made = Secret(token, passing=True)
        self.http.beware(*_inner_secrets(made))
        return made

    async def establish(self, name: str, token: Secret, meta: Mapping[str, Any]) -> None:
        """Dial with a token. The token is spent by it, also where the answer is lost."""
        body: dict[str, Any] = {"PeerName": name, "PeeringToken": token}
        if meta:
            body["Meta"] = dict(meta)
        secrets = (token, *_inner_secrets(token))
        await self.http.send(
            "POST",
            "/v1/peering/establish",
            body,
            self._partition(),
            secrets=secrets,
            expects_json=False,
            looks_first=True,
        )

    async def delete_peering(self, name: str) -> None:
        """Ask for the removal of a row; it goes on in the background. Repeating it is harmless."""
        # Consul's own routes hide two names, but routes mind the letter case and lookups do not.
        shown = name.upper() if name in ("token", "establish") else name
        path = f"/v1/peering/{segment(shown)}"
        await self.http.send("DELETE", path, None, self._partition(), expects_json=False, looks_first=True)

    def _partition(self) -> dict[str, str | int]:
        return {"partition": self.cluster.partition} if self.cluster.partition else {}

    def _broken(self, path: str, wanted: str) -> Ambiguous:
        said = f"{self.name} ({self.http.shown}) answered {path} without {wanted}"
        return Ambiguous(said, cluster=self.name, hint="check that this address is a Consul's")


def _says_cut(answer: Answer) -> bool:
    return answer.headers.get("x-consul-results-filtered-by-acls") == "true"


def _is_list_of(value: Any, key: str) -> bool:
    """Say whether it is a list of objects with this text in each. Anything else is no answer of Consul's, and
    nothing may be concluded from what it lacks.
    """
    return isinstance(value, list) and all(
        isinstance(item, dict) and isinstance(item.get(key), str) for item in value
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _inner_secrets(token: Secret) -> tuple[Secret, ...]:
    """Return the secret inside a peering token, which is base64 of JSON: servers may quote it in errors."""
    inner = _inside(token).get("EstablishmentSecret")
    return (Secret(inner, passing=True),) if isinstance(inner, str) else ()


def token_peer(token: Secret) -> str:
    """Return the ID of the accepting row that a peering token was made for; empty where it has none."""
    return str(_inside(token).get("PeerID") or "")


def _inside(token: Secret) -> Mapping[str, Any]:
    try:
        return _mapping(json.loads(base64.b64decode(token.reveal())))
    except (ValueError, TypeError):
        return {}


def _heard(task: asyncio.Task[Any]) -> None:
    """Retrieve a failure that no caller waits for any more, so that the event loop does not log it."""
    if not task.cancelled():
        task.exception()
