"""What was recorded, written otherwise: the answers stay. And changes whose answers are known beforehand."""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from reconciler.sdk.access.answer import Answer, Decision
from reconciler_consul.access import ConsulAnalysis
from reconciler_consul.worlds.given import given
from tests.recorded.truth import Asked, differences, on_versions, recorded
from tests.support.access import altering
from tests.support.access.altering import Line, entries_of, mapped, renamed, spelled, with_entries
from tests.support.tables import each

LINES: list[Line] = [dict(line) for line in {id(asked.line): asked.line for asked in recorded()}.values()]
ONE_OF_EACH: list[Line] = list({line["group"]: line for line in reversed(LINES)}.values())
PART = 12  # one of so many groups is looked at where another test looks at all
ODD = {"web": "items", "api": "a", "db": "a.b", "cli": "resolver:a", "remote": "splitter:a.default.default"}
TURNED = {"dc1": "dc2", "dc2": "dc3", "dc3": "dc1"}
CLUSTERS = {"dc1": "items", "dc2": "a.b/c d", "dc3": "A"}


def odd(name: str) -> str:
    """Return another name; of names that only differ in letter case, names that do too."""
    found = ODD.get(name.lower(), f"q.{name.lower()}")
    return found if name == name.lower() else found.upper()


def turned(name: str) -> str:
    return TURNED.get(name, name)


def reordered(line: Line) -> Line:
    """Return the line with its clusters, services, peerings, and keys in another order, roles exchanged."""
    made = mapped(line, altering.backwards)
    for cluster in made["clusters"].values():
        cluster["services"].reverse()
    made["peerings"] = [_exchanged(link) for link in reversed(made["peerings"])]
    return dict(made)


def _exchanged(link: dict[str, Any]) -> dict[str, Any]:
    other = {"acceptor": "dialer", "dialer": "acceptor"}
    return {other.get(key) or key.replace(key.rpartition("_")[2], other[key.rpartition("_")[2]]): value
            for key, value in link.items()}  # fmt: skip


def shuffled(line: Line) -> Line:
    """Return the line with the lists of its entries turned whose order means nothing."""
    made = copy.deepcopy(line)
    for entry in entries_of(made):
        for item in (entry, *(entry.get("Services") or ())):
            for name in ("Sources", "Consumers"):
                if isinstance(item.get(name), list):
                    item[name] = item[name][::-1]
    return made


def as_servers_show(line: Line) -> Line:
    """Return the line with what servers add to entries, and zeros for what is not set."""
    more = {
        "CreateIndex": 12,
        "ModifyIndex": 33,
        "Hash": 1,
        "Meta": None,
        "Partition": "default",
        "Namespace": "",
    }
    made = with_entries(line, lambda entry: {**entry, **more})
    for entry in entries_of(made):
        for source in entry.get("Sources") or ():
            source |= {"Precedence": 9, "Type": "consul", "Description": "", "SamenessGroup": ""}
            source |= {"Permissions": source.get("Permissions"), "Action": source.get("Action", "")}
        for item in entry.get("Services") or ():
            item["Namespace"] = "default"
    return made


def with_more_keys(line: Line) -> Line:
    """Return the line with all that a snapshot may have besides."""
    made = copy.deepcopy(line)
    made["more"] = {"any": ["thing"]}
    for cluster in made["clusters"].values():
        cluster |= {"edition": "community", "unknown": {}, "gateways": {"instances": 1}, "ports": {"http": 1}}
        for service in cluster["services"]:
            more = {"instances": 2, "sidecar": True, "subsets": None, "namespace": "default"}
            service |= {key: value for key, value in more.items() if key not in service}
    for link in made["peerings"]:
        link |= {"state_at_acceptor": "ACTIVE", "state_at_dialer": "ACTIVE", "heartbeat_age_s": 3}
    return made


ALTERED: dict[str, Callable[[Line], Line]] = {
    "services with a prefix": lambda line: renamed(line, lambda name: f"a{name}", str, str),
    "services with odd names": lambda line: renamed(line, odd, str, str),
    "clusters turned": lambda line: renamed(line, str, turned, str),
    "clusters with odd names": lambda line: renamed(line, str, lambda name: CLUSTERS.get(name, name), str),
    "peers with other names": lambda line: renamed(line, str, str, lambda name: f"x-{name}"),
    "names of peers turned": lambda line: renamed(line, str, str, turned),
    "another order": reordered,
    "lists in another order": shuffled,
    "as servers show it": as_servers_show,
    "snake_case": lambda line: spelled(line, altering.snake),
    "lower case": lambda line: spelled(line, str.lower),
    "floats": lambda line: with_entries(line, lambda entry: mapped(entry, altering.floats)),
    "numbers as texts": lambda line: with_entries(line, lambda entry: mapped(entry, altering.as_texts)),
    "one in place of a list": lambda line: with_entries(
        line, lambda entry: mapped(entry, altering.unwrapped)
    ),
    "more keys": with_more_keys,
    "among others": altering.among_others,
}


