"""Which changes can matter to access: a plan asks nothing about the others."""

from __future__ import annotations

import pytest

from reconciler.sdk.address import Address
from reconciler.sdk.provider import Body
from reconciler_consul.worlds.bearing import bears

API: Body = {"Protocol": "http", "Meta": {"owner": "shop"}}

MATTERS: list[tuple[str, Body | None, Body | None]] = [
    ("peering.dc1/dc2", {"Meta": {}}, {"Meta": {"a": "b"}}),
    ("service_defaults.dc1/api", None, API),
    ("service_defaults.dc1/api", API, None),
    ("service_defaults.dc1/api", API, {**API, "Protocol": "tcp"}),
    (
        "service_defaults.dc1/api",
        API,
        {**API, "UpstreamConfig": {"Defaults": {"MeshGateway": {"Mode": "local"}}}},
    ),
    ("proxy_defaults.dc1/global", {}, {"Config": {"protocol": "http"}}),
    ("service_intentions.dc1/api", {"Sources": []}, {"Sources": [{"Name": "web"}]}),
    ("exported_services.dc1/default", {"Services": []}, {"Services": [{"Name": "api"}]}),
    ("service_resolver.dc1/api", {}, {"Redirect": {"Service": "other"}}),
    ("mesh.dc1/mesh", {}, {"HTTP": {"SanitizeXForwardedClientCert": True}}),
    ("config_entry.dc1/jwt-provider/okta", {"Issuer": "a"}, {"Issuer": "b"}),
]
DOES_NOT: list[tuple[str, Body | None, Body | None]] = [
    ("acl_policy.dc1/ops", None, {"Rules": ""}),
    ("service_defaults.dc1/api", API, {**API, "Meta": {}}),
    ("service_defaults.dc1/api", API, {**API, "BalanceInboundConnections": "exact_balance"}),
    (
        "service_intentions.dc1/api",
        {"Sources": [{"Name": "web"}]},
        {"Sources": [{"Name": "web"}], "Meta": {"a": "b"}},
    ),
    ("proxy_defaults.dc1/global", {"Config": {}}, {"Config": {}, "AccessLogs": {"Enabled": True}}),
    ("config_entry.dc1/control-plane-request-limit/all", None, {"Mode": "permissive"}),
]


@pytest.mark.parametrize(("text", "before", "after"), MATTERS)
def test_it_may_matter(text: str, before: Body | None, after: Body | None) -> None:
    assert bears(Address.parse(text), before, after)


@pytest.mark.parametrize(("text", "before", "after"), DOES_NOT)
def test_it_does_not_matter(text: str, before: Body | None, after: Body | None) -> None:
    assert not bears(Address.parse(text), before, after)
