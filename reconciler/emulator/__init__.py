"""A pretend Consul: clusters in memory that answer Consul's HTTP API, peer with each other and fail on order.

The core is a pure synchronous function: no clock, no sleep, no randomness, no I/O of its own.

    world = World([ClusterSpec("dc1"), ClusterSpec("dc2", version="1.14")], clock=time.monotonic)
    reply = handle(world, "dc1", Request("GET", "/v1/peerings"))  # a Response, or a Block while it waits
    reply = world.resume(reply)                                  # once reply.ready(), or at reply.deadline

`ClusterSpec(name, primary=other)` is a secondary datacenter of a WAN federation.

Settings of World: `delays=False` (no delays, no five-second rhythm), `time_scale`,
`rhythm=Rhythm(burst, every_s)`, `rng=random.Random(seed)`, `epoch`, `log` (bound of the wire log; 0 is off).
`world.url(name)` is a cluster's base URL. `world.requests` is the wire log: a deque of
`Served(cluster, method, path, query, status)`.

In process behind httpx: `httpx.AsyncClient(transport=SandboxTransport(world))`, with `SandboxTransport` of
`reconciler.emulator.serve.transport`.
Behind real sockets, in `reconciler.emulator.serve.server`: `running(SandboxOptions(...))` yields {name: url},
`running_world(...)` yields the World, `serve(options, ready=...)` runs until cancelled,
`run(options, ready=...)` until SIGINT or SIGTERM.

Faults: `world.faults.add(effect, cluster=, method=, path=, contains=, times=, after=, status=, body=,
delay_s=)` with the effects answer, latency, lost, refused, hangs; it returns a Fault whose `fired` counts.
`world.down/up/freeze/thaw/leader_change(name)`, `world.cut/mend(one, other)`. The same over HTTP, on any
cluster's port: /sandbox/faults, /sandbox/requests, /sandbox/<action>.
"""

from reconciler.emulator.core.cluster import ClusterSpec
from reconciler.emulator.core.faults import Fault
from reconciler.emulator.core.state import Rhythm, Served
from reconciler.emulator.core.versions import Version, parse_version
from reconciler.emulator.serve.options import SandboxOptions
from reconciler.emulator.wire.messages import Block, Request, Response
from reconciler.emulator.world import World, handle

__all__ = [
    "Block",
    "ClusterSpec",
    "Fault",
    "Request",
    "Response",
    "Rhythm",
    "SandboxOptions",
    "Served",
    "Version",
    "World",
    "handle",
    "parse_version",
]
