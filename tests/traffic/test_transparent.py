"""A transparent proxy: the application dials names, and iptables hands what it sends to the sidecar.

Two clusters in a network namespace of their own. `web@dc2` has no upstream; its traffic and its questions for
names are redirected as `consul connect redirect-traffic` does it. Root, iptables and iproute2 are needed.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.agents import binaries
from tests.traffic.conftest import chosen_versions, skip_without
from tests.traffic.stage.client import DENIED, NO_NAME, UNREACHABLE, TransparentClient
from tests.traffic.stage.configured import Configured
from tests.traffic.stage.echo import Echo
from tests.traffic.stage.lab import TrafficLab, numbers
from tests.traffic.stage.namespace import OUTSIDE, Namespace, lacking, redirect

CLUSTERS = {"dc1": {"api": [], "db": []}, "dc2": {"web": [], "api": []}}
ALIASES = {("dc1", "dc2"): "us", ("dc2", "dc1"): "eu"}
# The entry makes every sidecar of dc2 transparent that does not say otherwise itself, as api's does.
SETTINGS = {"api@dc2": {"Mode": "direct"}}

TRANSPARENT = "proxy_defaults: {dc2: {mode: transparent}}"
MESH_ONLY = "mesh: {dc2: {transparent_proxy: {mesh_destinations_only: true}}}"
SHARED = "exports: {dc1: {api: [dc2]}}"
CLOSED = '"*": [{from: "*", action: deny}]'

IMPORTED = "web@dc2 -> api.virtual.eu.consul"
EXPLICIT = "web@dc2 -> api.virtual.eu.peer.consul"
LOCAL = "web@dc2 -> api.virtual.consul"
REDIRECTED = "web@dc2 -> remote.virtual.consul"


@pytest.fixture(scope="module", params=chosen_versions())
def version(request: pytest.FixtureRequest) -> str:
    """The version of Consul."""
    skip_without(request.param)
    return str(request.param)


@pytest.fixture(scope="module")
def namespace(version: str) -> Iterator[Namespace]:
    """Where everything runs that is of one version: rules of iptables are made once."""
    missing = lacking()
    if missing:
        pytest.skip(f"no network namespace with redirection here; missing: {missing}")
    made = Namespace()
    yield made
    made.close()


@pytest.fixture(scope="module")
def world(
    version: str, namespace: Namespace, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TrafficLab]:
    """Two clusters, and iptables that give what others than root send to web's sidecar."""
    folder = tmp_path_factory.mktemp(f"transparent-{version}")
    binary = binaries()[version]
    made = TrafficLab(folder, (version, binary), CLUSTERS, ALIASES, {}, SETTINGS)
    with namespace.entered():
        made.start()
    try:
        with namespace.entered():
            agent = made.agents["dc2"]
            redirect(binary, agent.address, "web-sidecar", agent.ports["dns"])
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def configured(world: TrafficLab, tmp_path_factory: pytest.TempPathFactory) -> Configured:
    """The configuration of that world, not applied yet."""
    return Configured(world, tmp_path_factory.mktemp("configuration") / "run")


@pytest.fixture(scope="module")
def client(world: TrafficLab) -> TransparentClient:
    """The application of web@dc2."""
    return TransparentClient(world)


@pytest.fixture(autouse=True)
def _inside(namespace: Namespace, world: TrafficLab, configured: Configured) -> Iterator[None]:
    """Every case runs in there, with a sidecar from which no chain was withdrawn yet."""
    with namespace.entered():
        configured.apply(TRANSPARENT, SHARED)
        world.renew("web@dc2")
        yield


def test_an_imported_service_answers_under_its_virtual_name_on_any_port(
    configured: Configured, client: TransparentClient
) -> None:
    configured.apply(TRANSPARENT, MESH_ONLY, SHARED)

    client.expect(
        {
            f"{IMPORTED}": "api@dc1",
            f"{IMPORTED}:9999": "api@dc1",
            f"{EXPLICIT}": "api@dc1",
            "web@dc2 -> db.virtual.eu.consul": NO_NAME,
            LOCAL: "api@dc2",
        }
    )


def test_a_service_alone_is_made_transparent(configured: Configured, client: TransparentClient) -> None:
    configured.apply(SHARED)
    client.expect({IMPORTED: UNREACHABLE}, foretold=False)  # an upstream of its own would get there

    configured.apply("service_defaults: {dc2: {web: {mode: transparent}}}", SHARED)
    client.expect({IMPORTED: "api@dc1"})


