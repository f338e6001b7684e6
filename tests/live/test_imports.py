"""Names to dial, asked of the DNS of real agents: what `output` lists answers, and nothing else does.

All binaries there are, 1.13 too, unless CONSUL_VERSIONS asks for some: their differences are the subject.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from reconciler import app
from reconciler.model.plan import Mode, Selection
from reconciler.sdk.imports import Import, Importer, ImportState
from reconciler_consul.imports.links import ImportLink, Service
from reconciler_consul.imports.names import dial_names
from reconciler_consul.server.capabilities import parse
from reconciler_consul.server.entry_capabilities import Server
from tests.support.agents import MANAGEMENT, TOO_OLD, Agent, binaries, free_ports, in_order
from tests.support.patience import wait_for
from tests.traffic.stage.dns import lookup

pytestmark = [pytest.mark.live, pytest.mark.row("transparent-proxy")]

FOUND = binaries(every=True)
ASKED = [v for v in os.environ.get("CONSUL_VERSIONS", "").split(",") if v in FOUND] or in_order(FOUND)
DOMAIN = "mesh.example"
HERE = {"Address": "127.0.0.1", "Port": 8443}
GATEWAY = {
    "Kind": "mesh-gateway",
    "Name": "mesh-gateway",
    "ID": "gw",
    "TaggedAddresses": {"wan": HERE},
    **HERE,
}
EXPORTED = ("api", "plain", "ghost", "a.b")


class Asked(Agent):
    """An agent whose DNS can be asked, in a domain of its own."""

    dns = 0

    def _config(self) -> dict[str, object]:
        config = super()._config()
        ports = config["ports"]
        assert isinstance(ports, dict)
        self.dns = self.dns or free_ports(1)[0]
        return {**config, "ports": {**ports, "dns": self.dns}, "domain": DOMAIN}


@dataclass(slots=True)
class Pair:
    """dc1 exports to dc2, which calls it `eu`, and is called `us` there. dc2 has an `api` of its own."""

    version: str
    dc1: Agent
    dc2: Asked
    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def is_beta(self) -> bool:
        """Whether this Consul is older than what the product peers."""
        return self.version in TOO_OLD

    def ask(self, name: str) -> list[str]:
        """What the importer's DNS says of a name in its domain."""
        return lookup(f"{name}.{DOMAIN}", self.dc2.dns)

    def register(self, agent: Agent, name: str, *, mesh: bool = True) -> None:
        """Register an instance, in the mesh with its sidecar (without the checks that an agent would add)."""
        agent.call("PUT", "/v1/agent/service/register", {"Name": name, "Port": 80})
        proxy = {"DestinationServiceName": name, "DestinationServiceID": name, "LocalServicePort": 80}
        side = {"Kind": "connect-proxy", "Name": f"{name}-sidecar-proxy", "Port": 21000, "Proxy": proxy}
        if mesh:
            agent.call("PUT", "/v1/agent/service/register", side)

    # The configuration

    def options(self) -> app.Options:
        return app.Options(root=self.folder, environ=self.environ)

    def apply(self, *sections: str, mode: Mode = Mode.NORMAL) -> None:
        """Declare clusters, the peering and these sections, and make it so."""
        clusters = "".join(f'  {a.datacenter}: {{address: "{a.address}"}}\n' for a in (self.dc1, self.dc2))
        peering = "peerings: [{between: [dc1, dc2], names: {dc1: us, dc2: eu}}]\n"
        (self.folder / "main.yaml").write_text("\n".join(["clusters:\n" + clusters + peering, *sections]))
        # The peering port of a server that just started may not know its name yet: what failed is resumed.
        wait_for(lambda: self._applied(mode))

    def _applied(self, mode: Mode) -> bool:
        done = asyncio.run(
            app.apply(
                self.options(),
                mode,
                Selection(),
                approve=lambda planned: True,
                observe=lambda event: None,
                stop=app.Stop(),
            )
        )
        return done.outcome is None or not (done.outcome.failed or done.outcome.skipped)

    def importer(self) -> Importer:
        """What `output` tells of dc2."""
        return asyncio.run(app.outputs(self.options(), only="dc2")).clusters["dc2"]

    def imports(self) -> dict[str, Import]:
        return {one.service: one for one in self.importer().imports}

    def peer_by_hand(self) -> None:
        """The same peering and exports without the product."""
        consumers = [{"PeerName" if self.is_beta else "Peer": "us"}]
        services = [{"Name": name, "Consumers": consumers} for name in EXPORTED]
        entry = {"Kind": "exported-services", "Name": "default", "Services": services}
        self.dc1.call("PUT", "/v1/config", entry)
        token: Any = self.dc1.call("POST", "/v1/peering/token", {"PeerName": "us"})
        self.dc2.call("POST", "/v1/peering/establish", {"PeerName": "eu", **token})


