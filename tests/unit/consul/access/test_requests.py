"""What of a request decides: headers that proxies add, methods, tokens, several values of a header."""

from __future__ import annotations

from typing import Any

from reconciler.sdk.access.answer import Decision
from reconciler.sdk.access.question import ANOTHER, Question, Request, Service, Upstream
from reconciler_consul.access import ConsulAnalysis
from reconciler_consul.access.judging.tokens import has_token
from reconciler_consul.access.network.site import Site
from tests.support.tables import each
from tests.unit.consul.access.test_answers import EXPORTS, HTTP, asked, by_permissions, world

GET = Request("GET", "/v1", {})


def decided(http: dict[str, Any], request: Request = GET) -> str:
    return asked(world(by_permissions({"Action": "allow", "HTTP": http})), request).decision.value


def header(**condition: Any) -> dict[str, Any]:
    return {"Header": [condition]}


@each("name", ["host", ":authority", ":scheme", "X-Request-Id", "x-forwarded-proto", "x-envoy-peer-metadata"])
def test_a_header_that_proxies_add_is_not_known_to_be_absent(name: str) -> None:
    assert decided(header(Name=name, Present=True)) == "depends"
    assert decided(header(Name=name, Exact="a")) == "depends"


@each("name", ["x-team", "x-forwarded", "hosts", "accept"])
def test_any_other_header_is_absent_where_it_is_not_given(name: str) -> None:
    assert decided(header(Name=name, Present=True)) == "denied"


def test_a_header_that_is_given_is_what_it_is_given_as() -> None:
    given = Request("GET", "/v1", {"host": "api", "x-request-id": "7"})
    assert decided(header(Name=":authority", Exact="api"), given) == "allowed"
    assert decided(header(Name="Host", Exact="db"), given) == "denied"
    assert decided(header(Name="X-Request-ID", Exact="7"), given) == "allowed"


def test_method_and_path_are_headers_too() -> None:
    assert decided(header(Name=":method", Exact="GET")) == "allowed"
    assert decided(header(Name=":path", Prefix="/v2")) == "denied"
    assert decided(header(Name=":path", Prefix="/v2"), Request("GET", None, {})) == "depends"


def test_methods_are_kept_in_upper_case() -> None:
    assert decided({"Methods": ["get", "Put"]}) == "allowed"
    assert decided({"Methods": ["get", "Put"]}, Request("POST", "/", {})) == "denied"


def test_several_values_of_a_header_decide_where_all_releases_of_proxies_agree() -> None:
    both = Request("GET", "/v1", {"x-team": f"a{ANOTHER}b"})
    assert decided(header(Name="x-team", Present=True), both) == "allowed"
    assert decided(header(Name="x-team", Exact="c"), both) == "denied"
    assert decided(header(Name="x-team", Exact="a"), both) == "depends"


HEADER = {"Header": {"Name": "X-Token"}}
BEARER = {"Header": {"Name": "Authorization", "ValuePrefix": "Bearer "}}
QUERY, COOKIE = {"QueryParam": {"Name": "t"}}, {"Cookie": {"Name": "t"}}


@each(
    "row",
    [
        ([HEADER, QUERY], "/?t=1", {}, True),  # the first place has none, the second one has
        ([HEADER, QUERY], "/", {"x-token": "1"}, True),
        ([HEADER, QUERY], "/?at=1", {}, False),  # the name of another
        ([BEARER], "/", {"authorization": "Basic x"}, False),
        ([BEARER, COOKIE], "/", {"authorization": "Basic x", "cookie": "a=1; t=2"}, True),
        ([COOKIE], "/", {"cookie": "xt=2"}, False),
        ([QUERY], None, {}, True),
        ([], "/?access_token=1", {}, True),
        ([], "/", {}, False),
    ],
    ids=str,
)
def test_a_token_may_be_at_any_of_its_places(row: tuple[Any, str | None, dict[str, str], bool]) -> None:
    places, path, headers, expected = row
    provider = {"Kind": "jwt-provider", "Name": "okta", "Locations": places}
    site = Site("dc1", {"config_entries": [provider]})
    assert has_token(site, ["okta"], Request("GET", path, headers)) is expected


@each("row", [("1.20.1", Decision.ALLOWED), ("1.20.1+ent", Decision.UNREACHABLE)], ids=str)
def test_community_edition_blanks_the_namespace_of_an_export(row: tuple[str, Decision]) -> None:
    version, expected = row
    item: Any = {"Name": "api", "Namespace": "team", "Consumers": [{"Peer": "west"}]}
    made = world(default_intention="allow", version=version)
    made["clusters"]["dc1"]["config_entries"] = [HTTP, {**EXPORTS, "Services": [item]}]
    assert asked(made).decision is expected


def test_a_share_that_servers_round_to_nothing_is_none() -> None:
    splits = [{"Weight": 99.999, "Service": "api"}, {"Weight": 0.001, "Service": "web"}]
    defaults = [{"Kind": "service-defaults", "Name": name, "Protocol": "http"} for name in ("web", "all")]
    made = world(
        *defaults, {"Kind": "service-splitter", "Name": "all", "Splits": splits}, default_intention="allow"
    )
    question = Question(Service("dc1", "web"), None, Upstream("all"))
    answer = ConsulAnalysis(made).answer(question)
    assert (answer.decision, str(answer.answered_by)) == (Decision.ALLOWED, "api@dc1")


def test_the_place_of_a_peering_is_its_name_on_the_cluster() -> None:
    from reconciler.model.access import on_cluster

    steps = {one.step: one for one in asked(world(default_intention="allow")).because}
    assert steps["peering"].origin is not None
    assert on_cluster(steps["peering"].origin) == "dc2 peering/dc1"
