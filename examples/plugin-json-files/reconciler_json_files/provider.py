"""The provider: each resource is one JSON file, `FOLDER/TYPE/NAME.json`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from reconciler.sdk.address import Address
from reconciler.sdk.errors import Conflict, NotSent, ProviderError
from reconciler.sdk.kinds import Kind
from reconciler.sdk.provider import (
    Applied,
    ClusterConfig,
    ClusterInfo,
    Observation,
    Present,
    Reading,
    Report,
    Settings,
    Step,
    Unknown,
    Verb,
    Wanted,
)
from reconciler.sdk.schemas import Declared, Problem
from reconciler_json_files.types import KINDS, SCHEMAS, Folder, problems


class JsonFiles:
    """Keeps resources as JSON files below the folder of each cluster."""

    schemas = SCHEMAS
    cluster_schema = Folder

    def __init__(self, clusters: Mapping[str, ClusterConfig], settings: Settings) -> None:
        self.folders = {name: Path(config.options.get("folder", "")) for name, config in clusters.items()}

    @staticmethod
    def validate(declared: Sequence[Declared]) -> Iterable[Problem]:
        """Return the problems of what is declared; contacts nothing."""
        return problems(declared)

    def kind_of(self, type_: str) -> Kind | None:
        """Return the rules of a type, `None` for a type that this provider does not have."""
        return KINDS.get(type_)

    async def read(self, wanted: Sequence[Wanted]) -> Reading:
        """Read every address. A folder that cannot be read makes its addresses unknown, not absent."""
        clusters = {name: self._cluster(name) for name in self.folders}
        return Reading({item.address: self._see(item.address) for item in wanted}, clusters)

    def _cluster(self, name: str) -> ClusterInfo | ProviderError:
        folder = self.folders[name]
        if not folder.is_dir():
            return NotSent(f"{folder} is not a folder", cluster=name, hint="create it")
        return ClusterInfo(name, str(folder), version="1", identity=str(folder.resolve()))

    def _see(self, address: Address) -> Observation:
        cluster = self._cluster(address.cluster)
        if isinstance(cluster, ProviderError):
            return Unknown(cluster)
        try:
            return Present(json.loads(self._path(address).read_text()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            return Unknown(ProviderError(f"{self._path(address)}: {error}", cluster=address.cluster))

    async def perform(self, step: Step, report: Report) -> Applied:
        """Write or remove one file. Raise `Conflict` where it is not as the plan saw it."""
        cluster = self._cluster(step.address.cluster)
        if isinstance(cluster, ProviderError):
            raise cluster
        seen = self._see(step.address)
        if step.after is None and seen is None:
            return Applied()  # it is gone already
        if isinstance(seen, Unknown):
            raise seen.error
        before = step.before.body if step.before is not None and step.verb is not Verb.CREATE else None
        if (seen.body if seen is not None else None) != before:
            raise Conflict(f"{step.address} was changed after it was read", cluster=step.address.cluster)
        self._write(step)
        return Applied()

    def _write(self, step: Step) -> None:
        path = self._path(step.address)
        if step.after is None:
            path.unlink()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".tmp")
        fresh.write_text(json.dumps(step.after, indent=2, sort_keys=True) + "\n")
        os.replace(fresh, path)

    def _path(self, address: Address) -> Path:
        name = quote(address.name, safe="").replace(".", "%2E")
        return self.folders[address.cluster] / address.type / f"{name}.json"

    async def close(self) -> None:
        """Nothing is open."""
