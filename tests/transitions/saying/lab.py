"""Sandbox servers on which services run, and who may call whom there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler import app
from reconciler.app import PairSelection, WorldChoice
from reconciler.emulator import Request, Response
from reconciler.emulator.core.cluster import MANAGEMENT_TOKEN
from reconciler.sdk.access.answer import Answer
from reconciler.sdk.access.question import ANY, Service
from tests.transitions.configurations.drawing import SERVICES, SUBSETS
from tests.transitions.configurations.flavours import Flavour, community
from tests.transitions.lab import TrialLab

UNNAMED = "unnamed"  # a service that runs everywhere and that no configuration names
Way = tuple[Service, Service]
Answers = Mapping[Way, Answer]


def with_default(version: str, default: str) -> Flavour:
    """Three clusters of a version with this default intention, which the configuration declares, too."""
    base = community(version)
    known = {"default_intention": default, "version": f"{version}.0"}
    clusters = {name: {**one, **known} for name, one in base.clusters.items()}
    specs = tuple(replace(spec, acl=default == "deny") for spec in base.specs)
    return replace(base, name=f"{version}-{default}", specs=specs, clusters=clusters)


class Lab(TrialLab):
    """Servers on which services run that answer in the mesh, each in every subset, and mesh gateways."""

    def options(self) -> app.Options:
        """Options with a token for each cluster that may do everything there."""
        tokens = {f"RECONCILER_TOKEN_{name.upper()}": MANAGEMENT_TOKEN for name in self.flavour.names}
        return replace(super().options(), environ=tokens)

    def register(self, services: Mapping[str, Sequence[str]]) -> None:
        """Register the services of each cluster."""
        here = {"Address": "10.9.8.7", "Port": 8443}
        for cluster, names in services.items():
            gateway = {"Kind": "mesh-gateway", "Name": "mesh-gateway", "ID": "gateway", **here}
            self._register(cluster, gateway | {"TaggedAddresses": {"wan": here}})
            for name in names:
                for subset in SUBSETS:
                    self._instance(cluster, name, {"Meta": {"version": subset}}, f"{name}-{subset}")

    def _instance(self, cluster: str, name: str, meta: Mapping[str, object], instance: str) -> None:
        self._register(cluster, {"Name": name, "ID": instance, "Port": 80, **meta})
        proxy = {"Kind": "connect-proxy", "Name": f"{name}-proxy", "ID": f"{instance}-proxy", "Port": 81}
        of = {"DestinationServiceName": name, "DestinationServiceID": instance}
        self._register(cluster, {**proxy, **meta, "Proxy": of})

    def _register(self, cluster: str, body: Mapping[str, object]) -> None:
        headers = {"x-consul-token": MANAGEMENT_TOKEN}
        request = Request("PUT", "/v1/agent/service/register", "", headers, json.dumps(body).encode())
        reply = self.world.handle(cluster, request)
        assert isinstance(reply, Response)
        assert reply.status == 200, reply.body

    async def live(self, services: Mapping[str, Sequence[str]]) -> Answers:
        """What `access --live` answers about all callers and these services."""
        callers = tuple(f"{name}@{cluster}" for cluster in services for name in (*SERVICES, UNNAMED, ANY))
        to = tuple(f"{name}@{cluster}" for cluster, names in services.items() for name in names)
        found = await app.ask(self.options(), WorldChoice(live=True), PairSelection(callers, to))
        return {(a.question.caller, a.question.to): a for a in found.answers if a.question.to is not None}
