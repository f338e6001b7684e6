"""A lab: sandbox clusters in process, a configuration in a folder, and the use cases on them."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler import app
from reconciler.emulator import ClusterSpec, Request, Response, World
from reconciler.emulator.serve.transport import SandboxTransport
from reconciler.model.event import Event
from reconciler.model.plan import Mode, Plan, Selection
from reconciler.model.state import State
from tests.support.virtual import CLOCK

EXAMPLES = Path(__file__).parents[2] / "examples"


class UseCases:
    """Run each use case with `options()`, which a lab gives. `events` are those of all its applies."""

    events: list[Event]

    def options(self, **more: Any) -> app.Options:
        """Return the options of a run here."""
        raise NotImplementedError

    async def plan(self, mode: Mode = Mode.NORMAL, **selection: Any) -> Plan:
        """Plan."""
        return (await app.plan(self.options(), mode, Selection(**selection))).plan

    async def drift(self, **selection: Any) -> Plan:
        """Look for drift."""
        return (await app.drift(self.options(), Selection(**selection))).plan

    async def apply(
        self, mode: Mode = Mode.NORMAL, stop: app.Stop | None = None, **selection: Any
    ) -> app.ApplyResult:
        """Apply with approval."""
        return await app.apply(
            self.options(),
            mode,
            Selection(**selection),
            approve=lambda planned: True,
            observe=self.events.append,
            stop=stop or app.Stop(),
        )

    async def rotate(self, *globs: str) -> app.ApplyResult:
        """Rotate the peerings that match, or all, with approval."""
        return await app.rotate(
            self.options(),
            globs or ("*",),
            approve=lambda planned: True,
            observe=self.events.append,
            stop=app.Stop(),
        )

    async def state(self) -> State:
        """Return what is recorded."""
        return await app.show_state(self.options())


class Lab(UseCases):
    """Clusters dc1..dcN without delays. `writes` are the requests on the wire that can change something."""

    def __init__(self, folder: Path, clusters: int = 3, *, acl: bool = False, version: str = "1.20") -> None:
        self.folder = folder
        self.names = [f"dc{number}" for number in range(1, clusters + 1)]
        self.specs = [
            ClusterSpec(n, version=version, acl=acl, port=8500 + 20 * i) for i, n in enumerate(self.names)
        ]
        # Repeatable, and no other lab's: one's tokens must not be another's IDs.
        rng = random.Random(f"{folder.parent.name}/{folder.name}")
        self.world = World(self.specs, clock=CLOCK, delays=False, rng=rng)
        self.environ: dict[str, str] = {}
        self.given: dict[str, Any] = {}  # options of every run
        self.events: list[Event] = []

    def options(self, **more: Any) -> app.Options:
        """Options for a run in the folder of this lab."""
        addresses = {name: self.world.url(name) for name in self.names}
        return app.Options(
            root=self.folder,
            variables={**addresses, **more.pop("variables", {})},
            environ=self.environ,
            transports=dict.fromkeys(self.names, SandboxTransport(self.world)),
            **{**self.given, **more},
        )

    def write(self, text: str, name: str = "main.yaml") -> None:
        """Put a configuration file into the folder, clusters and their addresses included."""
        (self.folder / name).write_text(text)

    def clusters_yaml(self) -> str:
        """A `clusters` section for all clusters."""
        return "clusters:\n" + "".join(f'  {n}: {{address: "{self.world.url(n)}"}}\n' for n in self.names)

    @property
    def writes(self) -> list[str]:
        """Requests on the wire that are not reads."""
        return [f"{r.method} {r.cluster}{r.path}" for r in self.world.requests if r.method != "GET"]

    @property
    def reads(self) -> list[str]:
        """Reads on the wire."""
        return [f"{r.cluster}{r.path}" for r in self.world.requests if r.method == "GET"]

    def clear(self) -> None:
        """Forget the wire log."""
        self.world.requests.clear()

    def call(
        self,
        cluster: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Do something behind the tool's back."""
        content = b"" if body is None else json.dumps(body).encode()
        reply = self.world.handle(cluster, Request(method, path, "", dict(headers or {}), content))
        assert isinstance(reply, Response)
        assert reply.status < 300, reply.body
        return json.loads(reply.body) if reply.body.strip() else None
