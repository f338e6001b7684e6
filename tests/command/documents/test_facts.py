"""What real proxies did, each fact as the smallest snapshot that shows it, asked of the command."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command.lab import CommandLab
from tests.support.tables import each

ALLOW, DENY = "allow", "deny"
HTTP = {"Kind": "service-defaults", "Name": "api", "Protocol": "http"}
LOCAL = {"Kind": "proxy-defaults", "Name": "global", "MeshGateway": {"Mode": "local"}}


def sources(*listed: Any, to: str = "api") -> dict[str, Any]:
    return {"Kind": "service-intentions", "Name": to, "Sources": list(listed)}


def source(name: str, action: str, peer: str = "") -> dict[str, Any]:
    return {"Name": name, "Action": action, **({"Peer": peer} if peer else {})}


def exports(*items: tuple[str, str]) -> dict[str, Any]:
    services = [{"Name": name, "Consumers": [{"Peer": peer}]} for name, peer in items]
    return {"Kind": "exported-services", "Name": "default", "Services": services}


def resolver(name: str, **fields: Any) -> dict[str, Any]:
    return {"Kind": "service-resolver", "Name": name, **fields}


EXPORTED = exports(("api", "two"))


def world(
    default: str, *entries: Any, dialer: tuple[Any, ...] = (), **clusters: dict[str, Any]
) -> dict[str, Any]:
    """dc1 has `api` and `db`; it calls dc2, where `web` runs, `two`, and dc3 `three`. They call it `one`."""
    base = {"default_intention": default, "gateway": True, "version": "1.20.0"}
    made = {
        "dc1": {**base, "services": [{"name": "api"}, {"name": "db"}], "config_entries": list(entries)},
        "dc2": {**base, "services": [{"name": "web"}], "config_entries": list(dialer)},
        "dc3": {**base, "services": [{"name": "api"}], "config_entries": [exports(("api", "two"))]},
    }
    for name, changes in clusters.items():
        made[name] |= changes
    links = [("dc1", "dc2", "two", "one"), ("dc1", "dc3", "three", "one"), ("dc2", "dc3", "three", "two")]
    keys = ("acceptor", "dialer", "name_at_acceptor", "name_at_dialer")
    return {"clusters": made, "peerings": [dict(zip(keys, link, strict=True)) for link in links]}


TO_API = ("--from", "web@dc2", "--upstream", "api@one", "--method", "GET", "--path", "/ok")
TO_LOCAL = ("--from", "web@dc2", "--upstream", "api", "--method", "GET", "--path", "/ok")
CRITICAL = {"services": [{"name": "api", "healthy": False}, {"name": "db"}]}
FAILOVER = resolver("api", Failover={"*": {"Targets": [{"Peer": "one"}, {"Peer": "three"}]}})

FACTS: dict[str, tuple[dict[str, Any], tuple[str, ...], str]] = {
    "1 a source without a peer never allows one": (
        world(DENY, EXPORTED, sources(source("web", ALLOW), source("*", ALLOW))), TO_API, "denied api@dc1"),
    "1 nor denies one": (
        world(ALLOW, EXPORTED, sources(source("web", DENY), source("*", DENY))), TO_API, "allowed api@dc1"),
    "2 deny-all stops no caller of a peer": (
        world(ALLOW, EXPORTED, sources(source("*", DENY), to="*")), TO_API, "allowed api@dc1"),
    "2 * of the peer does": (
        world(ALLOW, EXPORTED, sources(source("*", DENY, "two"), to="*")), TO_API, "denied api@dc1"),
    "3 the peer's name is the alias on the cluster": (
        world(DENY, EXPORTED, sources(source("web", ALLOW, "dc2"))), TO_API, "denied api@dc1"),
    "3 a deny with another name protects nothing": (
        world(ALLOW, EXPORTED, sources(source("web", DENY, "dc2"))), TO_API, "allowed api@dc1"),
    "3 an export with another name exports nothing": (
        world(ALLOW, exports(("api", "dc2"))), TO_API, "unreachable"),
    "4 intentions of the dialing side have no say": (
        world(ALLOW, EXPORTED, dialer=(sources(source("web", DENY)),)), TO_API, "allowed api@dc1"),
    "5 on tcp a named service is out of the wildcard": (
        world(ALLOW, exports(("*", "two"), ("api", "three"))), TO_API, "unreachable"),
    "5 on tcp the last item counts": (
        world(ALLOW, exports(("api", "two"), ("api", "three"))), TO_API, "unreachable"),
    "5 on http all do": (
        world(ALLOW, HTTP, exports(("api", "two"), ("api", "three"))), TO_API, "allowed api@dc1"),
    "6 failover does not look at health inside a peer": (
        world(ALLOW, EXPORTED, dialer=(FAILOVER,), dc1=CRITICAL), TO_LOCAL, "unreachable"),
    "6 it does not end at a peer that exports nothing": (
        world(ALLOW, dialer=(FAILOVER,)), TO_LOCAL, "allowed api@dc3"),
    "6 nor at one without a gateway": (
        world(ALLOW, EXPORTED, dialer=(FAILOVER,), dc1={"gateway": False}), TO_LOCAL, "allowed api@dc3"),
    "6 a denial is the end": (
        world(ALLOW, EXPORTED, sources(source("web", DENY, "two")), dialer=(FAILOVER,)), TO_LOCAL,
        "denied api@dc1"),
    "7 without a gateway at the exporter nothing is reached": (
        world(ALLOW, EXPORTED, dc1={"gateway": False}), TO_API, "unreachable"),
    "7 the dialer needs none": (
        world(ALLOW, EXPORTED, dc2={"gateway": False}), TO_API, "allowed api@dc1"),
    "7 but for the mode local": (
        world(ALLOW, EXPORTED, dialer=(LOCAL,), dc2={"gateway": False}), TO_API, "unreachable"),
    "7 the exporter's mode means nothing": (
        world(ALLOW, EXPORTED, LOCAL, dc2={"gateway": False}), TO_API, "allowed api@dc1"),
    "8 the protocol is the exporter's": (
        world(DENY, HTTP, EXPORTED, sources({"Name": "web", "Peer": "two", "Permissions": [
            {"Action": "allow", "HTTP": {"PathExact": "/ok"}}]})), TO_API, "allowed api@dc1"),
    "8 and not the dialer's": (
        world(ALLOW, exports(("*", "two"), ("api", "three")), dialer=(HTTP,)), TO_API, "unreachable"),
    "10 the exporter's redirect leads on, and the intention there counts": (
        world(DENY, HTTP, {**HTTP, "Name": "db"}, EXPORTED, resolver("api", Redirect={"Service": "db"}),
              sources(source("web", ALLOW, "two"))), TO_API, "denied db@dc1"),
    "10 with an allow there": (
        world(DENY, HTTP, {**HTTP, "Name": "db"}, EXPORTED, resolver("api", Redirect={"Service": "db"}),
              sources(source("web", ALLOW, "two"), to="db")), TO_API, "allowed db@dc1"),
    "a name that only redirects cannot be exported": (
        world(ALLOW, exports(("old", "two")), resolver("old", Redirect={"Service": "api"})),
        ("--from", "web@dc2", "--upstream", "old@one"), "unreachable"),
    "the exporter's only instance is critical": (
        world(ALLOW, EXPORTED, dc1=CRITICAL), TO_API, "unreachable"),
    "an unknown peer": (
        world(ALLOW, EXPORTED), ("--from", "web@dc2", "--upstream", "api@dc1"), "unreachable"),
    "a redirect to an unknown peer": (
        world(ALLOW, EXPORTED, dialer=(resolver("api", Redirect={"Service": "api", "Peer": "dc1"}),)),
        TO_LOCAL, "unreachable"),
    "a local name of a transparent proxy needs an intention of its own": (
        world(DENY, EXPORTED, sources(source("web", ALLOW, "two")), dialer=(
            {"Kind": "proxy-defaults", "Name": "global", "Mode": "transparent"},
            resolver("api", Redirect={"Service": "api", "Peer": "one"}))), TO_LOCAL, "depends api@dc1"),
    "the same datacenter name on both sides": (
        world(DENY, EXPORTED, sources(source("web", ALLOW, "two")), dc2={"datacenter": "dc1"}),
        TO_API, "allowed api@dc1"),
    "a gateway of which nothing is known": (
        world(ALLOW, EXPORTED, dc1={"gateway": None}), TO_API, "depends api@dc1"),
}  # fmt: skip


def said(lab: CommandLab, snapshot: dict[str, Any], *words: str) -> dict[str, Any]:
    lab.write(json.dumps(snapshot), "world.json")
    found = lab.run("access", "--snapshot", "world.json", *words, "--json").expect(0).value()
    (one,) = found["access"]
    return dict(one)


def short(one: dict[str, Any]) -> str:
    return " ".join(part for part in (one["decision"], one["answered_by"] or one["denied_at"]) if part)


@pytest.mark.long
def test_each_fact(bare: CommandLab) -> None:
    found = {name: short(said(bare, made, *words)) for name, (made, words, _) in FACTS.items()}
    assert found == {name: expected for name, (_, _, expected) in FACTS.items()}


def test_the_answer_has_the_keys_that_scripts_read(bare: CommandLab) -> None:
    one = said(bare, world(DENY, EXPORTED), *TO_API)
    assert (one["from"], one["to"], one["decision"]) == ("web@dc2", "api@dc1", "denied")
    assert {"from", "to", "decision", "answered_by", "because"} <= one.keys()
    assert all(step.keys() == {"step", "verdict", "text", "at"} for step in one["because"])
    assert one["because"][-1]["step"] == "default"


TRUTH = Path(__file__).parents[2] / "recorded" / "data" / "dataplane-truth.jsonl"
LINE = json.loads(TRUTH.read_text().splitlines()[1])


def dressed(**changes: Any) -> dict[str, Any]:
    """The first recorded line, with each of its clusters changed."""
    made = copy.deepcopy(LINE)
    for cluster in made["clusters"].values():
        cluster.update(changes)
    return dict(made)


@each(
    "row",
    [
        (LINE, "allowed api@dc1"),
        ({**LINE, "format": "reconciler-snapshot/1"}, "allowed api@dc1"),
        (dressed(version="1.16.7"), "allowed api@dc1"),
        (dressed(version="1.20.0-rc1"), "allowed api@dc1"),
        (dressed(version="1.22.0-dev", acl=True), "allowed api@dc1"),
        (dressed(gateway=False), "unreachable"),
        (dressed(gateway=None), "depends api@dc1"),
        (dressed(default_intention=None), "depends api@dc1"),
    ],
    ids=lambda row: row[1],
)
def test_a_recorded_line_is_a_snapshot_as_it_is(bare: CommandLab, row: tuple[dict[str, Any], str]) -> None:
    made, expected = row
    asked = made["request"]
    upstream = f"{asked['upstream']['name']}@{asked['upstream']['peer']}"
    words = (
        "--from",
        asked["from"],
        "--upstream",
        upstream,
        "--method",
        asked["method"],
        "--path",
        asked["path"],
    )
    assert short(said(bare, made, *words)) == expected
