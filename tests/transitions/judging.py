"""Whether a configuration is valid: by the product's `validate`, and by servers that hold all of it.

A set of entries is valid where each of them, written once more as it is, would be taken on all the others.
In which order they could get there is not asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from reconciler.config.load import load
from reconciler.emulator import Request, Response, World
from reconciler.emulator.core.cluster import MANAGEMENT_TOKEN
from reconciler.emulator.core.store import Store
from reconciler.emulator.entries.graph.write import refusals
from reconciler.emulator.entries.store import drop_entry
from reconciler.model.desired import DesiredState
from reconciler.sdk.address import Address
from tests.support.virtual import Clock
from tests.transitions.configurations.flavours import Config, Flavour

Entries = dict[tuple[str, str, str], Any]  # cluster, kind, name -> the stored value


@dataclass(frozen=True, slots=True)
class Valid:
    """A valid configuration: its file's text and what servers hold of it in the end."""

    config: Config
    text: str
    desired: DesiredState
    entries: Entries


class Judge:
    """Servers of one flavour that take every entry, and are asked afterwards whether they like it."""

    def __init__(self, flavour: Flavour, folder: Path) -> None:
        self.flavour = flavour
        self.folder = folder
        self.world = flavour.world(Clock())

    def valid(self, config: Config) -> Valid | None:
        """The configuration with what it comes to; `None` where something is wrong with it."""
        text = json.dumps(config)
        (self.folder / "main.yaml").write_text(text)
        loaded = load(self.folder)
        if loaded.desired is None or any(problem.is_error for problem in loaded.diagnostics):
            return None
        resources = loaded.desired.resources
        bodies = [(address, resource.body) for address, resource in resources.items()]
        if not self.put(bodies) or any(True for _ in self.complaints()):
            return None
        return Valid(config, text, loaded.desired, self.entries())

    def put(self, bodies: Sequence[tuple[Address, Any]]) -> bool:
        """Have the servers hold these entries and no others; false where one is wrong in itself."""
        for store in self.stores().values():
            for entry in [entry for table in store.entries.values() for entry in table.values()]:
                drop_entry(store, entry)
        with unchecked():
            return all(self._put(address, body) for address, body in bodies if address.type != "peering")

    def _put(self, address: Address, body: Any) -> bool:
        server, partition = self.flavour.homes[address.cluster]
        query = "" if partition == "default" else f"partition={partition}"
        query += f"&ns={address.namespace}" if address.namespace else ""
        headers = {"x-consul-token": MANAGEMENT_TOKEN}
        request = Request("PUT", "/v1/config", query, headers, json.dumps(body).encode())
        reply = self.world.handle(server, request)
        assert isinstance(reply, Response)
        assert reply.status != 403, reply.body  # then nothing would ever be valid
        return reply.status == 200

    def complaints(self) -> Iterator[str]:
        """What the servers would say of what they hold."""
        for cluster, store in self.stores().items():
            version = self.flavour.cluster(self.world, cluster.partition("/")[0]).version
            if unmade := _only_kept(store):
                yield f"{cluster}: {unmade}: permissive, and the mesh does not let it be made so"
            for kind, table in store.entries.items():
                for entry in list(table.values()):
                    for refusal in refusals(store, kind, entry.name, entry.value, version):
                        yield f"{cluster}: {kind}/{entry.name}: {refusal.text}"

    def stores(self) -> dict[str, Store]:
        """Where the entries are."""
        return stores(self.world, self.flavour)

    def entries(self) -> Entries:
        """What the servers hold."""
        return held(self.world, self.flavour)


def _only_kept(store: Store) -> str:
    """An entry that servers would keep as it is and not accept again."""
    tables, mesh = store.entries, store.wide.entries.get("mesh", {})
    allowing = any(e.value.get("AllowEnablingPermissiveMutualTLS") for e in mesh.values())
    defaults = [e for kind in ("service-defaults", "proxy-defaults") for e in tables.get(kind, {}).values()]
    permissive = (e.name for e in defaults if e.value.get("MutualTLSMode") == "permissive")
    return "" if allowing else next(permissive, "")


def stores(world: World, flavour: Flavour) -> dict[str, Store]:
    """Where the entries of each declared cluster, and of each namespace of one, are."""
    out = {name: flavour.cluster(world, name).store for name in flavour.names}
    for name, namespace in flavour.spaces.items():
        out[f"{name}/{namespace}"] = out[name].family[out[name].partition, namespace]
    return out


def held(world: World, flavour: Flavour) -> Entries:
    """Every entry that servers hold, lists in which order means nothing sorted."""
    return {
        (name, kind, entry.name): _sorted(kind, entry.value)
        for name, store in stores(world, flavour).items()
        for kind, table in store.entries.items()
        for entry in table.values()
    }


def _sorted(kind: str, value: Any) -> Any:
    if kind == "service-intentions":
        return {**value, "Sources": sorted(value["Sources"], key=_text)}
    if kind == "exported-services":
        services = [{**one, "Consumers": sorted(one["Consumers"], key=_text)} for one in value["Services"]]
        return {**value, "Services": sorted(services, key=_text)}
    return value


def _text(item: Any) -> str:
    return json.dumps(item, sort_keys=True)


@contextmanager
def unchecked() -> Iterator[None]:
    """Let servers take entries whatever else they hold."""
    with patch("reconciler.emulator.entries.api.check_graph"):
        yield
