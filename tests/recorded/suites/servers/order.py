"""What must stand before what, and what may not go while something still needs it."""

from __future__ import annotations

from typing import Any

from tests.recorded.steps import Step, Suite, delete, entry, get, put

HTTP = {"Protocol": "http"}
API = entry("service-defaults", "api", **HTTP)
WEB = entry("service-defaults", "web", **HTTP)
RESOLVER = entry(
    "service-resolver",
    "api",
    Subsets={"v1": {"Filter": "Service.Meta.v == 1"}, "v2": {"OnlyPassing": True}},
    DefaultSubset="v1",
)
PLAIN_RESOLVER = entry("service-resolver", "api", ConnectTimeout="3s")
SPLITTER = entry(
    "service-splitter",
    "api",
    Splits=[
        {"Weight": 60, "ServiceSubset": "v1"},
        {"Weight": 30, "ServiceSubset": "v2"},
        {"Weight": 10, "Service": "web"},
    ],
)
ROUTER = entry(
    "service-router",
    "api",
    Routes=[
        {
            "Match": {"HTTP": {"PathPrefix": "/v2"}},
            "Destination": {"Service": "api", "ServiceSubset": "v2"},
        },
        {"Match": {"HTTP": {"PathPrefix": "/web"}}, "Destination": {"Service": "web"}},
    ],
)
PERMISSIONS = entry(
    "service-intentions",
    "api",
    Sources=[
        {"Name": "web", "Permissions": [{"Action": "allow", "HTTP": {"PathPrefix": "/", "Methods": ["GET"]}}]}
    ],
)
EXPORTS = entry("exported-services", "default", Services=[{"Name": "api", "Consumers": [{"Peer": "to-b"}]}])
FAILOVER = entry("service-resolver", "api", Failover={"*": {"Targets": [{"Service": "api", "Peer": "to-b"}]}})
REDIRECT = entry("service-resolver", "api", Redirect={"Service": "api", "Peer": "to-b"})
GLOBAL_HTTP = entry("proxy-defaults", "global", Config={"protocol": "http"})
INGRESS = entry(
    "ingress-gateway",
    "edge",
    Listeners=[{"Port": 8080, "Protocol": "http", "Services": [{"Name": "api"}]}],
)
LOOP = "detected circular resolver redirect: ["  # where a server begins to count differs from run to run
CIRCLE = "detected circular reference: [splitter:"


def ingress(protocol: str, *services: str) -> dict[str, Any]:
    """An ingress gateway with one listener."""
    named = [{"Name": name} for name in services]
    return entry(
        "ingress-gateway", "edge", Listeners=[{"Port": 8080, "Protocol": protocol, "Services": named}]
    )


def kinds_of(*kinds: str) -> list[Step]:
    """Read what is stored of these kinds."""
    return [get(f"/v1/config/{kind}") for kind in kinds]


def at(body: dict[str, object]) -> str:
    """The path of an entry."""
    return f"/v1/config/{body['Kind']}/{body.get('Name', 'mesh')}"


ALL = (API, WEB, RESOLVER, SPLITTER, ROUTER, PERMISSIONS)