def test_the_exporters_intentions_decide_and_those_of_the_caller_do_not(
    configured: Configured, client: TransparentClient
) -> None:
    configured.apply(TRANSPARENT, SHARED, f"intentions: {{dc2: {{{CLOSED}}}}}")
    client.expect({IMPORTED: "api@dc1", LOCAL: UNREACHABLE})

    configured.apply(TRANSPARENT, SHARED, "intentions: {dc1: {api: [{from: web@dc2, action: deny}]}}")
    client.expect({IMPORTED: DENIED, EXPLICIT: DENIED, LOCAL: "api@dc2"})


def test_permissions_hold_for_virtual_names(configured: Configured, client: TransparentClient) -> None:
    configured.apply(
        TRANSPARENT,
        SHARED,
        """
        service_defaults: {dc1: {api: {protocol: http}}}
        intentions:
          dc1:
            api:
              - from: web@dc2
                permissions:
                  - {action: allow, http: {path_prefix: /v1}}
                  - {action: deny, http: {path_prefix: /}}
        """,
    )

    client.expect({f"{IMPORTED} /v1/items": "api@dc1", f"{IMPORTED} /admin": DENIED})


def test_a_service_that_is_no_longer_exported_has_no_name_and_its_address_does_not_answer(
    configured: Configured, client: TransparentClient
) -> None:
    configured.apply(TRANSPARENT, SHARED)
    client.expect({IMPORTED: "api@dc1"})
    remembered = f"web@dc2 -> {client.address('api.virtual.eu.consul')}"
    client.expect({remembered: "api@dc1"})

    configured.apply(TRANSPARENT, MESH_ONLY, "exports: {dc1: {db: [dc2]}}")

    client.expect({IMPORTED: NO_NAME, EXPLICIT: NO_NAME, remembered: UNREACHABLE})
    client.expect({"web@dc2 -> db.virtual.eu.consul": "db@dc1"})


def test_after_destroy_nothing_passes_by_name_nor_by_address(
    configured: Configured, client: TransparentClient
) -> None:
    configured.apply(TRANSPARENT, MESH_ONLY, SHARED)
    client.expect({IMPORTED: "api@dc1"})
    remembered = f"web@dc2 -> {client.address('api.virtual.eu.consul')}"

    configured.destroy()

    client.expect({IMPORTED: NO_NAME, EXPLICIT: NO_NAME, remembered: UNREACHABLE})


def test_mesh_destinations_only_blocks_requests_out_of_the_mesh(
    configured: Configured, client: TransparentClient
) -> None:
    beyond = Echo("beyond", OUTSIDE)
    out = f"web@dc2 -> {OUTSIDE}:{beyond.port}"
    try:
        configured.apply(TRANSPARENT, SHARED)
        client.expect({out: "beyond", IMPORTED: "api@dc1"})

        configured.apply(TRANSPARENT, MESH_ONLY, SHARED)
        client.expect({out: UNREACHABLE, IMPORTED: "api@dc1"})
    finally:
        beyond.close()


def test_a_local_name_that_redirects_to_a_peer_needs_a_local_intention(
    configured: Configured, client: TransparentClient, world: TrafficLab
) -> None:
    """Up to 1.20 the way that such an intention takes away cuts the imported name as well."""
    away = "redirects: {dc2: {api: api@dc1}}"
    configured.apply(TRANSPARENT, MESH_ONLY, SHARED, away)
    client.expect({LOCAL: "api@dc1"})

    configured.apply(TRANSPARENT, MESH_ONLY, SHARED, away, f"intentions: {{dc2: {{{CLOSED}}}}}")
    cut = numbers(world.version) <= (1, 20)
    client.expect({LOCAL: UNREACHABLE, IMPORTED: UNREACHABLE if cut else "api@dc1"}, foretold=not cut)
    world.renew("web@dc2")
    client.expect({LOCAL: UNREACHABLE, IMPORTED: "api@dc1"})

    let = f"intentions: {{dc2: {{{CLOSED}, api: [{{from: web, action: allow}}]}}}}"
    configured.apply(TRANSPARENT, MESH_ONLY, SHARED, away, let)
    client.expect({LOCAL: "api@dc1"})


