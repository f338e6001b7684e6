"""The mesh's certificate authority: roots, configuration, leaves, and who may connect with a certificate."""

from __future__ import annotations

from typing import Any

from tests.recorded.steps import Step, Suite, ask, entry, get, put
from tests.recorded.suites.intentions import token

ROOTS = "/v1/connect/ca/roots"
CONFIGURATION = "/v1/connect/ca/configuration"
AGENT_ROOTS = "/v1/agent/connect/ca/roots"
LEAF = "/v1/agent/connect/ca/leaf"
AUTHORIZE = "/v1/agent/connect/authorize"
DOMAIN = "11111111-2222-3333-4444-555555555555.consul"
WEB = f"spiffe://{DOMAIN}/ns/default/dc/dc1/svc/web"


# An agent keeps the intentions that it read and is told of changes a moment later.
DENIES = {"Authorized": False}
ALLOWS = {"Authorized": True}


def authorize(target: str, uri: str, serial: str = "aa:bb", **more: Any) -> Step:
    """Ask whether a client with a certificate of this URI may connect to a service."""
    step = {key: more.pop(key) for key in ("until",) if key in more}
    body = {"Target": target, "ClientCertURI": uri, "ClientCertSerial": serial, **more}
    return ask("A", f"POST {AUTHORIZE}", body, **step)


READ = [
    get(ROOTS, save={"domain": "TrustDomain"}),
    get(AGENT_ROOTS),
    get(f"{ROOTS}?pem=true", opaque=True),
    get(f"{ROOTS}?pem=perhaps"),
    get(f"{ROOTS}?dc=nowhere"),
    get(f"{AGENT_ROOTS}?dc=nowhere"),
    get(f"{ROOTS}?index=1"),
    get(f"{AGENT_ROOTS}?index=1&wait=1s", only=("TrustDomain",)),
    ask("A", f"PUT {ROOTS}"),
    ask("A", f"POST {AGENT_ROOTS}"),
    get(CONFIGURATION),
    get(f"{CONFIGURATION}?dc=nowhere"),
    ask("A", f"POST {CONFIGURATION}"),
    ask("A", f"PUT {CONFIGURATION}", "not JSON"),
    ask("A", f"PUT {CONFIGURATION}"),
    ask("A", f"PUT {CONFIGURATION}", {}),
    ask("A", f"PUT {CONFIGURATION}", {"Provider": "other", "Config": {}}),
    ask("A", f"PUT {CONFIGURATION}", {"Provider": "consul", "Config": {"LeafCertTTL": "odd"}}),
    ask("A", f"PUT {CONFIGURATION}", {"Provider": "consul", "Config": {"LeafCertTTL": "1m"}}),
    ask("A", f"PUT {CONFIGURATION}", {"Provider": "consul", "Config": {"LeafCertTTL": "20000h"}}),
    ask("A", f"PUT {CONFIGURATION}", {"Provider": "consul", "Config": {"LeafCertTTL": "80h"}}),
    get(CONFIGURATION),
    ask(
        "A",
        f"PUT {CONFIGURATION}",
        {"Provider": "consul", "Config": {"LeafCertTTL": "72h", "RotationPeriod": "2160h"}},
    ),
    get(CONFIGURATION),
    get(f"{LEAF}/web"),
    get(f"{LEAF}/web", only=("Service", "ServiceURI", "SerialNumber")),
    get(f"{LEAF}/"),
    get(f"{LEAF}/web?index=1", only=("Service",)),
    get(f"{LEAF}/web?dc=nowhere", only=("ServiceURI",)),
    ask("A", f"PUT {LEAF}/web"),
]

AUTHORIZED = [
    get(ROOTS, save={"domain": "TrustDomain"}),
    ask("A", f"POST {AUTHORIZE}", {}),
    ask("A", f"POST {AUTHORIZE}"),
    ask("A", f"POST {AUTHORIZE}", "not JSON"),
    authorize("", WEB),
    authorize("db", ""),
    authorize("db", WEB, ""),
    authorize("db", "no URI"),
    authorize("db", "http://web"),
    authorize("db", "spiffe://other"),
    authorize("db", WEB),
    authorize("db", "spiffe://{{domain}}/ns/default/dc/dc1/svc/web"),
    authorize("db", "spiffe://{{domain}}/ns/default/dc/dc2/svc/web"),
    authorize("db", "spiffe://{{domain}}/ns/other/dc/dc1/svc/web"),
    put(entry("service-intentions", "db", Sources=[{"Name": "web", "Action": "deny"}])),
    authorize("db", "spiffe://{{domain}}/ns/default/dc/dc1/svc/web", until=DENIES),
    authorize("db", "spiffe://{{domain}}/ns/default/dc/dc1/svc/batch"),
    put(entry("service-intentions", "*", Sources=[{"Name": "*", "Action": "deny"}])),
    authorize("db", "spiffe://{{domain}}/ns/default/dc/dc1/svc/batch", until=DENIES),
    put(entry("service-intentions", "db", Sources=[{"Name": "web", "Action": "allow"}])),
    authorize("db", "spiffe://{{domain}}/ns/default/dc/dc1/svc/web", until=ALLOWS),
    put(entry("proxy-defaults", "global", Config={"protocol": "http"})),
    put(
        entry(
            "service-intentions",
            "db",
            Sources=[{"Name": "web", "Permissions": [{"Action": "allow", "HTTP": {"PathPrefix": "/"}}]}],
        )
    ),
    authorize("db", "spiffe://{{domain}}/ns/default/dc/dc1/svc/web", until=DENIES),
    authorize("db", "spiffe://{{domain}}/ns/default/dc/dc1/svc/web", More="field"),
    get(AUTHORIZE),
]


def as_each(request: str, body: Any = None, **more: Any) -> list[Step]:
    """Send a request as everyone."""
    return [
        ask("A", request, body, token=who, **more)
        for who in ("{{operator}}", "{{writer}}", "{{reader}}", "", "unknown")
    ]


DENIED = [
    *token("operator", 'operator = "write"'),
    *token("writer", 'service "web" { policy = "write" }'),
    *token("reader", 'service "web" { policy = "read" }'),
    get(ROOTS, token="{{A.root}}", save={"domain": "TrustDomain"}),
    *as_each(f"GET {ROOTS}"),
    *as_each(f"GET {AGENT_ROOTS}"),
    *as_each(f"GET {CONFIGURATION}"),
    *as_each(f"PUT {CONFIGURATION}", {"Provider": "consul", "Config": {"LeafCertTTL": "80h"}}),
    *as_each(f"GET {LEAF}/web", only=("Service", "ServiceURI")),
    *as_each(
        f"POST {AUTHORIZE}",
        {
            "Target": "web",
            "ClientCertURI": "spiffe://{{domain}}/ns/default/dc/dc1/svc/client",
            "ClientCertSerial": "aa",
        },
    ),
]

SUITES = [
    Suite("authority", "the certificate authority: roots, configuration, leaf certificates", READ),
    Suite("authority-authorize", "whether a client with a certificate may connect", AUTHORIZED),
    Suite("authority-denied", "the certificate authority and ACLs", DENIED, acl=True),
]