SUITES = (
    Suite(
        "order-create",
        "every kind is refused until what it needs stands, and then accepted",
        [
            *(put(body) for body in (SPLITTER, ROUTER, PERMISSIONS)),
            put(API),
            *(put(body) for body in (SPLITTER, ROUTER, PERMISSIONS)),
            put(RESOLVER),
            *(put(body) for body in (SPLITTER, ROUTER)),
            put(WEB),
            *(put(body) for body in (SPLITTER, ROUTER, PERMISSIONS)),
            get("/v1/discovery-chain/api"),
            *kinds_of("service-splitter", "service-router", "service-intentions"),
        ],
        since="1.14",
    ),
    Suite(
        "order-delete",
        "nothing that is needed goes; from the outside in everything does",
        [
            *(put(body) for body in ALL),
            *(delete(at(body)) for body in (API, WEB, RESOLVER)),
            put(PLAIN_RESOLVER),
            put(entry("service-defaults", "api", Protocol="tcp")),
            put(entry("service-defaults", "api", Protocol="grpc")),
            put(entry("service-defaults", "web", Protocol="tcp")),
            delete(at(ROUTER)),
            *(delete(at(body)) for body in (API, WEB, RESOLVER)),
            delete(at(SPLITTER)),
            delete(at(RESOLVER)),
            delete(at(WEB)),
            delete(at(API)),
            delete(at(PERMISSIONS)),
            delete(at(API)),
            delete(at(API)),
            get("/v1/config/"),
        ],
        since="1.14",
    ),
    Suite(
        "order-global-protocol",
        "a protocol that proxy-defaults give cannot be taken from those who need it",
        [
            put(GLOBAL_HTTP),
            put(RESOLVER),
            put(SPLITTER),
            delete("/v1/config/proxy-defaults/global"),
            put(entry("proxy-defaults", "global", Config={"protocol": "tcp"})),
            put(entry("proxy-defaults", "global", Config={"protocol": "grpc"})),
            get("/v1/config/service-splitter/api"),
            put(entry("service-defaults", "api", Protocol="tcp")),
            put(API),
            delete("/v1/config/proxy-defaults/global"),
            put(WEB),
            delete("/v1/config/proxy-defaults/global"),
            put(GLOBAL_HTTP),
            delete(at(API)),
            delete(at(WEB)),
            delete(at(SPLITTER)),
            delete("/v1/config/proxy-defaults/global"),
        ],
        since="1.14",
    ),
    Suite(
        "order-exports",
        "what an export forbids afterwards, and what forbids an export",
        [
            put(EXPORTS),
            put(FAILOVER),
            put(PLAIN_RESOLVER),
            put(RESOLVER),
            put(REDIRECT),
            delete(at(EXPORTS)),
            put(REDIRECT),
            put(EXPORTS),
            delete("/v1/config/service-resolver/api"),
            put(FAILOVER),
            put(EXPORTS),
            put(API),
            put(EXPORTS),
            put(SPLITTER),
            put(RESOLVER),
            put(entry("service-splitter", "api", Splits=[{"Weight": 100, "ServiceSubset": "v2"}])),
            delete(at(API)),
            put(entry("service-defaults", "api", Protocol="tcp")),
            delete("/v1/config/service-splitter/api"),
            delete(at(API)),
            get("/v1/config/exported-services/default"),
        ],
        since="1.14",
    ),
    Suite(
        "order-references",
        "a chain of services: targets before those who name them, loops never",
        [
            put(GLOBAL_HTTP),
            put(entry("service-resolver", "a", Redirect={"Service": "b"})),
            put(entry("service-resolver", "b", Redirect={"Service": "c", "ServiceSubset": "v1"})),
            put(entry("service-resolver", "c", Subsets={"v1": {}})),
            put(entry("service-resolver", "b", Redirect={"Service": "c", "ServiceSubset": "v1"})),
            put(entry("service-resolver", "c", Redirect={"Service": "a"}), contains=[LOOP]),
            put(entry("service-resolver", "c", Subsets={"v2": {}})),
            delete("/v1/config/service-resolver/c"),
            put(entry("service-splitter", "s", Splits=[{"Weight": 100, "Service": "t"}])),
            put(entry("service-splitter", "t", Splits=[{"Weight": 100, "Service": "s"}]), contains=[CIRCLE]),
            put(entry("service-splitter", "t", Splits=[{"Weight": 100, "Service": "a"}])),
            get("/v1/discovery-chain/s"),
            put(entry("service-defaults", "c", Protocol="grpc")),
            delete("/v1/config/service-resolver/b"),
            delete("/v1/config/service-resolver/a"),
            delete("/v1/config/service-resolver/c"),
            put(INGRESS),
            put(entry("service-defaults", "api", Protocol="tcp")),
            put(entry("service-resolver", "edge", ConnectTimeout="1s")),
            delete(at(INGRESS)),
            delete("/v1/config/proxy-defaults/global"),
        ],
        since="1.14",
    ),
    Suite(
        "order-ingress",
        "the protocol of an ingress gateway's listener is that of its services",
        [
            put(INGRESS),
            put(API),
            put(INGRESS),
            delete(at(API)),
            put(entry("service-defaults", "api", Protocol="grpc")),
            put(ingress("tcp", "api")),
            put(entry("service-defaults", "api", Protocol="grpc")),
            put(API),
            put(entry("service-router", "api", Routes=[])),
            put(ingress("tcp", "db")),
            put(entry("service-defaults", "db", Protocol="http")),
            put(entry("service-router", "db", Routes=[])),
            delete("/v1/config/service-defaults/db"),
            put(ingress("http", "*")),
            put(entry("service-router", "api", Routes=[])),
            put(ingress("tcp", "api")),
            put(ingress("http", "api", "web")),
            put(WEB),
            put(ingress("http", "api", "web")),
            delete(at(WEB)),
            put(GLOBAL_HTTP),
            delete(at(WEB)),
            put(entry("proxy-defaults", "global", Config={"protocol": "tcp"})),
            delete("/v1/config/proxy-defaults/global"),
            put(entry("service-resolver", "web", Redirect={"Service": "db"})),
            put(entry("service-defaults", "db", Protocol="tcp")),
            delete(at(INGRESS)),
            delete("/v1/config/proxy-defaults/global"),
        ],
        since="1.14",
    ),
    Suite(
        "order-providers",
        "an intention that names a JWT provider",
        [
            put(API),
            put(
                entry("service-intentions", "api", Sources=[{"Name": "web", "Action": "allow"}],
                      JWT={"Providers": [{"Name": "okta"}]})
            ),
            put(
                entry("jwt-provider", "okta", Issuer="me",
                      JSONWebKeySet={"Local": {"JWKS": "eyJrZXlzIjpbXX0K"}})
            ),
            put(
                entry("service-intentions", "api", Sources=[{"Name": "web", "Action": "allow"}],
                      JWT={"Providers": [{"Name": "okta"}]})
            ),
            delete("/v1/config/jwt-provider/okta"),
            get("/v1/config/service-intentions/api"),
            delete("/v1/config/service-intentions/api"),
            delete("/v1/config/jwt-provider/okta"),
        ],
        since="1.16",
    ),
)  # fmt: skip
