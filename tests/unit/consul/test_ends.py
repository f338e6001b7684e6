"""Ends of chains are kept for as long as nothing on the way changes, and are those of a fresh look."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from reconciler_consul.graph.chains import reach
from reconciler_consul.graph.chains.reach import Ends, ends
from reconciler_consul.graph.holdings import Holdings
from reconciler_consul.graph.where import Key, Place
from tests.support.tables import each

PLACE = Place("dc1")
NAMES = ("a", "b", "c", "d")
Body = dict[str, Any]


def redirect(name: str) -> Body:
    return {"Redirect": {"Service": name}}


def split(name: str, other: str) -> Body:
    return {"Splits": [{"Weight": 50, "Service": name}, {"Weight": 50, "Service": other}]}


def route(name: str) -> Body:
    return {"Routes": [{"Destination": {"Service": name}}]}


MADE: dict[str, Callable[[random.Random], Body]] = {
    "service-resolver": lambda rng: redirect(rng.choice(NAMES)),
    "service-splitter": lambda rng: split(rng.choice(NAMES), rng.choice(NAMES)),
    "service-router": lambda rng: route(rng.choice(NAMES)),
}


def put(holdings: Holdings, known: Ends, kind: str, name: str, body: Body | None) -> None:
    holdings.shelf(PLACE).put(kind, name, body)
    known.touch(Key(PLACE, kind, name))


@each("seed", range(20))
def test_they_are_those_of_a_fresh_look(seed: int) -> None:
    rng, holdings = random.Random(seed), Holdings()
    known = Ends(holdings)
    for _ in range(40):
        kind, name = rng.choice([*MADE]), rng.choice(NAMES)
        put(holdings, known, kind, name, rng.choice([None, MADE[kind](rng)]))
        for other in NAMES:
            key = Key(PLACE, rng.choice([*MADE]), other)
            for body in (holdings.get(key), None):
                wanted = ends(holdings, key, other, body, alone=True)
                assert known.of(key, other, body, alone=True) == wanted


def test_a_chain_is_compiled_again_when_something_on_its_way_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    plain = reach.Chain

    def counted(reader: Any, service: str, **how: Any) -> Any:
        compiled.append(service)
        return plain(reader, service, **how)

    monkeypatch.setattr(reach, "Chain", counted)
    holdings = Holdings()
    known, body = Ends(holdings), redirect("b")
    key = Key(PLACE, "service-resolver", "a")

    def asked() -> set[str]:
        return {target.service for target in known.of(key, "a", body, alone=True)}

    put(holdings, known, "service-resolver", "a", body)
    assert (asked(), asked(), compiled) == ({"b"}, {"b"}, ["a"])
    put(holdings, known, "service-resolver", "d", redirect("c"))
    assert (asked(), compiled) == ({"b"}, ["a"])
    put(holdings, known, "service-resolver", "b", redirect("c"))
    assert (asked(), compiled) == ({"c"}, ["a", "a"])