def unlike(line: Line) -> list[str]:
    """Return in what the answers differ from what was recorded."""
    found = []
    for asked in on_versions(line):
        analysis = ConsulAnalysis(given(asked.world))
        found += [said for one in asked.questions for said in differences(analysis.answer(one), asked)]
    return found


@each("number", list(range(len(ALTERED))), ids=lambda number: list(ALTERED)[number])
def test_some_of_the_lines_written_otherwise_are_answered_alike(number: int) -> None:
    alter = list(ALTERED.values())[number]
    for line in ONE_OF_EACH[number::PART]:
        assert unlike(alter({**line, "versions": line["versions"][:1]})) == [], line["id"]


@pytest.mark.long
@each("name", list(ALTERED))
def test_every_line_written_otherwise_is_answered_alike(name: str) -> None:
    for line in LINES:
        assert unlike(ALTERED[name](line)) == [], line["id"]


def test_two_worlds_side_by_side_are_answered_alike() -> None:
    for line, other in pairwise(ONE_OF_EACH[::PART]):
        assert unlike(altering.beside(line, other)) == [], f"{line['id']} beside {other['id']}"


# Changes whose answers are known


def answered(line: Line, change: Callable[[Asked, dict[str, Any]], None]) -> Answer:
    """Return the answer where a line's world is changed."""
    asked = next(on_versions(line))
    world = copy.deepcopy(asked.world)
    change(asked, world)
    return ConsulAnalysis(given(world)).answer(asked.questions[0])


def over_a_peering(line: Line) -> bool:
    return bool(line["request"]["upstream"].get("peer")) and line["observed"] in (
        "allowed",
        "denied",
        "mixed",
    )


DIRECT = [line for line in LINES if over_a_peering(line)]


def without_peerings(asked: Asked, world: dict[str, Any]) -> None:
    world["peerings"] = []


def without_exports(asked: Asked, world: dict[str, Any]) -> None:
    for cluster in world["clusters"].values():
        entries = cluster["config_entries"]
        cluster["config_entries"] = [one for one in entries if one["Kind"] != "exported-services"]


def without_gateways(asked: Asked, world: dict[str, Any]) -> None:
    for cluster in world["clusters"].values():
        cluster["gateway"] = False


def down(asked: Asked, world: dict[str, Any]) -> None:
    for link in world["peerings"]:
        link["state_at_dialer"] = "TERMINATED"


CUT = [without_peerings, without_exports, without_gateways, down]


@each("change", CUT, ids=lambda change: change.__name__)
def test_without_a_part_of_the_link_nothing_is_reached(
    change: Callable[[Asked, dict[str, Any]], None],
) -> None:
    assert len(DIRECT) > 200
    for line in DIRECT[CUT.index(change) :: PART]:
        assert answered(line, change).decision is Decision.UNREACHABLE, line["id"]


def precise_deny(asked: Asked, world: dict[str, Any]) -> None:
    """Deny this caller by name at every service of its peers, in the entry of that service."""
    caller = asked.questions[0].caller
    for link in world["peerings"]:
        ends = {"acceptor": link["dialer"], "dialer": link["acceptor"]}
        for end, other in ends.items():
            if other == caller.cluster:
                _deny(world["clusters"][link[end]], caller.name, link[f"name_at_{end}"])


def _deny(cluster: dict[str, Any], caller: str, peer: str) -> None:
    source = {"Name": caller, "Peer": peer, "Action": "deny"}
    entries = {one["Name"]: one for one in cluster["config_entries"] if one["Kind"] == "service-intentions"}
    for service in {one["name"] for one in cluster["services"]}:
        entry = entries.get(service, {"Kind": "service-intentions", "Name": service, "Sources": []})
        kept = [one for one in entry["Sources"] if (one["Name"], one.get("Peer")) != (caller, peer)]
        entry["Sources"] = [*kept, source]
        if service not in entries:
            cluster["config_entries"].append(entry)


def test_the_most_precise_deny_of_the_caller_denies_it() -> None:
    direct = [line for line in DIRECT if line["observed"] == "allowed" and trusting(line)]
    assert len(direct) > 100
    for line in direct[::PART]:
        assert answered(line, precise_deny).decision is Decision.DENIED, line["id"]


def trusting(line: Line) -> bool:
    """Say whether proxies know and hear who a peer's caller is, and a deny asks for no token. Of drawn
    worlds nobody has said so.
    """
    return not line["group"].startswith(UNHEARD)


UNHEARD = (
    *("export-star-and-exact-http", "export-twice-http", "http-untrusted-peer", "xfcc-sanitized", "jwt"),
    *("proxy-defaults-http-and-defaults-without", "drawn-"),
)


@pytest.mark.long
def test_so_it_is_of_every_line() -> None:
    for line in DIRECT:
        for change in CUT:
            assert answered(line, change).decision is Decision.UNREACHABLE, line["id"]
        if line["observed"] == "allowed" and trusting(line):
            assert answered(line, precise_deny).decision is Decision.DENIED, line["id"]
    for line, other in pairwise(ONE_OF_EACH):
        assert unlike(altering.beside(line, other)) == [], f"{line['id']} beside {other['id']}"
