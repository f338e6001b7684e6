"""The pytest plugin: the fixture `consul_sandbox`, emulated Consul clusters for a test. PYTEST_DONT_REWRITE

It is loaded by every pytest run where reconciler is installed, so it imports nothing until it is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import asyncio

    from reconciler.emulator.serve.threaded import Sandbox

MARKER = "consul_sandbox"
CLUSTERS = ("dc1", "dc2")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(*clusters, peered=False, version=..., versions=..., acl=False, ...): the clusters of the "
        "fixture consul_sandbox, by default dc1 and dc2",
    )


@pytest.fixture(scope="session")
def _consul_sandbox_loop() -> Iterator[asyncio.AbstractEventLoop]:
    from reconciler.emulator.serve.threaded import background

    with background() as loop:
        yield loop


@pytest.fixture
def consul_sandbox(
    request: pytest.FixtureRequest, _consul_sandbox_loop: asyncio.AbstractEventLoop
) -> Iterator[Sandbox]:
    """Yield emulated Consul clusters, fresh for each test, that answer over HTTP.

    `consul_sandbox.url("dc1")` is an address. `@pytest.mark.consul_sandbox("a", "b", peered=True)` names the
    clusters and peers them; further arguments are those of `reconciler.emulator.SandboxOptions`.
    """
    from reconciler.emulator import SandboxOptions
    from reconciler.emulator.serve.threaded import Sandbox

    marker = request.node.get_closest_marker(MARKER)
    settings: dict[str, Any] = {"delays": False} | (marker.kwargs if marker is not None else {})
    clusters = (marker.args if marker is not None else ()) or CLUSTERS
    peered = settings.pop("peered", False)
    with Sandbox(_consul_sandbox_loop, SandboxOptions(clusters=clusters, **settings), peered=peered) as made:
        yield made