def test_a_name_that_is_nothing_but_a_redirect_can_be_dialed_since_1_16(
    configured: Configured, client: TransparentClient, world: TrafficLab
) -> None:
    """Virtual addresses of virtual services came with GH-17757."""
    configured.apply(TRANSPARENT, MESH_ONLY, SHARED, "redirects: {dc2: {remote: api@dc1}}")
    client.expect({REDIRECTED: "api@dc1" if numbers(world.version) >= (1, 16) else NO_NAME})

    configured.apply(TRANSPARENT, MESH_ONLY, SHARED)
    client.expect({REDIRECTED: NO_NAME})


def test_a_local_name_fails_over_to_the_peer(
    configured: Configured, client: TransparentClient, world: TrafficLab
) -> None:
    configured.apply(TRANSPARENT, MESH_ONLY, SHARED, "failover: {dc2: {api: [api@dc1]}}")
    client.expect({LOCAL: "api@dc2"})

    with world.down("api@dc2"):
        client.expect({LOCAL: "api@dc1"})
    client.expect({LOCAL: "api@dc2"})


@pytest.mark.parametrize(("mode", "path"), [("remote", ["dc1"]), ("local", ["dc1", "dc2"])])
def test_the_mode_of_gateways_holds_for_virtual_names(
    configured: Configured, client: TransparentClient, mode: str, path: list[str]
) -> None:
    configured.apply(
        f"proxy_defaults: {{dc2: {{mode: transparent, mesh_gateway: {{mode: {mode}}}}}}}", MESH_ONLY, SHARED
    )

    client.until(lambda: client.path(IMPORTED) == path)
    client.expect({IMPORTED: "api@dc1"})


def test_a_service_with_an_explicit_upstream_has_no_virtual_name(
    configured: Configured, client: TransparentClient, world: TrafficLab
) -> None:
    configured.apply(TRANSPARENT, MESH_ONLY, SHARED)
    client.expect({IMPORTED: "api@dc1"})

    with world.upstreams("web@dc2", ["api@dc1"]):
        port = world.sidecars["web@dc2"].upstreams["api@dc1"]
        client.expect({f"web@dc2 -> 127.0.0.1:{port}": "api@dc1", IMPORTED: UNREACHABLE}, foretold=False)

    client.expect({IMPORTED: "api@dc1"})


def override(most: int, peer: str = "") -> str:
    """Raw service-defaults of web: at most so many connections to api, and 1.234 s to connect."""
    return f"""
config_entries:
  dc2:
    - Kind: service-defaults
      Name: web
      UpstreamConfig:
        Overrides:
          - {{Name: api, {peer}ConnectTimeoutMs: 1234, Limits: {{MaxConnections: {most}}}}}
"""


def test_an_override_reaches_the_peers_service_where_it_names_the_peer(
    configured: Configured, client: TransparentClient, world: TrafficLab
) -> None:
    """1.14 knows no `Peer` there: it goes by the name, and for explicit upstreams only."""
    by_name = numbers(world.version) < (1, 15)
    of_peer = override(most=0, peer="Peer: eu, ")
    with world.upstreams("web@dc2", ["api@dc1"]):
        port = world.sidecars["web@dc2"].upstreams["api@dc1"]
        direct = f"web@dc2 -> 127.0.0.1:{port}"
        configured.apply(TRANSPARENT, SHARED, override(most=0))
        client.expect({direct: UNREACHABLE if by_name else "api@dc1"})
        if not by_name:
            configured.apply(TRANSPARENT, SHARED, of_peer)
            client.expect({direct: UNREACHABLE})

    if by_name:
        client.expect({IMPORTED: "api@dc1"})
        configured.write(TRANSPARENT, SHARED, of_peer)
        (change,) = configured.plan().plan.actions
        assert "1.15" in str(change.blocked)
        return
    client.expect({IMPORTED: UNREACHABLE}, foretold=False)  # it is reached, but by no connection at all
    assert _connect_timeout(world) == "1.234s"
    configured.apply(TRANSPARENT, SHARED, override(most=5, peer="Peer: eu, "))
    client.expect({IMPORTED: "api@dc1"})


def _connect_timeout(world: TrafficLab) -> str:
    """How long web's sidecar tries to connect to the imported api."""
    cluster = world.sidecars["web@dc2"].proxy.cluster("api.default.eu.external.")
    assert cluster is not None
    return str(cluster["connect_timeout"])