@pytest.fixture(scope="module", params=ASKED or ["none"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    version = request.param
    if version not in FOUND:
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    folder = tmp_path_factory.mktemp(f"imports-{version}")
    made = Pair(
        version,
        Agent("n1", "dc1", FOUND[version], folder),
        Asked("n2", "dc2", FOUND[version], folder),
        folder,
    )
    try:
        for agent in (made.dc1, made.dc2):
            agent.start()
        for agent in (made.dc1, made.dc2):
            agent.wait()
        for name in ("one", "two", "api"):  # so that addresses of the two clusters differ
            made.register(made.dc2, name)
        made.register(made.dc1, "api")
        made.register(made.dc1, "a.b")
        made.register(made.dc1, "plain", mesh=False)
        made.dc1.call("PUT", "/v1/agent/service/register", GATEWAY)
        yield made
    finally:
        made.dc1.stop()
        made.dc2.stop()


@pytest.fixture(scope="module")
def peered(pair: Pair) -> Pair:
    """Peered, `api`, `plain`, `ghost` and `a.b` exported, and the first name answers."""
    if pair.is_beta:
        pair.peer_by_hand()
    else:
        exports = ", ".join(f"{name}: [dc2]" for name in EXPORTED)
        pair.apply(
            f"exports: {{dc1: {{{exports}}}}}",
            "service_defaults: {dc1: {api: {protocol: http}}}",
            "redirects: {dc2: {remote: api@dc1}}",
        )
    wait_for(lambda: bool(pair.ask("api.virtual.eu")))
    wait_for(lambda: pair.is_beta or pair.imports()["api"].protocol == "http")
    return pair


def test_of_all_forms_exactly_those_answer_that_the_version_has(peered: Pair) -> None:
    agent: Any = peered.dc2.call("GET", "/v1/agent/self")
    version = agent["Config"]["Version"]
    server = Server("dc2", version, parse(version), False)
    link = ImportLink("dc2", "dc1", "eu", "us")
    listed = {one.name for one in dial_names(link, Service("api"), server, DOMAIN, None)}
    forms = (
        "api.virtual.eu",
        "api.virtual.eu.peer",
        "api.service.eu.peer",
        "api.service.eu",
        "api.virtual.dc1",
        "api.virtual.default.ns.default.ap.eu.peer",
    )

    wait_for(lambda: bool(peered.ask("api.service.eu.peer")) or peered.is_beta)
    answering = {f"{form}.{DOMAIN}" for form in forms if peered.ask(form)}

    assert answering == listed
    assert peered.ask("api.virtual.eu") != peered.ask("api.virtual"), "the importer has an api of its own"


def test_with_connect_the_peer_is_left_aside_and_a_local_service_answers(peered: Pair) -> None:
    assert bool(peered.ask("api.connect.eu.peer")) is not peered.is_beta
    assert peered.ask("plain.connect.eu.peer") == []


def test_a_name_with_a_dot_answers_under_no_form(peered: Pair) -> None:
    assert [peered.ask(f"a.b.{kind}") for kind in ("virtual.eu", "virtual.eu.peer", "service.eu.peer")] == [
        []
    ] * 3
    if not peered.is_beta:
        assert peered.imports()["a.b"].names == ()


def test_local_names_that_lead_to_a_peer_have_an_address_since_1_16(peered: Pair) -> None:
    if peered.is_beta:
        pytest.skip("no redirects to peers before Consul 1.14")

    assert bool(peered.ask("remote.virtual")) is (peered.version != "1.14")


def test_every_name_that_is_listed_answers_as_it_says(peered: Pair) -> None:
    if peered.is_beta:
        pytest.skip("peering needs Consul 1.14")
    importer = peered.importer()
    api = next(one for one in importer.imports if one.service == "api")

    assert importer.domain == DOMAIN
    assert (api.state, api.why, api.protocol) == (ImportState.IMPORTED, "", "http")
    assert api.virtual_address
    assert [name.name for name in api.local_names] == ["remote"]
    for name in api.names:
        answer = lookup(name.name, peered.dc2.dns)
        assert answer == ([api.virtual_address] if name.virtual else ["127.0.0.1"]), name


def test_output_gives_the_reason_why_a_name_cannot_be_reached(peered: Pair) -> None:
    if peered.is_beta:
        pytest.skip("peering needs Consul 1.14")
    found = peered.imports()

    assert (found["ghost"].state, found["ghost"].why) == (
        ImportState.NOT_IMPORTED,
        "no instance of it is registered in dc1",
    )
    assert found["plain"].has_virtual_address is False
    assert "has a sidecar proxy" in found["plain"].why
    assert peered.ask("plain.virtual.eu") == []
    assert peered.ask("plain.service.eu.peer") == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("override", "to_peer", "to_local"),
    [({"Name": "api"}, False, True), ({"Name": "api", "Peer": "eu"}, True, False)],
    ids=["by name", "by name and peer"],
)
def test_an_override_is_for_the_peer_that_it_names(
    peered: Pair, override: dict[str, str], to_peer: bool, to_local: bool
) -> None:
    before_1_15 = peered.version in ("1.13", "1.14")
    settings = {"Overrides": [{**override, "ConnectTimeoutMs": 1234}]}
    entry = {"Kind": "service-defaults", "Name": "web", "UpstreamConfig": settings}
    if before_1_15 and "Peer" in override:
        with pytest.raises(HTTPError):
            peered.dc2.call("PUT", "/v1/config", entry)
        return
    peered.dc2.call("PUT", "/v1/config", entry)
    try:
        upstreams = _merged(peered.dc2)
    finally:
        peered.dc2.call("DELETE", "/v1/config/service-defaults/web")

    assert upstreams == {"eu": to_peer or before_1_15, "": to_local}


def _merged(agent: Agent) -> dict[str, bool]:
    """Whether the setting reaches the upstream to the peer and that to the local service, by peer."""
    upstreams = [
        {"DestinationName": "api", "DestinationPeer": "eu", "LocalBindPort": 4002},
        {"DestinationName": "api", "LocalBindPort": 4003},
    ]
    body = {"Name": "web", "Port": 4000, "Connect": {"SidecarService": {"Proxy": {"Upstreams": upstreams}}}}
    agent.call("PUT", "/v1/agent/service/register", body)

    def reached() -> dict[str, bool]:
        proxy: Any = agent.call("GET", "/v1/agent/service/web-sidecar-proxy")
        return {
            one.get("DestinationPeer", ""): (one.get("Config") or {}).get("connect_timeout_ms") == 1234
            for one in proxy["Proxy"]["Upstreams"]
        }

    wait_for(lambda: any(reached().values()), "the setting reaches no upstream")
    found = reached()
    agent.call("PUT", "/v1/agent/service/deregister/web")
    return found


def test_without_its_gateway_an_old_address_is_answered_and_output_says_that_no_instance_is_there(
    peered: Pair,
) -> None:
    if peered.is_beta:
        pytest.skip("peering needs Consul 1.14")
    peered.dc1.call("PUT", "/v1/agent/service/deregister/gw")
    try:
        wait_for(lambda: peered.imports()["api"].has_virtual_address is False)
        api = peered.imports()["api"]
        assert api.why == "dc1 has no mesh gateway: no proxy can reach it"
        assert peered.ask("api.virtual.eu") != []
    finally:
        peered.dc1.call("PUT", "/v1/agent/service/register", GATEWAY)
    wait_for(lambda: peered.imports()["api"].has_virtual_address is True)


def test_after_destroy_no_name_answers_and_nothing_is_listed(peered: Pair) -> None:
    if peered.is_beta:
        pytest.skip("peering needs Consul 1.14")
    peered.apply(mode=Mode.DESTROY)

    wait_for(lambda: peered.ask("api.virtual.eu") == [])
    assert peered.ask("api.service.eu.peer") == []
    assert peered.importer().imports == ()


ALL_READ = 'peering = "read" service_prefix "" { policy = "read" }'


@pytest.fixture(scope="module", params=[v for v in ASKED if v not in TOO_OLD] or ["none"])
def guarded_pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """The same with ACLs: `api` behind a gateway is exported."""
    version = request.param
    if version not in FOUND:
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    folder = tmp_path_factory.mktemp(f"guarded-{version}")
    tokens = {f"RECONCILER_TOKEN_DC{number}": MANAGEMENT for number in (1, 2)}
    made = Pair(
        version,
        Agent("n1", "dc1", FOUND[version], folder, acl=True),
        Asked("n2", "dc2", FOUND[version], folder, acl=True),
        folder,
        tokens,
    )
    try:
        for agent in (made.dc1, made.dc2):
            agent.start()
        for agent in (made.dc1, made.dc2):
            agent.wait()
        made.register(made.dc1, "api")
        made.dc1.call("PUT", "/v1/agent/service/register", GATEWAY)
        made.apply("exports: {dc1: {api: [dc2]}}")
        wait_for(lambda: made.imports()["api"].has_virtual_address is True)
        yield made
    finally:
        made.dc1.stop()
        made.dc2.stop()


@pytest.mark.parametrize(
    ("rules", "seen", "has_address"),
    [
        ('service_prefix "" { policy = "read" }', ImportState.UNKNOWN, None),
        ('peering = "read"', ImportState.IMPORTED, None),
        (ALL_READ, ImportState.IMPORTED, None),
        (ALL_READ + ' node_prefix "" { policy = "read" }', ImportState.IMPORTED, True),
        ('peering = "read" service "any" { policy = "write" }', ImportState.IMPORTED, True),
    ],
)
def test_what_a_token_may_not_read_stays_unknown(
    guarded_pair: Pair, rules: str, seen: ImportState, has_address: bool | None
) -> None:
    name = f"p{abs(hash(rules))}"
    guarded_pair.dc2.call("PUT", "/v1/acl/policy", {"Name": name, "Rules": rules})
    made: Any = guarded_pair.dc2.call("PUT", "/v1/acl/token", {"Policies": [{"Name": name}]})
    whole = guarded_pair.environ
    guarded_pair.environ = {**whole, "RECONCILER_TOKEN_DC2": made["SecretID"]}
    try:
        importer = guarded_pair.importer()
    finally:
        guarded_pair.environ = whole

    (api,) = importer.imports
    assert (api.state, api.has_virtual_address) == (seen, has_address)
    assert importer.domain is None, "agent:read is lacking"
    assert any("agent:read" in note for note in importer.notes)
    assert bool(api.why) is (has_address is None)
