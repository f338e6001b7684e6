"""Entries that servers refuse by themselves: a declared world says so, one that servers hold is not asked."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.sdk.access.question import Question, Request, Service, Upstream
from reconciler_consul.access import ConsulAnalysis

HTTP = {"Kind": "proxy-defaults", "Name": "global", "Config": {"protocol": "http"}}
SUBSETS = {"Subsets": {"v1": {}}}


def said(kind: str, **body: Any) -> str:
    """What stops a request to `api` with this entry; empty where nothing of the chain does."""
    cluster = {
        "default_intention": "allow",
        "services": [{"name": name} for name in ("web", "api", "db")],
        "config_entries": [HTTP, {"Kind": kind, "Name": "api", **body}],
    }
    question = Question(Service("dc1", "web"), None, Upstream("api"), Request("GET", "/", {}))
    answer = ConsulAnalysis({"clusters": {"dc1": cluster}, "peerings": []}).answer(question)
    return next((one.text for one in answer.because if one.text.startswith("servers refuse")), "")


@pytest.mark.parametrize(
    ("splits", "why"),
    [
        ([{"Weight": 50}, {"Weight": 50, "Service": "api"}], "split destination occurs more than once"),
        (
            [{"Weight": 50}, {"Weight": 40, "Service": "db"}],
            "the sum of all split weights must be 100, not 90",
        ),
    ],
)
def test_a_splitter(splits: list[dict[str, Any]], why: str) -> None:
    assert why in said("service-splitter", Splits=splits)


@pytest.mark.parametrize(
    ("match", "destination", "why"),
    [
        ({"PathExact": "/a", "PathPrefix": "/"}, {}, "should only contain at most one of PathExact"),
        ({"PathPrefix": "v1"}, {}, "PathPrefix doesn't start with '/'"),
        (
            {"Header": [{"Name": "x", "Exact": "a", "Present": True}]},
            {},
            "Header[0] should only contain one of",
        ),
        ({"QueryParam": [{"Name": "x"}]}, {}, "QueryParam[0] should only contain one of Present"),
        ({"PathRegex": "/.*"}, {"PrefixRewrite": "/"}, "cannot make use of PrefixRewrite"),
    ],
)
def test_a_router(match: dict[str, Any], destination: dict[str, Any], why: str) -> None:
    assert why in said("service-router", Routes=[{"Match": {"HTTP": match}, "Destination": destination}])


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"DefaultSubset": "v2", **SUBSETS}, "does not have a subset named"),
        ({"Redirect": {"Peer": "dc2"}}, "Redirect.Peer defined without Redirect.Service"),
        ({"Redirect": {"Service": "db"}, "Failover": {"*": {"Service": "db"}}}, "cannot both be set"),
        ({"Failover": {"v2": {"Service": "db"}}, **SUBSETS}, 'Bad Failover["v2"]: not a valid subset'),
        (
            {"Failover": {"*": {"Service": "db", "Targets": [{"Service": "db"}]}}},
            "Targets cannot be set with Service",
        ),
        (
            {"Failover": {"*": {"Targets": [{"Peer": "dc2", "ServiceSubset": "v1"}]}}, **SUBSETS},
            "Peer cannot be set with ServiceSubset",
        ),
    ],
)
def test_a_resolver(body: dict[str, Any], why: str) -> None:
    assert why in said("service-resolver", **body)


def test_what_servers_take_is_not_refused() -> None:
    headers = {"RequestHeaders": {"Set": {"x": "1"}}}
    twice = [{"Weight": 50, "Service": "db", **headers}, {"Weight": 50, "Service": "db", **headers}]
    assert said("service-splitter", Splits=twice) == ""
    assert said("service-splitter", Splits=[{"Weight": 33.33}, {"Weight": 66.67, "Service": "db"}]) == ""
    assert said("service-resolver", Failover={"v1": {"Service": "db"}}, **SUBSETS) == ""
