"""The catalog as clients read it: nodes, their services and checks, filters, tags, meta data, gateways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from tests.recorded.steps import Step, Suite, ask, delete, entry, get, put

REGISTER = "PUT /v1/catalog/register"


def register(node: str, **more: Any) -> Step:
    """Register in the catalog."""
    return ask("A", REGISTER, {"Node": node, "Address": "10.0.0.9", **more})


def more_on(node: str, **more: Any) -> Step:
    """Register on a node that stays as it is."""
    return register(node, SkipNodeUpdate=True, **more)


def deregister(node: str, **more: Any) -> Step:
    """Remove from the catalog."""
    return ask("A", "PUT /v1/catalog/deregister", {"Node": node, **more})


STOCK = (
    register("n1", NodeMeta={"zone": "a", "rack": "1"}),
    register(
        "n2",
        NodeMeta={"zone": "b"},
        ID="40e4a748-2192-161a-0510-9bf59fe950b5",
        TaggedAddresses={"lan": "10.0.0.9"},
    ),
    more_on(
        "n1",
        Service={"ID": "web-1", "Service": "web", "Tags": ["v1", "prod"], "Meta": {"v": "1"}, "Port": 80},
        Check={"CheckID": "c-web", "Name": "web", "ServiceID": "web-1", "Status": "passing"},
    ),
    more_on(
        "n2",
        Service={"ID": "web-2", "Service": "web", "Tags": ["v2"], "Address": "10.0.0.8", "Port": 81},
        Checks=[
            {"CheckID": "c-web", "Name": "web", "ServiceID": "web-2", "Status": "warning", "Output": "hm"},
            {"CheckID": "c-node", "Name": "node", "Status": "critical", "Notes": "of the node"},
        ],
    ),
    more_on("n2", Service={"Service": "db", "Port": 5432, "Weights": {"Passing": 10, "Warning": 1}}),
    more_on("n1", Service={"Service": "native", "Port": 90, "Connect": {"Native": True}}),
    more_on(
        "n1",
        Service={
            "Kind": "connect-proxy",
            "ID": "web-proxy",
            "Service": "web-proxy",
            "Port": 20000,
            "Proxy": {
                "DestinationServiceName": "web",
                "Upstreams": [{"DestinationName": "db", "LocalBindPort": 1}],
            },
        },
    ),
)

FILTERS: tuple[tuple[str, str], ...] = (
    ("/v1/catalog/nodes", "Meta.zone == a"),
    ("/v1/catalog/nodes", "Meta.zone != a"),
    ("/v1/catalog/nodes", "Meta.zone == a and Node == n1"),
    ("/v1/catalog/nodes", "not Node == n1"),
    ("/v1/catalog/nodes", "zone in Meta"),
    ("/v1/catalog/nodes", "Meta is empty"),
    ("/v1/catalog/nodes", "Node matches `n[12]`"),
    ("/v1/catalog/nodes", "Node contains n"),
    ("/v1/catalog/nodes", "Nope == 1"),
    ("/v1/catalog/nodes", "Node == n1 or Address == `10.0.0.9`"),
    ("/v1/catalog/nodes", "Node in Meta"),
    ("/v1/catalog/nodes", "Node matches `(`"),
    ("/v1/catalog/nodes", "Meta == 1"),
    ("/v1/catalog/service/web", "ServicePort == 80"),
    ("/v1/catalog/service/web", "ServicePort == x"),
    ("/v1/catalog/service/web", "v1 in ServiceTags"),
    ("/v1/catalog/service/web", "v1 not in ServiceTags"),
    ("/v1/catalog/service/web", "ServiceTags contains v2"),
    ("/v1/catalog/service/web", "ServiceTags is empty"),
    ("/v1/catalog/service/web", "ServiceMeta.v == 1"),
    ("/v1/catalog/service/web", 'ServiceMeta["v"] == 1'),
    ("/v1/catalog/service/web", "NodeMeta.zone == b"),
    ("/v1/catalog/service/web", "ServiceWeights.Passing == 1"),
    ("/v1/catalog/service/web", "ServiceEnableTagOverride == false"),
    ("/v1/catalog/service/web", "Service.Port == 80"),
    ("/v1/health/service/web", "Service.Port == 80"),
    ("/v1/health/service/web", "Node.Meta.zone == b"),
    ("/v1/health/service/web", "Checks.Status == warning"),
    ("/v1/health/service/web", "Service.Tags contains v1 and Service.Meta.v == 1"),
    ("/v1/health/service/web", "Nope == 1"),
    ("/v1/health/node/n2", "Status == critical"),
    ("/v1/health/node/n2", "ServiceName == web"),
    ("/v1/health/node/n2", "Nope == web"),
    ("/v1/health/checks/web", "Status == passing"),
    ("/v1/health/state/any", "CheckID == `c-web` and Node == n1"),
    ("/v1/health/connect/web", "Service.Port == 20000"),
    ("/v1/catalog/connect/web", "ServicePort == 20000"),
    ("/v1/catalog/node-services/n2", "Port == 81"),
    ("/v1/catalog/node/n2", "Port == 81"),
    ("/v1/catalog/node/n2", "Service == db"),
    ("/v1/catalog/node/n2", "Nope == db"),
    ("/v1/catalog/services", "ServiceName == db"),
    ("/v1/catalog/services", "v2 in ServiceTags"),
    ("/v1/catalog/services", "NodeMeta.zone == a and ServicePort != 80"),
    ("/v1/catalog/services", "ServiceKind == `connect-proxy`"),
)


def filtered() -> Iterator[Step]:
    """Lists with filters that are some."""
    for path, text in FILTERS:
        yield get(f"{path}?filter={quote(text)}")


SUITES = (
    Suite(
        "health-reads",
        "health of nodes, of services and by state, with tags, meta data and passing",
        [
            *STOCK,
            get("/v1/health/node/dc1-server"),
            get("/v1/health/node/n1"),
            get("/v1/health/node/n2"),
            get("/v1/health/node/absent"),
            get("/v1/health/node/"),
            get("/v1/health/checks/web"),
            get("/v1/health/checks/web?node-meta=zone:a"),
            get("/v1/health/checks/absent"),
            get("/v1/health/checks/"),
            get("/v1/health/checks/consul"),
            get("/v1/health/state/any"),
            get("/v1/health/state/passing"),
            get("/v1/health/state/warning"),
            get("/v1/health/state/critical"),
            get("/v1/health/state/critical?node-meta=zone:a"),
            get("/v1/health/state/unknown"),
            get("/v1/health/state/"),
            get("/v1/health/service/web"),
            get("/v1/health/service/web?tag=v1"),
            get("/v1/health/service/web?tag=v1&tag=prod"),
            get("/v1/health/service/web?tag=V1"),
            get("/v1/health/service/web?node-meta=zone:b"),
            get("/v1/health/service/web?node-meta=zone:b&node-meta=rack:1"),
            get("/v1/health/service/web?passing"),
            get("/v1/health/service/web?passing=false"),
            get("/v1/health/service/web?passing=x"),
            get("/v1/health/service/web?near=n1"),
            get("/v1/health/service/web?near=_agent"),
            get("/v1/health/service/consul", opaque=True),
            get("/v1/health/service/"),
            get("/v1/health/connect/web"),
            get("/v1/health/connect/native"),
            get("/v1/health/connect/db"),
            get("/v1/health/ingress/web"),
        ],
        since="1.14",
    ),
    Suite(
        "catalog-reads",
        "nodes, their services, services by tag and meta data, what goes with what is removed",
        [
            get("/v1/catalog/datacenters"),
            *STOCK,
            get("/v1/catalog/nodes"),
            get("/v1/catalog/nodes?node-meta=zone:a"),
            get("/v1/catalog/nodes?near=n1"),
            get("/v1/catalog/node/n1"),
            get("/v1/catalog/node/n2"),
            get("/v1/catalog/node/absent"),
            get("/v1/catalog/node/"),
            get("/v1/catalog/node-services/n2"),
            get("/v1/catalog/node-services/n1"),
            get("/v1/catalog/node-services/absent"),
            get("/v1/catalog/node-services/"),
            get("/v1/catalog/services", only=("db", "native", "web-proxy")),
            get("/v1/catalog/services?node-meta=zone:b", only=("db", "web")),
            get("/v1/catalog/service/web"),
            get("/v1/catalog/service/web?tag=v1"),
            get("/v1/catalog/service/web?tag=v1&tag=v2"),
            get("/v1/catalog/service/web?node-meta=zone:b"),
            get("/v1/catalog/service/web?near=n1"),
            get("/v1/catalog/service/absent"),
            get("/v1/catalog/service/"),
            get("/v1/catalog/connect/web"),
            get("/v1/catalog/connect/native"),
            get("/v1/catalog/connect/"),
            get("/v1/catalog/gateway-services/absent"),
            get("/v1/catalog/gateway-services/"),
            deregister("n1", CheckID="c-web"),
            get("/v1/health/node/n1"),
            deregister("n2", ServiceID="web-2"),
            get("/v1/catalog/node/n2"),
            get("/v1/health/node/n2"),
            deregister("n2"),
            get("/v1/catalog/node/n2"),
            get("/v1/health/node/n2"),
            deregister("absent"),
            deregister(""),
        ],
        since="1.14",
    ),
    Suite(
        "catalog-registers",
        "what the catalog takes and refuses",
        [
            register("n", Address=""),
            ask("A", REGISTER, {"Node": "n", "SkipNodeUpdate": True}),
            register(""),
            register("n", ID="not-a-uuid"),
            register("n", Service={"Port": 1}),
            register("n", Service={"ID": "only"}),
            register("n", Service={"Service": "s", "Meta": {"a": "b"}}),
            register("n", Service={"Service": "s", "Address": "0.0.0.0"}),
            register("n", Service={"Service": "p", "Kind": "connect-proxy"}),
            register("n", Check={"Name": "c"}),
            register("n", Check={"Name": "c", "Status": "fine"}),
            register("n", Check={"CheckID": "c", "Status": "passing", "ServiceID": "absent"}),
            register(
                "n",
                Check={
                    "CheckID": "d",
                    "Name": "defined",
                    "Status": "passing",
                    "Definition": {"HTTP": "http://x", "Interval": "10s", "Timeout": "5s"},
                },
            ),
            get("/v1/health/node/n"),
            get("/v1/catalog/node/n"),
            register("n", Address="10.0.0.1"),
            get("/v1/catalog/node/n"),
            ask(
                "A",
                REGISTER,
                {"Node": "n", "SkipNodeUpdate": True, "Address": "10.0.0.2", "Service": {"Service": "t"}},
            ),
            get("/v1/catalog/node/n"),
        ],
        since="1.14",
    ),
    Suite(
        "catalog-gateways",
        "the services behind gateways",
        [
            put(
                entry(
                    "terminating-gateway",
                    "out",
                    Services=[{"Name": "far"}, {"Name": "ca", "CAFile": "/a", "SNI": "x"}],
                )
            ),
            put(
                entry(
                    "ingress-gateway",
                    "in",
                    Listeners=[{"Port": 1000, "Protocol": "tcp", "Services": [{"Name": "web"}]}],
                )
            ),
            get("/v1/catalog/gateway-services/out"),
            get("/v1/catalog/gateway-services/in"),
            get("/v1/catalog/gateway-services/absent"),
            delete("/v1/config/ingress-gateway/in"),
            get("/v1/catalog/gateway-services/in"),
        ],
        since="1.14",
    ),
    Suite("filters", "filter expressions, applied", [*STOCK, *filtered()], since="1.20"),
)
