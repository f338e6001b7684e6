"""What a cluster says of itself: version, edition, datacenter, and who it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from reconciler.sdk.errors import Ambiguous, Denied, NotSupported
from reconciler.sdk.http.client import HttpClient
from reconciler.sdk.provider import ClusterConfig, ClusterInfo, Settings
from reconciler.sdk.scope import DEFAULT
from reconciler_consul.server.answers import judge
from reconciler_consul.server.default import default_intention
from reconciler_consul.server.values import Identity, mapping


class AgentApi:
    """The agent of one cluster. Every method raises `ProviderError`."""

    def __init__(self, cluster: ClusterConfig, settings: Settings) -> None:
        self.cluster = cluster
        self.name = cluster.name
        self.http = HttpClient(cluster, settings, judge=judge)
        self._identity: Identity | None = None
        self._asking: asyncio.Task[Identity] | None = None
        self._self: asyncio.Task[Mapping[str, Any]] | None = None

    async def identity(self) -> Identity:
        """Return version, edition, datacenter and trust domain: one request, shared by all callers."""
        if self._identity is None:
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._identify())
                self._asking.add_done_callback(_heard)
            self._identity = await asyncio.shield(self._asking)
        return self._identity

    async def _identify(self) -> Identity:
        agent, trust_domain = await asyncio.gather(self.agent(), self._trust_domain())
        config = agent.get("Config") or {}
        version = str(config.get("Version") or "unknown")
        datacenter = str(config.get("Datacenter") or "")
        primary = str(config.get("PrimaryDatacenter") or "")
        identity = f"{trust_domain}/{datacenter}" if trust_domain and datacenter else ""
        facts = {"datacenter": datacenter, "edition": "enterprise" if "+ent" in version else "community"}
        info = ClusterInfo(
            self.name,
            self.cluster.address,
            version,
            identity,
            {k: v for k, v in facts.items() if v},
            default_intention(agent, version),
        )
        partition = (self.cluster.partition or DEFAULT) if facts["edition"] == "enterprise" else ""
        domain = mapping(agent.get("DebugConfig")).get("DNSDomain")
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

    async def agent(self) -> Mapping[str, Any]:
        """Return what the agent says of itself; asked once."""
        return await asyncio.shield(self.ask_agent())

    async def _ask_agent(self) -> Mapping[str, Any]:
        """Read `/v1/agent/self`, or what is known without the permission to read it (agent:read)."""
        try:
            answer = await self.http.get("/v1/agent/self")
        except Denied:
            return {"Config": await self._agent_without_permission()}
        if not isinstance(mapping(answer.value).get("Config"), dict):
            raise self.broken("/v1/agent/self", "a Config")
        return mapping(answer.value)

    async def _agent_without_permission(self) -> dict[str, str]:
        out = {}
        known = (await self.http.get("/v1/catalog/datacenters")).value
        if isinstance(known, list) and len(known) == 1:
            out["Datacenter"] = str(known[0])
        with suppress(NotSupported, Denied, KeyError):  # since Consul 1.16 only
            out["Version"] = str(mapping((await self.http.get("/v1/agent/version")).value)["HumanVersion"])
        return out

    async def _trust_domain(self) -> str:
        try:
            answer = await self.http.get("/v1/connect/ca/roots")
        except NotSupported:
            return ""  # Connect is off: such a cluster has config entries, but no identity of its own
        if not isinstance(answer.value, dict):
            raise self.broken("/v1/connect/ca/roots", "an object")
        return str(answer.value.get("TrustDomain") or "")

    def broken(self, path: str, wanted: str) -> Ambiguous:
        """Return the error of an answer that is none of Consul's."""
        said = f"{self.name} ({self.http.shown}) answered {path} without {wanted}"
        return Ambiguous(said, cluster=self.name, hint="check that this address is a Consul's")


def _heard(task: asyncio.Task[Any]) -> None:
    """Retrieve a failure that no caller waits for any more, so that the event loop does not log it."""
    if not task.cancelled():
        task.exception()
