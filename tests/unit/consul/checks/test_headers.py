"""Splits of splits whose header rules end the servers are blocked, whoever wrote the other splitter."""

from __future__ import annotations

from typing import Any

from reconciler.sdk.address import Address
from reconciler.sdk.checks import Planned
from reconciler.sdk.consul.split_headers import Split, lethal_path, ways
from reconciler.sdk.provider import Present, Step, Verb
from tests.support.provider_lab import ProviderLab
from tests.support.tables import each

ADD, SET, REMOVE = frozenset({"Add"}), frozenset({"Set"}), frozenset({"Remove"})
NONE: frozenset[str] = frozenset()


@each(
    ("outer", "inner", "kills"),
    [
        (Split("t", SET), Split("", ADD), True),
        (Split("t", REMOVE), Split("", SET), True),
        (Split("t", ADD | SET), Split("", ADD), False),
        (Split("t", NONE), Split("", ADD), False),
        (Split("t", SET), Split("", REMOVE), False),
        (Split("t", SET), Split("", SET), False),
        (Split("t", response=ADD), Split("", response=SET), True),
        (Split("t", response=SET), Split("", response=REMOVE), True),
        (Split("t", response=REMOVE), Split("", response=SET), False),
        (Split("t", response=ADD), Split("", response=NONE), False),
        (Split("", SET), Split("", ADD), False),  # to a subset, or to itself
    ],
)
def test_which_pairs_of_rules_end_a_server(outer: Split, inner: Split, kills: bool) -> None:
    assert bool(lethal_path("s", {"s": [outer], "t": [inner]})) is kills


def test_rules_of_outer_levels_go_on_inwards_and_circles_end() -> None:
    plain = Split("u")
    assert lethal_path("s", {"s": [Split("t", SET)], "t": [plain], "u": [Split("s", ADD)]}) == ("s", "t", "u")
    assert lethal_path("t", {"t": [plain], "u": [Split("t", ADD)]}) == ()


def test_ways_multiply_with_each_level() -> None:
    levels = {str(n): [Split(str(n + 1)), Split(str(n + 1))] for n in range(40)}
    assert ways("0", levels) == 2**40
    assert ways("a", {"a": [Split("b"), Split("")], "b": [Split("a")]}) == 2


def splitter(**split: Any) -> dict[str, Any]:
    return {"Splits": [{"Weight": 100, **split}]}


WITH_SET = splitter(Service="inner", RequestHeaders={"Set": {"a": "b"}})
WITH_ADD = splitter(RequestHeaders={"Add": {"c": "d"}})


def planned(name: str, after: dict[str, Any], before: dict[str, Any] | None = None) -> Planned:
    address = Address("service_splitter", "dc1", name)
    verb = Verb.CREATE if before is None else Verb.UPDATE
    step = Step(verb, address, Present(before) if before is not None else None, after)
    return Planned(address, step, after, after)


async def standing(lab: ProviderLab, name: str, body: dict[str, Any]) -> None:
    for entry in (
        {"Kind": "proxy-defaults", "Name": "global", "Config": {"protocol": "http"}},
        {"Kind": "service-splitter", "Name": name, **body},
    ):
        await lab.provider._apis["dc1"].http.send("PUT", "/v1/config", entry)


async def test_what_somebody_else_wrote_counts() -> None:
    lab = ProviderLab("dc1")
    await standing(lab, "inner", WITH_ADD)

    found = await lab.provider.check([planned("outer", WITH_SET)])

    [finding] = found[Address("service_splitter", "dc1", "outer")]
    assert (finding.rule, finding.blocks) == ("splits-with-headers", True)
    assert "outer -> inner" in finding.message


async def test_what_stands_until_another_step_of_the_plan_counts() -> None:
    lab = ProviderLab("dc1")
    await standing(lab, "outer", WITH_SET)
    plain = splitter(Service="inner")

    found = await lab.provider.check([planned("outer", plain, WITH_SET), planned("inner", WITH_ADD)])
    assert Address("service_splitter", "dc1", "inner") in found

    alone = await lab.provider.check([planned("outer", plain, WITH_SET)])
    assert alone == {}
